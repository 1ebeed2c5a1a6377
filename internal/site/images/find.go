// SPDX-License-Identifier: Apache-2.0

package images

import (
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/survey"
	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// Strategy is the entry of package images in the table of strategies.
func Strategy() site.Strategy {
	return site.Strategy{Name: "Images", Include: []string{"**/*.yaml", "**/*.yml", "**/Kustomization"}, Find: Find}
}

// Find returns the sites of the container images in src, in the order of their bytes.
func Find(src []byte) []site.Site {
	return survey.Of(src, []string{"image"}, func(s *survey.Survey, document yamlspan.Node) {
		finder{s}.look(document, place{})
	})
}

type finder struct{ *survey.Survey }

// A place is what stands around a node.
type place struct {
	inObject    bool // a mapping with apiVersion and kind
	isContainer bool // the node is a container, or a list of them
	isVolume    bool // likewise a volume
}

// look finds the images in n.
func (f finder) look(n yamlspan.Node, at place) {
	for item := range n.Items() {
		f.look(item, at)
	}
	if n.Shape() == yamlspan.IsAlias && at.isContainer {
		f.follow(n)
	}
	traits := traitsOf(n)
	at.inObject = at.inObject || traits.isObject
	at.isContainer = at.isContainer || at.inObject && traits.isLikeContainer
	for key, value := range n.Entries() {
		name := key.Text()
		switch {
		case name == "image":
			f.image(value, at)
		case name == "<<" && at.isContainer && !traits.hasImage:
			f.follow(value)
		case !isOwnText(name):
			f.look(value, place{inObject: at.inObject, isContainer: isContainers(name), isVolume: name == "volumes"})
		}
	}
}

// image takes the value of a key "image".
func (f finder) image(value yamlspan.Node, at place) {
	if value.Shape() == yamlspan.IsMapping {
		f.volume(value, at)
	}
	says := f.Read(survey.Text(value))
	// Outside of a container a bare name may be anything: the name of a machine's disk, or one whose tag stands elsewhere.
	if at.isContainer || at.inObject && (says.Versioned || says.Templated || says.Encrypted) {
		f.Whole(value)
	}
}

// volume takes the source of an image volume.
func (f finder) volume(source yamlspan.Node, at place) {
	for key, value := range source.Entries() {
		if key.Text() == "reference" && (at.isVolume || at.inObject) {
			f.Whole(value)
		}
	}
}

// follow takes a container that stands elsewhere: n is an alias, or several that are merged.
func (f finder) follow(n yamlspan.Node) {
	if brought := f.Brought(n, []string{"image"}); brought.Has(0) {
		f.Shared(brought.At(0), n)
	}
}

// traits are what the keys of a mapping tell of it.
type traits struct{ isObject, hasImage, isLikeContainer bool }

func traitsOf(n yamlspan.Node) (t traits) {
	var hasVersion, hasKind, hasContainerKey bool
	for key := range n.Entries() {
		switch key.Text() {
		case "apiVersion":
			hasVersion = true
		case "kind":
			hasKind = true
		case "image":
			t.hasImage = true
		case "command", "args", "env", "envFrom", "imagePullPolicy", "volumeMounts", "workingDir", "script":
			hasContainerKey = true
		}
	}
	t.isObject, t.isLikeContainer = hasVersion && hasKind, t.hasImage && hasContainerKey
	return t
}

// isContainers tells whether the values of a key are containers in every pod.
func isContainers(key string) bool {
	return key == "containers" || key == "initContainers" || key == "ephemeralContainers"
}

// isOwnText tells whether people keep text of their own below a key, where "image" means what they like.
func isOwnText(key string) bool {
	switch key {
	case "metadata", "annotations", "labels", "commonLabels", "commonAnnotations",
		"matchLabels", "nodeSelector", "selector",
		"data", "stringData", "binaryData",
		"env", "args", "command",
		"openAPIV3Schema",
		"values", "valuesObject": // of charts
		return true
	}
	return false
}
