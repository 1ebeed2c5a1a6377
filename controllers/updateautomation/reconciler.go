// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/spec"
)

// A Remote is a branch of a repository, and how to get at it.
type Remote struct {
	URL      string
	Branch   string // empty: the remote's default
	Insecure bool   // http:// is allowed
	Login    credentials.Git
	Proxy    *url.URL      // with its name and password, if it wants them; nil: none
	Timeout  time.Duration // of one operation
}

// A Lane is a branch of a repository, held by one user until it is released.
type Lane interface {
	// Head asks the server what the branch points at.
	Head(ctx context.Context) (commit.Head, error)
	// Fetch makes the tree of head readable, and of the commits in keep those that the server still gives.
	Fetch(ctx context.Context, head commit.Head, keep ...commit.ID) error
	// Has tells whether the tree of a commit is readable.
	Has(id commit.ID) bool
	// Tree returns the files of a commit.
	Tree(id commit.ID) (site.Tree, error)
	// Build makes a commit on base with new content of files.
	Build(base commit.ID, files []commit.File, meta commit.Meta) (commit.ID, error)
	// Push makes the branch point at a commit that Build returned, if it still points at onto's. An error with reason
	// PushRace or PushRejected means that it did not happen; after any other, it may have.
	Push(ctx context.Context, id commit.ID, onto commit.Head) error
	// Between returns at most most of the commits that head has and base has not, newest first, and whether these are all.
	Between(ctx context.Context, base, head commit.ID, most int) (commits []commit.Commit, complete bool, err error)
	// Settle tells what became of a push that was intended.
	Settle(ctx context.Context, intended commit.Intent, head commit.Head) (commit.Commit, commit.Fate, error)
}

// lanes hands out the lanes of repositories.
type lanes interface {
	// Lane waits for its turn and returns the lane with what releases it.
	Lane(ctx context.Context, remote Remote) (Lane, func(), error)
}

// loginReader finds out how to log in to a Git server.
type loginReader interface {
	Git(ctx context.Context, namespace, secret string) (credentials.Git, error)
}

// A Reconciler writes images to Git. Its exported fields are set once, before use.
type Reconciler struct {
	Client  client.Reader // policies and automations, from the cache
	Live    client.Reader // the same, from the API server
	Lanes   lanes
	Secrets loginReader
	Memo    *site.Memo // what was found in content seen before; shared by all automations
	Cluster string     // in the trailers of commits
	// Watched is which objects the cache holds; nil: all.
	Watched labels.Selector
	Clock   func() time.Time
	// Pause waits before the attempt of that number, from 2.
	Pause   func(ctx context.Context, attempt int)
	Metrics *Metrics
	// Failpoint is called between the steps of a write, with the name of the step that is done. nil: nothing is.
	Failpoint func(step string)

	resting  resting
	requests requests
}

// mostAttempts is how often a write is tried while others keep pushing first.
const mostAttempts = 5

// +kubebuilder:rbac:groups=fairlead.dev,resources=updateautomations,verbs=get;list;watch
// +kubebuilder:rbac:groups=fairlead.dev,resources=updateautomations/status,verbs=get;update;patch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch

// Reconcile looks at one UpdateAutomation and makes Git agree with what its policies want.
func (r *Reconciler) Reconcile(ctx context.Context, obj *v1alpha1.UpdateAutomation) (loop.Outcome, error) {
	auto, err := spec.NewAutomation(obj)
	if err != nil {
		return loop.Outcome{}, err
	}
	r.requests.note(nameOf(obj), obj.Annotations[v1alpha1.RequestedAtAnnotation], obj.Status.LastHandledReconcileAt)
	outcome := loop.Outcome{Next: auto.Interval}
	login, err := r.Secrets.Git(ctx, auto.Namespace, auto.Secret)
	if err != nil {
		return outcome, err
	}
	outcome, err = r.visit(ctx, obj, auto, login)
	if f := fault.Of(err); f == nil || f.Reason != reason.GitAuthenticationFailed {
		return outcome, err
	}
	fresh, readErr := r.Secrets.Git(ctx, auto.Namespace, auto.Secret)
	if readErr != nil || fresh.Digest() == login.Digest() {
		return outcome, err
	}
	told := outcome.Events // the Secret was rotated meanwhile; with the new one, once
	outcome, err = r.visit(ctx, obj, auto, fresh)
	outcome.Events = slices.Concat(told, outcome.Events)
	return outcome, err
}

// visit waits for the lane and makes as many passes as it takes, within limits. What each pass told is told.
func (r *Reconciler) visit(ctx context.Context, obj *v1alpha1.UpdateAutomation, auto spec.Automation, login credentials.Git) (loop.Outcome, error) {
	lane, release, err := r.Lanes.Lane(ctx, Remote{URL: auto.URL, Branch: auto.Branch, Insecure: auto.Insecure, Login: login, Timeout: auto.Timeout})
	if err != nil {
		return loop.Outcome{Next: auto.Interval}, err
	}
	defer release()
	var told []loop.Event
	for attempt := 1; ; attempt++ {
		outcome, err := r.pass(ctx, obj, auto, timed{lane, r.Metrics, r.Clock})
		told = append(told, outcome.Events...)
		outcome.Events = told
		if !tryAgain(err) || attempt == mostAttempts || ctx.Err() != nil {
			return outcome, err
		}
		if fault.Of(err).Reason == reason.PushRace {
			r.Metrics.raced(nameOf(obj))
		}
		r.Pause(ctx, attempt+1)
	}
}

// pass observes, decides, acts and reports once, on the head of the moment.
func (r *Reconciler) pass(ctx context.Context, obj *v1alpha1.UpdateAutomation, auto spec.Automation, lane Lane) (loop.Outcome, error) {
	seen, err := r.observe(ctx, obj, auto, lane)
	if err != nil {
		return loop.Outcome{Next: auto.Interval}, err
	}
	if seen.rests {
		return seen.outcome, nil
	}
	todo, err := decide(seen)
	if err != nil {
		return loop.Outcome{Next: auto.Interval}, err
	}
	told := examined(obj, seen, todo) // before act, which stores the status with the intent
	r.requests.answered(nameOf(obj))
	done, err := r.act(ctx, obj, seen, todo, lane)
	outcome := report(obj, seen, todo, done)
	outcome.Events = slices.Concat(told, outcome.Events)
	r.count(obj, seen, todo, done)
	if err == nil && todo.plan.Empty() {
		r.resting.put(nameOf(obj), basisOf(obj, seen), outcome)
	}
	return outcome, err
}

// tryAgain tells whether err says that the world moved during the pass.
func tryAgain(err error) bool {
	f := fault.Of(err)
	return f != nil && (f.Reason == reason.PushRace || errors.Is(err, errChoiceChanged))
}

// Forget drops what is kept about an object that is gone.
func (r *Reconciler) Forget(name types.NamespacedName) {
	r.resting.forget(name)
	r.requests.answered(name)
	r.Metrics.forget(name)
}

// passed tells the failpoint that a step is done.
func (r *Reconciler) passed(step string) {
	if r.Failpoint != nil {
		r.Failpoint(step)
	}
}

func nameOf(obj *v1alpha1.UpdateAutomation) types.NamespacedName {
	return types.NamespacedName{Namespace: obj.Namespace, Name: obj.Name}
}
