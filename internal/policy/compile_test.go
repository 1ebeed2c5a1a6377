// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/policy"
)

func TestCompile_namesTheField(t *testing.T) {
	t.Parallel()
	semver := func(change func(*policy.Spec)) policy.Spec {
		spec := versions("*")
		change(&spec)
		return spec
	}
	regex := func(pattern string, keys ...policy.Key) policy.Spec {
		return policy.Spec{Regex: &policy.Regex{Pattern: pattern, OrderBy: keys}}
	}
	for _, tc := range []struct {
		name string
		spec policy.Spec
		want string // how the error begins
	}{
		{"no policy", policy.Spec{}, "spec.policy: exactly one of"},
		{"two policies", policy.Spec{Semver: &policy.Semver{Range: "*"}, Tag: &policy.Tag{Name: "a"}}, "spec.policy: exactly one of"},
		{"no range", versions(" "), "spec.policy.semver.range: is empty"},
		{"a word for a range", versions("latest"), `spec.policy.semver.range: "latest" is not a version range`},
		{"a range too long", versions(strings.Repeat("1.x || ", 80) + "1.x"), "spec.policy.semver.range: "},
		{"an order", policy.Spec{Numerical: &policy.Ordered{Order: "Up"}}, "spec.policy.numerical.order: must be Ascending or Descending"},
		{"an order of text", policy.Spec{Alphabetical: &policy.Ordered{Order: "Up"}}, "spec.policy.alphabetical.order: "},
		{"no pattern", regex(""), "spec.policy.regex.pattern: is empty"},
		{"a pattern that does not compile", regex("("), "spec.policy.regex.pattern: "},
		{"a pattern too long", regex(strings.Repeat("a", 257)), "spec.policy.regex.pattern: is longer than 256 bytes"},
		{"no keys", regex("a"), "spec.policy.regex.orderBy: is empty"},
		{"no group of that name", regex("(?P<a>.)", policy.Key{Group: "b", As: "Semver"}), `spec.policy.regex.orderBy[0].group: the pattern has no group "b"`},
		{"no group at all", regex("a", policy.Key{As: "Semver"}), "spec.policy.regex.orderBy[0].group: "},
		{"an unknown reading", regex("(?P<a>.)", policy.Key{Group: "a", As: "Date"}), "spec.policy.regex.orderBy[0].as: "},
		{"an unknown order of a key", regex("(?P<a>.)", policy.Key{Group: "a", As: "Semver", Order: "x"}), "spec.policy.regex.orderBy[0].order: "},
		{"an unknown date", policy.Spec{Latest: &policy.Latest{By: "Built"}}, "spec.policy.latest.by: must be Created or Pushed"},
		{"a limit too high", policy.Spec{Latest: &policy.Latest{By: "Pushed", Limit: 201}}, "spec.policy.latest.limit: must be 1 to 200, not 201"},
		{"a negative limit", policy.Spec{Latest: &policy.Latest{By: "Pushed", Limit: -1}}, "spec.policy.latest.limit: "},
		{"no tag to follow", policy.Spec{Tag: &policy.Tag{}}, "spec.policy.tag.name: "},
		{"a filter that does not compile", semver(func(s *policy.Spec) { s.Filter = &policy.Filter{Pattern: "(?!a)"} }), "spec.filterTags.pattern: "},
		{"a filter too long", semver(func(s *policy.Spec) { s.Filter = &policy.Filter{Pattern: strings.Repeat("a", 257)} }), "spec.filterTags.pattern: is longer"},
		{"an extract alone", semver(func(s *policy.Spec) { s.Filter = &policy.Filter{Extract: "$1"} }), "spec.filterTags.extract: needs"},
		{"an extract of no group", semver(func(s *policy.Spec) { s.Filter = &policy.Filter{Pattern: "(.)", Extract: "$1abc"} }), `spec.filterTags.extract: the pattern has no group "1abc"`},
		{"a lone dollar", semver(func(s *policy.Spec) { s.Filter = &policy.Filter{Pattern: "(.)", Extract: "a$"} }), "spec.filterTags.extract: a $ names no group"},
		{"an open brace", semver(func(s *policy.Spec) { s.Filter = &policy.Filter{Pattern: "(.)", Extract: "${1"} }), "spec.filterTags.extract: a $ names no group"},
		{"a leading zero", semver(func(s *policy.Spec) { s.Filter = &policy.Filter{Pattern: "(.)", Extract: "$01"} }), `spec.filterTags.extract: the pattern has no group "01"`},
		{"a digest policy", semver(func(s *policy.Spec) { s.DigestPolicy = "Sometimes" }), "spec.digestPolicy: must be"},
		{"a platform", semver(func(s *policy.Spec) { s.Platforms = []string{"linux/amd64", "amd64"} }), "spec.platforms[1]: "},
		{"a negative age", semver(func(s *policy.Spec) { s.MinAge = -1 }), "spec.minAge: "},
		{"an empty pin", semver(func(s *policy.Spec) { s.Pin = &policy.Pin{} }), "spec.pin: names neither"},
		{"a pin that is no tag", semver(func(s *policy.Spec) { s.Pin = &policy.Pin{Tag: "a:b"} }), "spec.pin.tag: "},
		{"a pin that is no digest", semver(func(s *policy.Spec) { s.Pin = &policy.Pin{Digest: "sha256:1"} }), "spec.pin.digest: "},
		{"an empty rejection", semver(func(s *policy.Spec) { s.Reject = []policy.Rejection{{Reason: "x"}} }), "spec.reject[0]: names neither"},
		{"a rejected range and tag", semver(func(s *policy.Spec) { s.Reject = []policy.Rejection{{Range: "1.x", Tag: "a"}} }), "spec.reject[0]: a range stands alone"},
		{"a bad rejected range", semver(func(s *policy.Spec) { s.Reject = []policy.Rejection{{Tag: "a"}, {Range: "x1"}} }), "spec.reject[1].range: "},
		{"a rejected range without versions", policy.Spec{Numerical: &policy.Ordered{}, Reject: []policy.Rejection{{Range: "1.x"}}}, "spec.reject[0].range: needs spec.policy.semver"},
		{"65 rejections", semver(func(s *policy.Spec) { s.Reject = make([]policy.Rejection, 65) }), "spec.reject: has 65 entries"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := policy.Compile(tc.spec)
			f := fault.Of(err)
			if f == nil || f.Class != fault.Stalled || f.Reason != reason.InvalidPolicy || !strings.HasPrefix(err.Error(), tc.want) {
				t.Fatalf("got %v, want a stalled InvalidPolicy that begins %q", err, tc.want)
			}
			if len(err.Error()) > 300 || strings.Contains(err.Error(), "\n") {
				t.Errorf("%d bytes: %q", len(err.Error()), err)
			}
		})
	}
}

func TestCompile_atTheLimits(t *testing.T) {
	t.Parallel()
	spec := versions("*")
	spec.Filter = &policy.Filter{Pattern: strings.Repeat("a", 256), Extract: "$$${0}"}
	for range 64 {
		spec.Reject = append(spec.Reject, policy.Rejection{Tag: "a"})
	}
	compile(t, spec)
	compile(t, policy.Spec{Latest: &policy.Latest{By: "Created", Limit: 200}})
}

func TestParseMinAge(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want time.Duration
		ok   bool
	}{
		{"", 0, true}, {"0s", 0, true}, {"72h", 72 * time.Hour, true}, {"1h30m", 90 * time.Minute, true}, {"1.5h", 90 * time.Minute, true},
		{"500ms", 500 * time.Millisecond, true}, {"3d", 0, false}, {"72", 0, false}, {"-1h", 0, false}, {"1us", 0, false},
		{"1h ", 0, false}, {"9999999999999h", 0, false}, {strings.Repeat("1m", 17), 0, false}, {strings.Repeat("1m", 16), 16 * time.Minute, true},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			got, err := policy.ParseMinAge(tc.text)
			if got != tc.want || (err == nil) != tc.ok {
				t.Errorf("got %s, %v", got, err)
			}
			if err != nil && (fault.Of(err).Reason != reason.InvalidPolicy || !strings.HasPrefix(err.Error(), "spec.minAge: ")) {
				t.Errorf("error %v", err)
			}
		})
	}
}
