// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// A scene is one policy over a registry; step evaluates and remembers.
type scene struct {
	t     *testing.T
	spec  policy.Spec
	reg   *registry
	in    policy.Input
	asked []policy.Question
}

func newScene(t *testing.T, spec policy.Spec) *scene {
	return &scene{t: t, spec: spec, in: policy.Input{Name: acmeWeb, Now: monday},
		reg: &registry{tags: map[string]policy.TagFact{}, images: map[image.Digest]policy.ImageFact{}}}
}

func versions(within string) policy.Spec { return policy.Spec{Semver: &policy.Semver{Range: within}} }

// digest makes a digest from a word.
func digest(word string) image.Digest { return image.DigestOf([]byte(word)) }

// push moves tags to digests: "1.0.0=a".
func (s *scene) push(moves ...string) *scene {
	for _, move := range moves {
		tag, word, _ := strings.Cut(move, "=")
		s.reg.tags[tag] = policy.TagFact{Digest: digest(word)}
	}
	return s
}

func (s *scene) remove(tag string) *scene { delete(s.reg.tags, tag); return s }

// edit changes the spec, as a person would.
func (s *scene) edit(change func(*policy.Spec)) *scene {
	change(&s.spec)
	s.in.SpecChanged = true
	return s
}

func (s *scene) later(d time.Duration) *scene { s.in.Now = s.in.Now.Add(d); return s }

// step evaluates all that is pushed.
func (s *scene) step() policy.Decision {
	s.t.Helper()
	var tags []string
	for tag := range s.reg.tags {
		tags = append(tags, tag)
	}
	s.in.Ranking = policy.Rank(compile(s.t, s.spec), taglist.Of(tags...))
	d, asked := s.reg.choose(s.t, s.in)
	s.in.State, s.asked = d.State, asked
	if d.Settled {
		s.in.SpecChanged = false
	}
	return d
}

// want evaluates and compares: "1.0.0=a Selected", and the candidate's tag, "" for none.
func (s *scene) want(why, choice, candidate string) policy.Decision {
	s.t.Helper()
	d := s.step()
	tagAndWord, wantReason, _ := strings.Cut(choice, " ")
	tag, word, hasDigest := strings.Cut(tagAndWord, "=")
	wantDigest := image.Digest("")
	if hasDigest {
		wantDigest = digest(word)
	}
	waits := ""
	if d.State.Candidate != nil {
		waits = d.State.Candidate.Tag
	}
	if l := d.State.Latest; l.Tag != tag || l.Digest != wantDigest || string(d.Reason) != wantReason || waits != candidate {
		s.t.Fatalf("%s:\ngot  %s@%s %s, candidate %q (%s)\nwant %s@%s %s, candidate %q",
			why, l.Tag, l.Digest, d.Reason, waits, d.Message, tag, wantDigest, wantReason, candidate)
	}
	return d
}

func TestSelect_rejection(t *testing.T) {
	t.Parallel()
	s := newScene(t, versions("1.x"))
	s.push("1.0.0=a").want("the first", "1.0.0=a Selected", "")
	s.push("1.2.0=c").want("a newer one", "1.2.0=c Selected", "")
	s.push("1.1.0=b").want("an older one comes later", "1.2.0=c Selected", "")
	s.edit(func(p *policy.Spec) { p.Reject = []policy.Rejection{{Digest: string(digest("c"))}} })
	s.want("back to what ran", "1.0.0=a Rejected", "")
	s.want("and stays there", "1.0.0=a Rejected", "")
	s.push("1.2.0=d").want("a re-push of the rejected tag is not above it", "1.0.0=a Rejected", "")
	s.push("1.0.0=e").want("nor is one of the tag gone back to", "1.0.0=a Rejected", "")
	s.push("1.3.0=f").want("above the rejected image", "1.3.0=f Selected", "")
	s.remove("1.3.0").want("the guard holds again", "1.3.0=f DowngradeHeld", "")
	s.edit(func(p *policy.Spec) { p.Reject = nil })
	s.want("an edit that has nothing to do with it does not lift the guard", "1.3.0=f DowngradeHeld", "")
}

func TestSelect_liftedRejection(t *testing.T) {
	t.Parallel()
	s := newScene(t, versions("1.x"))
	s.push("1.0.0=a").want("the first", "1.0.0=a Selected", "")
	s.push("1.1.0=b").want("the next", "1.1.0=b Selected", "")
	s.edit(func(p *policy.Spec) { p.Reject = []policy.Rejection{{Tag: "1.1.0"}} })
	s.want("back", "1.0.0=a Rejected", "")
	s.edit(func(p *policy.Spec) { p.Reject = nil })
	s.want("taking the entry out lifts the barrier", "1.1.0=b Selected", "")
}

func TestSelect_rejectionUnderMinAge(t *testing.T) {
	t.Parallel()
	spec := versions("1.x")
	spec.MinAge = 24 * time.Hour
	s := newScene(t, spec)
	s.push("1.0.0=a").want("the first waits", " NoEligibleTag", "1.0.0")
	s.later(24*time.Hour).want("aged", "1.0.0=a Selected", "")
	s.push("1.1.0=b").want("waits", "1.0.0=a Selected", "1.1.0")
	s.later(24*time.Hour).want("aged", "1.1.0=b Selected", "")
	s.push("1.2.0=c").want("waits", "1.1.0=b Selected", "1.2.0")
	s.later(time.Hour).edit(func(p *policy.Spec) { p.Reject = []policy.Rejection{{Tag: "1.1.0"}} })
	s.want("going back waits for nothing, and the clock of 1.2.0 runs on", "1.0.0=a Rejected", "1.2.0")
	s.later(23*time.Hour).want("which has aged now", "1.2.0=c Selected", "")
}

func TestSelect_withdrawnDigest(t *testing.T) {
	t.Parallel()
	s := newScene(t, policy.Spec{Tag: &policy.Tag{Name: "stable"}, MinAge: 24 * time.Hour})
	s.push("stable=a").step()
	s.later(24*time.Hour).want("aged", "stable=a Selected", "")
	s.push("stable=b").want("moved", "stable=a Selected", "stable")
	s.later(time.Hour).push("stable=a").want("put back: b is withdrawn", "stable=a Selected", "")
	s.later(24*time.Hour).want("and never chosen for its age", "stable=a Selected", "")
}

// TestSelect_withdrawnFromACandidate: the same, at a tag that was never chosen.
func TestSelect_withdrawnFromACandidate(t *testing.T) {
	t.Parallel()
	spec := versions("1.x")
	s := newScene(t, spec)
	s.push("1.0.0=a").want("the first", "1.0.0=a Selected", "")
	s.spec.MinAge = 24 * time.Hour
	s.push("1.1.0=b").want("waits", "1.0.0=a Selected", "1.1.0")
	s.later(time.Hour).push("1.1.0=c").want("pushed anew", "1.0.0=a Selected", "1.1.0")
	s.later(time.Hour).push("1.1.0=b").want("and put back", "1.0.0=a Selected", "1.1.0")
	s.later(22*time.Hour).want("b has aged", "1.1.0=b Selected", "")
	s.later(24*time.Hour).want("c is not chosen for its age", "1.1.0=b Selected", "")
	s.push("1.2.0=d").want("another", "1.1.0=b Selected", "1.2.0")
	s.later(time.Hour).push("1.2.0=e").want("pushed anew", "1.1.0=b Selected", "1.2.0")
	s.later(time.Hour).push("1.2.0=d").want("put back", "1.1.0=b Selected", "1.2.0")
	s.edit(func(p *policy.Spec) { p.Reject = []policy.Rejection{{Digest: string(digest("d"))}} })
	s.later(24*time.Hour).want("nor is e where what the tag went back to is rejected", "1.1.0=b Selected", "")
}

func TestSelect_goneBackOutsideTheFilter(t *testing.T) {
	t.Parallel()
	s := newScene(t, policy.Spec{Alphabetical: &policy.Ordered{}})
	s.push("hotfix-1=h").want("before there was a filter", "hotfix-1=h Selected", "")
	s.edit(func(p *policy.Spec) { p.Filter = &policy.Filter{Pattern: "^main-"} })
	s.push("main-3=c", "main-1=a").want("by filter", "main-3=c Selected", "")
	s.edit(func(p *policy.Spec) { p.Reject = []policy.Rejection{{Tag: "main-3"}} })
	s.want("what ran, though the filter drops it", "hotfix-1=h Rejected", "")
	s.want("stays", "hotfix-1=h Rejected", "")
	s.push("main-4=d").want("above the rejected image", "main-4=d Selected", "")
}

func TestSelect_bestOfTheRestDoesNotWait(t *testing.T) {
	t.Parallel()
	s := newScene(t, versions("1.x"))
	s.push("1.1.0=b").want("the first", "1.1.0=b Selected", "")
	s.push("1.0.0=a").edit(func(p *policy.Spec) {
		p.MinAge, p.Reject = 24*time.Hour, []policy.Rejection{{Tag: "1.1.0"}}
	})
	s.want("history offers nothing", "1.0.0=a Rejected", "")
}

func TestSelect_rejectedWhileItWaits(t *testing.T) {
	t.Parallel()
	spec := versions("1.x")
	s := newScene(t, spec)
	s.push("1.0.0=a").want("the first", "1.0.0=a Selected", "")
	s.edit(func(p *policy.Spec) { p.MinAge = 24 * time.Hour })
	s.push("1.1.0=b").want("waits", "1.0.0=a Selected", "1.1.0")
	s.edit(func(p *policy.Spec) { p.Reject = []policy.Rejection{{Tag: "1.1.0"}} })
	if d := s.want("waits no more", "1.0.0=a Selected", ""); len(d.State.Observed) > 0 || !d.Next.IsZero() {
		t.Errorf("clocks %v, next %s", d.State.Observed, d.Next)
	}
}

func TestSelect_latestRepushedAndRejected(t *testing.T) {
	t.Parallel()
	s := newScene(t, policy.Spec{Latest: &policy.Latest{By: "Created"}})
	for word, hours := range map[string]int{"b1": 5, "b2": 9, "c": 7} {
		s.reg.images[digest(word)] = policy.ImageFact{Created: monday.Add(time.Duration(hours) * time.Hour)}
	}
	s.push("b=b1").want("the first", "b=b1 Selected", "")
	s.edit(func(p *policy.Spec) { p.Reject = []policy.Rejection{{Digest: string(digest("b2"))}} })
	s.push("b=b2").want("its re-push is rejected", "b=b1 Selected", "")
	s.push("c=c").want("newer than what was chosen, if not than the re-push", "c=c Selected", "")
}

func TestSelect_latestRepushed(t *testing.T) {
	t.Parallel()
	s := newScene(t, policy.Spec{Latest: &policy.Latest{By: "Created"}})
	for word, hours := range map[string]int{"b1": 5, "b2": 9, "c": 7, "b0": 1} {
		s.reg.images[digest(word)] = policy.ImageFact{Created: monday.Add(time.Duration(hours) * time.Hour)}
	}
	s.push("b=b1").want("the first", "b=b1 Selected", "")
	s.push("b=b2", "c=c").want("the re-push is the newest", "b=b2 Selected", "")
	s.push("b=b0").want("nothing is newer, and the tag is followed", "b=b0 Selected", "")
	s.want("c is newer than that", "c=c Selected", "")
	s.edit(func(p *policy.Spec) { p.MinAge = time.Hour })
	s.later(time.Hour)
	s.reg.images[digest("c1")] = policy.ImageFact{Created: monday.Add(20 * time.Hour)}
	s.reg.images[digest("d")] = policy.ImageFact{Created: monday.Add(15 * time.Hour)}
	s.push("d=d").want("waits", "c=c Selected", "d")
	s.later(30*time.Minute).push("c=c1").want("a newer one waits", "c=c Selected", "c")
	s.later(30*time.Minute).want("the younger re-push does not hide what has aged", "d=d Selected", "c")
	s.later(30*time.Minute).want("it has aged too", "c=c1 Selected", "")
}

func TestSelect_latestWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	s := newScene(t, policy.Spec{Latest: &policy.Latest{By: "Created"}})
	s.reg.images[digest("a")] = policy.ImageFact{Created: monday}
	s.push("a=a").want("the first", "a=a Selected", "")
	s.reg.images[digest("b")] = policy.ImageFact{Err: errors.New("429")}
	if d := s.push("b=b").want("an error is no missing date", "a=a DigestFailed", ""); d.Err == nil {
		t.Error("no error")
	}
}

func TestSelect_anotherImageStartsAfresh(t *testing.T) {
	t.Parallel()
	spec := versions("1.x")
	s := newScene(t, spec)
	s.push("1.5.0=a").want("the old image", "1.5.0=a Selected", "")
	s.in.Name = image.Name{Registry: "ghcr.io", Repository: "acme/new"}
	s.remove("1.5.0").want("nothing there yet: what was chosen is kept", "1.5.0=a NoTagsMatch", "")
	s.spec.MinAge = 24 * time.Hour
	s.push("1.0.0=z")
	d := s.want("waits like a first choice", "1.5.0=a NoEligibleTag", "1.0.0")
	if d.State.Latest.Name != acmeWeb || d.State.ObservedName != s.in.Name {
		t.Fatalf("latest of %s, clocks of %s", d.State.Latest.Name, d.State.ObservedName)
	}
	d = s.later(24*time.Hour).want("no guard between images", "1.0.0=z Selected", "")
	if len(d.State.History) != 1 || d.State.Latest.Name != s.in.Name || d.State.ObservedName != (image.Name{}) {
		t.Errorf("state %+v", d.State)
	}
}

func TestSelect_pin(t *testing.T) {
	t.Parallel()
	s := newScene(t, versions("1.x"))
	s.push("1.0.0=a", "1.1.0=b", "2.0.0=c").want("by policy", "1.1.0=b Selected", "")
	s.edit(func(p *policy.Spec) { p.Pin = &policy.Pin{Tag: "2.0.0"} }).want("pinned", "2.0.0=c Pinned", "1.1.0")
	s.want("and again", "2.0.0=c Pinned", "1.1.0")
	s.edit(func(p *policy.Spec) { p.Pin = &policy.Pin{Tag: "3.0.0"} })
	s.reg.tags["3.0.0"] = policy.TagFact{Err: errors.New("404")}
	d := s.want("the pinned image must exist", "2.0.0=c DigestFailed", "1.1.0")
	if d.Err == nil || d.Settled || fault.Of(d.Err).Class != fault.Transient {
		t.Errorf("settled %v, error %v", d.Settled, d.Err)
	}
	s.remove("3.0.0").edit(func(p *policy.Spec) { p.Pin = &policy.Pin{Tag: "1.1.0"} })
	s.want("no candidate where the policy would choose the same", "1.1.0=b Pinned", "")
	s.edit(func(p *policy.Spec) { p.Pin = nil }).want("unpinned, the same image", "1.1.0=b Selected", "")
	s.edit(func(p *policy.Spec) { p.Pin = &policy.Pin{Tag: "1.0.0", Digest: string(digest("gone"))} })
	s.reg.images[digest("gone")] = policy.ImageFact{Gone: true}
	s.want("nor may its digest be gone", "1.1.0=b DigestFailed", "")
}

func TestSelect_platformsOfTheChoice(t *testing.T) {
	t.Parallel()
	s := newScene(t, versions("1.x"))
	s.reg.images[digest("a")] = policy.ImageFact{Platforms: []string{"linux/amd64", "linux/arm64"}}
	s.reg.images[digest("b")] = policy.ImageFact{Platforms: []string{"linux/amd64"}}
	s.push("1.0.0=a", "1.1.0=b").want("no wish", "1.1.0=b Selected", "")
	s.edit(func(p *policy.Spec) { p.Platforms = []string{"linux/arm64"} })
	s.want("a spec that asks for more may go down", "1.0.0=a Selected", "")
	s.remove("1.0.0").want("now 1.1.0 lacks the platform", "1.0.0=a PlatformMissing", "")
}

func TestSelect_digestPolicies(t *testing.T) {
	t.Parallel()
	s := newScene(t, versions("1.x"))
	s.push("1.0.0=a").want("always", "1.0.0=a Selected", "")
	s.push("1.0.0=b").want("follows", "1.0.0=b Selected", "")
	s.edit(func(p *policy.Spec) { p.DigestPolicy = "IfNotPresent" }).push("1.0.0=c").want("stays", "1.0.0=b Selected", "")
	if len(s.asked) > 0 {
		t.Errorf("IfNotPresent asked %v for a digest it has", s.asked)
	}
	s.edit(func(p *policy.Spec) { p.DigestPolicy = "Never" }).want("drops it", "1.0.0 Selected", "")
	s.want("and asks nothing", "1.0.0 Selected", "")
	if len(s.asked) > 0 {
		t.Errorf("Never asked %v", s.asked)
	}
	s.edit(func(p *policy.Spec) { p.Reject = []policy.Rejection{{Digest: string(digest("c"))}} })
	s.want("a rejected digest is looked for all the same", "1.0.0 NoEligibleTag", "")
	s.push("1.0.1=x").want("the best of the rest", "1.0.1 Rejected", "")
}

func TestSelect_facts(t *testing.T) {
	t.Parallel()
	s := newScene(t, versions("1.x"))
	s.push("1.0.0=a").want("fine", "1.0.0=a Selected", "")
	s.push("1.1.0=b")
	limited := fault.RetryAfter(reason.RateLimited, time.Minute, errors.New("429"))
	s.reg.tags["1.2.0"] = policy.TagFact{Err: limited}
	d := s.want("never the second best", "1.0.0=a DigestFailed", "")
	f := fault.Of(d.Err)
	if f.Class != fault.Transient || f.Reason != reason.DigestFailed || f.After != time.Minute || !errors.Is(d.Err, limited) {
		t.Errorf("error %+v", f)
	}
	if d.Ready() || d.ConditionReason() != reason.DigestFailed {
		t.Errorf("ready %v, %s", d.Ready(), d.ConditionReason())
	}
	s.push("1.2.0=c").want("had at last", "1.2.0=c Selected", "")
	if got := policy.Select(s.in); got.Reason != reason.DigestFailed || got.State.Latest.Tag != "1.2.0" {
		t.Errorf("without facts: %s %s", got.Reason, got.State.Latest.Tag)
	}
}

// TestSelect_attestedAge: a registry that attests tag and digest makes an image older, never younger.
func TestSelect_attestedAge(t *testing.T) {
	t.Parallel()
	spec := versions("1.x")
	spec.MinAge = 24 * time.Hour
	s := newScene(t, spec)
	s.reg.tags["1.0.0"] = policy.TagFact{Digest: digest("a"), Pushed: monday.Add(-25 * time.Hour)}
	s.want("pushed long ago", "1.0.0=a Selected", "")
	s.reg.tags["1.1.0"] = policy.TagFact{Digest: digest("b"), Pushed: monday.Add(time.Hour)}
	s.want("a date in the future", "1.0.0=a Selected", "1.1.0")
	s.later(24*time.Hour).want("does not hold it up", "1.1.0=b Selected", "")
}

func TestSelect_latestGoesForward(t *testing.T) {
	t.Parallel()
	s := newScene(t, policy.Spec{Latest: &policy.Latest{By: "Created"}})
	made := func(tag string, hours int) *scene {
		s.reg.images[digest(tag)] = policy.ImageFact{Created: monday.Add(time.Duration(hours) * time.Hour)}
		return s.push(tag + "=" + tag)
	}
	made("z", 1).want("the first", "z=z Selected", "")
	made("b", 5).want("newer", "b=b Selected", "")
	made("y", 3).want("older", "b=b Selected", "")
	s.remove("b").want("its tag is gone", "b=b DowngradeHeld", "")
	s.reg.images[digest("b")] = policy.ImageFact{Gone: true}
	s.want("and its content: it counts as of the day it was chosen", "y=y Selected", "")
	made("a", 9).want("the newest", "a=a Selected", "")
	s.reg.images[digest("c")] = policy.ImageFact{}
	s.push("c=c").want("without a date", "a=a NoEligibleTag", "")
	s.edit(func(p *policy.Spec) { p.Reject = []policy.Rejection{{Tag: "a"}} })
	s.want("going back needs no dates", "y=y Rejected", "")
}

// TestSelect_pushedDoesNotFlap: where nobody knows when tags were pushed, the choice stays until a tag is new.
func TestSelect_pushedDoesNotFlap(t *testing.T) {
	t.Parallel()
	s := newScene(t, policy.Spec{Latest: &policy.Latest{By: "Pushed"}})
	s.push("a=a", "b=b").want("all seen at once: the greatest by bytes", "b=b Selected", "")
	s.later(time.Hour).want("no reason to move", "b=b Selected", "")
	s.later(time.Hour).push("aa=aa")
	s.in.Added = []string{"aa"}
	s.want("a new tag", "aa=aa Selected", "")
	s.push("a1=a1", "a2=a2")
	s.in.Added = []string{"a1", "a2"}
	s.later(time.Hour).want("two at once: the greater by bytes", "a2=a2 Selected", "")
	s.later(time.Hour).want("and not the other in turn", "a2=a2 Selected", "")
	s.in.Added = nil
	s.push("aa=aa").remove("a2").later(time.Hour).want("gone", "a2=a2 DowngradeHeld", "")
	s.in.Added = []string{"aa"}
	s.want("pushed again under its old name", "aa=aa Selected", "")
	s.in.Added = nil
	s.later(time.Hour).want("stays", "aa=aa Selected", "")
	s.later(time.Hour).remove("aa").want("held", "aa=aa DowngradeHeld", "")
}

func TestSelect_editedRangeUnderMinAge(t *testing.T) {
	t.Parallel()
	spec := versions("1.x")
	s := newScene(t, spec)
	s.push("1.0.0=a", "2.0.0=b").want("the first", "1.0.0=a Selected", "")
	s.edit(func(p *policy.Spec) { p.Semver.Range, p.MinAge = "2.x", 24*time.Hour })
	s.want("an edit does not lift minAge", "1.0.0=a NoEligibleTag", "2.0.0")
	s.later(23*time.Hour).want("still", "1.0.0=a NoEligibleTag", "2.0.0")
	s.later(time.Hour).want("aged", "2.0.0=b Selected", "")
}

func TestNeed_latestLooksAtItsLimit(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		tags, limit, asks, notExamined int
	}{{50, 0, 50, 0}, {51, 0, 50, 1}, {200, 200, 200, 0}, {300, 200, 200, 100}, {3, 1, 1, 2}} {
		t.Run(fmt.Sprintf("%d tags, limit %d", tc.tags, tc.limit), func(t *testing.T) {
			t.Parallel()
			s := newScene(t, policy.Spec{Latest: &policy.Latest{By: "Created", Limit: tc.limit}})
			for i := range tc.tags {
				word := fmt.Sprint(i)
				s.push(fmt.Sprintf("t%04d=%s", i, word))
				s.reg.images[digest(word)] = policy.ImageFact{Created: monday.Add(-time.Duration(i) * time.Hour)}
			}
			d := s.step()
			want := fmt.Sprintf("t%04d", tc.tags-tc.asks) // the newest of the greatest by bytes
			if d.State.Latest.Tag != want || len(s.asked) != 2*tc.asks || countOf(d.Selection, reason.NotExamined) != tc.notExamined {
				t.Errorf("%s, want %s; %d questions; %s", d.State.Latest.Tag, want, len(s.asked), d.Message)
			}
			if tc.notExamined > 0 != strings.Contains(d.Message, "not examined") {
				t.Errorf("message %q", d.Message)
			}
		})
	}
}

// TestNeed_latestLooksAtNewTagsFirst: a new build with a low name is seen, and stays chosen afterwards.
func TestNeed_latestLooksAtNewTagsFirst(t *testing.T) {
	t.Parallel()
	s := newScene(t, policy.Spec{Latest: &policy.Latest{By: "Created", Limit: 2}})
	for i, tag := range []string{"x", "y", "z", "a"} {
		s.push(tag + "=" + tag)
		s.reg.images[digest(tag)] = policy.ImageFact{Created: monday.Add(time.Duration(i) * time.Hour)}
	}
	s.want("by bytes", "z=z Selected", "")
	s.in.Added = []string{"a"}
	s.want("newly listed", "a=a Selected", "")
	s.in.Added = nil
	s.want("stays in sight", "a=a Selected", "")
	s.in.Facts.AllDated = true
	s.want("all of them, where the registry dates all", "a=a Selected", "")
}

// TestNeed_latestLooksAtTheNewestFirst: of more new tags than the limit allows, the newest are looked at.
func TestNeed_latestLooksAtTheNewestFirst(t *testing.T) {
	t.Parallel()
	s := newScene(t, policy.Spec{Latest: &policy.Latest{By: "Created", Limit: 1}})
	for i, tag := range []string{"c", "b", "a"} {
		s.push(tag + "=" + tag)
		s.reg.images[digest(tag)] = policy.ImageFact{Created: monday.Add(time.Duration(i) * time.Hour)}
	}
	s.in.Added = []string{"a", "c", "b"}
	s.want("the newest, though the least by bytes", "a=a Selected", "")
}

func TestNeed_walkIsBounded(t *testing.T) {
	t.Parallel()
	for _, n := range []int{50, 51, 400} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			spec := versions("*")
			spec.Platforms = []string{"linux/s390x"}
			s := newScene(t, spec)
			for i := range n {
				word := fmt.Sprint(i)
				s.push("1.0." + word + "=" + word)
				s.reg.images[digest(word)] = policy.ImageFact{Platforms: []string{"linux/amd64"}}
			}
			s.reg.images[digest("0")] = policy.ImageFact{Platforms: []string{"linux/s390x"}}
			d := s.step()
			want := map[bool]string{true: "1.0.0", false: ""}[n <= 50]
			if d.State.Latest.Tag != want || len(s.asked) != 100 {
				t.Errorf("%q after %d questions (%s), want %q after 100", d.State.Latest.Tag, len(s.asked), d.Message, want)
			}
		})
	}
}

func TestState_keepsTwentyEntries(t *testing.T) {
	t.Parallel()
	s := newScene(t, versions("*"))
	for i := range 25 {
		s.later(time.Minute).push(fmt.Sprintf("1.0.%d=%d", i, i)).step()
	}
	if h := s.in.State.History; len(h) != 20 || h[0].Tag != "1.0.24" || h[19].Tag != "1.0.5" {
		t.Errorf("history of %d: %v", len(h), h)
	}
}

// TestSelect_leavesItsInputAlone: the caller's state is not written to.
func TestSelect_leavesItsInputAlone(t *testing.T) {
	t.Parallel()
	s := newScene(t, versions("1.x"))
	s.push("1.0.0=a").step()
	s.edit(func(p *policy.Spec) { p.Pin = &policy.Pin{Tag: "1.0.0"} })
	before := s.in.State
	history := slices.Clone(before.History)
	s.step()
	if diff := cmp.Diff(history, before.History); diff != "" {
		t.Errorf("history was changed in place:\n%s", diff)
	}
}
