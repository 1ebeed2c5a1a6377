// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A kubectl runs kubectl in the cluster of the demo.
type kubectl struct {
	program, kubeconfig string
}

// run returns what it printed, without the last newline.
func (k kubectl) run(ctx context.Context, args ...string) (string, error) {
	return output(exec.CommandContext(ctx, k.program, append([]string{"--kubeconfig", k.kubeconfig}, args...)...), "kubectl", args)
}

// A git runs git in a folder, apart from the configuration of the user and the machine.
type git struct {
	home, folder string
}

// run returns what it printed, without the last newline.
func (g git) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = g.folder
	cmd.Env = []string{"HOME=" + g.home, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "PATH=" + os.Getenv("PATH")}
	return output(cmd, "git", args)
}

// output runs cmd; what it said on stderr is part of the error.
func output(cmd *exec.Cmd, name string, args []string) (string, error) {
	var problems strings.Builder
	cmd.Stderr = &problems
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("running %s %s: %w\n%s", name, strings.Join(args, " "), err, strings.TrimSpace(problems.String()))
	}
	return strings.TrimRight(string(out), "\n"), nil
}

// tail returns the path of a log and the beginnings of its last lines, for a message.
func tail(path string) string {
	const most, width = 15, 240
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Sprintf("(no log: %v)", err)
	}
	lines := strings.Split(strings.TrimRight(string(content), "\n"), "\n")
	lines = lines[max(0, len(lines)-most):]
	for i, line := range lines {
		lines[i] = strings.ToValidUTF8(line[:min(len(line), width)], "")
	}
	return fmt.Sprintf("%s ends with:\n%s", path, cmp.Or(strings.Join(lines, "\n"), "(it is empty)"))
}
