// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// conditions returns the conditions after a run that ended with outcome, or with f. The table is in the package's doc.
func conditions(before []metav1.Condition, generation int64, now time.Time, outcome Outcome, f *fault.Error) []metav1.Condition {
	w := writer{before: before, generation: generation, now: now}
	text := messageOf(outcome, f)
	if f == nil {
		w.set(v1alpha1.ReadyCondition, metav1.ConditionTrue, orElse(outcome.Reason, reason.Succeeded), text)
		return w.after
	}
	why := orElse(f.Reason, reason.InternalError)
	switch f.Class {
	case fault.Transient:
		w.set(v1alpha1.ReconcilingCondition, metav1.ConditionTrue, reason.ProgressingWithRetry, text)
	case fault.Waiting:
		w.set(v1alpha1.ReconcilingCondition, metav1.ConditionTrue, why, text)
	case fault.Stalled:
		w.set(v1alpha1.StalledCondition, metav1.ConditionTrue, why, text)
	}
	w.set(v1alpha1.ReadyCondition, metav1.ConditionFalse, why, text)
	return w.after
}

// messageOf returns what the conditions say of a run.
func messageOf(outcome Outcome, f *fault.Error) string {
	if f == nil {
		return outcome.Message
	}
	return f.Error()
}

// suspendedConditions returns the conditions of an object that is suspended: settled, and as ready as it was.
func suspendedConditions(before []metav1.Condition, generation int64, now time.Time) []metav1.Condition {
	w := writer{before: before, generation: generation, now: now}
	ready := find(before, v1alpha1.ReadyCondition)
	if ready == nil || ready.Status == metav1.ConditionTrue {
		w.set(v1alpha1.ReadyCondition, metav1.ConditionTrue, reason.Suspended, suspendedText)
		return w.after
	}
	text := ready.Message
	if ready.Reason != string(reason.Suspended) {
		text = fmt.Sprintf("%s; the last run ended with %s: %s", suspendedText, ready.Reason, ready.Message)
	}
	w.set(v1alpha1.StalledCondition, metav1.ConditionTrue, reason.Suspended, text)
	w.set(v1alpha1.ReadyCondition, metav1.ConditionFalse, reason.Suspended, text)
	return w.after
}

const suspendedText = "spec.suspend is true"

// A writer collects conditions and keeps the time of those whose status did not change.
type writer struct {
	before     []metav1.Condition
	after      []metav1.Condition
	generation int64
	now        time.Time
}

func (w *writer) set(kind string, status metav1.ConditionStatus, why reason.Reason, text string) {
	since := metav1.NewTime(w.now.Truncate(time.Second))
	if old := find(w.before, kind); old != nil && old.Status == status {
		since = old.LastTransitionTime
	}
	w.after = append(w.after, metav1.Condition{Type: kind, Status: status, Reason: string(why),
		Message: fault.Line(text), ObservedGeneration: w.generation, LastTransitionTime: since})
	slices.SortFunc(w.after, func(a, b metav1.Condition) int { return strings.Compare(a.Type, b.Type) })
}

func find(all []metav1.Condition, kind string) *metav1.Condition {
	for i := range all {
		if all[i].Type == kind {
			return &all[i]
		}
	}
	return nil
}

func orElse(why, otherwise reason.Reason) reason.Reason {
	if why == "" {
		return otherwise
	}
	return why
}
