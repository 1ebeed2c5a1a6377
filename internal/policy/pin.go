// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"github.com/fairlead-dev/fairlead/api/reason"
)

// runPinned takes the pin as it is written, and works out what the policy would choose without it, for people to
// see. The pin does not depend on that: a fact lacking there is no obstacle.
func (e *evaluation) runPinned() outcome {
	pick, ok := e.pinned()
	asked, failed := e.asked, e.failed
	e.asked, e.failed = nil, nil
	e.SpecChanged = true // taking the pin out again would be an edit
	would := e.run()
	out := outcome{why: reason.Pinned, pick: pick, waiting: e.instead(pick, would)}
	if !ok {
		out = outcome{why: reason.DigestFailed}
	}
	e.asked, e.failed = append(asked, e.asked...), failed
	return out
}

// pinned resolves the pin. ok is false when a fact is lacking or the image does not exist.
func (e *evaluation) pinned() (*pin, bool) {
	p := *e.policy.pin
	if p.digest != "" {
		present, ok := e.present(p.digest)
		if ok && !present {
			e.fail("spec.pin: %s has no %s", e.Name, p.digest)
		}
		return &p, ok && present
	}
	if e.policy.digests == never && e.Ranking.tags.Has(p.tag) {
		return &p, true
	}
	fact, ok := e.pointer(p.tag)
	p.digest = e.recorded(fact.Digest)
	return &p, ok
}

// instead returns what the policy would choose, nil where that is the pinned image or nothing.
func (e *evaluation) instead(pinned *pin, would outcome) *Candidate {
	choice := would.pick
	if choice == nil {
		if would.why != reason.Selected && would.why != reason.Rejected {
			return nil
		}
		choice = &pin{tag: e.past.Latest.Tag, digest: e.past.Latest.Digest}
	}
	known := choice.digest != "" && pinned.digest != ""
	if (choice.tag == pinned.tag || pinned.tag == "") && (!known || choice.digest == pinned.digest) {
		return nil
	}
	return &Candidate{Tag: choice.tag, Digest: choice.digest, Reason: reason.Pinned}
}
