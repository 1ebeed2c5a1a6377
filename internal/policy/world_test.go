// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"iter"
	"slices"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
)

var acmeWeb = image.Name{Registry: "ghcr.io", Repository: "acme/web"}

// A tagSet is tags in the order given, to show that the order does not matter.
type tagSet []string

func (s tagSet) All() iter.Seq[string] { return slices.Values(s) }
func (s tagSet) Has(tag string) bool   { return slices.Contains(s, tag) }
func (s tagSet) Len() int              { return len(s) }

// A registry answers questions. What it does not list, nobody can tell; digests resolve unless they are Gone.
type registry struct {
	tags   map[string]policy.TagFact
	images map[image.Digest]policy.ImageFact
}

// A tester is a *testing.T, *testing.B or *rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// choose asks Need until it is content, then Select, and returns every question that was asked.
func (r *registry) choose(t tester, in policy.Input) (policy.Decision, []policy.Question) {
	t.Helper()
	in.Facts.Tags, in.Facts.Images = map[string]policy.TagFact{}, map[image.Digest]policy.ImageFact{}
	var asked []policy.Question
	for range 1000 {
		questions := policy.Need(in)
		if len(questions) == 0 {
			return policy.Select(in), asked
		}
		for _, q := range questions {
			if slices.Contains(asked, q) {
				t.Fatalf("asked again for %s", q)
			}
			r.answer(q, in.Facts)
		}
		asked = append(asked, questions...)
	}
	t.Fatal("Need never ends")
	return policy.Decision{}, nil
}

func (r *registry) answer(q policy.Question, facts policy.Facts) {
	if q.Tag != "" {
		facts.Tags[q.Tag] = r.tags[q.Tag]
		return
	}
	fact := r.images[q.Digest]
	if fact.Err == nil && !fact.Gone {
		fact.Described = q.Describe
	}
	facts.Images[q.Digest] = fact
}
