// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

func TestChoiceChanged(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		edit      func(*v1alpha1.ImagePolicy)
		want      bool
	}{
		{"is woken by another tag", "that is to be written", func(p *v1alpha1.ImagePolicy) { p.Status.Latest.Tag = "1.2.0" }, true},
		{"is woken by another digest", "the tag was pushed again", func(p *v1alpha1.ImagePolicy) { p.Status.Latest.Digest = "sha256:aa" }, true},
		{"is woken by a pin of the same image", "it may go down from what is in Git", func(p *v1alpha1.ImagePolicy) { p.Status.History[0].Reason = "Pinned" }, true},
		{"is woken by an edit", "a suspended policy keeps its places", func(p *v1alpha1.ImagePolicy) { p.Generation++ }, true},
		{"is woken by another label", "it may be selected now", func(p *v1alpha1.ImagePolicy) { p.Labels = map[string]string{"a": "b"} }, true},
		{"sleeps on when a candidate waits", "nothing of it is wanted in Git", func(p *v1alpha1.ImagePolicy) { p.Status.Candidate = &v1alpha1.Candidate{Tag: "2.0.0"} }, false},
		{"sleeps on when conditions change", "they are nothing for Git", func(p *v1alpha1.ImagePolicy) { p.Status.Conditions = []metav1.Condition{{Type: "Ready"}} }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			before, after := chosen("web", "1.1.0"), chosen("web", "1.1.0")
			tc.edit(after)
			if got := choiceChanged().Update(event.UpdateEvent{ObjectOld: before, ObjectNew: after}); got != tc.want {
				t.Errorf("%s: woken %v, want %v", tc.why, got, tc.want)
			}
		})
	}
}

func TestAutomationsOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for name, selector := range map[string]*metav1.LabelSelector{
		"matching": {MatchLabels: map[string]string{"app": "web"}},
		"other":    {MatchLabels: map[string]string{"app": "api"}},
		"broken":   {MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "a", Operator: "Odd"}}},
	} {
		obj := &v1alpha1.UpdateAutomation{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}}
		obj.Spec.PolicySelector = selector
		if err := w.api.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := &v1alpha1.UpdateAutomation{ObjectMeta: metav1.ObjectMeta{Namespace: "other", Name: "fleet"}}
	if err := w.api.Create(t.Context(), elsewhere); err != nil {
		t.Fatal(err)
	}
	pol := chosen("web", "1.0.0")
	pol.Labels = map[string]string{"app": "web"}
	var woken []string
	for _, request := range w.automationsOf(t.Context(), pol) {
		woken = append(woken, request.String())
	}
	slices.Sort(woken)
	if want := []string{"shop/fleet", "shop/matching"}; !slices.Equal(woken, want) {
		t.Errorf("woken are %q, want %q", woken, want)
	}
}
