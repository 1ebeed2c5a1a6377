// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// A page is what the reader sees. What cannot be written to it is lost: there is nobody to tell.
type page struct {
	out   io.Writer
	color bool
}

// newPage returns a page with colors if out is a terminal and NO_COLOR is not set.
func newPage(out io.Writer) page {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return page{out: out}
	}
	info, err := file.Stat()
	return page{out: out, color: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

const (
	bold = "\x1b[1m"
	dim  = "\x1b[2m"
	mark = "\x1b[36m"
	off  = "\x1b[0m"
)

func (p page) paint(color, text string) string {
	if !p.color {
		return text
	}
	return color + text + off
}

func (p page) print(text string) { _, _ = io.WriteString(p.out, text) }

// act begins a part of the story.
func (p page) act(title string) { p.print("\n" + p.paint(bold, title) + "\n") }

// say prints lines, indented.
func (p page) say(format string, args ...any) { p.print(indent(fmt.Sprintf(format, args...), "  ")) }

// moment prints what happened after the push, to what, and how it reads.
func (p page) moment(after time.Duration, what, text string) {
	p.print(fmt.Sprintf("  %8s  %-24s %s\n", "+"+seconds(after), what, text))
}

// command shows a command, as the reader can type it, and what it printed.
func (p page) command(line, output string) {
	p.print("\n  " + p.paint(dim, "$ ") + p.paint(mark, line) + "\n" + indent(output, "  "))
}

// indent puts prefix before each line that is not empty, and ends the text with a newline.
func indent(text, prefix string) string {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return ""
	}
	var out strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			out.WriteString(prefix + line)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// seconds is a duration as the story tells it.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
