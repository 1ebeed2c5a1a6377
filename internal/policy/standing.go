// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
)

// A standing is where the present choice stands today: it is the downgrade guard and the barrier of a rejection.
type standing struct {
	made     bool // there is one
	tag      string
	digest   image.Digest
	rejected bool
	stays    bool // it is a candidate of its own: listed, and what the policy asks for
	back     bool // it was gone back to, and what it gave way to is still rejected
	barred   bool // it ranks at or below the rejected image, so that its own tag's re-push is not above that either
	floor    func(tag string) bool
	since    time.Time // for policies of kind tag: only digests seen after this are above the rejected one
}

func anything(string) bool { return true }

func (e *evaluation) standing() standing {
	l := standing{floor: anything, tag: e.past.Latest.Tag, digest: e.past.Latest.Digest, made: e.past.Latest.made()}
	if !l.made {
		return l
	}
	l.rejected = e.isRejected(l.tag, l.digest)
	barrier, hasBarrier := e.barrier()
	fits := e.fitsToday(l)
	l.stays = fits && e.Ranking.tags.Has(l.tag)
	l.back = hasBarrier && e.past.History[0].Reason == reason.Rejected
	if hasBarrier {
		order, ranked := e.order(l.tag, barrier.Tag)
		l.barred = ranked && order <= 0
		l.back = l.back || (l.barred && l.tag != barrier.Tag)
		if e.policy.follows != "" {
			l.since, _ = e.clocks.of(barrier.Tag, barrier.Digest)
			l.barred = false // digests of one tag rank by when they were seen
		}
	}
	// The guard: a changed spec may go down, but only where the present choice is no longer what it asks for.
	mayGoDown := e.policy.downhill || (e.SpecChanged && !fits) || (l.back && !fits)
	guarded := l.stays || !mayGoDown
	l.floor = func(tag string) bool {
		return (!guarded || e.aboveLatest(tag)) && (!hasBarrier || e.isAbove(tag, barrier.Tag))
	}
	return l
}

func (e *evaluation) isAbove(tag, other string) bool {
	order, ranked := e.order(tag, other)
	return ranked && order > 0
}

// isRejected tells whether spec.reject takes the present choice. Where only its tag was recorded, what the tag
// points at is looked at, if spec.reject names digests.
func (e *evaluation) isRejected(tag string, digest image.Digest) bool {
	if e.policy.takes(tag, digest) {
		return true
	}
	if digest != "" || len(e.policy.reject.digests) == 0 || !e.Ranking.tags.Has(tag) {
		return false
	}
	fact, ok := e.pointer(tag)
	return ok && e.policy.reject.takesDigest(fact.Digest)
}

// fitsToday tells whether the present choice is still what filter, policy and platforms ask for. Platforms can
// only have changed with the spec.
func (e *evaluation) fitsToday(l standing) bool {
	if !e.policy.rule.fits(e.policy.filter, l.tag) {
		return false
	}
	if !e.SpecChanged || len(e.policy.needs) == 0 || l.digest == "" {
		return true
	}
	fact, ok := e.describe(l.digest)
	return !ok || fact.Gone || offersAll(fact.Platforms, e.policy.needs)
}

// barrier returns the highest-ranked image that ran and that spec.reject takes. What lies between it and the
// present choice is not tried by itself.
func (e *evaluation) barrier() (Entry, bool) {
	var highest Entry
	found := false
	for _, entry := range e.past.History {
		if _, ranked := e.order(entry.Tag, entry.Tag); !ranked || !e.policy.takes(entry.Tag, entry.Digest) {
			continue
		}
		if !found || e.isAbove(entry.Tag, highest.Tag) {
			highest, found = entry, true
		}
	}
	return highest, found
}

// stay keeps the present choice, or follows its tag to another digest.
func (e *evaluation) stay(l standing, out outcome) outcome {
	out.why = reason.Selected
	if l.back {
		out.why = reason.Rejected
	}
	if l.barred || (e.policy.digests == ifNotPresent && l.digest != "") {
		return out
	}
	if e.policy.digests == never {
		if l.digest != "" {
			out.pick = &pin{tag: l.tag}
		}
		return out
	}
	moved := e.digestAt(l.tag, digestRules{except: l.digest, exceptKnown: true, after: l.since})
	switch {
	case moved.verdict == unknown:
		out.why = reason.DigestFailed
	case moved.verdict == taken && moved.digest != l.digest:
		out.why, out.pick = reason.Selected, &pin{tag: l.tag, digest: moved.digest}
	}
	if out.waiting == nil {
		out.waiting = moved.waiting
	}
	return out
}
