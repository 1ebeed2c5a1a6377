// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

func TestGather(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		in, want  []Event
	}{
		{"joins what the recorder would take for a repetition", "two images in one commit: the second would not be told",
			[]Event{Note(reason.Succeeded, "Push", "web: 1 → 2"), Note(reason.Succeeded, "Push", "api: 3 → 4")},
			[]Event{Note(reason.Succeeded, "Push", "web: 1 → 2; api: 3 → 4")}},
		{"keeps apart what differs in type, reason or action", "the recorder does too",
			[]Event{Note(reason.Succeeded, "Push", "a"), Note(reason.Succeeded, "Hold", "b"), Note(reason.Selected, "Push", "c"), Warning(reason.Succeeded, "Push", "d")},
			[]Event{Note(reason.Succeeded, "Push", "a"), Note(reason.Succeeded, "Hold", "b"), Note(reason.Selected, "Push", "c"), Warning(reason.Succeeded, "Push", "d")}},
		{"says the same once", "a repetition tells nothing",
			[]Event{Note(reason.Succeeded, "Push", "a"), Note(reason.Succeeded, "Push", "a")},
			[]Event{Note(reason.Succeeded, "Push", "a")}},
		{"keeps the order of the first of each", "events are read in order",
			[]Event{Note(reason.Succeeded, "Push", "a"), Warning(reason.ManualChange, "Hold", "b"), Note(reason.Succeeded, "Push", "c")},
			[]Event{Note(reason.Succeeded, "Push", "a; c"), Warning(reason.ManualChange, "Hold", "b")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			before := make([]Event, len(tc.in))
			copy(before, tc.in)
			if diff := cmp.Diff(tc.want, gather(tc.in)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			if diff := cmp.Diff(before, tc.in); diff != "" {
				t.Errorf("the argument changed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTransition(t *testing.T) {
	t.Parallel()
	ready := func(status metav1.ConditionStatus, why reason.Reason, text string) []metav1.Condition {
		return []metav1.Condition{{Type: v1alpha1.ReadyCondition, Status: status, Reason: string(why), Message: text}}
	}
	for _, tc := range []struct {
		name, why     string
		before, after []metav1.Condition
		told, want    []Event
	}{
		{"tells of the first success", "somebody may wait for it", nil, ready("True", reason.Succeeded, "fine"), nil,
			[]Event{Note(reason.Succeeded, "Reconcile", "fine")}},
		{"lets a success speak for itself", "the commit says it already", nil, ready("True", reason.Succeeded, "fine"), []Event{Note(reason.Succeeded, "Push", "1 → 2")}, nil},
		{"tells of a success beside a warning", "the warning does not say that the failure is over", ready("False", reason.GitFailed, "502"), ready("True", reason.Succeeded, "fine"),
			[]Event{Warning(reason.ManualChange, "Hold", "held")}, []Event{Note(reason.Succeeded, "Reconcile", "fine")}},
		{"tells that a pin begins, whatever was chosen", "the reason is the news", ready("True", reason.Succeeded, "fine"), ready("True", reason.Pinned, "pinned to 1"),
			[]Event{Note(reason.Selected, "Select", "1 → 2")}, []Event{Note(reason.Pinned, "Reconcile", "pinned to 1")}},
		{"warns of a failure", "somebody should look", ready("True", reason.Succeeded, "fine"), ready("False", reason.GitFailed, "502"), nil,
			[]Event{Warning(reason.GitFailed, "Reconcile", "502")}},
		{"warns of another text of a failure", "another cause", ready("False", reason.GitFailed, "502"), ready("False", reason.GitFailed, "503"), nil,
			[]Event{Warning(reason.GitFailed, "Reconcile", "503")}},
		{"is silent while a failure stays the same", "it was told", ready("False", reason.GitFailed, "502"), ready("False", reason.GitFailed, "502"), nil, nil},
		{"does not warn of waiting for another object", "objects applied together wait for one another at first", nil, ready("False", reason.RepositoryNotReady, "no scan"), nil,
			[]Event{Note(reason.RepositoryNotReady, "Reconcile", "no scan")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, transition(tc.before, tc.after, tc.told)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}
