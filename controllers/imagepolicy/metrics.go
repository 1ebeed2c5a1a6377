// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/policy"
)

// Metrics say what policies leave out and what waits. They are safe for concurrent use.
type Metrics struct {
	rejected *prometheus.GaugeVec
	wait     *prometheus.GaugeVec
}

// NewMetrics registers fairlead_policy_rejected_tags and fairlead_policy_candidate_wait_seconds.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	reasoned := []string{"namespace", "name", "reason"}
	m := &Metrics{
		rejected: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fairlead_policy_rejected_tags",
			Help: "How many tags lost at the last evaluation, by reason."}, reasoned),
		wait: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fairlead_policy_candidate_wait_seconds",
			Help: "How long the candidate had still to wait at the last evaluation, by reason; 0 where no time ends it. Absent without a candidate."}, reasoned),
	}
	registry.MustRegister(m.rejected, m.wait)
	return m
}

func (m *Metrics) selected(pol types.NamespacedName, d policy.Decision, now time.Time) {
	m.forget(pol)
	if c := d.State.Candidate; c != nil {
		m.wait.WithLabelValues(pol.Namespace, pol.Name, string(c.Reason)).Set(max(c.EligibleAt.Sub(now), 0).Seconds())
	}
	for _, lost := range d.Selection.Rejected {
		m.rejected.WithLabelValues(pol.Namespace, pol.Name, string(lost.Reason)).Set(float64(lost.Count))
	}
}

func (m *Metrics) forget(pol types.NamespacedName) {
	object := prometheus.Labels{"namespace": pol.Namespace, "name": pol.Name}
	m.rejected.DeletePartialMatch(object)
	m.wait.DeletePartialMatch(object)
}
