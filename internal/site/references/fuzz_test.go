// SPDX-License-Identifier: Apache-2.0

package references_test

import (
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/edit"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site/references"
)

// FuzzFind checks that every site is a place in the file and names the image that package image reads there, and
// that edits of the places stand on their own: each can be found again, a second edit changes nothing, the inverse
// gives back the bytes.
func FuzzFind(f *testing.F) {
	f.Add("FROM --platform=$P golang:1.25.4 AS build\nCOPY --from=r:5000/ci/tools:0.8.2 /a /b # docker://a/b:1")
	f.Add("${A:-${B:-acme/web:1}}-x [::1]:5000/web:1 acme/web:{{ .T }}\r\nimage:web:1. redis:6379 \"a\\nweb:1\"")
	f.Add("http://x/?a=web:1 “web:1” **web:1** " + "web@" + digest)
	f.Add(wide("acme/web:1", false))
	f.Fuzz(func(t *testing.T, src string) {
		end, line := 0, 0
		var edits []edit.Edit
		var sets []references.Set
		for _, s := range references.Find([]byte(src)) {
			if s.Line < line {
				t.Errorf("line %d after line %d", s.Line, line)
			}
			line = s.Line
			if s.Why == "UnsupportedEncoding" || s.Why == "TooLarge" {
				continue
			}
			if s.Start < end || s.End <= s.Start || s.End > len(src) || src[s.Start:s.End] != s.Text {
				t.Fatalf("%+v is no place in %q", s, src)
			}
			end = s.End
			if lines := strings.Count(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(src[:s.Start]), "\n"); lines+1 != s.Line {
				t.Errorf("%+v stands on line %d", s, lines+1)
			}
			if s.Why != "" {
				continue
			}
			ref, err := image.Parse(s.Text)
			if err != nil || ref.Name != s.Image || ref.Tag == "" && ref.Digest == "" {
				t.Errorf("%q is %+v and reads as %v, %v", s.Text, s.Image, ref, err)
			}
			name, _, _ := image.Split(s.Text)
			text := name + ":9.9.9@" + digest
			edits = append(edits, edit.Edit{Start: s.Start, End: s.End, Text: text})
			sets = append(sets, references.Set{Start: s.Start, Text: text})
		}
		edited, err := edit.Splice([]byte(src), edits)
		if err != nil {
			t.Fatal(err)
		}
		if err := references.Same([]byte(src), edited, sets); err != nil {
			t.Errorf("%q became %q: %v", src, edited, err)
		}
		again := 0
		for _, s := range references.Find(edited) {
			if s.Why == "" && strings.HasSuffix(s.Text, ":9.9.9@"+digest) {
				again++
			}
		}
		if again < len(sets) {
			t.Errorf("%d of %d are found again in %q", again, len(sets), edited)
		}
		back, err := edit.Inverse([]byte(src), edits)
		if err != nil {
			t.Fatal(err)
		}
		if undone, err := edit.Splice(edited, back); err != nil || string(undone) != src {
			t.Errorf("the inverse of %q gives %q, %v", edited, undone, err)
		}
	})
}
