// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/spec"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// A sighting is everything a decision may know. It is complete before decide runs,
// so decide needs neither a client nor a clock.
type sighting struct {
	now      time.Time
	interval time.Duration // jitter included
	turn     time.Time     // when the first scan after a start may wait until
	source   spec.Source
	access   credentials.Access
	key      string       // what the scan is kept under
	scan     taglist.Scan // zero: never, or the store has lost it
	before   taglist.List // what the object had when it was looked at last, by a scan of its own or a shared one
	asked    string       // the requestedAt token on the object
	answered string       // the token that was answered last
	failed   bool         // the last run did not end well
	settled  bool         // the object was scanned, and has not been edited since
}

// observe reads spec, Secrets and the store. What it knows is returned also with an error.
func (r *Reconciler) observe(ctx context.Context, repo *v1alpha1.ImageRepository) (sighting, error) {
	source, err := spec.NewSource(repo)
	if err != nil {
		return sighting{}, err
	}
	seen := sighting{
		now:      r.Clock(),
		source:   source,
		interval: jittered(source.Interval, string(repo.UID)),
		turn:     turn(r.started, source.Interval, string(repo.UID)),
		asked:    repo.Annotations[v1alpha1.RequestedAtAnnotation],
		answered: repo.Status.LastHandledReconcileAt,
		failed:   meta.IsStatusConditionFalse(repo.Status.Conditions, v1alpha1.ReadyCondition),
		settled: repo.Status.LastScan != nil && repo.Status.CanonicalName == source.Image.String() &&
			repo.Status.ObservedGeneration == repo.Generation,
	}
	if seen.access, err = r.Secrets.Access(ctx, source); err != nil {
		return seen, err
	}
	seen.key = spec.ScanKey(source, seen.access)
	seen.scan, _ = r.Store.Last(seen.key)
	seen.before = seen.scan.List
	if told, ok := r.told.last(nameOf(repo)); ok {
		seen.before = told.List
	}
	return seen, nil
}
