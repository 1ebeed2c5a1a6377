// SPDX-License-Identifier: Apache-2.0

// Command controller is fairlead with failpoints: when the environment variable FAILPOINT names the step of a write
// that was just done, the process kills itself as the kernel would.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/fairlead-dev/fairlead/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	program := cli.Program{Failpoint: func(step string) {
		if step == os.Getenv("FAILPOINT") {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}}
	code := program.Main(ctx, os.Args[1:], cli.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
