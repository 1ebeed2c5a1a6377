// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// A template is extract, read once: texts and groups in turn. The nil template is "the whole tag".
type template []piece

// A piece is a text, or the group of that number where group is not negative.
type piece struct {
	text  string
	group int
}

var errLoneDollar = errors.New("a $ names no group; write $$ for the sign itself")

// parseTemplate reads text by the rules of package regexp, except that a group the pattern lacks is an error, and
// so is a $ that begins no name: there, both would silently compare something else than what was meant.
func parseTemplate(text string, pattern *regexp.Regexp) (template, error) {
	var t template
	for text != "" {
		before, after, found := strings.Cut(text, "$")
		if before != "" {
			t = append(t, piece{text: before, group: -1})
		}
		if !found {
			break
		}
		if rest, ok := strings.CutPrefix(after, "$"); ok {
			t, text = append(t, piece{text: "$", group: -1}), rest
			continue
		}
		name, rest, ok := cutName(after)
		if !ok {
			return nil, errLoneDollar
		}
		group, err := groupNumber(pattern, name)
		if err != nil {
			return nil, err
		}
		t, text = append(t, piece{group: group}), rest
	}
	return t, nil
}

// cutName takes a group's name off the front of text: letters, digits and "_", as many as there are, or in braces.
func cutName(text string) (name, rest string, ok bool) {
	if braced, isBraced := strings.CutPrefix(text, "{"); isBraced {
		name, rest, ok = strings.Cut(braced, "}")
		return name, rest, ok && name != "" && nameLength(name) == len(name)
	}
	n := nameLength(text)
	return text[:n], text[n:], n > 0
}

func nameLength(text string) int {
	n := 0
	for n < len(text) && isNameByte(text[n]) {
		n++
	}
	return n
}

func isNameByte(c byte) bool {
	return c == '_' || isDigit(c) || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z')
}

// groupNumber finds a group of pattern by its name, or by its number where name is all digits.
func groupNumber(pattern *regexp.Regexp, name string) (int, error) {
	if isDigits(name) {
		for i := range pattern.NumSubexp() + 1 {
			if fmt.Sprint(i) == name {
				return i, nil
			}
		}
		return 0, fmt.Errorf("the pattern has no group %s", quote(name))
	}
	if i := pattern.SubexpIndex(name); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("the pattern has no group %s", quote(name))
}

// expand fills in the groups of one match. A group that took no part is empty. One group alone shares the
// memory of tag.
func (t template) expand(tag string, groups []int) string {
	if len(t) == 1 && t[0].group >= 0 {
		return groupText(tag, groups, t[0].group)
	}
	var b strings.Builder
	for _, p := range t {
		if p.group < 0 {
			b.WriteString(p.text)
		} else {
			b.WriteString(groupText(tag, groups, p.group))
		}
	}
	return b.String()
}

// groupText returns what a group matched, "" where it took no part.
func groupText(tag string, groups []int, group int) string {
	start, end := groups[2*group], groups[2*group+1]
	if start < 0 {
		return ""
	}
	return tag[start:end]
}
