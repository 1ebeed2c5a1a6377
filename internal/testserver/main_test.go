// SPDX-License-Identifier: Apache-2.0

package testserver_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain fails when a server has left a process behind.
func TestMain(m *testing.M) {
	code := m.Run()
	if left := children(); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "processes left behind: %s\n", left)
		code = max(code, 1)
	}
	os.Exit(code)
}

// children returns the numbers of the child processes of this one, as Linux tells them; elsewhere none.
func children() []string {
	tasks, _ := filepath.Glob("/proc/self/task/*/children")
	var all []string
	for _, task := range tasks {
		content, err := os.ReadFile(task)
		if err != nil {
			continue // a thread that ended meanwhile
		}
		all = append(all, strings.Fields(string(content))...)
	}
	return all
}

// refuses fails the test when somebody still listens at host.
func refuses(t *testing.T, host string) {
	t.Helper()
	if conn, err := net.Dial("tcp", host); err == nil {
		conn.Close()
		t.Errorf("%s still takes connections after Stop", host)
	}
}

// A workplace runs the git command line in a folder, with nothing but the environment given.
type workplace struct {
	dir         string
	environment []string
}

func newWorkplace(t *testing.T, environment ...string) workplace {
	t.Helper()
	dir := t.TempDir()
	return workplace{dir, append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_COMMITTER_NAME=Ann", "GIT_COMMITTER_EMAIL=ann@example.com",
	}, environment...)}
}

// try runs git and returns all that it printed.
func (w workplace) try(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env = w.dir, w.environment
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return strings.TrimSpace(out.String()), err
}

// git runs git, which must succeed.
func (w workplace) git(t *testing.T, args ...string) string {
	t.Helper()
	out, err := w.try(t.Context(), args...)
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// commit changes a file of the clone in folder.
func (w workplace) commit(t *testing.T, folder, path, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, folder, path), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	w.git(t, "-C", folder, "add", path)
	w.git(t, "-C", folder, "commit", "--quiet", "-m", "change "+path)
}

func (w workplace) read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(w.dir, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
