// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
)

// Limits of a State.
const (
	maxHistory  = 20
	maxObserved = 32
)

// A State is what a policy remembers from one evaluation to the next. The zero State remembers nothing.
type State struct {
	Latest    Choice
	History   []Entry    // newest first, at most 20; the first is Latest
	Observed  []Sighting // the clocks of minAge, oldest first, at most 32
	Candidate *Candidate // nil: nothing waits

	// ObservedName is the image that Observed is about where that is not the image of Latest: nothing was chosen
	// yet, or the repository was given another image and no tag of it has aged. Zero otherwise.
	ObservedName image.Name
}

// A Choice is the image that was chosen. A zero Tag is none, except that a pin may name a digest alone.
type Choice struct {
	Name   image.Name
	Tag    string
	Digest image.Digest // empty where digestPolicy is Never
	Since  time.Time
}

// An Entry is an image that was chosen at some time, and why.
type Entry struct {
	Tag    string
	Digest image.Digest
	Since  time.Time
	Reason reason.Reason // Selected, Pinned or Rejected
}

// A Sighting is when a digest was first seen at a tag.
type Sighting struct {
	Tag       string
	Digest    image.Digest
	FirstSeen time.Time
}

// A Candidate ranks above the present choice and waits (reason MinAge), or is what the policy would choose were
// there no pin (reason Pinned; then the times are zero).
type Candidate struct {
	Tag        string
	Digest     image.Digest
	FirstSeen  time.Time
	EligibleAt time.Time
	Reason     reason.Reason
}

func (c Choice) made() bool { return c.Tag != "" || c.Digest != "" }

func (c Choice) is(tag string, digest image.Digest) bool { return c.Tag == tag && c.Digest == digest }

// of returns the part of s that is about name: another image starts afresh.
func (s State) of(name image.Name) State {
	about := s.Latest.Name
	if s.ObservedName != (image.Name{}) {
		about = s.ObservedName
	}
	var part State
	if about == name || about == (image.Name{}) {
		part.Observed = s.Observed
	}
	if s.Latest.made() && s.Latest.Name == name {
		part.Latest = s.Latest
		part.History = s.withLatestFirst()
	}
	return part
}

// withLatestFirst returns the history, opened by the present choice even where status was lost in part.
func (s State) withLatestFirst() []Entry {
	if len(s.History) > 0 && s.Latest.is(s.History[0].Tag, s.History[0].Digest) {
		return s.History
	}
	present := Entry{Tag: s.Latest.Tag, Digest: s.Latest.Digest, Since: s.Latest.Since, Reason: reason.Selected}
	return slices.Concat([]Entry{present}, s.History)
}

// chosen returns s after tag and digest were chosen for a reason. Choosing what was chosen before keeps its date.
func (s State) chosen(name image.Name, tag string, digest image.Digest, why reason.Reason, now time.Time) State {
	if s.Latest.made() && s.Latest.Name == name && s.Latest.is(tag, digest) {
		s.History = slices.Clone(s.withLatestFirst())
		s.History[0].Reason = why
	} else {
		var before []Entry
		if s.Latest.made() && s.Latest.Name == name {
			before = s.withLatestFirst()
		}
		s.Latest = Choice{Name: name, Tag: tag, Digest: digest, Since: now}
		s.History = slices.Concat([]Entry{{Tag: tag, Digest: digest, Since: now, Reason: why}}, before)
	}
	s.History = s.History[:min(maxHistory, len(s.History))]
	return s
}
