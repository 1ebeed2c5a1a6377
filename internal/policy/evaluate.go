// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
)

// An Input is everything a decision may know.
type Input struct {
	Ranking     Ranking
	Name        image.Name // the image whose tags were ranked
	State       State
	SpecChanged bool // the policy was edited since State.Latest was chosen
	// Added is the tags that came to the caller's list since it is watched, the newest first. A policy of kind latest
	// looks at them first, in this order, and takes them for pushed now where no fact tells.
	Added []string
	Facts Facts
	Now   time.Time
}

// An evaluation is one run over an Input. Need and Select run the same one: a fact that is lacking is noted in
// asked, and what rests on it is left undecided.
type evaluation struct {
	Input
	policy *Policy
	past   State // the part of State that is about Name
	clocks clocks
	order  ordering
	// aboveLatest tells whether a tag ranks above the present choice.
	aboveLatest func(tag string) bool
	lost        tally

	counted map[string]bool // tags that are in lost since the survey
	asked   []Question
	noted   map[Question]bool
	failed  []error
	undated bool // a candidate of "latest" has no date
}

// An ordering compares two tags; ok is false when one of them has no rank.
type ordering func(a, b string) (order int, ok bool)

// An outcome is what an evaluation came to. A nil pick keeps what was chosen before.
type outcome struct {
	why     reason.Reason
	pick    *pin
	waiting *Candidate
}

// newEvaluation prepares one run; clocks and counts are copies.
func newEvaluation(in Input) *evaluation {
	e := &evaluation{Input: in, policy: in.Ranking.policy, past: in.State.of(in.Name), noted: map[Question]bool{}, counted: map[string]bool{}}
	e.clocks = newClocks(e.past.Observed)
	e.lost = in.Ranking.survey.lost.clone()
	e.order = func(a, b string) (int, bool) { return e.policy.rule.compare(e.policy.filter, a, b) }
	e.aboveLatest = func(tag string) bool { return e.isAbove(tag, e.past.Latest.Tag) }
	return e
}

// run evaluates without regard to a pin.
func (e *evaluation) run() outcome {
	tags := e.Ranking.survey.top
	if e.policy.latest != nil {
		tags = e.date()
	}
	l := e.standing()
	var out outcome
	if l.rejected {
		out = e.goBack(l, tags)
	} else {
		out = e.goOn(l, tags)
	}
	if out.pick == nil && (len(e.asked) > 0 || len(e.failed) > 0) {
		out.why = reason.DigestFailed
	}
	return out
}

// goOn looks for something above the present choice, which is not rejected.
func (e *evaluation) goOn(l standing, tags []string) outcome {
	found := e.walk(tags, walkRules{above: l.floor, present: l})
	out := outcome{waiting: found.waiting}
	switch {
	case found.pick != nil:
		out.why, out.pick = reason.Selected, found.pick
	case e.stuck():
		out.why = reason.DigestFailed
		if e.undated {
			out.why = reason.NoEligibleTag
		}
	case l.stays:
		out = e.stay(l, out)
	case l.back:
		out.why = reason.Rejected
	case l.made && found.below > 0:
		out.why = reason.DowngradeHeld
	default:
		out.why = e.nothing(found)
	}
	return out
}

// nothing says why there is no choice.
func (e *evaluation) nothing(found walked) reason.Reason {
	switch {
	case e.Ranking.survey.matched == 0:
		return reason.NoTagsMatch
	case found.waiting == nil && found.platformMissing:
		return reason.PlatformMissing
	}
	return reason.NoEligibleTag
}

// stuck tells whether a fact that the choice rests on is lacking.
func (e *evaluation) stuck() bool { return e.undated || len(e.asked) > 0 || len(e.failed) > 0 }

func (e *evaluation) ask(q Question) {
	if !e.noted[q] {
		e.noted[q] = true
		e.asked = append(e.asked, q)
	}
}

func (e *evaluation) fail(format string, args ...any) {
	e.failed = append(e.failed, fmt.Errorf(format, args...))
}

// pointer returns what tag points at now. ok is false when that is not known, which is noted.
func (e *evaluation) pointer(tag string) (TagFact, bool) {
	fact, known := e.Facts.Tags[tag]
	switch {
	case !known:
		e.ask(Question{Tag: tag})
		return TagFact{}, false
	case fact.Err != nil:
		e.fail("resolving tag %s of %s: %w", tag, e.Name, fact.Err)
		return TagFact{}, false
	}
	return fact, true
}

// present tells whether the registry still has digest; ok is false when that is not known, which is noted.
func (e *evaluation) present(digest image.Digest) (present, ok bool) {
	fact, ok := e.image(Question{Digest: digest})
	return !fact.Gone, ok
}

// describe returns what the image under digest says of itself; ok is false when that is not known, which is noted.
func (e *evaluation) describe(digest image.Digest) (ImageFact, bool) {
	return e.image(Question{Digest: digest, Describe: true})
}

func (e *evaluation) image(q Question) (ImageFact, bool) {
	fact, known := e.Facts.Images[q.Digest]
	switch {
	case !known, fact.Err == nil && q.Describe && !fact.Described && !fact.Gone:
		e.ask(q)
		return ImageFact{}, false
	case fact.Err != nil:
		e.fail("describing %s@%s: %w", e.Name, q.Digest, fact.Err)
		return ImageFact{}, false
	}
	return fact, true
}

// err sums up the facts that could not be had, as one fault that trying again may mend. A longer wait that a
// registry asked for is kept.
func (e *evaluation) err() error {
	errs := e.failed
	for _, q := range e.asked {
		errs = append(errs, fmt.Errorf("%s of %s is not known", q, e.Name))
	}
	if len(errs) == 0 {
		return nil
	}
	const most = 3 // a registry that is down fails for every tag alike
	err := errors.Join(errs[:min(most, len(errs))]...)
	var after time.Duration
	for _, one := range errs {
		after = max(after, fault.Of(one).After)
	}
	return fault.RetryAfter(reason.DigestFailed, after, err)
}

// String names the fact for people.
func (q Question) String() string {
	switch {
	case q.Tag != "":
		return "the digest of tag " + q.Tag
	case q.Describe:
		return "the content of " + string(q.Digest)
	}
	return "the presence of " + string(q.Digest)
}

// better is order as a comparison for sorting; tags without rank are below all others, and in order of bytes.
func (e *evaluation) better(a, b string) int {
	if c, ok := e.order(a, b); ok {
		return c
	}
	_, rankedA := e.order(a, a)
	_, rankedB := e.order(b, b)
	switch {
	case rankedA && !rankedB:
		return 1
	case rankedB && !rankedA:
		return -1
	}
	return cmp.Or(strings.Compare(a, b), 0)
}
