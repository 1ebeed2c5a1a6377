// SPDX-License-Identifier: Apache-2.0

package gitrepo_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// treeOf stores a tree of these bytes, however wrong, and returns its id. An entry is "mode name id".
func treeOf(t testing.TB, dir string, entries ...string) string {
	t.Helper()
	var raw strings.Builder
	for _, e := range entries {
		mode, rest, _ := strings.Cut(e, " ")
		cut := strings.LastIndexByte(rest, ' ')
		id := parse(t, rest[cut+1:])
		raw.WriteString(mode + " " + rest[:cut] + "\x00" + string(id[:]))
	}
	return gitWith(t, dir, raw.String(), "hash-object", "-t", "tree", "-w", "--literally", "--stdin")
}

// hostile makes main of a tree, as somebody may who can push to a server that does not check.
func hostile(t testing.TB, dir, tree string) {
	t.Helper()
	git(t, dir, "update-ref", "refs/heads/main", git(t, dir, "commit-tree", tree, "-m", "hostile"))
}

func TestTree_hostile(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		bad       func(blob, good string) []string // the entries of the bad folder
		words     string
	}{
		{"a .git", "a clone would run it", func(b, _ string) []string { return []string{"100644 .git " + b} }, ".git"},
		{"a .GIT", "some file systems fold case", func(b, _ string) []string { return []string{"100644 .GiT " + b} }, ".git"},
		{"a git~1", "a short name of .git", func(b, _ string) []string { return []string{"100644 GIT~1 " + b} }, ".git"},
		{"an invisible .git", "HFS+ passes over it", func(b, _ string) []string { return []string{"100644 .g\u200cit " + b} }, ".git"},
		{"a stream of .git", "NTFS", func(b, _ string) []string { return []string{"100644 .git::$INDEX_ALLOCATION " + b} }, ".git"},
		{"a way up", "it leaves the folder", func(_, g string) []string { return []string{"40000 .. " + g} }, "named"},
		{"a slash", "it leaves the folder", func(b, _ string) []string { return []string{"100644 a/b " + b} }, "named"},
		{"duplicates", "which is it?", func(b, _ string) []string { return []string{"100644 a " + b, "100644 a " + b} }, "twice"},
		{"a file and a folder of one name", "which is it?", func(b, g string) []string { return []string{"100644 a " + b, "100644 a-b " + b, "40000 a " + g} }, "twice"},
		{"disorder", "git finds nothing in it", func(b, _ string) []string { return []string{"100644 b " + b, "100644 a " + b} }, "order"},
		{"a padded mode", "another id for the same", func(b, _ string) []string { return []string{"0100644 a " + b} }, "padded"},
		{"a linked .gitmodules", "CVE-2018-11235 and its kin", func(b, _ string) []string { return []string{"120000 .gitmodules " + b} }, "symbolic link"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := bare(t)
			git(t, dir, "config", "receive.fsckObjects", "true")
			blob := gitWith(t, dir, "image: a:1\n", "hash-object", "-w", "--stdin")
			good := treeOf(t, dir, "100644 ok.yaml "+blob)
			bad := treeOf(t, dir, tc.bad(blob, good)...)
			hostile(t, dir, treeOf(t, dir, "40000 bad "+bad, "40000 good "+good))
			w := worldOf(t, dir, nil)
			l, _ := w.lane(t)
			head := look(t, l)
			if diff := cmp.Diff("100644 "+blob+"\tgood/ok.yaml\n", readAll(t, l, head.Commit)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			tree, err := l.Tree(head.Commit)
			if err != nil {
				t.Fatal(err)
			}
			below, err := tree.List(tree.Root())
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range below {
				_, err := tree.List(e)
				if want := e.Path == "bad"; errors.Is(err, site.ErrRefused) != want {
					t.Errorf("listing %q: %v", e.Path, err)
				}
				if err != nil && (!strings.Contains(err.Error(), tc.words) || strings.ContainsAny(err.Error(), "\n\x00")) {
					t.Errorf("refused: %v, want %q in it", err, tc.words)
				}
			}
			// What is beside it can be written all the same, and the server takes it.
			if _, err := pushFile(t, l, head, "good/ok.yaml", "image: a:2\n"); err != nil {
				t.Fatal(err)
			}
			if got := git(t, dir, "rev-parse", "main:bad"); got != bad {
				t.Errorf("the folder was changed to %s", got)
			}
			if _, err := l.Build(look(t, l).Commit, file("bad/a", "x"), update("u2")); err == nil {
				t.Error("something was written into it")
			}
		})
	}
}

func TestTree_hostileRoot(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	blob := gitWith(t, dir, "x", "hash-object", "-w", "--stdin")
	hostile(t, dir, treeOf(t, dir, "100644 .git "+blob, "100644 a "+blob))
	w := worldOf(t, dir, nil)
	l, _ := w.lane(t)
	head := look(t, l)
	tree, err := l.Tree(head.Commit)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tree.List(tree.Root())
	wantReason(t, err, fault.Waiting, reason.GitFailed)
	if _, err := l.Build(head.Commit, file("a", "y"), update("u")); err == nil {
		t.Error("something was written into it")
	}
}

func TestTree_deep(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	blob := gitWith(t, dir, "x", "hash-object", "-w", "--stdin")
	var stream strings.Builder
	fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter A <a@b> 1800000000 +0000\ndata 1\nx\nM 100644 %s %sbottom\nM 100644 %s ok\nM 100644 %s %s\n",
		blob, strings.Repeat("d/", 10_000), blob, blob, strings.Repeat("n", 300))
	gitWith(t, dir, stream.String(), "fast-import", "--quiet", "--force")
	w := worldOf(t, dir, nil)
	l, _ := w.lane(t)
	if got := readAll(t, l, look(t, l).Commit); got != "100644 "+blob+"\tok\n" {
		t.Errorf("got %q", got)
	}
}

// A pack of a stranger may hold anything; whatever it is, nothing of it gets into a mirror.
func TestLane_Fetch_brokenPack(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		spin func(answer string) string
	}{
		{"cut short", func(a string) string { return a[:len(a)*2/3] }},
		{"a bit turned", func(a string) string {
			at := strings.Index(a, "PACK") + 40
			return a[:at] + string(a[at]^0x10) + a[at+1:]
		}},
		{"a count too large", func(a string) string {
			at := strings.Index(a, "PACK") + 8
			return a[:at] + "\x00\x00\x00\x63" + a[at+4:]
		}},
		{"an absurd count", func(a string) string {
			at := strings.Index(a, "PACK") + 8
			return a[:at] + "\xff\xff\xff\xff" + a[at+4:]
		}},
		{"no pack", func(a string) string { return strings.Replace(a, "PACK", "KCAP", 1) }},
		{"nothing", func(string) string { return "" }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := worldOf(t, varied(t), spoilFetches(tc.spin))
			l, _ := w.lane(t)
			head, err := l.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			wantReason(t, l.Fetch(t.Context(), head), fault.Transient, reason.GitFailed)
			if l.Has(head.Commit) {
				t.Error("it is taken for whole")
			}
			files, err := os.ReadDir(w.store)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if f.Name() != "key" {
					t.Errorf("left behind: %s", filepath.Join(w.store, f.Name()))
				}
			}
		})
	}
}
