// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"strings"

	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/survey"
	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// Strategy is the entry of package helm in the table of strategies.
func Strategy() site.Strategy {
	return site.Strategy{Name: "HelmValues", Include: []string{"**/*.yaml", "**/*.yml", "**/Kustomization"}, Find: Find}
}

// words are those without which there is nothing to find.
var words = []string{"image", "repository"}

// Find returns the sites of the values in src, in the order of their bytes.
func Find(src []byte) []site.Site {
	return survey.Of(src, words, func(s *survey.Survey, document yamlspan.Node) { finder{s}.document(document) })
}

type finder struct{ *survey.Survey }

// document takes a document: an object, several of them, or values.
func (f finder) document(n yamlspan.Node) {
	if _, isObject := kindOf(n); n.Shape() == yamlspan.IsMapping && !isObject {
		f.values(n, "")
		return
	}
	f.object(n)
}

// object takes an object, or a list of them.
func (f finder) object(n yamlspan.Node) {
	for item := range n.Items() {
		f.object(item)
	}
	switch kind, _ := kindOf(n); {
	case kind == "HelmRelease":
		f.values(child(child(n, "spec"), "values"), "")
	case kind == "Application" || kind == "ApplicationSet":
		f.sources(child(n, "spec"))
	case strings.HasSuffix(kind, "List"):
		if list := child(n, "items"); list.Exists() {
			f.object(list)
		}
	}
}

// kindOf returns the kind of an object, and whether n is one: a mapping with apiVersion and kind.
func kindOf(n yamlspan.Node) (kind string, isObject bool) {
	hasVersion := false
	for key, value := range n.Entries() {
		switch key.Text() {
		case "apiVersion":
			hasVersion = true
		case "kind":
			kind = value.Text()
		}
	}
	return kind, hasVersion && kind != ""
}

// child returns the value of a key of n, or no node.
func child(n yamlspan.Node, name string) (found yamlspan.Node) {
	if !n.Exists() {
		return found
	}
	for key, value := range n.Entries() {
		if key.Text() == name {
			found = value
		}
	}
	return found
}

// values looks through values, or a part of them that stands under a key.
func (f finder) values(n yamlspan.Node, under string) {
	if !n.Exists() {
		return
	}
	for item := range n.Items() {
		if under == "images" && item.Shape() != yamlspan.IsMapping {
			f.reference(item, item, survey.Image{Naming: f.Read(survey.Text(item))}, false)
		}
		f.values(item, under)
	}
	if n.Shape() != yamlspan.IsMapping {
		return
	}
	f.image(n, f.partsOf(n), under)
	for key, value := range n.Entries() {
		if name := key.Text(); !isOwnText(name) {
			f.values(value, name)
		}
	}
}

// isOwnText tells whether people keep text of their own below a key, where "image" means what they like.
func isOwnText(key string) bool {
	return strings.HasSuffix(key, "nnotations") || strings.HasSuffix(key, "abels") || strings.HasSuffix(key, "elector")
}
