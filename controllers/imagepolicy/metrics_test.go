// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/policy"
)

func TestMetrics_move(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	web, api := types.NamespacedName{Namespace: "shop", Name: "web"}, types.NamespacedName{Namespace: "shop", Name: "api"}
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	aging := &policy.Candidate{Tag: "1.1.0", Digest: "sha256:1", Reason: reason.MinAge, FirstSeen: noon.Add(-time.Hour)}
	pinned := &policy.Candidate{Tag: "1.2.0", Digest: "sha256:2", Reason: reason.Pinned}
	const minAge, pin = "fairlead_policy_candidate_wait_seconds of web: MinAge", "fairlead_policy_candidate_wait_seconds of web: Pinned"
	for _, step := range []struct {
		why  string
		at   time.Duration // after noon
		c    *policy.Candidate
		want map[string]float64
	}{
		{"nothing waits", 0, nil, map[string]float64{}},
		{"waits since it was first seen", 0, aging, map[string]float64{minAge: 3600}},
		{"goes on", time.Minute, aging, map[string]float64{minAge: 3660}},
		{"is another, and nobody recorded since when", 2 * time.Minute, pinned, map[string]float64{pin: 0}},
		{"goes on since this process knows of it", 5 * time.Minute, pinned, map[string]float64{pin: 180}},
		{"was taken", 6 * time.Minute, nil, map[string]float64{}},
		{"comes again, and counts from the start", 7 * time.Minute, pinned, map[string]float64{pin: 0}},
	} {
		m.selected(web, policy.Decision{State: policy.State{Candidate: step.c}}, noon.Add(step.at))
		if diff := cmp.Diff(step.want, gather(t, registry)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.why, diff)
		}
	}

	lost := policy.Decision{Selection: policy.Selection{Rejected: []policy.Lost{{Reason: reason.NotSemver, Count: 3}}}}
	m.selected(web, lost, noon)
	m.selected(api, lost, noon)
	m.forget(web)
	if diff := cmp.Diff(map[string]float64{"fairlead_policy_rejected_tags of api: NotSemver": 3}, gather(t, registry)); diff != "" {
		t.Errorf("after a policy is gone (-want +got):\n%s", diff)
	}
	if len(m.waiting) != 0 {
		t.Errorf("%v are remembered", m.waiting)
	}
}

// gather returns the values of all metrics, by "metric of name: reason".
func gather(t *testing.T, from prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, one := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range one.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			values[family.GetName()+" of "+labels["name"]+": "+labels["reason"]] = one.GetGauge().GetValue()
		}
	}
	return values
}
