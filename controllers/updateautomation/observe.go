// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/hold"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/spec"
)

// A sighting is everything a decision may know.
type sighting struct {
	now     time.Time
	planned time.Time // the time of the plan: that of an intent that is taken up again, else now
	auto    spec.Automation
	uid     string
	cluster string
	head    commit.Head
	wanted  []spec.Wanted
	asked   bool // a person asked for a run

	rests   bool         // nothing changed since there was nothing to do
	outcome loop.Outcome // what it came to then
	basis   string       // what that rests on

	arrived *arrival // a push that was intended and happened

	tree    site.Tree        // at head
	files   []site.FileSites // at head
	idle    []int            // the entries of spec.update that match no file at head
	holding hold.Input       // what a person may have taken out
	written []hold.Written   // by our own record, where the commit last examined is gone
	lost    bool             // it is gone
}

// An arrival is a push that was found on the branch after its answer was lost.
type arrival struct {
	commit commit.Commit
	base   commit.ID
	tree   site.Tree // at base; nil: no longer to be had
	files  []site.FileSites
}

// observe reads what is wanted and what is in Git.
func (r *Reconciler) observe(ctx context.Context, obj *v1alpha1.UpdateAutomation, auto spec.Automation, lane Lane) (sighting, error) {
	now := r.Clock()
	s := sighting{now: now, planned: now.Truncate(time.Second), auto: auto, uid: string(obj.UID), cluster: r.Cluster,
		asked: r.requests.open(nameOf(obj), obj.Annotations[v1alpha1.RequestedAtAnnotation], obj.Status.LastHandledReconcileAt)}
	var err error
	if s.head, err = lane.Head(ctx); err != nil {
		return s, err
	}
	if s.wanted, err = r.wanted(ctx, r.Client, auto); err != nil {
		return s, err
	}
	s.basis = basisOf(obj, s)
	if s.outcome, s.rests = r.resting.get(nameOf(obj), s.basis); s.rests && !s.asked {
		return s, nil
	}
	s.rests = false
	observed := lastExamined(obj, s)
	if err := lane.Fetch(ctx, s.head, observed); err != nil {
		return s, err
	}
	tree, err := lane.Tree(s.head.Commit)
	if err != nil {
		return s, err
	}
	if s.files, s.idle, err = r.scan(tree, auto); err != nil {
		return s, err
	}
	if observed, err = r.settle(ctx, obj, &s, lane, observed); err != nil {
		return s, err
	}
	if observed, err = r.recall(ctx, obj, &s, lane, observed); err != nil {
		return s, err
	}
	if err := r.compare(ctx, obj, &s, lane, observed); err != nil {
		return s, err
	}
	return s, r.open(&s, lane)
}

// open makes the trees readable that are planned on. It comes last: a tree is good until the lane fetches again.
func (r *Reconciler) open(s *sighting, lane Lane) error {
	var err error
	if s.tree, err = lane.Tree(s.head.Commit); err != nil {
		return err
	}
	if s.arrived == nil || !lane.Has(s.arrived.base) {
		return nil
	}
	if s.arrived.tree, s.arrived.files, err = r.sites(lane, s.arrived.base, s.auto); err != nil {
		s.arrived.tree = nil // the paths are others by now: the push is reported without its changes
	}
	return nil
}

// basisOf names everything that decides whether there is something to do.
func basisOf(obj *v1alpha1.UpdateAutomation, s sighting) string {
	keys := []string{string(obj.UID), fmt.Sprint(obj.Generation), obj.Status.ObservedCommit, fmt.Sprint(len(obj.Status.Held), obj.Status.PendingPush != nil),
		s.head.Branch, s.head.Commit.String()}
	for _, w := range s.wanted {
		keys = append(keys, w.Key)
	}
	return strings.Join(keys, "\n")
}

// wanted returns what the selected policies want, by name. That none of them has ever chosen an image is a waiting fault.
func (r *Reconciler) wanted(ctx context.Context, from client.Reader, auto spec.Automation) ([]spec.Wanted, error) {
	var list v1alpha1.ImagePolicyList
	selected := auto.Policies.DeepCopySelector()
	if r.Watched != nil { // the API server lists also what the cache leaves out
		watched, _ := r.Watched.Requirements()
		selected = selected.Add(watched...)
	}
	if err := from.List(ctx, &list, client.InNamespace(auto.Namespace), client.MatchingLabelsSelector{Selector: selected}); err != nil {
		return nil, fmt.Errorf("listing the policies of namespace %s: %w", auto.Namespace, err)
	}
	slices.SortFunc(list.Items, func(a, b v1alpha1.ImagePolicy) int { return strings.Compare(a.Name, b.Name) })
	var all []spec.Wanted
	chosen := false
	for i := range list.Items {
		w, err := spec.NewWanted(&list.Items[i])
		if err != nil { // one bad policy never stops the others
			log.FromContext(ctx).V(1).Info("a policy is left out", "policy", list.Items[i].Name, "fault", fault.Line(err.Error()))
			continue
		}
		chosen = chosen || !w.Since.IsZero()
		all = append(all, w)
	}
	switch {
	case len(list.Items) == 0:
		return nil, fault.Wait(reason.PoliciesNotReady, fmt.Errorf("no ImagePolicy of namespace %s is selected", auto.Namespace))
	case !chosen:
		return nil, fault.Wait(reason.PoliciesNotReady, errors.New("no selected ImagePolicy has chosen an image yet"))
	}
	return all, nil
}

// lastExamined returns the commit that was examined last, if it belongs to what is looked at now; zero: none.
func lastExamined(obj *v1alpha1.UpdateAutomation, s sighting) commit.ID {
	source := obj.Status.ObservedSource
	if source == nil || *source != sourceOf(s) {
		return commit.ID{}
	}
	id, err := commit.ParseID(obj.Status.ObservedCommit)
	if err != nil {
		return commit.ID{}
	}
	return id
}

func sourceOf(s sighting) v1alpha1.ObservedSource {
	return v1alpha1.ObservedSource{URL: s.auto.URL, Branch: s.head.Branch, Paths: s.auto.Paths}
}

// sites reads the places of a commit.
func (r *Reconciler) sites(lane Lane, id commit.ID, auto spec.Automation) (site.Tree, []site.FileSites, error) {
	tree, err := lane.Tree(id)
	if err != nil {
		return nil, nil, err
	}
	files, _, err := r.scan(tree, auto)
	return tree, files, err
}

// scan reads the places of a tree, and tells which entries of spec.update match no file at all.
func (r *Reconciler) scan(tree site.Tree, auto spec.Automation) (files []site.FileSites, idle []int, err error) {
	for i, selection := range auto.Selections {
		found, err := site.Scan(tree, r.Memo, selection)
		if err != nil {
			return nil, nil, fmt.Errorf("spec.update[%d]: %w", i, err)
		}
		if found.Seen == 0 {
			idle = append(idle, i)
		}
		files = append(files, found.Files...)
	}
	return files, idle, nil
}

// settle finds out what became of a push that was intended. The commit it returns is the one examined last: the push
// itself if it arrived, else observed.
func (r *Reconciler) settle(ctx context.Context, obj *v1alpha1.UpdateAutomation, s *sighting, lane Lane, observed commit.ID) (commit.ID, error) {
	intent := obj.Status.PendingPush
	if intent == nil {
		return observed, nil
	}
	base, err1 := commit.ParseID(intent.Base)
	id, err2 := commit.ParseID(intent.Commit)
	if err1 != nil || err2 != nil || intent.Branch != s.head.Branch {
		return observed, nil //nolint:nilerr // written by somebody else, or for another branch: nothing of ours to find here
	}
	if base == s.head.Commit {
		s.planned = intent.Time.Time // nothing arrived; the same plan gives the same commit again
		return observed, nil
	}
	found, fate, err := lane.Settle(ctx, commit.Intent{UpdateID: intent.UpdateID, Base: base, Commit: id}, s.head)
	if err != nil || fate != commit.Arrived {
		return observed, err
	}
	log.FromContext(ctx).Info("found an intended push on the branch", "commit", found.ID.String())
	if err := lane.Fetch(ctx, s.head, found.ID, base); err != nil {
		return observed, err
	}
	s.arrived = &arrival{commit: found, base: base}
	return found.ID, nil
}

// mostCommits is how far back history is looked at.
const mostCommits = 256

// recall finds the commit to compare with when status was lost: the newest one of this automation on the branch, so
// that a revert made since is respected. On the first day there is none. Where status tells of another source, this is
// a first look, and holds nothing.
func (r *Reconciler) recall(ctx context.Context, obj *v1alpha1.UpdateAutomation, s *sighting, lane Lane, observed commit.ID) (commit.ID, error) {
	if !observed.IsZero() || obj.Status.ObservedSource != nil || s.auto.Overwrite {
		return observed, nil
	}
	commits, _, err := lane.Between(ctx, commit.ID{}, s.head.Commit, mostCommits)
	if err != nil {
		return commit.ID{}, err
	}
	for _, c := range commits {
		if c.Trailer(commit.TrailerAutomation) == signature(*s) {
			return c.ID, lane.Fetch(ctx, s.head, c.ID)
		}
	}
	return commit.ID{}, nil
}

// signature is how the commits of an automation are signed in their trailer.
func signature(s sighting) string { return s.cluster + "/" + s.auto.Namespace + "/" + s.auto.Name }

// compare gathers what tells whether a person took an image out since observed.
func (r *Reconciler) compare(ctx context.Context, obj *v1alpha1.UpdateAutomation, s *sighting, lane Lane, observed commit.ID) error {
	s.holding = hold.Input{Now: s.now, Head: s.head.Commit.String(), After: s.files, Known: heldBefore(obj, *s), Retry: retried(obj, *s)}
	for _, w := range s.wanted {
		s.holding.Policies = append(s.holding.Policies, w.Hold)
	}
	if s.auto.Overwrite || observed.IsZero() || observed == s.head.Commit {
		s.holding.Before = s.files // nothing to compare with, or nothing to hold
		return nil
	}
	if !lane.Has(observed) {
		s.lost, s.written = true, writtenBefore(obj)
		return nil
	}
	_, before, err := r.sites(lane, observed, s.auto)
	if err != nil && fault.Of(err).Class == fault.Stalled {
		before = nil // the folder was not there then: nothing of ours stood in it
	} else if err != nil {
		return err
	}
	s.holding.Before = before
	return r.attribute(ctx, s, lane, observed)
}

// mostVersions is how many commits between are looked into for whose they are; past it, doubt holds.
const mostVersions = 32

// attribute finds out who took out what is missing, if anything is.
func (r *Reconciler) attribute(ctx context.Context, s *sighting, lane Lane, observed commit.ID) error {
	suspects, err := hold.Find(s.holding)
	if err == nil && len(suspects.New) == 0 {
		return nil
	}
	commits, complete, err := lane.Between(ctx, observed, s.head.Commit, mostCommits)
	if err != nil {
		return err
	}
	var keep []commit.ID
	for _, c := range commits[:min(len(commits), mostVersions)] {
		keep = append(keep, c.ID)
	}
	if err := lane.Fetch(ctx, s.head, append(keep, observed)...); err != nil {
		return err
	}
	s.holding.Complete = complete
	for _, c := range commits {
		one := hold.Commit{ID: c.ID.String(), By: c.Author.Name, Automated: c.Ours()}
		if lane.Has(c.ID) {
			one.Sites = r.fileAt(lane, c.ID, s.auto)
		}
		s.holding.Since = append(s.holding.Since, one)
	}
	return nil
}

// fileAt returns how to read the places of one file of a commit.
func (r *Reconciler) fileAt(lane Lane, id commit.ID, auto spec.Automation) func(string) ([]site.Site, bool) {
	var files []site.FileSites
	var read, failed bool
	return func(file string) ([]site.Site, bool) {
		if !read {
			_, all, err := r.sites(lane, id, auto)
			files, read, failed = all, true, err != nil
		}
		var found []site.Site
		for _, f := range files {
			if f.Entry.Path == file {
				found = append(found, f.Sites...)
			}
		}
		return found, !failed
	}
}
