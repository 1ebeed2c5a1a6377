// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
)

// NewPolicy checks the rules of pol. What is wrong is a stalled fault with reason InvalidPolicy.
func NewPolicy(pol *v1alpha1.ImagePolicy) (*policy.Policy, error) {
	s := pol.Spec
	minAge, err := duration("minAge", s.MinAge, 0, 0)
	if err != nil {
		return nil, fault.Stall(reason.InvalidPolicy, err)
	}
	rules := policy.Spec{
		DigestPolicy:   string(s.DigestPolicy),
		Platforms:      s.Platforms,
		MinAge:         minAge,
		AllowDowngrade: s.AllowDowngrade,
	}
	if f := s.FilterTags; f != nil {
		rules.Filter = &policy.Filter{Pattern: f.Pattern, Extract: f.Extract}
	}
	if p := s.Pin; p != nil {
		rules.Pin = &policy.Pin{Tag: string(p.Tag), Digest: string(p.Digest)}
	}
	for _, r := range s.Reject {
		rules.Reject = append(rules.Reject, policy.Rejection{Digest: string(r.Digest), Tag: string(r.Tag), Range: r.Range, Reason: r.Reason})
	}
	setChoice(&rules, s.Policy)
	return policy.Compile(rules)
}

// setChoice copies the ways to rank; that there is exactly one is for policy.Compile to check.
func setChoice(rules *policy.Spec, c v1alpha1.PolicyChoice) {
	if c.Semver != nil {
		rules.Semver = &policy.Semver{Range: c.Semver.Range}
	}
	if c.Numerical != nil {
		rules.Numerical = &policy.Ordered{Order: string(c.Numerical.Order)}
	}
	if c.Alphabetical != nil {
		rules.Alphabetical = &policy.Ordered{Order: string(c.Alphabetical.Order)}
	}
	if c.Regex != nil {
		rules.Regex = &policy.Regex{Pattern: c.Regex.Pattern}
		for _, k := range c.Regex.OrderBy {
			rules.Regex.OrderBy = append(rules.Regex.OrderBy, policy.Key{Group: k.Group, As: string(k.As), Order: string(k.Order)})
		}
	}
	if c.Latest != nil {
		rules.Latest = &policy.Latest{By: orElse(string(c.Latest.By), string(v1alpha1.CreatedDate)), Limit: int(c.Latest.Limit)}
	}
	if c.Tag != nil {
		rules.Tag = &policy.Tag{Name: string(c.Tag.Name)}
	}
}

// State returns what status remembers of earlier evaluations. A part that cannot be read, because somebody wrote it
// by hand, is an error and not half a memory.
func State(status v1alpha1.ImagePolicyStatus) (policy.State, error) {
	var state policy.State
	if l := status.Latest; l != nil {
		name, err := image.ParseName(l.Name)
		if err != nil {
			return policy.State{}, invalidStatus("latest.name", err)
		}
		state.Latest = policy.Choice{Name: name, Tag: l.Tag, Digest: image.Digest(l.Digest), Since: l.Since.Time}
	}
	for _, h := range status.History {
		state.History = append(state.History, policy.Entry{Tag: h.Tag, Digest: image.Digest(h.Digest), Since: h.Since.Time, Reason: reason.Reason(h.Reason)})
	}
	for _, o := range status.Observed {
		state.Observed = append(state.Observed, policy.Sighting{Tag: o.Tag, Digest: image.Digest(o.Digest), FirstSeen: o.FirstSeen.Time})
	}
	if c := status.Candidate; c != nil {
		state.Candidate = &policy.Candidate{Tag: c.Tag, Digest: image.Digest(c.Digest), Reason: reason.Reason(c.Reason),
			FirstSeen: timeOf(c.FirstSeen), EligibleAt: timeOf(c.EligibleAt)}
	}
	if status.ObservedName != "" {
		name, err := image.ParseName(status.ObservedName)
		if err != nil {
			return policy.State{}, invalidStatus("observedName", err)
		}
		state.ObservedName = name
	}
	return state, nil
}

func invalidStatus(field string, err error) error {
	return fault.Stall(reason.InvalidPolicy, fmt.Errorf("status.%s cannot be read, and the choice would be made without memory: %w", field, err))
}

func timeOf(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}
