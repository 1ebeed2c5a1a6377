// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/fixture/metrics"
)

func key(name string) types.NamespacedName {
	return types.NamespacedName{Namespace: "shop", Name: name}
}

type automation = v1alpha1.UpdateAutomation

// inner is a reconciler made of a function.
type inner func(ctx context.Context, obj *automation) (Outcome, error)

func (f inner) Reconcile(ctx context.Context, obj *automation) (Outcome, error) { return f(ctx, obj) }

// told collects events.
type told []string

func (r *told) Eventf(_, _ runtime.Object, kind, why, _, note string, args ...any) {
	*r = append(*r, kind+" "+why+": "+fmt.Sprintf(note, args...))
}

// world is an API server with one object, and a shell before it.
type world struct {
	shell  Shell[*automation]
	client client.WithWatch
	events told
	writes int
	shown  *prometheus.Registry
}

func newWorld(t *testing.T, work inner, edit func(*automation)) *world {
	t.Helper()
	obj := &automation{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", Generation: 3}}
	edit(obj)
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	w := &world{shown: prometheus.NewRegistry()}
	w.client = interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme).WithObjects(obj).WithStatusSubresource(obj).Build(), interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, name string, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
			w.writes++
			return c.SubResource(name).Patch(ctx, obj, patch, opts...)
		},
	})
	w.shell = Shell[*automation]{Kind: "UpdateAutomation", New: func() *automation { return &automation{} }, Client: w.client, Live: w.client,
		Inner: work, Recorder: &w.events, Metrics: NewMetrics(w.shown), Clock: func() time.Time { return noon }}
	return w
}

func (w *world) run(t *testing.T) (ctrl.Result, *automation) {
	t.Helper()
	result, err := w.shell.Reconcile(t.Context(), ctrl.Request{NamespacedName: key("web")})
	if err != nil {
		t.Fatal(err)
	}
	obj := &automation{}
	if err := w.client.Get(t.Context(), key("web"), obj); err != nil {
		t.Fatal(err)
	}
	return result, obj
}

func TestShell_writesOnceAndThenRests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ context.Context, obj *automation) (Outcome, error) {
		obj.Status.ObservedCommit = "c1"
		return Outcome{Next: time.Minute, Message: "all is well"}, nil
	}, func(obj *automation) {
		obj.Annotations = map[string]string{v1alpha1.RequestedAtAnnotation: "now"}
	})
	for range 3 {
		result, obj := w.run(t)
		if result.RequeueAfter != time.Minute || obj.Status.ObservedCommit != "c1" || obj.Status.ObservedGeneration != 3 || obj.Status.LastHandledReconcileAt != "now" {
			t.Errorf("result %v, status %+v", result, obj.Status)
		}
	}
	if w.writes != 1 {
		t.Errorf("three runs wrote %d times, want once", w.writes)
	}
	if diff := cmp.Diff(told{"Normal Succeeded: all is well"}, w.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestShell_reportsWhatHappenedAlsoWhenTheRestFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(_ context.Context, obj *automation) (Outcome, error) {
		obj.Status.ObservedCommit = "c2"
		return Outcome{}, fault.RetryAfter(reason.RateLimited, time.Hour, errors.New("429"))
	}, func(*automation) {})
	result, obj := w.run(t)
	if result.RequeueAfter != time.Hour || obj.Status.ObservedCommit != "c2" {
		t.Errorf("result %v, commit %q; want the hour that was asked for, and c2", result, obj.Status.ObservedCommit)
	}
	if diff := cmp.Diff([]string{"Ready=False RateLimited: 429", "Reconciling=True ProgressingWithRetry: 429"}, brief(obj.Status.Conditions)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestShell_leavesASuspendedObjectAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(context.Context, *automation) (Outcome, error) {
		t.Error("a suspended object was reconciled")
		return Outcome{}, nil
	}, func(obj *automation) { obj.Spec.Suspend = true })
	result, obj := w.run(t)
	if result.RequeueAfter != 0 || obj.Status.ObservedGeneration != 3 {
		t.Errorf("result %v, observed %d; want rest, and the present generation", result, obj.Status.ObservedGeneration)
	}
	if diff := cmp.Diff([]string{"Ready=True Suspended: spec.suspend is true"}, brief(obj.Status.Conditions)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestShell_survivesAPanic(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(context.Context, *automation) (Outcome, error) { panic("canary") }, func(*automation) {})
	result, obj := w.run(t)
	if result.RequeueAfter == 0 {
		t.Error("the object is never looked at again")
	}
	if diff := cmp.Diff("Ready=False InternalError: a defect in Fairlead stopped this run; its log has the details", brief(obj.Status.Conditions)[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	intent := func(obj *automation) { obj.Status.PendingPush = &v1alpha1.PendingPush{UpdateID: "u", Commit: "c"} }

	t.Run("stores the intent, and the end of the run clears it", func(t *testing.T) {
		t.Parallel()
		var w *world
		w = newWorld(t, func(ctx context.Context, obj *automation) (Outcome, error) {
			intent(obj)
			if err := Record(ctx, obj); err != nil {
				return Outcome{}, err
			}
			stored := &automation{}
			if err := w.client.Get(ctx, key("web"), stored); err != nil || stored.Status.PendingPush == nil {
				t.Errorf("the intent is not stored (%v)", err)
			}
			obj.Status.PendingPush, obj.Status.ObservedCommit = nil, "c"
			return Outcome{}, nil
		}, func(*automation) {})
		_, obj := w.run(t)
		if obj.Status.PendingPush != nil || obj.Status.ObservedCommit != "c" {
			t.Errorf("status %+v, want the commit and no intent", obj.Status)
		}
	})

	t.Run("refuses when the object changed since the run began", func(t *testing.T) {
		t.Parallel()
		var w *world
		w = newWorld(t, func(ctx context.Context, obj *automation) (Outcome, error) {
			other := obj.DeepCopy()
			other.Spec.Suspend = true
			if err := w.client.Update(ctx, other); err != nil {
				t.Error(err)
			}
			intent(obj)
			err := Record(ctx, obj)
			if !apierrors.IsConflict(err) || fault.Of(err).Class != fault.Transient {
				t.Errorf("error %v, want a transient conflict", err)
			}
			obj.Status.PendingPush = nil
			return Outcome{}, err
		}, func(*automation) {})
		if _, obj := w.run(t); obj.Status.PendingPush != nil {
			t.Error("an intent was stored against another version of the object")
		}
	})

	t.Run("works within a run only", func(t *testing.T) {
		t.Parallel()
		if err := Record(t.Context(), &automation{}); err == nil {
			t.Error("recorded outside of a run")
		}
	})
}

func TestShell_doesNotDecideOnAStatusOlderThanItsOwn(t *testing.T) {
	t.Parallel()
	runs := 0
	w := newWorld(t, func(_ context.Context, obj *automation) (Outcome, error) {
		runs++
		if runs == 2 && obj.Status.ObservedCommit != "c1" {
			t.Errorf("the second run saw commit %q of a cache that is behind, want c1", obj.Status.ObservedCommit)
		}
		obj.Status.ObservedCommit = "c1"
		return Outcome{}, nil
	}, func(*automation) {})
	stale := &automation{}
	if err := w.client.Get(t.Context(), key("web"), stale); err != nil {
		t.Fatal(err)
	}
	w.run(t)
	w.shell.Client = interceptor.NewClient(w.client, interceptor.Funcs{
		Get: func(_ context.Context, _ client.WithWatch, _ client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
			stale.DeepCopyInto(obj.(*automation))
			return nil
		},
	})
	w.run(t)
	if runs != 2 {
		t.Errorf("%d runs", runs)
	}
}

func TestShell_afterAnIntentDoesNotDecideOnAnOlderStatus(t *testing.T) {
	t.Parallel()
	var w *world
	runs := 0
	w = newWorld(t, func(ctx context.Context, obj *automation) (Outcome, error) {
		runs++
		if runs == 2 {
			if obj.Status.PendingPush == nil {
				t.Error("the intent of the first run is forgotten")
			}
			return Outcome{}, nil
		}
		obj.Status.PendingPush = &v1alpha1.PendingPush{UpdateID: "u"}
		return Outcome{}, Record(ctx, obj)
	}, func(*automation) {})
	stale := &automation{}
	if err := w.client.Get(t.Context(), key("web"), stale); err != nil {
		t.Fatal(err)
	}
	failing := interceptor.NewClient(w.client, interceptor.Funcs{
		Get: func(_ context.Context, _ client.WithWatch, _ client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
			stale.DeepCopyInto(obj.(*automation))
			return nil
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, name string, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
			if w.writes > 0 && runs == 1 {
				return errors.New("the API server is gone")
			}
			return c.SubResource(name).Patch(ctx, obj, patch, opts...)
		},
	})
	w.shell.Client = failing
	if _, err := w.shell.Reconcile(t.Context(), ctrl.Request{NamespacedName: key("web")}); err == nil {
		t.Fatal("the status at the end of the run was written")
	}
	w.run(t)
	if runs != 2 {
		t.Errorf("%d runs", runs)
	}
}

func TestShell_countsRunsAndWhatWasTakenOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(context.Context, *automation) (Outcome, error) {
		return Outcome{Events: []Event{Warning(reason.ManualChange, "Hold", "see https://ann:canary@h.io/x")}}, errors.New("reading https://h.io/x?token=canary")
	}, func(*automation) {})
	_, obj := w.run(t)
	got := metrics.Values(t, w.shown)
	want := map[string]float64{
		`fairlead_reconcile_duration_seconds{kind="UpdateAutomation",result="transient"}`: 1,
		`fairlead_redactions_total{sink="condition"}`:                                     1,
		`fairlead_redactions_total{sink="event"}`:                                         1,
		`fairlead_redactions_total{sink="log"}`:                                           1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	if shown := fmt.Sprint(obj.Status, w.events); strings.Contains(shown, "canary") {
		t.Errorf("a secret shows: %s", shown)
	}
}
