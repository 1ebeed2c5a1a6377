// SPDX-License-Identifier: Apache-2.0

package policy

import "github.com/fairlead-dev/fairlead/api/reason"

// goBack leaves the present choice, which is rejected, for what ran before it: the newest entry of history that is
// not rejected and still resolves. Where history offers nothing, the best of the rest is taken. Neither waits.
func (e *evaluation) goBack(l standing, tags []string) outcome {
	for _, entry := range e.past.History {
		if (entry.Tag == l.tag && entry.Digest == l.digest) || e.policy.takes(entry.Tag, entry.Digest) {
			continue
		}
		pick, verdict := e.resolves(entry)
		switch verdict {
		case taken:
			return outcome{why: reason.Rejected, pick: pick, waiting: e.waitingAbove(l, tags)}
		case unknown:
			return outcome{why: reason.DigestFailed}
		}
	}
	rest := e.walk(tags, walkRules{above: anything, ageless: true})
	switch {
	case rest.pick != nil:
		return outcome{why: reason.Rejected, pick: rest.pick, waiting: e.waitingAbove(l, tags)}
	case e.stuck() && !e.undated:
		return outcome{why: reason.DigestFailed}
	}
	return outcome{why: e.nothing(rest)}
}

// resolves tells whether an image that ran can be had again, and as what.
func (e *evaluation) resolves(entry Entry) (*pin, verdict) {
	if e.policy.digests == never || entry.Digest == "" {
		return e.resolvesByTag(entry)
	}
	present, ok := e.present(entry.Digest)
	switch {
	case !ok:
		return nil, unknown
	case !present:
		return nil, lost
	}
	return &pin{tag: entry.Tag, digest: entry.Digest}, taken
}

// resolvesByTag is resolves where the tag alone is recorded, or is to be.
func (e *evaluation) resolvesByTag(entry Entry) (*pin, verdict) {
	if !e.Ranking.tags.Has(entry.Tag) {
		return nil, lost
	}
	if e.policy.digests == never && len(e.policy.reject.digests) == 0 {
		return &pin{tag: entry.Tag}, taken
	}
	fact, ok := e.pointer(entry.Tag)
	switch {
	case !ok:
		return nil, unknown
	case e.policy.takes(entry.Tag, fact.Digest):
		return nil, lost
	case e.policy.digests == never:
		return &pin{tag: entry.Tag}, taken
	}
	return &pin{tag: entry.Tag, digest: fact.Digest}, taken
}

// waitingAbove returns what waits above the rejected image, for people to see. Going back does not depend on it,
// so a fact that cannot be had is no obstacle here.
func (e *evaluation) waitingAbove(l standing, tags []string) *Candidate {
	if e.policy.minAge == 0 || e.undated {
		return nil
	}
	aside := *e
	aside.failed = nil
	found := aside.walk(tags, walkRules{above: l.floor})
	e.asked, e.lost = aside.asked, aside.lost
	return found.waiting
}
