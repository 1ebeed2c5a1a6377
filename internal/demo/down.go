// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// stopWithin is how long the servers may take to end, one after the other.
const stopWithin = 90 * time.Second

// down ends the demo and removes its data.
func down(ctx context.Context, where place, page page) error {
	pid, err := serving(where)
	if err != nil {
		return err
	}
	if pid == 0 {
		if _, err := os.Stat(where.folder()); errors.Is(err, os.ErrNotExist) {
			page.say("No demo runs here.")
			return nil
		}
	} else if err := endProcess(ctx, where, pid); err != nil {
		return err
	}
	if err := sweep(ctx, where); err != nil {
		return err
	}
	page.say("The demo is stopped, and %s removed.", where.short(where.folder()))
	return nil
}

// endProcess asks the process to end, whose number the system gave as that of the demo.
func endProcess(ctx context.Context, where place, pid int) error {
	process, err := os.FindProcess(pid)
	if err != nil {
		return fmt.Errorf("finding process %d: %w", pid, err)
	}
	if err := terminate(process); err != nil {
		return err
	}
	return awaitEnd(ctx, where)
}

func terminate(process *os.Process) error {
	if err := process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("ending process %d: %w", process.Pid, err)
	}
	return nil
}

// awaitEnd returns when no process serves the demo any more.
func awaitEnd(ctx context.Context, where place) error {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		pid, err := serving(where)
		if err != nil || pid == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for process %d to end: %w\n%s", pid, ctx.Err(), tail(where.serveLog()))
		case <-again.C:
		}
	}
}

// sweep removes what a demo that ended has left: its folder, and servers, should it have been killed.
func sweep(ctx context.Context, where place) error {
	if err := endOrphans(ctx, where); err != nil {
		return err
	}
	if err := os.RemoveAll(where.folder()); err != nil {
		return fmt.Errorf("removing the data of the demo: %w", err)
	}
	return nil
}
