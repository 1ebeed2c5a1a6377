// SPDX-License-Identifier: Apache-2.0

package gitwire_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/gitwire"
)

const canary = "canary-3d77"

func open(t testing.TB, c gitwire.Config) *gitwire.Remote {
	t.Helper()
	c.Insecure = true
	r, err := gitwire.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// wantFault fails unless err is a fault of that class and reason, and free of the canary and of control characters.
func wantFault(t testing.TB, err error, class fault.Class, why reason.Reason) {
	t.Helper()
	f := fault.Of(err)
	if f == nil || f.Class != class || f.Reason != why {
		t.Fatalf("got %+v, want class %d and reason %s", f, class, why)
	}
	if text := err.Error(); strings.Contains(text, canary) || strings.ContainsAny(text, "\n\r\x1b\x00") {
		t.Errorf("not fit to be shown: %q", text)
	}
}

func TestRemote_Head(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	main := parse(t, git(t, dir, "rev-parse", "main"))
	release := write(t, dir, "release/1", "a.txt", "two\n", "second")
	empty := filepath.Join(t.TempDir(), "empty.git")
	git(t, ".", "init", "-q", "--bare", "-b", "main", empty)
	detached := bare(t)
	git(t, detached, "update-ref", "--no-deref", "HEAD", git(t, detached, "rev-parse", "main"))
	for _, tc := range []struct {
		name, why, dir, branch string
		want                   commit.Head
		fault                  reason.Reason
	}{
		{"reads a branch", "the usual poll", dir, "release/1", commit.Head{Branch: "release/1", Commit: release}, ""},
		{"follows HEAD", "git.branch is optional", dir, "", commit.Head{Branch: "main", Commit: main}, ""},
		{"knows a missing branch", "none is made up", dir, "mai", commit.Head{}, reason.BranchNotFound},
		{"knows an empty repository", "none is made up", empty, "", commit.Head{}, reason.BranchNotFound},
		{"knows an empty repository by branch", "none is made up", empty, "main", commit.Head{}, reason.BranchNotFound},
		{"knows a detached HEAD", "a commit is not a branch", detached, "", commit.Head{}, reason.BranchNotFound},
		{"refuses what is no name", "it would become part of a command", dir, "a b", commit.Head{}, reason.InvalidSpec},
		{"refuses a way out", "a ref with .. is none", dir, "a/../b", commit.Head{}, reason.InvalidSpec},
	} {
		for version, wrap := range map[string]func(http.Handler) http.Handler{"v2": func(h http.Handler) http.Handler { return h }, "v0": version0} {
			t.Run(tc.name+" with "+version, func(t *testing.T) {
				t.Parallel()
				url := start(t, wrap(backend(t, tc.dir))) + "/" + filepath.Base(tc.dir)
				got, err := open(t, gitwire.Config{URL: url}).Head(t.Context(), tc.branch)
				if tc.fault != "" {
					wantFault(t, err, fault.Stalled, tc.fault)
					return
				}
				if err != nil || got != tc.want {
					t.Errorf("%s: %v %v", tc.why, got, err)
				}
			})
		}
	}
}

// An idle poll costs one request whatever the number of refs.
func TestRemote_Head_isOneSmallRequest(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	tip := git(t, dir, "rev-parse", "main")
	var refs strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&refs, "create refs/heads/feature/%d %s\n", i, tip)
	}
	gitWith(t, dir, refs.String(), "update-ref", "--stdin")
	var j journal
	server := httptest.NewServer(j.Around(locked("ann", canary, backend(t, dir))))
	t.Cleanup(server.Close)
	var bytes atomic.Int64
	r := open(t, gitwire.Config{URL: server.URL + "/fleet.git", Login: credentials.Git{Username: "ann", Password: credentials.NewText(canary)},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, address)
			return counted{c, &bytes}, err
		}})
	if _, err := r.Head(t.Context(), "main"); err != nil {
		t.Fatal(err)
	}
	bytes.Store(0)
	seen := len(j.All())
	if _, err := r.Head(t.Context(), "main"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"POST /fleet.git/git-upload-pack"}, j.All()[seen:]); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if n := bytes.Load(); n > 1024 || n == 0 {
		t.Errorf("%d bytes on the wire, want at most 1024", n)
	}
}

type counted struct {
	net.Conn
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.n.Add(int64(n))
	return n, err
}

// index has git check a pack, whose bases, if it is thin, are in the repository dir.
func index(t testing.TB, dir string, pack []byte) {
	t.Helper()
	scratch := filepath.Join(t.TempDir(), "scratch.git")
	git(t, ".", "init", "-q", "--bare", scratch)
	if err := os.WriteFile(filepath.Join(scratch, "objects/info/alternates"), []byte(filepath.Join(dir, "objects")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	gitWith(t, scratch, string(pack), "index-pack", "--stdin", "--fix-thin", "--strict")
}

func TestRemote_Fetch(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	first := parse(t, git(t, dir, "rev-parse", "main"))
	big := strings.Repeat("a line that makes this file larger\n", 3000)
	second := write(t, dir, "main", "b.txt", big, "second")
	third := write(t, dir, "main", "b.txt", big+"one more\n", "third")
	git(t, dir, "gc", "-q")
	for version, wrap := range map[string]func(http.Handler) http.Handler{"v2": func(h http.Handler) http.Handler { return h }, "v0": version0} {
		for _, tc := range []struct {
			name, why string
			ask       gitwire.Ask
			most      int
			unknown   bool
		}{
			{"takes a tip", "the first sight", gitwire.Ask{Want: third, Depth: 1}, 5000, false},
			{"takes what is new", "a warm mirror", gitwire.Ask{Want: third, Depth: 1, Have: second}, 600, false},
			{"takes it though the server forgot ours", "history was rewritten", gitwire.Ask{Want: third, Depth: 1, Have: commit.ID{1}}, 5000, false},
			{"takes history", "to settle a push", gitwire.Ask{Want: third, Depth: 3, Have: third}, 2000, false},
			{"says that a commit is gone", "the caller asks another way", gitwire.Ask{Want: commit.ID{2}, Depth: 1}, 0, true},
			{"takes a commit by its name", "the one looked at last", gitwire.Ask{Want: first, Depth: 1, Have: third}, 1000, false},
		} {
			t.Run(tc.name+" with "+version, func(t *testing.T) {
				t.Parallel()
				r := open(t, gitwire.Config{URL: start(t, wrap(backend(t, dir))) + "/fleet.git"})
				var pack bytes.Buffer
				err := r.Fetch(t.Context(), tc.ask, func(in io.Reader) error {
					_, err := pack.ReadFrom(in)
					return err
				})
				if tc.unknown {
					if !errors.Is(err, gitwire.ErrNotThere) {
						t.Errorf("%s: %v", tc.why, err)
					}
					wantFault(t, err, fault.Transient, reason.GitFailed)
					return
				}
				if err != nil {
					t.Fatalf("%s: %v", tc.why, err)
				}
				if pack.Len() > tc.most {
					t.Errorf("%s: %d bytes, want at most %d", tc.why, pack.Len(), tc.most)
				}
				index(t, dir, pack.Bytes())
			})
		}
	}
}

func TestRemote_Fetch_limit(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	tip := parse(t, git(t, dir, "rev-parse", "main"))
	r := open(t, gitwire.Config{URL: start(t, backend(t, dir)) + "/fleet.git", Limits: gitwire.Limits{Pack: 200}})
	err := r.Fetch(t.Context(), gitwire.Ask{Want: tip, Depth: 1}, func(in io.Reader) error {
		_, err := io.Copy(io.Discard, in)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "larger than the limit") {
		t.Errorf("got %v", err)
	}
}

// next makes on the server's side, without moving a ref, a commit on top of main, and returns it with a pack of it.
func next(t testing.TB, dir string) (commit.ID, []byte) {
	t.Helper()
	old := git(t, dir, "rev-parse", "main")
	id := git(t, dir, "commit-tree", git(t, dir, "rev-parse", "main^{tree}"), "-p", old, "-m", "pushed")
	pack := gitRaw(t, dir, id+"\n^"+old+"\n", "pack-objects", "--revs", "--stdout", "-q")
	git(t, dir, "prune", "--expire=now")
	return parse(t, id), pack
}

func gitRaw(t testing.TB, dir, stdin string, args ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out")
	shell := append([]string{"-c", "alias.to=!f() { file=$1; shift; git \"$@\" >\"$file\"; }; f", "to", file}, args...)
	gitWith(t, dir, stdin, shell...)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func hook(t testing.TB, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "hooks", name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestRemote_Push(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		prepare   func(t *testing.T, dir string)
		wrap      func(http.Handler) http.Handler
		edit      func(*gitwire.Update)
		moved     bool
		class     fault.Class
		reason    reason.Reason
		unclear   bool
		words     string
	}{
		{name: "moves the branch", why: "the plain way", moved: true},
		{name: "does not move it from another value", why: "the old value is the lease",
			edit:  func(u *gitwire.Update) { u.Old = commit.ID{7} },
			class: fault.Transient, reason: reason.PushRejected},
		{name: "does not make what exists", why: "a zero old value means it must not exist",
			edit:  func(u *gitwire.Update) { u.Old = commit.ID{} },
			class: fault.Transient, reason: reason.PushRejected},
		{name: "quotes a hook", why: "its words are what helps; they are a stranger's", prepare: func(t *testing.T, dir string) {
			hook(t, dir, "pre-receive", `printf '\033[31mno pushes on Friday\033[0m\r\nask %s\033]0;title\007\n' `+canary+` >&2; exit 1`)
		}, class: fault.Waiting, reason: reason.PushRejected, words: "pre-receive hook declined: no pushes on Friday ask redacted"},
		{name: "cuts a hook short", why: "an event holds 1 KiB", prepare: func(t *testing.T, dir string) {
			hook(t, dir, "update", `i=0; while [ $i -lt 3000 ]; do echo "all work and no play" >&2; i=$((i+1)); done; exit 1`)
		}, class: fault.Waiting, reason: reason.PushRejected, words: "hook declined"},
		{name: "does not take an empty answer for success", why: "a proxy may answer for the server", wrap: answer(200, ""),
			class: fault.Transient, reason: reason.GitFailed, unclear: true},
		{name: "does not take a page for success", why: "a proxy may answer for the server", wrap: answer(200, "<html>"),
			class: fault.Transient, reason: reason.GitFailed, unclear: true},
		{name: "knows a refused login", why: "nothing was pushed", wrap: answer(403, "no "+canary),
			class: fault.Waiting, reason: reason.GitAuthenticationFailed},
		{name: "is in doubt when the server breaks", why: "it may have moved the branch before", wrap: answer(502, ""),
			class: fault.Transient, reason: reason.GitFailed, unclear: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := bare(t)
			u := gitwire.Update{Branch: "main", Old: parse(t, git(t, dir, "rev-parse", "main"))}
			var pack []byte
			u.New, pack = next(t, dir)
			if tc.prepare != nil {
				tc.prepare(t, dir)
			}
			if tc.edit != nil {
				tc.edit(&u)
			}
			h := backend(t, dir)
			if tc.wrap != nil {
				h = tc.wrap(h)
			}
			r := open(t, gitwire.Config{URL: start(t, h) + "/fleet.git", Login: credentials.Git{Username: "ann", Password: credentials.NewText(canary)}})
			err := r.Push(t.Context(), u, func(bool) ([]byte, error) { return pack, nil })
			if got := git(t, dir, "rev-parse", "main") == u.New.String(); got != tc.moved {
				t.Errorf("%s: moved %v, want %v", tc.why, got, tc.moved)
			}
			if tc.moved {
				if err != nil {
					t.Errorf("%s: %v", tc.why, err)
				}
				return
			}
			wantFault(t, err, tc.class, tc.reason)
			if errors.Is(err, gitwire.ErrUnclear) != tc.unclear {
				t.Errorf("%s: in doubt %v, want %v: %v", tc.why, !tc.unclear, tc.unclear, err)
			}
			if !strings.Contains(err.Error(), tc.words) || len(err.Error()) > 1200 {
				t.Errorf("%s: got %q, want %q in it", tc.why, err, tc.words)
			}
		})
	}
}

// answer gives every push a fixed answer; the server never sees it.
func answer(status int, body string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if q.Method != http.MethodPost {
				next.ServeHTTP(w, q)
				return
			}
			w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
			if status != 200 {
				w.Header().Set("Content-Type", "text/plain")
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
}

func TestRemote_logins(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	url := start(t, locked("ann", canary, backend(t, dir))) + "/fleet.git"
	login := credentials.Git{Username: "ann", Password: credentials.NewText(canary)}
	if _, err := open(t, gitwire.Config{URL: url, Login: login}).Head(t.Context(), "main"); err != nil {
		t.Error(err)
	}
	login.Password = credentials.NewText(canary + "x")
	_, err := open(t, gitwire.Config{URL: url, Login: login}).Head(t.Context(), "main")
	wantFault(t, err, fault.Waiting, reason.GitAuthenticationFailed)
	if !strings.Contains(err.Error(), "go away, ann with redacted") {
		t.Errorf("the server's words are lost: %v", err)
	}

	bearer := start(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Authorization") != "Bearer "+canary {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend(t, dir).ServeHTTP(w, q)
	})) + "/fleet.git"
	if _, err := open(t, gitwire.Config{URL: bearer, Login: credentials.Git{Bearer: credentials.NewText(canary)}}).Head(t.Context(), "main"); err != nil {
		t.Error(err)
	}
	_, err = open(t, gitwire.Config{URL: bearer}).Head(t.Context(), "main")
	wantFault(t, err, fault.Waiting, reason.GitAuthenticationFailed)
}

func TestRemote_redirects(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	var visits atomic.Int64
	other := start(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	to := func(target string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if strings.HasPrefix(q.URL.Path, "/fleet.git/") {
				backend(t, dir).ServeHTTP(w, q)
				return
			}
			http.Redirect(w, q, target, http.StatusMovedPermanently)
		})
	}
	login := credentials.Git{Username: "ann", Password: credentials.NewText(canary)}
	for _, tc := range []struct {
		name, why, target string
		ok                bool
	}{
		{"follows a rename", "GitHub and GitLab do it", "/fleet.git/info/refs?service=git-upload-pack", true},
		{"does not follow to another host", "the credentials are not for it", other + "/fleet.git/info/refs?service=git-upload-pack", false},
		{"does not follow to a login page", "it is not a repository", "/login", false},
		{"does not go round in circles", "five hops are enough", "/old/info/refs?service=git-upload-pack", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := open(t, gitwire.Config{URL: start(t, to(tc.target)) + "/old", Login: login})
			_, err := r.Head(t.Context(), "main")
			if tc.ok {
				if err != nil {
					t.Errorf("%s: %v", tc.why, err)
				}
				return
			}
			wantFault(t, err, fault.Waiting, reason.GitFailed)
		})
	}
	t.Cleanup(func() {
		if visits.Load() != 0 {
			t.Error("the other host was visited")
		}
	})
}

func TestNew_refuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, url string }{
		{"files", "file:///etc"}, {"paths", "/srv/fleet.git"}, {"commands", "ext::sh -c id"}, {"git", "git://h/x"}, {"http", "http://h/x"},
		{"passwords", "https://ann:" + canary + "@h/x"}, {"names", "https://ann@h/x"}, {"queries", "https://h/x?y"}, {"no host", "https:///x"},
		{"no path", "https://h/"}, {"scp form", "git@h:x"}, {"ssh", "ssh://git@h/x"}, {"nothing", ""}, {"garbage", "https://h/\x00" + canary},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := gitwire.New(gitwire.Config{URL: tc.url})
			wantFault(t, err, fault.Stalled, reason.InvalidSpec)
		})
	}
}

func TestRemote_privateAuthority(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	server := httptest.NewTLSServer(backend(t, dir))
	t.Cleanup(server.Close)
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	trusting, err := gitwire.New(gitwire.Config{URL: server.URL + "/fleet.git", Login: credentials.Git{Authorities: ca}})
	if err != nil {
		t.Fatal(err)
	}
	defer trusting.Close()
	if _, err := trusting.Head(t.Context(), "main"); err != nil {
		t.Error(err)
	}
	wary, err := gitwire.New(gitwire.Config{URL: server.URL + "/fleet.git"})
	if err != nil {
		t.Fatal(err)
	}
	defer wary.Close()
	_, err = wary.Head(t.Context(), "main")
	wantFault(t, err, fault.Transient, reason.GitFailed)
	if err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("got %v", err)
	}
}

func TestRemote_oddAnswers(t *testing.T) {
	t.Parallel()
	advert := "application/x-git-upload-pack-advertisement"
	for _, tc := range []struct {
		name, why, kind, body string
		status                int
		class                 fault.Class
		words                 string
	}{
		{"says that a page is no repository", "git.url is wrong", "text/html", "<html>", 200, fault.Transient, "not as a Git server"},
		{"knows 404", "it is looked at again at the interval", "text/plain", "nothing\x1b[31m here", 404, fault.Waiting, "nothing here"},
		{"believes Retry-After", "the server is busy", "text/html", "", 429, fault.Transient, "429"},
		{"knows an answer that is cut off", "a proxy closed it", advert, "001e# service=git-upload-pack\n0000000eversion 2\n00", 200, fault.Transient, "unexpected EOF"},
		{"knows an empty answer", "a proxy answered", advert, "", 200, fault.Transient, "unexpected EOF"},
		{"quotes an error", "the server knows best", advert, "0018ERR closed \x1b[1mtoday", 200, fault.Transient, `"closed today"`},
		{"refuses a length that is none", "it would be read as one", advert, "00zz", 200, fault.Transient, "packet of length"},
		{"refuses another object format", "ids would not fit", advert, "000eversion 2\n0019object-format=sha256\n0000", 200, fault.Stalled, "only sha1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			url := start(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tc.kind)
				w.Header().Set("Retry-After", "17")
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			})) + "/fleet.git"
			_, err := open(t, gitwire.Config{URL: url}).Head(t.Context(), "main")
			wantFault(t, err, tc.class, reason.GitFailed)
			if !strings.Contains(err.Error(), tc.words) {
				t.Errorf("%s: got %q, want %q in it", tc.why, err, tc.words)
			}
			if tc.status == 429 && fault.Of(err).After != 17*time.Second {
				t.Errorf("again after %v", fault.Of(err).After)
			}
		})
	}
}

// A server that hangs ends with the deadline of the call.
func TestRemote_deadline(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url := start(t, http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		select {
		case <-release:
		case <-q.Context().Done():
		}
	})) + "/fleet.git"
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := open(t, gitwire.Config{URL: url}).Head(ctx, "main")
	wantFault(t, err, fault.Transient, reason.GitFailed)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestRemote_proxy(t *testing.T) {
	t.Parallel()
	dir := bare(t)
	backend := backend(t, dir)
	var asked atomic.Int64
	proxy := start(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Host != "git.example.com" || q.Header.Get("Proxy-Authorization") != "Basic YW5uOnB3" {
			http.Error(w, "not for you", http.StatusProxyAuthRequired)
			return
		}
		asked.Add(1)
		backend.ServeHTTP(w, q)
	}))
	at, err := url.Parse(strings.Replace(proxy, "http://", "http://ann:pw@", 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, gitwire.Config{URL: "http://git.example.com/fleet.git", Proxy: at}).Head(t.Context(), "main"); err != nil || asked.Load() == 0 {
		t.Errorf("asked %d times, %v", asked.Load(), err)
	}
}
