// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	all := []target{{name: "etcd", group: "servers"}, {name: "gitea", group: "servers"}, {name: "benchstat", group: "tools"}}
	for _, tc := range []struct {
		name, why string
		names     []string
		want      []string
	}{
		{"takes a program", "the narrowest choice", []string{"gitea"}, []string{"gitea"}},
		{"takes a group", "make servers", []string{"servers"}, []string{"etcd", "gitea"}},
		{"takes each once", "a group may hold what is also named", []string{"gitea", "servers"}, []string{"etcd", "gitea"}},
		{"keeps its own order", "two calls that differ in order do the same", []string{"benchstat", "etcd"}, []string{"etcd", "benchstat"}},
		{"takes nothing of nothing", "run refuses that and prints how it is used", nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			chosen, err := choose(all, tc.names)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, names(chosen)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestChoose_unknown(t *testing.T) {
	t.Parallel()
	_, err := choose([]target{{name: "etcd", group: "servers"}}, []string{"etcd", "docker"})
	want := `there is no "docker" to build; there are: servers etcd`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestPin(t *testing.T) {
	t.Parallel()
	const gomod = `module example.com/tools

require example.com/single v1.0.0

require (
	example.com/single-more v9.9.9 // indirect
	example.com/block v0.2.0 // indirect
)

replace example.com/replaced => example.com/other v3.0.0
`
	for _, tc := range []struct{ name, why, module, want string }{
		{"reads a line", "go get writes one for a single module", "example.com/single", "v1.0.0"},
		{"reads a block", "what tools need is indirect", "example.com/block", "v0.2.0"},
		{"passes over a replacement", "it is no requirement", "example.com/replaced", ""},
		{"passes over what is not there", "a wrong table must not build something else", "example.com/absent", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := pin([]byte(gomod), tc.module)
			if got != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("%s: got %q, %v, want %q", tc.why, got, err, tc.want)
			}
		})
	}
}

// TestTargets checks the table against the modules in this repository.
func TestTargets(t *testing.T) {
	t.Parallel()
	for _, target := range targets() {
		t.Run(target.name, func(t *testing.T) {
			t.Parallel()
			gomod, err := os.ReadFile(filepath.Join("..", target.folder, "go.mod"))
			if err != nil {
				t.Fatal(err)
			}
			version, err := pin(gomod, target.module)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s %s", target.name, version)
			if !slices.Contains(tools(gomod), target.pkg) {
				t.Errorf("go.mod has no tool directive for %s: its go.sum may lack what a build needs", target.pkg)
			}
		})
	}
}

func TestArguments_versionOfKubernetes(t *testing.T) {
	t.Parallel()
	got := target{folder: "kubernetes"}.arguments("v1.36.3")
	want := []string{"-trimpath", "-ldflags=-s -w" +
		" -X k8s.io/component-base/version.gitVersion=v1.36.3" +
		" -X k8s.io/component-base/version.gitMajor=1" +
		" -X k8s.io/component-base/version.gitMinor=36" +
		" -X k8s.io/component-base/version.gitTreeState=clean"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

func TestArguments_tagsAndVersion(t *testing.T) {
	t.Parallel()
	got := target{tags: "sqlite", stamped: []string{"main.Version"}}.arguments("v1.26.0")
	want := []string{"-trimpath", "-ldflags=-s -w -X main.Version=v1.26.0", "-tags=sqlite"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}
