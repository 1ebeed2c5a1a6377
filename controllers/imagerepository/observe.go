// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"context"
	"time"

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
	source   spec.Source
	access   credentials.Access
	key      string       // what the scan is kept under
	scan     taglist.Scan // zero: never, or the store has lost it
	asked    string       // the requestedAt token on the object
	answered string       // the token that was answered last
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
		interval: spread(source.Interval, string(repo.UID)),
		asked:    repo.Annotations[v1alpha1.RequestedAtAnnotation],
		answered: repo.Status.LastHandledReconcileAt,
	}
	if seen.access, err = r.Secrets.Access(ctx, source); err != nil {
		return seen, err
	}
	seen.key = spec.ScanKey(source, seen.access)
	seen.scan, _ = r.Store.Last(seen.key)
	return seen, nil
}
