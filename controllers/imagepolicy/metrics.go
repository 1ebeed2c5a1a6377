// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
)

// Metrics say what policies leave out, and what waits. They are safe for concurrent use.
type Metrics struct {
	rejected *prometheus.GaugeVec
	waits    *prometheus.GaugeVec

	mu      sync.Mutex
	waiting map[types.NamespacedName]waiting
}

// waiting is a candidate, and since when it is known to wait.
type waiting struct {
	tag    string
	digest image.Digest
	since  time.Time
}

// NewMetrics registers fairlead_policy_rejected_tags and fairlead_policy_candidate_wait_seconds.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	labels := []string{"namespace", "name", "reason"}
	m := &Metrics{
		rejected: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fairlead_policy_rejected_tags",
			Help: "How many tags lost at the last evaluation, by reason."}, labels),
		waits: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "fairlead_policy_candidate_wait_seconds",
			Help: "For how long the image in status.candidate had waited at the last evaluation, by reason (MinAge, Pinned); " +
				"since it was first seen or, where that is not recorded, since this process knows of it."}, labels),
		waiting: map[types.NamespacedName]waiting{},
	}
	registry.MustRegister(m.rejected, m.waits)
	return m
}

// selected notes what an evaluation at a time came to.
func (m *Metrics) selected(pol types.NamespacedName, d policy.Decision, now time.Time) {
	m.rejected.DeletePartialMatch(of(pol))
	for _, lost := range d.Selection.Rejected {
		m.rejected.WithLabelValues(pol.Namespace, pol.Name, string(lost.Reason)).Set(float64(lost.Count))
	}
	m.waits.DeletePartialMatch(of(pol))
	if c := d.State.Candidate; c != nil {
		m.waits.WithLabelValues(pol.Namespace, pol.Name, string(c.Reason)).Set(now.Sub(m.since(pol, *c, now)).Seconds())
	} else {
		m.moveOn(pol)
	}
}

// since returns since when c waits.
func (m *Metrics) since(pol types.NamespacedName, c policy.Candidate, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := m.waiting[pol]
	if w.tag != c.Tag || w.digest != c.Digest {
		w = waiting{tag: c.Tag, digest: c.Digest, since: now}
	}
	if !c.FirstSeen.IsZero() {
		w.since = c.FirstSeen
	}
	m.waiting[pol] = w
	return w.since
}

func (m *Metrics) moveOn(pol types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.waiting, pol)
}

func (m *Metrics) forget(pol types.NamespacedName) {
	m.rejected.DeletePartialMatch(of(pol))
	m.waits.DeletePartialMatch(of(pol))
	m.moveOn(pol)
}

// of are the labels of everything about a policy.
func of(pol types.NamespacedName) prometheus.Labels {
	return prometheus.Labels{"namespace": pol.Namespace, "name": pol.Name}
}
