// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// scheme knows our kinds.
func scheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	return s
}

// A world is a Git server, an API server with one automation, and the controller between them: the real shell, with a
// clock that the test moves.
type world struct {
	*Reconciler
	t       *testing.T
	git     *repo
	api     client.WithWatch
	metrics *prometheus.Registry
	now     time.Time
	events  []string
	logins  []credentials.Git // what reading the Secret gives, in turn; the last one stays
	pauses  int
	patched func(obj *v1alpha1.UpdateAutomation) error // before each status is stored
	shell   *loop.Shell[*v1alpha1.UpdateAutomation]
}

// web is a file with one place of the policy shop/web.
func web(tag string) string {
	return fmt.Sprintf("image: ghcr.io/acme/web:%s # {\"$imagepolicy\": \"shop:web\"}\n", tag)
}

// chosen is the policy shop/web or another, which chose a tag at noon, after the tags before it.
func chosen(name string, tags ...string) *v1alpha1.ImagePolicy {
	pol := &v1alpha1.ImagePolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, Generation: 1, UID: types.UID(name)}}
	pol.Spec.Policy.Semver = &v1alpha1.SemverPolicy{Range: ">=0.0.0"}
	pol.Spec.DigestPolicy = v1alpha1.DigestNever
	choose(pol, noon, tags...)
	return pol
}

func choose(pol *v1alpha1.ImagePolicy, at time.Time, tags ...string) {
	since := metav1.NewTime(at)
	if len(tags) > 0 {
		pol.Status.Latest = &v1alpha1.ChosenImage{Name: "ghcr.io/acme/" + pol.Name, Tag: tags[0], Since: since}
	}
	pol.Status.LatestGeneration = pol.Generation
	pol.Status.History = nil
	for _, tag := range tags {
		pol.Status.History = append(pol.Status.History, v1alpha1.HistoryEntry{Tag: tag, Since: since, Reason: "Selected"})
	}
}

// newWorld has the automation shop/fleet for a repository of files, and what else there is.
func newWorld(t *testing.T, files map[string]string, objects ...client.Object) *world {
	t.Helper()
	obj := &v1alpha1.UpdateAutomation{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "fleet", UID: "u", Generation: 1}}
	obj.Spec.Git.URL, obj.Spec.BatchWindow, obj.Spec.Interval = "https://git.example.com/fleet.git", "0s", "5m"
	w := &world{t: t, git: newRepo(files), metrics: prometheus.NewRegistry(), now: noon.Add(time.Minute), logins: make([]credentials.Git, 1)}
	w.api = fake.NewClientBuilder().WithScheme(scheme(t)).WithObjects(append(objects, obj)...).
		WithStatusSubresource(obj, &v1alpha1.ImagePolicy{}).Build()
	clock := func() time.Time { return w.now }
	w.Reconciler = &Reconciler{Client: w.api, Live: w.api, Lanes: w.git, Secrets: w, Memo: site.NewMemo(1 << 20), Cluster: "test", Clock: clock,
		Pause: func(context.Context, int) { w.pauses++ }, Metrics: NewMetrics(w.metrics)}
	stored := interceptor.NewClient(w.api, interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, name string, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
			if w.patched != nil {
				if err := w.patched(obj.(*v1alpha1.UpdateAutomation)); err != nil {
					return err
				}
			}
			return c.SubResource(name).Patch(ctx, obj, patch, opts...)
		},
	})
	w.shell = loop.NewShell(loop.Parts{Client: stored, Live: w.api, Recorder: w, Metrics: loop.NewMetrics(prometheus.NewRegistry()), Clock: clock},
		"UpdateAutomation", func() *v1alpha1.UpdateAutomation { return &v1alpha1.UpdateAutomation{} }, w.Reconciler)
	return w
}

// Git answers with what the Secret holds.
func (w *world) Git(context.Context, string, string) (credentials.Git, error) {
	login := w.logins[0]
	if len(w.logins) > 1 {
		w.logins = w.logins[1:]
	}
	return login, nil
}

// Eventf collects events, but for those of the Ready condition.
func (w *world) Eventf(_, _ runtime.Object, _, why, action, note string, args ...any) {
	if action != "Reconcile" {
		w.events = append(w.events, why+": "+fmt.Sprintf(note, args...))
	}
}

// told returns the events since it was called last.
func (w *world) told() []string {
	events := w.events
	w.events = nil
	return events
}

// run lets the controller look once and returns the automation after it.
func (w *world) run() *v1alpha1.UpdateAutomation {
	w.t.Helper()
	if _, err := w.shell.Reconcile(w.t.Context(), ctrl.Request{NamespacedName: fleet}); err != nil {
		w.t.Fatal(err)
	}
	if w.git.lanes != 0 {
		w.t.Fatalf("%d lanes are not released", w.git.lanes)
	}
	return w.get()
}

var fleet = types.NamespacedName{Namespace: "shop", Name: "fleet"}

var request = ctrl.Request{NamespacedName: fleet}

func (w *world) get() *v1alpha1.UpdateAutomation {
	w.t.Helper()
	obj := &v1alpha1.UpdateAutomation{}
	if err := w.api.Get(w.t.Context(), fleet, obj); err != nil {
		w.t.Fatal(err)
	}
	return obj
}

// edit changes the automation as a person does.
func (w *world) edit(change func(*v1alpha1.UpdateAutomation)) {
	w.t.Helper()
	obj := w.get()
	change(obj)
	if err := w.api.Update(w.t.Context(), obj); err != nil {
		w.t.Fatal(err)
	}
}

// writeStatus replaces the status of the automation.
func (w *world) writeStatus(change func(*v1alpha1.UpdateAutomationStatus)) {
	w.t.Helper()
	obj := w.get()
	change(&obj.Status)
	if err := w.api.Status().Update(w.t.Context(), obj); err != nil {
		w.t.Fatal(err)
	}
}

// choose lets a policy choose tags[0], with the others as its history.
func (w *world) choose(name string, tags ...string) {
	w.t.Helper()
	pol := &v1alpha1.ImagePolicy{}
	if err := w.api.Get(w.t.Context(), types.NamespacedName{Namespace: "shop", Name: name}, pol); err != nil {
		w.t.Fatal(err)
	}
	choose(pol, w.now, tags...)
	if err := w.api.Status().Update(w.t.Context(), pol); err != nil {
		w.t.Fatal(err)
	}
}

// ready is the Ready condition on one line.
func ready(obj *v1alpha1.UpdateAutomation) string {
	for _, c := range obj.Status.Conditions {
		if c.Type == v1alpha1.ReadyCondition {
			return fmt.Sprintf("%s %s: %s", c.Status, c.Reason, c.Message)
		}
	}
	return ""
}

// holds lists what is held: "web:1.1.0 by Ann".
func holds(obj *v1alpha1.UpdateAutomation) string {
	var all []string
	for _, h := range obj.Status.Held {
		all = append(all, strings.TrimPrefix(h.Policy, "shop/")+":"+h.Tag+" by "+h.By)
	}
	return strings.Join(all, ", ")
}
