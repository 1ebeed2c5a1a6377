// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// errUsage is a command line that cannot be understood.
var errUsage = errors.New("usage: go run ./internal/demo up | push VERSION | down")

// run carries out one command and returns the exit code: 0 fine, 1 failed, 2 wrong usage.
func run(ctx context.Context, args []string, out, problems io.Writer) int {
	err := dispatch(ctx, args, out)
	if err == nil {
		return 0
	}
	_, _ = fmt.Fprintln(problems, "demo: "+err.Error()) // nowhere else to say that this failed
	if errors.Is(err, errUsage) {
		return 2
	}
	return 1
}

func dispatch(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if len(args) == 0 {
		return errUsage
	}
	where, err := here()
	if err != nil {
		return err
	}
	controller := flags.String("controller", where.bin("fairlead"), "the program to run as the controller")
	if err := flags.Parse(args[1:]); err != nil {
		return fmt.Errorf("%w (%w)", errUsage, err)
	}
	switch command, rest := args[0], flags.Args(); {
	case command == "up" && len(rest) == 0:
		return up(ctx, where, *controller, newPage(out))
	case command == "serve" && len(rest) == 0: // started by up, with a pipe as its third file
		syscall.CloseOnExec(progressFile) // else the servers would keep it open, and up would wait for their end
		return serve(ctx, where, *controller, os.NewFile(progressFile, "progress"))
	case command == "push" && len(rest) == 1:
		return pushOne(ctx, where, rest[0], newPage(out))
	case command == "down" && len(rest) == 0:
		return down(ctx, where, newPage(out))
	}
	return errUsage
}
