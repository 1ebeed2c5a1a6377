// SPDX-License-Identifier: Apache-2.0

package app

import (
	"os"
	"path/filepath"
	"testing"
)

const kubeconfig = `
apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here}}]
clusters: [{name: here, cluster: {server: "https://127.0.0.1:6443"}}]
`

// With client-go's limit, reading the Secrets of a few hundred repositories takes longer than their interval.
func TestConnection_isNotHeldBackByClientGo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	api, err := connection(Config{Kubeconfig: file})
	if err != nil {
		t.Fatal(err)
	}
	if api.Host != "https://127.0.0.1:6443" || api.QPS >= 0 || api.RateLimiter != nil {
		t.Errorf("got %s with %v requests a second, limiter %v; want none", api.Host, api.QPS, api.RateLimiter)
	}
}
