// SPDX-License-Identifier: Apache-2.0

// Package image is the name of a container image as a value: where it lives, its tag, its digest.
//
//	GHCR.io/acme/web:1.4.2@sha256:…  ── Parse ──▶  Ref{Name{ghcr.io, acme/web}, 1.4.2, sha256:…}
//	nginx                            ── Parse ──▶  Ref{Name{docker.io, library/nginx}}
//	index.docker.io/library/nginx    ── Parse ──▶  the same
//
// Text is parsed once, at the edge; after that a value is carried. Two spellings of one image are equal values,
// so == compares images. The grammar is that of github.com/distribution/reference; host names are folded to
// lower case, and no tag is ever filled in.
//
// The package knows nothing of registries: whether an image exists is package registry's to find out.
package image

import (
	"crypto/sha256" // also links the hash that go-digest asks for
	_ "crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/distribution/reference"
)

// A Name says where an image lives. The zero Name is no image.
type Name struct {
	Registry   string // lower-case host, with a port where one was given: "ghcr.io", "docker.io", "[::1]:5000"
	Repository string // path below it: "library/nginx"
}

// String returns the canonical form, the same for every spelling of one image: "docker.io/library/nginx".
func (n Name) String() string {
	if n == (Name{}) {
		return ""
	}
	return n.Registry + "/" + n.Repository
}

// A Digest is the hash of a manifest, "sha256:" or "sha512:" and lower-case hex. The zero Digest is none.
type Digest string

// Short returns the first twelve hex digits, for tables and messages that people read.
func (d Digest) Short() string {
	_, digits, ok := strings.Cut(string(d), ":")
	if !ok || len(digits) < 12 {
		return string(d)
	}
	return digits[:12]
}

// DigestOf returns the sha256 digest of content.
func DigestOf(content []byte) Digest {
	sum := sha256.Sum256(content)
	return Digest("sha256:" + hex.EncodeToString(sum[:]))
}

// A Ref is an image of a certain name. Tag and Digest are empty where they are not known.
type Ref struct {
	Name   Name
	Tag    string
	Digest Digest
}

// String returns the reference in canonical form: "ghcr.io/acme/web:1.4.2@sha256:…".
func (r Ref) String() string { return r.Name.String() + Suffix(r.Tag, r.Digest) }

// Suffix returns what follows the name of an image: ":tag", "@digest", ":tag@digest" or nothing.
func Suffix(tag string, digest Digest) string {
	var b strings.Builder
	if tag != "" {
		b.WriteString(":" + tag)
	}
	if digest != "" {
		b.WriteString("@" + string(digest))
	}
	return b.String()
}

// Split cuts a written reference into its three parts without judging them: name is everything before the tag
// or digest, in the writer's own spelling. A colon before the last slash belongs to a port.
func Split(text string) (name, tag, digest string) {
	name, digest, _ = strings.Cut(text, "@")
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name, tag = name[:colon], name[colon+1:]
	}
	return name, tag, digest
}

// maxLength is more than the longest host, repository, tag and digest together.
const maxLength = 1024

// Parse reads a reference as people write it, short names of Docker Hub included.
func Parse(text string) (Ref, error) {
	switch {
	case text == "":
		return Ref{}, errors.New("an image name is empty")
	case len(text) > maxLength:
		return Ref{}, fmt.Errorf("%q is not an image reference: longer than %d bytes", shorten(text), maxLength)
	}
	named, err := reference.ParseNormalizedNamed(text)
	if err != nil {
		return Ref{}, fmt.Errorf("%q is not an image reference: %w", shorten(text), err)
	}
	ref := Ref{Name: Name{Registry: strings.ToLower(reference.Domain(named)), Repository: reference.Path(named)}}
	if !isHost(ref.Name.Registry) {
		// "Acme/web": the grammar takes a capital for the mark of a host name, but folded it would be another image.
		return Ref{}, fmt.Errorf("%q is not an image reference: repository names are lower case", shorten(text))
	}
	if tagged, ok := named.(reference.Tagged); ok {
		ref.Tag = tagged.Tag()
	}
	if digested, ok := named.(reference.Digested); ok {
		if ref.Digest, err = ParseDigest(digested.Digest().String()); err != nil {
			return Ref{}, err
		}
	}
	return ref, nil
}

// ParseName reads a name that has neither tag nor digest; one that has is an error that says so.
func ParseName(text string) (Name, error) {
	if strings.Contains(text, "://") {
		return Name{}, fmt.Errorf("%q has a scheme; write host/repository", shorten(text))
	}
	ref, err := Parse(text)
	switch {
	case err != nil:
		return Name{}, err
	case ref.Digest != "":
		return Name{}, fmt.Errorf("%q has a digest; write the name alone", shorten(text))
	case ref.Tag != "":
		return Name{}, fmt.Errorf("%q has the tag %q; write the name alone", shorten(text), ref.Tag)
	}
	return ref.Name, nil
}

var (
	tagGrammar    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)
	digestGrammar = regexp.MustCompile(`^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$`)
)

// IsTag tells whether text is a tag: 1 to 128 of letters, digits, "_", "." and "-", not starting with "." or "-"
// (OCI distribution specification, "Pulling manifests").
func IsTag(text string) bool { return tagGrammar.MatchString(text) }

// ParseDigest reads a digest: sha256 or sha512 in lower-case hex.
func ParseDigest(text string) (Digest, error) {
	if !digestGrammar.MatchString(text) {
		return "", fmt.Errorf("%q is not a sha256 or sha512 digest", shorten(text))
	}
	return Digest(text), nil
}

// isHost tells whether the grammar would read registry as a host again: with a dot, a port, or "localhost".
func isHost(registry string) bool {
	return strings.ContainsAny(registry, ".:") || registry == "localhost"
}

// shorten keeps an error on one readable line whatever was written.
func shorten(text string) string {
	const most = 160
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
