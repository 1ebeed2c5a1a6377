// SPDX-License-Identifier: Apache-2.0

package policy

import "iter"

// Tags is a set of tags in any order, each once, as taglist.List is.
type Tags interface {
	All() iter.Seq[string]
	Has(tag string) bool
	Len() int
}

// A Ranking is one reading of a list of tags by a policy. It never changes, is safe for concurrent use, and holds
// for as long as policy and list stay the same, whatever the time and the facts. It keeps tags.
type Ranking struct {
	policy *Policy
	tags   Tags
	survey survey
}

// Rank reads every tag once: about half a microsecond and one small allocation each where a filter extracts.
func Rank(p *Policy, tags Tags) Ranking {
	return Ranking{policy: p, tags: tags, survey: p.rule.survey(p.filter, tags.All())}
}

// open tells whether tag is listed, fits the policy and is not rejected whatever its digest.
func (r Ranking) open(tag string) bool {
	return r.tags.Has(tag) && r.policy.rule.fits(r.policy.filter, tag) && !r.policy.takes(tag, "")
}
