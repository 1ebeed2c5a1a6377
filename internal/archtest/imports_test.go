// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/fairlead-dev/fairlead/"

// layers are the folders of this module from the bottom up. A package may import only folders of earlier
// lines; folders on one line do not know each other. "x/" means the folders below x.
// Do not move a folder to mend a build: write an ADR first.
var layers = []string{
	"api/reason",
	"api/v1alpha1 internal/fault",
	"internal/image internal/taglist internal/schedule internal/credentials internal/yamlspan internal/commit internal/forge",
	"internal/policy internal/gate internal/edit internal/site internal/webhook",
	"internal/site/survey",
	"internal/site/ internal/hold",
	"internal/plan",
	"internal/message",
	"internal/spec internal/transport",
	"internal/gitwire",
	"internal/registry internal/cloudauth internal/tagstore internal/gitrepo internal/hookserver internal/forge/ internal/loop internal/secrets",
	"controllers/",
	"internal/app",
	"internal/cli",
	"cmd/ internal/docgen",
}

// only says who alone may import what. It keeps the core pure, the controllers free of adapters, and each
// heavy dependency in one place.
var only = map[string]string{
	"api/v1alpha1":       "internal/spec internal/loop controllers/ internal/app internal/cli",
	"internal/transport": "internal/registry internal/gitwire internal/hookserver internal/forge/ internal/app",
	"internal/registry":  "internal/app",
	"internal/gitrepo":   "internal/app",
	"internal/tagstore":  "internal/app",
	"internal/gitwire":   "internal/gitrepo",
	"controllers/":       "internal/app",
	"os":                 "internal/tagstore internal/gitrepo internal/app internal/cli cmd/ internal/docgen",
	"net/http":           "internal/transport internal/registry internal/gitwire internal/hookserver internal/forge/ internal/app",
	"k8s.io/":            "api/v1alpha1 internal/spec internal/loop internal/secrets internal/cloudauth controllers/ internal/app internal/cli",

	"sigs.k8s.io/kustomize/kyaml":            "internal/yamlspan",
	"github.com/go-git/":                     "internal/gitrepo internal/gitwire",
	"github.com/google/go-containerregistry": "internal/registry",
	"github.com/fluxcd/pkg/auth":             "internal/cloudauth",
}

// forTests are folders that product code may not import. They may import what they like.
var forTests = []string{
	"internal/archtest", "internal/fixture", "internal/testserver", "internal/forge/forgetest", "internal/bench",
	"internal/e2e", "internal/chaos", "internal/demo", "internal/tools",
}

// within tells whether folder is one of the space-separated patterns.
func within(folder, patterns string) bool {
	for pattern := range strings.FieldsSeq(patterns) {
		if folder == pattern || (strings.HasSuffix(pattern, "/") && strings.HasPrefix(folder, pattern)) {
			return true
		}
	}
	return false
}

// layerOf returns the number of the layer of folder, or -1. The exact name counts before "x/".
func layerOf(folder string) int {
	if i := slices.IndexFunc(layers, func(line string) bool { return slices.Contains(strings.Fields(line), folder) }); i >= 0 {
		return i
	}
	return slices.IndexFunc(layers, func(line string) bool { return within(folder, line) })
}

// isFor tells whether folder is one of folders, or below one.
func isFor(folder string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return folder == f || strings.HasPrefix(folder, f+"/") })
}

// faults returns what is wrong with folder importing target, an import path.
func faults(folder, target string) []string {
	var wrong []string
	ours, isOurs := strings.CutPrefix(target, module)
	switch {
	case !isOurs:
	case isFor(ours, forTests):
		wrong = append(wrong, "product code imports a package for tests")
	case layerOf(ours) < 0:
		wrong = append(wrong, "the imported folder has no line in layers")
	case layerOf(ours) >= layerOf(folder):
		wrong = append(wrong, "the imported folder is not below in layers")
	}
	name := target
	if isOurs {
		name = ours
	}
	for what, who := range only {
		if named(name, what) && !within(folder, who) && (!isOurs || folder != name) {
			wrong = append(wrong, fmt.Sprintf("only %s may import %s", who, what))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// named tells whether the import path is what, or below it.
func named(target, what string) bool {
	return target == what || strings.HasPrefix(target, strings.TrimSuffix(what, "/")+"/")
}

func TestImports(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && len(entry.Name()) > 2 || entry.Name() == "testdata" || entry.Name() == "bin"):
			return filepath.SkipDir
		case !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		folder := path.Dir(filepath.ToSlash(relative))
		if isFor(folder, forTests) {
			return nil
		}
		files++
		if layerOf(folder) < 0 {
			t.Errorf("%s: the folder has no line in layers", relative)
			return nil
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imported := range parsed.Imports {
			target, err := strconv.Unquote(imported.Path.Value)
			if err != nil {
				return err
			}
			for _, wrong := range faults(folder, target) {
				t.Errorf("%s imports %s: %s", relative, target, wrong)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("only %d files were looked at", files)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, folder, target string
		wrong                     bool
	}{
		{"lets a layer import one below", "the picture of the design", "internal/policy", module + "internal/image", false},
		{"refuses one above", "imports go one way", "internal/image", module + "internal/policy", true},
		{"refuses a neighbor", "adapters do not know each other", "internal/registry", module + "internal/gitrepo", true},
		{"refuses an adapter in a controller", "controllers are handed what they need", "controllers/imagepolicy", module + "internal/registry", true},
		{"refuses Kubernetes in the core", "an API version changes without touching a rule", "internal/plan", "k8s.io/api/core/v1", true},
		{"refuses the API in the core", "spec alone translates", "internal/plan", module + "api/v1alpha1", true},
		{"refuses files in the core", "a tree is handed in", "internal/site", "os", true},
		{"refuses test packages in the product", "tests must not ship", "internal/app", module + "internal/testserver", true},
		{"lets a finder import what it yields", "finders stand above site", "internal/site/markers", module + "internal/site", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := faults(tc.folder, tc.target); (len(got) > 0) != tc.wrong {
				t.Errorf("%s: %v", tc.why, got)
			}
		})
	}
}
