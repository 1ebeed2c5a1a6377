// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch

// foreign returns the ImageRepository of another namespace, if its spec.accessFrom lets the namespace from refer to
// it. Else it is a stalled fault with reason AccessDenied, in the same words whether the object does not exist or
// lets others in: who may not use it is not told that it is there.
func (r *Reconciler) foreign(ctx context.Context, from string, ref types.NamespacedName) (*v1alpha1.ImageRepository, error) {
	denied := fault.Stall(reason.AccessDenied, fmt.Errorf(
		"spec.imageRepositoryRef: ImageRepository %s does not exist, or its spec.accessFrom does not select namespace %s", ref, from))
	switch {
	case r.SameNamespaceOnly:
		return nil, fault.Stall(reason.AccessDenied, errors.New(
			"spec.imageRepositoryRef: references to other namespaces are switched off (--no-cross-namespace-refs)"))
	case len(r.Namespaces) > 0 && !slices.Contains(r.Namespaces, ref.Namespace):
		return nil, denied // what this controller does not watch is not there for it
	}
	var repo v1alpha1.ImageRepository
	if err := r.Client.Get(ctx, ref, &repo); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading ImageRepository %s: %w", ref, err)
	} else if apierrors.IsNotFound(err) {
		return nil, denied
	}
	var namespace corev1.Namespace
	if err := r.Client.Get(ctx, types.NamespacedName{Name: from}, &namespace); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading namespace %s: %w", from, err)
	} else if apierrors.IsNotFound(err) {
		return nil, denied // the cache does not have it yet; that it does wakes the policy
	}
	if !admits(repo.Spec.AccessFrom, namespace.Labels) {
		return nil, denied
	}
	return &repo, nil
}

// admits tells whether access lets in a namespace with those labels: one selector that matches is enough, a selector
// without labels matches every namespace, and no selector matches none.
func admits(access *v1alpha1.AccessFrom, namespace map[string]string) bool {
	return access != nil && slices.ContainsFunc(access.NamespaceSelectors, func(s v1alpha1.NamespaceSelector) bool {
		return labels.SelectorFromSet(s.MatchLabels).Matches(labels.Set(namespace))
	})
}
