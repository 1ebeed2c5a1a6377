// SPDX-License-Identifier: Apache-2.0

package message

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	// MaxBytes is the length of the longest text, trailers left out.
	MaxBytes = 64 << 10
	// maxField is the length of the longest text of a stranger within it.
	maxField = 512
)

// oneLine makes text of strangers one line: control characters, line ends of every kind and marks that turn the
// direction of writing become blanks. It is cut at 512 bytes.
func oneLine(text string) string {
	clean := strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(r rune) bool {
		return unicode.IsControl(r) || r == ' ' || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r)
	}), " ")
	if len(clean) > maxField {
		clean = strings.ToValidUTF8(clean[:maxField], "") + "…"
	}
	return clean
}

// forged finds lines that would be read as our trailers, whatever their case.
var forged = regexp.MustCompile(`(?im)^[\t\p{Zs}]*fairlead-[^:\n]*:`)

// clean makes the output of a template a commit text: LF line ends, no control characters, no blank lines around it
// and no blanks at the ends of lines, and nothing that looks like a trailer of ours.
func clean(text string) string {
	text = strings.ToValidUTF8(text, "?")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n").Replace(text)
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, text)
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	text = strings.Trim(strings.Join(lines, "\n"), "\n")
	return forged.ReplaceAllStringFunc(text, func(line string) string { return "- " + strings.TrimSpace(line) })
}
