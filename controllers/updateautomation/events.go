// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/hold"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/plan"
)

// events tells what was found out: each image that an earlier push brought, each that is held from now on or no more,
// each place that is newly left alone.
func events(s sighting, todo verdict, unresolved, before []v1alpha1.UnresolvedSite) []loop.Event {
	var all []loop.Event
	if s.arrived != nil {
		all = moved(todo.arrived, s.arrived.commit.ID, s.head.Branch)
	}
	for _, h := range todo.holds.New {
		all = append(all, loop.Warning(h.Reason, "Hold", heldText(h)))
	}
	for _, h := range todo.holds.Ended {
		all = append(all, loop.Note(reason.Succeeded, "Hold", fmt.Sprintf("%s is no longer held for policy %s", heldImage(h), h.Policy)))
	}
	for _, u := range unresolved {
		isKnown := func(b v1alpha1.UnresolvedSite) bool { // also when lines were added above it
			b.Line = u.Line
			return b == u
		}
		if !slices.ContainsFunc(before, isKnown) {
			all = append(all, loop.Warning(reason.Reason(u.Reason), "Plan", leftAlone(u)))
		}
	}
	return all
}

func leftAlone(u v1alpha1.UnresolvedSite) string {
	at := u.File
	if u.Line > 0 {
		at = fmt.Sprintf("%s:%d", u.File, u.Line)
	}
	return strings.TrimSpace(fmt.Sprintf("%s is left alone: %s %s", at, u.Reason, u.Text))
}

// mostEvents is how many images one commit is told of by name.
const mostEvents = 20

func moved(moves []plan.Move, id commit.ID, branch string) []loop.Event {
	var all []loop.Event
	for _, m := range moves[:min(len(moves), mostEvents)] {
		text := fmt.Sprintf("%s in %s by commit %.12s on %s: %s", m.To.Name, count(len(m.Files), "file"), id, branch, fromTo(m))
		all = append(all, loop.Note(reason.Succeeded, "Push", text))
	}
	return all
}

func fromTo(m plan.Move) string {
	from := version(m.From)
	if from == "" {
		return "now " + version(m.To)
	}
	return from + " → " + version(m.To)
}

// version is tag and digest as people read them.
func version(r image.Ref) string {
	switch {
	case r.Digest == "":
		return r.Tag
	case r.Tag == "":
		return r.Digest.Short()
	}
	return r.Tag + " (" + r.Digest.Short() + ")"
}

func heldImage(h hold.Hold) string { return version(image.Ref{Tag: h.Tag, Digest: h.Digest}) }

func heldText(h hold.Hold) string {
	text := fmt.Sprintf("%s of policy %s was taken out of Git and is not put back", heldImage(h), h.Policy)
	if h.By != "" {
		text += " (" + h.By
		if h.Commit != "" {
			text += fmt.Sprintf(", commit %.12s", h.Commit)
		}
		text += ")"
	}
	return text
}

func unresolvedOf(status *v1alpha1.UpdateAutomationStatus) []v1alpha1.UnresolvedSite {
	if status.Sites == nil {
		return nil
	}
	return status.Sites.Unresolved
}

// count moves the metrics.
func (r *Reconciler) count(obj *v1alpha1.UpdateAutomation, s sighting, todo verdict, done deed) {
	waits, holds, alone := map[string]int{}, map[string]int{}, map[string]int{}
	for _, w := range todo.plan.Pending {
		waits[string(w.Reason)]++
	}
	for _, h := range todo.holds.Holds {
		holds[string(h.Reason)]++
	}
	for _, u := range todo.plan.Unresolved {
		alone[string(u.Reason)]++
	}
	r.Metrics.waiting(nameOf(obj), waits, holds, alone)
	if done.pushed.IsZero() {
		return
	}
	var lags []time.Duration
	for _, m := range plan.Moves(todo.plan.Changes) {
		for _, w := range s.wanted {
			if w.Plan.Name == m.Policy {
				lags = append(lags, r.Clock().Sub(w.Since))
			}
		}
	}
	r.Metrics.pushed(nameOf(obj), lags)
}
