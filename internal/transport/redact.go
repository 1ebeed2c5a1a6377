// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText is the longest text OneLine returns, in bytes.
const maxText = 1024

var (
	escapes  = regexp.MustCompile(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?)`)
	address  = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)(\S+)`)
	tokens   = regexp.MustCompile(`(?i)\b(bearer|basic)[ :]+[A-Za-z0-9._~+/-]{16,}=*`)
	settings = regexp.MustCompile(`(?i)\b([a-z_-]*(?:token|password|passwd|secret|signature|api[_-]?key))(=|"?: ?")[^\s"&,;]+`)
)

// OneLine makes a text that others wrote fit for status, events and logs: one line of at most 1 KiB of UTF-8
// without control characters, addresses without user info and query, and no tokens or passwords that can be told
// by their shape. It is a second line of defense: what is known to be secret is not put into a text at all.
func OneLine(text string) string {
	text = firstWords(text)
	text = escapes.ReplaceAllString(strings.ToValidUTF8(text, "�"), "")
	text = strings.Join(strings.FieldsFunc(text, separates), " ")
	text = address.ReplaceAllStringFunc(text, bareAddress)
	text = tokens.ReplaceAllString(text, "$1 redacted")
	text = settings.ReplaceAllString(text, "${1}${2}redacted")
	return cut(text, maxText)
}

// firstWords returns so much of text as may be needed. A word is not cut where it may be an address: what makes its
// beginning a login may stand at its end.
func firstWords(text string) string {
	const plenty = 16 * maxText
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

// cut shortens text to at most limit bytes, between characters.
func cut(text string, limit int) string {
	const more = "…"
	if len(text) <= limit {
		return text
	}
	end := limit - len(more)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + more
}

// Address prints u without user info, query and fragment.
func Address(u *url.URL) string {
	bare := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return OneLine(bare.String())
}
