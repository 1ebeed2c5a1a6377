// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/spec"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// tagLister is all this controller asks of a registry.
type tagLister interface {
	// Tags returns every tag of name, sorted by bytes, each once. A part of a list is never returned.
	// 401, 403 and 404 are waiting faults, 429 a transient one with the registry's Retry-After.
	Tags(ctx context.Context, name image.Name, as credentials.Access) (taglist.List, error)
}

// scanKeeper keeps the last complete scan of each image and way of asking.
type scanKeeper interface {
	// Last returns the scan kept under key.
	Last(key string) (taglist.Scan, bool)
	// Put keeps list as the scan of that time. A list that shrank in a suspicious way is not kept, and is a
	// transient fault, until a second scan confirms it.
	Put(key string, list taglist.List, at time.Time, confirmAfter time.Duration) error
}

// accessReader finds out how to log in.
type accessReader interface {
	Access(ctx context.Context, source spec.Source) (credentials.Access, error)
}

// A Reconciler scans ImageRepositories. Its exported fields are set once, before use.
type Reconciler struct {
	Registry tagLister
	Store    scanKeeper
	Secrets  accessReader
	Clock    func() time.Time
	// Scanned is told of each object whose list was read, changed or not. It must not block.
	Scanned func(types.NamespacedName)
	Metrics *Metrics

	told      told
	revisions revisions
	// started is when the controller began, as the leader if one is elected, and wake asks for a run of another object.
	// Setup has them set before the first run.
	started time.Time
	wake    func(types.NamespacedName)
}

// +kubebuilder:rbac:groups=fairlead.dev,resources=imagerepositories,verbs=get;list;watch
// +kubebuilder:rbac:groups=fairlead.dev,resources=imagerepositories/status,verbs=get;update;patch
// +kubebuilder:rbac:groups="";events.k8s.io,resources=events,verbs=create;patch

// Reconcile looks at one ImageRepository, decides whether its tags are due, and scans if they are.
func (r *Reconciler) Reconcile(ctx context.Context, repo *v1alpha1.ImageRepository) (loop.Outcome, error) {
	seen, err := r.observe(ctx, repo)
	if err != nil {
		return loop.Outcome{Next: seen.source.Interval}, err
	}
	todo := decide(seen)
	done, err := r.act(ctx, seen, todo)
	if !done.scan.At.IsZero() {
		done.revision = r.revisions.of(nameOf(repo), seen.source.Exclude, done.scan.List)
	}
	outcome := report(repo, seen, todo, done)
	r.announce(nameOf(repo), seen.key, done.scan)
	return outcome, err
}

// announce tells that repo has a list, once for each scan, and has the objects that share it look at it too.
func (r *Reconciler) announce(repo types.NamespacedName, key string, scan taglist.Scan) {
	if scan.At.IsZero() {
		return
	}
	r.Metrics.kept(repo, scan)
	if r.told.tell(repo, key, scan) {
		r.Scanned(repo)
	}
	for _, other := range r.told.others(repo, key, scan) {
		r.wake(other)
	}
}

// Forget drops what is kept about an object that is gone.
func (r *Reconciler) Forget(repo types.NamespacedName) {
	r.told.forget(repo)
	r.revisions.forget(repo)
	r.Metrics.forget(repo)
}

func nameOf(repo *v1alpha1.ImageRepository) types.NamespacedName {
	return types.NamespacedName{Namespace: repo.Namespace, Name: repo.Name}
}
