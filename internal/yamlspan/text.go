// SPDX-License-Identifier: Apache-2.0

package yamlspan

import (
	"bytes"
	"unicode/utf8"
)

func hasBOM(src []byte) bool {
	return len(src) >= 3 && src[0] == 0xEF && src[1] == 0xBB && src[2] == 0xBF
}

// checkText returns why src cannot be YAML text in UTF-8.
func checkText(src []byte) error {
	if bytes.HasPrefix(src, []byte{0xFF, 0xFE}) || bytes.HasPrefix(src, []byte{0xFE, 0xFF}) {
		return &EncodingError{"UTF-16 or UTF-32 text"}
	}
	if bytes.IndexByte(src, 0) >= 0 {
		return &EncodingError{"NUL bytes"}
	}
	if !utf8.Valid(src) {
		return &EncodingError{"invalid UTF-8"}
	}
	if at := controlIn(src); at >= 0 {
		return &SyntaxError{Line: lineOf(src, at), What: "control characters are not allowed"}
	}
	return nil
}

// controlIn returns the offset of the first character that YAML forbids in text, or -1.
func controlIn(src []byte) int {
	for i, c := range src {
		switch {
		case c >= 0x20 && c < 0x7F || c > 0xC2 || c == '\n' || c == '\t' || c == '\r':
		case c < 0x20 || c == 0x7F:
			return i
		case c == 0xC2 && src[i+1] < 0xA0 && src[i+1] != 0x85: // C1 controls
			return i
		}
	}
	return -1
}

// lineOf returns the line of offset at, counted from 1.
func lineOf(src []byte, at int) int {
	line := 1
	for i := 0; i < at; i = afterBreak(src, i) {
		for i < at && !isBreak(src[i]) {
			i++
		}
		if i == at {
			break
		}
		line++
	}
	return line
}
