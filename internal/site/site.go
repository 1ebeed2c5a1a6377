// SPDX-License-Identifier: Apache-2.0

package site

import (
	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// A Part says how much of an image reference stands at a site.
type Part string

const (
	// Full is a whole reference: name, tag and digest.
	Full Part = "full"
	// Name is the name alone.
	Name Part = "name"
	// Tag is the tag alone.
	Tag Part = "tag"
	// Digest is the digest alone.
	Digest Part = "digest"
	// TagDigest is tag and digest in one value.
	TagDigest Part = "tag@digest"
)

// A Policy names an ImagePolicy.
type Policy struct{ Namespace, Name string }

// String returns "namespace/name".
func (p Policy) String() string { return p.Namespace + "/" + p.Name }

// A Site is one value of a file that names an image or a part of it.
type Site struct {
	Part   Part
	Policy Policy         // whom it belongs to, where the file says it; else zero
	Image  image.Name     // what it belongs to, where the file says that instead; else zero
	Also   image.Name     // another name of that, which counts where nobody follows Image; else zero
	Text   string         // the value, without quotes
	Line   int            // of the value, from 1; of the marker where there is no value
	Start  int            // the bytes [Start, End) hold the value, quotes included
	End    int            //
	Style  yamlspan.Style // how the value is written
	Typed  bool           // "!!str" stands before it, so that it needs no quotes to be a string
	Raw    bool           // it is text in a file of any kind: the bytes are the value, and nothing is quoted
	Object int            // parts with one policy in one object belong together; objects of a file have different numbers

	TakesDigest bool // a Tag that takes the digest as well, because the object has no other place for it

	Why  reason.Reason // why it is left alone; empty: it can be edited
	Note string        // what to show a person beside Why: the marker, or the value
}

// FileSites is a file with its sites, in the order of their bytes.
type FileSites struct {
	Entry Entry
	Sites []Site
}

// Ref tells what a site says about the image, as far as its part goes. same is whether it says, or does not
// contradict, that it is name.
func (s Site) Ref(name image.Name) (ref image.Ref, same bool) {
	written, tag, digest := "", "", ""
	switch s.Part {
	case Full:
		written, tag, digest = image.Split(s.Text)
	case Name:
		written = s.Text
	case Tag:
		tag = s.Text
	case Digest:
		digest = s.Text
	case TagDigest:
		_, tag, digest = image.Split("x:" + s.Text)
	}
	ref = image.Ref{Name: name, Tag: tag, Digest: image.Digest(digest)}
	if s.Image != (image.Name{}) {
		return ref, name == s.Image || name == s.Also // which the text alone may not say: a registry may stand elsewhere
	}
	if written == "" {
		return ref, s.Part != Full && s.Part != Name
	}
	is, err := image.ParseName(written)
	return ref, err == nil && is == name
}
