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
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		_, _ = fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		os.Exit(2)
	default:
		_, _ = fmt.Fprintln(os.Stderr, "bench: "+err.Error())
		os.Exit(1)
	}
}

// errUsage is a command line that cannot be understood.
var errUsage = errors.New("wrong usage")

// Sizes say how much is measured.
type sizes struct {
	pushes       int           // of images, for latency
	window       time.Duration // of watching a controller at rest
	interval     time.Duration // of scans at rest
	repositories int           // of idle
	many         int           // of scan
	tags         int           // of each repository of scan
	rounds       int           // of what is measured several times
	editingBytes int           // of the largest folder that core plans on; 0: none
}

// A measurement finds out some figures.
type measurement struct {
	name string
	run  func(ctx context.Context, b *bench) ([]figure, error)
}

// measurements are all there are, in the order in which they run.
func measurements() []measurement {
	return []measurement{{"latency", latency}, {"idle", idle}, {"scan", scan}, {"git", gitEngine}, {"core", core}}
}

// A bench is what the measurements share.
type bench struct {
	sizes
	controller string    // the program
	dir        string    // for everything; removed at the end
	progress   io.Writer // what is being done
	rig        *rig      // nil until somebody asks for it
}

func run(ctx context.Context, args []string, in io.Reader, out, progress io.Writer) (err error) {
	if len(args) > 0 && args[0] == childCommand {
		return child(ctx, args[1:], in, out)
	}
	b := &bench{progress: progress}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(progress)
	file := flags.String("o", "", "also write the figures to this `file`, .md or .json")
	flags.StringVar(&b.controller, "controller", "", "the program to measure (default bin/fairlead)")
	flags.IntVar(&b.pushes, "pushes", 20, "images pushed by latency")
	flags.DurationVar(&b.window, "window", time.Minute, "how long idle and scan watch")
	flags.DurationVar(&b.interval, "interval", time.Minute, "interval of the scans of idle and scan")
	flags.IntVar(&b.repositories, "repositories", 100, "repositories of idle")
	flags.IntVar(&b.many, "many", 300, "repositories of scan")
	flags.IntVar(&b.tags, "tags", 100, "tags of each repository of scan")
	flags.IntVar(&b.rounds, "rounds", 3, "how often git and core measure; the best round counts")
	flags.IntVar(&b.editingBytes, "editing-bytes", 0, "bytes of the largest folder that core runs fairlead plan over; 1073741824 takes minutes, 0 is none")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "fairlead-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()

	report := report{Machine: thisMachine()}
	for _, m := range chosen {
		b.say("measuring %s", m.name)
		figures, err := m.run(ctx, b)
		if err != nil {
			return fmt.Errorf("measuring %s: %w", m.name, err)
		}
		report.Figures = append(report.Figures, figures...)
	}
	report.Machine.LoadAfter = loadAverage()
	return errors.Join(report.table(out), report.writeFile(*file))
}

// choose returns the measurements of these names, all without one.
func choose(names []string) ([]measurement, error) {
	all := measurements()
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, m := range all {
		known = append(known, m.name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("%w: no measurement is called %q; there are %s", errUsage, name, strings.Join(known, ", "))
		}
	}
	return slices.DeleteFunc(all, func(m measurement) bool { return !slices.Contains(names, m.name) }), nil
}

// say tells what is being done.
func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.progress, format+"\n", args...) // a lost line is no loss
}

func (b *bench) close() error {
	var err error
	if b.rig != nil {
		err = b.rig.stop()
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}
