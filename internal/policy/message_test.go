// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/policy"
)

func TestMessage(t *testing.T) {
	t.Parallel()
	spec := versions("1.x")
	spec.Filter = &policy.Filter{Pattern: "^v"}
	s := newScene(t, spec)
	say := func(want string) {
		t.Helper()
		if got := s.step().Message; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	say("the repository has no tags")
	s.push("main=x", "1.0.0=x", "v1.0.0-rc.1=x", "v2.0.0=x", "v3.0.0=x")
	say("no tag of 5 matches: 2 do not match ^v, 2 are out of range, 1 is pre-release")
	s.push("v1.0.0=a")
	a, b := digest("a").Short(), digest("b").Short()
	say("the policy selects v1.0.0 (" + a + ")")
	s.spec.MinAge = 72 * time.Hour
	s.later(30 * time.Second).push("v1.1.0=b")
	say("the policy selects v1.0.0 (" + a + "); v1.1.0 (" + b + ") waits until 2026-11-05T08:01Z")
	s.edit(func(p *policy.Spec) { p.Pin = &policy.Pin{Tag: "v2.0.0"} })
	say("spec.pin selects v2.0.0 (" + digest("x").Short() + "); without it the policy would choose v1.0.0 (" + a + ")")
	s.edit(func(p *policy.Spec) { p.Pin, p.MinAge = nil, 0 })
	say("the policy selects v1.1.0 (" + b + ")")
	s.remove("v1.1.0")
	say("v1.1.0 (" + b + ") is kept, since its tag is gone and what the policy finds ranks below it")
	s.edit(func(p *policy.Spec) { p.Reject = []policy.Rejection{{Tag: "v1.1.0"}, {Tag: "v2.0.0"}} })
	say("v1.0.0 (" + a + ") stands in for a rejected image")
	s.edit(func(p *policy.Spec) { p.Reject = nil; p.Semver.Range = "5.x" })
	say("no tag of 6 matches: 3 are out of range, 2 do not match ^v, 1 is pre-release; v1.0.0 (" + a + ") is kept")
	s.push("v5.0.0=e")
	s.reg.tags["v5.0.0"] = policy.TagFact{Err: fmt.Errorf("503 Service Unavailable")}
	say("no new choice is made: resolving tag v5.0.0 of ghcr.io/acme/web: 503 Service Unavailable; v1.0.0 (" + a + ") is kept")
}

func TestSelection_countsWithExamples(t *testing.T) {
	t.Parallel()
	s := newScene(t, versions("1.x"))
	s.push("e=x", "d=x", "c=x", "b=x", "a=x", "2.0.0=x", "1.0.0=x")
	want := policy.Selection{Considered: 7, Rejected: []policy.Lost{
		{Reason: reason.NotSemver, Count: 5, Examples: []string{"a", "b", "c"}},
		{Reason: reason.OutOfRange, Count: 1, Examples: []string{"2.0.0"}},
	}}
	if diff := cmp.Diff(want, s.step().Selection); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
