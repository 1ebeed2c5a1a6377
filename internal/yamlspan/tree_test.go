// SPDX-License-Identifier: Apache-2.0

package yamlspan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

func readTree(tb testing.TB, src string) *yamlspan.Tree {
	tb.Helper()
	tree, err := yamlspan.ReadTree([]byte(src))
	if err != nil {
		tb.Fatalf("%q: %v", src, err)
	}
	return tree
}

// outline writes what is below n in one line.
func outline(n yamlspan.Node) string {
	var parts []string
	switch n.Shape() {
	case yamlspan.IsMapping:
		for key, value := range n.Entries() {
			parts = append(parts, outline(key)+": "+outline(value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case yamlspan.IsSequence:
		for item := range n.Items() {
			parts = append(parts, outline(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case yamlspan.IsAlias:
		return fmt.Sprintf("*%d", n.Target().Number())
	case yamlspan.IsScalar:
	}
	return n.Text()
}

func TestReadTree(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, src string
		want           []string
	}{
		{"no document in an empty file", "there is none", "", nil},
		{"mappings in mappings", "keys and values take turns", "a: {b: c}\nd: e\n", []string{"{a: {b: c}, d: e}"}},
		{"sequences", "items have no keys", "- a\n- [b, {c: d}]\n-\n", []string{"[a, [b, {c: d}], ]"}},
		{"documents", "each is one node", "a: b\n---\nc\n", []string{"{a: b}", "c"}},
		{"quoted text as it is meant", "that is what is compared", `{'a''b': "c\td", "e": 'f'}`, []string{"{a'b: c\td, e: f}"}},
		{"text over lines", "lines are folded", "a: b\n  c\n", []string{"{a: b c}"}},
		{"the node an alias stands for", "the last one of that name", "[&x a, *x, &x b, *x]", []string{"[a, *1, b, *3]"}},
		{"no short mapping as an item", "its key is no value", "[a, b: c, d]", []string{"[a, d]"}},
		{"collections as keys", "they have no text, so nothing is looked up by them", "? [a]\n: b\nc: d\n", []string{"{[a]: b, c: d}"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for doc := range readTree(t, tc.src).Documents() {
				got = append(got, outline(doc))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: %q (-want +got):\n%s", tc.why, tc.src, diff)
			}
		})
	}
}

func TestNode(t *testing.T) {
	t.Parallel()
	src := "a: &x !!str 'b'\nc: [*x, *x]\nd: !!int 5\ne:\n"
	tree := readTree(t, src)
	var got []string
	for doc := range tree.Documents() {
		for _, value := range doc.Entries() {
			span := value.Span()
			got = append(got, fmt.Sprintf("%d %q string %t other %t uses %d style %d", value.Line(), src[span.Start:span.End],
				value.IsTypedString(), value.IsTypedOther(), value.Uses(), value.Style()))
		}
	}
	want := []string{
		`1 "'b'" string true other false uses 2 style 2`,
		`2 "[*x, *x]" string false other false uses 0 style 0`,
		`3 "5" string false other true uses 0 style 1`,
		`4 "" string false other false uses 0 style 0`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if (yamlspan.Node{}).Exists() {
		t.Error("the zero node exists")
	}
}

// scalars returns all values below n that are scalars, in order.
func scalars(n yamlspan.Node) (all []yamlspan.Node) {
	for item := range n.Items() {
		all = append(all, scalars(item)...)
	}
	for _, value := range n.Entries() {
		all = append(all, scalars(value)...)
	}
	if n.Shape() == yamlspan.IsScalar {
		all = append(all, n)
	}
	return all
}

func TestTree_Twice(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, src, want string
	}{
		{"nothing in a plain file", "most files", "a: x\nb: [y, {c: z}]\n", ""},
		{"both values of a key", "either may count", "a: x\nb: y\na: z\n", "x z"},
		{"all below a key that comes again", "the whole of it may not count", "a: {b: [x, {c: y}]}\nd: z\na: q\n", "x y q"},
		{"a key in other quotes", "it is the same key", "{a: x, 'a': y}", "x y"},
		{"no key of another mapping", "it is another key", "a: {b: x}\nc: {b: y}\n", ""},
		{"no key of another document", "likewise", "a: x\n---\na: y\n", ""},
		{"a key in an item", "sequences are looked into", "- {a: x, a: y}\n- {a: z}\n", "x y"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tree := readTree(t, tc.src)
			var all []yamlspan.Node
			for doc := range tree.Documents() {
				all = append(all, scalars(doc)...)
			}
			var marked []string
			for i, twice := range tree.Twice(all) {
				if twice {
					marked = append(marked, all[i].Text())
				}
			}
			if got := strings.Join(marked, " "); got != tc.want {
				t.Errorf("%s: %q marks %q, want %q", tc.why, tc.src, got, tc.want)
			}
		})
	}
}

func TestTree_IsEncrypted(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]bool{
		"a: b\nsops: {mac: x}\n":            true,
		"a: b\n---\nsops: {mac: x}\n":       true,
		"sops: {enabled: true}\nmac: x\n":   false,
		"a: {sops: {mac: x}}\n":             false,
		"- sops\n- mac\n":                   false,
		"sops: &x {mac: y}\nb: {mac: *x}\n": true,
	} {
		if got := readTree(t, src).IsEncrypted(); got != want {
			t.Errorf("IsEncrypted(%q) = %t", src, got)
		}
	}
}

func BenchmarkReadTree(b *testing.B) {
	keys := func(n int) []byte {
		var s strings.Builder
		for i := range n {
			fmt.Fprintf(&s, "%x: 1\n", i)
		}
		return []byte(s.String())
	}
	for _, bc := range []struct {
		name string
		src  []byte
	}{
		{"manifest", manifest()},
		{"six hundred thousand keys", keys(600_000)},
		{"five MiB of keys", []byte("{" + strings.Repeat("a,", 5<<19-2) + "}")},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.SetBytes(int64(len(bc.src)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := yamlspan.ReadTree(bc.src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
