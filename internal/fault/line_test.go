// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/internal/fault"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, why, in, want string }{
		{"keeps a plain sentence", "most texts need nothing", "listing tags of a/b: 404 Not Found", "listing tags of a/b: 404 Not Found"},
		{"makes one line of several", "a condition is shown in a table", "remote:\n  denied\r\n", "remote: denied"},
		{"takes out control characters", "a hook may answer with colors", "\x1b[31mno\x1b[0m", "[31mno [0m"},
		{"hides who logs in", "an address may carry a password", `Get "https://ann:pw@r.example/v2/": EOF`, `Get "https://redacted@r.example/v2/": EOF`},
		{"hides parameters", "a token may stand in the query", `Get "https://r.example/token?service=a&access_token=t": EOF`, `Get "https://r.example/token?redacted": EOF`},
		{"mends broken UTF-8", "the API server refuses it", "a\xffb", "a\uFFFDb"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := fault.Line(tc.in); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.why, got, tc.want)
			}
		})
	}
}

func TestLine_limit(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]int{fault.MaxLine - 1: fault.MaxLine - 1, fault.MaxLine: fault.MaxLine, fault.MaxLine + 1: fault.MaxLine} {
		if got := fault.Line(strings.Repeat("x", size)); len(got) != want {
			t.Errorf("%d bytes became %d, want %d", size, len(got), want)
		}
	}
	if got := fault.Line(strings.Repeat("ü", fault.MaxLine)); len(got) > fault.MaxLine || !utf8.ValidString(got) {
		t.Errorf("%d bytes, valid %v", len(got), utf8.ValidString(got))
	}
}

func FuzzLine(f *testing.F) {
	f.Add("https://a:b@c/d?e=f\n")
	f.Fuzz(func(t *testing.T, text string) {
		got := fault.Line(text)
		if len(got) > fault.MaxLine || strings.ContainsAny(got, "\n\r\x1b") || !utf8.ValidString(got) {
			t.Errorf("Line(%q) = %q", text, got)
		}
	})
}
