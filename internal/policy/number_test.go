// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// TestNumber_isExact: numbers compare as rational numbers do, whatever their size and however they are written.
func TestNumber_isExact(t *testing.T) {
	t.Parallel()
	written := rapid.StringMatching(`[+-]?0{0,2}[0-9]{1,3}([0-9]{20})?(\.0{0,2}[0-9]{1,2}0{0,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := written.Draw(t, "a"), written.Draw(t, "b")
		x, okX := parseNumber(a)
		y, okY := parseNumber(b)
		if !okX || !okY {
			t.Fatalf("%q or %q is not a number", a, b)
		}
		exactA, _ := new(big.Rat).SetString(a)
		exactB, _ := new(big.Rat).SetString(b)
		if got, want := x.compare(y), exactA.Cmp(exactB); got != want {
			t.Fatalf("%s against %s: %d, want %d", a, b, got, want)
		}
	})
}

func TestParseNumber(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		ok   bool
	}{
		{"0", true}, {"-0", true}, {"+5", true}, {"007", true}, {"1.50", true}, {"-1.5", true},
		{"", false}, {"+", false}, {"-", false}, {".5", false}, {"5.", false}, {"1.2.3", false}, {"1e9", false},
		{"0x10", false}, {"inf", false}, {"NaN", false}, {"1_000", false}, {"--1", false}, {"+-1", false},
		{"1 ", false}, {"٣", false}, {"１", false},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			if _, ok := parseNumber(tc.text); ok != tc.ok {
				t.Errorf("a number: %v, want %v", ok, tc.ok)
			}
		})
	}
}
