// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/policy"
)

// Metrics say what policies leave out. They are safe for concurrent use.
type Metrics struct {
	rejected *prometheus.GaugeVec
}

// NewMetrics registers fairlead_policy_rejected_tags.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{rejected: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fairlead_policy_rejected_tags",
		Help: "How many tags lost at the last evaluation, by reason."}, []string{"namespace", "name", "reason"})}
	registry.MustRegister(m.rejected)
	return m
}

func (m *Metrics) selected(pol types.NamespacedName, d policy.Decision) {
	m.forget(pol)
	for _, lost := range d.Selection.Rejected {
		m.rejected.WithLabelValues(pol.Namespace, pol.Name, string(lost.Reason)).Set(float64(lost.Count))
	}
}

func (m *Metrics) forget(pol types.NamespacedName) {
	m.rejected.DeletePartialMatch(prometheus.Labels{"namespace": pol.Namespace, "name": pol.Name})
}
