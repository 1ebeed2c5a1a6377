// SPDX-License-Identifier: Apache-2.0

package references

import (
	"bytes"

	"github.com/fairlead-dev/fairlead/internal/image"
)

// A reference is what a run of bytes says.
type reference struct {
	name             image.Name
	looksLikeAddress bool // "redis:6379"
}

// maxReference is more than the longest name, tag and digest together.
const maxReference = 1024

// parse reads text as a whole reference with a tag or a digest. The tag or digest of a templated one is not all
// there, so of that one only the name is read.
func (f *finder) parse(text []byte, templated bool) (reference, bool) {
	if len(text) > maxReference {
		return reference{}, false
	}
	rest, digest, hasDigest := bytes.Cut(text, []byte{'@'})
	written, tag := rest, []byte(nil)
	if colon := bytes.LastIndexByte(rest, ':'); colon > bytes.LastIndexByte(rest, '/') {
		written, tag = rest[:colon], rest[colon+1:]
	}
	if !hasDigest && len(written) == len(rest) {
		return reference{}, false // a name alone
	}
	if !templated && (len(written) < len(rest) && !isTag(tag) || hasDigest && !isDigest(digest)) {
		return reference{}, false
	}
	name := f.name(written)
	bare := bytes.IndexByte(written, '/') < 0
	if name == (image.Name{}) || bare && isNumber(written) {
		return reference{}, false
	}
	return reference{name: name, looksLikeAddress: bare && !hasDigest && isPort(tag)}, true
}

// name reads a written name; what is none gives the zero Name. Each is parsed once for a file.
func (f *finder) name(written []byte) image.Name {
	if !mayBeName(written) {
		return image.Name{}
	}
	name, known := f.names[string(written)]
	if !known {
		var err error
		if name, err = image.ParseName(string(written)); err != nil {
			name = image.Name{}
		}
		f.names[string(written)] = name
	}
	return name
}

// mayBeName rules out most of what is no name, at little cost.
func mayBeName(written []byte) bool {
	if len(written) == 0 || !isAlnum(written[0]) && written[0] != '[' || !isAlnum(written[len(written)-1]) {
		return false
	}
	path := written
	if _, below, ok := bytes.Cut(written, []byte{'/'}); ok {
		path = below
	}
	for _, c := range path {
		if c == ':' || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

// isTag is image.IsTag, without the cost of a regular expression for each word of a file.
func isTag(text []byte) bool {
	if len(text) == 0 || len(text) > 128 || text[0] == '.' || text[0] == '-' {
		return false
	}
	for _, c := range text {
		if !isAlnum(c) && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

func isDigest(text []byte) bool {
	_, err := image.ParseDigest(string(text))
	return err == nil
}

// isPort tells whether tag may be the port of a host.
func isPort(tag []byte) bool {
	if !isNumber(tag) || len(tag) > len("65535") {
		return false
	}
	n := 0
	for _, c := range tag {
		n = 10*n + int(c-'0')
	}
	return n <= 65535
}

func isNumber(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) > 0
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isWord tells whether c may stand in the name of a variable.
func isWord(c byte) bool { return isAlnum(c) || c == '_' }
