// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// freeAddress returns an address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// read returns status and body of an address, or what went wrong.
func read(url string) string {
	response, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(response.StatusCode, " ", string(body))
}

func TestOperation_probesMetricsAndLeaders(t *testing.T) {
	t.Parallel()
	w := newChain(t)
	first := w.push("web:1.0.0")
	lead := func() (*process, string, string) {
		health, metrics := freeAddress(t), freeAddress(t)
		p := w.startWith([]string{"--leader-election", "--health-addr", health, "--metrics-addr", metrics}, "POD_NAMESPACE="+serviceNamespace)
		return p, "http://" + health, "http://" + metrics + "/metrics"
	}
	leader, health, metrics := lead()
	w.awaitImage("1.0.0", first)
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := read(health + path); !strings.HasPrefix(got, "200") {
			t.Errorf("%s of the leader: %s", path, got)
		}
	}
	for _, metric := range []string{
		`fairlead_git_commits_total{name="fleet",namespace="` + w.namespace + `"} 1`,
		`fairlead_repository_tags{name="web",namespace="` + w.namespace + `"} 1`,
		`fairlead_registry_requests_total{code="200",host="` + shared.registry.Host() + `"}`,
		`fairlead_reconcile_duration_seconds_count{kind="UpdateAutomation",result="success"}`,
		`fairlead_update_lag_seconds_count{mode="Commit"} 1`,
		`fairlead_git_operations_total{operation="push",result="success"} 1`,
		`fairlead_redactions_total{sink="condition"} 0`,
		`fairlead_resource_info{kind="UpdateAutomation",name="fleet",namespace="` + w.namespace + `",ready="True",reason="Succeeded",suspended="false"} 1`,
	} {
		w.eventually(10*time.Second, func() string {
			if got := read(metrics); !strings.Contains(got, metric) {
				return "there is no metric " + metric
			}
			return ""
		})
	}

	// a standby is ready and does nothing; it takes over when the leader is told to stop
	_, health, _ = lead()
	w.eventually(20*time.Second, func() string { return unlessPrefix("200", read(health+"/readyz")) })
	leader.stop(t)
	w.awaitImage("1.1.0", w.push("web:1.1.0"))
	w.awaitRest()
	if n := len(w.commits()); n != 3 {
		t.Errorf("%d commits, want 3: %v", n, w.commits())
	}
}

// The manifests a user applies are accepted, and the Pod they lead to satisfies the restricted Pod Security standard.
func TestOperation_manifestsAreAccepted(t *testing.T) {
	t.Parallel()
	w := &world{t: t}
	w.kubectl("", "apply", "--server-side", "--force-conflicts", "-k", "../../config/default")
	if again := w.kubectl("", "apply", "--server-side", "--force-conflicts", "-k", "../../config/default"); strings.Contains(again, "configured") {
		t.Errorf("applying again changes something:\n%s", again)
	}
	var deployment struct {
		Spec struct{ Template map[string]any }
	}
	if err := json.Unmarshal([]byte(w.kubectl("", "-n", serviceNamespace, "get", "deployment", "fairlead-controller", "-o", "json")), &deployment); err != nil {
		t.Fatal(err)
	}
	pod := deployment.Spec.Template
	pod["apiVersion"], pod["kind"] = "v1", "Pod"
	pod["metadata"] = map[string]any{"name": "restricted", "namespace": serviceNamespace}
	text, err := json.Marshal(pod)
	if err != nil {
		t.Fatal(err)
	}
	w.kubectl(string(text), "apply", "--dry-run=server", "-f", "-")

	// the same with one right too many is refused: the standard is enforced here
	loose := strings.Replace(string(text), `"allowPrivilegeEscalation":false`, `"allowPrivilegeEscalation":true`, 1)
	if out, err := kubectl(t.Context(), loose, "apply", "--dry-run=server", "-f", "-"); err == nil || !strings.Contains(err.Error(), "restricted") {
		t.Errorf("a Pod that may escalate is accepted: %s %v", out, err)
	}
}
