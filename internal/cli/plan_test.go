// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/fairlead-dev/fairlead/internal/fixture/vectors"
	"github.com/fairlead-dev/fairlead/internal/plan"
)

// A planRow is one of the editing vectors.
type planRow struct {
	Comment, Images string
	Args            []string
	Files, Want     map[string][]byte
	Changes         []map[string]any
	Unresolved      []map[string]any // nil: not compared
}

type planAnswer struct {
	Files, Sites                 int
	Changes, Pending, Unresolved []map[string]any
}

// readPlanRows returns the rows of the strategies there are, by name.
func readPlanRows(t *testing.T) map[string]planRow {
	t.Helper()
	names, err := fs.Glob(vectors.FS, "editing/*")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]planRow{}
	for _, name := range names {
		data, err := vectors.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		row := planRow{Files: map[string][]byte{}, Want: map[string][]byte{}}
		if path.Ext(name) == ".json" {
			if err := json.Unmarshal(data, &row); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		} else {
			row.readArchive(t, txtar.Parse(data))
		}
		if _, known := plan.StrategyNamed(row.strategy()); known {
			rows[path.Base(name)] = row
		}
	}
	if len(rows) < 50 {
		t.Fatalf("only %d rows", len(rows))
	}
	return rows
}

func (r *planRow) readArchive(t *testing.T, archive *txtar.Archive) {
	t.Helper()
	r.Comment = string(archive.Comment)
	for _, f := range archive.Files {
		wanted, isWanted := strings.CutPrefix(f.Name, "want/")
		switch {
		case f.Name == "images.yaml":
			r.Images = string(f.Data)
		case f.Name == "args":
			r.Args = strings.Fields(string(f.Data))
		case f.Name == "want/changes.json":
			if err := json.Unmarshal(f.Data, r); err != nil {
				t.Fatal(err)
			}
		case isWanted:
			r.Want[wanted] = f.Data
		default:
			r.Files[f.Name] = f.Data
		}
	}
}

func (r planRow) strategy() string {
	for _, arg := range r.Args {
		if name, ok := strings.CutPrefix(arg, "--strategy="); ok {
			return name
		}
	}
	return "Markers"
}

// writeFolder makes a folder of files in which every other one may be run.
func writeFolder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, modeOf(content)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// modeOf gives files different modes.
func modeOf(content []byte) fs.FileMode { return []fs.FileMode{0o644, 0o755, 0o600}[len(content)%3] }

// readFolder returns what is in dir, with nothing left out.
func readFolder(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		name, _ := filepath.Rel(dir, file)
		files[filepath.ToSlash(name)] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestPlan_vectors(t *testing.T) {
	t.Parallel()
	for name, row := range readPlanRows(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			row.check(t)
		})
	}
}

func (r planRow) check(t *testing.T) {
	dir := writeFolder(t, r.Files)
	args := append([]string{"plan", dir, "--images", "-"}, r.Args...)
	changes := 3
	if len(r.Changes) == 0 {
		changes = 0
	}
	code, stdout, stderr := run(t, r.Images, append(args, "-o", "json")...)
	var got planAnswer
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != changes || stderr != "" {
		t.Fatalf("%s exit %d, want %d; %v; %s%s", r.Comment, code, changes, err, stdout, stderr)
	}
	if diff := cmp.Diff(append([]map[string]any{}, r.Changes...), got.Changes); diff != "" {
		t.Errorf("%s changes (-want +got):\n%s", r.Comment, diff)
	}
	r.compareUnresolved(t, got.Unresolved)
	if diff := cmp.Diff(r.Files, readFolder(t, dir)); diff != "" {
		t.Errorf("%s without --write the folder changed (-want +got):\n%s", r.Comment, diff)
	}
	code, patch, _ := run(t, r.Images, args...)
	if code != changes || (patch == "") != (changes == 0) {
		t.Errorf("%s exit %d, want %d, with the diff\n%s", r.Comment, code, changes, patch)
	}
	r.checkWritten(t, dir, args, patch)
}

func (r planRow) compareUnresolved(t *testing.T, got []map[string]any) {
	t.Helper()
	if r.Unresolved == nil {
		return
	}
	for i := range min(len(got), len(r.Unresolved)) {
		maps.DeleteFunc(got[i], func(field string, _ any) bool { _, given := r.Unresolved[i][field]; return !given })
	}
	if diff := cmp.Diff(r.Unresolved, got); diff != "" {
		t.Errorf("%s unresolved (-want +got):\n%s", r.Comment, diff)
	}
}

// checkWritten writes, and compares with what the row wants and with what git makes of the diff.
func (r planRow) checkWritten(t *testing.T, dir string, args []string, patch string) {
	t.Helper()
	want := maps.Clone(r.Files)
	maps.Copy(want, r.Want)
	if patch != "" {
		patched := writeFolder(t, r.Files)
		applyPatch(t, patched, patch)
		if diff := cmp.Diff(want, readFolder(t, patched)); diff != "" {
			t.Errorf("%s the diff applied (-want +got):\n%s\n%s", r.Comment, diff, patch)
		}
	}
	if code, stdout, stderr := run(t, r.Images, append(args, "--write")...); code != 0 || stdout != patch {
		t.Errorf("%s --write: exit %d; %s%s", r.Comment, code, stdout, stderr)
	}
	if diff := cmp.Diff(want, readFolder(t, dir)); diff != "" {
		t.Errorf("%s written (-want +got):\n%s", r.Comment, diff)
	}
	for name, content := range r.Files {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != modeOf(content) {
			t.Errorf("%s %s has mode %v, %v", r.Comment, name, info.Mode(), err)
		}
	}
	if code, stdout, _ := run(t, r.Images, append(args, "--write")...); code != 0 || stdout != "" {
		t.Errorf("%s the second time: exit %d; %s", r.Comment, code, stdout)
	}
}

// applyPatch lets git read the diff.
func applyPatch(t *testing.T, dir, patch string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "apply", "--whitespace=nowarn", "-")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(patch)
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("git apply: %v %s\n%s", err, out, patch)
	}
}

const (
	webImages = "{policy: shop/web, image: \"ghcr.io/acme/web:1.4.2\"}\n"
	webMarked = "image: ghcr.io/acme/web:1.4.1 # {\"$imagepolicy\": \"shop:web\"}\n"
)

func TestPlan_prints(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("- b\n", 9)
	marked := "- " + strings.TrimPrefix(webMarked, "image: ")
	dir := writeFolder(t, map[string][]byte{
		"a b.yaml": []byte(webMarked + "x: y # {\"$imagepolicy\": \"shop:wbe\"}\n"),
		"b.yaml":   []byte(many + marked + marked + strings.ReplaceAll(many, "b", "c") + "- \"ghcr.io/acme/web:1.4.2\" # {\"$imagepolicy\": \"shop:web\"}\n---\n" + strings.TrimSuffix(marked, "\n")),
	})
	code, stdout, stderr := run(t, webImages, "plan", dir, "--images", "-")
	want := "--- a/a b.yaml\t\n+++ b/a b.yaml\t\n" + `@@ -1,2 +1,2 @@
-image: ghcr.io/acme/web:1.4.1 # {"$imagepolicy": "shop:web"}
+image: ghcr.io/acme/web:1.4.2 # {"$imagepolicy": "shop:web"}
 x: y # {"$imagepolicy": "shop:wbe"}
--- a/b.yaml
+++ b/b.yaml
@@ -7,8 +7,8 @@
 - b
 - b
 - b
-- ghcr.io/acme/web:1.4.1 # {"$imagepolicy": "shop:web"}
-- ghcr.io/acme/web:1.4.1 # {"$imagepolicy": "shop:web"}
+- ghcr.io/acme/web:1.4.2 # {"$imagepolicy": "shop:web"}
+- ghcr.io/acme/web:1.4.2 # {"$imagepolicy": "shop:web"}
 - c
 - c
 - c
@@ -20,4 +20,4 @@
 - c
 - "ghcr.io/acme/web:1.4.2" # {"$imagepolicy": "shop:web"}
 ---
-- ghcr.io/acme/web:1.4.1 # {"$imagepolicy": "shop:web"}
\ No newline at end of file
+- ghcr.io/acme/web:1.4.2 # {"$imagepolicy": "shop:web"}
\ No newline at end of file
`
	if diff := cmp.Diff(want, stdout); code != 3 || diff != "" {
		t.Errorf("exit %d (-want +got):\n%s", code, diff)
	}
	if want := "a b.yaml:2: UnknownPolicy: shop:wbe\n5 sites in 2 files, 4 changes, 1 left alone\n"; stderr != want {
		t.Errorf("standard error is %q, want %q", stderr, want)
	}
}

func TestPlan_printsJSON(t *testing.T) {
	t.Parallel()
	dir := writeFolder(t, map[string][]byte{"a.yaml": []byte(webMarked + "x: y # {\"$imagepolicy\": \"shop:wbe\"}\n"), "link.yml": nil})
	if err := os.Remove(filepath.Join(dir, "link.yml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.yaml", filepath.Join(dir, "link.yml")); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := run(t, webImages, "plan", dir, "--images", "-", "-o", "json")
	want := `{
  "files": 1,
  "sites": 1,
  "changes": [
    {
      "file": "a.yaml",
      "line": 1,
      "policy": "shop/web",
      "part": "full",
      "from": "ghcr.io/acme/web:1.4.1",
      "to": "ghcr.io/acme/web:1.4.2"
    }
  ],
  "unresolved": [
    {
      "file": "a.yaml",
      "line": 2,
      "reason": "UnknownPolicy",
      "text": "shop:wbe"
    },
    {
      "file": "link.yml",
      "line": 0,
      "reason": "Link",
      "text": ""
    }
  ]
}
`
	if diff := cmp.Diff(want, stdout); code != 3 || stderr != "" || diff != "" {
		t.Errorf("exit %d, %q (-want +got):\n%s", code, stderr, diff)
	}
}

const webPolicy = `apiVersion: fairlead.dev/v1alpha1
kind: ImagePolicy
metadata: {name: web, namespace: shop}
spec: {imageRepositoryRef: {name: web}, policy: {semver: {range: 1.x}}}
status: {latest: {name: ghcr.io/acme/web, tag: 1.4.2, since: "2026-11-20T12:00:00Z"}}
`

// indented is text as an item of a list.
func indented(text string) string {
	return "- " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

func TestPlan_images(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, images, src string
		code                   int
		says                   string // on standard error, of a failure; else in the JSON
	}{
		{"takes an ImagePolicy", "as the cluster has it", webPolicy, webMarked, 3, `"to": "ghcr.io/acme/web:1.4.2"`},
		{"takes what kubectl prints", "a list of all", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n" + indented(webPolicy), webMarked, 3, `"to": "ghcr.io/acme/web:1.4.2"`},
		{"passes other objects over", "a whole folder may be piped in", "apiVersion: v1\nkind: Pod\n---\n---\n" + webPolicy, webMarked, 3, `"to"`},
		{"takes JSON", "it is YAML as well", `{"policy": "shop/web", "image": "ghcr.io/acme/web:1.4.2"}`, webMarked, 3, `"to"`},
		{"leaves a policy without an image alone", "it never chose one", "{policy: shop/web}", webMarked, 0, `"PolicyNotReady"`},
		{"leaves a policy with a name alone likewise", "a name says nothing to write", "{policy: shop/web, image: ghcr.io/acme/web}", webMarked, 0, `"PolicyNotReady"`},
		{"leaves a suspended policy alone", "a person stopped it", strings.Replace(webPolicy, "1.x}}", "1.x}}, suspend: true", 1), webMarked, 0, `"PolicySuspended"`},
		{"does not go down", "as the controller", webPolicy, strings.Replace(webMarked, "1.4.1", "1.5.0", 1), 0, `"DowngradeHeld"`},
		{"writes a digest without a tag", "a reference may have one alone", "{policy: shop/web, image: \"ghcr.io/acme/web@sha256:" + strings.Repeat("a", 64) + "\"}", webMarked, 3, `web@sha256:aaaa`},
		{"refuses an empty file", "nothing would ever change", "\n", webMarked, 1, "names no image"},
		{"refuses a slip of the pen", "nobody else would tell", "{policy: shop/web, imag: x}", webMarked, 1, `"imag"`},
		{"refuses one in an ImagePolicy", "likewise", strings.Replace(webPolicy, "policy:", "polcy:", 1), webMarked, 1, "InvalidPolicy"},
		{"refuses a name without namespace", "markers have both", "{policy: web, image: x}", webMarked, 1, "is not namespace/name"},
		{"refuses an ImagePolicy without namespace", "likewise", strings.Replace(webPolicy, ", namespace: shop", "", 1), webMarked, 1, "no metadata.namespace"},
		{"refuses what is no image", "it could not be written", "{policy: shop/web, image: \"Web:1\"}", webMarked, 1, "is not an image reference"},
		{"refuses a status that is none", "somebody wrote it by hand", strings.Replace(webPolicy, "ghcr.io/acme/web,", "\"a b\",", 1), webMarked, 1, "shop/web: InvalidPolicy: status.latest.name"},
		{"refuses a policy that comes twice", "which one counts is not said", webImages + "---\n" + webPolicy, webMarked, 1, "comes twice"},
		{"refuses what is no YAML", "half of it would be used", "a: [", webMarked, 1, "reading YAML"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := writeFolder(t, map[string][]byte{"a.yaml": []byte(tc.src)})
			code, stdout, stderr := run(t, tc.images, "plan", dir, "--images", "-", "-o", "json")
			said := stdout
			if tc.code == 1 {
				said = stderr
			}
			if code != tc.code || !strings.Contains(said, tc.says) || strings.Count(stderr, "\n") > 1 {
				t.Errorf("%s: exit %d, want %d; %s%s", tc.why, code, tc.code, stdout, stderr)
			}
		})
	}
}

func TestPlan_refuses(t *testing.T) {
	t.Parallel()
	dir := writeFolder(t, map[string][]byte{"a.yaml": []byte(webMarked), "sub/b.yaml": []byte(webMarked)})
	for _, tc := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no folder", []string{"--images", "-"}, 2, "one folder is needed, not 0"},
		{"two folders", []string{dir, dir, "--images", "-"}, 2, "one folder is needed, not 2"},
		{"no images", []string{dir}, 2, "--images is needed"},
		{"a strategy that is none", []string{dir, "--images", "-", "--strategy", "Magic"}, 2, "none of Markers"},
		{"an output that is none", []string{dir, "--images", "-", "-o", "yaml"}, 2, "neither diff nor json"},
		{"a flag that is none", []string{dir, "--imagse", "-"}, 2, "unknown flag"},
		{"a glob that is none", []string{dir, "--images", "-", "--include", "[a"}, 2, "is not a glob"},
		{"a path that leaves the folder", []string{dir, "--images", "-", "--path", "sub/../.."}, 2, "leaves the repository"},
		{"a path that is a file", []string{dir, "--images", "-", "--path", "a.yaml"}, 2, "is not a folder"},
		{"a folder that is not there", []string{filepath.Join(dir, "none"), "--images", "-"}, 1, "no such file"},
		{"a folder that is a file", []string{filepath.Join(dir, "a.yaml"), "--images", "-"}, 1, "not a directory"},
		{"images that are not there", []string{dir, "--images", filepath.Join(dir, "none")}, 1, "no such file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := run(t, webImages, append([]string{"plan"}, tc.args...)...)
			if code != tc.code || stdout != "" || !strings.Contains(stderr, tc.says) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("exit %d, want %d; %q, want %q", code, tc.code, stderr, tc.says)
			}
		})
	}
}

// TestPlan_staysInside: what is not in the folder, or is Git's own, is neither read nor written.
func TestPlan_staysInside(t *testing.T) {
	t.Parallel()
	outside := writeFolder(t, map[string][]byte{"o.yaml": []byte(webMarked)})
	dir := writeFolder(t, map[string][]byte{
		".git/x.yaml": []byte(webMarked), "lib/.git": []byte("gitdir: x\n"), "lib/x.yaml": []byte(webMarked), "in/a.yaml": []byte(webMarked)})
	for link, target := range map[string]string{"out": outside, "out.yaml": filepath.Join(outside, "o.yaml"), "again": "in"} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	code, stdout, stderr := run(t, webImages, "plan", dir, "--images", "-", "-o", "json", "--write")
	var got planAnswer
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 || len(got.Changes) != 1 || got.Changes[0]["file"] != "in/a.yaml" {
		t.Errorf("exit %d, %v; %s%s", code, err, stdout, stderr)
	}
	for _, u := range got.Unresolved {
		if u["reason"] != "Link" {
			t.Errorf("left alone: %v", u)
		}
	}
	if len(got.Unresolved) != 2 { // lib and out.yaml; no glob matches the others
		t.Errorf("left alone: %v", got.Unresolved)
	}
	for _, file := range []string{filepath.Join(outside, "o.yaml"), filepath.Join(dir, ".git/x.yaml"), filepath.Join(dir, "lib/x.yaml")} {
		if content, err := os.ReadFile(file); err != nil || string(content) != webMarked {
			t.Errorf("%s became %q, %v", file, content, err)
		}
	}
}

// TestPlan_oddNames: a name cannot forge a line of the diff, and git reads what it is quoted as.
func TestPlan_oddNames(t *testing.T) {
	t.Parallel()
	files := map[string][]byte{}
	for _, name := range []string{"a\n+++ b.yaml", "tab\there.yaml", "quote\"d.yaml", "back\\slash.yaml", "\x1b[2Jclear.yaml", "größe.yaml", "-dash.yaml", " blank .yaml"} {
		files[name] = []byte(webMarked)
	}
	dir := writeFolder(t, files)
	_, patch, stderr := run(t, webImages, "plan", dir, "--images", "-")
	if bytes.ContainsAny([]byte(patch+stderr), "\x1b\r") || strings.Count(patch, "\n+++ ") != len(files) {
		t.Errorf("the diff is %q", patch)
	}
	applyPatch(t, dir, patch)
	for name, content := range readFolder(t, dir) {
		if want := strings.Replace(webMarked, "1.4.1", "1.4.2", 1); string(content) != want {
			t.Errorf("%q has %q", name, content)
		}
	}
}

func TestPlan_saysThatNoFileIsSelected(t *testing.T) {
	t.Parallel()
	dir := writeFolder(t, map[string][]byte{"a.yaml": []byte(webMarked)})
	code, _, stderr := run(t, webImages, "plan", dir, "--images", "-", "--include", "**/*.jsonnet")
	if code != 0 || !strings.HasPrefix(stderr, "no file of "+dir+" is selected; see --path, --include and --exclude\n") {
		t.Errorf("exit %d, standard error %q", code, stderr)
	}
}
