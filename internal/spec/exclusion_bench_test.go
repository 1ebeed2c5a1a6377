// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"fmt"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/spec"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// BenchmarkExclusion is what leaving out tags costs for each list that is read: nothing to leave out, and every
// hundredth tag a signature.
func BenchmarkExclusion(b *testing.B) {
	e, err := spec.NewExclusion(nil)
	if err != nil {
		b.Fatal(err)
	}
	for _, tc := range []struct {
		name  string
		every int
	}{{"nothing", 0}, {"everyHundredth", 100}} {
		var tags taglist.Builder
		for i := range 1_000_000 {
			tag := fmt.Sprintf("v1.%d.%d-alpine", i/1000, i%1000)
			if tc.every > 0 && i%tc.every == 0 {
				tag += ".sig"
			}
			tags.Add(tag)
		}
		list := tags.List()
		b.Run(tc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Keep(list)
			}
		})
	}
}
