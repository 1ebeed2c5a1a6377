// SPDX-License-Identifier: Apache-2.0

package gitwire_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/commit"
)

// git runs the git command in dir and returns what it prints.
func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	return gitWith(t, dir, "", args...)
}

func gitWith(t testing.TB, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.com")
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(out.String())
}

// bare makes a bare repository with one commit of one file on main, and returns its folder.
func bare(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "fleet.git")
	git(t, ".", "init", "-q", "--bare", "-b", "main", dir)
	git(t, dir, "config", "http.receivepack", "true")
	write(t, dir, "main", "a.txt", "one\n", "first")
	return dir
}

// write commits one file on top of branch, on the server's side, and returns the commit.
func write(t testing.TB, dir, branch, path, content, message string) commit.ID {
	t.Helper()
	blob := gitWith(t, dir, content, "hash-object", "-w", "--stdin")
	parent := ""
	listed := ""
	if out := git(t, dir, "for-each-ref", "--format=%(objectname)", "refs/heads/"+branch); out != "" {
		parent = out
		listed = git(t, dir, "ls-tree", out) + "\n"
	}
	var tree strings.Builder
	for line := range strings.Lines(listed) {
		if !strings.HasSuffix(strings.TrimSpace(line), "\t"+path) {
			tree.WriteString(line)
		}
	}
	tree.WriteString("100644 blob " + blob + "\t" + path + "\n")
	args := []string{"commit-tree", gitWith(t, dir, strings.TrimPrefix(tree.String(), "\n"), "mktree"), "-m", message}
	if parent != "" {
		args = append(args, "-p", parent)
	}
	id := git(t, dir, args...)
	git(t, dir, "update-ref", "refs/heads/"+branch, id)
	return parse(t, id)
}

func parse(t testing.TB, hex string) commit.ID {
	t.Helper()
	id, err := commit.ParseID(hex)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// backend serves the folder above the repository dir as git http-backend does.
func backend(t testing.TB, dir string) http.Handler {
	t.Helper()
	return &cgi.Handler{
		Path: filepath.Join(git(t, ".", "--exec-path"), "git-http-backend"), Root: "/",
		Env: []string{"GIT_PROJECT_ROOT=" + filepath.Dir(dir), "GIT_HTTP_EXPORT_ALL=1", "REMOTE_USER=ann",
			"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null"},
		Stderr: io.Discard,
	}
}

// version0 hides from a server that we speak protocol v2.
func version0(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		q.Header.Del("Git-Protocol")
		next.ServeHTTP(w, q)
	})
}

// locked wants a user and a password.
func locked(user, password string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if u, p, _ := q.BasicAuth(); u != user || p != password {
			http.Error(w, "go away, "+u+" with "+p, http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, q)
	})
}

// A journal notes the requests that pass.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		j.mu.Lock()
		j.lines = append(j.lines, q.Method+" "+q.URL.Path)
		j.mu.Unlock()
		next.ServeHTTP(w, q)
	})
}

func (j *journal) all() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]string(nil), j.lines...)
}

// start serves h and returns its address.
func start(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}
