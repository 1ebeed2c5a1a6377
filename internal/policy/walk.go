// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"slices"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
)

const (
	maxDescribed = 50 // candidates that one evaluation looks into over platforms and rejected digests
	maxStarted   = 32 // candidates whose clock one evaluation starts
)

// walkRules say where a walk down the ranking goes.
type walkRules struct {
	above   func(tag string) bool // only these may be taken; the first that is not ends the walk
	present standing              // the present choice, where it may stay
	ageless bool
}

// walked is what a walk came to.
type walked struct {
	pick            *pin
	waiting         *Candidate // the best that only waits
	below           int        // candidates that are not above
	platformMissing bool
}

// walk goes down tags, best first, to the first that may be taken. With minAge it starts the clocks of what it
// passes. It stops where a fact is lacking that the choice rests on.
func (e *evaluation) walk(tags []string, rules walkRules) walked {
	var w walked
	if e.undated {
		return w
	}
	budget := walkBudget{described: maxDescribed, started: maxStarted}
	for _, tag := range e.withClocks(tags, rules) {
		isPresent := rules.present.stays && tag == rules.present.tag
		if isPresent && !e.repushRanks() {
			continue // stay looks after it
		}
		if !rules.above(tag) {
			w.below++
			break
		}
		if !e.afford(&budget, tag, rules) {
			continue
		}
		r := e.digestAt(tag, digestRules{ageless: rules.ageless, except: rules.present.digest, exceptKnown: isPresent})
		if w.waiting == nil {
			w.waiting = r.waiting
		}
		switch r.verdict {
		case lost:
			w.platformMissing = w.platformMissing || r.why == reason.PlatformMissing
			e.count(tag, r.why)
		case taken:
			w.pick = &pin{tag: tag, digest: r.digest}
		}
		if r.verdict == taken || (r.verdict == unknown && (rules.ageless || e.couldBeTaken(tag))) {
			break
		}
	}
	if e.stuck() {
		w.pick = nil
	}
	return w
}

// repushRanks tells whether another digest at the tag of the present choice has a rank of its own: it has a date.
func (e *evaluation) repushRanks() bool { return e.policy.latest != nil && e.policy.digests == always }

// count says why tag lost, once however often it is looked at.
func (e *evaluation) count(tag string, why reason.Reason) {
	if why != "" && !e.counted[tag] {
		e.counted[tag] = true
		e.lost.add(tag, why)
	}
}

type walkBudget struct{ described, started int }

// afford tells whether the walk may look into tag. Tags whose clock runs are always looked into: one of them is
// the next choice.
func (e *evaluation) afford(b *walkBudget, tag string, rules walkRules) bool {
	if len(e.policy.needs) > 0 || len(e.policy.reject.digests) > 0 {
		if b.described == 0 {
			return false
		}
		b.described--
	}
	if e.policy.minAge == 0 || rules.ageless || len(e.clocks.at(tag)) > 0 {
		return true
	}
	b.started--
	return b.started >= 0
}

// couldBeTaken tells whether tag, whose facts are lacking, may turn out to have aged. The others are only waiting,
// and the walk may go on past them, so that one round asks for all of them.
func (e *evaluation) couldBeTaken(tag string) bool {
	if e.policy.minAge == 0 {
		return true
	}
	return slices.ContainsFunc(e.clocks.at(tag), func(s Sighting) bool { return e.hasAged(s.FirstSeen) })
}

func (e *evaluation) hasAged(first time.Time) bool { return !e.Now.Before(first.Add(e.policy.minAge)) }

// withClocks adds the tags whose clocks run to the best ones: with builds that come faster than minAge the next
// choice may be far down the ranking.
func (e *evaluation) withClocks(tags []string, rules walkRules) []string {
	if e.policy.minAge == 0 || rules.ageless || e.policy.latest != nil {
		return tags
	}
	all := slices.Clone(tags)
	for _, tag := range e.clocks.tags() {
		if e.Ranking.open(tag) && !slices.Contains(tags, tag) {
			all = append(all, tag)
		}
	}
	slices.SortFunc(all, func(a, b string) int { return e.better(b, a) })
	return all
}
