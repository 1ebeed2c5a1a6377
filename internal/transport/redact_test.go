// SPDX-License-Identifier: Apache-2.0

package transport_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/internal/transport"
)

func TestOneLine(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"leaves a plain text", "429 Too Many Requests", "429 Too Many Requests"},
		{"joins lines", "a\r\n\tb\x00c\u2028d", "a b c d"},
		{"drops colors", "\x1b[31mred\x1b[0m \x1b]0;title\x07end", "red end"},
		{"drops marks that turn text around", "a\u202eb\u200bc", "a b c"},
		{"mends broken UTF-8", "a\xffb", "a�b"},
		{"takes a login out of an address", `Get "https://ann:canary@h.io/v2/": EOF`, `Get "https://h.io/v2/": EOF`},
		{"takes odd logins out of an address", `https://a:p/w"@x#?@h.io/v2/`, `https://h.io/v2/`},
		{"takes a query out of an address", `Get "https://h.io/t?sig=canary&x=1": EOF`, `Get "https://h.io/t": EOF`},
		{"takes a fragment out of an address", `see https://h.io/t#canary now`, `see https://h.io/t now`},
		{"takes a bearer token out", "Authorization: Bearer abcdefghijklmnop.canary-_~+/==", "Authorization: Bearer redacted"},
		{"takes a basic login out", "authorization: basic YW5uOmNhbmFyeWNhbmFyeQ==", "authorization: basic redacted"},
		{"leaves words about logins", "basic authentication, bearer tokens", "basic authentication, bearer tokens"},
		{"cuts no login in two", "a https://ann:canary" + strings.Repeat("x", 1<<15) + "@h.io/", "a"},
		{"takes settings out", `{"access_token":"canary","password": "canary"} client_secret=canary;x`, `{"access_token":"redacted","password": "redacted"} client_secret=redacted;x`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := transport.OneLine(tc.in); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestOneLine_hasALimit(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]int{1023: 1023, 1024: 1024, 1025: 1024, 1 << 20: 1024} {
		if got := transport.OneLine(strings.Repeat("x", size)); len(got) != want {
			t.Errorf("%d bytes became %d", size, len(got))
		}
	}
	if got := transport.OneLine(strings.Repeat("é", 1024)); !utf8.ValidString(got) || len(got) > 1024 {
		t.Errorf("cut inside a character, or %d bytes", len(got))
	}
}

func FuzzOneLine(f *testing.F) {
	f.Add("a\nb https://u:p@h/x?q=1 Bearer abcdefghijklmnopqrstuvwxyz")
	f.Fuzz(func(t *testing.T, text string) {
		got := transport.OneLine(text)
		if len(got) > 1024 || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("%q is not one short line", got)
		}
	})
}
