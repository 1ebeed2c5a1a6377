// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// Metrics say what is written, and what waits. They are safe for concurrent use.
type Metrics struct {
	operations *prometheus.CounterVec
	duration   *prometheus.HistogramVec
	commits    *prometheus.CounterVec
	races      *prometheus.CounterVec
	lag        *prometheus.HistogramVec
	pending    *prometheus.GaugeVec
	held       *prometheus.GaugeVec
	unresolved *prometheus.GaugeVec
}

// NewMetrics registers fairlead_git_operations_total, fairlead_git_operation_duration_seconds,
// fairlead_git_commits_total, fairlead_git_push_races_total, fairlead_update_lag_seconds,
// fairlead_automation_pending_changes, fairlead_automation_held and fairlead_automation_unresolved_sites.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	object := []string{"namespace", "name"}
	reasoned := []string{"namespace", "name", "reason"}
	operation := []string{"operation", "result"}
	m := &Metrics{
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fairlead_git_operations_total",
			Help: "What was asked of Git servers (head, fetch, push, history, settle), by result (success, failure)."}, operation),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "fairlead_git_operation_duration_seconds",
			Help: "How long that took.", Buckets: prometheus.ExponentialBuckets(0.003, 4, 9)}, operation),
		commits: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fairlead_git_commits_total",
			Help: "Commits that were pushed."}, object),
		races: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fairlead_git_push_races_total",
			Help: "Pushes that were tried again because somebody else had pushed first."}, object),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "fairlead_update_lag_seconds",
			Help: "Time from the choice of an image to the commit that writes it.", Buckets: prometheus.ExponentialBuckets(0.25, 2, 14)}, []string{"mode"}),
		pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fairlead_automation_pending_changes",
			Help: "Changes that wait, by reason."}, reasoned),
		held: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fairlead_automation_held",
			Help: "Images that a person took out of Git and that are not put back, by reason."}, reasoned),
		unresolved: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fairlead_automation_unresolved_sites",
			Help: "Places in Git that are left alone, by reason."}, reasoned),
	}
	registry.MustRegister(m.operations, m.duration, m.commits, m.races, m.lag, m.pending, m.held, m.unresolved)
	return m
}

func (m *Metrics) operated(operation string, took time.Duration, err error) {
	result := "success"
	if err != nil {
		result = "failure"
	}
	m.operations.WithLabelValues(operation, result).Inc()
	m.duration.WithLabelValues(operation, result).Observe(took.Seconds())
}

func (m *Metrics) raced(name types.NamespacedName) {
	m.races.WithLabelValues(name.Namespace, name.Name).Inc()
}

func (m *Metrics) pushed(name types.NamespacedName, lags []time.Duration) {
	m.commits.WithLabelValues(name.Namespace, name.Name).Inc()
	for _, lag := range lags {
		m.lag.WithLabelValues(string(v1alpha1.CommitDelivery)).Observe(lag.Seconds())
	}
}

// waiting sets the gauges of one automation from counts by reason.
func (m *Metrics) waiting(name types.NamespacedName, pending, held, unresolved map[string]int) {
	for gauge, counts := range map[*prometheus.GaugeVec]map[string]int{m.pending: pending, m.held: held, m.unresolved: unresolved} {
		gauge.DeletePartialMatch(labelsOf(name))
		for reason, n := range counts {
			gauge.WithLabelValues(name.Namespace, name.Name, reason).Set(float64(n))
		}
	}
}

func (m *Metrics) forget(name types.NamespacedName) {
	m.waiting(name, nil, nil, nil)
	m.commits.DeletePartialMatch(labelsOf(name))
	m.races.DeletePartialMatch(labelsOf(name))
}

func labelsOf(name types.NamespacedName) prometheus.Labels {
	return prometheus.Labels{"namespace": name.Namespace, "name": name.Name}
}
