// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// A Recorder tells events to the API server.
type Recorder interface {
	Eventf(regarding, related runtime.Object, eventType, reason, action, note string, args ...any)
}

// A Shell runs a Reconciler for the objects of one kind. Its exported fields are set once, before use.
type Shell[T Object] struct {
	Kind     string        // for metrics and logs: "ImageRepository"
	New      func() T      // makes an empty object
	Client   client.Client // reads from the cache, writes to the API server
	Live     client.Reader // reads from the API server
	Inner    Reconciler[T]
	Recorder Recorder
	Metrics  *Metrics
	Clock    func() time.Time
	// Forget is told that an object is gone; nil: nobody wants to know.
	Forget func(types.NamespacedName)

	retries retries
	written versions
}

// Reconcile handles one request: see the package's doc. It returns an error only where the API server could not be
// asked or told; what goes wrong with the object's own work is in the object's conditions.
func (s *Shell[T]) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	obj, err := s.fetch(ctx, req.NamespacedName)
	switch {
	case apierrors.IsNotFound(err):
		s.forget(req.NamespacedName)
		return ctrl.Result{}, nil
	case err != nil:
		return ctrl.Result{}, fmt.Errorf("reading %s %s: %w", s.Kind, req.NamespacedName, err)
	case !obj.GetDeletionTimestamp().IsZero():
		return ctrl.Result{}, nil
	}
	before := obj.DeepCopyObject().(T) //nolint:forcetypeassert // a copy has the type of the original
	current := &run{writer: s.Client.Status(), stored: before, wrote: func(version string) { s.written.set(req.NamespacedName, version) }}

	outcome, f := s.work(context.WithValue(ctx, runKey{}, current), obj)
	s.conclude(obj, before, outcome, f)
	if err := s.save(ctx, current, obj); err != nil {
		return ctrl.Result{}, err
	}
	s.tell(ctx, obj, before, outcome, f)
	return ctrl.Result{RequeueAfter: s.next(req.NamespacedName, before, outcome, f)}, nil
}

// fetch reads the object from the cache, or from the API server when the cache is behind our own last write: to
// decide on a status older than the one we wrote would be to forget what we did.
func (s *Shell[T]) fetch(ctx context.Context, name types.NamespacedName) (T, error) {
	obj := s.New()
	if err := s.Client.Get(ctx, name, obj); err != nil {
		return obj, err
	}
	if !s.written.newerThan(name, obj.GetResourceVersion()) {
		return obj, nil
	}
	obj = s.New()
	return obj, s.Live.Get(ctx, name, obj)
}

// work runs the reconciler, unless obj is suspended, and catches its panics: one object must not stop the others.
func (s *Shell[T]) work(ctx context.Context, obj T) (outcome Outcome, f *fault.Error) {
	if obj.Suspended() {
		return Outcome{}, nil
	}
	start := s.Clock()
	defer func() {
		if p := recover(); p != nil {
			log.FromContext(ctx).Error(nil, "recovered from a panic", "panic", s.Metrics.shown(logSink, fmt.Sprint(p)), "stack", string(debug.Stack()))
			f = fault.Of(fault.Retry(reason.InternalError, errors.New("a defect in Fairlead stopped this run; its log has the details")))
		}
		s.Metrics.observe(s.Kind, f, s.Clock().Sub(start))
	}()
	outcome, err := s.Inner.Reconcile(ctx, obj)
	return outcome, fault.Of(err)
}

// conclude fills in the part of the status that every kind has.
func (s *Shell[T]) conclude(obj, before T, outcome Outcome, f *fault.Error) {
	status, generation, now := obj.Reconciled(), before.GetGeneration(), s.Clock()
	status.ObservedGeneration = generation
	if before.Suspended() {
		status.Conditions = suspendedConditions(before.Reconciled().Conditions, generation, now)
		return
	}
	status.Conditions = conditions(before.Reconciled().Conditions, generation, now, outcome, f)
	s.Metrics.shown(conditionSink, messageOf(outcome, f))
	status.LastHandledReconcileAt = requestToken(before)
}

// save writes the status, if it differs from what the API server holds.
func (s *Shell[T]) save(ctx context.Context, current *run, obj T) error {
	if equality.Semantic.DeepEqual(current.stored, client.Object(obj)) {
		return nil
	}
	name := client.ObjectKeyFromObject(obj)
	err := current.patch(ctx, obj, client.MergeFrom(current.stored))
	switch {
	case apierrors.IsNotFound(err): // deleted meanwhile: nobody to tell
		return nil
	case err != nil:
		return fmt.Errorf("writing the status of %s %s: %w", s.Kind, name, err)
	}
	return nil
}

// tell sends the events of a run.
func (s *Shell[T]) tell(ctx context.Context, obj, before T, outcome Outcome, f *fault.Error) {
	events := append(outcome.Events, transition(before.Reconciled().Conditions, obj.Reconciled().Conditions, outcome.Events)...)
	for _, event := range gather(events) {
		text := s.Metrics.shown(eventSink, event.Message)
		log.FromContext(ctx).Info("told", "event", text, "reason", event.Reason)
		s.Recorder.Eventf(obj, nil, event.Type, string(event.Reason), event.Action, "%s", text)
	}
	if f != nil {
		log.FromContext(ctx).V(1).Info("run ended with a fault", "reason", f.Reason, "fault", s.Metrics.shown(logSink, f.Error()))
	}
}

// next tells when to look at the object again.
func (s *Shell[T]) next(name types.NamespacedName, before T, outcome Outcome, f *fault.Error) time.Duration {
	if f == nil || f.Class != fault.Transient {
		s.retries.forget(name)
		return outcome.Next
	}
	cause := fmt.Sprint(before.GetGeneration(), requestToken(before))
	return max(f.After, s.retries.next(name, cause, outcome.Next))
}

func (s *Shell[T]) forget(name types.NamespacedName) {
	s.retries.forget(name)
	s.written.forget(name)
	if s.Forget != nil {
		s.Forget(name)
	}
}

// requestToken returns the token of the annotation that asks for a reconcile.
func requestToken(obj Object) string { return obj.GetAnnotations()[v1alpha1.RequestedAtAnnotation] }
