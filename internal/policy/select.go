// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
)

// A Decision is what Select came to.
type Decision struct {
	State State // what to remember; State.Latest is what is wanted now, chosen just now or kept

	// Reason is Selected, Rejected, Pinned, NoTagsMatch, NoEligibleTag, PlatformMissing, DowngradeHeld or DigestFailed.
	Reason    reason.Reason
	Message   string // one sentence for people, the same for as long as nothing changes
	Selection Selection

	// Settled says that the choice is made by the spec as it is now: the caller records its generation, and from
	// then on SpecChanged is false.
	Settled bool
	// Next is when something that waits may be taken, if nothing else changes; zero: nothing waits.
	Next time.Time
	// Err is set with the reason DigestFailed alone: a transient fault that says which facts could not be had.
	Err error
}

// Ready tells whether State.Latest is what the policy wants, rather than only the last that was.
func (d Decision) Ready() bool { return d.Settled }

// ConditionReason returns the reason of the Ready condition.
func (d Decision) ConditionReason() reason.Reason {
	if d.Reason == reason.Selected || d.Reason == reason.Rejected {
		return reason.Succeeded
	}
	return d.Reason
}

// Need returns the questions whose answers Select lacks. With the answers in Facts, it is asked again, until it
// returns none; an answer that could not be had is in Facts with its Err. It asks no more than the decision rests
// on: along the ranking at most 50 images are described and 32 clocks are started; a policy of kind latest asks
// about as many tags as its limit says.
func Need(in Input) []Question {
	e := newEvaluation(in)
	if e.policy.pin != nil {
		e.runPinned()
	} else {
		e.run()
	}
	return e.asked
}

// Select decides. It changes nothing in its argument, and equal inputs give equal decisions.
//
// A fact that could not be had means no new choice this time, never the second best: State.Latest is kept and Err
// says why. State.Latest is never cleared.
func Select(in Input) Decision {
	e := newEvaluation(in)
	var out outcome
	if e.policy.pin != nil {
		out = e.runPinned()
	} else {
		out = e.run()
	}
	return e.decision(out)
}

func (e *evaluation) decision(out outcome) Decision {
	d := Decision{Reason: out.why, Selection: e.lost.selection(e.Ranking.survey.considered)}
	switch out.why {
	case reason.Selected, reason.Rejected, reason.Pinned:
		d.Settled = true
	case reason.DigestFailed:
		d.Err = e.err()
	}
	d.State = e.remember(out, d.Settled)
	d.Next = e.next(d.State)
	d.Message = e.message(d)
	return d
}

// remember returns the state after out.
func (e *evaluation) remember(out outcome, settled bool) State {
	next := e.State
	if out.pick != nil {
		next = next.chosen(e.Name, out.pick.tag, out.pick.digest, out.why, e.Now)
	} else if settled {
		next = next.chosen(e.Name, e.past.Latest.Tag, e.past.Latest.Digest, out.why, e.Now)
	}
	next.Candidate = out.waiting
	if out.why == reason.DigestFailed {
		next.Candidate = e.State.Candidate
	}
	next.Observed = e.observed(out, next)
	next.ObservedName = image.Name{}
	if len(next.Observed) > 0 && next.Latest.Name != e.Name {
		next.ObservedName = e.Name
	}
	return next
}

// observed returns the clocks to keep: those of images that may yet be chosen. While facts are lacking nothing is
// known to be past, and all are kept.
func (e *evaluation) observed(out outcome, next State) []Sighting {
	if e.policy.minAge == 0 {
		return nil
	}
	all := e.clocks.sightings(e.better)
	if !e.stuck() {
		mayCome := e.future(out, next.of(e.Name).Latest)
		all = slices.DeleteFunc(all, func(s Sighting) bool { return !mayCome(s) })
	}
	return thin(all, e.better)
}

// future tells of a sighting whether it may be chosen later than latest. A tag that is missing from the list may
// come back, and its clock runs on.
func (e *evaluation) future(out outcome, latest Choice) func(Sighting) bool {
	l := e.standing()
	above := l.floor
	switch {
	case out.why == reason.Pinned:
		above = anything // the policy goes on beside the pin
	case out.pick != nil:
		barrier, hasBarrier := e.barrier()
		above = func(tag string) bool {
			return e.isAbove(tag, latest.Tag) && (!hasBarrier || e.isAbove(tag, barrier.Tag))
		}
	}
	since, _ := e.clocks.of(latest.Tag, latest.Digest)
	return func(s Sighting) bool {
		switch {
		case !e.policy.rule.fits(e.policy.filter, s.Tag) || e.policy.takes(s.Tag, s.Digest):
			return false
		case latest.made() && s.Tag == latest.Tag:
			return s.Digest != latest.Digest && s.FirstSeen.After(since)
		}
		return above(s.Tag)
	}
}

// next returns when the first of what waits has aged.
func (e *evaluation) next(s State) time.Time {
	var soonest time.Time
	for _, sighting := range s.Observed {
		if at := sighting.FirstSeen.Add(e.policy.minAge); at.After(e.Now) && (soonest.IsZero() || at.Before(soonest)) {
			soonest = at
		}
	}
	return soonest
}
