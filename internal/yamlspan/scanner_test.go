// SPDX-License-Identifier: Apache-2.0

package yamlspan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// values returns every scalar and comment of src as it stands in the bytes.
func values(tb testing.TB, src string) (texts []string) {
	tb.Helper()
	s := yamlspan.New([]byte(src))
	for e, ok := s.Next(); ok; e, ok = s.Next() {
		if e.Kind == yamlspan.Scalar && e.Style != yamlspan.Empty || e.Kind == yamlspan.Comment {
			texts = append(texts, fmt.Sprintf("%d %s", e.Line, src[e.Start:e.End]))
		}
	}
	if err := s.Err(); err != nil {
		tb.Errorf("%q: %v", src, err)
	}
	return texts
}

func TestScanner_spans(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, src string
		want           []string
	}{
		{"quotes belong to the value", "the edit keeps their style", `a: 'x y'  # "n"`, []string{"1 a", "1 'x y'", `1 # "n"`}},
		{"properties do not", "anchor and tag stay", "a: &b !!str x\n", []string{"1 a", "1 x"}},
		{"a byte order mark moves nothing", "columns start behind it", "\ufeffa: x\n", []string{"1 a", "1 x"}},
		{"CRLF is one line end", "and no part of a value or comment", "a: x # c\r\nb: y\r\n", []string{"1 a", "1 x", "1 # c", "2 b", "2 y"}},
		{"a lone CR ends a line", "as YAML has it", "a: x\rb: y", []string{"1 a", "1 x", "2 b", "2 y"}},
		{"columns are bytes", "text beyond ASCII stands before the value", "{키: 값, b: x}", []string{"1 키", "1 값", "1 b", "1 x"}},
		{"a plain scalar ends at its last letter", "blanks and comments are not part of it", "a: x y \t # c", []string{"1 a", "1 x y", "1 # c"}},
		{"a plain scalar may go on", "its span covers the lines", "a: x\n  y\nb: z", []string{"1 a", "1 x\n  y", "3 b", "3 z"}},
		{"a comment in quotes is none", "only real comments count", "a: '# x'\nb: x#y\n", []string{"1 a", "1 '# x'", "2 b", "2 x#y"}},
		{"a comment in a block is none", "it is text", "a: |\n  # x\n# y\n", []string{"1 a", "1 |\n  # x\n", "3 # y"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, values(t, tc.src)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestScanner_encodings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src string }{
		{"UTF-16 with a mark", "\xff\xfea\x00"}, {"NUL bytes", "a: b\x00"}, {"Latin-1", "a: \xe4"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := ours([]byte(tc.src)); !errors.As(err, new(*yamlspan.EncodingError)) {
				t.Errorf("%q gives %v, want an EncodingError", tc.src, err)
			}
		})
	}
}

// TestScanner_isLinear reads inputs that are quadratic or worse for a careless reader. The bound is a hundred times
// what they take, so that only the wrong shape of cost fails.
func TestScanner_isLinear(t *testing.T) {
	t.Parallel()
	const mega = 1 << 20
	for name, src := range map[string]string{
		"open brackets":          strings.Repeat("[", mega),
		"open braces on lines":   strings.Repeat("a: {\n", mega/5),
		"brackets as keys":       strings.Repeat("[x]: y\n", mega/7),
		"blank lines":            strings.Repeat("a: b\n\n\n\n", mega/8),
		"dashes":                 strings.Repeat("- ", mega),
		"indented more each":     deeper(5000),
		"quotes":                 strings.Repeat(`"\\`, mega/3),
		"block scalars":          strings.Repeat("- |\n\n\n x\n", mega/10),
		"anchors":                strings.Repeat("- &a x\n", mega/7),
		"comments":               strings.Repeat("#\n", mega/2),
		"colons":                 strings.Repeat(":", mega),
		"plain scalars on lines": "a:\n" + strings.Repeat(" x\n", mega/3),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, _, _ = ours([]byte(src)) // whether it is YAML does not matter
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("%d bytes took %v", len(src), took)
			}
		})
	}
}

func deeper(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func TestScanner_depth(t *testing.T) {
	t.Parallel()
	if _, _, err := ours([]byte(strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999))); err != nil {
		t.Errorf("9,999 levels: %v", err)
	}
	if _, _, err := ours([]byte(strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001))); err == nil {
		t.Error("10,001 levels are read, want an error")
	}
}

func TestEvent_Text(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, src, want string }{
		{"plain over lines", "x\n  y\n\n  z", "x y\nz"},
		{"single quotes", "'it''s\n  so'", "it's so"},
		{"escapes", `"a\tb\x41\u00e9\U0001F680\"\\"`, "a\tbA\u00e9\U0001F680\"\\"},
		{"an escaped line break", "\"a\\\n   b\"", "ab"},
		{"an escaped blank at the end of a line", "\"a\\ \n  b\"", "a  b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := yamlspan.New([]byte(tc.src))
			for e, ok := s.Next(); ok; e, ok = s.Next() {
				if e.Kind == yamlspan.Scalar && e.Text([]byte(tc.src)) != tc.want {
					t.Errorf("%q means %q, want %q", tc.src, e.Text([]byte(tc.src)), tc.want)
				}
			}
			if err := s.Err(); err != nil {
				t.Error(err)
			}
		})
	}
}
