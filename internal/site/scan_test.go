// SPDX-License-Identifier: Apache-2.0

package site_test

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// A node is a file or a folder of a tree that counts what is asked of it.
type node struct {
	site.Entry
	content  string
	children []*node
}

type tree struct {
	root         *node
	mu           sync.Mutex
	reads, lists int
	broken       string // a path that cannot be read or listed
}

func (t *tree) Root() site.Entry { return t.root.Entry }

func (t *tree) find(p string) *node {
	at := t.root
	if p == "" {
		return at
	}
	for name := range strings.SplitSeq(p, "/") {
		i := slices.IndexFunc(at.children, func(n *node) bool { return path.Base(n.Path) == name })
		at = at.children[i]
	}
	return at
}

func (t *tree) List(folder site.Entry) ([]site.Entry, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lists++
	if t.broken != "" && folder.Path == t.broken {
		return nil, errors.New("object not found")
	}
	var entries []site.Entry
	for _, n := range t.find(folder.Path).children {
		entries = append(entries, n.Entry)
	}
	return entries, nil
}

func (t *tree) Read(file site.Entry, maxBytes int64) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reads++
	if file.Path == t.broken {
		return nil, errors.New("object not found")
	}
	n := t.find(file.Path)
	if int64(len(n.content)) > maxBytes {
		return nil, fmt.Errorf("reading: %w", site.ErrTooLarge)
	}
	return []byte(n.content), nil
}

// newTree makes a tree of files by path. A path that ends in " -> link", " -> module" or " -> run" is of that kind.
func newTree(files map[string]string) *tree {
	t := &tree{root: &node{Entry: site.Entry{Kind: site.Folder}}}
	for name, content := range files {
		name, suffix, _ := strings.Cut(name, " -> ")
		at := t.root
		parts := strings.Split(name, "/")
		for i, part := range parts {
			j := slices.IndexFunc(at.children, func(n *node) bool { return path.Base(n.Path) == part })
			if j < 0 {
				kind := site.Folder
				if i == len(parts)-1 {
					kind = map[string]site.Kind{"": site.File, "link": site.Symlink, "module": site.Submodule, "run": site.Executable}[suffix]
				}
				at.children = append(at.children, &node{Entry: site.Entry{Path: path.Join(at.Path, part), Kind: kind, Size: -1}})
				j = len(at.children) - 1
			}
			at = at.children[j]
		}
		at.content = content
	}
	t.identify(t.root)
	return t
}

func (t *tree) identify(n *node) {
	slices.SortFunc(n.children, func(a, b *node) int { return strings.Compare(a.Path, b.Path) })
	h := []byte(fmt.Sprint(n.Kind, n.content))
	for _, c := range n.children {
		t.identify(c)
		h = append(h, fmt.Sprint(path.Base(c.Path), c.Kind, c.ID)...)
	}
	digest := string(image.DigestOf(h))
	copy(n.ID[:], digest[len("sha256:"):])
}

// words finds each "@" of a file.
var words = site.Strategy{Name: "Words", Include: []string{"**/*.yaml"}, Find: func(src []byte) []site.Site {
	var sites []site.Site
	for i := range src {
		if src[i] == '@' {
			sites = append(sites, site.Site{Part: site.Tag, Line: 1 + bytes.Count(src[:i], []byte("\n")), Start: i, End: i + 1, Text: "@"})
		}
	}
	return sites
}}

// paths shows what was found as "path:line" or "path:reason".
func paths(found site.Found) []string {
	var out []string
	for _, f := range found.Files {
		for _, s := range f.Sites {
			if s.Why != "" {
				out = append(out, fmt.Sprintf("%s:%s", f.Entry.Path, s.Why))
				continue
			}
			out = append(out, fmt.Sprintf("%s:%d", f.Entry.Path, s.Line))
		}
	}
	return out
}

func TestScan(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"a.yaml": "@\n\n@", "a/b.yaml": "@", "a-b/c.yaml": "@", "z.txt": "@", "none.yaml": "x", "run.yaml -> run": "@",
		"link.yaml -> link": "a.yaml", "link.txt -> link": "a.yaml", "vendor/lib -> module": "", "vendor/x.yaml": "@",
		"lfs.yaml":   "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 9\n",
		"large.yaml": "@" + strings.Repeat("x", site.MaxFileBytes), "fits.yaml": "@" + strings.Repeat("x", site.MaxFileBytes-1),
	}
	whole := newTree(files)
	for _, tc := range []struct {
		name, why string
		sel       site.Selection
		want      []string
		seen      int
	}{
		{"finds in the order of paths", "a plan must not depend on how a tree sorts folders", site.Selection{},
			[]string{"a-b/c.yaml:1", "a.yaml:1", "a.yaml:3", "a/b.yaml:1", "fits.yaml:1", "large.yaml:TooLarge", "lfs.yaml:Link",
				"link.yaml:Link", "run.yaml:1", "vendor/lib:Link", "vendor/x.yaml:1"}, 11},
		{"stays below its path", "and not beside it, where a name begins alike", site.Selection{Path: "a"}, []string{"a/b.yaml:1"}, 1},
		{"takes a path as people write it", "./ and a final slash mean nothing", site.Selection{Path: "./a/"}, []string{"a/b.yaml:1"}, 1},
		{"takes other globs", "include replaces the default", site.Selection{Include: []string{"*.txt"}}, []string{"link.txt:Link", "vendor/lib:Link", "z.txt:1"}, 3},
		{"reads globs below its path", "so that a path can be moved alone", site.Selection{Path: "vendor", Include: []string{"*.yaml"}},
			[]string{"vendor/lib:Link", "vendor/x.yaml:1"}, 2},
		{"leaves out what is excluded", "a folder with everything in it", site.Selection{Path: ".", Exclude: []string{"vendor/**", "[l-r]*", "fits.yaml", "a"}},
			[]string{"a-b/c.yaml:1", "a.yaml:1", "a.yaml:3"}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.sel.Strategy = words
			for _, memo := range []*site.Memo{nil, site.NewMemo(1 << 20), site.NewMemo(300)} {
				for range 3 { // by what is remembered, it is the same again
					found, err := site.Scan(whole, memo, tc.sel)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(tc.want, paths(found)); diff != "" {
						t.Errorf("%s (-want +got):\n%s", tc.why, diff)
					}
					if found.Seen != tc.seen {
						t.Errorf("%s: %d files seen, want %d", tc.why, found.Seen, tc.seen)
					}
				}
			}
		})
	}
}

func TestScan_refuses(t *testing.T) {
	t.Parallel()
	small := newTree(map[string]string{"a/b.yaml": "@", "l -> link": "a"})
	for _, tc := range []struct {
		name string
		tree site.Tree
		sel  site.Selection
	}{
		{"a path that leaves the repository", small, site.Selection{Path: "a/../../x"}},
		{"an absolute path", small, site.Selection{Path: "/a"}},
		{"a NUL in a path", small, site.Selection{Path: "a\x00"}},
		{"a path that is not there", small, site.Selection{Path: "x/y"}},
		{"a path that is a file", small, site.Selection{Path: "a/b.yaml"}},
		{"a path through a link", small, site.Selection{Path: "l"}},
		{"a glob that is none", small, site.Selection{Include: []string{"[a"}}},
		{"more files than the limit", wideTree(site.MaxFiles + 1), site.Selection{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.sel.Strategy = words
			_, err := site.Scan(tc.tree, nil, tc.sel)
			if f := fault.Of(err); err == nil || f.Class != fault.Stalled || f.Reason != reason.InvalidSpec {
				t.Errorf("got %v, want a Stalled InvalidSpec", err)
			}
		})
	}
	if found, err := site.Scan(wideTree(site.MaxFiles), nil, site.Selection{Strategy: words}); err != nil || found.Seen != site.MaxFiles {
		t.Errorf("at the limit: %d files, %v", found.Seen, err)
	}
}

func TestScan_memo(t *testing.T) {
	t.Parallel()
	files := map[string]string{"a/b/c.yaml": "@", "a/b/d.yaml": "x", "e/f.yaml": "x", "g.yaml": "@"}
	memo := site.NewMemo(1 << 20)
	scan := func(files map[string]string, sel site.Selection) *tree {
		t.Helper()
		tr := newTree(files)
		if sel.Strategy.Name == "" {
			sel.Strategy = words
		}
		if _, err := site.Scan(tr, memo, sel); err != nil {
			t.Fatal(err)
		}
		return tr
	}
	if tr := scan(files, site.Selection{}); tr.reads != 2 || tr.lists != 4 {
		// g.yaml is c.yaml again, f.yaml is d.yaml
		t.Errorf("the first look made %d reads and %d lists, want 2 and 4", tr.reads, tr.lists)
	}
	if tr := scan(files, site.Selection{}); tr.reads+tr.lists != 0 {
		t.Errorf("an unchanged tree cost %d reads and %d lists", tr.reads, tr.lists)
	}
	files["a/b/d.yaml"] = "y"
	if tr := scan(files, site.Selection{}); tr.reads != 1 || tr.lists != 3 {
		t.Errorf("one changed file cost %d reads and %d lists, want 1 and 3", tr.reads, tr.lists)
	}
	if tr := scan(files, site.Selection{Exclude: []string{"a"}}); tr.reads != 0 || tr.lists != 2 {
		t.Errorf("other globs cost %d reads and %d lists, want 0 and 2: content is known, folders are not", tr.reads, tr.lists)
	}
	other := words
	other.Name = "Other"
	if tr := scan(files, site.Selection{Strategy: other}); tr.reads == 0 {
		t.Error("another strategy was answered with what this one found")
	}
}

func TestScan_unknownContentIsNotRemembered(t *testing.T) {
	t.Parallel()
	memo := site.NewMemo(1 << 20)
	for _, content := range []string{"@", "@@"} {
		tr := newTree(map[string]string{"a.yaml": content})
		tr.root.ID, tr.root.children[0].ID = site.ID{}, site.ID{}
		found, err := site.Scan(tr, memo, site.Selection{Strategy: words})
		if err != nil || len(found.Files[0].Sites) != len(content) {
			t.Errorf("%q: found %v, %v", content, found, err)
		}
	}
}

func TestScan_aBrokenTreeIsAnError(t *testing.T) {
	t.Parallel()
	memo := site.NewMemo(1 << 20)
	for _, broken := range []string{"a", "a/b.yaml"} {
		tr := newTree(map[string]string{"a/b.yaml": "@"})
		tr.broken = broken
		if _, err := site.Scan(tr, memo, site.Selection{Strategy: words}); err == nil || !strings.Contains(err.Error(), broken) {
			t.Errorf("%q cannot be read, and Scan says %v", broken, err)
		}
	}
	found, err := site.Scan(newTree(map[string]string{"a/b.yaml": "@"}), memo, site.Selection{Strategy: words})
	if err != nil || len(found.Files) != 1 {
		t.Errorf("after a failure: %v, %v; nothing of it may be remembered", found, err)
	}
}

func TestMemo_concurrent(t *testing.T) {
	t.Parallel()
	memo := site.NewMemo(4 << 10) // small, so that it forgets all the time
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			for i := range 50 {
				files := map[string]string{}
				for j := range 20 {
					files[fmt.Sprintf("%d/%d.yaml", j%3, j)] = strings.Repeat("@", (i+j+g)%5)
				}
				want, err := site.Scan(newTree(files), nil, site.Selection{Strategy: words})
				if err != nil {
					t.Error(err)
				}
				got, err := site.Scan(newTree(files), memo, site.Selection{Strategy: words})
				if diff := cmp.Diff(want, got); diff != "" || err != nil {
					t.Errorf("the memo changed the result, %v (-want +got):\n%s", err, diff)
				}
			}
		})
	}
	group.Wait()
}

func TestScan_tenThousandLevels(t *testing.T) {
	t.Parallel()
	found, err := site.Scan(&deepTree{levels: 10_000}, site.NewMemo(1<<20), site.Selection{Strategy: words})
	if err != nil || len(found.Files) != 0 {
		t.Errorf("found %d files, %v; nothing can have a path that long", len(found.Files), err)
	}
	found, err = site.Scan(&deepTree{levels: 2_000}, nil, site.Selection{Strategy: words})
	if err != nil || len(found.Files) != 1 {
		t.Errorf("found %d files, %v", len(found.Files), err)
	}
}

// A deepTree has one folder in another, and a file at the bottom.
type deepTree struct{ levels int }

func (d *deepTree) Root() site.Entry { return site.Entry{Kind: site.Folder} }

func (d *deepTree) List(folder site.Entry) ([]site.Entry, error) {
	if strings.Count(folder.Path, "f") == d.levels {
		return []site.Entry{{Path: path.Join(folder.Path, "x.yaml"), Kind: site.File, Size: -1}}, nil
	}
	return []site.Entry{{Path: path.Join(folder.Path, "f"), Kind: site.Folder}}, nil
}

func (d *deepTree) Read(site.Entry, int64) ([]byte, error) { return []byte("@"), nil }

// A wideTree has as many files in one folder.
type wideTree int

func (w wideTree) Root() site.Entry { return site.Entry{Kind: site.Folder} }

func (w wideTree) List(site.Entry) ([]site.Entry, error) {
	entries := make([]site.Entry, w)
	for i := range entries {
		entries[i] = site.Entry{Path: fmt.Sprintf("%06d.yaml", i), Kind: site.File, Size: -1}
	}
	return entries, nil
}

func (w wideTree) Read(site.Entry, int64) ([]byte, error) { return nil, nil }

// A refusingTree has a folder that is left alone, far below one that is not, and counts how often it was listed.
type refusingTree struct{ lists int }

func (r *refusingTree) Root() site.Entry { return site.Entry{Kind: site.Folder, ID: site.ID{1}} }

func (r *refusingTree) List(folder site.Entry) ([]site.Entry, error) {
	r.lists++
	switch folder.Path {
	case "":
		return []site.Entry{{Path: "a", Kind: site.Folder, ID: site.ID{2}}}, nil
	case "a":
		return []site.Entry{{Path: "a/bad", Kind: site.Folder, ID: site.ID{3}}, {Path: "a/x.yaml", Kind: site.File, ID: site.ID{4}, Size: 1}}, nil
	}
	return nil, fmt.Errorf("%w: an entry is named %q", site.ErrRefused, "..")
}

func (r *refusingTree) Read(site.Entry, int64) ([]byte, error) { return []byte("@"), nil }

func TestScan_tellsOfARefusedFolderEveryTime(t *testing.T) {
	t.Parallel()
	memo := site.NewMemo(1 << 20)
	selection := site.Selection{Strategy: site.Strategy{Name: "None", Include: []string{"**"}, Find: func([]byte) []site.Site { return nil }}}
	want := []site.FileSites{{Entry: site.Entry{Path: "a/bad", Kind: site.Folder, ID: site.ID{3}},
		Sites: []site.Site{{Why: reason.InvalidFolder, Note: `the folder is left alone: an entry is named ".."`}}}}
	for look := range 2 { // what is remembered must not hide it
		found, err := site.Scan(&refusingTree{}, memo, selection)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, found.Files); diff != "" || found.Seen != 1 {
			t.Errorf("look %d saw %d files (-want +got):\n%s", look, found.Seen, diff)
		}
	}
	selection.Exclude = []string{"a/bad"}
	if found, err := site.Scan(&refusingTree{}, memo, selection); err != nil || len(found.Files) != 0 {
		t.Errorf("excluded, it is told of all the same: %v, %v", found.Files, err)
	}
	for _, at := range []string{"a/bad/c", "a/bad/c/d"} {
		if _, err := site.Scan(&refusingTree{}, nil, site.Selection{Path: at}); fault.Of(err).Reason != reason.InvalidSpec {
			t.Errorf("entering %s: %v, want InvalidSpec", at, err)
		}
	}
}

// A bomb is a folder that holds itself many times.
type bomb struct{ lists *int }

func (bomb) Root() site.Entry { return site.Entry{Kind: site.Folder} }

func (b bomb) List(folder site.Entry) ([]site.Entry, error) {
	*b.lists++
	if strings.Count(folder.Path, "/") > 20 {
		return nil, nil
	}
	var all []site.Entry
	for _, name := range "abcdefghij" {
		all = append(all, site.Entry{Path: path.Join(folder.Path, string(name)), Kind: site.Folder})
	}
	return all, nil
}

func (bomb) Read(site.Entry, int64) ([]byte, error) { return nil, nil }

func TestScan_givesUpOnATreeWithoutEnd(t *testing.T) {
	t.Parallel()
	lists := 0
	_, err := site.Scan(bomb{&lists}, nil, site.Selection{Strategy: site.Strategy{Include: []string{"**"}}})
	if f := fault.Of(err); f == nil || f.Class != fault.Stalled || f.Reason != reason.InvalidSpec || lists != site.MaxFolders {
		t.Errorf("after %d folders: %v; want InvalidSpec after %d", lists, err, site.MaxFolders)
	}
}

func TestSite_Ref(t *testing.T) {
	t.Parallel()
	nginx := image.Name{Registry: "docker.io", Repository: "library/nginx"}
	for _, tc := range []struct {
		name, text string
		part       site.Part
		want       image.Ref
		same       bool
	}{
		{"a whole reference", "nginx:1@sha256:aa", site.Full, image.Ref{Name: nginx, Tag: "1", Digest: "sha256:aa"}, true},
		{"another spelling", "index.docker.io/library/nginx:1", site.Full, image.Ref{Name: nginx, Tag: "1"}, true},
		{"another image", "redis:1", site.Full, image.Ref{Name: nginx, Tag: "1"}, false},
		{"no reference at all", "place holder", site.Full, image.Ref{Name: nginx}, false},
		{"nothing", "", site.Full, image.Ref{Name: nginx}, false},
		{"a name", "nginx", site.Name, image.Ref{Name: nginx}, true},
		{"a tag", "1.2", site.Tag, image.Ref{Name: nginx, Tag: "1.2"}, true},
		{"a digest", "sha256:aa", site.Digest, image.Ref{Name: nginx, Digest: "sha256:aa"}, true},
		{"tag and digest", "1.2@sha256:aa", site.TagDigest, image.Ref{Name: nginx, Tag: "1.2", Digest: "sha256:aa"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, same := (site.Site{Part: tc.part, Text: tc.text}).Ref(nginx); got != tc.want || same != tc.same {
				t.Errorf("%q is %v, %v; want %v, %v", tc.text, got, same, tc.want, tc.same)
			}
		})
	}
}
