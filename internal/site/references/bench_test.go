// SPDX-License-Identifier: Apache-2.0

package references_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/references"
)

// nasty is what costs most of a file of n bytes.
func nasty(n int) map[string]string {
	fill := func(unit string) string { return strings.Repeat(unit, n/len(unit)+1)[:n] }
	var names strings.Builder
	for i := 0; names.Len() < n; i++ {
		fmt.Fprintf(&names, "r%x.io/acme/w%x_:1 r%x.io/w:1 ", i, i, i)
	}
	return map[string]string{
		"prose":                fill("Most files name no image: they say something else, at 12:30 or so.\n"),
		"references":           fill("          image: ghcr.io/acme/web:1.4.1 # as it was, for a while, in a file of the usual kind of text\n"),
		"one run":              fill("a"),
		"one run of colons":    fill("a:"),
		"one run of slashes":   fill("a/"),
		"schemes in one run":   fill("docker://"),
		"addresses":            fill("http://x/"),
		"defaults in defaults": fill("${a:-"),
		"names as long as can": strings.Repeat("a/b:1-${", n/8),
		"closing braces":       "${X:-web:1" + fill("}"),
		"one per brace":        fill("web:1}}}}}}}}}"),
		"ports without end":    fill("r:${"),
		"names that are none":  names.String()[:n],
		"FROM on one line":     fill("FROM --a --b "),
		"not UTF-8":            fill("web:1\xff"),
		"brackets":             fill("[::"),
		"backslashes":          fill(`\nweb:1`),
	}
}

// BenchmarkFind reads what is largest or nastiest within the limit of 5 MiB.
func BenchmarkFind(b *testing.B) {
	for name, src := range nasty(site.MaxFileBytes) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				references.Find([]byte(src))
			}
		})
	}
}
