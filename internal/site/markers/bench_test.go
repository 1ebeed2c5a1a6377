// SPDX-License-Identifier: Apache-2.0

package markers_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/site/markers"
)

// BenchmarkFind reads what is largest or nastiest within the limit of 5 MiB, each with a marker.
func BenchmarkFind(b *testing.B) {
	lines := func(n int, line func(i int) string) string {
		var s strings.Builder
		for i := range n {
			s.WriteString(line(i))
		}
		return s.String()
	}
	for _, bc := range []struct {
		name, src string
		sites     int
	}{
		{"million keys", "{" + lines(1_000_000, func(i int) string { return strconv.FormatInt(int64(i), 36) + "," }) + "z: x,\na: web:1 " + full + "\n}", 1},
		{"ten thousand markers", lines(10_000, func(i int) string { return fmt.Sprintf("k%d: web:1 %s\n", i, full) }), 10_000},
		{"ten thousand levels", strings.Repeat("[", 9_990) + "\nweb:1 " + full + "\n" + strings.Repeat("]", 9_990), 1},
		{"ten thousand levels in blocks", strings.Repeat("- ", 9_990) + "web:1 " + full + "\n", 1},
		{"alias bomb", "a0: &a0 [x]\n" + lines(100_000, func(i int) string { return fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i) }) + "z: web:1 " + full, 1},
		{"markers in one block scalar", "a: |\n" + lines(10_000, func(int) string { return "  image: web:1 " + full + "\n" }), 10_000},
	} {
		b.Run(bc.name, func(b *testing.B) {
			src := []byte(bc.src)
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if n := len(markers.Find(src)); n != bc.sites {
					b.Fatalf("%d sites, want %d", n, bc.sites)
				}
			}
		})
	}
}
