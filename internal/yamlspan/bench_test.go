// SPDX-License-Identifier: Apache-2.0

package yamlspan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

func scanAll(tb testing.TB, src []byte) (events int) {
	tb.Helper()
	s := yamlspan.New(src)
	for _, ok := s.Next(); ok; _, ok = s.Next() {
		events++
	}
	if err := s.Err(); err != nil {
		tb.Fatal(err)
	}
	return events
}

// manifest is a deployment of about 4 KiB.
func manifest() []byte {
	var b strings.Builder
	for i := range 12 {
		fmt.Fprintf(&b, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web%d, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: ghcr.io/acme/web:1.4.1 # {\"$imagepolicy\": \"shop:web\"}\n          ports:\n            - containerPort: 8080\n          env:\n            - name: MODE\n              value: \"fast\"\n", i)
	}
	return []byte(b.String())
}

func BenchmarkScanner(b *testing.B) {
	keys := func() []byte {
		var s strings.Builder
		for i := range 1_000_000 {
			fmt.Fprintf(&s, "%x: 1\n", i)
		}
		return []byte(s.String())
	}
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x]\n")
	for i := range 100_000 {
		fmt.Fprintf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i)
	}
	for _, bc := range []struct {
		name string
		src  []byte
	}{
		{"manifest", manifest()},
		{"million keys", keys()},
		{"ten thousand levels, flow", []byte(strings.Repeat("[", 9_999) + strings.Repeat("]", 9_999))},
		{"ten thousand levels, block", []byte(strings.Repeat("- ", 9_999) + "x\n")},
		{"alias bomb", []byte(bomb.String())},
		{"five MiB of brackets", []byte("[" + strings.Repeat("[],", 5<<20/3) + "]")},
		{"five MiB of blank lines", []byte("a: b" + strings.Repeat("\n", 5<<20) + "c: d\n")},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.SetBytes(int64(len(bc.src)))
			b.ReportAllocs()
			for b.Loop() {
				scanAll(b, bc.src)
			}
		})
	}
}
