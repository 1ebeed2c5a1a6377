// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"pgregory.net/rapid"
)

// TestRule_ordersTotally: every kind of policy compares antisymmetrically and transitively, and no two tags tie.
func TestRule_ordersTotally(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]Spec{
		"semver":       {Semver: &Semver{Range: ">=0.0.0-0"}},
		"numerical":    {Numerical: &Ordered{}},
		"descending":   {Numerical: &Ordered{Order: "Descending"}},
		"alphabetical": {Alphabetical: &Ordered{Order: "Descending"}},
		"regex": {Regex: &Regex{Pattern: `^(?P<a>.)(?P<b>.*)$`, OrderBy: []Key{
			{Group: "a", As: "Numerical", Order: "Descending"}, {Group: "b", As: "Alphabetical"}}}},
		"latest":  {Latest: &Latest{By: "Created"}},
		"extract": {Filter: &Filter{Pattern: `^.(.*)$`, Extract: "${1}"}, Numerical: &Ordered{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Compile(spec)
			if err != nil {
				t.Fatal(err)
			}
			tag := rapid.OneOf(rapid.Custom(func(t *rapid.T) string { return genVersion(t, "tag") }),
				rapid.StringMatching(`[+-]?0?[0-9]{1,2}(\.[0-9]0?)?`), rapid.StringMatching(`[0-9a-c]{1,3}`))
			rapid.Check(t, func(t *rapid.T) {
				a, b, c := tag.Draw(t, "a"), tag.Draw(t, "b"), tag.Draw(t, "c")
				ab, ranked := p.rule.compare(p.filter, a, b)
				ba, rankedToo := p.rule.compare(p.filter, b, a)
				bc, rankedC := p.rule.compare(p.filter, b, c)
				ac, _ := p.rule.compare(p.filter, a, c)
				switch {
				case ranked != rankedToo || (ranked && sign(ab) != -sign(ba)):
					t.Fatalf("%q and %q: %d and %d", a, b, ab, ba)
				case ranked && (ab == 0) != (a == b):
					t.Fatalf("%q and %q tie", a, b)
				case ranked && rankedC && ab >= 0 && bc >= 0 && ac < 0:
					t.Fatalf("%q ≥ %q ≥ %q, yet not %q ≥ %q", a, b, c, a, c)
				}
			})
		})
	}
}

func sign(n int) int {
	switch {
	case n > 0:
		return 1
	case n < 0:
		return -1
	}
	return 0
}
