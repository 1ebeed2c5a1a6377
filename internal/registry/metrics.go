// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fairlead-dev/fairlead/internal/transport"
)

// Metrics count requests. The label host is the registry an image is named after, also for requests that it sent
// elsewhere, so that no stranger can add a label.
type Metrics struct {
	requests  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	throttled *prometheus.CounterVec
}

// NewMetrics registers the metrics of this package with r.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fairlead_registry_requests_total",
			Help: "Requests sent on behalf of images of a registry, tokens and redirects included. Code is the HTTP status, or error."}, []string{"host", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "fairlead_registry_request_duration_seconds",
			Help: "Time from sending a request to the head of its answer.", Buckets: []float64{.01, .03, .1, .3, 1, 3, 10, 30}}, []string{"host", "code"}),
		throttled: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fairlead_registry_throttled_seconds_total",
			Help: "Time requests waited for their turn in the budget of a host."}, []string{"host"}),
	}
	r.MustRegister(m.requests, m.duration, m.throttled)
	return m
}

// observer returns what counts exchanges for a registry; nil when nothing is counted.
func (m *Metrics) observer(host string) func(transport.Exchange) {
	if m == nil {
		return nil
	}
	return func(e transport.Exchange) {
		m.throttled.WithLabelValues(host).Add(e.Waited.Seconds())
		code := "error"
		if e.Status >= 100 && e.Status < 600 {
			code = strconv.Itoa(e.Status)
		}
		m.requests.WithLabelValues(host, code).Inc()
		m.duration.WithLabelValues(host, code).Observe(e.Took.Seconds())
	}
}
