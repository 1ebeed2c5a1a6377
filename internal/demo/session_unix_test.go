// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// lockVariable makes the test binary take the lock of a place and hold it until its input ends.
const lockVariable = "DEMO_TEST_LOCK"

func TestMain(m *testing.M) {
	if root := os.Getenv(lockVariable); root != "" {
		os.Exit(holdLock(place{root}))
	}
	os.Exit(m.Run())
}

func holdLock(where place) int {
	lock, err := take(where)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer lock.Close()
	runtime.GC() // a lock that nobody refers to would be closed here
	runtime.GC()
	fmt.Println("taken")
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test lets go
	return 0
}

// A holder is another process that holds the lock of a place.
type holder struct {
	cmd   *exec.Cmd
	stdin io.Closer
	said  string // its first line
}

func startHolder(t *testing.T, where place) holder {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), lockVariable+"="+where.root)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) // it has usually ended
	lines := bufio.NewScanner(stdout)
	lines.Scan()
	return holder{cmd, stdin, lines.Text()}
}

func TestServing(t *testing.T) {
	t.Parallel()
	where := place{t.TempDir()}
	isServing := func(want int, why string) {
		t.Helper()
		if pid, err := serving(where); err != nil || pid != want {
			t.Errorf("%s: got process %d and error %v, want %d", why, pid, err, want)
		}
	}
	isServing(0, "there is no folder")
	if _, err := made(where.folder()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(where.lockFile(), []byte("1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	isServing(0, "a number that a killed process has left is nobody's")

	first := startHolder(t, where)
	if first.said != "taken" {
		t.Fatalf("the first process said %q", first.said)
	}
	isServing(first.cmd.Process.Pid, "a process holds the lock")
	if second := startHolder(t, where); second.said == "taken" {
		t.Error("two processes hold one lock")
	}
	isServing(first.cmd.Process.Pid, "looking, and trying in vain, does not take the lock away")
	if err := first.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	isServing(0, "the process has ended")
}
