// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/policy"
)

func TestPolicy_Above(t *testing.T) {
	t.Parallel()
	semver := policy.Spec{Semver: &policy.Semver{Range: "1.x"}}
	for _, tc := range []struct {
		name, why string
		spec      policy.Spec
		a, b      string
		above, ok bool
	}{
		{"goes by version", "text would put 1.9 above 1.10", semver, "1.10.0", "1.9.0", true, true},
		{"compares versions outside the range", "Git may hold one from before the range was narrowed", semver, "2.0.0", "1.9.0", true, true},
		{"breaks ties by bytes", "otherwise two clusters could write back and forth", semver, "v1.0.0", "1.0.0", true, true},
		{"knows no rank of what is no version", "doubt must not lower anything", semver, "main", "1.0.0", false, false},
		{"knows no rank among dates", "a tag name says nothing of a date", policy.Spec{Latest: &policy.Latest{By: "Created"}}, "b", "a", false, false},
		{"knows no rank of one tag that moves", "only its digest does", policy.Spec{Tag: &policy.Tag{Name: "stable"}}, "stable", "stable", false, false},
		{"reverses for Descending", "the smallest is wanted", policy.Spec{Numerical: &policy.Ordered{Order: "Descending"}}, "1", "2", true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p, err := policy.Compile(tc.spec)
			if err != nil {
				t.Fatal(err)
			}
			if above, ok := p.Above(tc.a, tc.b); above != tc.above || ok != tc.ok {
				t.Errorf("%s: Above(%q, %q) = %v, %v", tc.why, tc.a, tc.b, above, ok)
			}
		})
	}
}

func TestCompile_limitsRanges(t *testing.T) {
	t.Parallel()
	for size, ok := range map[int]bool{255: true, 256: true, 257: false} {
		text := ">=1.0.0" + strings.Repeat(" ", size-len(">=1.0.0"))
		_, err := policy.Compile(policy.Spec{Semver: &policy.Semver{Range: text}})
		if (err == nil) != ok {
			t.Errorf("a range of %d bytes: %v", size, err)
		}
		_, err = policy.Compile(policy.Spec{Semver: &policy.Semver{Range: "*"}, Reject: []policy.Rejection{{Range: text}}})
		if (err == nil) != ok {
			t.Errorf("reject by a range of %d bytes: %v", size, err)
		}
	}
}
