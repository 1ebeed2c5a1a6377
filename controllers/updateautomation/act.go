// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/loop"
)

// A deed is what act came to.
type deed struct {
	pushed  commit.ID // zero: nothing was
	unclear bool      // a push may have happened; the intent stays, and the next run looks
	stopped bool      // a person changed the automation meanwhile; nothing was pushed
}

// The steps of a write, for failpoints.
const (
	stepBuilt    = "after-build"
	stepIntended = "after-intent"
	stepChecked  = "before-push"
	stepPushed   = "after-push"
)

// act writes the plan: build, record the intent, look once more, push.
func (r *Reconciler) act(ctx context.Context, obj *v1alpha1.UpdateAutomation, s sighting, todo verdict, lane Lane) (deed, error) {
	obj.Status.PendingPush = nil // settled by observe
	if todo.plan.Empty() || todo.wait > 0 {
		return deed{}, nil
	}
	id, err := build(lane, s, todo)
	if err != nil {
		return deed{}, err
	}
	r.passed(stepBuilt)
	obj.Status.PendingPush = &v1alpha1.PendingPush{UpdateID: todo.updateID, Base: s.head.Commit.String(), Commit: id.String(),
		Branch: s.head.Branch, Time: metav1.NewTime(s.planned)}
	if err := loop.Record(ctx, obj); err != nil {
		obj.Status.PendingPush = nil
		return deed{}, err
	}
	r.passed(stepIntended)
	stop, err := r.changedMeanwhile(ctx, obj, s)
	if stop || err != nil {
		obj.Status.PendingPush = nil
		return deed{stopped: stop}, err
	}
	r.passed(stepChecked)
	err = lane.Push(ctx, id, s.head)
	r.passed(stepPushed)
	return r.pushed(ctx, obj, id, err)
}

// pushed says what became of a push. Unless it is certain, the intent stays.
func (r *Reconciler) pushed(ctx context.Context, obj *v1alpha1.UpdateAutomation, id commit.ID, err error) (deed, error) {
	if err == nil {
		obj.Status.PendingPush = nil
		log.FromContext(ctx).Info("pushed", "commit", id.String())
		return deed{pushed: id}, nil
	}
	switch fault.Of(err).Reason {
	case reason.PushRace, reason.PushRejected:
		obj.Status.PendingPush = nil
		return deed{}, err
	}
	return deed{unclear: true}, err
}

// build makes the commit.
func build(lane Lane, s sighting, todo verdict) (commit.ID, error) {
	var files []commit.File
	for _, f := range todo.plan.Files {
		files = append(files, commit.File{Path: f.Entry.Path, Content: f.Content})
	}
	author := s.auto.Author
	author.When = s.planned
	return lane.Build(s.head.Commit, files, commit.Meta{Author: author, Committer: author, Message: todo.message})
}

// changedMeanwhile asks the API server, and not a cache, whether the automation may still write, and whether its
// policies still want what was planned.
func (r *Reconciler) changedMeanwhile(ctx context.Context, obj *v1alpha1.UpdateAutomation, s sighting) (stop bool, err error) {
	var now v1alpha1.UpdateAutomation
	if err := r.Live.Get(ctx, nameOf(obj), &now); err != nil {
		return false, fault.Retry(reason.Progressing, fmt.Errorf("reading the automation before the push: %w", err))
	}
	if now.Generation != obj.Generation || now.Suspended() || !now.DeletionTimestamp.IsZero() {
		return true, nil
	}
	wanted, err := r.wanted(ctx, r.Live, s.auto)
	if err != nil {
		return false, err
	}
	again := s
	again.wanted = wanted
	if basisOf(obj, again) != basisOf(obj, s) {
		return false, fault.RetryAfter(reason.Progressing, time.Second, errChoiceChanged)
	}
	return false, nil
}
