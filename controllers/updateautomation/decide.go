// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/hold"
	"github.com/fairlead-dev/fairlead/internal/message"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// A verdict says what is to be written, and what is not and why.
type verdict struct {
	holds    hold.Result
	plan     plan.Plan
	arrived  []plan.Move   // what a push that was found again brought
	wait     time.Duration // how long the batch stays open; zero: write now
	updateID string
	message  string
}

// decide is a function of what was seen; it reads files through the tree it is handed.
func decide(s sighting) (verdict, error) {
	var v verdict
	var err error
	if s.lost {
		v.holds, err = hold.FindLost(s.holding, s.written)
	} else {
		v.holds, err = hold.Find(s.holding)
	}
	if err = v.retry(s, err); err != nil {
		return verdict{}, fault.Wait(reason.ManualChange, err)
	}
	if v.plan, err = planOn(s, s.tree, s.files, v.holds.Holds); err != nil {
		return verdict{}, err
	}
	if s.arrived != nil && s.arrived.tree != nil {
		before, err := planOn(s, s.arrived.tree, s.arrived.files, nil)
		if err != nil {
			return verdict{}, err
		}
		v.arrived = plan.Moves(before.Changes)
	}
	if v.plan.Empty() {
		return v, nil
	}
	if v.wait = batchWait(s, v.plan.Changes); v.wait > 0 {
		return v, nil
	}
	err = v.write(s)
	return v, err
}

// retry lets go the images of policies that a person asked for a retry of, when there are too many to be held. Those
// that were held before are let go anyhow; but too many are never written down, so that they are new each time.
func (v *verdict) retry(s sighting, err error) error {
	if many := (*hold.TooManyError)(nil); !errors.As(err, &many) || s.holding.Retry == nil {
		return err
	}
	retried := func(h hold.Hold) bool { return s.holding.Retry(h.Policy) }
	v.holds.Holds, v.holds.New = slices.DeleteFunc(v.holds.Holds, retried), slices.DeleteFunc(v.holds.New, retried)
	if len(v.holds.Holds) > hold.Max {
		return &hold.TooManyError{Count: len(v.holds.Holds)}
	}
	return nil
}

// planOn plans what is wanted on a tree.
func planOn(s sighting, tree site.Tree, files []site.FileSites, holds []hold.Hold) (plan.Plan, error) {
	in := plan.Input{Files: files, Namespace: s.auto.Namespace,
		Read: func(e site.Entry) ([]byte, error) { return tree.Read(e, site.MaxFileBytes) }}
	for _, w := range s.wanted {
		p := w.Plan
		p.Held = hold.Covers(holds, w.Hold)
		in.Policies = append(in.Policies, p)
	}
	return plan.New(in)
}

// batchWait returns how long to wait for further changes: the window opens when the first of the images was chosen,
// and does not slide. A person who asked for a run does not wait.
func batchWait(s sighting, changes []plan.Change) time.Duration {
	if s.asked || s.auto.BatchWindow == 0 {
		return 0
	}
	chosen := map[site.Policy]time.Time{}
	for _, w := range s.wanted {
		chosen[w.Plan.Name] = w.Since
	}
	first := s.now
	for _, c := range changes {
		if at := chosen[c.Policy]; at.Before(first) {
			first = at
		}
	}
	return min(max(first.Add(s.auto.BatchWindow).Sub(s.now), 0), s.auto.BatchWindow)
}

// write makes the text of the commit.
func (v *verdict) write(s sighting) error {
	v.updateID = plan.UpdateID(plan.Origin{UID: s.uid, Repository: s.auto.URL, Branch: s.head.Branch, Base: s.head.Commit.String()}, v.plan.Changes)
	text, err := message.Commit(message.Input{Automation: site.Policy{Namespace: s.auto.Namespace, Name: s.auto.Name},
		Moves: plan.Moves(v.plan.Changes), Values: s.auto.Values, Template: s.auto.Template})
	if err != nil {
		return fault.Stall(reason.InvalidSpec, fmt.Errorf("spec.commit.messageTemplate: %w", err))
	}
	v.message = message.Sign(text, v.updateID, signature(s))
	return nil
}

// errChoiceChanged is why a plan is dropped just before its push.
var errChoiceChanged = errors.New("what is wanted changed during the run")
