// SPDX-License-Identifier: Apache-2.0

// Package cli is the command line: one file per command.
//
//	fairlead controller   runs the controller (package app)
//	fairlead plan         shows what an automation would change in a folder, offline
//	fairlead select       tries an ImagePolicy on a list of tags, offline
//	fairlead version      says which build this is
//	fairlead completion   prints completion for a shell
//
// Commands return an error; Main turns it into one line and an exit code.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/internal/fault"
)

// Exit codes.
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
	exitOther  = 3
)

// Stdio is where a command reads and writes.
type Stdio struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs the command that args name and returns the exit code: 0 fine, 1 failed, 2 wrong usage, 3 what
// the command says of it.
func Main(ctx context.Context, args []string, stdio Stdio) int {
	return Program{}.Main(ctx, args, stdio)
}

// A Program is the command line with what only tests add to it.
type Program struct {
	// Failpoint is called between the steps of a write; nil: nothing is.
	Failpoint func(step string)
}

// Main is the function Main with what p adds.
func (p Program) Main(ctx context.Context, args []string, stdio Stdio) int {
	root := newRoot(p)
	root.SetArgs(append([]string{}, args...)) // nil would mean those of the process
	root.SetIn(stdio.In)
	root.SetOut(stdio.Out)
	root.SetErr(stdio.Err)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitFine
	case errors.Is(err, errNothing), errors.Is(err, errChanges):
		return exitOther
	}
	_, _ = fmt.Fprintln(stdio.Err, "fairlead: "+fault.Line(strings.ReplaceAll(err.Error(), "\n", "; "))) // nowhere else to say that this failed
	if _, wrong := errors.AsType[usageError](err); wrong {
		return exitUsage
	}
	return exitFailed
}

// errNothing ends a command that did its work and found nothing, which it has said already.
var errNothing = errors.New("nothing selected")

// A usageError is a command line that cannot be understood.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func newRoot(p Program) *cobra.Command {
	root := &cobra.Command{
		Use:   "fairlead",
		Short: "Keeps container images in Git up to date",
		Long: "Fairlead watches registries, picks for each image the one that policy wants, and writes it to Git.\n" +
			"Run it in a cluster with \"fairlead controller\".",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see %q", err, cmd.CommandPath()+" --help")}
	})
	root.AddCommand(newController(p), newPlan(), newSelect(), newVersion())
	return root
}

// noArguments refuses arguments, with the remedy.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return usageError{fmt.Errorf("unknown argument %q; see %q", args[0], cmd.CommandPath()+" --help")}
}
