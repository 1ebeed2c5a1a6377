// SPDX-License-Identifier: Apache-2.0

package yamlspan

import (
	"strconv"
	"strings"
)

// escapes are the characters after a backslash that stand for one other.
var escapes = map[byte]string{
	'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r",
	'e': "\x1b", ' ': " ", '"': `"`, '\'': "'", '/': "/", '\\': `\`,
	'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// hexDigits returns how many digits follow the escape c.
func hexDigits(c byte) int {
	switch c {
	case 'x':
		return 2
	case 'u':
		return 4
	case 'U':
		return 8
	}
	return 0
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// Text returns what a scalar of src means: its quotes taken off, its lines folded, its escapes resolved. Of a block
// scalar it returns the bytes as they stand; of anything else, nothing.
func (e Event) Text(src []byte) string {
	raw := string(src[e.Start:e.End])
	switch {
	case e.Kind != Scalar:
		return ""
	case e.Style == SingleQuoted:
		return strings.ReplaceAll(fold(raw[1:len(raw)-1], false), "''", "'")
	case e.Style == DoubleQuoted:
		return unescape(fold(raw[1:len(raw)-1], true))
	case e.Style == Plain:
		return fold(raw, false)
	}
	return raw
}

// fold joins the lines of a scalar: one line break becomes a blank, each further one a line break. Where escaped
// breaks are known, a backslash at the end of a line joins without a blank.
func fold(text string, escaped bool) string {
	if !strings.ContainsAny(text, "\r\n") {
		return text
	}
	var b strings.Builder
	lines := splitLines(text)
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		if i > 0 {
			line = strings.TrimLeft(line, " \t")
		}
		joined := false
		if i < len(lines)-1 {
			line, joined = trimEnd(line, escaped)
		}
		b.WriteString(line)
		if i == len(lines)-1 {
			break
		}
		empty := 0
		for i+1 < len(lines)-1 && strings.Trim(lines[i+1], " \t") == "" {
			empty++
			i++
		}
		switch {
		case empty > 0:
			b.WriteString(strings.Repeat("\n", empty))
		case !joined:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// trimEnd takes the blanks off the end of a line, and a backslash that escapes the line break.
func trimEnd(line string, escaped bool) (text string, joined bool) {
	if escaped {
		slashes := len(line) - len(strings.TrimRight(line, `\`))
		if slashes%2 == 1 {
			return line[:len(line)-1], true
		}
	}
	text = strings.TrimRight(line, " \t")
	if escaped && strings.HasSuffix(text, `\`) && (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1 {
		text = line[:len(text)+1] // the blank behind the backslash is escaped
	}
	return text, false
}

func splitLines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
}

// unescape resolves the escapes of a double-quoted scalar; the scanner has seen that each is known.
func unescape(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		if n := hexDigits(text[i]); n > 0 && i+n < len(text) {
			code, _ := strconv.ParseUint(text[i+1:i+1+n], 16, 32) // digits were checked; a wrong one gives U+0000
			b.WriteRune(rune(code))                               // #nosec G115 -- WriteRune replaces what is no character
			i += n
			continue
		}
		b.WriteString(escapes[text[i]])
	}
	return b.String()
}
