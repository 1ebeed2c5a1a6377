// SPDX-License-Identifier: Apache-2.0

package kustomize

import (
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/survey"
	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// Strategy is the entry of package kustomize in the table of strategies. By default it looks at the three names
// under which kustomize finds a kustomization.
func Strategy() site.Strategy {
	return site.Strategy{Name: "Kustomize", Find: Find,
		Include: []string{"**/kustomization.yaml", "**/kustomization.yml", "**/Kustomization"}}
}

// Find returns the sites of the images of the kustomizations in src, in the order of their bytes.
func Find(src []byte) []site.Site {
	return survey.Of(src, []string{"images"}, func(s *survey.Survey, document yamlspan.Node) {
		if !isKustomization(document) {
			return
		}
		for key, value := range document.Entries() {
			if key.Text() == "images" {
				entries(s, value)
			}
		}
	})
}

// isKustomization tells whether a document may be one. Most say no kind, so only another one excludes it.
func isKustomization(document yamlspan.Node) bool {
	for key, value := range document.Entries() {
		if kind := value.Text(); key.Text() == "kind" && kind != "Kustomization" && kind != "Component" {
			return false
		}
	}
	return true
}

// The keys of an entry, by their numbers in keys.
const (
	name = iota
	newName
	newTag
	digest
)

var keys = []string{name: "name", newName: "newName", newTag: "newTag", digest: "digest"}

// entries takes the value of a key "images".
func entries(s *survey.Survey, list yamlspan.Node) {
	if list.Shape() == yamlspan.IsAlias {
		list = list.Target() // of which nothing else is looked at, so its entries count here
	}
	for item := range list.Items() {
		entry(s, item)
	}
}

func entry(s *survey.Survey, item yamlspan.Node) {
	if item.Shape() == yamlspan.IsAlias {
		return // it follows its anchor
	}
	f := s.Fields(item, keys)
	im := imageOf(s, f)
	im.Object, im.Twice = item, f.Twice
	im.TakesDigest = !f.Has(digest)
	if f.Has(newTag) {
		s.Tag(f.At(newTag), im, f.IsMerged(newTag))
	}
	if f.Has(digest) {
		s.Digest(f.At(digest), im, f.IsMerged(digest))
	}
}

// imageOf says which image an entry is about. What runs is newName, so whoever follows that comes first.
func imageOf(s *survey.Survey, f survey.Fields) survey.Image {
	was, is := named(s, f.At(name)), named(s, f.At(newName))
	if is.Name != was.Name && is.Name != (image.Name{}) {
		return survey.Image{Naming: is, Also: was.Name, NamedAt: f.At(newName)}
	}
	if was.Name == (image.Name{}) && is.IsImage() {
		return survey.Image{Naming: is, NamedAt: f.At(newName)}
	}
	return survey.Image{Naming: was, NamedAt: f.At(name)}
}

// named reads a name; with a tag it would match nothing.
func named(s *survey.Survey, value yamlspan.Node) survey.Naming {
	says := s.Read(survey.Text(value))
	if says.Versioned {
		return survey.Naming{}
	}
	return says
}
