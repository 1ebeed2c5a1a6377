// SPDX-License-Identifier: Apache-2.0

package markers_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/site/markers"
)

// show writes the sites of src as "line part policy text" or "line reason note".
func show(src string) []string {
	var out []string
	for _, s := range markers.Find([]byte(src)) {
		if s.Why != "" {
			out = append(out, fmt.Sprintf("%d %s", s.Line, s.Why))
			continue
		}
		out = append(out, fmt.Sprintf("%d %s %s %s", s.Line, s.Part, s.Policy, s.Text))
	}
	return out
}

// The marker of policy shop/web in short.
const (
	full = `# {"$imagepolicy": "shop:web"}`
	tag  = `# {"$imagepolicy": "shop:web:tag"}`
)

func TestFind(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, src string
		want           []string
	}{
		{"nothing in a file without markers", "most files", "image: web:1\n", nil},
		{"the value before the marker, of several on its line", "that is where Flux reads it", "{a: x, b: web:1 " + full + "\n}", []string{"1 full shop/web web:1"}},
		{"the value before the comma", "the comma belongs to the list", "[x, web:1, " + full + "\n y]", []string{"1 full shop/web web:1"}},
		{"the only value of the line, behind its brackets", "nothing else can be meant", "- {image: web:1} " + full, []string{"1 full shop/web web:1"}},
		{"none of several behind their brackets", "which one is not said", "- {name: web, image: web:1} " + full, []string{"1 NoTarget"}},
		{"none of several below", "likewise", full + "\n- {name: web, image: web:1}", []string{"1 NoTarget"}},
		{"the value below a key with its marker", "it is the value of that key", "image: " + full + "\n  web:1\n", []string{"2 full shop/web web:1"}},
		{"the value below a dash with its marker", "likewise", "- " + full + "\n  web:1\n", []string{"2 full shop/web web:1"}},
		{"no value of the next key", "the marked key is empty", "tag: " + tag + "\nimage: web:1\n", []string{"1 NoTarget"}},
		{"no key", "only values are images", "? web:1 " + full + "\n: x\n", []string{"1 NoTarget"}},
		{"no value that is not there", "there is nothing to replace", "tag: " + tag + "\n", []string{"1 NoTarget"}},
		{"an empty string", "it is a value", "tag: '' " + tag + "\n", []string{"1 tag shop/web "}},
		{"a null", "it is a value too", "tag: ~ " + tag + "\n", []string{"1 tag shop/web ~"}},
		{"a value over several lines by its last", "there the comment can stand", "a: \"web\\\n  :1\" " + full, []string{"1 full shop/web web:1"}},
		{"nothing above the first line", "the file ends with the marker", "a: b\n" + full, []string{"2 NoTarget"}},
		{"the marker on the line before the one above", "it is closer", tag + "\na: web:1 " + full + "\n", []string{"1 NoTarget", "2 full shop/web web:1"}},
		{"one site for a marker said twice", "they agree", full + "\na: web:1 " + full + "\n", []string{"2 full shop/web web:1"}},
		{"no marker in two on one line", "YAML has one comment there", "a: web:1 " + full + " " + full, []string{"1 InvalidMarker"}},
		{"no marker with another key beside", "exactly one object with one key", `a: x # {"$imagepolicy": "shop:web", "x": 1}`, []string{"1 InvalidMarker"}},
		{"no marker with a blank in a name", "no object is called so", `a: x # {"$imagepolicy": "shop: web"}`, []string{"1 InvalidMarker"}},
		{"no marker with a slash", "the separator is a colon", `a: x # {"$imagepolicy": "shop/web"}`, []string{"1 InvalidMarker"}},
		{"no marker with an empty part", "a part was meant", `a: x # {"$imagepolicy": "shop:web:"}`, []string{"1 InvalidMarker"}},
		{"no marker with a null", "the value is a string", `a: x # {"$imagepolicy": null}`, []string{"1 InvalidMarker"}},
		{"a commented-out line", "it has $imagepolicy and is no marker", "# image: web:1 " + full + "\n", []string{"1 InvalidMarker"}},
		{"a marker without a blank before it", "the parsers take it behind quotes", "a: 'web:1'" + full, []string{"1 full shop/web web:1"}},
		{"an alias as such", "an edit at the anchor would change places nobody marked", "a: &x web:1\nb: *x " + full, []string{"2 OnAlias"}},
		{"an alias below", "likewise", "a: &x web:1\n" + full + "\nb: *x\n", []string{"3 OnAlias"}},
		{"a block scalar below", "likewise", full + "\nb: |\n  web:1\n", []string{"2 BlockScalar"}},
		{"markers in a block scalar each", "each is expected to work", "b: |\n  x " + full + "\n  $imagepolicy\n  y " + full + "\nc: d\n", []string{"2 BlockScalar", "4 BlockScalar"}},
		{"no marker at the indicator of a block scalar", "it is the header that is wrong", ">" + full, []string{"1 BlockScalar"}},
		{"a key twice around the value", "nobody knows which one counts", "a:\n  b: web:1 " + full + "\na: x\n", []string{"2 DuplicateKey"}},
		{"a key twice in other quotes", "it is the same key", "b: web:1 " + full + "\n\"b\": x\n", []string{"1 DuplicateKey"}},
		{"both where both are marked", "each is left alone", "b: web:1 " + full + "\nb: web:2 " + full + "\n", []string{"1 DuplicateKey", "2 DuplicateKey"}},
		{"a key twice elsewhere", "it does not touch the value", "a: {x: 1, x: 2}\nb: web:1 " + full + "\nc: {b: 1}\n", []string{"2 full shop/web web:1"}},
		{"one key in two documents", "they are two mappings", "b: web:1 " + full + "\n---\nb: x\n", []string{"1 full shop/web web:1"}},
		{"a template", "what fills it in would be lost", "a: \"web:{{ .Values.tag }}\" " + full, []string{"1 Templated"}},
		{"a variable", "likewise", "a: web:${TAG} " + full, []string{"1 Templated"}},
		{"a number by its tag", "an image would not be one", "a: !!int 5 " + tag, []string{"1 NoTarget"}},
		{"a mapping called sops that is none of SOPS", "it has no mac", "sops: {enabled: true}\na: web:1 " + full, []string{"2 full shop/web web:1"}},
		{"SOPS in a later document", "the file has one checksum for each", "a: web:1 " + full + "\n---\nsops: {mac: x}\n", []string{"1 Encrypted"}},
		{"a file that is no YAML once", "with the line of its first marker", "x\na: {{- if }}\nb: web:1 " + full + "\nc: web:1 " + full, []string{"3 InvalidYAML"}},
		{"a tab that indents", "no parser reads it", "a:\n\tb: web:1 " + full, []string{"2 InvalidYAML"}},
		{"Latin-1", "it is no UTF-8", "\xe4: web:1 " + full, []string{"1 UnsupportedEncoding"}},
		{"UTF-16 the other way round", "without a mark as well", wide("a: web:1 " + full), []string{"1 UnsupportedEncoding"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, show(tc.src)); diff != "" {
				t.Errorf("%s: %q (-want +got):\n%s", tc.why, tc.src, diff)
			}
		})
	}
}

// wide is text as big-endian UTF-16.
func wide(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteByte(0)
		b.WriteByte(text[i])
	}
	return b.String()
}

// FuzzFind checks that every site is a place in the file: its bytes, its line, its order.
func FuzzFind(f *testing.F) {
	f.Add("a: web:1 " + full + "\n" + full + "\nb: x\nc: |\n  y " + full)
	f.Add(">#$imagepolicy")
	f.Add("{a: [x, web:1, " + tag + "\n y]}")
	f.Fuzz(func(t *testing.T, src string) {
		line := 0
		for _, s := range markers.Find([]byte(src)) {
			if s.Line < line {
				t.Errorf("line %d after line %d", s.Line, line)
			}
			line = s.Line
			if s.Why != "" {
				continue
			}
			if s.Start < 0 || s.End <= s.Start || s.End > len(src) || s.Policy.Name == "" || s.Part == "" {
				t.Fatalf("%+v is no place in %q", s, src)
			}
			if lines := strings.Count(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(src[:s.Start]), "\n"); lines+1 != s.Line {
				t.Errorf("%+v stands on line %d", s, lines+1)
			}
		}
	})
}
