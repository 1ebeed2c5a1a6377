// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxLine is the longest text that reaches a condition, an event or a log, in bytes.
const MaxLine = 1024

// authority is what stands before the host in an address, and parameters what stands behind its path: both may
// hold secrets.
var (
	authority  = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^/@\s"']+@`)
	parameters = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^?\s"']+)\?[^\s"']*`)
)

// Line makes text fit for a condition, an event or a log: one line of at most MaxLine bytes of valid UTF-8,
// without control characters, and without user info and query in the addresses that occur in it.
func Line(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	text = authority.ReplaceAllString(text, "${1}redacted@")
	text = parameters.ReplaceAllString(text, "${1}?redacted")
	return cut(text, MaxLine)
}

// cut shortens text to at most size bytes without cutting a character in two, and shows that it did.
func cut(text string, size int) string {
	const mark = "…"
	if len(text) <= size {
		return text
	}
	end := size - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
