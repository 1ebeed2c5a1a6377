// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/spec"
)

// Setup adds the controller to mgr.
func (r *Reconciler) Setup(mgr ctrl.Manager, parts loop.Parts) error {
	shell := loop.NewShell(parts, "UpdateAutomation", func() *v1alpha1.UpdateAutomation { return &v1alpha1.UpdateAutomation{} }, r)
	shell.Forget = r.Forget
	return ctrl.NewControllerManagedBy(mgr).
		Named("updateautomation").
		For(&v1alpha1.UpdateAutomation{}, builder.WithPredicates(loop.Asked())).
		Watches(&v1alpha1.ImagePolicy{}, handler.EnqueueRequestsFromMapFunc(r.automationsOf), builder.WithPredicates(choiceChanged())).
		Complete(shell)
}

// automationsOf returns the automations that select policy.
func (r *Reconciler) automationsOf(ctx context.Context, policy client.Object) []ctrl.Request {
	var list v1alpha1.UpdateAutomationList
	if err := r.Client.List(ctx, &list, client.InNamespace(policy.GetNamespace())); err != nil {
		log.FromContext(ctx).Error(err, "listing the automations of an ImagePolicy", "policy", client.ObjectKeyFromObject(policy).String())
		return nil
	}
	var requests []ctrl.Request
	for i := range list.Items {
		if selects(list.Items[i].Spec.PolicySelector, policy.GetLabels()) {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
	return requests
}

// selects tells whether a policy with those labels is meant; a selector that cannot be read selects nothing here, and
// stalls its automation elsewhere.
func selects(selector *metav1.LabelSelector, of map[string]string) bool {
	if selector == nil {
		return true
	}
	selected, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && selected.Matches(labels.Set(of))
}

// choiceChanged lets changes of a policy through that may change what is wanted in Git.
func choiceChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok1 := e.ObjectOld.(*v1alpha1.ImagePolicy)
		after, ok2 := e.ObjectNew.(*v1alpha1.ImagePolicy)
		return ok1 && ok2 && (spec.WantedKey(before) != spec.WantedKey(after) || !labels.Equals(before.Labels, after.Labels))
	}}
}
