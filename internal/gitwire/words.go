// SPDX-License-Identifier: Apache-2.0

package gitwire

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/internal/credentials"
)

const (
	maxHeard = 4 << 10 // bytes of a server's words that are kept for cleaning
	maxWords = 1 << 10 // bytes of them that enter an error
)

// escape matches the sequences that move a terminal's cursor, paint it, or set its title.
var escape = regexp.MustCompile("\x1b(\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(\x07|\x1b\\\\)?|[@-Z\\\\-_])")

// A laundry cleans what a server says: one line, no control or invisible characters, none of our secrets.
type laundry struct{ secrets []string }

// newLaundry knows the secrets of login in the ways they may come back: as they are, and as they were sent.
func newLaundry(login credentials.Git) laundry {
	var l laundry
	for _, secret := range login.Secrets() {
		s := secret.Reveal()
		l.secrets = append(l.secrets, s, url.QueryEscape(s), url.PathEscape(s),
			base64.StdEncoding.EncodeToString([]byte(s)), base64.StdEncoding.EncodeToString([]byte(login.Username+":"+s)))
	}
	slices.SortFunc(l.secrets, func(a, b string) int { return len(b) - len(a) }) // the longest first: others may be inside it
	return l
}

// clean returns words as one line of at most 1 KiB.
func (l laundry) clean(words string) string {
	words = escape.ReplaceAllString(words, "")
	words = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, words)
	for _, secret := range l.secrets {
		words = strings.ReplaceAll(words, secret, "redacted")
	}
	words = strings.Join(strings.Fields(words), " ")
	if len(words) <= maxWords {
		return words
	}
	cut := maxWords - len("…")
	for !utf8.RuneStart(words[cut]) {
		cut--
	}
	return words[:cut] + "…"
}

// hear appends more to what was heard, within the limit.
func hear(heard, more []byte) []byte {
	return append(heard, more[:min(len(more), maxHeard-len(heard))]...)
}
