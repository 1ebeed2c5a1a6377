// SPDX-License-Identifier: Apache-2.0

package survey

import (
	"strings"

	"github.com/fairlead-dev/fairlead/internal/image"
)

// A Naming is what a text says of an image.
type Naming struct {
	Name      image.Name // zero: not known, because a template fills it in or because the text is no image
	Versioned bool       // it has a tag or a digest
	Templated bool       // a template fills in a part of it
	Encrypted bool       // it is a value of SOPS
}

// IsImage tells whether the text names an image, as far as can be told.
func (n Naming) IsImage() bool { return n.Name != (image.Name{}) || n.Templated || n.Encrypted }

// Read tells what text says of an image.
func (s *Survey) Read(text string) Naming {
	if known, ok := s.names[text]; ok {
		return known
	}
	if s.names == nil {
		s.names = map[string]Naming{}
	}
	text = strings.Clone(text) // or the whole file would be kept with it
	n := read(text)
	s.names[text] = n
	return n
}

func read(text string) Naming {
	if strings.HasPrefix(text, "ENC[") {
		return Naming{Encrypted: true}
	}
	fixed, templated := beforeTemplate(text)
	if !templated {
		ref, err := image.Parse(text)
		if err != nil {
			return Naming{}
		}
		return Naming{Name: ref.Name, Versioned: ref.Tag != "" || ref.Digest != ""}
	}
	// The name is known only where it has ended before the template begins.
	name, _, _ := image.Split(fixed)
	isHost := !strings.Contains(name, "/") && strings.Contains(text[len(fixed):], "/") // "host:${PORT}/web"
	if len(name) == len(fixed) || isHost {
		return Naming{Templated: true}
	}
	is, err := image.ParseName(name)
	if err != nil {
		return Naming{Templated: true}
	}
	return Naming{Name: is, Versioned: true, Templated: true}
}

// beforeTemplate returns what of text stands before the first thing that a template fills in. No image has a "$",
// so each is taken for one: "$TAG", "${TAG}", "$(params.tag)".
func beforeTemplate(text string) (fixed string, templated bool) {
	at := strings.IndexByte(text, '$')
	if braces := strings.Index(text, "{{"); braces >= 0 && (at < 0 || braces < at) {
		at = braces
	}
	if at < 0 {
		return text, false
	}
	return text[:at], true
}

// isTemplated tells whether a template fills in a part of text.
func isTemplated(text string) bool {
	_, templated := beforeTemplate(text)
	return templated
}

// Join returns the name of an image whose registry stands in a key of its own. An empty registry says nothing.
func Join(registry, repository string) string {
	if registry == "" {
		return repository
	}
	return strings.TrimSuffix(registry, "/") + "/" + strings.TrimPrefix(repository, "/")
}
