// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/loop"
)

// Setup adds the controller to mgr.
func (r *Reconciler) Setup(mgr ctrl.Manager, parts loop.Parts) error {
	shell := loop.NewShell(parts, "ImageRepository", func() *v1alpha1.ImageRepository { return &v1alpha1.ImageRepository{} }, r)
	shell.Forget = r.Forget
	return ctrl.NewControllerManagedBy(mgr).
		Named("imagerepository").
		For(&v1alpha1.ImageRepository{}, builder.WithPredicates(loop.Asked())).
		Complete(shell)
}
