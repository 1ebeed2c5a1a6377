// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"strings"
)

// A version is a semantic version with three numbers. Build metadata takes no part in anything and is not kept.
type version struct {
	major, minor, patch uint64
	pre                 string // identifiers joined by dots; empty: a release
}

// maxVersion is the longest text that is read as a version, in bytes; the range's library draws the same line.
const maxVersion = 256

// parseVersion reads MAJOR.MINOR.PATCH[-PRE][+BUILD] with an optional "v" in front. It allocates nothing: pre
// shares the memory of text. Numbers may have leading zeros, since calendar versions do ("2026.01.09"), and must
// fit 64 bits; a numeric identifier of pre must have none.
func parseVersion(text string) (v version, ok bool) {
	if len(text) > maxVersion {
		return version{}, false
	}
	text = strings.TrimPrefix(text, "v")
	if v.major, text, ok = cutNumber(text); !ok || !strings.HasPrefix(text, ".") {
		return version{}, false
	}
	if v.minor, text, ok = cutNumber(text[1:]); !ok || !strings.HasPrefix(text, ".") {
		return version{}, false
	}
	if v.patch, text, ok = cutNumber(text[1:]); !ok {
		return version{}, false
	}
	if text == "" {
		return v, true
	}
	v.pre, ok = cutPre(text)
	return v, ok
}

// cutPre reads what follows the three numbers: [-PRE][+BUILD].
func cutPre(text string) (pre string, ok bool) {
	rest, build, hasBuild := strings.Cut(text, "+")
	if hasBuild && !areIdentifiers(build, false) {
		return "", false
	}
	if rest == "" {
		return "", hasBuild
	}
	pre, ok = strings.CutPrefix(rest, "-")
	return pre, ok && areIdentifiers(pre, true)
}

// cutNumber takes an unsigned 64-bit number off the front of text.
func cutNumber(text string) (n uint64, rest string, ok bool) {
	i := 0
	for i < len(text) && isDigit(text[i]) {
		digit := uint64(text[i] - '0')
		if n > (1<<64-1-digit)/10 {
			return 0, "", false
		}
		n = n*10 + digit
		i++
	}
	return n, text[i:], i > 0
}

// areIdentifiers tells whether text is identifiers of letters, digits and hyphens, none empty, joined by dots.
func areIdentifiers(text string, refuseLeadingZero bool) bool {
	for start := 0; ; {
		end := start
		digits := true
		for end < len(text) && text[end] != '.' {
			c := text[end]
			if c == '_' || (c != '-' && !isNameByte(c)) {
				return false
			}
			digits = digits && isDigit(c)
			end++
		}
		if end == start || (refuseLeadingZero && digits && end-start > 1 && text[start] == '0') {
			return false
		}
		if end == len(text) {
			return true
		}
		start = end + 1
	}
}

// compare orders by SemVer 2 precedence.
func (v version) compare(o version) int {
	switch {
	case v.major != o.major:
		return cmp.Compare(v.major, o.major)
	case v.minor != o.minor:
		return cmp.Compare(v.minor, o.minor)
	case v.patch != o.patch:
		return cmp.Compare(v.patch, o.patch)
	case v.pre == o.pre:
		return 0
	case v.pre == "":
		return 1 // a release is above its pre-releases
	case o.pre == "":
		return -1
	}
	return comparePre(v.pre, o.pre)
}

// comparePre compares identifier by identifier; where all are equal, the one with more of them is above.
func comparePre(a, b string) int {
	for {
		x, restA, moreA := strings.Cut(a, ".")
		y, restB, moreB := strings.Cut(b, ".")
		if c := compareIdentifier(x, y); c != 0 {
			return c
		}
		switch {
		case !moreA && !moreB:
			return 0
		case !moreA:
			return -1
		case !moreB:
			return 1
		}
		a, b = restA, restB
	}
}

// compareIdentifier puts numbers in order of value, of any size, below words in order of bytes.
func compareIdentifier(x, y string) int {
	switch numX, numY := isDigits(x), isDigits(y); {
	case numX && numY:
		return compareDigits(x, y)
	case numX:
		return -1
	case numY:
		return 1
	}
	return strings.Compare(x, y)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isDigits tells whether text is one ASCII digit or more.
func isDigits(text string) bool {
	for i := range len(text) {
		if !isDigit(text[i]) {
			return false
		}
	}
	return text != ""
}
