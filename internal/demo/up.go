// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// up starts the servers in the background, tells the story and leaves them running. When something fails, or ctx
// ends, all of them are stopped; the logs stay where they are after a failure.
func up(ctx context.Context, where place, controller string, page page) error {
	if pid, err := serving(where); err != nil {
		return err
	} else if pid != 0 {
		return already(where, page)
	}
	if err := sweep(ctx, where); err != nil {
		return err
	}
	if _, err := made(where.folder()); err != nil {
		return err
	}
	start := time.Now()
	page.act("Fairlead on this machine: a registry, a Git server, a cluster")
	back, err := startInBackground(where, controller)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		<-back.ended
		cancel(errServersEnded)
	}()
	err = follow(ctx, where, back, page)
	if err == nil {
		page.print("\n")
		page.say("Told in %s.", seconds(time.Since(start)))
		return farewell(where, page)
	}
	err = errors.Join(abandoned(ctx, where, err), back.stop(where, page))
	if errors.Is(err, errInterrupted) {
		return errors.Join(err, sweep(context.WithoutCancel(ctx), where))
	}
	return fmt.Errorf("%w\nThe logs stay in %s", err, where.short(where.folder()))
}

var (
	errServersEnded = errors.New("the servers have ended")
	errInterrupted  = errors.New("interrupted")
	errNotStarted   = errors.New("starting the servers: see above")
)

// follow shows how the servers start, and then the story.
func follow(ctx context.Context, where place, back *background, page page) error {
	stop := context.AfterFunc(ctx, func() { _ = back.progress.SetReadDeadline(time.Now()) })
	defer stop()
	if _, err := io.Copy(page.out, back.progress); err != nil {
		return errInterrupted
	}
	s, err := where.load()
	if err != nil {
		return errNotStarted
	}
	story, err := newStory(where, s, page)
	if err != nil {
		return err
	}
	return story.tell(ctx)
}

// abandoned says why the story ended.
func abandoned(ctx context.Context, where place, err error) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(err, errNotStarted):
		return err
	case errors.Is(cause, errServersEnded):
		return fmt.Errorf("%w\n%s\n%s", cause, tail(where.serveLog()), tail(where.controllerLog()))
	case cause != nil:
		return errInterrupted
	}
	return fmt.Errorf("%w\n%s", err, tail(where.controllerLog()))
}

// already says that a demo runs.
func already(where place, page page) error {
	s, err := where.load()
	if err != nil {
		return errors.New("a demo is being started or stopped here; wait for it, or end it with \"make demo-down\"")
	}
	page.act("A demo runs here already, since " + s.Since.Format("15:04:05"))
	return farewell(where, page)
}

// A background is a process of this program that serves.
type background struct {
	cmd      *exec.Cmd
	progress *os.File
	ended    chan struct{} // closed when it has ended
}

// startInBackground starts "demo serve" in a session of its own, with a pipe to tell its progress.
func startInBackground(where place, controller string) (*background, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	log, err := os.OpenFile(where.serveLog(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	defer log.Close() // the child has its own
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making a pipe: %w", err)
	}
	defer write.Close()
	cmd := exec.Command(program, "serve", "-controller", controller)
	cmd.Dir = where.root
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{write} // becomes progressFile
	cmd.SysProcAttr = ownSession()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the background process: %w", err)
	}
	b := &background{cmd: cmd, progress: read, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(b.ended)
	}()
	return b, nil
}

// stop ends the process and waits for it.
func (b *background) stop(where place, page page) error {
	select {
	case <-b.ended:
		return nil
	default:
	}
	page.print("\n")
	page.say("Stopping everything …")
	if err := terminate(b.cmd.Process); err != nil {
		return err
	}
	return awaitEnd(context.Background(), where)
}
