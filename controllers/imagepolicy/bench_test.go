// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/spec"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// nobody lets everyone in without a login.
type nobody struct{}

func (nobody) Access(context.Context, spec.Source) (credentials.Access, error) {
	return credentials.Access{}, nil
}

// oneScan is a store with one list.
type oneScan struct{ scan taglist.Scan }

func (s oneScan) Last(string) (taglist.Scan, bool) { return s.scan, true }

// steady is a registry in which every tag points at the digest of its name.
type steady struct{}

func (steady) Digest(_ context.Context, _ image.Name, tag string, _ image.Digest, _ credentials.Access) (image.Digest, error) {
	return image.DigestOf([]byte(tag)), nil
}

func (steady) Exists(context.Context, image.Name, image.Digest, credentials.Access) (bool, error) {
	return true, nil
}

func (steady) Describe(context.Context, image.Name, image.Digest, []string, credentials.Access) (policy.ImageFact, error) {
	return policy.ImageFact{Described: true}, nil
}

// BenchmarkReconcile is an evaluation whose list and policy did not change: what every scan costs for each policy.
// "first" is the evaluation before it, which reads a million tags.
func BenchmarkReconcile(b *testing.B) {
	var tags taglist.Builder
	for i := range 1_000_000 {
		tags.Add(fmt.Sprintf("v1.%d.%d-alpine", i/1000, i%1000))
	}
	tags.Add("v1.0.0-alpine.sig") // so that the exclusion has something to leave out
	scan := taglist.Scan{List: tags.List(), At: time.Unix(1, 0)}
	repo := repositoryIn("shop", nil)
	for _, tc := range []struct {
		name   string
		choice v1alpha1.PolicyChoice
	}{
		{"semver", v1alpha1.PolicyChoice{Semver: &v1alpha1.SemverPolicy{Range: ">=1.2.0 <2.0.0"}}},
		{"alphabetical", v1alpha1.PolicyChoice{Alphabetical: &v1alpha1.AlphabeticalPolicy{}}},
	} {
		pol := abroad()
		pol.Spec.ImageRepositoryRef.Namespace = ""
		pol.Spec.FilterTags = &v1alpha1.TagFilter{Pattern: `^v(?P<v>.*)-alpine$`, Extract: "$v"}
		pol.Spec.Policy = tc.choice
		now := time.Unix(1_000_000, 0)
		fresh := func() *Reconciler {
			return &Reconciler{Client: clientWith(b, repo), Registry: steady{}, Store: oneScan{scan}, Secrets: nobody{},
				Clock: func() time.Time { return now }, Metrics: NewMetrics(prometheus.NewRegistry())}
		}
		run := func(b *testing.B, r *Reconciler) {
			b.Helper()
			if _, err := r.Reconcile(b.Context(), pol); err != nil {
				b.Fatal(err)
			}
		}
		b.Run(tc.name+"/first", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				run(b, fresh())
			}
		})
		b.Run(tc.name+"/unchanged", func(b *testing.B) {
			r := fresh()
			run(b, r)
			b.ReportAllocs()
			for b.Loop() {
				run(b, r)
			}
		})
	}
}

// TestReconcile_readsAListOnce: a second evaluation of the same list allocates nothing for its tags. The filter
// allocates for every tag that it reads.
func TestReconcile_readsAListOnce(t *testing.T) {
	const many = 50_000
	var tags taglist.Builder
	for i := range many {
		tags.Add(fmt.Sprintf("v1.%d.%d-alpine", i/1000, i%1000))
	}
	pol := abroad()
	pol.Spec.ImageRepositoryRef.Namespace = ""
	pol.Spec.FilterTags = &v1alpha1.TagFilter{Pattern: `^v(?P<v>.*)-alpine$`, Extract: "$v"}
	pol.Spec.Policy.Semver = &v1alpha1.SemverPolicy{Range: "*"}
	r := &Reconciler{Client: clientWith(t, repositoryIn("shop", nil)), Registry: steady{}, Secrets: nobody{}, Clock: time.Now,
		Store: oneScan{taglist.Scan{}.Next(tags.List(), time.Unix(1, 0))}, Metrics: NewMetrics(prometheus.NewRegistry())}
	run := func() {
		if _, err := r.Reconcile(t.Context(), pol); err != nil {
			t.Fatal(err)
		}
	}
	allocations := testing.AllocsPerRun(3, run) // it runs once before it counts
	if pol.Status.Latest == nil || pol.Status.Latest.Tag != "v1.49.999-alpine" || allocations > many/10 {
		t.Errorf("%v allocations for %d tags that were read before; chosen is %+v", allocations, many, pol.Status.Latest)
	}
}
