// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/site/survey"
	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// keys are those that say something of an image. value is the other half of a parameter.
var keys = []string{"registry", "repository", "image", "name", "tag", "digest", "sha", "value"}

// A part is the value of a key.
type part struct {
	yamlspan.Node
	merged bool
}

// text is what a part says; nothing where it is not there, or null.
func (p part) text() string {
	if !p.Exists() {
		return ""
	}
	text := survey.Text(p.Node)
	if p.Shape() == yamlspan.IsScalar && p.Style() == yamlspan.Plain && (text == "~" || strings.EqualFold(text, "null")) {
		return ""
	}
	return text
}

// parts are what an object says of an image, each perhaps not there.
type parts struct {
	registry, repository, image, name, tag, digest, sha, value part
	twice                                                      bool
}

// of returns the part with that key.
func (p *parts) of(key string) *part {
	switch key {
	case "registry":
		return &p.registry
	case "repository":
		return &p.repository
	case "image":
		return &p.image
	case "name":
		return &p.name
	case "tag":
		return &p.tag
	case "digest":
		return &p.digest
	case "sha":
		return &p.sha
	case "value":
		return &p.value
	}
	return nil
}

// partsOf reads the keys of a mapping.
func (f finder) partsOf(n yamlspan.Node) (p parts) {
	fields := f.Fields(n, keys)
	p.twice = fields.Twice
	for i, key := range keys {
		if fields.Has(i) {
			*p.of(key) = part{fields.At(i), fields.IsMerged(i)}
		}
	}
	return p
}

// image takes what an object says of an image. object is the node that stands for it; under is the key it has.
func (f finder) image(object yamlspan.Node, p parts, under string) {
	named := p.namedBy(f, under)
	if named.Exists() {
		im := survey.Image{Object: object, Naming: f.Read(survey.Join(p.registry.text(), named.text())), NamedAt: named.Node, Twice: p.twice}
		f.parts(named, im, p)
	}
	if p.image.Exists() && p.image != named {
		im := survey.Image{Naming: f.Read(survey.Join(p.registry.text(), p.image.text())), Twice: p.twice}
		f.reference(p.image.Node, object, im, p.image.merged)
	}
}

// namedBy returns the part that names the image whose tag or digest stands in another: repository; or image, if its
// value has no tag; or name, if the object is called an image.
func (p parts) namedBy(f finder, under string) part {
	hasVersion := p.tag.Exists() || p.digest.Exists()
	switch {
	case p.repository.Exists():
		return p.repository
	case !hasVersion:
		return part{}
	case p.image.Exists() && !f.Read(p.image.text()).Versioned:
		return p.image
	case p.name.Exists() && !p.image.Exists() && strings.Contains(strings.ToLower(under), "image"):
		return p.name
	}
	return part{}
}

// parts takes the tag and the digest of im.
func (f finder) parts(named part, im survey.Image, p parts) {
	hasVersion := p.tag.Exists() || p.digest.Exists()
	switch {
	case im.Versioned && !hasVersion:
		f.reference(named.Node, im.Object, im, named.merged) // repository: name:tag
		return
	case im.Versioned || !hasVersion:
		return
	case im.Templated:
		f.Leave(named.Node, im, reason.Templated)
		return
	}
	if p.sha.text() != "" {
		f.Leave(p.sha.Node, im, reason.NoDigest) // half a digest, which a policy does not know how to write
	}
	if p.tag.Exists() {
		f.Tag(p.tag.Node, im, p.tag.merged)
	}
	if p.digest.Exists() {
		f.Digest(p.digest.Node, im, p.digest.merged)
	}
}

// reference takes a whole reference. A bare name is none: its tag may be the chart's version.
func (f finder) reference(value, object yamlspan.Node, im survey.Image, merged bool) {
	im.Object, im.NamedAt = value, object
	if im.Versioned || im.Templated || im.Encrypted || value.Shape() == yamlspan.IsMapping {
		f.WholeOf(value, im, merged)
	}
}
