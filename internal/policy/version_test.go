// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/Masterminds/semver/v3"
	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/api/reason"
)

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, text string
		want            version
		ok              bool
	}{
		{"three numbers", "a release", "1.2.3", version{1, 2, 3, ""}, true},
		{"a lower-case v", "optional", "v1.2.3", version{1, 2, 3, ""}, true},
		{"an upper-case V", "is no prefix", "V1.2.3", version{}, false},
		{"two v", "only one is optional", "vv1.2.3", version{}, false},
		{"leading zeros", "calendar versions have them", "2026.01.09", version{2026, 1, 9, ""}, true},
		{"a pre-release", "kept whole", "1.2.3-rc.1", version{1, 2, 3, "rc.1"}, true},
		{"hyphens in a pre-release", "are letters", "1.2.3-a-b--c", version{1, 2, 3, "a-b--c"}, true},
		{"build metadata", "is dropped", "1.2.3+b1.01", version{1, 2, 3, ""}, true},
		{"both", "the plus ends the pre-release", "1.2.3-rc.1+b-1", version{1, 2, 3, "rc.1"}, true},
		{"a plus and nothing", "metadata is not empty", "1.2.3+", version{}, false},
		{"a hyphen and nothing", "nor is a pre-release", "1.2.3-", version{}, false},
		{"a hyphen before the plus", "nor here", "1.2.3-+b", version{}, false},
		{"two pluses", "a plus is no letter", "1.2.3+a+b", version{}, false},
		{"an empty identifier", "dots need something between them", "1.2.3-rc..1", version{}, false},
		{"a leading zero in a numeric identifier", "SemVer 2 forbids it", "1.2.3-rc.01", version{}, false},
		{"a leading zero in a word", "is fine", "1.2.3-0a", version{1, 2, 3, "0a"}, true},
		{"a zero identifier", "is a number without a leading zero", "1.2.3-0", version{1, 2, 3, "0"}, true},
		{"an underscore", "is no letter of a version", "1.2.3-a_b", version{}, false},
		{"one number", "three are needed", "1", version{}, false},
		{"two numbers", "three are needed", "1.2", version{}, false},
		{"two numbers and a pre-release", "its dot does not make a third", "1.9-rc.1", version{}, false},
		{"four numbers", "no more than three", "1.2.3.4", version{}, false},
		{"the largest number", "64 bits", "0.0.18446744073709551615", version{0, 0, 1<<64 - 1, ""}, true},
		{"one more", "must not wrap", "0.0.18446744073709551616", version{}, false},
		{"ten times as much", "must not wrap either", "0.0.184467440737095516150", version{}, false},
		{"nothing", "no version", "", version{}, false},
		{"256 bytes", "the limit", "1.2.3-" + strings.Repeat("a", 250), version{1, 2, 3, strings.Repeat("a", 250)}, true},
		{"257 bytes", "past the limit", "1.2.3-" + strings.Repeat("a", 251), version{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, ok := parseVersion(tc.text)
			if got != tc.want && ok || ok != tc.ok {
				t.Errorf("%s: parseVersion(%q) = %v, %v, want %v, %v", tc.why, tc.text, got, ok, tc.want, tc.ok)
			}
		})
	}
}

// genVersion draws versions that are often close to each other.
func genVersion(t *rapid.T, label string) string {
	n := rapid.SampledFrom([]string{"0", "1", "2", "3", "9", "10", "18446744073709551615"})
	text := n.Draw(t, label) + "." + n.Draw(t, label) + "." + n.Draw(t, label)
	if rapid.Bool().Draw(t, label+" pre") {
		ids := rapid.SliceOfN(rapid.SampledFrom([]string{"0", "1", "2", "10", "a", "b", "alpha", "rc", "-", "0a", "A"}), 1, 3)
		text += "-" + strings.Join(ids.Draw(t, label), ".")
	}
	if rapid.IntRange(0, 5).Draw(t, label+" build") == 0 {
		text += "+b1"
	}
	return text
}

// TestVersion_asMasterminds: parsing and precedence are those of the library that ranges come from.
func TestVersion_asMasterminds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := genVersion(t, "a"), genVersion(t, "b")
		x, okX := parseVersion(a)
		y, okY := parseVersion(b)
		if !okX || !okY {
			t.Fatalf("%q or %q does not parse", a, b)
		}
		if got, want := x.compare(y), semver.MustParse(a).Compare(semver.MustParse(b)); got != want {
			t.Fatalf("%s against %s: %d, the library says %d", a, b, got, want)
		}
	})
}

// threeNumbers are the texts that both parsers are asked about: the library also takes one or two numbers.
var threeNumbers = regexp.MustCompile(`^v?[0-9]+\.[0-9]+\.[0-9]+([-+]|$)`)

func FuzzParseVersion(f *testing.F) {
	for _, seed := range []string{"1.2.3", "v1.2.3-rc.1+b", "01.2.3", "1.2.3-01", "1.2.3-0a.0", "1.2.3--", "1.2.3+é", "1.2.99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := parseVersion(text)
		library, err := semver.NewVersion(text)
		if ok != (err == nil && threeNumbers.MatchString(text)) {
			t.Fatalf("parseVersion(%q) is %v; the library says %v", text, ok, err)
		}
		if ok && (v.major != library.Major() || v.minor != library.Minor() || v.patch != library.Patch() || v.pre != library.Prerelease()) {
			t.Errorf("parseVersion(%q) = %v, the library says %v", text, v, library)
		}
	})
}

// genRange draws ranges in the whole grammar.
func genRange(t *rapid.T) string {
	part := rapid.SampledFrom([]string{"0", "1", "2", "9", "x", "*", "X"})
	number := func() string {
		text := part.Draw(t, "part")
		for range rapid.IntRange(0, 2).Draw(t, "parts") {
			text += "." + part.Draw(t, "part")
		}
		if rapid.IntRange(0, 2).Draw(t, "pre") == 0 {
			text += rapid.SampledFrom([]string{"-0", "-a", "-rc.1", "-rc.1.0", "-10", "-rc"}).Draw(t, "pre")
		}
		return text
	}
	single := func() string {
		if rapid.IntRange(0, 5).Draw(t, "hyphen") == 0 {
			return number() + " - " + number()
		}
		return rapid.SampledFrom([]string{"", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^", ">= "}).Draw(t, "operator") + number()
	}
	var groups []string
	for range rapid.IntRange(1, 3).Draw(t, "groups") {
		var and []string
		for range rapid.IntRange(1, 3).Draw(t, "and") {
			and = append(and, single())
		}
		groups = append(groups, strings.Join(and, rapid.SampledFrom([]string{" ", ", ", ","}).Draw(t, "separator")))
	}
	return strings.Join(groups, " || ")
}

// TestRange_asMasterminds: the steps of a range say of every version what the library says.
func TestRange_asMasterminds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := genRange(t)
		for range 20 {
			checkRange(t, text, genVersion(t, "version"))
		}
	})
}

type fataler interface{ Fatalf(string, ...any) }

func checkRange(t fataler, text, candidate string) {
	constraints, err := semver.NewConstraint(text)
	within, ourErr := parseRange(text)
	if (err == nil) != (ourErr == nil) {
		t.Fatalf("%q: %v, the library says %v", text, ourErr, err)
	}
	v, ok := parseVersion(candidate)
	if err != nil || !ok {
		return
	}
	library := semver.New(v.major, v.minor, v.patch, v.pre, "")
	why := within.why(v)
	if want := constraints.Check(library); (why == "") != want {
		t.Fatalf("%s in %q: %q, the library says %v", candidate, text, why, want)
	}
	open := *constraints
	open.IncludePrerelease = true
	if v.pre != "" && why == reason.OutOfRange && open.Check(library) && within.exact == nil {
		t.Fatalf("%s in %q is out of range, though only its pre-release keeps it out", candidate, text)
	}
	if want := open.Check(library); within.spans(v) != want && within.exact == nil {
		t.Fatalf("%s spanned by %q: %v, the library says %v", candidate, text, !want, want)
	}
}

func FuzzRange(f *testing.F) {
	f.Add(">=1.2.0 <2.0.0-0 || ~3", "1.9.0-rc.1")
	f.Add("!=1.2.x-rc", "1.2.7-rc")
	f.Add("x.1.2 - 2", "0.0.1")
	f.Add(">1.0.0-rc", "1.0.0-rc.0")
	f.Add("^0.0.3-beta", "0.0.3-beta.0")
	f.Fuzz(func(t *testing.T, text, candidate string) {
		if longNumber.MatchString(text + " " + candidate) {
			return // numbers past 64 bits are exact here and words to the library
		}
		checkRange(t, text, candidate)
	})
}

var longNumber = regexp.MustCompile(`[0-9]{19}`)

// TestVersion_identifiersOfAnySize: SemVer 2 compares numeric identifiers by value, however long they are.
func TestVersion_identifiersOfAnySize(t *testing.T) {
	t.Parallel()
	ascending := []string{"1.0.0-9", "1.0.0-99999999999999999999", "1.0.0-100000000000000000000", "1.0.0-a", "1.0.0"}
	for i := range ascending {
		for j := range ascending {
			x, _ := parseVersion(ascending[i])
			y, _ := parseVersion(ascending[j])
			want := 0
			switch {
			case i < j:
				want = -1
			case i > j:
				want = 1
			}
			if got := x.compare(y); got != want {
				t.Errorf("%s against %s: %d, want %d", ascending[i], ascending[j], got, want)
			}
		}
	}
}

func TestRange_reasons(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		within, text string
		want         reason.Reason
	}{
		{"^1.4", "1.4.9", ""},
		{"^1.4", "2.0.0", reason.OutOfRange},
		{"^1.4", "1.5.0-rc.1", reason.PreRelease},
		{"^1.4", "2.0.0-rc.1", reason.PreRelease},
		{">=1.0.0-0 <2.0.0-0", "2.0.0-rc.1", reason.OutOfRange},
		{"1.x || >=3.0.0-0", "1.5.0-rc.1", reason.PreRelease},
		{"1.x || >=3.0.0-0", "2.5.0-rc.1", reason.OutOfRange},
		{"1.x || >=3.0.0-0", "3.5.0-rc.1", ""},
	} {
		t.Run(fmt.Sprintf("%s in %s", tc.text, tc.within), func(t *testing.T) {
			t.Parallel()
			within, err := parseRange(tc.within)
			if err != nil {
				t.Fatal(err)
			}
			v, _ := parseVersion(tc.text)
			if got := within.why(v); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
