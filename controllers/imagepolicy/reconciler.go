// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/spec"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// registry is all this controller asks of a registry.
type registry interface {
	// Digest returns what tag points at, checked against the content when it is not known already.
	Digest(ctx context.Context, name image.Name, tag string, known image.Digest, as credentials.Access) (image.Digest, error)
	// Exists tells whether the registry has the manifest.
	Exists(ctx context.Context, name image.Name, digest image.Digest, as credentials.Access) (bool, error)
	// Describe says what the image is: its platforms, and the date of the newest of those that are wanted.
	Describe(ctx context.Context, name image.Name, digest image.Digest, wanted []string, as credentials.Access) (policy.ImageFact, error)
}

// scans keeps the last complete scan of each image and way of asking.
type scans interface {
	Last(key string) (taglist.Scan, bool)
}

// accessReader finds out how to log in.
type accessReader interface {
	Access(ctx context.Context, source spec.Source) (credentials.Access, error)
}

// A Reconciler chooses images. Its exported fields are set once, before use.
type Reconciler struct {
	Client   client.Reader // ImageRepositories and Namespaces, from the cache
	Registry registry
	Store    scans
	Secrets  accessReader
	Clock    func() time.Time
	Metrics  *Metrics
	// SameNamespaceOnly refuses references to ImageRepositories of other namespaces.
	SameNamespaceOnly bool
	// Namespaces are those that are watched; none means all.
	Namespaces []string

	rankings rankings
}

// +kubebuilder:rbac:groups=fairlead.dev,resources=imagepolicies,verbs=get;list;watch
// +kubebuilder:rbac:groups=fairlead.dev,resources=imagepolicies/status,verbs=get;update;patch

// Reconcile looks at one ImagePolicy and chooses an image.
func (r *Reconciler) Reconcile(ctx context.Context, pol *v1alpha1.ImagePolicy) (loop.Outcome, error) {
	seen, err := r.observe(ctx, pol)
	if err != nil {
		return keep(pol, err)
	}
	decision := policy.Select(seen)
	r.Metrics.selected(nameOf(pol), decision, seen.Now)
	return report(pol, decision, seen.Now)
}

// Forget drops what is kept about an object that is gone.
func (r *Reconciler) Forget(pol types.NamespacedName) {
	r.rankings.forget(pol)
	r.Metrics.forget(pol)
}

func nameOf(pol *v1alpha1.ImagePolicy) types.NamespacedName {
	return types.NamespacedName{Namespace: pol.Namespace, Name: pol.Name}
}
