// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/fixture/vectors"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
)

// A row is one entry of policy.json.
type row struct {
	Name, Why string
	Policy    fragment
	Status    struct {
		Latest  choice
		History []choice
	}
	SpecChanged  bool
	Now          time.Time
	Tags         []string
	TagInfo      []tagInfo
	Unresolvable []image.Digest
	Expect       expectation
}

type choice struct {
	Name, Tag string
	Digest    image.Digest
	Since     time.Time
	Reason    reason.Reason
}

type tagInfo struct {
	Tag       string
	Digest    image.Digest
	Created   time.Time
	FirstSeen time.Time
	Platforms []string
}

type expectation struct {
	Tag       string
	Digest    *image.Digest
	Reason    reason.Reason
	Error     reason.Reason
	Candidate *struct {
		Tag        string
		Digest     *image.Digest
		Reason     reason.Reason
		EligibleAt *time.Time
	}
	Rejected map[reason.Reason]int
}

// A fragment is the spec of an ImagePolicy as people write it.
type fragment struct {
	FilterTags *policy.Filter
	Policy     struct {
		Semver       *policy.Semver
		Numerical    *policy.Ordered
		Alphabetical *policy.Ordered
		Regex        *policy.Regex
		Latest       *policy.Latest
		Tag          *policy.Tag
	}
	DigestPolicy   string
	Platforms      []string
	MinAge         string
	AllowDowngrade bool
	Pin            *policy.Pin
	Reject         []policy.Rejection
}

func (f fragment) compile() (*policy.Policy, error) {
	age, err := policy.ParseMinAge(f.MinAge)
	if err != nil {
		return nil, err
	}
	return policy.Compile(policy.Spec{
		Filter: f.FilterTags, Semver: f.Policy.Semver, Numerical: f.Policy.Numerical, Alphabetical: f.Policy.Alphabetical,
		Regex: f.Policy.Regex, Latest: f.Policy.Latest, Tag: f.Policy.Tag,
		DigestPolicy: f.DigestPolicy, Platforms: f.Platforms, MinAge: age, AllowDowngrade: f.AllowDowngrade,
		Pin: f.Pin, Reject: f.Reject,
	})
}

// world returns the registry, the list of tags and the state that a row tells of.
func (r row) world() (*registry, []string, policy.State) {
	reg := &registry{tags: map[string]policy.TagFact{}, images: map[image.Digest]policy.ImageFact{}}
	state := policy.State{}
	tags := slices.Clone(r.Tags)
	for _, tag := range r.Tags {
		reg.tags[tag] = policy.TagFact{Digest: image.DigestOf([]byte(tag))}
		if tag == r.Status.Latest.Tag {
			reg.tags[tag] = policy.TagFact{Digest: r.Status.Latest.Digest}
		}
	}
	newest := map[string]time.Time{}
	for _, info := range r.TagInfo {
		reg.images[info.Digest] = policy.ImageFact{Described: true, Created: info.Created, Platforms: info.Platforms}
		if !info.FirstSeen.IsZero() {
			state.Observed = append(state.Observed, policy.Sighting{Tag: info.Tag, Digest: info.Digest, FirstSeen: info.FirstSeen})
		}
		if !slices.Contains(tags, info.Tag) {
			tags = append(tags, info.Tag)
		}
		if seen, ok := newest[info.Tag]; !ok || info.FirstSeen.After(seen) {
			newest[info.Tag] = info.FirstSeen
			reg.tags[info.Tag] = policy.TagFact{Digest: info.Digest}
		}
	}
	for _, gone := range r.Unresolvable {
		reg.images[gone] = policy.ImageFact{Gone: true}
	}
	if l := r.Status.Latest; l.Tag != "" {
		state.Latest = policy.Choice{Name: acmeWeb, Tag: l.Tag, Digest: l.Digest, Since: l.Since}
	}
	for _, h := range r.Status.History {
		state.History = append(state.History, policy.Entry{Tag: h.Tag, Digest: h.Digest, Since: h.Since, Reason: h.Reason})
	}
	return reg, tags, state
}

func TestVectors(t *testing.T) {
	t.Parallel()
	data, err := vectors.FS.ReadFile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		t.Fatal("no rows")
	}
	for _, r := range rows {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			r.run(t)
		})
	}
}

func (r row) run(t *testing.T) {
	p, err := r.Policy.compile()
	if r.Expect.Error != "" {
		if got := fault.Of(err); got == nil || got.Reason != r.Expect.Error || got.Class != fault.Stalled {
			t.Fatalf("%s: compiling gave %v, want a stalled %s", r.Why, err, r.Expect.Error)
		}
		return
	}
	if err != nil {
		t.Fatalf("%s: compiling: %v", r.Why, err)
	}
	for seed := range uint64(5) {
		reg, tags, state := r.world()
		shuffle := rand.New(rand.NewPCG(seed, 0))
		shuffle.Shuffle(len(tags), func(i, j int) { tags[i], tags[j] = tags[j], tags[i] })
		in := policy.Input{Ranking: policy.Rank(p, tagSet(tags)), Name: acmeWeb, State: state, SpecChanged: r.SpecChanged, Now: r.Now}
		for _, info := range r.TagInfo {
			if info.FirstSeen.IsZero() {
				in.Added = append(in.Added, info.Tag) // never seen before
			}
		}
		got, _ := reg.choose(t, in)
		r.compare(t, got)
		in.State, in.SpecChanged = got.State, in.SpecChanged && !got.Settled
		again, _ := reg.choose(t, in)
		if again.Reason != got.Reason || again.State.Latest != got.State.Latest {
			t.Errorf("%s: evaluated again: %s %s, at first %s %s", r.Why, again.State.Latest.Tag, again.Reason,
				got.State.Latest.Tag, got.Reason)
		}
		if t.Failed() {
			return
		}
	}
}

func (r row) compare(t *testing.T, got policy.Decision) {
	want := r.Expect
	latest := got.State.Latest
	if latest.Tag != want.Tag || got.Reason != want.Reason || (want.Digest != nil && latest.Digest != *want.Digest) {
		t.Errorf("%s:\ngot  %s@%s %s (%s)\nwant %s@%v %s", r.Why, latest.Tag, latest.Digest, got.Reason, got.Message,
			want.Tag, want.Digest, want.Reason)
	}
	for why, n := range want.Rejected {
		if count := countOf(got.Selection, why); count != n {
			t.Errorf("%s: %d tags lost for %s, want %d", r.Why, count, why, n)
		}
	}
	c := got.State.Candidate
	switch {
	case want.Candidate == nil && c == nil:
	case want.Candidate == nil || c == nil:
		t.Errorf("%s: candidate %+v, want %+v", r.Why, c, want.Candidate)
	case c.Tag != want.Candidate.Tag || c.Reason != want.Candidate.Reason,
		want.Candidate.Digest != nil && c.Digest != *want.Candidate.Digest,
		want.Candidate.EligibleAt != nil && !c.EligibleAt.Equal(*want.Candidate.EligibleAt):
		t.Errorf("%s: candidate %+v, want %+v", r.Why, *c, *want.Candidate)
	}
}

func countOf(s policy.Selection, why reason.Reason) int {
	for _, l := range s.Rejected {
		if l.Reason == why {
			return l.Count
		}
	}
	return 0
}
