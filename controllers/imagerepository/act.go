// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// A deed is what act came to.
type deed struct {
	scan     taglist.Scan // the list that is kept now; zero: none
	revision string       // of what excludeTags leaves of it
}

// act scans if it is to. What is kept is returned also when the scan failed.
func (r *Reconciler) act(ctx context.Context, s sighting, todo verdict) (deed, error) {
	if !todo.scan {
		return deed{scan: s.scan}, nil
	}
	log.FromContext(ctx).V(1).Info("scanning", "image", s.source.Image.String(), "cause", todo.cause)
	ctx, cancel := context.WithTimeout(ctx, s.source.Timeout)
	defer cancel()
	list, err := r.Registry.Tags(ctx, s.source.Image, s.access)
	r.Metrics.scanned(r.Clock().Sub(s.now), err)
	if err != nil {
		return deed{scan: s.scan}, err
	}
	if err := r.Store.Put(s.key, list, r.Clock(), s.source.Interval); err != nil {
		return deed{scan: s.scan}, err
	}
	kept, _ := r.Store.Last(s.key) // of two equal lists the store keeps one in memory, and so do we
	return deed{scan: kept}, nil
}
