// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
)

// dates is policy.latest: rank by date.
type dates struct {
	pushed bool // by push date; else by the date of the image
	limit  int
}

// date looks up when the most promising tags were made or pushed, and from then on ranks by it. It returns those
// tags, newest first. Where the date of one cannot be had, nothing is ranked: the newest may be that one.
func (e *evaluation) date() []string {
	times := map[string]time.Time{}
	e.order = func(a, b string) (int, bool) {
		x, okA := times[a]
		y, okB := times[b]
		return cmp.Or(x.Compare(y), strings.Compare(a, b)), okA && okB
	}
	e.aboveLatest = func(string) bool { return false } // until datePast knows its date
	looked := e.examined()
	e.lost.addCount(e.Ranking.survey.open-len(looked), reason.NotExamined)
	for _, tag := range looked {
		if when, ok := e.dateOf(tag); ok {
			times[tag] = when
		}
	}
	if e.stuck() {
		e.undated = e.undated || len(e.asked) > 0 || len(e.failed) > 0
		return nil
	}
	e.datePast(times)
	var ranked []string
	for _, tag := range looked {
		if _, ok := times[tag]; ok {
			ranked = append(ranked, tag)
		}
	}
	slices.SortFunc(ranked, func(a, b string) int { return e.better(b, a) })
	return ranked
}

// examined returns the tags that are looked at: at most limit, newly listed ones first and in the order in which they
// are given, then by bytes from the greatest down. The present choice and what waits come on top of that, since what was looked at once must not fall
// out of sight: the choice would depend on the choice before.
func (e *evaluation) examined() []string {
	var looked []string
	have := map[string]bool{}
	look := func(tag string, most int) {
		if len(looked) < most && !have[tag] && e.Ranking.open(tag) {
			have[tag] = true
			looked = append(looked, tag)
		}
	}
	if e.Facts.AllDated {
		for tag := range e.Ranking.tags.All() {
			look(tag, math.MaxInt)
		}
		return looked
	}
	for _, tag := range slices.Concat(e.Added, e.Ranking.survey.top) {
		look(tag, e.policy.latest.limit)
	}
	for _, tag := range append(e.clocks.tags(), e.past.Latest.Tag) {
		look(tag, math.MaxInt)
	}
	return looked
}

// dateOf returns the date that ranks tag. ok is false when it has none, which is noted, or when what it points at
// is rejected.
func (e *evaluation) dateOf(tag string) (time.Time, bool) {
	fact, ok := e.pointer(tag)
	if !ok {
		return time.Time{}, false
	}
	if e.policy.reject.takesDigest(fact.Digest) && tag != e.past.Latest.Tag {
		e.count(tag, reason.Rejected)
		return time.Time{}, false
	}
	if e.policy.latest.pushed {
		return e.pushedAt(tag, fact), true
	}
	created, ok := e.createdAt(fact.Digest, fact.Created)
	if ok && created.IsZero() {
		e.undated = true
		e.count(tag, reason.NoDate)
	}
	return created, ok && !created.IsZero()
}

// createdAt returns the date of the image under digest, zero when it has none.
func (e *evaluation) createdAt(digest image.Digest, known time.Time) (time.Time, bool) {
	if !known.IsZero() || digest == "" {
		return known, true
	}
	fact, ok := e.describe(digest)
	return fact.Created, ok
}

// pushedAt returns the registry's push date, else when the digest or the tag was first seen here, else now for what
// the list has newly. The rest is older than that, if there is anything to be older than: taken for new at every
// evaluation it would change places with the choice for ever.
func (e *evaluation) pushedAt(tag string, fact TagFact) time.Time {
	if !fact.Pushed.IsZero() {
		return fact.Pushed
	}
	if seen, ok := e.clocks.of(tag, fact.Digest); ok {
		return seen
	}
	switch {
	case !fact.FirstSeen.IsZero():
		return fact.FirstSeen
	case slices.Contains(e.Added, tag):
		return e.Now
	case e.past.Latest.Tag == tag:
		return e.past.Latest.Since // chosen then, so it was there
	case e.past.Latest.made() || len(e.Added) > 0:
		return time.Time{}
	}
	return e.Now
}

// datePast dates what ran and is no longer what its tag points at, so that the guard and the barrier can compare.
// The present choice and a re-push of its tag have each a date: something may be newer than the one and not the other.
func (e *evaluation) datePast(times map[string]time.Time) {
	for _, entry := range e.past.History {
		isLatest := e.past.Latest.is(entry.Tag, entry.Digest)
		if !isLatest && !e.policy.takes(entry.Tag, entry.Digest) {
			continue
		}
		when, ok := e.pastDate(entry)
		if ok && times[entry.Tag].Before(when) {
			times[entry.Tag] = when
		}
		if ok && isLatest {
			e.aboveLatest = func(tag string) bool {
				other, ranked := times[tag]
				return ranked && cmp.Or(other.Compare(when), strings.Compare(tag, entry.Tag)) > 0
			}
		}
	}
}

// pastDate returns the date of an image that ran. One that is gone takes the time it was chosen, by which it was
// there.
func (e *evaluation) pastDate(entry Entry) (time.Time, bool) {
	fact, known := e.Facts.Tags[entry.Tag]
	isThere := known && fact.Err == nil && e.Ranking.tags.Has(entry.Tag) && (entry.Digest == "" || entry.Digest == fact.Digest)
	if e.policy.latest.pushed {
		if isThere {
			return e.pushedAt(entry.Tag, fact), true
		}
		seen, ok := e.clocks.of(entry.Tag, entry.Digest)
		if !ok {
			seen = entry.Since
		}
		return seen, true
	}
	digest, when := entry.Digest, time.Time{}
	if isThere {
		digest, when = fact.Digest, fact.Created
	}
	when, ok := e.createdAt(digest, when)
	if ok && when.IsZero() {
		when = entry.Since
	}
	return when, ok
}
