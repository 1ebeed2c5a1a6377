// SPDX-License-Identifier: Apache-2.0

package app

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/fairlead-dev/fairlead/controllers/imagepolicy"
	"github.com/fairlead-dev/fairlead/controllers/imagerepository"
	"github.com/fairlead-dev/fairlead/controllers/updateautomation"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/registry"
)

// A list of metrics writes down what is registered with it.
type list struct {
	prometheus.Registerer
	t     *testing.T
	names []string
}

var described = regexp.MustCompile(`fqName: "([^"]+)", help: "(.*)", constLabels: {}, variableLabels: {([^}]*)}`)

func (l *list) MustRegister(all ...prometheus.Collector) {
	for _, collector := range all {
		out := make(chan *prometheus.Desc)
		go func() { collector.Describe(out); close(out) }()
		for desc := range out {
			found := described.FindStringSubmatch(desc.String())
			if found == nil || found[2] == "" {
				l.t.Fatalf("%s has no name, no help, or labels that are fixed", desc)
			}
			l.names = append(l.names, found[1]+"{"+found[3]+"}")
		}
	}
}

// The names and labels of metrics are fixed: dashboards and alerts are made of them. That each one moves is tested where
// it is counted.
func TestMetrics_areThoseThatWereAgreedOn(t *testing.T) {
	t.Parallel()
	l := &list{t: t}
	loop.NewMetrics(l)
	registry.NewMetrics(l)
	imagerepository.NewMetrics(l)
	imagepolicy.NewMetrics(l)
	updateautomation.NewMetrics(l)
	l.MustRegister(loop.NewInventory(t.Context(), nil, kinds()))
	slices.Sort(l.names)
	want := []string{
		"fairlead_automation_held{namespace,name,reason}",
		"fairlead_automation_pending_changes{namespace,name,reason}",
		"fairlead_automation_unresolved_sites{namespace,name,reason}",
		"fairlead_git_commits_total{namespace,name}",
		"fairlead_git_operation_duration_seconds{operation,result}",
		"fairlead_git_operations_total{operation,result}",
		"fairlead_git_push_races_total{namespace,name}",
		"fairlead_policy_candidate_wait_seconds{namespace,name,reason}",
		"fairlead_policy_rejected_tags{namespace,name,reason}",
		"fairlead_reconcile_duration_seconds{kind,result}",
		"fairlead_redactions_total{sink}",
		"fairlead_registry_request_duration_seconds{host,code}",
		"fairlead_registry_requests_total{host,code}",
		"fairlead_registry_throttled_seconds_total{host}",
		"fairlead_repository_last_scan_timestamp_seconds{namespace,name}",
		"fairlead_repository_scan_duration_seconds{result}",
		"fairlead_repository_tags{namespace,name}",
		"fairlead_resource_info{kind,namespace,name,ready,reason,suspended}",
		"fairlead_update_lag_seconds{mode}",
	}
	if diff := cmp.Diff(want, l.names); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
