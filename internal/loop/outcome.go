// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// An Object is of one of our kinds.
type Object interface {
	client.Object
	// Reconciled returns the part of the status that every kind has.
	Reconciled() *v1alpha1.ReconcileStatus
	// Suspended tells whether spec.suspend is set.
	Suspended() bool
}

// An Outcome is what a run came to.
type Outcome struct {
	// Next is when to look again; zero: only when something changes.
	Next time.Duration
	// Reason of Ready=True; empty: Succeeded. A fault brings its own.
	Reason reason.Reason
	// Message of Ready=True: one sentence, stable while the state is.
	Message string
	// Events tell what changed in the world.
	Events []Event
}

// An Event is something that happened once, for people who watch.
type Event struct {
	Type    string // corev1.EventTypeNormal or corev1.EventTypeWarning
	Reason  reason.Reason
	Action  string // what was being done, in one word: "Scan", "Select", "Push"
	Message string
}

// Note returns an event that tells of something as it should be.
func Note(why reason.Reason, action, message string) Event {
	return Event{Type: corev1.EventTypeNormal, Reason: why, Action: action, Message: message}
}

// Warning returns an event that somebody should look at.
func Warning(why reason.Reason, action, message string) Event {
	return Event{Type: corev1.EventTypeWarning, Reason: why, Action: action, Message: message}
}

// A Reconciler does what is particular to one kind.
type Reconciler[T Object] interface {
	// Reconcile looks at obj, decides, acts, and fills in the fields of its status but for those of ReconcileStatus.
	// It owns obj during the call. What happened is in the status and the Outcome also when err is not nil; err is
	// classified by package fault. Calls for one object never overlap.
	Reconcile(ctx context.Context, obj T) (Outcome, error)
}
