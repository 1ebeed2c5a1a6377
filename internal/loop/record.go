// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"context"
	"errors"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// fieldOwner is who the API server is told wrote a status.
const fieldOwner = client.FieldOwner("fairlead")

// A run is one pass over one object: what the API server holds of it, and how to change that.
type run struct {
	writer client.StatusWriter
	stored client.Object // the object as the API server holds it, as far as this run knows
	wrote  func(version string)
}

type runKey struct{}

// Record stores the status of obj now, in the middle of a run: the intent of a write, before the write. It succeeds
// only if nobody changed the object since the run began; otherwise the fault is Transient, nothing was stored, and
// the caller must not write. After it obj is the object as stored.
//
// It works within Reconciler.Reconcile, on the object that was handed to it.
func Record(ctx context.Context, obj Object) error {
	r, ok := ctx.Value(runKey{}).(*run)
	if !ok {
		return errors.New("recording a write intent: outside of a run")
	}
	patch := client.MergeFromWithOptions(r.stored, client.MergeFromWithOptimisticLock{})
	if err := r.patch(ctx, obj, patch); err != nil {
		return fault.Retry(reason.Progressing, fmt.Errorf("recording the intent of a push: %w", err))
	}
	return nil
}

// patch sends the difference between what is stored and obj.
func (r *run) patch(ctx context.Context, obj Object, patch client.Patch) error {
	if err := r.writer.Patch(ctx, obj, patch, fieldOwner); err != nil {
		return err
	}
	r.wrote(obj.GetResourceVersion())
	r.stored = obj.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a copy has the type of the original
	return nil
}
