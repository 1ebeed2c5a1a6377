// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// endOrphans ends the servers of a demo whose serve was killed: they know no parent, but each was started with a
// path below the folder of the demo.
func endOrphans(ctx context.Context, where place) error {
	list, err := output(exec.CommandContext(ctx, "ps", "-axww", "-o", "pid=,args="), "ps", nil)
	if err != nil {
		return nil //nolint:nilerr // without ps nothing is known of them, and they hold nothing that a new demo needs
	}
	for _, pid := range orphans(list, where.folder()) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// orphans returns the numbers of those processes of list, "PID PROGRAM ARGUMENTS" each, that are servers with a path
// below folder among their arguments.
func orphans(list, folder string) []int {
	var found []int
	for line := range strings.Lines(list) {
		fields := strings.Fields(line)
		if len(fields) < 3 || !strings.Contains(line, folder+string(filepath.Separator)) {
			continue
		}
		pid, err := strconv.Atoi(fields[0])
		if err == nil && slices.Contains(servers, filepath.Base(fields[1])) {
			found = append(found, pid)
		}
	}
	return found
}

// servers are the programs that serve starts.
var servers = []string{"etcd", "kube-apiserver", "registry", "gitea", "fairlead"}
