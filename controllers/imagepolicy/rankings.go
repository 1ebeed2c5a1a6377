// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/spec"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// rankings keeps the last ranking of each policy, so that a list that did not change is not read again. The zero
// value is ready for use, by several goroutines.
type rankings struct {
	mu   sync.Mutex
	last map[types.NamespacedName]ranked
}

type ranked struct {
	by      basis
	ranking policy.Ranking
}

// A basis is what a ranking rests on.
type basis struct {
	uid        types.UID
	generation int64
	excluded   string // the patterns that leave tags out
	revision   string // of the list before they did
}

// of returns how rules rank the tags of list that excluded leaves.
func (r *rankings) of(pol *v1alpha1.ImagePolicy, rules *policy.Policy, excluded spec.Exclusion, list taglist.List) policy.Ranking {
	name := nameOf(pol)
	by := basis{uid: pol.UID, generation: pol.Generation, excluded: excluded.String(), revision: list.Revision()}
	r.mu.Lock()
	last, ok := r.last[name]
	r.mu.Unlock()
	if ok && last.by == by {
		return last.ranking
	}
	now := ranked{by: by, ranking: policy.Rank(rules, excluded.Keep(list))}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = map[types.NamespacedName]ranked{}
	}
	r.last[name] = now
	return now.ranking
}

func (r *rankings) forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.last, name)
}
