// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"context"

	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
)

// An asking is one evaluation's way to ask the registry.
type asking struct {
	input     policy.Input
	came      news
	platforms []string
	access    credentials.Access
}

// mostRounds is how often the registry is asked for more before the choice is left for another time.
const mostRounds = 300

// facts asks the registry for what the choice rests on, and for nothing else.
func (r *Reconciler) facts(ctx context.Context, a asking) policy.Facts {
	known := policy.Facts{Tags: map[string]policy.TagFact{}, Images: map[image.Digest]policy.ImageFact{}}
	for range mostRounds {
		a.input.Facts = known
		questions := policy.Need(a.input)
		if len(questions) == 0 {
			break
		}
		for _, q := range questions {
			r.answer(ctx, q, a, known)
		}
	}
	return known
}

// answer puts the answer to q into known, or the reason why there is none.
func (r *Reconciler) answer(ctx context.Context, q policy.Question, a asking, known policy.Facts) {
	name := a.input.Name
	switch {
	case q.Tag != "":
		digest, err := r.Registry.Digest(ctx, name, q.Tag, lastDigest(a.input, q.Tag), a.access)
		known.Tags[q.Tag] = policy.TagFact{Digest: digest, FirstSeen: a.came.at[q.Tag], Err: err}
	case q.Describe:
		fact, err := r.Registry.Describe(ctx, name, q.Digest, a.platforms, a.access)
		fact.Err = err
		known.Images[q.Digest] = fact
	default:
		exists, err := r.Registry.Exists(ctx, name, q.Digest, a.access)
		known.Images[q.Digest] = policy.ImageFact{Gone: !exists, Err: err}
	}
}

// lastDigest returns what tag pointed at when it was looked at last, as far as that is remembered of this image.
func lastDigest(in policy.Input, tag string) image.Digest {
	latest := in.State.Latest
	if latest.Tag == tag && latest.Name == in.Name {
		return latest.Digest
	}
	watched := in.State.ObservedName
	if watched == (image.Name{}) {
		watched = latest.Name
	}
	for _, o := range in.State.Observed {
		if o.Tag == tag && watched == in.Name {
			return o.Digest
		}
	}
	return ""
}
