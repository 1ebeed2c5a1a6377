// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/spec"
)

// selecting is an accessFrom with one selector for each set of labels.
func selecting(each ...map[string]string) *v1alpha1.AccessFrom {
	access := &v1alpha1.AccessFrom{}
	for _, set := range each {
		access.NamespaceSelectors = append(access.NamespaceSelectors, v1alpha1.NamespaceSelector{MatchLabels: set})
	}
	return access
}

type set = map[string]string

func TestAdmits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		access    *v1alpha1.AccessFrom
		namespace set
		want      bool
	}{
		{"nobody without accessFrom", "closed is the default", nil, set{"team": "web"}, false},
		{"nobody without selectors", "an empty list selects nothing", selecting(), set{"team": "web"}, false},
		{"everybody with an empty selector", "as Kubernetes reads it", selecting(set{}), set{"team": "web"}, true},
		{"everybody with a selector left out", "null is empty", selecting(nil), set{"team": "web"}, true},
		{"a namespace without labels by an empty selector", "every namespace", selecting(set{}), nil, true},
		{"whose labels match", "that is the purpose", selecting(set{"team": "web"}), set{"team": "web", "env": "prod"}, true},
		{"nobody with another value", "the value counts", selecting(set{"team": "web"}), set{"team": "data"}, false},
		{"nobody without the label", "absent is not empty", selecting(set{"team": ""}), set{"env": "prod"}, false},
		{"nobody who has one label of two", "all of a selector's labels must match", selecting(set{"team": "web", "env": "prod"}), set{"team": "web"}, false},
		{"whom the second selector matches", "one that matches is enough", selecting(set{"team": "data"}, set{"team": "web"}), set{"team": "web"}, true},
		{"nobody by a label no namespace can have", "a selector that cannot be met must not count as empty", selecting(set{"a b": "c d"}), set{"team": "web"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := admits(tc.access, tc.namespace); got != tc.want {
				t.Errorf("%s: admitted is %v", tc.why, got)
			}
		})
	}
}

// clientWith is an API server that holds objects.
func clientWith(t testing.TB, objects ...client.Object) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
}

func namespaceWith(name string, labels set) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
}

// abroad is a policy of namespace shop that refers to base/web.
func abroad() *v1alpha1.ImagePolicy {
	return &v1alpha1.ImagePolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"},
		Spec: v1alpha1.ImagePolicySpec{ImageRepositoryRef: v1alpha1.ImageRepositoryReference{Namespace: "base", Name: "web"}}}
}

func repositoryIn(namespace string, access *v1alpha1.AccessFrom) *v1alpha1.ImageRepository {
	return &v1alpha1.ImageRepository{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "web"},
		Spec: v1alpha1.ImageRepositorySpec{Image: "ghcr.io/acme/web", AccessFrom: access}}
}

func TestRepository_ofAnotherNamespace(t *testing.T) {
	t.Parallel()
	shop := namespaceWith("shop", set{"team": "web"})
	const (
		off    = "spec.imageRepositoryRef: references to other namespaces are switched off (--no-cross-namespace-refs)"
		denied = "spec.imageRepositoryRef: ImageRepository base/web does not exist, or its spec.accessFrom does not select namespace shop"
	)
	for _, tc := range []struct {
		name, why string
		off       bool
		watched   []string
		objects   []client.Object
		refused   string
	}{
		{"is had when it lets us", "that is what accessFrom is for", false, nil,
			[]client.Object{shop, repositoryIn("base", selecting(set{"team": "web"}))}, ""},
		{"is had when both are watched", "--watch-namespace names both", false, []string{"shop", "base"},
			[]client.Object{shop, repositoryIn("base", selecting(set{}))}, ""},
		{"is denied while references are switched off", "the flag is stronger than accessFrom", true, nil,
			[]client.Object{shop, repositoryIn("base", selecting(set{}))}, off},
		{"is denied likewise when it does not exist", "nothing is disclosed", true, nil, []client.Object{shop}, off},
		{"is denied when it does not exist", "the same words as the next three", false, nil, []client.Object{shop}, denied},
		{"is denied without accessFrom", "closed is the default", false, nil,
			[]client.Object{shop, repositoryIn("base", nil)}, denied},
		{"is denied when it selects others", "the labels decide", false, nil,
			[]client.Object{shop, repositoryIn("base", selecting(set{"team": "data"}))}, denied},
		{"is denied while our namespace is not known", "no labels, no access; it comes with an event", false, nil,
			[]client.Object{repositoryIn("base", selecting(set{}))}, denied},
		{"is denied when its namespace is not watched", "the cache does not have it", false, []string{"shop"},
			[]client.Object{shop, repositoryIn("base", selecting(set{}))}, denied},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := &Reconciler{Client: clientWith(t, tc.objects...), SameNamespaceOnly: tc.off, Namespaces: tc.watched}
			repo, err := r.repository(t.Context(), abroad())
			if tc.refused == "" {
				if err != nil || repo.Namespace != "base" {
					t.Fatalf("%s: %v", tc.why, err)
				}
				return
			}
			if f := fault.Of(err); f == nil || f.Class != fault.Stalled || f.Reason != reason.AccessDenied || f.Error() != tc.refused {
				t.Errorf("%s: got %v, want the stalled fault AccessDenied: %s", tc.why, err, tc.refused)
			}
		})
	}
}

// failing refuses every login with an error that names a Secret.
type failing struct{ err error }

func (f failing) Access(context.Context, spec.Source) (credentials.Access, error) {
	return credentials.Access{}, f.err
}

func TestSource_keepsNamesOfForeignSecretsToItself(t *testing.T) {
	t.Parallel()
	missing := fault.Retry(reason.SecretNotFound, errors.New("secret crown-jewels does not exist"))
	for _, tc := range []struct {
		namespace string
		err       error
		want      string
	}{
		{"base", missing, "the ImageRepository base/web is not ready: how to log in to its registry cannot be read (SecretNotFound)"},
		{"base", errors.New("reading secret crown-jewels: EOF"), "the ImageRepository base/web is not ready: how to log in to its registry cannot be read (InternalError)"},
		{"shop", missing, "the ImageRepository shop/web is not ready: secret crown-jewels does not exist"},
	} {
		r := &Reconciler{Secrets: failing{tc.err}}
		_, _, err := r.source(t.Context(), abroad(), repositoryIn(tc.namespace, nil))
		if f := fault.Of(err); f == nil || f.Reason != reason.RepositoryNotReady || f.Error() != tc.want {
			t.Errorf("got %v, want %s", err, tc.want)
		}
	}
}

func TestPoliciesAbroad(t *testing.T) {
	t.Parallel()
	named := func(namespace, name, to string) *v1alpha1.ImagePolicy {
		pol := abroad()
		pol.Namespace, pol.Name, pol.Spec.ImageRepositoryRef.Namespace = namespace, name, to
		return pol
	}
	api := clientWith(t, named("shop", "own", ""), named("shop", "same", "shop"), named("shop", "abroad", "base"), named("data", "other", "base"))
	for watched, want := range map[string]string{"": "[shop/abroad]", "shop": "[shop/abroad]", "data": "[]"} {
		r := &Reconciler{Client: api, Namespaces: strings.Fields(watched)}
		got := fmt.Sprint(r.policiesAbroad(t.Context(), namespaceWith("shop", nil)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("watching %q, a change of shop's labels (-want +got):\n%s", watched, diff)
		}
	}
}
