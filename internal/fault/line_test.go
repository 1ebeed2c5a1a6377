// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/internal/fault"
)

func TestLine(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, why, in, want string }{
		{"leaves a plain text", "most texts need nothing", "listing tags of a/b: 404 Not Found", "listing tags of a/b: 404 Not Found"},
		{"makes one line of several", "a condition is shown in a table", "a\r\n\tb\x00c\u2028d", "a b c d"},
		{"drops colors", "a hook may answer with them", "\x1b[31mred\x1b[0m \x1b]0;title\x07end", "red end"},
		{"drops marks that turn text around", "what is shown would not be what is there", "a\u202eb\u200bc", "a b c"},
		{"mends broken UTF-8", "the API server refuses it", "a\xffb", "a\uFFFDb"},
		{"takes a login out of an address", "it may carry a password", `Get "https://ann:canary@h.io/v2/": EOF`, `Get "https://h.io/v2/": EOF`},
		{"takes odd logins out of an address", "a password may hold any character", `https://a:p/w"@x#?@h.io/v2/`, `https://h.io/v2/`},
		{"takes a query out of an address", "signatures stand there", `Get "https://h.io/t?sig=canary&x=1": EOF`, `Get "https://h.io/t": EOF`},
		{"takes a fragment out of an address", "tokens stand there", `see https://h.io/t#canary now`, `see https://h.io/t now`},
		{"takes a bearer token out", "it logs in", "Authorization: Bearer abcdefghijklmnop.canary-_~+/==", "Authorization: Bearer redacted"},
		{"takes a basic login out", "it is a password in other letters", "authorization: basic YW5uOmNhbmFyeWNhbmFyeQ==", "authorization: basic redacted"},
		{"leaves words about logins", "they say what to mend", "basic authentication, bearer tokens", "basic authentication, bearer tokens"},
		{"cuts no login in two", "half of one would not be known for one", "a https://ann:canary" + strings.Repeat("x", 1<<15) + "@h.io/", "a"},
		{"takes settings out", "bodies of token servers hold them", `{"access_token":"canary","password": "canary"} client_secret=canary;x`,
			`{"access_token":"redacted","password": "redacted"} client_secret=redacted;x`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, redacted := fault.Redact(tc.in)
			if got != tc.want || got != fault.Line(tc.in) {
				t.Errorf("%s: got\n%q, want\n%q", tc.why, got, tc.want)
			}
			if want := strings.HasPrefix(tc.name, "takes"); redacted != want {
				t.Errorf("says %v of something secret", redacted)
			}
		})
	}
}

func TestLine_limit(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]int{fault.MaxLine - 1: fault.MaxLine - 1, fault.MaxLine: fault.MaxLine, fault.MaxLine + 1: fault.MaxLine, 1 << 20: fault.MaxLine} {
		if got := fault.Line(strings.Repeat("x", size)); len(got) != want {
			t.Errorf("%d bytes became %d, want %d", size, len(got), want)
		}
	}
	if got := fault.Line(strings.Repeat("ü", fault.MaxLine)); len(got) > fault.MaxLine || !utf8.ValidString(got) {
		t.Errorf("%d bytes, valid %v", len(got), utf8.ValidString(got))
	}
}

func FuzzLine(f *testing.F) {
	f.Add("a\nb https://u:p@h/x?q=1 Bearer abcdefghijklmnopqrstuvwxyz")
	f.Fuzz(func(t *testing.T, text string) {
		got := fault.Line(text)
		if len(got) > fault.MaxLine || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q is not one short line", got)
		}
	})
}
