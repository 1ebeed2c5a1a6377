// SPDX-License-Identifier: Apache-2.0

package policy_test

import (
	"fmt"
	"time"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

func Example() {
	p, err := policy.Compile(policy.Spec{
		Filter: &policy.Filter{Pattern: `^v(?P<v>.*)-alpine$`, Extract: "$v"},
		Semver: &policy.Semver{Range: ">=1.2.0 <2.0.0"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	in := policy.Input{
		Ranking: policy.Rank(p, taglist.Of("main", "v1.9.0-alpine", "v1.10.0-alpine", "v2.0.0-alpine", "v1.11.0")),
		Name:    image.Name{Registry: "ghcr.io", Repository: "acme/web"},
		Now:     time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
		Facts:   policy.Facts{Tags: map[string]policy.TagFact{}},
	}
	for _, q := range policy.Need(in) {
		fmt.Println("asking for", q)
		in.Facts.Tags[q.Tag] = policy.TagFact{Digest: "sha256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865"}
	}
	d := policy.Select(in)
	fmt.Println(d.Message)
	for _, l := range d.Selection.Rejected {
		fmt.Println(l.Count, l.Reason, l.Examples)
	}
	// Output:
	// asking for the digest of tag v1.10.0-alpine
	// the policy selects v1.10.0-alpine (4355a46b19d3)
	// 2 NotMatched [main v1.11.0]
	// 1 OutOfRange [v2.0.0-alpine]
}
