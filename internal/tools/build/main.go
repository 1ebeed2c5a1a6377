// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/fairlead-dev/fairlead/internal/tools/bindir"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n", err)
		os.Exit(1)
	}
}

// run builds what args name and tells out of it.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	bin := flags.String("bin", "", "put the programs into `folder` (default: bin/ of the module)")
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: build [-bin folder] NAME...\nNAME is one of %v\n", known(targets()))
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() == 0 {
		flags.Usage()
		return errors.New("nothing was named")
	}
	chosen, err := choose(targets(), flags.Args())
	if err != nil {
		return err
	}
	root, err := bindir.Root(".")
	if err != nil {
		return err
	}
	if *bin == "" {
		*bin = filepath.Join(root, "bin")
	}
	assets := os.Getenv(bindir.AssetsVariable)
	rest, line := replaced(chosen, bindir.Kubernetes(), assets, bindir.Missing(assets))
	if line != "" {
		fmt.Fprintln(out, line)
	}
	return buildAll(ctx, rest, root, *bin, out)
}

// buildAll looks for what is missing before it builds anything: nobody wants to learn of it after five minutes.
func buildAll(ctx context.Context, chosen []target, root, bin string, out io.Writer) error {
	w, err := newWorkshop(ctx, root, bin)
	if err != nil {
		return err
	}
	var jobs []job
	for _, t := range chosen {
		j, err := w.plan(t)
		if err != nil {
			return fmt.Errorf("planning %s: %w", t.name, err)
		}
		if !j.stale {
			fmt.Fprintf(out, "%s %s is up to date\n", t.name, j.version)
			continue
		}
		if err := lack(t, w.cc, onPath); err != nil {
			return err
		}
		jobs = append(jobs, j)
	}
	for _, j := range jobs {
		if err := w.build(ctx, j, out); err != nil {
			return err
		}
	}
	return nil
}

func onPath(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}
