// SPDX-License-Identifier: Apache-2.0

package survey_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/helm"
	"github.com/fairlead-dev/fairlead/internal/site/images"
	"github.com/fairlead-dev/fairlead/internal/site/kustomize"
)

func lines(n int, line func(i int) string) string {
	var s strings.Builder
	for i := range n {
		s.WriteString(line(i))
	}
	return s.String()
}

// BenchmarkFind reads what is largest or nastiest within the limit of 5 MiB, each with something to find.
func BenchmarkFind(b *testing.B) {
	const deep = 9_980
	kustomization, values := "images:\n- {name: a, newTag: v1}\n", "image: {repository: a, tag: v1}\n"
	pod := "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n"
	for _, bc := range []struct {
		name     string
		strategy site.Strategy
		src      string
		sites    int
	}{
		{"images, million keys", images.Strategy(), pod + "  - {image: a:1}\nx: {" + lines(1_000_000, func(i int) string { return strconv.FormatInt(int64(i), 36) + "," }) + "z: x}\n", 1},
		{"images, hundred thousand containers", images.Strategy(), pod + lines(100_000, func(i int) string { return fmt.Sprintf("  - name: c%d\n    image: r.io/a%d:1.0\n", i, i) }), 100_000},
		{"images, ten thousand levels", images.Strategy(), pod + "  - x: " + strings.Repeat("[", deep) + "{containers: [{image: a:1}]}" + strings.Repeat("]", deep) + "\n", 1},
		{"images, ten thousand sites at ten thousand levels", images.Strategy(), "a: " + strings.Repeat("[", deep) + "{containers: [" + lines(10_000, func(int) string { return "{image: a:1}," }) + "]}" + strings.Repeat("]", deep) + "\n", 10_000},
		{"images, alias bomb", images.Strategy(), "a0: &a0 [x]\n" + lines(100_000, func(i int) string { return fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i) }) + pod + "  - image: a:1\n", 1},
		{"images, aliases of one container", images.Strategy(), pod + "  - &c {image: a:1, " + lines(100_000, func(i int) string { return fmt.Sprintf("k%d: v, ", i) }) + "}\n" + lines(100_000, func(int) string { return "  - *c\n  - {<<: *c}\n" }), 1},
		{"images, aliases of a long text", images.Strategy(), "x: &x a:${" + strings.Repeat("x ", 1<<20) + "}\n" + pod + lines(100_000, func(int) string { return "  - {image: *x}\n" }), 0},
		{"kustomize, fifty thousand entries", kustomize.Strategy(), "images:\n" + lines(50_000, func(i int) string { return fmt.Sprintf("- {name: a%d, newName: b%d, newTag: v1}\n", i, i) }), 50_000},
		{"kustomize, merges of merges", kustomize.Strategy(), "images:\n- &e0 {name: a, newTag: v1}\n" + lines(50_000, func(i int) string { return fmt.Sprintf("- &e%d {<<: *e%d}\n", i+1, i) }), 1},
		{"helm, fifty thousand images", helm.Strategy(), lines(50_000, func(i int) string {
			return fmt.Sprintf("k%d: {image: {repository: r.io/a%d, tag: v1, digest: ''}}\n", i, i)
		}), 100_000},
		{"kustomize, million keys", kustomize.Strategy(), kustomization + "x: {" + lines(1_000_000, func(i int) string { return strconv.FormatInt(int64(i), 36) + "," }) + "z: x}\n", 1},
		{"kustomize, ten thousand levels", kustomize.Strategy(), kustomization + "x: " + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "\n", 1},
		{"kustomize, alias bomb", kustomize.Strategy(), "a0: &a0 [x]\n" + lines(100_000, func(i int) string { return fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i) }) + kustomization, 1},
		{"helm, million keys", helm.Strategy(), values + "x: {" + lines(1_000_000, func(i int) string { return strconv.FormatInt(int64(i), 36) + "," }) + "z: x}\n", 1},
		{"helm, ten thousand levels", helm.Strategy(), "x: " + strings.Repeat("[", deep) + "{" + strings.TrimSuffix(values, "\n") + "}" + strings.Repeat("]", deep) + "\n", 1},
		{"helm, alias bomb", helm.Strategy(), "a0: &a0 [x]\n" + lines(100_000, func(i int) string { return fmt.Sprintf("a%d: &a%d [*a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i) }) + values, 1},
		{"helm, parameters", helm.Strategy(), "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {helm: {parameters: [\n" + lines(30_000, func(i int) string {
			return fmt.Sprintf("{name: k%d.repository, value: r.io/a%d}, {name: k%d.tag, value: v1},\n", i, i, i)
		}) + "]}}}\n", 30_000},
	} {
		b.Run(bc.name, func(b *testing.B) {
			src := []byte(bc.src)
			if len(src) > site.MaxFileBytes {
				b.Fatalf("%d bytes", len(src))
			}
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if n := len(bc.strategy.Find(src)); n != bc.sites {
					b.Fatalf("%d sites, want %d", n, bc.sites)
				}
			}
		})
	}
}
