// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// An Inventory is the metric fairlead_resource_info: 1 for each object, with its state in the labels. It lists from
// the cache when it is asked, so that it holds nothing and forgets what is gone. It is safe for concurrent use.
type Inventory struct {
	until context.Context //nolint:containedctx // a collector is asked without one
	cache client.Reader
	kinds map[string]client.ObjectList
	info  *prometheus.Desc
}

// NewInventory returns the inventory of kinds, which have an empty list each, until ctx ends. The caller registers it.
func NewInventory(ctx context.Context, cache client.Reader, kinds map[string]client.ObjectList) *Inventory {
	return &Inventory{until: ctx, cache: cache, kinds: kinds, info: prometheus.NewDesc("fairlead_resource_info",
		"1 for each object. ready is True, False or Unknown; reason is that of the Ready condition.",
		[]string{"kind", "namespace", "name", "ready", "reason", "suspended"}, nil)}
}

// Describe sends the one description.
func (i *Inventory) Describe(out chan<- *prometheus.Desc) { out <- i.info }

// Collect sends the objects. A kind that cannot be listed at the moment, because the caches are not filled yet, is left
// out: the other metrics are worth having without it.
func (i *Inventory) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(i.until, 5*time.Second)
	defer cancel()
	for kind, empty := range i.kinds {
		list := empty.DeepCopyObject().(client.ObjectList) //nolint:forcetypeassert // a copy has the type of the original
		if i.cache.List(ctx, list, client.UnsafeDisableDeepCopy) != nil {
			continue
		}
		_ = meta.EachListItem(list, func(item runtime.Object) error {
			if obj, ok := item.(Object); ok {
				out <- prometheus.MustNewConstMetric(i.info, prometheus.GaugeValue, 1, labelsOf(kind, obj)...)
			}
			return nil
		}) // fails for what is no list alone
	}
}

// labelsOf returns the values of the labels of one object.
func labelsOf(kind string, obj Object) []string {
	ready, why := string(metav1.ConditionUnknown), ""
	conditions := obj.Reconciled().Conditions
	if at := slices.IndexFunc(conditions, func(c metav1.Condition) bool { return c.Type == v1alpha1.ReadyCondition }); at >= 0 {
		ready, why = string(conditions[at].Status), conditions[at].Reason
	}
	return []string{kind, obj.GetNamespace(), obj.GetName(), ready, why, strconv.FormatBool(obj.Suspended())}
}
