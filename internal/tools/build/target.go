// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"
)

// A target is one program to build and how.
type target struct {
	name    string   // its file in bin/, and its NAME on the command line
	group   string   // servers or tools
	folder  string   // the module that pins it, below internal/tools
	module  string   // where its code comes from; the version of it is the program's version
	pkg     string   // the import path of its package main
	cgo     bool     // whether it holds C code
	tags    string   // build tags, separated by commas
	stamped []string // string variables ("path.name") that are set to the version
	files   []string // folders of module that it reads while it runs; copied to bin/NAME.static
	needs   []string // programs it needs besides Go, to be built or to run
	patient string   // how long a first build takes on two cores
}

// targets returns every program there is, in the order in which they are built.
func targets() []target {
	const kubernetes = "k8s.io/kubernetes"
	return []target{
		{
			name: "etcd", group: "servers", folder: "etcd", patient: "half a minute",
			module: "go.etcd.io/etcd/server/v3", pkg: "go.etcd.io/etcd/server/v3",
		},
		{
			name: "registry", group: "servers", folder: "distribution", patient: "a minute",
			module: "github.com/distribution/distribution/v3", pkg: "github.com/distribution/distribution/v3/cmd/registry",
			stamped: []string{"github.com/distribution/distribution/v3/version.version"},
		},
		{
			name: "kube-apiserver", group: "servers", folder: "kubernetes", patient: "3 minutes",
			module: kubernetes, pkg: kubernetes + "/cmd/kube-apiserver",
		},
		{
			name: "kubectl", group: "servers", folder: "kubernetes", patient: "half a minute",
			module: kubernetes, pkg: kubernetes + "/cmd/kubectl",
		},
		{
			name: "gitea", group: "servers", folder: "gitea", patient: "2 minutes",
			module: "code.gitea.io/gitea", pkg: "code.gitea.io/gitea",
			cgo: true, tags: "sqlite,sqlite_unlock_notify", needs: []string{compiler, "git"},
			stamped: []string{"main.Version"}, files: []string{"options", "public", "templates"},
		},
		{
			name: "controller-gen", group: "tools", folder: "generate", patient: "half a minute",
			module: "sigs.k8s.io/controller-tools", pkg: "sigs.k8s.io/controller-tools/cmd/controller-gen",
			stamped: []string{"sigs.k8s.io/controller-tools/pkg/version.version"},
		},
		{
			name: "crd-ref-docs", group: "tools", folder: "generate", patient: "half a minute",
			module: "github.com/elastic/crd-ref-docs", pkg: "github.com/elastic/crd-ref-docs",
		},
		{
			name: "golangci-lint", group: "tools", folder: "lint", patient: "2 minutes",
			module: "github.com/golangci/golangci-lint/v2", pkg: "github.com/golangci/golangci-lint/v2/cmd/golangci-lint",
			stamped: []string{"main.version"},
		},
		{
			name: "govulncheck", group: "tools", folder: "vuln", patient: "half a minute",
			module: "golang.org/x/vuln", pkg: "golang.org/x/vuln/cmd/govulncheck",
		},
		{
			name: "benchstat", group: "tools", folder: "bench", patient: "half a minute",
			module: "golang.org/x/perf", pkg: "golang.org/x/perf/cmd/benchstat",
		},
	}
}

// choose returns the targets that names stand for, each once, in the order of all. A name may be a group.
func choose(all []target, names []string) ([]target, error) {
	for _, name := range names {
		if !slices.ContainsFunc(all, func(t target) bool { return t.is(name) }) {
			return nil, fmt.Errorf("there is no %q to build; there are: %s", name, strings.Join(known(all), " "))
		}
	}
	var chosen []target
	for _, t := range all {
		if slices.ContainsFunc(names, t.is) {
			chosen = append(chosen, t)
		}
	}
	return chosen, nil
}

func (t target) is(name string) bool { return name == t.name || name == t.group }

// known lists what may be built: the groups, then the programs.
func known(all []target) []string {
	var groups, programs []string
	for _, t := range all {
		if !slices.Contains(groups, t.group) {
			groups = append(groups, t.group)
		}
		programs = append(programs, t.name)
	}
	return append(groups, programs...)
}

// pin returns the version of module that a go.mod requires.
func pin(gomod []byte, module string) (string, error) {
	for line := range strings.Lines(string(gomod)) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) >= 2 && fields[0] == module && strings.HasPrefix(fields[1], "v") {
			return fields[1], nil
		}
	}
	return "", fmt.Errorf("its go.mod does not require %s", module)
}

// arguments returns those of "go build" for version of t, but for the output and the package.
// They are the same on every machine.
func (t target) arguments(version string) []string {
	arguments := []string{"-trimpath", "-ldflags=" + strings.Join(t.linkerFlags(version), " ")}
	if t.tags != "" {
		arguments = append(arguments, "-tags="+t.tags)
	}
	return arguments
}

func (t target) linkerFlags(version string) []string {
	flags := []string{"-s", "-w"}
	for _, variable := range t.stamped {
		flags = append(flags, "-X "+variable+"="+version)
	}
	if t.folder != "kubernetes" {
		return flags
	}
	// Clients compare versions with that of the API server; without these it says v0.0.0-master.
	major, minor := majorMinor(version)
	const at = "-X k8s.io/component-base/version."
	return append(flags, at+"gitVersion="+version, at+"gitMajor="+major, at+"gitMinor="+minor, at+"gitTreeState=clean")
}

// majorMinor returns "1" and "36" of "v1.36.3".
func majorMinor(version string) (major, minor string) {
	major, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ = strings.Cut(rest, ".")
	return major, minor
}
