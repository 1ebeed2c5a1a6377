// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// manyTags returns n tags v1.M.P-alpine.
func manyTags(n int) taglist.List {
	var b taglist.Builder
	for i := range n {
		b.Add(fmt.Sprintf("v1.%d.%d-alpine", i/1000, i%1000))
	}
	return b.List()
}

// BenchmarkSelect is a whole evaluation: filter, extract, parse, range, rank, resolve.
func BenchmarkSelect(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"1k", 1_000}, {"100k", 100_000}, {"1M", 1_000_000}} {
		for _, kind := range []struct {
			name string
			spec policy.Spec
		}{
			{"", alpine(">=1.2.0 <2.0.0")},
			{"/outOfRange", alpine(">=2.0.0 <3.0.0")},
			{"/plain", policy.Spec{Semver: &policy.Semver{Range: "*-0"}}},
		} {
			b.Run(size.name+kind.name, func(b *testing.B) { benchmarkSelect(b, kind.spec, manyTags(size.n)) })
		}
	}
}

func alpine(within string) policy.Spec {
	return policy.Spec{
		Filter: &policy.Filter{Pattern: `^v(?P<v>.*)-alpine$`, Extract: "$v"},
		Semver: &policy.Semver{Range: within},
	}
}

func benchmarkSelect(b *testing.B, spec policy.Spec, tags taglist.List) {
	p, err := policy.Compile(spec)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		in := policy.Input{Ranking: policy.Rank(p, tags), Name: acmeWeb, Now: time.Unix(0, 0)}
		for _, q := range policy.Need(in) {
			in.Facts.Tags = map[string]policy.TagFact{q.Tag: {Digest: image.DigestOf(nil)}}
		}
		if d := policy.Select(in); d.Selection.Considered != tags.Len() {
			b.Fatalf("considered %d", d.Selection.Considered)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tags.Len()), "ns/tag")
}

// BenchmarkSettled is an evaluation with nothing new: the ranking is at hand, the facts are cached.
func BenchmarkSettled(b *testing.B) {
	p, err := policy.Compile(alpine("*"))
	if err != nil {
		b.Fatal(err)
	}
	in := policy.Input{Ranking: policy.Rank(p, manyTags(100_000)), Name: acmeWeb, Now: time.Unix(0, 0)}
	in.Facts.Tags = map[string]policy.TagFact{}
	for _, q := range policy.Need(in) {
		in.Facts.Tags[q.Tag] = policy.TagFact{Digest: image.DigestOf(nil)}
	}
	in.State = policy.Select(in).State
	b.ReportAllocs()
	for b.Loop() {
		if questions := policy.Need(in); len(questions) > 0 {
			b.Fatal(questions)
		}
		policy.Select(in)
	}
}

// BenchmarkMasterminds is the floor: parsing alone, as the library does it.
func BenchmarkMasterminds(b *testing.B) {
	tags := manyTags(100_000)
	for name, parse := range map[string]func(string) (*semver.Version, error){
		"loose": semver.NewVersion, "strict": semver.StrictNewVersion,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for tag := range tags.All() {
					if _, err := parse(tag[1 : len(tag)-len("-alpine")]); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tags.Len()), "ns/tag")
		})
	}
}
