// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// gather makes one event of those that differ in nothing but their message, in the order of the first. The recorder
// of Kubernetes takes such events of one run for repetitions of the first, counts them, and drops what the others say.
func gather(events []Event) []Event {
	var all []Event
	for _, event := range events {
		i := slices.IndexFunc(all, func(e Event) bool {
			return e.Type == event.Type && e.Reason == event.Reason && e.Action == event.Action
		})
		switch {
		case i < 0:
			all = append(all, event)
		case all[i].Message != event.Message:
			all[i].Message += "; " + event.Message
		}
	}
	return all
}

// transition returns the event for a change of Ready, if there was one: another status or reason, or another text
// of a failure. What told already tells is not told twice, and a success that has told what it did is not told again.
func transition(before, after []metav1.Condition, told []Event) []Event {
	was, is := find(before, v1alpha1.ReadyCondition), find(after, v1alpha1.ReadyCondition)
	if is == nil {
		return nil
	}
	failed := is.Status == metav1.ConditionFalse
	if was != nil && was.Status == is.Status && was.Reason == is.Reason && (!failed || was.Message == is.Message) {
		return nil
	}
	for _, event := range told {
		if string(event.Reason) == is.Reason && fault.Line(event.Message) == is.Message {
			return nil
		}
	}
	switch {
	case failed && ofOthers(reason.Reason(is.Reason)):
		return []Event{Note(reason.Reason(is.Reason), reconcileAction, is.Message)}
	case !failed && is.Reason == string(reason.Succeeded) && slices.ContainsFunc(told, func(e Event) bool { return e.Type == corev1.EventTypeNormal }):
		return nil // what was told says better what succeeded
	case failed:
		return []Event{Warning(reason.Reason(is.Reason), reconcileAction, is.Message)}
	}
	return []Event{Note(reason.Reason(is.Reason), reconcileAction, is.Message)}
}

// ofOthers tells whether why is the state of another object, whose own events warn if something is wrong with it.
// Objects that are applied together wait for one another at first.
func ofOthers(why reason.Reason) bool {
	return why == reason.RepositoryNotReady || why == reason.PoliciesNotReady
}

const reconcileAction = "Reconcile"
