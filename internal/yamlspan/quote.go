// SPDX-License-Identifier: Apache-2.0

package yamlspan

import (
	"fmt"
	"regexp"
	"strings"
)

// Quote writes text as a scalar in the given style. A plain scalar that would not be read as this very string
// gets double quotes: one that reads as a number, a boolean, a date or nothing, or that is no plain scalar at all.
// typed says that the tag !!str stands before it, so that only the latter counts. Other styles than the two kinds
// of quotes are written as Plain.
func Quote(text string, style Style, typed bool) string {
	switch {
	case style == SingleQuoted && isPrintable(text):
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case style == SingleQuoted || style == DoubleQuoted || !fitsPlain(text) || !typed && !IsString(text):
		return doubleQuoted(text)
	}
	return text
}

func doubleQuoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case isPrintable(string(r)):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// isPrintable tells whether text can stand on one line as it is.
func isPrintable(text string) bool {
	for _, r := range text {
		if r < 0x20 || r >= 0x7F && r < 0xA0 || r == 0x2028 || r == 0x2029 || r == 0xFEFF || r == 0xFFFD {
			return false
		}
	}
	return true
}

// fitsPlain tells whether text can stand without quotes, in a block as well as within [ ] and { }.
func fitsPlain(text string) bool {
	if text == "" || !isPrintable(text) || strings.Trim(text, " ") != text {
		return false
	}
	if strings.ContainsAny(text[:1], "-?:,[]{}#&*!|>'\"%@`=") || strings.ContainsAny(text, ",[]{}?") {
		return false
	}
	return !strings.Contains(text, ": ") && !strings.Contains(text, " #") && !strings.HasSuffix(text, ":") &&
		!strings.HasPrefix(text, "...")
}

var (
	wordGrammar = regexp.MustCompile(`^(?:|~|<<|null|Null|NULL|true|True|TRUE|false|False|FALSE|y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	// With the underscores taken out, as YAML 1.1 reads numbers.
	numberGrammar = regexp.MustCompile(`^[-+]?(?:[0-9]+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?)$`)
	dateGrammar   = regexp.MustCompile(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?$`)
)

// IsString tells whether a plain scalar with this text is read as a string by YAML 1.1 and 1.2 alike.
func IsString(text string) bool {
	if text != "" && text[0] >= 'g' && text[0] <= 'z' && text[0] != 'n' && text[0] != 'o' && text[0] != 't' && text[0] != 'y' {
		return true // most image names, at no cost
	}
	return !wordGrammar.MatchString(text) && !dateGrammar.MatchString(text) &&
		!numberGrammar.MatchString(strings.ReplaceAll(text, "_", ""))
}
