// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/source"

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
		WatchesRawSource(source.Func(r.start)).
		Complete(shell)
}

// start notes the time, and has wake put objects into queue, which never blocks.
func (r *Reconciler) start(_ context.Context, queue workqueue.TypedRateLimitingInterface[ctrl.Request]) error {
	r.started = r.Clock()
	r.wake = func(name types.NamespacedName) { queue.Add(ctrl.Request{NamespacedName: name}) }
	return nil
}
