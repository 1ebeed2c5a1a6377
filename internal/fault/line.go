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

var (
	escapes  = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?)`)
	address  = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)(\S+)`)
	tokens   = regexp.MustCompile(`(?i)\b(bearer|basic)[ :]+[A-Za-z0-9._~+/-]{16,}=*`)
	settings = regexp.MustCompile(`(?i)\b([a-z_-]*(?:token|password|passwd|secret|signature|api[_-]?key))(=|"?: ?")[^\s"&,;]+`)
)

// Line makes a text that others wrote fit for status, events and logs: one line of at most MaxLine bytes of UTF-8
// without control characters, addresses without user info and query, and no tokens or passwords that can be told
// by their shape. It is a second line of defense: what is known to be secret is not put into a text at all.
func Line(text string) string {
	line, _ := Redact(text)
	return line
}

// Redact is Line, and tells whether anything was taken out that may be secret.
func Redact(text string) (line string, redacted bool) {
	text = firstWords(text)
	text = escapes.ReplaceAllString(strings.ToValidUTF8(text, "\uFFFD"), "")
	text = strings.Join(strings.FieldsFunc(text, separates), " ")
	line = address.ReplaceAllStringFunc(text, bareAddress)
	line = tokens.ReplaceAllString(line, "$1 redacted")
	line = settings.ReplaceAllString(line, "${1}${2}redacted")
	return cut(line, MaxLine), line != text
}

// firstWords returns so much of text as may be needed. A word is not cut where it may be an address: what makes its
// beginning a login may stand at its end.
func firstWords(text string) string {
	const plenty = 16 * MaxLine
	if len(text) <= plenty {
		return text
	}
	text = text[:plenty]
	if i := strings.LastIndexAny(text, " \t\r\n"); strings.Contains(text[i+1:], "://") {
		text = text[:i+1]
	}
	return text
}

// separates tells whether r ends a word: spaces, controls, and the invisible marks that turn text around.
func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// bareAddress returns an address, written as scheme://rest, without user info, query and fragment. What stands
// before the last "@" is taken for user info, since a password may hold any character.
func bareAddress(text string) string {
	scheme, rest, _ := strings.Cut(text, "://")
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		quotation := len(strings.TrimRight(rest, `"'):`)) // the end of the one it stands in is kept
		rest = rest[:i] + rest[max(i, quotation):]
	}
	return scheme + "://" + rest
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
