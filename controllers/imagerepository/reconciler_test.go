// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/fixture/metrics"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/spec"
	"github.com/fairlead-dev/fairlead/internal/taglist"
	"github.com/fairlead-dev/fairlead/internal/tagstore"
)

// scripted is a registry whose every answer is set by the test, and a reader of no Secrets.
type scripted struct {
	tags  []string
	err   error
	asked int
	lacks error // what reading the Secret comes to
}

func (s *scripted) Tags(context.Context, image.Name, credentials.Access) (taglist.List, error) {
	s.asked++
	return taglist.Of(s.tags...), s.err
}

func (s *scripted) Access(context.Context, spec.Source) (credentials.Access, error) {
	return credentials.Access{}, s.lacks
}

// bench is a reconciler on a scripted registry and a real store.
type bench struct {
	*Reconciler
	registry *scripted
	metrics  *prometheus.Registry
	now      time.Time
	told     []string // whose policies were told of a list
	woken    []string
}

func newBench(tags ...string) *bench {
	b := &bench{registry: &scripted{tags: tags}, metrics: prometheus.NewRegistry(), now: noon}
	b.Reconciler = &Reconciler{Registry: b.registry, Store: tagstore.New("", nil), Secrets: b.registry, Metrics: NewMetrics(b.metrics),
		Clock: func() time.Time { return b.now }, started: noon,
		Scanned: func(name types.NamespacedName) { b.told = append(b.told, name.Name) },
		wake:    func(name types.NamespacedName) { b.woken = append(b.woken, name.Name) }}
	return b
}

func repository(name string) *v1alpha1.ImageRepository {
	return &v1alpha1.ImageRepository{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name, UID: types.UID(name), Generation: 1},
		Spec: v1alpha1.ImageRepositorySpec{Image: "ghcr.io/acme/web", Interval: "10m"}}
}

// run reconciles repo as the shell does: the conditions and the token are brought up to date after it.
func (b *bench) run(t *testing.T, repo *v1alpha1.ImageRepository) (loop.Outcome, error) {
	t.Helper()
	outcome, err := b.Reconcile(t.Context(), repo)
	status := metav1.ConditionTrue
	if err != nil {
		status = metav1.ConditionFalse
	}
	repo.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ReadyCondition, Status: status}}
	repo.Status.ObservedGeneration = repo.Generation
	repo.Status.LastHandledReconcileAt = repo.Annotations[v1alpha1.RequestedAtAnnotation]
	return outcome, err
}

func (b *bench) mustRun(t *testing.T, repo *v1alpha1.ImageRepository) loop.Outcome {
	t.Helper()
	outcome, err := b.run(t, repo)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

func TestReconcile_reportsChangesAndNothingElse(t *testing.T) {
	t.Parallel()
	b, repo := newBench("1.0", "1.1", "1.0.sig"), repository("web")
	outcome := b.mustRun(t, repo)
	first := &v1alpha1.Scan{Revision: taglist.Of("1.0", "1.1").Revision(), TagCount: 2, Time: metav1.NewTime(noon)}
	if diff := cmp.Diff(first, repo.Status.LastScan); diff != "" {
		t.Errorf("the first scan (-want +got):\n%s", diff)
	}
	if outcome.Message != "ghcr.io/acme/web has 2 tags" || len(outcome.Events) != 0 || outcome.Next > 10*time.Minute || outcome.Next < 9*time.Minute {
		t.Errorf("the first scan came to %+v", outcome)
	}

	b.now = b.now.Add(10 * time.Minute)
	if again := b.mustRun(t, repo); b.registry.asked != 2 || again.Message != outcome.Message {
		t.Errorf("%d scans, and %+v", b.registry.asked, again)
	}
	if diff := cmp.Diff(first, repo.Status.LastScan); diff != "" {
		t.Errorf("a scan that found nothing new (-want +got):\n%s", diff)
	}
	if !slices.Equal(b.told, []string{"web", "web"}) {
		t.Errorf("told %q, want once for each scan: a tag may have moved", b.told)
	}

	b.now = b.now.Add(10 * time.Minute)
	b.registry.tags = []string{"1.1", "1.2", "1.1.sig"}
	outcome = b.mustRun(t, repo)
	want := &v1alpha1.Scan{Revision: taglist.Of("1.1", "1.2").Revision(), TagCount: 2, Time: metav1.NewTime(b.now), Added: []string{"1.2"}, Removed: []string{"1.0"}}
	if diff := cmp.Diff(want, repo.Status.LastScan); diff != "" {
		t.Errorf("a scan that found something (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]loop.Event{loop.Note(reason.Succeeded, "Scan", "ghcr.io/acme/web: added 1.2; removed 1.0")}, outcome.Events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestReconcile_namesTenTagsAtMost(t *testing.T) {
	t.Parallel()
	b, repo := newBench("a0"), repository("web")
	b.mustRun(t, repo)
	for i := range 30 {
		b.registry.tags = append(b.registry.tags, fmt.Sprintf("b%02d", i))
	}
	b.now = b.now.Add(time.Hour)
	b.mustRun(t, repo)
	if got := repo.Status.LastScan.Added; len(got) != 10 || got[0] != "b29" {
		t.Errorf("added are %q, want the last ten", got)
	}
}

func TestReconcile_aFailureKeepsTheList(t *testing.T) {
	t.Parallel()
	b, repo := newBench("1.0", "1.1"), repository("web")
	b.mustRun(t, repo)
	before := repo.Status.LastScan.DeepCopy()
	b.registry.err = fault.Retry(reason.ScanFailed, errors.New("503"))
	b.registry.tags = nil
	repo.Annotations = map[string]string{v1alpha1.RequestedAtAnnotation: "now"}
	outcome, err := b.run(t, repo)
	if fault.Of(err).Reason != reason.ScanFailed || outcome.Next == 0 {
		t.Errorf("a scan that failed: %v, next in %v", err, outcome.Next)
	}
	if diff := cmp.Diff(before, repo.Status.LastScan); diff != "" {
		t.Errorf("lastScan (-want +got):\n%s", diff)
	}
	// the list is young and the request is answered; a look that asks nothing would call it well again
	b.now = b.now.Add(time.Second)
	if _, err := b.run(t, repo); err == nil || b.registry.asked != 3 {
		t.Errorf("the next run asked %d times in all and came to %v; want a third scan, and its failure", b.registry.asked, err)
	}
	b.registry.err, b.registry.tags = nil, []string{"1.0", "1.1"}
	b.mustRun(t, repo)
	if b.mustRun(t, repo); b.registry.asked != 4 {
		t.Errorf("asked %d times; want one more until it went well, and then rest", b.registry.asked)
	}
	values := metrics.Values(t, b.metrics)
	if values[`fairlead_repository_scan_duration_seconds{result="success"}`] != 2 || values[`fairlead_repository_scan_duration_seconds{result="failure"}`] != 2 {
		t.Errorf("two scans went well and two failed, and counted are %v", values)
	}
}

func TestReconcile_doesNotBelieveAShrink(t *testing.T) {
	t.Parallel()
	b, repo := newBench("1.0", "1.1"), repository("web")
	b.mustRun(t, repo)
	b.registry.tags = nil
	b.now = b.now.Add(10 * time.Minute)
	_, err := b.run(t, repo)
	if f := fault.Of(err); f == nil || f.Reason != reason.SuspiciousShrink || f.After != 10*time.Minute || repo.Status.LastScan.TagCount != 2 {
		t.Errorf("an empty answer: %+v, %d tags", f, repo.Status.LastScan.TagCount)
	}
	b.now = b.now.Add(10 * time.Minute)
	if b.mustRun(t, repo); repo.Status.LastScan.TagCount != 0 {
		t.Errorf("the second empty answer is not believed: %+v", repo.Status.LastScan)
	}
}

func TestReconcile_anotherImageStartsAfresh(t *testing.T) {
	t.Parallel()
	b, repo := newBench("1.0"), repository("web")
	b.mustRun(t, repo)
	repo.Spec.Image = "ghcr.io/acme/other"
	repo.Generation++
	b.registry.err = fault.Wait(reason.NotFound, errors.New("404"))
	if _, err := b.run(t, repo); err == nil {
		t.Fatal("no error")
	}
	if repo.Status.CanonicalName != "ghcr.io/acme/other" || repo.Status.LastScan != nil {
		t.Errorf("%s is said to have %+v", repo.Status.CanonicalName, repo.Status.LastScan)
	}
	b.registry.err, b.registry.tags = nil, []string{"1.0", "7.0"}
	if outcome := b.mustRun(t, repo); len(outcome.Events) != 0 || len(repo.Status.LastScan.Added) != 0 {
		t.Errorf("the first list of another image is compared with that of the old one: %+v", outcome.Events)
	}
}

func TestReconcile_sharesScans(t *testing.T) {
	t.Parallel()
	b := newBench("1.0")
	web, alias, safe := repository("web"), repository("alias"), repository("safe")
	safe.Spec.Insecure = true // another way of asking, as far as the store is concerned
	b.Secrets = byInsecurity{}
	for _, repo := range []*v1alpha1.ImageRepository{web, alias, safe} {
		b.mustRun(t, repo)
	}
	if b.registry.asked != 2 || len(b.woken) != 0 {
		t.Errorf("%d scans for two ways of asking, and %q woken", b.registry.asked, b.woken)
	}
	b.registry.tags = []string{"1.0", "1.1"}
	b.now, b.told = b.now.Add(10*time.Minute), nil
	b.mustRun(t, web)
	if !slices.Equal(b.woken, []string{"alias"}) {
		t.Errorf("woken are %q, want the one that shares the list", b.woken)
	}
	outcome := b.mustRun(t, alias)
	if b.registry.asked != 3 || !slices.Equal(b.told, []string{"web", "alias"}) || len(b.woken) != 1 {
		t.Errorf("%d scans, told %q, woken %q; want one scan, and each told once", b.registry.asked, b.told, b.woken)
	}
	if diff := cmp.Diff([]string{"1.1"}, alias.Status.LastScan.Added); diff != "" || len(outcome.Events) != 1 {
		t.Errorf("what came is lost on who did not scan: %+v (-want +got):\n%s", outcome.Events, diff)
	}
	b.Forget(types.NamespacedName{Namespace: "shop", Name: "alias"})
	b.now, b.woken = b.now.Add(10*time.Minute), nil
	if b.mustRun(t, web); len(b.woken) != 0 {
		t.Errorf("an object that is gone is woken: %q", b.woken)
	}
	values := metrics.Values(t, b.metrics)
	delete(values, `fairlead_repository_scan_duration_seconds{result="success"}`)
	want := map[string]float64{
		`fairlead_repository_last_scan_timestamp_seconds{name="safe",namespace="shop"}`: float64(noon.Unix()),
		`fairlead_repository_last_scan_timestamp_seconds{name="web",namespace="shop"}`:  float64(b.now.Unix()),
		`fairlead_repository_tags{name="safe",namespace="shop"}`:                        1,
		`fairlead_repository_tags{name="web",namespace="shop"}`:                         2,
	}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Errorf("gauges (-want +got):\n%s", diff)
	}
}

// byInsecurity tells ways of asking apart by insecure alone.
type byInsecurity struct{}

func (byInsecurity) Access(_ context.Context, source spec.Source) (credentials.Access, error) {
	return credentials.Access{Insecure: source.Insecure}, nil
}

func TestReconcile_afterAStartKeepsItsWordUntilItsTurn(t *testing.T) {
	t.Parallel()
	b, repo := newBench("1.0"), repository("web")
	before := b.mustRun(t, repo)
	restarted := newBench("1.0")
	status := repo.Status.DeepCopy()
	wait := turn(noon, 10*time.Minute, "web").Sub(noon)
	if wait == 0 {
		t.Fatal("the test needs an object whose turn is later")
	}
	after := restarted.mustRun(t, repo)
	if restarted.registry.asked != 0 || after.Message != before.Message || after.Next != wait {
		t.Errorf("%d scans, %+v; want none for %v, and the message from before", restarted.registry.asked, after, wait)
	}
	if diff := cmp.Diff(status, &repo.Status); diff != "" {
		t.Errorf("status was written (-want +got):\n%s", diff)
	}
	restarted.now = noon.Add(wait)
	if restarted.mustRun(t, repo); restarted.registry.asked != 1 {
		t.Error("no scan when its turn had come")
	}
}

func TestReconcile_withoutItsSecretAsksNobody(t *testing.T) {
	t.Parallel()
	b, repo := newBench("1.0"), repository("web")
	b.registry.lacks = fault.Retry(reason.SecretNotFound, errors.New("secret regcred does not exist"))
	outcome, err := b.run(t, repo)
	if fault.Of(err).Reason != reason.SecretNotFound || b.registry.asked != 0 || outcome.Next != 10*time.Minute {
		t.Errorf("%v, %d requests, next in %v", err, b.registry.asked, outcome.Next)
	}
}

func TestReconcile_anInvalidObjectStalls(t *testing.T) {
	t.Parallel()
	b, repo := newBench("1.0"), repository("web")
	repo.Spec.Image = "ghcr.io/acme/web:1.0"
	outcome, err := b.run(t, repo)
	if f := fault.Of(err); f == nil || f.Class != fault.Stalled || f.Reason != reason.InvalidImage || outcome.Next != 0 {
		t.Errorf("%v, next in %v", err, outcome.Next)
	}
}
