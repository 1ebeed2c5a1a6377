// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/cli"
)

// A flagLine is a line of --help: name, type (none for a truth value), text.
var flagLine = regexp.MustCompile(`^ +(?:-\w, )?--([a-z-]+)(?: ([a-z]+))? {2,}(.+)$`)

// defaultAtEnd is how --help names the default of a flag whose zero value is not it.
var defaultAtEnd = regexp.MustCompile(`^(.*) \(default "?([^":]+|:\d+)"?\)$`)

// flagsPage documents the flags of the controller as "fairlead controller --help" prints them.
func flagsPage(ctx context.Context) (string, error) {
	var out, errs bytes.Buffer
	stdio := cli.Stdio{In: strings.NewReader(""), Out: &out, Err: &errs}
	if exit := cli.Main(ctx, []string{"controller", "--help"}, stdio); exit != 0 {
		return "", fmt.Errorf("asking the controller for its flags: exit %d: %s", exit, errs.String())
	}
	_, list, ok := strings.Cut(out.String(), "\nFlags:\n")
	if !ok {
		return "", errors.New("asking the controller for its flags: the answer has none")
	}
	var b strings.Builder
	b.WriteString("# Flags of the controller\n\n" + made + "\n\n" +
		"For those who run Fairlead: what `fairlead controller` can be told.\n\n")
	header(&b, "Flag", "Type", "Default", "Meaning")
	for line := range strings.Lines(list) {
		line = strings.TrimRight(line, "\n")
		found := flagLine.FindStringSubmatch(line)
		switch {
		case line == "":
		case found == nil:
			return "", fmt.Errorf("reading the flags of the controller: %q is none", line)
		case found[1] != "help":
			writeFlag(&b, found[1], found[2], found[3])
		}
	}
	return b.String(), nil
}

func writeFlag(b *strings.Builder, name, kind, text string) {
	otherwise := ""
	if kind == "" {
		kind, otherwise = "bool", code("false")
	}
	if found := defaultAtEnd.FindStringSubmatch(text); found != nil {
		text, otherwise = found[1], code(found[2])
	}
	row(b, code("--"+name), kind, otherwise, prose(text))
}
