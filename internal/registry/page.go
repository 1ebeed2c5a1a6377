// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

const (
	// longestTag is the longest tag the specification allows.
	longestTag = 128
	// deepest is how far values may be nested in the parts of a page that are skipped.
	deepest = 32
)

var errNoPage = errors.New("the answer is not a list of tags in JSON")

// readPage reads one page of a tag list, {"name": …, "tags": [ … ]}, to its end and calls add for each tag. A null
// instead of the list is an empty one. Entries that are no tags by the specification are left out: no image can be
// had by them. The tag is valid until add returns.
//
// It keeps one tag in memory, however long the page or a value in it is; encoding/json would keep a whole value.
func readPage(r io.Reader, add func(tag []byte) error) error {
	s := scanner{r: bufio.NewReaderSize(r, 32<<10)}
	if c, err := s.next(); err != nil || c != '{' {
		return cmpErr(err)
	}
	found := false
	err := s.object(func(key []byte) error {
		if string(key) != "tags" {
			return s.skip(1)
		}
		found = true
		return s.tags(add)
	})
	if err != nil {
		return err
	}
	if c, err := s.next(); !errors.Is(err, io.EOF) {
		_ = c // whatever follows, it is no page
		return cmpErr(err)
	}
	if !found {
		return errNoPage
	}
	return nil
}

// cmpErr returns err, and errNoPage when reading went well but brought something else than was expected.
func cmpErr(err error) error {
	if err == nil {
		return errNoPage
	}
	return unexpected(err)
}

// unexpected turns an end into one that came too early.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// A scanner reads JSON values one byte after the other.
type scanner struct {
	r    *bufio.Reader
	text []byte // the string read last
}

// next returns the next byte that is no white space.
func (s *scanner) next() (byte, error) {
	for {
		c, err := s.r.ReadByte()
		if err != nil {
			return 0, err
		}
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, nil
		}
	}
}

// object reads an object whose brace was read, and calls value with each key before its value.
func (s *scanner) object(value func(key []byte) error) error {
	return s.members('}', func(c byte) error {
		if c != '"' {
			return errNoPage
		}
		key, _, err := s.string()
		if err != nil {
			return err
		}
		key = bytes.Clone(key)
		if c, err := s.next(); err != nil || c != ':' {
			return cmpErr(err)
		}
		return value(key)
	})
}

// members reads what stands between commas up to end; member gets the first byte of each.
func (s *scanner) members(end byte, member func(c byte) error) error {
	for first := true; ; first = false {
		c, err := s.next()
		if err != nil {
			return unexpected(err)
		}
		if c == end && first {
			return nil
		}
		if err := member(c); err != nil {
			return err
		}
		switch c, err := s.next(); {
		case err != nil:
			return unexpected(err)
		case c == end:
			return nil
		case c != ',':
			return errNoPage
		}
	}
}

// tags reads a list of strings, or null.
func (s *scanner) tags(add func([]byte) error) error {
	switch c, err := s.next(); {
	case err != nil:
		return unexpected(err)
	case c == 'n':
		return s.literal(c)
	case c != '[':
		return errNoPage
	}
	return s.members(']', func(c byte) error {
		if c != '"' {
			return errNoPage
		}
		tag, whole, err := s.string()
		if err != nil || !whole || !isTag(tag) {
			return err
		}
		return add(tag)
	})
}

// skip reads a value of any kind and forgets it.
func (s *scanner) skip(depth int) error {
	c, err := s.next()
	if err != nil {
		return unexpected(err)
	}
	return s.skipFrom(c, depth)
}

func (s *scanner) skipFrom(c byte, depth int) error {
	switch {
	case depth > deepest:
		return errNoPage
	case c == '"':
		_, _, err := s.string()
		return err
	case c == '{':
		return s.object(func([]byte) error { return s.skip(depth + 1) })
	case c == '[':
		return s.members(']', func(c byte) error { return s.skipFrom(c, depth+1) })
	}
	return s.literal(c)
}

// literal reads a number, true, false or null that begins with c.
func (s *scanner) literal(c byte) error {
	const longest = 64
	text := []byte{c}
	for {
		next, err := s.r.Peek(1)
		if err != nil || bytes.IndexByte([]byte(" \t\r\n,]}:"), next[0]) >= 0 {
			break // an end that came too early shows when the comma is looked for
		}
		if text = append(text, next[0]); len(text) > longest {
			return errNoPage
		}
		_, _ = s.r.Discard(1)
	}
	if !json.Valid(text) {
		return errNoPage
	}
	return nil
}

// longestText is the longest string of interest as it may be written: each character as \u0061.
const longestText = 6 * longestTag

// string reads a string whose opening quote was read. It is valid until the next read. whole is false when it is
// longer than any key or tag of interest, and then the text is only its beginning.
func (s *scanner) string() (text []byte, whole bool, err error) {
	part, err := s.r.ReadSlice('"')
	if err == nil && len(part) <= longestText && bytes.IndexByte(part, '\\') < 0 {
		return part[:len(part)-1], true, printable(part)
	}
	return s.oddString(part, err)
}

// oddString goes on where string found something long or escaped.
func (s *scanner) oddString(part []byte, err error) (text []byte, whole bool, _ error) {
	const most = longestText
	s.text = s.text[:0]
	size, slashes := 0, 0
	for ; ; part, err = s.r.ReadSlice('"') {
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, false, unexpected(err)
		}
		ended := err == nil
		content := part
		if ended {
			content = part[:len(part)-1]
		}
		if trailing := len(content) - len(bytes.TrimRight(content, `\`)); trailing == len(content) {
			slashes += trailing
		} else {
			slashes = trailing
		}
		escaped := ended && slashes%2 == 1
		if escaped {
			content, slashes = part, 0
		}
		size += len(content)
		s.text = append(s.text, content[:min(len(content), most+1-min(most+1, len(s.text)))]...)
		if ended && !escaped {
			break
		}
	}
	if size > most {
		return s.text, false, nil
	}
	if err := printable(s.text); err != nil {
		return nil, false, err
	}
	return s.unescape()
}

// unescape decodes the string read last.
func (s *scanner) unescape() ([]byte, bool, error) {
	if bytes.IndexByte(s.text, '\\') < 0 {
		return s.text, true, nil
	}
	var plain string
	if json.Unmarshal([]byte(`"`+string(s.text)+`"`), &plain) != nil {
		return nil, false, errNoPage
	}
	s.text = append(s.text[:0], plain...)
	return s.text, true, nil
}

// printable fails for control characters, which JSON does not allow in a string unless they are escaped.
func printable(text []byte) error {
	for _, c := range text {
		if c < ' ' {
			return errNoPage
		}
	}
	return nil
}

// isTag is image.IsTag for bytes, without a regular expression: a list may have a million.
func isTag(text []byte) bool {
	if len(text) == 0 || len(text) > longestTag || text[0] == '.' || text[0] == '-' {
		return false
	}
	for _, c := range text {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && c != '.' && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
