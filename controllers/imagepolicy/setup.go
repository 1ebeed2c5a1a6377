// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/loop"
)

// byRepository is the index of policies by the ImageRepository they refer to.
const byRepository = "spec.imageRepositoryRef"

// Setup adds the controller to mgr. scanned names each ImageRepository whose tags were read, changed or not.
func (r *Reconciler) Setup(ctx context.Context, mgr ctrl.Manager, parts loop.Parts, scanned <-chan event.GenericEvent) error {
	shell := loop.NewShell(parts, "ImagePolicy", func() *v1alpha1.ImagePolicy { return &v1alpha1.ImagePolicy{} }, r)
	shell.Forget = r.Forget
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.ImagePolicy{}, byRepository, indexByRepository); err != nil {
		return fmt.Errorf("indexing policies: %w", err)
	}
	policies := handler.EnqueueRequestsFromMapFunc(r.policiesOf)
	b := ctrl.NewControllerManagedBy(mgr).
		Named("imagepolicy").
		For(&v1alpha1.ImagePolicy{}, builder.WithPredicates(loop.Asked())).
		Watches(&v1alpha1.ImageRepository{}, policies, builder.WithPredicates(repositoryChanged())).
		WatchesRawSource(source.Channel(scanned, policies))
	if !r.SameNamespaceOnly { // the labels of a namespace say what it may refer to
		b = b.Watches(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(r.policiesAbroad), builder.WithPredicates(predicate.LabelChangedPredicate{}))
	}
	return b.Complete(shell)
}

// indexByRepository returns the key of a policy in byRepository.
func indexByRepository(obj client.Object) []string {
	pol, ok := obj.(*v1alpha1.ImagePolicy)
	if !ok {
		return nil
	}
	return []string{repositoryOf(pol).String()}
}

// policiesOf returns the policies that refer to repo.
func (r *Reconciler) policiesOf(ctx context.Context, repo client.Object) []ctrl.Request {
	var list v1alpha1.ImagePolicyList
	if err := r.Client.List(ctx, &list, client.MatchingFields{byRepository: client.ObjectKeyFromObject(repo).String()}); err != nil {
		log.FromContext(ctx).Error(err, "listing the policies of an ImageRepository", "repository", client.ObjectKeyFromObject(repo).String())
		return nil
	}
	requests := make([]ctrl.Request, 0, len(list.Items))
	for i := range list.Items {
		requests = append(requests, ctrl.Request{NamespacedName: types.NamespacedName{Namespace: list.Items[i].Namespace, Name: list.Items[i].Name}})
	}
	return requests
}

// policiesAbroad returns the policies of namespace that refer to ImageRepositories of other namespaces.
func (r *Reconciler) policiesAbroad(ctx context.Context, namespace client.Object) []ctrl.Request {
	var list v1alpha1.ImagePolicyList
	if len(r.Namespaces) > 0 && !slices.Contains(r.Namespaces, namespace.GetName()) {
		return nil
	}
	if err := r.Client.List(ctx, &list, client.InNamespace(namespace.GetName())); err != nil {
		log.FromContext(ctx).Error(err, "listing the policies of a namespace", "namespace", namespace.GetName())
		return nil
	}
	var requests []ctrl.Request
	for i := range list.Items {
		if pol := &list.Items[i]; repositoryOf(pol).Namespace != pol.Namespace {
			requests = append(requests, ctrl.Request{NamespacedName: nameOf(pol)})
		}
	}
	return requests
}

// repositoryChanged lets changes of an ImageRepository through that may change a choice: its spec, or what its
// excludeTags leave of the tags. Scans that find nothing new come by another way.
func repositoryChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok1 := e.ObjectOld.(*v1alpha1.ImageRepository)
		after, ok2 := e.ObjectNew.(*v1alpha1.ImageRepository)
		return ok1 && ok2 && (before.Generation != after.Generation || revision(before) != revision(after))
	}}
}

func revision(repo *v1alpha1.ImageRepository) string {
	if repo.Status.LastScan == nil {
		return ""
	}
	return repo.Status.LastScan.Revision
}
