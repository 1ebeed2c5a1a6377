// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"slices"
	"strconv"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hold"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// A Wanted is what an ImagePolicy means for Git: which image its places are to hold, which they may hold already,
// and which of two is the newer.
type Wanted struct {
	Plan  plan.Policy
	Hold  hold.Policy
	Since time.Time // when the image was chosen; zero: it never was
	Key   string    // equal as long as all of this is
}

// NewWanted reads the choice of pol from its status. A policy whose rules cannot be used at the moment keeps its
// choice; nothing that is not known to be older is replaced by it then.
func NewWanted(pol *v1alpha1.ImagePolicy) (Wanted, error) {
	state, err := State(pol.Status)
	if err != nil {
		return Wanted{}, err
	}
	rules, err := NewPolicy(pol)
	if err != nil {
		rules = nil
	}
	name := site.Policy{Namespace: pol.Namespace, Name: pol.Name}
	latest := image.Ref{Name: state.Latest.Name, Tag: state.Latest.Tag, Digest: state.Latest.Digest}
	w := Wanted{
		Since: state.Latest.Since,
		Plan:  plan.Policy{Name: name, Latest: latest, Suspended: pol.Spec.Suspend},
		Hold:  hold.Policy{Name: name, Latest: latest, Since: state.Latest.Since, ByDigest: rules != nil && rules.RanksByDigest()},
		Key:   WantedKey(pol),
	}
	for _, h := range state.History {
		w.Hold.History = append(w.Hold.History, image.Ref{Name: state.Latest.Name, Tag: h.Tag, Digest: h.Digest})
	}
	if rules != nil {
		w.Hold.Above = func(tag string) bool { above, _ := rules.Above(latest.Tag, tag); return above }
	}
	if !mayGoDown(pol, state) {
		w.Plan.Outranks = outranks(rules, state)
	}
	return w, nil
}

// mayGoDown tells whether a person asked for an image that may rank below the one in Git.
func mayGoDown(pol *v1alpha1.ImagePolicy, state policy.State) bool {
	asked := len(state.History) > 0 && (state.History[0].Reason == reason.Pinned || state.History[0].Reason == reason.Rejected)
	return asked || pol.Spec.AllowDowngrade
}

// outranks returns which tags rank above the choice. One that the policy itself chose before does not: the policy
// went down from it, and does so only when it was asked to.
func outranks(rules *policy.Policy, state policy.State) func(tag string) bool {
	return func(tag string) bool {
		if slices.ContainsFunc(state.History, func(h policy.Entry) bool { return h.Tag == tag }) {
			return false
		}
		if rules == nil {
			return tag != state.Latest.Tag
		}
		above, _ := rules.Above(tag, state.Latest.Tag)
		return above
	}
}

// WantedKey names what NewWanted reads: as long as it is equal, so is what is wanted.
func WantedKey(pol *v1alpha1.ImagePolicy) string {
	key := string(pol.UID) + "/" + strconv.FormatInt(pol.Generation, 10)
	if l := pol.Status.Latest; l != nil {
		key += "/" + l.Name + image.Suffix(l.Tag, image.Digest(l.Digest)) + "/" + l.Since.UTC().Format(time.RFC3339)
	}
	if h := pol.Status.History; len(h) > 0 {
		key += "/" + h[0].Reason
	}
	return key
}
