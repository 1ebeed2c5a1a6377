// SPDX-License-Identifier: Apache-2.0

package gitrepo_test

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/gitrepo"
	"github.com/fairlead-dev/fairlead/internal/gitwire"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// A world is a server with one repository, and the mirrors of one controller.
type world struct {
	dir     string // the server's repository
	store   string // the controller's folder
	mirrors *gitrepo.Mirrors
	remote  gitrepo.Remote
	journal journal

	sent, received atomic.Int64 // bytes of the server's answers; of what was posted
}

func newWorld(t testing.TB, wrap func(http.Handler) http.Handler) *world {
	t.Helper()
	return worldOf(t, bare(t), wrap)
}

func worldOf(t testing.TB, dir string, wrap func(http.Handler) http.Handler) *world {
	t.Helper()
	w := &world{dir: dir, store: filepath.Join(t.TempDir(), "mirrors")}
	h := backend(t, dir)
	if wrap != nil {
		h = wrap(h)
	}
	url := start(t, w.journal.Around(http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		w.received.Add(max(q.ContentLength, 0))
		h.ServeHTTP(&counting{ResponseWriter: rw, n: &w.sent}, q)
	})))
	w.remote = gitrepo.Remote{URL: url + "/" + filepath.Base(dir), Branch: "main", Insecure: true}
	w.reopen(t)
	return w
}

type counting struct {
	http.ResponseWriter
	n *atomic.Int64
}

func (c *counting) Write(p []byte) (int, error) {
	c.n.Add(int64(len(p)))
	return c.ResponseWriter.Write(p)
}

func (c *counting) Unwrap() http.ResponseWriter { return c.ResponseWriter }
func (c *counting) Flush()                      { c.ResponseWriter.(http.Flusher).Flush() }

// reopen starts the controller again.
func (w *world) reopen(t testing.TB) {
	t.Helper()
	m, err := gitrepo.Open(gitrepo.Config{Dir: w.store})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	w.mirrors = m
}

func (w *world) lane(t testing.TB) (*gitrepo.Lane, func()) {
	t.Helper()
	l, release, err := w.mirrors.Lane(t.Context(), w.remote)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return l, release
}

// look fetches the head.
func look(t testing.TB, l *gitrepo.Lane, keep ...commit.ID) commit.Head {
	t.Helper()
	head, err := l.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Fetch(t.Context(), head, keep...); err != nil {
		t.Fatal(err)
	}
	return head
}

func (w *world) tip(t testing.TB) string {
	t.Helper()
	return git(t, w.dir, "rev-parse", "main")
}

// mirror returns the folder of the only mirror.
func (w *world) mirror(t testing.TB) string {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(w.store, "mirror_*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("mirrors %v, %v; want one", dirs, err)
	}
	return dirs[0]
}

func meta(message string) commit.Meta {
	by := commit.Signature{Name: "Fairlead", Email: "fairlead@example.com", When: time.Unix(1900000000, 0)}
	return commit.Meta{Author: by, Committer: by, Message: message}
}

func update(id string) commit.Meta {
	return meta(commit.WithTrailers("Update web", commit.Trailer{Key: commit.TrailerUpdate, Value: id},
		commit.Trailer{Key: commit.TrailerAutomation, Value: "c/shop/web"}))
}

func file(path, content string) []commit.File {
	return []commit.File{{Path: path, Content: []byte(content)}}
}

// pushFile changes one file and pushes, and returns the commit.
func pushFile(t testing.TB, l *gitrepo.Lane, onto commit.Head, path, content string) (commit.ID, error) {
	t.Helper()
	id, err := l.Build(onto.Commit, file(path, content), update("u1"))
	if err != nil {
		t.Fatal(err)
	}
	return id, l.Push(t.Context(), id, onto)
}

var kinds = map[site.Kind]string{site.File: "100644", site.Executable: "100755", site.Symlink: "120000", site.Submodule: "160000"}

// readAll reads every file of a commit and says of each what "git ls-tree -r" would: mode and id, made of the content.
func readAll(t testing.TB, l *gitrepo.Lane, id commit.ID) string {
	t.Helper()
	tree, err := l.Tree(id)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	todo := []site.Entry{tree.Root()}
	for len(todo) > 0 {
		e := todo[0]
		todo = todo[1:]
		switch e.Kind {
		case site.Folder:
			below, err := tree.List(e)
			if err != nil && !errors.Is(err, site.ErrRefused) {
				t.Fatal(err)
			}
			todo = append(below, todo...)
		case site.Submodule:
			fmt.Fprintf(&out, "%s %x\t%s\n", kinds[e.Kind], e.ID[:20], e.Path)
		default:
			content, err := tree.Read(e, 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&out, "%s %x\t%s\n", kinds[e.Kind], sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content)), e.Path)
		}
	}
	return inOrder(out.String())
}

// inOrder sorts lines: Git sorts folders as if their names ended in a slash, a site.Tree does not.
func inOrder(lines string) string {
	return strings.Join(slices.Sorted(strings.Lines(lines)), "")
}

// listed is what readAll must give.
func (w *world) listed(t testing.TB, rev string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(git(t, w.dir, "-c", "core.quotePath=false", "ls-tree", "-r", rev)) {
		what, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		fields := strings.Fields(what)
		fmt.Fprintf(&out, "%s %s\t%s\n", fields[0], fields[2], path)
	}
	return inOrder(out.String())
}

func wantReason(t testing.TB, err error, class fault.Class, why reason.Reason) {
	t.Helper()
	f := fault.Of(err)
	if f == nil || f.Class != class || f.Reason != why {
		t.Fatalf("got %+v, want class %d and reason %s", f, class, why)
	}
	if text := err.Error(); strings.ContainsAny(text, "\n\r\x1b\x00") {
		t.Errorf("not one line: %q", text)
	}
}

// varied makes a repository with what must be left as it is, and a server that checks what it is sent.
func varied(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "fleet.git")
	git(t, ".", "init", "-q", "--bare", "-b", "main", dir)
	git(t, dir, "config", "http.receivepack", "true")
	git(t, dir, "config", "receive.fsckObjects", "true")
	var stream strings.Builder
	stream.WriteString("commit refs/heads/main\ncommitter Ann <ann@example.com> 1800000000 +0200\ndata 8\nvariety\n\n")
	stream.WriteString("M 160000 1234567890123456789012345678901234567890 vendor/sub\n")
	for _, f := range []struct{ mode, path, content string }{
		{"100644", "apps/web/deploy.yaml", "image: a:1\n"},
		{"100755", "apps/web/run.sh", "image: a:1\n"},
		{"100644", "apps/crlf.yaml", "a: 1\r\nb: \"x\" # CRLF\r\n"},
		{"120000", "apps/link", "../outside"},
		{"100644", "empty", ""},
		{"100644", "apps.yaml", "image: a:1\n"},
		{"100644", "apps-b/x", "image: a:1\n"},
		{"100644", `"with space/\303\274ml\303\244ut.yaml"`, "image: a:1\n"},
		{"100644", "Deep/a/b/c/d/e/f/g/h.yaml", "image: a:1\n"},
		{"100644", "deep/a/b/c/d/e/f/g/h.yaml", "image: a:1\n"},
	} {
		fmt.Fprintf(&stream, "M %s inline %s\ndata %d\n%s\n", f.mode, f.path, len(f.content), f.content)
	}
	gitWith(t, dir, stream.String(), "fast-import", "--quiet")
	return dir
}

func TestLane_changesWhatItIsToldAlone(t *testing.T) {
	t.Parallel()
	w := worldOf(t, varied(t), nil)
	base := w.tip(t)
	l, _ := w.lane(t)
	head := look(t, l)
	if head.Commit.String() != base || head.Branch != "main" {
		t.Fatalf("head %v", head)
	}
	if diff := cmp.Diff(w.listed(t, base), readAll(t, l, head.Commit)); diff != "" {
		t.Fatalf("what is read (-git +ours):\n%s", diff)
	}
	files := []commit.File{
		{Path: "deep/a/b/c/d/e/f/g/h.yaml", Content: []byte("image: a:2\n")},
		{Path: "apps/web/run.sh", Content: []byte("image: a:2\n")},
		{Path: "apps.yaml", Content: []byte("image: a:2")},
		{Path: "with space/ümläut.yaml", Content: []byte("image: a:2\r\n")},
		{Path: "apps/web/deploy.yaml", Content: []byte("image: a:2\n")},
	}
	id, err := l.Build(head.Commit, files, update("u1"))
	if err != nil {
		t.Fatal(err)
	}
	files[0], files[4] = files[4], files[0]
	if again, err := l.Build(head.Commit, files, update("u1")); err != nil || again != id {
		t.Errorf("the same files in another order gave %s, %v; want %s", again, err, id)
	}
	if err := l.Push(t.Context(), id, head); err != nil {
		t.Fatal(err)
	}
	want := ":100644 100644 M\tapps.yaml\n:100644 100644 M\tapps/web/deploy.yaml\n:100755 100755 M\tapps/web/run.sh\n" +
		":100644 100644 M\tdeep/a/b/c/d/e/f/g/h.yaml\n:100644 100644 M\twith space/ümläut.yaml"
	var got []string
	for line := range strings.Lines(git(t, w.dir, "-c", "core.quotePath=false", "diff-tree", "-r", base, "main")) {
		what, path, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		f := strings.Fields(what)
		got = append(got, f[0]+" "+f[1]+" "+f[4]+"\t"+path)
	}
	if diff := cmp.Diff(want, strings.Join(got, "\n")); diff != "" {
		t.Errorf("what changed (-want +got):\n%s", diff)
	}
	if w.tip(t) != id.String() {
		t.Errorf("the branch is at %s, want %s", w.tip(t), id)
	}
	git(t, w.dir, "fsck", "--strict")
	if git(t, w.dir, "show", "main:with space/ümläut.yaml") != "image: a:2" {
		t.Error("the content is another")
	}

	// What was pushed need not be fetched.
	before := len(w.journal.All())
	if next := look(t, l); next.Commit != id || len(w.journal.All()) != before+1 {
		t.Errorf("head %v after requests %v", next, w.journal.All()[before:])
	}
	if diff := cmp.Diff(w.listed(t, "main"), readAll(t, l, id)); diff != "" {
		t.Errorf("what is read after the push (-git +ours):\n%s", diff)
	}
	git(t, w.mirror(t), "fsck", "--strict")
}

func TestLane_Build_refuses(t *testing.T) {
	t.Parallel()
	w := worldOf(t, varied(t), nil)
	l, _ := w.lane(t)
	head := look(t, l)
	for _, tc := range []struct{ name, why, path, words string }{
		{"a new file", "only what is there is changed", "apps/new.yaml", "no such file"},
		{"a link", "its target is edited where it stands", "apps/link", "not a file"},
		{"a submodule", "it is another repository", "vendor/sub", "not a file"},
		{"a folder", "it has no content", "apps", "not a file"},
		{"a file as a folder", "the path is wrong", "empty/x", "not a folder"},
		{"a way out", "there is no such folder", "../apps.yaml", "no such file"},
		{"a root", "there is no such folder", "/apps.yaml", "no such file"},
		{"nothing", "there is no such file", "", "no such file"},
	} {
		if _, err := l.Build(head.Commit, file(tc.path, "x"), update("u")); err == nil || !strings.Contains(err.Error(), tc.words) {
			t.Errorf("%s: %v; %s", tc.name, err, tc.why)
		}
	}
	if _, err := l.Build(head.Commit, append(file("apps.yaml", "x"), file("apps.yaml", "y")...), update("u")); err == nil {
		t.Error("one file was given two contents")
	}
	if _, err := l.Build(head.Commit, file("apps.yaml", "image: a:1\n"), update("u")); !errors.Is(err, gitrepo.ErrNothingChanges) {
		t.Errorf("nothing changes, and it says %v", err)
	}
	if _, err := l.Build(commit.ID{1}, file("apps.yaml", "x"), update("u")); err == nil {
		t.Error("a commit was built on nothing")
	}
}

// Thin fetches, over and over, give what git has; the mirror never goes bad.
func TestLane_Fetch_follows(t *testing.T) {
	t.Parallel()
	for version, wrap := range map[string]func(http.Handler) http.Handler{"v2": nil, "v0": version0} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := worldOf(t, varied(t), wrap)
			l, _ := w.lane(t)
			first := look(t, l).Commit
			big := strings.Repeat("a line that makes the file large enough for a difference\n", 2000)
			write(t, w.dir, "main", "big", big, "big")
			look(t, l)
			w.sent.Store(0)
			for i := range 50 {
				write(t, w.dir, "main", "big", fmt.Sprintf("%s%d\n", big, i), "more")
				if i%5 == 0 {
					look(t, l)
				}
			}
			steps := []struct {
				name string
				do   func()
			}{
				{"fifty commits", func() {}},
				{"a revert", func() { write(t, w.dir, "main", "big", big, "revert") }},
				{"a force push back", func() { git(t, w.dir, "update-ref", "refs/heads/main", first.String()) }},
				{"a new way from there", func() { write(t, w.dir, "main", "other", "x\n", "other") }},
				{"gc and another root", func() {
					git(t, w.dir, "update-ref", "-d", "refs/heads/main")
					write(t, w.dir, "main", "a", "b\n", "root")
					git(t, w.dir, "reflog", "expire", "--expire=now", "--all")
					git(t, w.dir, "gc", "-q", "--prune=now")
				}},
				{"on from there", func() { write(t, w.dir, "main", "a", "c\n", "on") }},
			}
			for _, step := range steps {
				step.do()
				head := look(t, l)
				if diff := cmp.Diff(w.listed(t, "main"), readAll(t, l, head.Commit)); diff != "" {
					t.Fatalf("after %s (-git +ours):\n%s", step.name, diff)
				}
				git(t, w.mirror(t), "fsck", "--strict")
			}
			if n := w.sent.Load(); n > 100_000 {
				t.Errorf("%d bytes were sent for small changes", n)
			}
			if !l.Has(first) {
				t.Error("an old commit was lost though the mirror lives")
			}
		})
	}
}

func TestLane_Fetch_keepsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		wrap      func(http.Handler) http.Handler
	}{
		{"by its name", "most servers give it", nil},
		{"by deepening", "a server may give branches only", onlyTips},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := worldOf(t, varied(t), tc.wrap)
			observed := parse(t, w.tip(t))
			want := w.listed(t, observed.String())
			for i := range 20 {
				write(t, w.dir, "main", "a", fmt.Sprint(i), "more")
			}
			l, _ := w.lane(t)
			look(t, l, observed, commit.ID{}, commit.ID{9})
			if !l.Has(observed) || l.Has(commit.ID{9}) {
				t.Fatalf("%s: has %v, has what is nowhere %v", tc.why, l.Has(observed), l.Has(commit.ID{9}))
			}
			if diff := cmp.Diff(want, readAll(t, l, observed)); diff != "" {
				t.Errorf("(-git +ours):\n%s", diff)
			}
			git(t, w.mirror(t), "fsck", "--strict")
		})
	}
}

// onlyTips is a server that gives a commit only if a branch points at it.
func onlyTips(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		q.Body = io.NopCloser(strings.NewReader(string(body)))
		if _, after, found := strings.Cut(string(body), "want "); found {
			rec := &recorder{header: http.Header{}}
			list := q.Clone(q.Context())
			list.Method, list.Body, list.ContentLength = http.MethodGet, http.NoBody, 0
			list.Header.Del("Git-Protocol")
			list.URL.Path = strings.TrimSuffix(q.URL.Path, "/git-upload-pack") + "/info/refs"
			list.URL.RawQuery = "service=git-upload-pack"
			next.ServeHTTP(rec, list)
			if !strings.Contains(rec.body.String(), after[:40]) {
				w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
				line := "ERR upload-pack: not our ref " + after[:40]
				fmt.Fprintf(w, "%04x%s", len(line)+4, line)
				return
			}
		}
		next.ServeHTTP(w, q)
	})
}

func TestLane_Push_race(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	l, _ := w.lane(t)
	head := look(t, l)
	human := write(t, w.dir, "main", "b.txt", "human\n", "human")
	_, err := pushFile(t, l, head, "a.txt", "two\n")
	wantReason(t, err, fault.Transient, reason.PushRace)
	if w.tip(t) != human.String() {
		t.Fatal("the human's commit was overwritten")
	}
	head = look(t, l)
	ours, err := pushFile(t, l, head, "a.txt", "two\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := git(t, w.dir, "rev-list", "main"); !strings.HasPrefix(got, ours.String()+"\n"+human.String()+"\n") {
		t.Errorf("history %s", got)
	}
}

func TestLane_Push_neverMakesABranchTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	l, _ := w.lane(t)
	head := look(t, l)
	id, err := l.Build(head.Commit, file("a.txt", "two\n"), update("u1"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, w.dir, "taken", "x", "y", "human")
	wantReason(t, l.Push(t.Context(), id, commit.Head{Branch: "taken"}), fault.Transient, reason.PushRace)
	if err := l.Push(t.Context(), id, commit.Head{Branch: "fairlead/shop/web"}); err != nil {
		t.Fatal(err)
	}
	if got := git(t, w.dir, "rev-parse", "fairlead/shop/web"); got != id.String() {
		t.Errorf("the new branch is at %s", got)
	}
}

func TestLane_Push_rejected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	if err := os.WriteFile(filepath.Join(w.dir, "hooks/pre-receive"), []byte("#!/bin/sh\nprintf '\\033[1mnot\\ntoday\\n' >&2; exit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	l, _ := w.lane(t)
	head := look(t, l)
	_, err := pushFile(t, l, head, "a.txt", "two\n")
	wantReason(t, err, fault.Waiting, reason.PushRejected)
	if !strings.Contains(err.Error(), "not today") {
		t.Errorf("got %v", err)
	}
	if again := look(t, l); again != head {
		t.Errorf("the head moved to %v", again)
	}
}

// A cutter breaks pushes: it closes the connection at some point.
type cutter struct {
	at   string // "before", "after" the server has taken the push, "empty": answers 200 and nothing after it did
	then func() // called after the server has taken it
	cuts atomic.Int64
}

func (c *cutter) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !strings.HasSuffix(q.URL.Path, "/git-receive-pack") || c.cuts.Add(1) > 1 {
			next.ServeHTTP(w, q)
			return
		}
		if c.at == "before" {
			panic(http.ErrAbortHandler)
		}
		rec := &recorder{header: http.Header{}}
		next.ServeHTTP(rec, q)
		if c.then != nil {
			c.then()
		}
		if c.at == "empty" {
			w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
			return
		}
		panic(http.ErrAbortHandler)
	})
}

func TestLane_Push_unclear(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, at string
		human         bool // pushes on top before we can look
		happened      bool
	}{
		{"knows that nothing came", "the same commit may be pushed again", "before", false, false},
		{"knows that it came", "the answer was lost, not the push", "after", false, true},
		{"does not trust an empty answer, and looks", "the push was taken", "empty", false, true},
		{"finds its commit below another", "a human was quick", "after", true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			cut := &cutter{at: tc.at}
			w := newWorld(t, cut.around)
			if tc.human {
				cut.then = func() { write(t, w.dir, "main", "b.txt", "human\n", "human") }
			}
			l, _ := w.lane(t)
			head := look(t, l)
			id, err := pushFile(t, l, head, "a.txt", "two\n")
			if tc.happened {
				if err != nil {
					t.Fatalf("%s: %v", tc.why, err)
				}
			} else {
				wantReason(t, err, fault.Transient, reason.GitFailed)
				if !errors.Is(err, gitwire.ErrUnclear) {
					t.Errorf("%s: it is not said to be in doubt: %v", tc.why, err)
				}
				if err := l.Push(t.Context(), id, head); err != nil {
					t.Fatalf("pushing again: %v", err)
				}
			}
			if n := git(t, w.dir, "rev-list", "--count", "--grep=Fairlead-Update: u1", "main"); n != "1" {
				t.Errorf("%s commits of the update, want one", n)
			}
			if diff := cmp.Diff(w.listed(t, "main"), readAll(t, l, look(t, l).Commit)); diff != "" {
				t.Errorf("(-git +ours):\n%s", diff)
			}
		})
	}
}

// A server that hangs, wherever it does, ends with the lane's timeout, and the next try is well.
func TestLane_serverHangs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, path, before string }{
		{"before its refs", "/info/refs", ""},
		{"before the pack", "/git-upload-pack", ""},
		{"inside the pack", "/git-upload-pack", "PACK"},
		{"before the report", "/git-receive-pack", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var healed atomic.Bool
			w := newWorld(t, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
					if healed.Load() || !strings.HasSuffix(q.URL.Path, tc.path) {
						next.ServeHTTP(rw, q)
						return
					}
					rec := &recorder{header: rw.Header()}
					next.ServeHTTP(rec, q)
					rw.Header().Del("Content-Length")
					answer := rec.body.String()
					if tc.before != "" && !strings.Contains(answer, tc.before) {
						_, _ = io.WriteString(rw, answer) // the list of refs
						return
					}
					_, _ = io.WriteString(rw, answer[:strings.Index(answer, tc.before)+len(tc.before)])
					rw.(http.Flusher).Flush()
					<-q.Context().Done()
				})
			})
			w.remote.Timeout = 200 * time.Millisecond
			l, release := w.lane(t)
			head, err := l.Head(t.Context())
			if err == nil {
				err = l.Fetch(t.Context(), head)
			}
			if err == nil {
				healed.Store(tc.path != "/git-receive-pack")
				_, err = pushFile(t, l, head, "a.txt", "two\n")
				if err == nil { // the branch was looked at in time
					err = context.DeadlineExceeded
				}
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			release()
			healed.Store(true)
			w.remote.Timeout = time.Minute
			l, _ = w.lane(t)
			if diff := cmp.Diff(w.listed(t, "main"), readAll(t, l, look(t, l).Commit)); diff != "" {
				t.Errorf("(-git +ours):\n%s", diff)
			}
		})
	}
}

// The controller dies between push and report: the next one finds out, with and without a mirror.
func TestLane_Settle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	l, release := w.lane(t)
	head := look(t, l)
	id, err := pushFile(t, l, head, "a.txt", "two\n")
	if err != nil {
		t.Fatal(err)
	}
	release()
	for i := range 30 {
		write(t, w.dir, "main", "b.txt", fmt.Sprint(i), "human")
	}
	unrelated := parse(t, git(t, w.dir, "commit-tree", git(t, w.dir, "rev-parse", "main^{tree}"), "-m", "another root"))
	for _, tc := range []struct {
		name, why string
		intent    commit.Intent
		want      commit.Fate
	}{
		{"finds the commit", "it arrived", commit.Intent{Base: head.Commit, Commit: id}, commit.Arrived},
		{"finds the update", "a signed commit has another id each time", commit.Intent{Base: head.Commit, UpdateID: "u1"}, commit.Arrived},
		{"knows that it is lost", "everything since is another's", commit.Intent{Base: head.Commit, UpdateID: "u2"}, commit.Lost},
		{"finds the commit without the base", "history was rewritten below it", commit.Intent{Base: unrelated, Commit: id}, commit.Arrived},
		{"knows nothing without the base", "history was rewritten", commit.Intent{Base: unrelated, UpdateID: "u2"}, commit.Unknown},
	} {
		for _, fresh := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, new pod %v", tc.name, fresh), func(t *testing.T) {
				if fresh {
					if err := os.RemoveAll(w.store); err != nil {
						t.Fatal(err)
					}
				}
				w.reopen(t)
				l, release := w.lane(t)
				defer release()
				now := look(t, l)
				c, got, err := l.Settle(t.Context(), tc.intent, now)
				if err != nil || got != tc.want || got == commit.Arrived && c.ID != id {
					t.Errorf("%s: %v %v %v, want %v", tc.why, c.ID, got, err, tc.want)
				}
			})
		}
	}
}

func TestLane_Between(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	old := w.tip(t)
	side := git(t, w.dir, "commit-tree", git(t, w.dir, "rev-parse", "main^{tree}"), "-p", old, "-m", "side")
	base := write(t, w.dir, "main", "a.txt", "base\n", "base")
	write(t, w.dir, "main", "a.txt", "1\n", "one")
	merge := git(t, w.dir, "commit-tree", git(t, w.dir, "rev-parse", "main^{tree}"), "-p", w.tip(t), "-p", side, "-m", "merge")
	git(t, w.dir, "update-ref", "refs/heads/main", merge)
	l, _ := w.lane(t)
	head := look(t, l)
	commits, complete, err := l.Between(t.Context(), base, head.Commit, 100)
	if err != nil || !complete {
		t.Fatalf("complete %v, %v", complete, err)
	}
	var got []string
	for _, c := range commits {
		got = append(got, c.Subject())
	}
	if diff := cmp.Diff([]string{"merge", "one", "side"}, sortTail(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if commits, complete, err := l.Between(t.Context(), head.Commit, head.Commit, 100); err != nil || !complete || len(commits) != 0 {
		t.Errorf("nothing happened: %v %v %v", commits, complete, err)
	}
	if commits, complete, err := l.Between(t.Context(), base, head.Commit, 1); err != nil || complete || len(commits) != 1 {
		t.Errorf("one was wanted: %d %v %v", len(commits), complete, err)
	}

	var stream strings.Builder
	for i := range 300 {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter Ann <ann@example.com> %d +0000\ndata 1\nx\n", 1900000000+i)
		if i == 0 {
			fmt.Fprintf(&stream, "from %s\n", head.Commit)
		}
		fmt.Fprintf(&stream, "M 100644 inline a.txt\ndata 4\n%04d\n", i)
	}
	gitWith(t, w.dir, stream.String(), "fast-import", "--quiet")
	far := look(t, l)
	if commits, complete, err := l.Between(t.Context(), parse(t, git(t, w.dir, "rev-parse", "main~255")), far.Commit, 1000); err != nil || !complete || len(commits) != 255 {
		t.Errorf("255 commits back: %d %v %v", len(commits), complete, err)
	}
	if commits, complete, err := l.Between(t.Context(), parse(t, git(t, w.dir, "rev-parse", "main~257")), far.Commit, 1000); err != nil || complete {
		t.Errorf("257 commits back: %d %v %v, want not all", len(commits), complete, err)
	}
	if n := strings.Count(git(t, w.mirror(t), "cat-file", "--batch-check", "--batch-all-objects"), " commit "); n > 3 {
		t.Errorf("the mirror keeps %d commits; history is not to be kept", n)
	}
}

// sortTail orders all but the first: commits of one second have no order that a person would know.
func sortTail(s []string) []string {
	if len(s) == 3 && s[1] > s[2] {
		s[1], s[2] = s[2], s[1]
	}
	return s
}

// Whatever happens to a mirror, what is read is right or an error, and the next run is well again.
func TestLane_mirrorDamaged(t *testing.T) {
	t.Parallel()
	pack := func(t *testing.T, w *world) string {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(w.mirror(t), "objects/pack/*.pack"))
		if err != nil || len(files) == 0 {
			t.Fatalf("packs %v, %v", files, err)
		}
		return files[0]
	}
	for _, tc := range []struct {
		name, why string
		harm      func(t *testing.T, w *world) error
	}{
		{"is deleted", "an emptyDir may be cleaned", func(t *testing.T, w *world) error { return os.RemoveAll(w.mirror(t)) }},
		{"loses its packs", "a disk was repaired", func(t *testing.T, w *world) error { return os.RemoveAll(filepath.Join(w.mirror(t), "objects")) }},
		{"loses a pack", "a disk was repaired", func(t *testing.T, w *world) error { return os.Remove(pack(t, w)) }},
		{"loses an index", "a disk was repaired", func(t *testing.T, w *world) error {
			return os.Remove(strings.TrimSuffix(pack(t, w), ".pack") + ".idx")
		}},
		{"has a short pack", "power was cut", func(t *testing.T, w *world) error { return os.Truncate(pack(t, w), 40) }},
		{"has an empty index", "power was cut", func(t *testing.T, w *world) error {
			return os.Truncate(strings.TrimSuffix(pack(t, w), ".pack")+".idx", 0)
		}},
		{"has an empty tip", "power was cut", func(t *testing.T, w *world) error {
			return os.Truncate(filepath.Join(w.mirror(t), "refs/heads/tip"), 0)
		}},
		{"has a strange shallow", "power was cut", func(t *testing.T, w *world) error {
			return os.WriteFile(filepath.Join(w.mirror(t), "shallow"), []byte("garbage\n"), 0o600)
		}},
		{"names a tip that is not whole", "power was cut", func(t *testing.T, w *world) error {
			return os.WriteFile(filepath.Join(w.mirror(t), "refs/heads/tip"), []byte(strings.Repeat("1", 40)+"\n"), 0o600)
		}},
	} {
		for _, moved := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, head moved %v", tc.name, moved), func(t *testing.T) {
				t.Parallel()
				w := worldOf(t, varied(t), nil)
				l, release := w.lane(t)
				look(t, l)
				release()
				if err := tc.harm(t, w); err != nil {
					t.Fatal(err)
				}
				if moved {
					write(t, w.dir, "main", "a", "b", "more")
				}
				for range 2 { // the first may fail, and must leave it mended
					l, release := w.lane(t)
					head := look(t, l)
					if tree, err := l.Tree(head.Commit); err == nil {
						_, err = tree.List(tree.Root())
						if err != nil {
							wantReason(t, err, fault.Transient, reason.GitFailed)
						}
					}
					release()
				}
				l, _ = w.lane(t)
				if diff := cmp.Diff(w.listed(t, "main"), readAll(t, l, look(t, l).Commit)); diff != "" {
					t.Errorf("%s (-git +ours):\n%s", tc.why, diff)
				}
				if names, _ := filepath.Glob(filepath.Join(w.store, "tmp_*")); len(names) > 0 {
					t.Errorf("left behind: %v", names)
				}
			})
		}
	}
}

// A lane whose mirror vanishes in the middle of its work gives an error or the right answer.
func TestLane_mirrorVanishesMeanwhile(t *testing.T) {
	t.Parallel()
	w := worldOf(t, varied(t), nil)
	l, _ := w.lane(t)
	head := look(t, l)
	if err := os.RemoveAll(w.mirror(t)); err != nil {
		t.Fatal(err)
	}
	if tree, err := l.Tree(head.Commit); err == nil {
		if _, err := tree.List(tree.Root()); err != nil {
			wantReason(t, err, fault.Transient, reason.GitFailed)
		}
	} else {
		wantReason(t, err, fault.Transient, reason.GitFailed)
	}
	head = look(t, l)
	if diff := cmp.Diff(w.listed(t, "main"), readAll(t, l, head.Commit)); diff != "" {
		t.Errorf("(-git +ours):\n%s", diff)
	}
	id, err := l.Build(head.Commit, file("apps.yaml", "x"), update("u"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(w.mirror(t)); err != nil {
		t.Fatal(err)
	}
	if err := l.Push(t.Context(), id, head); err != nil {
		wantReason(t, err, fault.Transient, reason.GitFailed)
	}
	if diff := cmp.Diff(w.listed(t, "main"), readAll(t, l, look(t, l).Commit)); diff != "" {
		t.Errorf("after the push (-git +ours):\n%s", diff)
	}
}

func TestOpen_sweeps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	l, release := w.lane(t)
	look(t, l)
	release()
	mirror := w.mirror(t)
	left := []string{filepath.Join(w.store, "tmp_clone_1"), filepath.Join(w.store, "tmp_old_2"), filepath.Join(mirror, "objects/pack/tmp_pack_3"),
		filepath.Join(mirror, "tmp_file_4"), filepath.Join(mirror, "refs/heads/tmp_file_5")}
	for _, name := range left {
		if err := os.MkdirAll(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w.reopen(t)
	for _, name := range left {
		if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	requests := len(w.journal.All())
	l, release = w.lane(t)
	look(t, l)
	release()
	if n := len(w.journal.All()) - requests; n != 2 {
		t.Errorf("%d requests on a mirror of before, want the capabilities and the list", n)
	}
}

func TestMirrors_Sweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	now := time.Unix(1900000000, 0)
	m, err := gitrepo.Open(gitrepo.Config{Dir: w.store, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	w.mirrors = m
	l, release := w.lane(t)
	look(t, l)
	now = now.Add(48 * time.Hour)
	if err := m.Sweep(24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	w.mirror(t) // it is in use
	release()
	if err := m.Sweep(24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	w.mirror(t) // it was used a moment ago
	now = now.Add(25 * time.Hour)
	if err := m.Sweep(24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if dirs, _ := filepath.Glob(filepath.Join(w.store, "mirror_*")); len(dirs) != 0 {
		t.Errorf("nobody used %v", dirs)
	}
	l, release = w.lane(t)
	defer release()
	look(t, l)
}

func TestMirrors_loginsShareNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(h http.Handler) http.Handler { return locked("ann", "right", h) })
	w.remote.Login = credentials.Git{Username: "ann", Password: credentials.NewText("right")}
	l, release := w.lane(t)
	head := look(t, l)
	release()
	w.remote.Login.Password = credentials.NewText("wrong")
	l, release = w.lane(t)
	defer release()
	if l.Has(head.Commit) {
		t.Error("a wrong password opens the mirror of the right one")
	}
	_, err := l.Head(t.Context())
	wantReason(t, err, fault.Waiting, reason.GitAuthenticationFailed)
	names, err := filepath.Glob(filepath.Join(w.store, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.Contains(name, "right") || strings.Contains(name, fmt.Sprintf("%x", sha1.Sum([]byte("right")))) {
			t.Errorf("%s tells of the login", name)
		}
	}
	if out, err := os.ReadFile(filepath.Join(w.mirror(t), "config")); err != nil || strings.Contains(string(out), "right") || strings.Contains(string(out), "ann") {
		t.Errorf("the config holds a login (%v):\n%s", err, out)
	}
}

func TestLane_noSuchBranch(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "fleet.git")
	git(t, ".", "init", "-q", "--bare", "-b", "main", empty)
	for _, tc := range []struct{ name, dir, branch string }{
		{"an empty repository", empty, ""}, {"an empty repository and a branch", empty, "main"}, {"another branch", bare(t), "mein"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := worldOf(t, tc.dir, nil)
			w.remote.Branch = tc.branch
			l, _ := w.lane(t)
			_, err := l.Head(t.Context())
			wantReason(t, err, fault.Stalled, reason.BranchNotFound)
		})
	}
}

func TestLane_defaultBranchRenamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.remote.Branch = ""
	l, _ := w.lane(t)
	if head := look(t, l); head.Branch != "main" {
		t.Fatalf("head %v", head)
	}
	git(t, w.dir, "branch", "-m", "main", "trunk")
	head := look(t, l)
	if head.Branch != "trunk" {
		t.Fatalf("head %v", head)
	}
	if _, err := pushFile(t, l, head, "a.txt", "two\n"); err != nil {
		t.Fatal(err)
	}
	if got := git(t, w.dir, "for-each-ref", "--format=%(refname)"); got != "refs/heads/trunk" {
		t.Errorf("refs %s", got)
	}
}

func TestMirrors_Lane_isTakenInTurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	_, release := w.lane(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := w.mirrors.Lane(ctx, w.remote); !errors.Is(err, context.Canceled) {
		t.Errorf("a second lane while the first is held: %v", err)
	}
	other := w.remote
	other.Branch = "other"
	_, free, err := w.mirrors.Lane(t.Context(), other)
	if err != nil {
		t.Fatalf("a lane beside it: %v", err)
	}
	free()
	release()
	release() // twice does no harm
	_, again := w.lane(t)
	again()
}

// Ten automations on one branch and ten on another, in two processes: every commit survives.
func TestMirrors_manyWriters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	git(t, w.dir, "update-ref", "refs/heads/other", "main")
	second, err := gitrepo.Open(gitrepo.Config{Dir: filepath.Join(t.TempDir(), "second")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Close)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			mirrors, remote := w.mirrors, w.remote
			if i%4 > 1 {
				mirrors = second
			}
			remote.Branch = []string{"main", "other"}[i%2]
			if err := writeOnce(t.Context(), mirrors, remote, fmt.Sprintf("%d\n", i)); err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		})
	}
	all.Wait()
	for _, branch := range []string{"main", "other"} {
		if n := git(t, w.dir, "rev-list", "--count", branch); n != "11" {
			t.Errorf("%s has %s commits, want 11", branch, n)
		}
	}
	git(t, w.dir, "fsck", "--strict")
}

// writeOnce changes a file, again after each lost race.
func writeOnce(ctx context.Context, m *gitrepo.Mirrors, r gitrepo.Remote, content string) error {
	for {
		err := func() error {
			l, release, err := m.Lane(ctx, r)
			if err != nil {
				return err
			}
			defer release()
			head, err := l.Head(ctx)
			if err != nil {
				return err
			}
			if err := l.Fetch(ctx, head); err != nil {
				return err
			}
			id, err := l.Build(head.Commit, file("a.txt", content), update(content))
			if err != nil {
				return err
			}
			return l.Push(ctx, id, head)
		}()
		if f := fault.Of(err); f == nil || f.Reason != reason.PushRace {
			return err
		}
	}
}

func TestLane_crowdedMirrorIsClonedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	m, err := gitrepo.Open(gitrepo.Config{Dir: w.store, Packs: 5})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	w.mirrors = m
	l, _ := w.lane(t)
	observed := look(t, l).Commit
	for i := range 12 {
		write(t, w.dir, "main", "a.txt", fmt.Sprint(i), "more")
		look(t, l, observed)
	}
	files, err := filepath.Glob(filepath.Join(w.mirror(t), "objects/pack/*.pack"))
	if err != nil || len(files) > 6 {
		t.Errorf("%d packs, %v", len(files), err)
	}
	if !l.Has(observed) {
		t.Error("what was to be kept is lost")
	}
	if diff := cmp.Diff(w.listed(t, "main"), readAll(t, l, look(t, l).Commit)); diff != "" {
		t.Errorf("(-git +ours):\n%s", diff)
	}
}

func TestTree_Read_limit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	write(t, w.dir, "main", "a.txt", "12345", "five")
	l, _ := w.lane(t)
	tree, err := l.Tree(look(t, l).Commit)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := tree.List(tree.Root())
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v %v", entries, err)
	}
	if _, err := tree.Read(entries[0], 4); !errors.Is(err, site.ErrTooLarge) {
		t.Errorf("one byte over: %v", err)
	}
	if content, err := tree.Read(entries[0], 5); err != nil || string(content) != "12345" {
		t.Errorf("at the limit: %q %v", content, err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if content, err := tree.Read(entries[0], 5); err != nil || string(content) != "12345" {
					t.Errorf("read at once: %q %v", content, err)
				}
			}
		})
	}
	all.Wait()
}

// The same over SSH, with a server that lets us choose the protocol and one that does not.
func TestLane_ssh(t *testing.T) {
	t.Parallel()
	for version, v2 := range map[string]bool{"v2": true, "v0": false} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := worldOf(t, varied(t), nil)
			server := startSSH(t, w.dir, v2)
			w.remote = gitrepo.Remote{URL: "ssh://git@" + server.Address + w.dir, Login: server.Login}
			observed := parse(t, w.tip(t))
			for i := range 10 {
				write(t, w.dir, "main", "a", fmt.Sprint(i), "more")
			}
			l, _ := w.lane(t)
			head := look(t, l, observed)
			if !l.Has(observed) {
				t.Error("the commit to be kept was not to be had")
			}
			human := write(t, w.dir, "main", "b.txt", "human\n", "human")
			_, err := pushFile(t, l, head, "apps.yaml", "image: a:2\n")
			wantReason(t, err, fault.Transient, reason.PushRace)
			head = look(t, l)
			id, err := pushFile(t, l, head, "apps.yaml", "image: a:2\n")
			if err != nil || head.Commit != human {
				t.Fatalf("on %s: %v", head.Commit, err)
			}
			if _, fate, err := l.Settle(t.Context(), commit.Intent{Base: observed, UpdateID: "u1"}, look(t, l)); err != nil || fate != commit.Arrived {
				t.Errorf("settled as %v, %v", fate, err)
			}
			if diff := cmp.Diff(w.listed(t, "main"), readAll(t, l, id)); diff != "" {
				t.Errorf("(-git +ours):\n%s", diff)
			}
			w.remote.Login.KnownHosts = "example.com " + strings.SplitN(server.Hosts, " ", 2)[1]
			l, _ = w.lane(t)
			_, err = l.Head(t.Context())
			wantReason(t, err, fault.Waiting, reason.HostKeyMismatch)
		})
	}
}
