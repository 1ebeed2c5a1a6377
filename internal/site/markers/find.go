// SPDX-License-Identifier: Apache-2.0

package markers

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// Strategy is the entry of package markers in the table of strategies.
func Strategy() site.Strategy {
	return site.Strategy{Name: "Markers", Include: []string{"**/*.yaml", "**/*.yml", "**/Kustomization"}, Find: Find}
}

// Find returns the sites of the markers in src, in the order of their bytes.
func Find(src []byte) []site.Site {
	first := bytes.Index(src, []byte(key))
	if first < 0 {
		if isWide(src) {
			return []site.Site{{Why: reason.UnsupportedEncoding, Line: 1}}
		}
		return nil
	}
	f := finder{reader: reader{src: src}}
	line := f.wantLines(first)
	if err := f.read(); err != nil {
		return []site.Site{{Why: unreadable(err), Line: line, Note: err.Error()}}
	}
	f.follow()
	if f.sops.found && len(f.sites) > 0 {
		return []site.Site{{Why: reason.Encrypted, Line: f.sites[0].Line}}
	}
	slices.SortStableFunc(f.sites, func(a, b site.Site) int { return cmp.Or(a.Line-b.Line, a.Start-b.Start) })
	return f.sites
}

// isWide tells whether src is text of two bytes a character that says $imagepolicy.
func isWide(src []byte) bool {
	if bytes.IndexByte(src, 0) < 0 {
		return false
	}
	wide := make([]byte, 0, 2*len(key))
	for i := range len(key) {
		wide = append(wide, key[i], 0)
	}
	return bytes.Contains(src, wide[:len(wide)-1]) // in either order of the bytes
}

func unreadable(err error) reason.Reason {
	if errors.As(err, new(*yamlspan.EncodingError)) {
		return reason.UnsupportedEncoding
	}
	return reason.InvalidYAML
}

// A finder follows the markers of one file to their values.
type finder struct {
	reader
	markers []marker
	below   map[int]int // marker → leaf that comes next, on the line below
	sites   []site.Site
}

// wantLines notes the lines that say $imagepolicy and those after them, and returns the first of them. at is the
// offset of the first time it is said.
func (f *finder) wantLines(at int) (first int) {
	f.wanted = map[int]struct{}{}
	line, from := 1, 0
	for at < len(f.src) {
		line += countLines(f.src[from:at])
		if first == 0 {
			first = line
		}
		f.wanted[line], f.wanted[line+1] = struct{}{}, struct{}{}
		from = at
		next := bytes.Index(f.src[at+len(key):], []byte(key))
		if next < 0 {
			break
		}
		at += len(key) + next
	}
	return first
}

// countLines counts the line breaks of text, which does not begin within one.
func countLines(text []byte) int {
	n := bytes.Count(text, []byte{'\n'})
	if cr := bytes.Count(text, []byte{'\r'}); cr > 0 {
		n += cr - bytes.Count(text, []byte("\r\n"))
	}
	return n
}

// read walks the file once and collects markers and leaves.
func (f *finder) read() error {
	f.below = map[int]int{}
	waiting := -1 // the marker directly before this event
	s := yamlspan.New(f.src)
	for e, ok := s.Next(); ok; e, ok = s.Next() {
		if e.Kind == yamlspan.Comment {
			waiting = -1
			if f.comment(e) {
				waiting = len(f.markers) - 1
			}
			continue
		}
		leaves := len(f.leaves)
		f.see(e)
		if waiting >= 0 && len(f.leaves) > leaves && !e.InFlow && e.Line == f.markers[waiting].line+1 {
			f.below[waiting] = leaves
		}
		waiting = -1
		if e.Kind == yamlspan.Scalar && e.Style.IsBlock() {
			f.insideBlock(e)
		}
	}
	return s.Err()
}

// comment keeps e when it says $imagepolicy.
func (f *finder) comment(e yamlspan.Event) bool {
	text := f.src[e.Start:e.End]
	if !bytes.Contains(text, []byte(key)) {
		return false
	}
	m := parse(string(text))
	m.line, m.start, m.ownLine = e.Line, e.Start, e.OwnLine
	f.markers = append(f.markers, m)
	return true
}

// insideBlock reports the lines of a block scalar that would be markers in YAML.
func (f *finder) insideBlock(e yamlspan.Event) {
	line, from := e.Line, e.Start
	for at := e.Start; ; {
		next := bytes.Index(f.src[at:e.End], []byte(key))
		if next < 0 {
			return
		}
		at += next
		lineStart := at
		for lineStart > e.Start && !isBreak(f.src[lineStart-1]) {
			lineStart--
		}
		line += countLines(f.src[from:at])
		from = at
		if note := f.src[lineStart:at]; looksLikeComment(note) && line > e.Line {
			f.sites = append(f.sites, site.Site{Why: reason.BlockScalar, Line: line, Start: at})
		}
		at = lineEnd(f.src, at)
		if at >= e.End {
			return
		}
	}
}

// looksLikeComment tells whether text, the beginning of a line, has a "#" that would start a comment.
func looksLikeComment(text []byte) bool {
	for i, c := range text {
		if c == '#' && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t') {
			return true
		}
	}
	return false
}

func isBreak(c byte) bool { return c == '\n' || c == '\r' }

func lineEnd(src []byte, at int) int {
	if n := bytes.IndexAny(src[at:], "\r\n"); n >= 0 {
		return at + n
	}
	return len(src)
}

// follow turns each marker into a site. A value belongs to the marker on its own line before the one above it.
func (f *finder) follow() {
	starting, ending := f.byLine()
	owner := map[int]marker{} // leaf → the marker on its line
	var above []int
	for i, m := range f.markers {
		switch {
		case !m.valid:
			f.sites = append(f.sites, site.Site{Why: reason.InvalidMarker, Line: m.line, Start: m.start, Note: m.note})
		case m.ownLine:
			above = append(above, i)
		default:
			target := f.onLine(m, ending[m.line])
			if next, ok := f.below[i]; ok && target < 0 && f.afterIndicator(m) {
				target = next
			}
			if target >= 0 {
				owner[target] = m
			}
			f.place(m, target)
		}
	}
	for _, i := range above {
		m, target := f.markers[i], -1
		if candidates := starting[m.line+1]; len(candidates) == 1 {
			target = candidates[0]
		}
		other, taken := owner[target]
		switch {
		case taken && other.policy == m.policy && other.part == m.part: // said twice
		case taken:
			f.place(m, -1)
		default:
			f.place(m, target)
		}
	}
}

// byLine returns the leaves that start and those that end on each line.
func (f *finder) byLine() (starting, ending map[int][]int) {
	starting, ending = map[int][]int{}, map[int][]int{}
	for i, l := range f.leaves {
		starting[l.Line] = append(starting[l.Line], i)
		ending[l.EndLine] = append(ending[l.EndLine], i)
	}
	return starting, ending
}

// onLine picks the leaf that a marker behind it means: the one right before it, or else the only one of the line.
func (f *finder) onLine(m marker, leaves []int) int {
	if len(leaves) == 0 {
		return -1
	}
	last := leaves[len(leaves)-1]
	l := f.leaves[last]
	if l.Style.IsBlock() {
		return last
	}
	if l.End > m.start {
		return -1
	}
	between := string(f.src[l.End:m.start])
	if strings.Trim(between, " \t,") == "" || len(leaves) == 1 && strings.Trim(between, " \t,]}") == "" {
		return last
	}
	return -1
}

// afterIndicator tells whether a ":" or "-" stands right before m, so that the value that m means may be below.
func (f *finder) afterIndicator(m marker) bool {
	before := bytes.TrimRight(f.src[:m.start], " \t")
	return bytes.HasSuffix(before, []byte(":")) || bytes.HasSuffix(before, []byte("-"))
}

// place adds the site of m at leaf target; -1: there is none.
func (f *finder) place(m marker, target int) {
	s := site.Site{Part: m.part, Policy: m.policy, Line: m.line, Start: m.start, Object: -1, Note: m.note}
	if target < 0 {
		s.Why = reason.NoTarget
		f.sites = append(f.sites, s)
		return
	}
	l := f.leaves[target]
	s.Line, s.Start, s.End, s.Object = l.Line, l.Start, l.End, l.object
	s.Style, s.Typed, s.Text = l.Style, l.IsTypedString(f.src), l.Text(f.src)
	s.Why = f.unfit(l, s.Text)
	if l.Style.IsBlock() {
		s.Text = ""
	}
	f.sites = append(f.sites, s)
}

// unfit says why the value of l is left alone; empty: it can be edited.
func (f *finder) unfit(l leaf, text string) reason.Reason {
	switch {
	case l.Kind == yamlspan.Alias:
		return reason.OnAlias
	case l.Style.IsBlock():
		return reason.BlockScalar
	case l.duplicate:
		return reason.DuplicateKey
	case l.IsTypedOther(f.src):
		return reason.NoTarget // a number or the like, by its tag: no image could stand there
	case strings.Contains(text, "{{") || strings.Contains(text, "${"):
		return reason.Templated
	}
	return ""
}
