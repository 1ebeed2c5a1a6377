// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

var monday = time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)

// A build is what was pushed to a tag at some time.
type build struct {
	tag    string
	digest image.Digest
	at     time.Time
}

// A rebuilder pushes builds at a cadence and evaluates a policy at another one, over days of virtual time.
type rebuilder struct {
	spec           policy.Spec
	cadence, every time.Duration
	days           int
	tag            func(i int) string
	hidden         func(i, evaluation int) bool // tags missing from the list this time; nil: none
}

// run calls check after each evaluation with the builds so far, oldest first.
func (r rebuilder) run(t tester, check func(now time.Time, builds []build, d policy.Decision)) {
	p, err := policy.Compile(r.spec)
	if err != nil {
		t.Fatal(err)
	}
	reg := &registry{tags: map[string]policy.TagFact{}}
	var builds []build
	var state policy.State
	evaluation := 0
	for now := monday; now.Before(monday.AddDate(0, 0, r.days)); now = now.Add(r.every) {
		for at := monday.Add(time.Duration(len(builds)) * r.cadence); !at.After(now); at = at.Add(r.cadence) {
			b := build{tag: r.tag(len(builds)), digest: image.DigestOf(fmt.Append(nil, len(builds))), at: at}
			builds = append(builds, b)
			reg.tags[b.tag] = policy.TagFact{Digest: b.digest}
		}
		var tags taglist.Builder
		for i, b := range builds {
			if r.hidden == nil || !r.hidden(i, evaluation) {
				tags.Add(b.tag)
			}
		}
		d, asked := reg.choose(t, policy.Input{Ranking: policy.Rank(p, tags.List()), Name: acmeWeb, State: state, Now: now})
		if len(asked) > 2*32+10 {
			t.Fatalf("%s: %d questions", now, len(asked))
		}
		if n := len(d.State.Observed); n > 32 {
			t.Fatalf("%s: %d clocks", now, n)
		}
		state = d.State
		evaluation++
		check(now, builds, d)
	}
}

func numbered(i int) string { return fmt.Sprintf("1.0.%d", i) }

// TestMinAge_keepsMoving: builds that come faster than minAge never keep it from moving, and nothing younger than
// minAge is ever taken.
func TestMinAge_keepsMoving(t *testing.T) {
	t.Parallel()
	versions := policy.Spec{Semver: &policy.Semver{Range: "*"}, MinAge: 72 * time.Hour}
	for _, tc := range []struct {
		name, why string
		sim       rebuilder
		slack     time.Duration // how far beyond minAge the choice may lag
	}{
		{"daily releases", "three days behind",
			rebuilder{spec: versions, cadence: 24 * time.Hour, every: time.Hour, days: 20, tag: numbered}, 25 * time.Hour},
		{"hourly releases", "72 builds are waiting at any time, and status holds 32 clocks",
			rebuilder{spec: versions, cadence: time.Hour, every: time.Hour, days: 15, tag: numbered}, 12 * time.Hour},
		{"a release every five minutes", "864 are waiting",
			rebuilder{spec: versions, cadence: 5 * time.Minute, every: 20 * time.Minute, days: 6, tag: numbered}, 12 * time.Hour},
		{"a tag pushed daily", "the newest aged digest, though the tag has moved on",
			rebuilder{spec: policy.Spec{Tag: &policy.Tag{Name: "nightly"}, MinAge: 72 * time.Hour}, cadence: 24 * time.Hour,
				every: time.Hour, days: 15, tag: func(int) string { return "nightly" }}, 25 * time.Hour},
		{"a tag pushed hourly", "as above, with more digests than clocks",
			rebuilder{spec: policy.Spec{Tag: &policy.Tag{Name: "edge"}, MinAge: 72 * time.Hour}, cadence: time.Hour,
				every: time.Hour, days: 15, tag: func(int) string { return "edge" }}, 12 * time.Hour},
		{"one version rebuilt daily", "a version whose tag is pushed again and again is not stuck either",
			rebuilder{spec: versions, cadence: 24 * time.Hour, every: time.Hour, days: 15,
				tag: func(int) string { return "1.4.2" }}, 25 * time.Hour},
		{"a list that comes in parts", "a tag that is missing now and then keeps its clock",
			rebuilder{spec: versions, cadence: 6 * time.Hour, every: time.Hour, days: 15, tag: numbered,
				hidden: func(i, n int) bool { return (i+n)%3 == 0 }}, 24 * time.Hour},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.sim.run(t, func(now time.Time, builds []build, d policy.Decision) {
				age := ageOf(builds, d.State.Latest, now)
				switch {
				case d.State.Latest.Tag == "" && now.Sub(monday) > 72*time.Hour+tc.slack:
					t.Fatalf("%s: nothing is chosen on %s: %s", tc.why, now, d.Message)
				case d.State.Latest.Tag != "" && age < 72*time.Hour:
					t.Fatalf("%s: an image of %s is chosen", tc.why, age)
				case d.State.Latest.Tag != "" && age > 72*time.Hour+tc.slack:
					t.Fatalf("%s: on %s the choice is %s old", tc.why, now, age)
				}
			})
		})
	}
}

// ageOf returns how long ago the chosen image was pushed.
func ageOf(builds []build, latest policy.Choice, now time.Time) time.Duration {
	for _, b := range builds {
		if b.digest == latest.Digest && b.tag == latest.Tag {
			return now.Sub(b.at)
		}
	}
	return 0
}

// TestMinAge_anyCadence: whatever the cadence and minAge, the choice is never younger and always moves on.
func TestMinAge_anyCadence(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		age := time.Duration(rapid.IntRange(1, 30).Draw(t, "minAge hours")) * time.Hour
		sim := rebuilder{
			spec:    policy.Spec{Semver: &policy.Semver{Range: "*"}, MinAge: age},
			cadence: time.Duration(rapid.IntRange(20, 2000).Draw(t, "cadence minutes")) * time.Minute,
			every:   time.Duration(rapid.IntRange(20, 120).Draw(t, "evaluations minutes")) * time.Minute,
			days:    3,
			tag:     numbered,
		}
		slack := sim.cadence + 2*sim.every + age/8
		sim.run(t, func(now time.Time, builds []build, d policy.Decision) {
			got := ageOf(builds, d.State.Latest, now)
			if d.State.Latest.Tag != "" && (got < age || got > age+slack) {
				t.Fatalf("on %s the choice is %s old, want %s to %s", now, got, age, age+slack)
			}
			if d.State.Latest.Tag == "" && now.Sub(monday) > age+slack {
				t.Fatalf("nothing chosen on %s", now)
			}
		})
	})
}
