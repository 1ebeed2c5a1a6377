// SPDX-License-Identifier: Apache-2.0

package policy

import "strings"

// A number is a decimal number of any size, kept as the digits that matter. It shares the memory of its text.
type number struct {
	negative bool   // never set for zero
	whole    string // without leading zeros
	fraction string // without trailing zeros
}

// parseNumber reads an optional sign, digits, and optionally a point and more digits. Nothing else is a number:
// no exponent, no hexadecimal, no infinity, no digits outside ASCII.
func parseNumber(text string) (n number, ok bool) {
	unsigned := text
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		unsigned = text[1:]
	}
	whole, fraction, hasPoint := strings.Cut(unsigned, ".")
	if !isDigits(whole) || (hasPoint && !isDigits(fraction)) {
		return number{}, false
	}
	n.whole = strings.TrimLeft(whole, "0")
	n.fraction = strings.TrimRight(fraction, "0")
	n.negative = text[0] == '-' && (n.whole != "" || n.fraction != "")
	return n, true
}

// compare orders by value.
func (n number) compare(o number) int {
	switch {
	case n.negative && !o.negative:
		return -1
	case !n.negative && o.negative:
		return 1
	case n.negative:
		return compareSize(o, n)
	}
	return compareSize(n, o)
}

// compareSize compares without signs. Fractions without trailing zeros are in order by bytes.
func compareSize(n, o number) int {
	if c := compareDigits(n.whole, o.whole); c != 0 {
		return c
	}
	return strings.Compare(n.fraction, o.fraction)
}

// compareDigits compares whole numbers without leading zeros, of any length, by value.
func compareDigits(x, y string) int {
	if len(x) != len(y) {
		if len(x) < len(y) {
			return -1
		}
		return 1
	}
	return strings.Compare(x, y)
}
