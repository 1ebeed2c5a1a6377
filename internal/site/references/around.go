// SPDX-License-Identifier: Apache-2.0

package references

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// deepest is how many "${A:-${B:-" and "}}" are looked through; what is nested deeper is left alone.
const deepest = 8

// byteAt returns the byte at at; outside of the file it is a line end, which separates.
func (f *finder) byteAt(at int) byte {
	if at < 0 || at >= len(f.src) {
		return '\n'
	}
	return f.src[at]
}

// clearLeft tells whether nothing before at continues what starts there.
func (f *finder) clearLeft(at, depth int) bool {
	c, before := f.byteAt(at-1), f.byteAt(at-2)
	switch c {
	case '"', '\'', '`', '[', '<', '>', ',', ';', '|', '&', '!', '#':
		return true
	case '(':
		return before != '$' && before != '\\'
	case '{':
		return before != '$' && before != '{' && before != '#' && before != '%'
	case '*':
		return before == '*'
	case '=', '-', '+':
		if opening := f.defaultOpening(at - 1); opening >= 0 {
			return depth < deepest && f.clearLeft(opening, depth+1)
		}
		return c == '='
	case '/':
		return bytes.HasSuffix(f.src[:at], []byte("://")) && isImageScheme(f.src[max(at-32, 0):at-len("://")])
	}
	if c >= utf8.RuneSelf {
		r, _ := utf8.DecodeLastRune(f.src[:at])
		return separates(r)
	}
	return c <= ' '
}

// defaultOpening returns where the "${NAME:" starts whose operator is at at; -1: there is none.
func (f *finder) defaultOpening(at int) int {
	if f.byteAt(at-1) == ':' {
		at--
	}
	name := at
	for name > 0 && at-name < 64 && isWord(f.src[name-1]) {
		name--
	}
	if name == at || f.byteAt(name-1) != '{' || f.byteAt(name-2) != '$' {
		return -1
	}
	return name - 2
}

// clearRight tells whether nothing from at on continues what ends there.
func (f *finder) clearRight(at int) bool {
	c, next := f.byteAt(at), f.byteAt(at+1)
	switch c {
	case '"', '\'', '`', ')', ']', '}', '<', '>', ',', ';', '|', '&', '=', '\\':
		return true
	case '!', '?':
		return next <= ' '
	case '*':
		return next == '*'
	}
	if c >= utf8.RuneSelf {
		r, _ := utf8.DecodeRune(f.src[at:])
		return separates(r)
	}
	return c <= ' '
}

// separates tells whether r, which is not ASCII, stands between words and not in one: "…", "“", a wide blank.
func separates(r rune) bool {
	return r != utf8.RuneError && !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
}

// opens tells whether something that is filled in elsewhere starts at at: "${", "$(", "$NAME", "{{", "{", "#{",
// "%{", "%s", "\(".
func (f *finder) opens(at int) bool {
	next := f.byteAt(at + 1)
	switch f.byteAt(at) {
	case '{':
		return true
	case '$':
		return isWord(next) || next == '{' || next == '(' || next == '$' || next == '['
	case '#':
		return next == '{'
	case '%':
		return isWord(next) || next == '{' || next == '('
	case '\\':
		return next == '('
	}
	return false
}

// continues tells whether what ends at at goes on with a template, directly, behind the quote that a shell would
// drop, or behind the "}" of a default value.
func (f *finder) continues(at int) bool {
	if f.opens(at) {
		return true
	}
	switch f.byteAt(at) {
	case '"', '\'':
		return f.byteAt(at+1) == '$' && f.opens(at+1)
	case '}':
		for n := 0; f.byteAt(at) == '}'; n++ {
			if n == deepest {
				return true
			}
			at++
		}
		c, next := f.byteAt(at), f.byteAt(at+1)
		ends := (c == '.' || c == ':') && !inRun[next] && !f.opens(at+1)
		return inRun[c] && !ends || f.opens(at)
	}
	return false
}

// isPort tells whether the template at at is followed by a path, so that it was the port of a host.
func (f *finder) isPort(at int) bool {
	rest := f.src[at:min(at+maxNote, len(f.src))]
	end := bytes.IndexAny(rest, "}) \t\r\n\"'`")
	for end >= 0 && end < len(rest) && (rest[end] == '}' || rest[end] == ')') {
		end++
	}
	return end > 0 && end < len(rest) && rest[end] == '/' || bytes.HasPrefix(rest, []byte{'$'}) && f.variableBeforePath(at+1)
}

// variableBeforePath tells whether the name of a variable at at is followed by a path.
func (f *finder) variableBeforePath(at int) bool {
	for n := 0; n < maxNote && isWord(f.byteAt(at)); n++ {
		at++
	}
	return f.byteAt(at) == '/'
}
