// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fairlead-dev/fairlead/internal/fault"
)

// Metrics count the runs of all kinds. They are safe for concurrent use.
type Metrics struct {
	duration *prometheus.HistogramVec
}

// NewMetrics registers fairlead_reconcile_duration_seconds.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "fairlead_reconcile_duration_seconds",
		Help:    "How long runs took, by kind and result (success, transient, waiting, stalled).",
		Buckets: prometheus.ExponentialBuckets(0.001, 4, 9),
	}, []string{"kind", "result"})}
	registry.MustRegister(m.duration)
	return m
}

func (m *Metrics) observe(kind string, f *fault.Error, took time.Duration) {
	m.duration.WithLabelValues(kind, result(f)).Observe(took.Seconds())
}

func result(f *fault.Error) string {
	if f == nil {
		return "success"
	}
	switch f.Class {
	case fault.Waiting:
		return "waiting"
	case fault.Stalled:
		return "stalled"
	case fault.Transient:
		return "transient"
	}
	return "transient"
}
