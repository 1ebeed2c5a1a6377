// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/policy"
)

// report fills in the status from a decision. A choice that could not be made is a fault, also when it was only a fact
// that could not be had; what was chosen before stays, and is what automations go by.
func report(pol *v1alpha1.ImagePolicy, d policy.Decision, now time.Time) (loop.Outcome, error) {
	status := &pol.Status
	before := status.Latest
	status.Latest = chosen(d.State.Latest)
	status.Candidate = candidate(d.State.Candidate)
	status.Observed = observed(d.State.Observed)
	status.ObservedName = d.State.ObservedName.String()
	status.History = history(d.State.History)
	status.Selection = selection(d.Selection)
	if d.Settled {
		status.LatestGeneration = pol.Generation
	}
	outcome := loop.Outcome{Reason: d.ConditionReason(), Message: d.Message, Events: moved(pol, before)}
	if !d.Next.IsZero() {
		outcome.Next = max(d.Next.Sub(now), time.Second)
	}
	switch {
	case d.Err != nil:
		return outcome, d.Err
	case d.Settled:
		return outcome, nil
	default:
		return outcome, fault.Wait(d.ConditionReason(), errors.New(d.Message))
	}
}

// keep reports that nothing could be chosen because of err: what was chosen before stays, and stays ready, when the
// cause is the repository.
func keep(pol *v1alpha1.ImagePolicy, err error) (loop.Outcome, error) {
	if pol.Status.Latest == nil || fault.Of(err).Reason != reason.RepositoryNotReady {
		return loop.Outcome{}, err
	}
	latest := pol.Status.Latest
	return loop.Outcome{Message: shown(latest) + " is kept; " + err.Error()}, nil
}

func chosen(c policy.Choice) *v1alpha1.ChosenImage {
	if c.Tag == "" && c.Digest == "" {
		return nil
	}
	return &v1alpha1.ChosenImage{Name: c.Name.String(), Tag: c.Tag, Digest: string(c.Digest), ShortDigest: c.Digest.Short(), Since: second(c.Since)}
}

func candidate(c *policy.Candidate) *v1alpha1.Candidate {
	if c == nil {
		return nil
	}
	return &v1alpha1.Candidate{Tag: c.Tag, Digest: string(c.Digest), Reason: string(c.Reason), FirstSeen: optional(c.FirstSeen), EligibleAt: optional(c.EligibleAt)}
}

func observed(all []policy.Sighting) []v1alpha1.ObservedImage {
	var out []v1alpha1.ObservedImage
	for _, o := range all {
		out = append(out, v1alpha1.ObservedImage{Tag: o.Tag, Digest: string(o.Digest), FirstSeen: second(o.FirstSeen)})
	}
	return out
}

func history(all []policy.Entry) []v1alpha1.HistoryEntry {
	var out []v1alpha1.HistoryEntry
	for _, h := range all {
		out = append(out, v1alpha1.HistoryEntry{Tag: h.Tag, Digest: string(h.Digest), Since: second(h.Since), Reason: string(h.Reason)})
	}
	return out
}

func selection(s policy.Selection) *v1alpha1.Selection {
	out := &v1alpha1.Selection{Considered: int64(s.Considered)}
	for _, lost := range s.Rejected {
		out.Rejected = append(out.Rejected, v1alpha1.RejectedTags{Reason: string(lost.Reason), Count: int64(lost.Count), Examples: namable(lost.Examples)})
	}
	return out
}

// namable leaves out what no reference can name: it must not make the status invalid.
func namable(tags []string) []string {
	var out []string
	for _, tag := range tags {
		if image.IsTag(tag) {
			out = append(out, tag)
		}
	}
	return out
}

// second cuts t to what the API server keeps, so that what is written is what is read.
func second(t time.Time) metav1.Time { return metav1.NewTime(t.Truncate(time.Second)) }

func optional(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	s := second(t)
	return &s
}
