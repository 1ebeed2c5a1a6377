// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
)

// A verdict is what became of one tag on the walk.
type verdict uint8

const (
	lost verdict = iota
	taken
	unknown // a fact is lacking
)

// digestRules narrow which digests of a tag may be taken.
type digestRules struct {
	ageless     bool         // minAge is waived
	except      image.Digest // the present choice of this tag, when exceptKnown
	exceptKnown bool
	after       time.Time // only digests seen later; zero: any
}

func (r digestRules) admits(seen time.Time) bool { return r.after.IsZero() || seen.After(r.after) }

// A resolved tag is the digest to take, or why there is none.
type resolved struct {
	verdict verdict
	digest  image.Digest
	waiting *Candidate    // the best digest that only waits
	why     reason.Reason // why the newest digest lost
}

// digestAt chooses among the digests known at tag: what it points at, and, where minAge is set, those seen there
// before. The newest that is not rejected, offers the platforms and has aged is taken, so that a tag pushed more
// often than minAge keeps moving.
func (e *evaluation) digestAt(tag string, rules digestRules) resolved {
	if !e.needsDigest(rules) {
		return resolved{verdict: taken}
	}
	fact, ok := e.pointer(tag)
	if !ok {
		return resolved{verdict: unknown}
	}
	switch {
	case rules.exceptKnown && fact.Digest == "": // nobody can tell: no news
		return resolved{verdict: lost}
	case rules.exceptKnown && fact.Digest == rules.except: // whatever was seen there since is withdrawn
		e.forget(tag, rules.except)
		return resolved{verdict: lost}
	}
	e.clocks.withdraw(tag, fact.Digest)
	return e.newestAged(tag, e.sightingsAt(tag, fact, rules), rules)
}

// needsDigest tells whether anything depends on the digest of a tag.
func (e *evaluation) needsDigest(rules digestRules) bool {
	p := e.policy
	return p.digests != never || (p.minAge > 0 && !rules.ageless) || len(p.needs) > 0 || len(p.reject.digests) > 0
}

// forget drops the clocks of tag except for one digest.
func (e *evaluation) forget(tag string, except image.Digest) {
	for _, s := range e.clocks.at(tag) {
		if s.Digest != except {
			e.clocks.drop(tag, s.Digest)
		}
	}
}

// sightingsAt returns the digests of tag that may be taken, newest first. The first is what it points at.
func (e *evaluation) sightingsAt(tag string, fact TagFact, rules digestRules) []Sighting {
	pointed := Sighting{Tag: tag, Digest: fact.Digest, FirstSeen: e.seen(tag, fact)}
	var list []Sighting
	if rules.admits(pointed.FirstSeen) {
		list = append(list, pointed)
	}
	if !e.looksBack(rules) {
		return list
	}
	own, _ := e.clocks.of(tag, rules.except)
	for _, s := range e.clocks.at(tag) {
		isNew := rules.admits(s.FirstSeen) && (!rules.exceptKnown || s.FirstSeen.After(own))
		isPresent := rules.exceptKnown && s.Digest == rules.except
		if s.Digest != fact.Digest && !isPresent && isNew {
			list = append(list, s)
		}
	}
	return list
}

// looksBack tells whether a digest may be taken that its tag no longer points at: it must be written with its
// digest, and its date must not be what ranks it.
func (e *evaluation) looksBack(rules digestRules) bool {
	p := e.policy
	return p.minAge > 0 && !rules.ageless && p.digests != never && p.latest == nil
}

// seen returns when what tag points at was first seen there: now, if never before. A registry that attests when
// this digest was pushed to this tag may make it older, never younger.
func (e *evaluation) seen(tag string, fact TagFact) time.Time {
	first, ok := e.clocks.of(tag, fact.Digest)
	if !ok || first.After(e.Now) {
		first = e.Now
	}
	if !fact.Pushed.IsZero() && fact.Pushed.Before(first) {
		first = fact.Pushed
	}
	return first
}

// newestAged goes through sightings, newest first, and takes the first that nothing speaks against.
func (e *evaluation) newestAged(tag string, sightings []Sighting, rules digestRules) resolved {
	var r resolved
	for i, s := range sightings {
		why, ok := e.objection(s, i > 0, rules)
		if !ok {
			return resolved{verdict: unknown, waiting: r.waiting}
		}
		r.why = cmp.Or(r.why, why)
		switch why {
		case "":
			return resolved{verdict: taken, digest: e.recorded(s.Digest), waiting: r.waiting}
		case reason.Rejected:
			e.clocks.drop(tag, s.Digest)
		case reason.MinAge:
			e.clocks.note(tag, s.Digest, s.FirstSeen)
			if r.waiting == nil {
				r.waiting = &Candidate{Tag: tag, Digest: s.Digest, FirstSeen: s.FirstSeen,
					EligibleAt: s.FirstSeen.Add(e.policy.minAge), Reason: reason.MinAge}
			}
		}
	}
	return r
}

// objection returns why a digest may not be taken, or nothing. ok is false where a fact is lacking.
func (e *evaluation) objection(s Sighting, movedOn bool, rules digestRules) (why reason.Reason, ok bool) {
	if e.policy.takes(s.Tag, s.Digest) {
		return reason.Rejected, true
	}
	offers, ok := e.offers(s.Digest, movedOn)
	switch {
	case !ok:
		return "", false
	case !offers:
		return reason.PlatformMissing, true
	case !rules.ageless && !e.hasAged(s.FirstSeen):
		return reason.MinAge, true
	}
	return "", true
}

// recorded returns what is recorded of digest: nothing under the digest policy Never.
func (e *evaluation) recorded(digest image.Digest) image.Digest {
	if e.policy.digests == never {
		return ""
	}
	return digest
}

// offers tells whether digest has all wanted platforms and, where its tag has moved on, is still to be had.
func (e *evaluation) offers(digest image.Digest, movedOn bool) (offers, ok bool) {
	if len(e.policy.needs) > 0 && digest != "" {
		fact, ok := e.describe(digest)
		return !fact.Gone && offersAll(fact.Platforms, e.policy.needs), ok
	}
	if movedOn && digest != "" {
		return e.present(digest)
	}
	return len(e.policy.needs) == 0, true
}
