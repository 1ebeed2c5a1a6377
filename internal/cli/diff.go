// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/edit"
)

// contextLines is how many unchanged lines a diff shows around a change.
const contextLines = 3

// unified shows edits of src as a unified diff that "git apply" and "patch -p1" take. What changed is known, so
// nothing is searched for: the cost is linear in src. edits do not overlap.
func unified(name string, src []byte, edits []edit.Edit) string {
	d := differ{src: src, starts: lineStarts(src)}
	d.find(edits)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", headerName("a/"+name), headerName("b/"+name))
	for from := 0; from < len(d.blocks); {
		to := from + 1
		for to < len(d.blocks) && d.blocks[to].first-d.blocks[to-1].end <= 2*contextLines {
			to++
		}
		d.hunk(&out, d.blocks[from:to])
		from = to
	}
	return out.String()
}

// A block is adjacent lines that are replaced: [first, end) of the old file, from 0.
type block struct {
	first, end int
	lines      [][]byte // the new ones, with their ends
}

// A differ is one diff under way.
type differ struct {
	src    []byte
	starts []int // where each line starts, and the end of the file
	blocks []block
	grown  int // lines that the hunks so far added
}

func lineStarts(src []byte) []int {
	starts := []int{0}
	for i, c := range src {
		if c == '\n' && i+1 < len(src) {
			starts = append(starts, i+1)
		}
	}
	return append(starts, len(src))
}

// lineAt returns the line that holds the byte at offset at.
func (d *differ) lineAt(at int) int {
	last := len(d.starts) - 2
	return min(sort.SearchInts(d.starts[:last+1], at+1)-1, last)
}

// find gathers edits into blocks.
func (d *differ) find(edits []edit.Edit) {
	sorted := slices.Clone(edits)
	slices.SortFunc(sorted, func(a, b edit.Edit) int { return a.Start - b.Start })
	for from := 0; from < len(sorted); {
		first, end := d.lineAt(sorted[from].Start), d.lineAt(sorted[from].End)+1
		to := from + 1
		for to < len(sorted) && d.lineAt(sorted[to].Start) <= end {
			end = d.lineAt(sorted[to].End) + 1
			to++
		}
		d.blocks = append(d.blocks, block{first, end, splitLines(d.rewritten(first, end, sorted[from:to]))})
		from = to
	}
}

// rewritten returns what the lines [first, end) become.
func (d *differ) rewritten(first, end int, edits []edit.Edit) []byte {
	var out []byte
	at := d.starts[first]
	for _, e := range edits {
		out = append(append(out, d.src[at:e.Start]...), e.Text...)
		at = e.End
	}
	return append(out, d.src[at:d.starts[end]]...)
}

func splitLines(text []byte) [][]byte {
	if len(text) == 0 {
		return nil
	}
	lines := bytes.SplitAfter(text, []byte{'\n'})
	if len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// hunk writes blocks that are close to each other.
func (d *differ) hunk(out *strings.Builder, blocks []block) {
	first := max(blocks[0].first-contextLines, 0)
	end := min(blocks[len(blocks)-1].end+contextLines, len(d.starts)-1)
	grown := 0
	for _, b := range blocks {
		grown += len(b.lines) - (b.end - b.first)
	}
	fmt.Fprintf(out, "@@ -%s +%s @@\n", lineRange(first, end-first), lineRange(first+d.grown, end-first+grown))
	at := first
	for _, b := range blocks {
		d.old(out, ' ', at, b.first)
		d.old(out, '-', b.first, b.end)
		for _, line := range b.lines {
			writeLine(out, '+', line)
		}
		at = b.end
	}
	d.old(out, ' ', at, end)
	d.grown += grown
}

func lineRange(first, n int) string {
	if n == 1 {
		return fmt.Sprint(first + 1)
	}
	return fmt.Sprintf("%d,%d", first+1, n)
}

func (d *differ) old(out *strings.Builder, sign byte, first, end int) {
	for i := first; i < end; i++ {
		writeLine(out, sign, d.src[d.starts[i]:d.starts[i+1]])
	}
}

func writeLine(out *strings.Builder, sign byte, line []byte) {
	out.WriteByte(sign)
	out.Write(line)
	if !bytes.HasSuffix(line, []byte{'\n'}) {
		out.WriteString("\n\\ No newline at end of file\n")
	}
}

// headerName is a name as the header of a diff has it: a tab ends one with a blank.
func headerName(name string) string {
	quoted := quotedName(name)
	if quoted == name && strings.Contains(name, " ") {
		return name + "\t"
	}
	return quoted
}

// quotedName is name, in the quotes of git where it has bytes that a terminal or patch would take for something else.
func quotedName(name string) string {
	odd := func(c byte) bool { return c < ' ' || c == 0x7F || c == '"' || c == '\\' }
	if !slices.ContainsFunc([]byte(name), odd) {
		return name
	}
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range []byte(name) {
		switch {
		case c == '"' || c == '\\':
			out.WriteByte('\\')
			out.WriteByte(c)
		case odd(c):
			fmt.Fprintf(&out, "\\%03o", c)
		default:
			out.WriteByte(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}
