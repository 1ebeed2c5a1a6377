// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// Asked lets those changes of an object through that ask for a run: a new or deleted object, another spec, another
// token of fairlead.dev/requestedAt. Our own status patches are not among them.
func Asked() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		if e.ObjectOld == nil || e.ObjectNew == nil {
			return false
		}
		token := v1alpha1.RequestedAtAnnotation
		return e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() ||
			e.ObjectOld.GetAnnotations()[token] != e.ObjectNew.GetAnnotations()[token] ||
			e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero()
	}}
}
