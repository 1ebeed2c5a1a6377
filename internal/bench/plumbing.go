// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// plumbing does with git's own commands what the engine does from cold to pushed, and returns their CPU seconds, all
// together and for reading every blob once. The edits themselves, which a script would make, cost nothing here.
func (g *gitBench) plumbing(ctx context.Context, clone, tag string) (all, reading float64, err error) {
	url := g.server.URL(theirs)
	head, _, err := gitCPU(ctx, g.dir, nil, "ls-remote", url, "refs/heads/main")
	if err != nil {
		return 0, 0, err
	}
	id, _, _ := strings.Cut(string(head), "\t")
	_, cloning, err := gitCPU(ctx, g.dir, nil, "clone", "--quiet", "--bare", "--depth", "1", url, clone)
	if err != nil {
		return 0, 0, err
	}
	blobs, listing, err := gitCPU(ctx, clone, nil, "ls-tree", "-r", "--format=%(objectname)", "main")
	if err != nil {
		return 0, 0, err
	}
	content, looking, err := gitCPU(ctx, clone, bytes.NewReader(blobs), "cat-file", "--batch")
	if err != nil {
		return 0, 0, err
	}
	if n := bytes.Count(content, []byte(" blob ")); n != treeFiles {
		return 0, 0, fmt.Errorf("git read %d blobs, want %d", n, treeFiles)
	}
	_, importing, err := gitCPU(ctx, clone, editStream(id, tag), "fast-import", "--quiet")
	if err != nil {
		return 0, 0, err
	}
	_, pushing, err := gitCPU(ctx, clone, nil, "push", "--quiet", url, "main")
	return cloning + listing + looking + importing + pushing, listing + looking, err
}

// editStream is the commit of all edits on base, as git fast-import reads it.
func editStream(base, tag string) io.Reader {
	var s bytes.Buffer
	fmt.Fprintf(&s, "commit refs/heads/main\ncommitter Bench <bench@example.com> 1800000000 +0000\ndata 6\nUpdate\nfrom %s\n", base)
	for i := 0; i < treeFiles; i += treeFiles / treeMarked {
		content := treeContent(i, tag)
		fmt.Fprintf(&s, "M 100644 inline %s\ndata %d\n%s\n", treePath(i), len(content), content)
	}
	return &s
}

// gitCPU runs git apart from the configuration of the user, and returns what it printed and its CPU seconds, with
// those of the processes that it started and waited for.
func gitCPU(ctx context.Context, dir string, in io.Reader, args ...string) ([]byte, float64, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Stdin = dir, in
	cmd.Env = append(os.Environ(), "HOME="+dir, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0")
	out, err := cmd.Output()
	if err != nil {
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return nil, 0, fmt.Errorf("git %s: %w", args[0], err)
	}
	return out, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), nil
}

// gitOutput runs git in a repository on a server's disk.
func gitOutput(ctx context.Context, repository string, args ...string) (string, error) {
	out, _, err := gitCPU(ctx, repository, nil, append([]string{"-c", "safe.directory=*"}, args...)...)
	return string(out), err
}
