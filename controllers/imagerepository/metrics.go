// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// Metrics say how scans go. They are safe for concurrent use.
type Metrics struct {
	duration *prometheus.HistogramVec
	last     *prometheus.GaugeVec
	tags     *prometheus.GaugeVec
}

// NewMetrics registers fairlead_repository_scan_duration_seconds, fairlead_repository_last_scan_timestamp_seconds
// and fairlead_repository_tags.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	object := []string{"namespace", "name"}
	m := &Metrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "fairlead_repository_scan_duration_seconds",
			Help: "How long scans took, by result (success, failure).", Buckets: prometheus.ExponentialBuckets(0.01, 3, 9)}, []string{"result"}),
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fairlead_repository_last_scan_timestamp_seconds",
			Help: "When the tags of an ImageRepository were last read, changed or not."}, object),
		tags: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fairlead_repository_tags",
			Help: "How many tags the last scan of an ImageRepository found."}, object),
	}
	registry.MustRegister(m.duration, m.last, m.tags)
	return m
}

func (m *Metrics) scanned(took time.Duration, err error) {
	result := "success"
	if err != nil {
		result = "failure"
	}
	m.duration.WithLabelValues(result).Observe(took.Seconds())
}

func (m *Metrics) kept(repo types.NamespacedName, scan taglist.Scan) {
	m.last.WithLabelValues(repo.Namespace, repo.Name).Set(float64(scan.At.Unix()))
	m.tags.WithLabelValues(repo.Namespace, repo.Name).Set(float64(scan.List.Len()))
}

func (m *Metrics) forget(repo types.NamespacedName) {
	m.last.DeleteLabelValues(repo.Namespace, repo.Name)
	m.tags.DeleteLabelValues(repo.Namespace, repo.Name)
}
