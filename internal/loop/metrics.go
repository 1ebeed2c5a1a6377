// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fairlead-dev/fairlead/internal/fault"
)

// Metrics count the runs of all kinds. They are safe for concurrent use.
type Metrics struct {
	duration   *prometheus.HistogramVec
	redactions *prometheus.CounterVec
}

// A sink is where texts of others are shown.
type sink string

const (
	conditionSink sink = "condition"
	eventSink     sink = "event"
	logSink       sink = "log"
)

// NewMetrics registers fairlead_reconcile_duration_seconds and fairlead_redactions_total.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "fairlead_reconcile_duration_seconds",
			Help:    "How long runs took, by kind and result (success, transient, waiting, stalled).",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 9),
		}, []string{"kind", "result"}),
		redactions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fairlead_redactions_total",
			Help: "Texts that lost something that may have been secret before they were shown, by where (condition, event, log).",
		}, []string{"sink"}),
	}
	for _, s := range []sink{conditionSink, eventSink, logSink} {
		m.redactions.WithLabelValues(string(s)) // none is worth seeing, too
	}
	registry.MustRegister(m.duration, m.redactions)
	return m
}

// shown returns text as it may be shown, and counts it when it lost something.
func (m *Metrics) shown(where sink, text string) string {
	line, redacted := fault.Redact(text)
	if redacted {
		m.redactions.WithLabelValues(string(where)).Inc()
	}
	return line
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
