// SPDX-License-Identifier: Apache-2.0

package bindir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/tools/bindir"
)

func TestRoot(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, filepath.Join(root, "go.mod"), "// first\nmodule github.com/fairlead-dev/fairlead\n\ngo 1.26.0\n")
	write(t, filepath.Join(root, "internal/tools/etcd/go.mod"), "module github.com/fairlead-dev/fairlead/internal/tools/etcd\n")
	write(t, filepath.Join(root, "internal/policy/doc.go"), "package policy\n")

	for _, tc := range []struct{ name, why, from string }{
		{"is found where it is", "the build program runs there", "."},
		{"is found from a package", "tests run in the folder of their package", "internal/policy"},
		{"is not a tool module", "bin/ lies beside the product's go.mod", "internal/tools/etcd"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := bindir.Root(filepath.Join(root, tc.from))
			if err != nil {
				t.Fatal(err)
			}
			if got != root {
				t.Errorf("%s: got %s, want %s", tc.why, got, root)
			}
		})
	}
}

func TestRoot_ofAnotherModule(t *testing.T) {
	t.Parallel()
	elsewhere := t.TempDir()
	write(t, filepath.Join(elsewhere, "go.mod"), "module example.com/other\n")
	if got, err := bindir.Root(elsewhere); err == nil {
		t.Errorf("found root %s in a folder of another module", got)
	}
}

// The cases set the environment, so they do not run in parallel.
func TestPath(t *testing.T) {
	whole, partial, own := t.TempDir(), t.TempDir(), t.TempDir()
	for _, name := range bindir.Kubernetes() {
		write(t, filepath.Join(whole, name), "")
	}
	write(t, filepath.Join(partial, "etcd"), "")
	write(t, filepath.Join(own, "etcd"), "")
	write(t, filepath.Join(own, "go.mod"), "module github.com/fairlead-dev/fairlead\n")
	write(t, filepath.Join(own, "bin/etcd"), "")
	write(t, filepath.Join(own, "bin/gitea"), "")

	for _, tc := range []struct{ name, why, bin, assets, program, want string }{
		{"takes the folder it is given", "a program may be told where to look", partial, whole, "etcd", filepath.Join(partial, "etcd")},
		{"takes complete assets", "who has the programs need not build them", "", whole, "etcd", filepath.Join(whole, "etcd")},
		{"passes over incomplete assets", "mixing versions would surprise", "", partial, "etcd", filepath.Join(own, "bin/etcd")},
		{"takes assets for Kubernetes alone", "they hold no Gitea", "", whole, "gitea", filepath.Join(own, "bin/gitea")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv(bindir.AssetsVariable, tc.assets)
			t.Chdir(own)
			got, err := bindir.Path(tc.bin, tc.program)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestPath_saysHowToBuild(t *testing.T) {
	t.Parallel()
	_, err := bindir.Path(t.TempDir(), "kubectl")
	if err == nil || !strings.Contains(err.Error(), `run "make servers"`) {
		t.Errorf("got %v, want an error that says what to run", err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}
