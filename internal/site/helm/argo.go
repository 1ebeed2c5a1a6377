// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"strings"

	"github.com/fairlead-dev/fairlead/internal/site/survey"
	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// sources looks for what an Application says to Helm: in its source, its sources, and the template of a set.
func (f finder) sources(n yamlspan.Node) {
	if !n.Exists() {
		return
	}
	for item := range n.Items() {
		f.sources(item)
	}
	for key, value := range n.Entries() {
		if key.Text() == "helm" {
			f.helm(value)
		} else {
			f.sources(value)
		}
	}
}

func (f finder) helm(n yamlspan.Node) {
	for key, value := range n.Entries() {
		switch key.Text() {
		case "parameters":
			f.parameters(value)
		case "valuesObject":
			f.values(value, "")
		case "values":
			f.Inside(value, words, func(s *survey.Survey, document yamlspan.Node) { finder{s}.values(document, "") })
		}
	}
}

// parameters takes a list of names and values. Names that differ in their last word alone are of one image.
func (f finder) parameters(list yamlspan.Node) {
	var order []string
	images := map[string]*parts{}
	for item := range list.Items() {
		p := f.partsOf(item)
		prefix, key := cutLast(p.name.text())
		if !p.value.Exists() || key == "value" {
			continue
		}
		im := images[prefix]
		if im == nil {
			im = &parts{}
			images[prefix] = im
			order = append(order, prefix)
		}
		if at := im.of(key); at != nil {
			im.twice = im.twice || at.Exists()
			*at = p.value
		}
	}
	for _, prefix := range order {
		if im := images[prefix]; im.object().Exists() {
			_, under := cutLast(prefix)
			f.image(im.object(), *im, under)
		}
	}
}

// object is a node that stands for the parts of one image, and no other's.
func (p parts) object() yamlspan.Node {
	for _, at := range []part{p.repository, p.image, p.name} {
		if at.Exists() {
			return at.Node
		}
	}
	return yamlspan.Node{}
}

// cutLast cuts "a.b.c" into "a.b" and "c".
func cutLast(name string) (prefix, last string) {
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		return name[:dot], name[dot+1:]
	}
	return "", name
}
