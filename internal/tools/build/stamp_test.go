// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStamp_changesWithEachPartOfTheOrigin(t *testing.T) {
	t.Parallel()
	steady := origin{
		toolchain: []string{"go1.26.0", "linux", "amd64"},
		gomod:     []byte("module a\n"), gosum: []byte("b h1:c\n"),
		arguments: []string{"-trimpath", "-tags=sqlite"}, files: []string{"templates"},
	}
	seen := map[string]string{steady.stamp(): "the steady origin"}
	for _, tc := range []struct {
		name string
		edit func(*origin)
	}{
		{"another version of Go", func(o *origin) { o.toolchain = []string{"go1.26.1", "linux", "amd64"} }},
		{"another architecture", func(o *origin) { o.toolchain = []string{"go1.26.0", "linux", "arm64"} }},
		{"another go.mod", func(o *origin) { o.gomod = []byte("module d\n") }},
		{"another go.sum", func(o *origin) { o.gosum = nil }},
		{"other arguments", func(o *origin) { o.arguments = []string{"-trimpath"} }},
		{"arguments that were one", func(o *origin) { o.arguments = []string{"-trimpath-tags=sqlite"} }},
		{"a folder that became an argument", func(o *origin) {
			o.arguments, o.files = append(o.arguments[:2:2], "templates"), nil
		}},
		{"C code", func(o *origin) { o.cgo = true }},
	} {
		o := steady
		tc.edit(&o)
		got := o.stamp()
		if twin, ok := seen[got]; ok {
			t.Errorf("%s has the stamp of %s", tc.name, twin)
		}
		seen[got] = tc.name
	}
	if again := steady.stamp(); seen[again] != "the steady origin" {
		t.Errorf("the same origin gave another stamp: %s", again)
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		have      found
		want      bool
	}{
		{"rests when all is as pinned", "bin/ is reused", found{stamp: "aa", whole: true}, false},
		{"builds when nothing is there", "the first time", found{}, true},
		{"builds after a pin changed", "an old server would test something else", found{stamp: "bb", whole: true}, true},
		{"builds when the program was deleted", "a stamp alone serves nobody", found{stamp: "aa"}, true},
		{"builds over a program of unknown origin", "it may be of any version", found{whole: true}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := stale("aa", tc.have); got != tc.want {
				t.Errorf("%s: got %t, want %t", tc.why, got, tc.want)
			}
		})
	}
}

func TestReplaced(t *testing.T) {
	t.Parallel()
	etcd, gitea := target{name: "etcd"}, target{name: "gitea"}
	for _, tc := range []struct {
		name, why string
		chosen    []target
		assets    string
		missing   []string
		want      []string
		says      string
	}{
		{"builds all without assets", "the usual case", []target{etcd, gitea}, "", []string{"etcd"}, []string{"etcd", "gitea"}, ""},
		{"builds the others with assets", "assets hold no Gitea", []target{etcd, gitea}, "/assets", nil, []string{"gitea"}, "using"},
		{"builds all with incomplete assets", "and says why", []target{etcd, gitea}, "/assets", []string{"kubectl"},
			[]string{"etcd", "gitea"}, "does not hold kubectl"},
		{"is silent when nothing is concerned", "it would only puzzle", []target{gitea}, "/assets", nil, []string{"gitea"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rest, line := replaced(tc.chosen, []string{"etcd", "kube-apiserver", "kubectl"}, tc.assets, tc.missing)
			if diff := cmp.Diff(tc.want, names(rest)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			if !strings.Contains(line, tc.says) || (line == "") != (tc.says == "") {
				t.Errorf("%s: it says %q, want something with %q", tc.why, line, tc.says)
			}
		})
	}
}

// names returns those of list; nil for none.
func names(list []target) []string {
	var names []string
	for _, t := range list {
		names = append(names, t.name)
	}
	return names
}

// tools returns the packages that the tool directives of a go.mod name.
func tools(gomod []byte) []string {
	var packages []string
	inBlock := false
	for line := range strings.Lines(string(gomod)) {
		fields := strings.Fields(line)
		switch {
		case len(fields) == 2 && fields[0] == "tool" && fields[1] == "(":
			inBlock = true
		case len(fields) == 1 && fields[0] == ")":
			inBlock = false
		case len(fields) == 2 && fields[0] == "tool":
			packages = append(packages, fields[1])
		case len(fields) == 1 && inBlock:
			packages = append(packages, fields[0])
		}
	}
	return packages
}
