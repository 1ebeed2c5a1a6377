// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// TestWriteFiles_leavesNothingHalf: what cannot be replaced is said, stays as it is, and nothing lies beside it.
func TestWriteFiles_leavesNothingHalf(t *testing.T) {
	t.Parallel()
	outside := filepath.Join(t.TempDir(), "outside.yaml")
	dir := t.TempDir()
	for _, file := range []string{outside, filepath.Join(dir, "a.yaml")} {
		if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	for _, name := range []string{"link.yaml", "folder.yaml", "none.yaml", "none/x.yaml", "../outside.yaml"} {
		files := []plan.File{{Entry: site.Entry{Path: name}, Content: []byte("new")}}
		if err := writeFiles(root, files); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("writing %s: %v", name, err)
		}
	}
	if err := writeFiles(root, []plan.File{{Entry: site.Entry{Path: "a.yaml"}, Content: []byte("new")}}); err != nil {
		t.Error(err)
	}
	for file, want := range map[string]string{outside: "old", filepath.Join(dir, "a.yaml"): "new"} {
		if content, err := os.ReadFile(file); err != nil || string(content) != want {
			t.Errorf("%s holds %q, %v", file, content, err)
		}
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 3 {
		t.Errorf("the folder holds %v, %v", names, err)
	}
}
