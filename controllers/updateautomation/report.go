// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/hold"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// What a status holds at the most.
const (
	mostListed  = 20 // pending, unresolved, history
	mostChanges = 50 // of one entry of the history
	mostText    = 256
	mostPath    = 512  // of a path: 512 holds of the longest would not fit into an object
	mostImage   = 1536 // of an image, whose parts come from files
)

// examined fills in what was found out, and returns what to tell of it. It is true whatever becomes of a write.
func examined(obj *v1alpha1.UpdateAutomation, s sighting, todo verdict) []loop.Event {
	status := &obj.Status
	before := unresolvedOf(status)
	if s.arrived != nil {
		record(status, s, s.arrived.commit.ID, s.arrived.commit.Committer.When, todo.arrived)
	}
	status.ObservedCommit = s.head.Commit.String()
	source := sourceOf(s)
	status.ObservedSource = &source
	status.Sites = siteCounts(todo.plan)
	status.Held = held(todo.holds.Holds)
	status.HeldCount = int32(len(status.Held)) // #nosec G115 -- at most hold.Max
	status.Pending, status.PendingCount = pending(todo.plan.Pending)
	return events(s, todo, status.Sites.Unresolved, before)
}

// report fills in what was done. It runs also after an act that failed.
func report(obj *v1alpha1.UpdateAutomation, s sighting, todo verdict, done deed) loop.Outcome {
	outcome := loop.Outcome{Next: s.auto.Interval, Message: sentence(s, todo, done)}
	if todo.wait > 0 {
		outcome.Next = todo.wait
	}
	if done.pushed.IsZero() {
		return outcome
	}
	moves := plan.Moves(todo.plan.Changes)
	record(&obj.Status, s, done.pushed, s.planned, moves)
	obj.Status.ObservedCommit = done.pushed.String()
	outcome.Events = moved(moves, done.pushed, s.head.Branch)
	return outcome
}

// record notes a pushed commit.
func record(status *v1alpha1.UpdateAutomationStatus, s sighting, id commit.ID, at time.Time, moves []plan.Move) {
	when := metav1.NewTime(at.Truncate(time.Second))
	status.LastCommit = &v1alpha1.PushedCommit{SHA: id.String(), ShortSHA: id.String()[:12], Branch: s.head.Branch, Time: when}
	entry := v1alpha1.Update{Time: when, Commit: id.String(), State: "Applied", ChangeCount: int32(len(moves))} // #nosec G115 -- at most one per file
	for _, m := range moves[:min(len(moves), mostChanges)] {
		entry.Changes = append(entry.Changes, v1alpha1.ImageChange{Policy: m.Policy.String(), From: shown(m.From), To: shown(m.To), Files: int32(len(m.Files))}) // #nosec G115 -- files are limited
	}
	status.History = slices.Concat([]v1alpha1.Update{entry}, status.History)
	status.History = status.History[:min(len(status.History), mostListed)]
}

// shown is a reference as people read it; only what is known of it.
func shown(r image.Ref) string {
	name := r.Name.String()
	if name == "" {
		return clip(strings.TrimLeft(image.Suffix(r.Tag, r.Digest), ":@"), mostImage)
	}
	return clip(name+image.Suffix(r.Tag, r.Digest), mostImage)
}

func siteCounts(p plan.Plan) *v1alpha1.SiteCounts {
	counts := &v1alpha1.SiteCounts{Files: int32(p.SiteFiles), Count: int32(p.Sites), UnresolvedCount: int32(len(p.Unresolved))} // #nosec G115 -- files and their sizes are limited
	for _, u := range p.Unresolved[:min(len(p.Unresolved), mostListed)] {
		counts.Unresolved = append(counts.Unresolved, v1alpha1.UnresolvedSite{File: clip(u.File, mostPath), Line: int32(u.Line), Reason: string(u.Reason), Text: clip(u.Text, mostText)}) // #nosec G115 -- files are limited
	}
	return counts
}

// clip cuts text to what the API server takes, between characters.
func clip(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}

func pending(all []plan.Waiting) ([]v1alpha1.PendingChange, int32) {
	var changes []v1alpha1.PendingChange
	seen := map[string]bool{}
	count := int32(0)
	for _, w := range all {
		one := v1alpha1.PendingChange{Policy: w.Policy.String(), From: shown(w.Was), To: shown(w.Now), Reason: string(w.Reason)}
		key := fmt.Sprintf("%+v", one)
		if seen[key] {
			continue
		}
		seen[key] = true
		count++
		if len(changes) < mostListed {
			changes = append(changes, one)
		}
	}
	return changes, count
}

func held(all []hold.Hold) []v1alpha1.HeldImage {
	var out []v1alpha1.HeldImage
	for _, h := range all {
		out = append(out, v1alpha1.HeldImage{Policy: h.Policy.String(), Tag: h.Tag, Digest: string(h.Digest), Reason: string(h.Reason),
			File: clip(h.File, mostPath), Commit: h.Commit, By: clip(h.By, mostText), Since: metav1.NewTime(h.Since.Truncate(time.Second))})
	}
	return out
}

// heldBefore returns the holds that status knows, if they belong to what is looked at now, and if anything is held.
func heldBefore(obj *v1alpha1.UpdateAutomation, s sighting) []hold.Hold {
	if source := obj.Status.ObservedSource; s.auto.Overwrite || source == nil || *source != sourceOf(s) {
		return nil
	}
	var known []hold.Hold
	for _, h := range obj.Status.Held {
		namespace, name, _ := strings.Cut(h.Policy, "/")
		known = append(known, hold.Hold{Policy: site.Policy{Namespace: namespace, Name: name}, Tag: h.Tag, Digest: image.Digest(h.Digest),
			Reason: reason.Reason(h.Reason), File: h.File, Commit: h.Commit, By: h.By, Since: h.Since.Time})
	}
	return known
}

// retried tells whose holds a person cleared: the annotation counts once, with a new request.
func retried(obj *v1alpha1.UpdateAutomation, s sighting) func(site.Policy) bool {
	name := obj.Annotations[v1alpha1.RetryAnnotation]
	if name == "" || !s.asked {
		return nil
	}
	return func(p site.Policy) bool { return name == "*" || name == p.Name || name == p.String() }
}

// writtenBefore returns what status says was written, newest first.
func writtenBefore(obj *v1alpha1.UpdateAutomation) []hold.Written {
	var all []hold.Written
	for _, update := range obj.Status.History {
		for _, c := range update.Changes {
			ref, err := image.Parse(c.To)
			if err != nil {
				continue // written by hand; it says nothing
			}
			namespace, name, _ := strings.Cut(c.Policy, "/")
			all = append(all, hold.Written{Policy: site.Policy{Namespace: namespace, Name: name}, Image: ref, Files: int(c.Files)})
		}
	}
	return all
}

// sentence is the message of the Ready condition.
func sentence(s sighting, todo verdict, done deed) string {
	p := todo.plan
	parts := []string{fmt.Sprintf("%s in %s on %s", count(p.Sites, "place"), count(p.SiteFiles, "file"), s.head.Branch)}
	switch {
	case done.stopped:
		parts = append(parts, "the object changed during the run, and nothing was pushed")
	case todo.wait > 0:
		parts = append(parts, fmt.Sprintf("%s in a batch", count(len(p.Changes), "change")))
	case len(todo.holds.Holds)+len(p.Pending) == 0:
		parts[0] += " as wanted"
	}
	for _, more := range []struct {
		n    int
		noun string
		what string
	}{
		{len(p.Unresolved), "place", "unresolved"},
		{len(todo.holds.Holds), "image", "held"},
		{len(p.Pending), "change", "pending"},
	} {
		if more.n > 0 {
			parts = append(parts, count(more.n, more.noun)+" "+more.what)
		}
	}
	for _, i := range s.idle {
		parts = append(parts, fmt.Sprintf("spec.update[%d] matches no file", i))
	}
	return strings.Join(parts, "; ")
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
