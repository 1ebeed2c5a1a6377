// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func shell(t *testing.T, script string) (*process, string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "shell.log")
	p, err := startProcess("shell", log, exec.Command("sh", "-c", script))
	if err != nil {
		t.Fatal(err)
	}
	return p, log
}

func TestProcess_stopEndsGrandchildren(t *testing.T) {
	t.Parallel()
	p, _ := shell(t, "sleep 1000 & echo ready at 17; wait")
	port, err := p.awaitLine(regexp.MustCompile(`ready at (\d+)`))
	if err != nil {
		t.Fatal(err)
	}
	if port != "17" {
		t.Errorf("waited for %q, want 17", port)
	}
	if err := p.stop(); err != nil {
		t.Error(err)
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, 0); !aliveNoMore(p.cmd.Process.Pid, err) {
		t.Errorf("the group of the process is still there (%v)", err)
	}
	if err := p.stop(); err != nil {
		t.Errorf("stopping again: %v", err)
	}
}

// aliveNoMore tells whether a group has ended: it is unknown, or only waits to be collected by init.
func aliveNoMore(group int, err error) bool {
	if errors.Is(err, syscall.ESRCH) {
		return true
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		content, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// pid (name) state ppid pgrp …
		_, rest, _ := strings.Cut(string(content), ") ")
		fields := strings.Fields(rest)
		if len(fields) > 2 && fields[2] == strconv.Itoa(group) && fields[0] != "Z" {
			return false
		}
	}
	return true
}

func TestProcess_endsEarly(t *testing.T) {
	t.Parallel()
	p, log := shell(t, "echo no such luck >&2; exit 3")
	_, err := p.awaitLine(regexp.MustCompile("never (.*)"))
	if err == nil {
		t.Fatal("waited for a line that never came, and got it")
	}
	for _, part := range []string{"running shell: it ended early (exit status 3)", log, "no such luck"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error lacks %q: %v", part, err)
		}
	}
}

func TestLogFile_findsLinesThatCameBefore(t *testing.T) {
	t.Parallel()
	log, err := openLog(filepath.Join(t.TempDir(), "any.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.close()
	for _, part := range []string{"first\nlisten", "ing on 17\nlistening on 18\n"} {
		if _, err := log.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-log.await(regexp.MustCompile(`listening on (\d+)`)); got != "17" {
		t.Errorf("got %q, want 17: a server may be ready before anybody waits", got)
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "long.log")
	if err := os.WriteFile(log, []byte(strings.Repeat("a line\n", 100)+"the last\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := tail(log)
	if lines := strings.Count(got, "\n"); lines != 40 {
		t.Errorf("%d lines, want 40", lines)
	}
	if !strings.HasSuffix(got, "\nthe last") || !strings.Contains(got, log) {
		t.Errorf("neither end nor path: %s", got)
	}
}

func TestParseCommand(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, why, line, service, repository string }{
		{"takes a fetch", "git sends it so", "git-upload-pack '/team/app.git'", "upload-pack", "team/app.git"},
		{"takes a push", "git sends it so", "git-receive-pack 'app.git'", "receive-pack", "app.git"},
		{"refuses another command", "this is no shell", "rm -rf '/'", "", ""},
		{"refuses a service without git-", "only Git's own names", "upload-pack '/app.git'", "", ""},
		{"refuses what lies outside", "a test must not touch other files", "git-upload-pack '/../../etc'", "", ""},
		{"refuses no repository", "the folder itself is none", "git-upload-pack ''", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			service, repository, err := parseCommand(tc.line)
			if service != tc.service || repository != tc.repository || (err == nil) != (tc.service != "") {
				t.Errorf("%s: got %q, %q, %v", tc.why, service, repository, err)
			}
		})
	}
}
