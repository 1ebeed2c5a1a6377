// SPDX-License-Identifier: Apache-2.0

package yamlspan_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// ours returns what the scanner reads in src, one line per thing, comments left out. odd tells that src has
// something the oracle's tree shows in another shape.
func ours(src []byte) (lines []string, odd bool, err error) {
	s := yamlspan.New(src)
	var open []yamlspan.Kind
	for e, ok := s.Next(); ok; e, ok = s.Next() {
		switch e.Kind {
		case yamlspan.Comment, yamlspan.DocumentEnd:
		case yamlspan.DocumentStart:
			lines = append(lines, "document")
		case yamlspan.MappingStart, yamlspan.SequenceStart:
			open = append(open, e.Kind)
			lines = append(lines, map[yamlspan.Kind]string{yamlspan.MappingStart: "{", yamlspan.SequenceStart: "["}[e.Kind])
		case yamlspan.MappingEnd, yamlspan.SequenceEnd:
			open = open[:len(open)-1]
			lines = append(lines, "end")
		case yamlspan.Alias:
			lines = append(lines, string(src[e.Start:e.End]))
		case yamlspan.Scalar:
			odd = odd || e.Key && len(open) > 0 && open[len(open)-1] == yamlspan.SequenceStart
			lines = append(lines, leafLine(e.Text(src), e.Style.IsBlock(), e.Style == yamlspan.Empty || e.Tag.End > 0 || e.Anchor.End > 0, e.Line))
		}
	}
	return lines, odd, s.Err()
}

// leafLine leaves out what cannot be compared: the text of a block, and the place of what has properties or is not there.
func leafLine(text string, block, unplaced bool, line int) string {
	if block {
		text = "(block)"
	}
	if unplaced {
		line = 0
	}
	return fmt.Sprintf("%q line %d", text, line)
}

// theirs returns the same as kyaml's parser reads it.
func theirs(src []byte) (lines []string, err error) {
	d := yaml.NewDecoder(bytes.NewReader(src))
	for {
		var n yaml.Node
		if err := d.Decode(&n); errors.Is(err, io.EOF) {
			return lines, nil
		} else if err != nil {
			return lines, err
		}
		lines = append(lines, "document")
		for _, c := range n.Content {
			lines = walk(lines, src, c)
		}
	}
}

func walk(lines []string, src []byte, n *yaml.Node) []string {
	switch n.Kind {
	case yaml.AliasNode:
		return append(lines, "*"+n.Value)
	case yaml.ScalarNode:
		unplaced := n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 || n.Tag == "!!null" && n.Value == "" && n.Style == 0
		return append(lines, leafLine(n.Value, n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0, unplaced, n.Line))
	}
	lines = append(lines, map[yaml.Kind]string{yaml.MappingNode: "{", yaml.SequenceNode: "["}[n.Kind])
	for _, c := range n.Content {
		lines = walk(lines, src, c)
	}
	return append(lines, "end")
}

// differ compares the two readings of src and says how they differ.
func differ(src []byte) string {
	mine, odd, err := ours(src)
	if odd {
		return ""
	}
	other, otherErr := theirs(src)
	switch {
	case (err == nil) != (otherErr == nil):
		return fmt.Sprintf("the scanner says %v, the parser %v", err, otherErr)
	case err != nil:
		return ""
	case !slices.EqualFunc(mine, other, sameLeaf):
		return fmt.Sprintf("the scanner reads\n%s\nthe parser reads\n%s", strings.Join(mine, "\n"), strings.Join(other, "\n"))
	}
	return ""
}

// lenient finds what the scanner takes though the parser does not, or shows in another shape: tabs before nothing,
// YAML 1.2 in a directive, a document after "..." without "---", line breaks that only YAML 1.1 knows, a byte order
// mark within the text, a collection as a key in a flow sequence, "?" within a flow scalar, odd names of anchors.
var lenient = regexp.MustCompile(`\t|(?m)^%|(?m)^\.\.\.|[\x{85}\x{2028}\x{2029}\x{feff}]|[\]}]\s*:|\?|[&*!][^ \r\n]*[^ \r\na-zA-Z0-9]`)

func FuzzScanner(f *testing.F) {
	for _, src := range snippets {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if bytes.IndexByte(src, 0) >= 0 || !utf8.Valid(src) || lenient.Match(src) {
			return
		}
		if d := differ(src); d != "" {
			t.Errorf("%q: %s", src, d)
		}
	})
}

// sameLeaf compares two lines; line 0 is a line that is not known.
func sameLeaf(a, b string) bool {
	a, lineA, _ := strings.Cut(a, " line ")
	b, lineB, _ := strings.Cut(b, " line ")
	return a == b && (lineA == lineB || lineA == "0" || lineB == "0")
}

func TestScanner_readsWhatTheParserReads(t *testing.T) {
	t.Parallel()
	for _, src := range snippets {
		if lenient.MatchString(src) {
			continue // TestScanner_isLenient has these
		}
		if d := differ([]byte(src)); d != "" {
			t.Errorf("%q: %s", src, d)
		}
	}
}

func TestScanner_isLenient(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, why string }{
		{"a comment behind tabs", "a:\n  - b\n\t# m\n", "tabs indent nothing here"},
		{"a directive of YAML 1.2", "%YAML 1.2\n---\na: b\n", "the file says what it is"},
		{"a document after ...", "x: y\n...\nq\n", "YAML 1.2 does not ask for ---"},
		{"a question mark within a flow scalar", "a: [http://x/?y=1]\n", "it is no indicator there"},
		{"dots in the name of an anchor", "a: &x.y b\nc: *x.y\n", "YAML 1.2 allows them"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := ours([]byte(tc.src)); err != nil {
				t.Errorf("%s: %v", tc.why, err)
			}
		})
	}
}

var snippets = []string{
	"- {name: web, image: web:1} # m\n",
	"- [a, b] # m\n",
	"a: # m\n  value\n",
	"a: # m\n  b: value\n",
	"# m\n- {name: web, image: web:1}\n",
	"a:\n# m\nb: 1\n",
	"a: {x: 1, y: 2 # m\n}\n",
	"a: [x, y # m\n]\n",
	"a: [x, y, # m\n z]\n",
	"? a # m\n: b\n",
	"a: \"x\n  y\" # m\n",
	"a: |# m\n  x\n",
	"a: 'x'# m\n",
	"a: [x]# m\n",
	"a: [x,# m\n y]\n",
	"a:\tx\t# m\n",
	"- # m\n  x\n",
	"\tkey: v\n",
	"a: {\n\tb: c}\n",
	"a:\n  - b\n\t# m\n",
	"a: b: c\n", "a: x #m\rb: y\n", "a: *b:\n", "{{ .x }}: y\n", "a: {{ .x }}\n", "a: @x\n", "a: `x`\n", "a: %x\n", "%x: y\n", "a: -\n", "a: - b\n", "a: ? b\n", "- a\nb: c\n", "a: b\n- c\n", "a:\n- b\n- c\nd: e\n", "x: y\n--- z\n...\nq\n", "x\ny: z\n", "a: 1\n  b: 2\n", "  a: 1\n b: 2\n",
	"a: \"b\" c\n", "a: [b] c\n", "[a]: b\n", "&x a: &y b\n", "&x\na: b\n", "a: &y\n  b: c\n", "a: !t\n- b\n", "a: \x01\n", "a: \xff\n", "a: [b\n]\n", "a: [\nb\n]\n", "a: {b: c\n}\n", "a: {x: y,}\n", "a: [,]\n", "a: {,}\n", "a: [x,,y]\n", "'a'\n: b\n", "a\n: b\n", "a: 'b\nc'\n", "a: 'b\n---\nc'\n", "---\n---\n", "a: b\n...\n...\n", "%YAML 1.1\n---\na: b\n", "%YAML 1.1\na: b\n", "a: \"\\q\"\n", "a: \"\\x4\"\n",
	"a: |2\n   x\n  y\nb: c\n", "a: >-\n\n  x\n\n  y\n# c\nb: c\n", "a: |\n # x\n y\nb: d\n", "- |\n x\n-\n y\n", "- - a\n  - b\n- c\n", "? - a\n: - b\n", "? |\n  x\n: y\n", "a:\n- b:\n  - c\n- d\n", "{a, b: , c: d, \"e\":f}\n", "[a: b, {c: d}, e]\n",
	"a: *x\n", "a: &x b\nc: *x\n*x : d\n", "a: !!str b\n", "a: !<tag:x> b\n", "a: ! b\n", "- !a b: c\n", "- &a b: c\n  d: e\n", "a: &b\nc: d\n", "a: !!map\n  b: c\n", "- &a\n- b\n", "&a - b\n", "a: |\n\n\n", "a: |\n", "a: |", "a: >2-\n  x", "a: |0\n", "a: |x\n", "--- |\n x\n", "--- a\n--- b\n", "--- a: b\n", "---\na: b\n---\n", "# only\n", "", "\n\n", "a", "'a'", "[]", "{}", "a:", "- ", "-", "?", ":", ": a\n", "? a\n? b\n: c\n", "a: b\n\n\n# x\n\nc: d", "a: b\r\nc: d\r\n", "a: 'b\r\n  c'\r\n", "a: b\r\n  c\r\n", "a: \"b\\\n  c\"\n", "a: \"b \\\n  c\"\n", "a: \"b\\ \n  c\"\n", "a: 'x\n\n\n y'\n", "a: x\n\n\n y\n", "a: x # c\n y\n", "a: x #\n", "a: x#y\n", "a: http://x:80/y\n", "a: [http://x:80/y]\n", "a: {b:c}\n", "a: ::x\n", "a: -x\n", "a: [-x, -1]\n", "a: ?x\n", "a: x\n b\n  c\nd: e\n",
	"\ufeffa: b\n", "배포: {이름: \"웹 🚀\",\n  이미지: x # c\n}\n", "a: b\n c: d\n", "a:\n  b: c\n d: e\n", "a: [b, c\nd: e\n", "a: b]\n", "]\n", "a: ]\n", "a: }\n", "a: ,\n", "a: {b: [c}]\n", "a: \"b\n", "a: 'b\n", "a: 'it''s'\n", "- a: b\n  c: d\n -e: f\n", "-a: b\n", "a : b\n", "a :b\n", "a:b\n", "\"a\":b\n", "\"a\": b\n", "a: b:\n", "<<: *x\n", "a: &x {b: c}\nd:\n  <<: *x\n", "a: [\"b\": c, 'd' : e]\n", "a: {? b : c, ? d}\n", "[? a : b]\n", "[? a]\n", "{[a]: b}\n", "[[a]: b]\n",
}
