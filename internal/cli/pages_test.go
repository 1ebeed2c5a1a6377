// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the output of the examples into the page")

// A session runs the examples of a page: a block of yaml is policy.yaml from there on (one that is refused says so behind
// the word), a block of text is tags.txt, and a block of console holds commands, each with its output.
type session struct {
	t    *testing.T
	dir  string
	code int // of the last command
	ran  int
}

func TestSelect_examplesOfThePages(t *testing.T) {
	t.Parallel()
	for name, commands := range map[string]int{"choose-images.md": 12, "coming-from-flux.md": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join("..", "..", "docs", "how-to", name)
			page, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := &session{t: t, dir: t.TempDir()}
			got := s.replay(string(page))
			if s.ran < commands {
				t.Errorf("%d commands in the page, want %d at least", s.ran, commands)
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(page), got); diff != "" {
				t.Errorf("what the page shows is not what happens (-page +run):\n%s", diff)
			}
		})
	}
}

// replay returns page with what its commands really print.
func (s *session) replay(page string) string {
	s.t.Helper()
	var out []string
	fence := "```"
	for i, part := range strings.Split(page, fence) {
		kind, body, _ := strings.Cut(part, "\n")
		switch {
		case i%2 == 0: // between two blocks
		case kind == "yaml", kind == "yaml refused":
			s.write("policy.yaml", body)
		case kind == "text":
			s.write("tags.txt", body)
		case kind == "console":
			part = kind + "\n" + s.console(body)
		}
		out = append(out, part)
	}
	return strings.Join(out, fence)
}

func (s *session) write(name, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// console runs the commands among lines and returns them with their output.
func (s *session) console(lines string) string {
	s.t.Helper()
	var out strings.Builder
	for line := range strings.Lines(lines) {
		command, isCommand := strings.CutPrefix(line, "$ ")
		if !isCommand {
			continue // output
		}
		out.WriteString(line)
		words := strings.Fields(command)
		switch {
		case strings.TrimSpace(command) == "echo $?":
			fmt.Fprintln(&out, s.code)
		case len(words) > 1 && words[0] == "fairlead":
			out.WriteString(s.fairlead(words[1:]))
		default:
			s.t.Errorf("the page has a command that is not run: %s", command)
		}
	}
	return out.String()
}

// fairlead runs the command line in the session's folder.
func (s *session) fairlead(args []string) string {
	s.t.Helper()
	for i := range args {
		if filepath.Ext(args[i]) == ".yaml" || filepath.Ext(args[i]) == ".txt" {
			args[i] = filepath.Join(s.dir, args[i])
		}
	}
	s.ran++
	code, stdout, stderr := run(s.t, "", args...)
	s.code = code
	return strings.ReplaceAll(stdout+stderr, s.dir+string(filepath.Separator), "")
}
