// SPDX-License-Identifier: Apache-2.0

package imagepolicy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/fixture/metrics"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/loop"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/spec"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// A scripted registry answers as the test says, and writes down what it was asked. In it a tag points at the digest of
// its name, unless moved says otherwise.
type scripted struct {
	asked []string
	moved map[string]image.Digest
	err   error // of every answer
	lacks error // of reading the Secret
	list  taglist.Scan
	none  bool // no list is kept
}

func digestOf(text string) image.Digest { return image.DigestOf([]byte(text)) }

func (s *scripted) Digest(_ context.Context, name image.Name, tag string, known image.Digest, _ credentials.Access) (image.Digest, error) {
	s.asked = append(s.asked, fmt.Sprintf("digest %s:%s known %s", name.Repository, tag, known.Short()))
	if s.err != nil {
		return "", s.err
	}
	if digest, ok := s.moved[tag]; ok {
		return digest, nil
	}
	return digestOf(tag), nil
}

func (s *scripted) Exists(_ context.Context, _ image.Name, digest image.Digest, _ credentials.Access) (bool, error) {
	s.asked = append(s.asked, "exists "+digest.Short())
	return s.err == nil, s.err
}

func (s *scripted) Describe(_ context.Context, _ image.Name, digest image.Digest, _ []string, _ credentials.Access) (policy.ImageFact, error) {
	s.asked = append(s.asked, "describe "+digest.Short())
	return policy.ImageFact{Described: s.err == nil, Platforms: []string{"linux/amd64"}}, s.err
}

func (s *scripted) Access(context.Context, spec.Source) (credentials.Access, error) {
	s.asked = append(s.asked, "secret")
	return credentials.Access{}, s.lacks
}

func (s *scripted) Last(string) (taglist.Scan, bool) { return s.list, !s.none }

// A bench is a policy shop/web, its repository with some tags, and the controller.
type bench struct {
	*Reconciler
	registry *scripted
	metrics  *prometheus.Registry
	repo     *v1alpha1.ImageRepository
	pol      *v1alpha1.ImagePolicy
	now      time.Time
}

func newBench(tags ...string) *bench {
	b := &bench{registry: &scripted{moved: map[string]image.Digest{}}, metrics: prometheus.NewRegistry(), repo: repositoryIn("shop", nil), now: noon}
	b.list(tags...)
	b.pol = &v1alpha1.ImagePolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", Generation: 1}}
	b.pol.Spec.ImageRepositoryRef.Name = "web"
	b.pol.Spec.Policy.Semver = &v1alpha1.SemverPolicy{Range: ">=1.0.0"}
	b.Reconciler = &Reconciler{Registry: b.registry, Store: b.registry, Secrets: b.registry, Clock: func() time.Time { return b.now },
		Metrics: NewMetrics(b.metrics), SameNamespaceOnly: true}
	return b
}

func (b *bench) list(tags ...string) {
	b.registry.list = taglist.Scan{List: taglist.Of(tags...), At: b.now}
}

// run reconciles the policy with the repository as it is now.
func (b *bench) run(t testing.TB) (loop.Outcome, error) {
	t.Helper()
	b.Client = clientWith(t, b.repo.DeepCopy())
	b.registry.asked = nil
	return b.Reconcile(t.Context(), b.pol)
}

func (b *bench) mustRun(t testing.TB) loop.Outcome {
	t.Helper()
	outcome, err := b.run(t)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// asked is what the last run asked, but for the Secret.
func (b *bench) asked() []string {
	return slices.DeleteFunc(slices.Clone(b.registry.asked), func(s string) bool { return s == "secret" })
}

func TestReconcile_choosesAndThenAsksOneThing(t *testing.T) {
	t.Parallel()
	b := newBench("1.0.0", "1.1.0", "main")
	outcome := b.mustRun(t)
	digest := string(digestOf("1.1.0"))
	at := metav1.NewTime(noon)
	want := v1alpha1.ImagePolicyStatus{
		Latest:           &v1alpha1.ChosenImage{Name: "ghcr.io/acme/web", Tag: "1.1.0", Digest: digest, ShortDigest: digest[7:19], Since: at},
		LatestGeneration: 1,
		History:          []v1alpha1.HistoryEntry{{Tag: "1.1.0", Digest: digest, Since: at, Reason: "Selected"}},
		Selection:        &v1alpha1.Selection{Considered: 3, Rejected: []v1alpha1.RejectedTags{{Reason: "NotSemver", Count: 1, Examples: []string{"main"}}}},
	}
	if diff := cmp.Diff(want, b.pol.Status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	events := []loop.Event{loop.Note(reason.Selected, "Select", "ghcr.io/acme/web is chosen: 1.1.0 ("+digest[7:19]+")")}
	if diff := cmp.Diff(events, outcome.Events); diff != "" || outcome.Reason != reason.Succeeded {
		t.Errorf("%+v (-want +got):\n%s", outcome, diff)
	}
	if got := b.asked(); !slices.Equal(got, []string{"digest acme/web:1.1.0 known "}) {
		t.Errorf("asked %q", got)
	}

	before := b.pol.Status.DeepCopy()
	for range 3 { // the steady state
		b.now = b.now.Add(10 * time.Minute)
		again := b.mustRun(t)
		if got := b.asked(); !slices.Equal(got, []string{"digest acme/web:1.1.0 known " + digest[7:19]}) {
			t.Errorf("a steady evaluation asked %q, want one digest, which is known", got)
		}
		if diff := cmp.Diff(before, &b.pol.Status); diff != "" || len(again.Events) != 0 || again.Message != outcome.Message {
			t.Errorf("a steady evaluation changed something: %+v (-want +got):\n%s", again, diff)
		}
	}

	b.registry.moved["1.1.0"] = digestOf("again")
	moved := b.mustRun(t)
	if want := "ghcr.io/acme/web moves from 1.1.0 (" + digest[7:19] + ") to 1.1.0 (" + digestOf("again").Short() + ")"; len(moved.Events) != 1 || moved.Events[0].Message != want {
		t.Errorf("a re-push: %+v, want %q", moved.Events, want)
	}
}

func TestReconcile_asksNothingForATagAlone(t *testing.T) {
	t.Parallel()
	b := newBench("1.0.0")
	b.pol.Spec.DigestPolicy = v1alpha1.DigestNever
	if b.mustRun(t); len(b.asked()) != 0 || b.pol.Status.Latest.Digest != "" {
		t.Errorf("asked %q for %+v", b.asked(), b.pol.Status.Latest)
	}
}

func TestReconcile_doesNotTakeADigestOfAnotherImageForKnown(t *testing.T) {
	t.Parallel()
	b := newBench("1.0.0")
	b.mustRun(t)
	b.repo.Spec.Image = "ghcr.io/acme/other"
	b.mustRun(t)
	if got := b.asked(); !slices.Equal(got, []string{"digest acme/other:1.0.0 known "}) {
		t.Errorf("asked %q: what another repository holds was never read in this one", got)
	}
	if b.pol.Status.Latest.Name != "ghcr.io/acme/other" || len(b.pol.Status.History) != 1 {
		t.Errorf("another image did not start afresh: %+v", b.pol.Status)
	}
}

// What went wrong, and what it means for a policy that has chosen, and for one that has not.
func TestReconcile_keepsWhatItChose(t *testing.T) {
	t.Parallel()
	down := fault.RetryAfter(reason.RateLimited, time.Minute, errors.New("429 Too Many Requests"))
	for _, tc := range []struct {
		name, why string
		edit      func(*bench)
		quiet     bool // nobody is asked for anything
		ready     bool // with a choice
		reason    reason.Reason
		class     fault.Class
	}{
		{"while the repository is suspended", "suspended means no requests", func(b *bench) { b.repo.Spec.Suspend = true }, true, true, reason.RepositoryNotReady, fault.Waiting},
		{"without a scan", "the store was lost; the repository scans again by itself", func(b *bench) { b.registry.none = true }, false, true, reason.RepositoryNotReady, fault.Waiting},
		{"without the Secret", "the repository says so itself", func(b *bench) {
			b.registry.lacks = fault.Retry(reason.SecretNotFound, errors.New("secret regcred does not exist"))
		}, false, true, reason.RepositoryNotReady, fault.Waiting},
		{"with a repository that is invalid", "the repository says so itself", func(b *bench) { b.repo.Spec.Image = "::" }, true, true, reason.RepositoryNotReady, fault.Waiting},
		{"with a registry that fails", "doubt means no new choice", func(b *bench) { b.registry.err = down }, false, false, reason.DigestFailed, fault.Transient},
		{"when nothing matches", "a steady state", func(b *bench) { b.list("main", "dev") }, true, false, reason.NoTagsMatch, fault.Waiting},
		{"without any tag", "an empty list is a list", func(b *bench) { b.list() }, true, false, reason.NoTagsMatch, fault.Waiting},
		{"when the repository is gone", "a person removed it", func(b *bench) { b.pol.Spec.ImageRepositoryRef.Name = "gone" }, true, false, reason.RepositoryNotFound, fault.Stalled},
		{"with a reference elsewhere", "that is closed", func(b *bench) { b.pol.Spec.ImageRepositoryRef.Namespace = "other" }, true, false, reason.AccessDenied, fault.Stalled},
		{"with rules that are invalid", "only an edit helps", func(b *bench) { b.pol.Spec.Policy.Semver.Range = "one" }, true, false, reason.InvalidPolicy, fault.Stalled},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, chosen := range []bool{true, false} {
				b := newBench("1.0.0")
				if chosen {
					b.mustRun(t)
				}
				before := b.pol.Status.Latest.DeepCopy()
				tc.edit(b)
				outcome, err := b.run(t)
				if diff := cmp.Diff(before, b.pol.Status.Latest); diff != "" {
					t.Errorf("%s: latest (-want +got):\n%s", tc.why, diff)
				}
				if tc.quiet && len(b.asked()) != 0 {
					t.Errorf("%s: asked %q", tc.why, b.asked())
				}
				if chosen && tc.ready {
					want := "1.0.0 (" + digestOf("1.0.0").Short() + ") is kept; the ImageRepository shop/web is not ready: "
					if err != nil || !strings.HasPrefix(outcome.Message, want) {
						t.Errorf("%s: %v, %q; want ready, with %q", tc.why, err, outcome.Message, want)
					}
					continue
				}
				if f := fault.Of(err); f == nil || f.Reason != tc.reason || f.Class != tc.class {
					t.Errorf("%s: %+v, want %s", tc.why, f, tc.reason)
				}
			}
		})
	}
}

func TestReconcile_waitsAsLongAsTheRegistryAsks(t *testing.T) {
	t.Parallel()
	b := newBench("1.0.0")
	b.registry.err = fault.RetryAfter(reason.RateLimited, time.Minute, errors.New("429 Too Many Requests"))
	if _, err := b.run(t); fault.Of(err).After != time.Minute || !strings.Contains(err.Error(), "resolving tag 1.0.0 of ghcr.io/acme/web: 429 Too Many Requests") {
		t.Errorf("%v, after %v", err, fault.Of(err).After)
	}
}

func TestReconcile_doesNotGoDown(t *testing.T) {
	t.Parallel()
	b := newBench("1.0.0", "1.1.0")
	b.mustRun(t)
	b.list("1.0.0")
	_, err := b.run(t)
	if f := fault.Of(err); f == nil || f.Reason != reason.DowngradeHeld || f.Class != fault.Waiting || b.pol.Status.Latest.Tag != "1.1.0" {
		t.Errorf("%+v, latest %s", f, b.pol.Status.Latest.Tag)
	}
}

func TestReconcile_aStatusThatCannotBeReadIsNotHalfAMemory(t *testing.T) {
	t.Parallel()
	b := newBench("1.0.0")
	b.pol.Status.Latest = &v1alpha1.ChosenImage{Name: "::", Tag: "9.0.0"}
	if _, err := b.run(t); fault.Of(err).Reason != reason.InvalidPolicy || b.pol.Status.Latest.Tag != "9.0.0" || len(b.registry.asked) != 0 {
		t.Errorf("%v, latest %+v", err, b.pol.Status.Latest)
	}
}

func TestReconcile_saysWhatWaitsAndUntilWhen(t *testing.T) {
	t.Parallel()
	b := newBench("1.0.0")
	b.mustRun(t)
	b.pol.Spec.MinAge = "72h"
	b.list("1.0.0", "1.1.0")
	outcome := b.mustRun(t)
	first, eligible := metav1.NewTime(noon), metav1.NewTime(noon.Add(72*time.Hour))
	want := &v1alpha1.Candidate{Tag: "1.1.0", Digest: string(digestOf("1.1.0")), FirstSeen: &first, EligibleAt: &eligible, Reason: "MinAge"}
	if diff := cmp.Diff(want, b.pol.Status.Candidate); diff != "" || outcome.Next != 72*time.Hour {
		t.Errorf("next in %v, candidate (-want +got):\n%s", outcome.Next, diff)
	}
	b.now = noon.Add(71*time.Hour + 500*time.Millisecond)
	if outcome = b.mustRun(t); outcome.Next < time.Second || outcome.Next > time.Hour {
		t.Errorf("next in %v", outcome.Next)
	}
	got := metrics.Values(t, b.metrics)
	if wait := got[`fairlead_policy_candidate_wait_seconds{name="web",namespace="shop",reason="MinAge"}`]; wait != 255600.5 {
		t.Errorf("the candidate has waited %v seconds, want 71 h and half a second", wait)
	}
	b.now = noon.Add(72 * time.Hour)
	b.mustRun(t)
	if b.pol.Status.Latest.Tag != "1.1.0" || b.pol.Status.Candidate != nil || len(b.pol.Status.Observed) != 0 {
		t.Errorf("after its time: %+v", b.pol.Status)
	}
	if got := metrics.Values(t, b.metrics); len(got) != 0 {
		t.Errorf("metrics of what no longer waits: %v", got)
	}
}

func TestReconcile_countsWhatLost(t *testing.T) {
	t.Parallel()
	b := newBench("1.0.0", "main", "dev", "0.1.0")
	b.mustRun(t)
	want := map[string]float64{
		`fairlead_policy_rejected_tags{name="web",namespace="shop",reason="NotSemver"}`:  2,
		`fairlead_policy_rejected_tags{name="web",namespace="shop",reason="OutOfRange"}`: 1,
	}
	if diff := cmp.Diff(want, metrics.Values(t, b.metrics)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b.Forget(nameOf(b.pol))
	if got := metrics.Values(t, b.metrics); len(got) != 0 {
		t.Errorf("left of a policy that is gone: %v", got)
	}
}

// What report writes, spec.State reads: to the second, which is what the API server keeps.
func TestReport_isReadBack(t *testing.T) {
	t.Parallel()
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		return noon.Add(time.Duration(rapid.IntRange(0, 1e6).Draw(t, "seconds")) * time.Second)
	})
	tag := rapid.StringMatching(`[A-Za-z0-9_][A-Za-z0-9._-]{0,20}`)
	digest := rapid.Custom(func(t *rapid.T) image.Digest {
		if rapid.Bool().Draw(t, "none") {
			return ""
		}
		return digestOf(rapid.String().Draw(t, "content"))
	})
	why := rapid.SampledFrom([]reason.Reason{reason.Selected, reason.Pinned, reason.Rejected})
	rapid.Check(t, func(t *rapid.T) {
		state := policy.State{Latest: policy.Choice{Name: image.Name{Registry: "ghcr.io", Repository: "acme/web"}, Tag: tag.Draw(t, "tag"), Digest: digest.Draw(t, "digest"), Since: moment.Draw(t, "since")}}
		for range rapid.IntRange(0, 3).Draw(t, "entries") {
			state.History = append(state.History, policy.Entry{Tag: tag.Draw(t, "was"), Digest: digest.Draw(t, "was digest"), Since: moment.Draw(t, "was since"), Reason: why.Draw(t, "why")})
			state.Observed = append(state.Observed, policy.Sighting{Tag: tag.Draw(t, "seen"), Digest: digest.Draw(t, "seen digest"), FirstSeen: moment.Draw(t, "seen at")})
		}
		switch rapid.IntRange(0, 2).Draw(t, "candidate") {
		case 1:
			state.Candidate = &policy.Candidate{Tag: "2", Digest: digest.Draw(t, "waits"), FirstSeen: moment.Draw(t, "first"), EligibleAt: moment.Draw(t, "eligible"), Reason: reason.MinAge}
		case 2:
			state.Candidate = &policy.Candidate{Tag: "2", Reason: reason.Pinned}
		}
		if rapid.Bool().Draw(t, "another image is watched") {
			state.ObservedName = image.Name{Registry: "ghcr.io", Repository: "acme/other"}
		}
		pol := &v1alpha1.ImagePolicy{}
		if _, err := report(pol, policy.Decision{State: state, Settled: true, Reason: reason.Selected}, noon); err != nil {
			t.Fatal(err)
		}
		got, err := spec.State(pol.Status)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(state, got); diff != "" {
			t.Fatalf("written and read (-want +got):\n%s", diff)
		}
	})
}

func TestReport_namesNothingThatCannotBeNamed(t *testing.T) {
	t.Parallel()
	lost := policy.Lost{Reason: reason.NotMatched, Count: 3, Examples: []string{"a b", strings.Repeat("x", 129), "ok"}}
	pol := &v1alpha1.ImagePolicy{}
	_, err := report(pol, policy.Decision{Reason: reason.NoTagsMatch, Message: "no tag matches", Selection: policy.Selection{Considered: 3, Rejected: []policy.Lost{lost}}}, noon)
	if fault.Of(err).Class != fault.Waiting || err.Error() != "no tag matches" {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff([]string{"ok"}, pol.Status.Selection.Rejected[0].Examples); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
}
