// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/fixture/metrics"
)

func TestReconcile_writesOnceAndThenRests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0", "1.0.0"))
	base := w.git.head
	obj := w.run()
	if got := w.git.file("web.yaml"); got != web("1.1.0") {
		t.Fatalf("Git holds %q", got)
	}
	if got, want := w.git.asked(), "head fetch history build push"; got != want {
		t.Errorf("the first run asked %q, want %q", got, want)
	}
	head := w.git.commits[w.git.head]
	if head.Parents[0] != base || !head.Ours() || head.Trailer(commit.TrailerAutomation) != "test/shop/fleet" || len(head.Trailer(commit.TrailerUpdate)) != 64 {
		t.Errorf("the commit is %+v", head.Meta)
	}
	status := obj.Status
	status.Conditions = nil
	at := metav1.NewTime(w.now)
	want := v1alpha1.UpdateAutomationStatus{
		ReconcileStatus: v1alpha1.ReconcileStatus{ObservedGeneration: 1},
		ObservedCommit:  w.git.head.String(),
		ObservedSource:  &v1alpha1.ObservedSource{URL: "https://git.example.com/fleet.git", Branch: "main", Paths: status.ObservedSource.Paths},
		LastCommit:      &v1alpha1.PushedCommit{SHA: w.git.head.String(), ShortSHA: w.git.head.String()[:12], Branch: "main", Time: at},
		Sites:           &v1alpha1.SiteCounts{Files: 1, Count: 1},
		History: []v1alpha1.Update{{Time: at, Commit: w.git.head.String(), State: "Applied", ChangeCount: 1,
			Changes: []v1alpha1.ImageChange{{Policy: "shop/web", From: "ghcr.io/acme/web:1.0.0", To: "ghcr.io/acme/web:1.1.0", Files: 1}}}},
	}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if got, want := ready(obj), "True Succeeded: 1 place in 1 file on main as wanted"; got != want {
		t.Errorf("Ready is %q, want %q", got, want)
	}
	tells := fmt.Sprintf("Succeeded: ghcr.io/acme/web in 1 file by commit %.12s on main: 1.0.0 → 1.1.0", w.git.head)
	if diff := cmp.Diff([]string{tells}, w.told()); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}

	w.run() // our own commit is examined once
	before := w.get().ResourceVersion
	w.git.asked()
	for range 3 {
		w.now = w.now.Add(5 * time.Minute)
		w.run()
	}
	if got := w.git.asked(); got != "head head head" {
		t.Errorf("three runs at rest asked %q, want the head alone", got)
	}
	if after := w.get().ResourceVersion; after != before || len(w.told()) != 0 {
		t.Errorf("a run at rest wrote status %s → %s", before, after)
	}
}

func TestReconcile_restsAfterOneLookWhenNothingIsToDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.1.0")}, chosen("web", "1.1.0"))
	w.run()
	w.git.asked()
	w.run()
	if got := w.git.asked(); got != "head" {
		t.Errorf("the second run asked %q, want the head alone", got)
	}
	w.git.write("Ann", "elsewhere", map[string]string{"other.yaml": "x\n"})
	w.run()
	if got := w.git.asked(); got != "head fetch" {
		t.Errorf("after somebody's commit a run asked %q", got)
	}
	w.choose("web", "1.2.0", "1.1.0")
	w.run()
	if got := w.git.file("web.yaml"); got != web("1.2.0") {
		t.Errorf("a rested automation overlooked a new choice: %q", got)
	}
}

// crashed leaves the intent of a push to 1.1.0 behind as a controller does that dies between Record and the end, and
// returns it.
func crashed(t *testing.T, w *world) v1alpha1.PendingPush {
	t.Helper()
	w.git.before = func(operation string) error {
		if operation == "push" {
			return errors.New("the process is killed")
		}
		return nil
	}
	obj := w.run()
	w.git.before = nil
	if obj.Status.PendingPush == nil {
		t.Fatal("no intent is stored")
	}
	return *obj.Status.PendingPush
}

func TestReconcile_settlesAnIntendedPush(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		meanwhile func(w *world, intended v1alpha1.PendingPush)
		subjects  []string // on the branch after all
		commits   int      // in history
		sameID    bool     // the commit of the intent is on the branch
	}{
		{"makes the same commit again when nothing happened", "the time of the plan is kept, so that the id is the same",
			func(*world, v1alpha1.PendingPush) {},
			[]string{"Update ghcr.io/acme/web to 1.1.0", "first"}, 1, true},
		{"finds it on the branch", "the answer was lost, and not the push",
			func(w *world, in v1alpha1.PendingPush) { land(w, in) },
			[]string{"Update ghcr.io/acme/web to 1.1.0", "first"}, 1, true},
		{"finds it below somebody's commit", "people go on pushing",
			func(w *world, in v1alpha1.PendingPush) {
				land(w, in)
				w.git.write("Ann", "elsewhere", map[string]string{"other.yaml": "x\n"})
			},
			[]string{"elsewhere", "Update ghcr.io/acme/web to 1.1.0", "first"}, 1, true},
		{"plans again on a new head when it is lost", "the lease refused it, or will",
			func(w *world, _ v1alpha1.PendingPush) {
				w.git.write("Ann", "elsewhere", map[string]string{"other.yaml": "x\n"})
			},
			[]string{"Update ghcr.io/acme/web to 1.1.0", "elsewhere", "first"}, 1, false},
		{"plans again when the history was rewritten", "nobody can tell any more; what counts is what stands there",
			func(w *world, _ v1alpha1.PendingPush) {
				w.git.head = commit.ID{}
				w.git.write("Ann", "rewritten", map[string]string{"web.yaml": web("1.0.0")})
			},
			[]string{"Update ghcr.io/acme/web to 1.1.0", "rewritten"}, 1, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0", "1.0.0"))
			intended := crashed(t, w)
			tc.meanwhile(w, intended)
			w.now = w.now.Add(time.Hour)
			obj := w.run()
			if diff := cmp.Diff(tc.subjects, w.git.log()); diff != "" {
				t.Errorf("%s: the branch (-want +got):\n%s", tc.why, diff)
			}
			_, there := w.git.commits[mustParse(t, intended.Commit)]
			if there != tc.sameID {
				t.Errorf("%s: the intended commit is there: %v", tc.why, there)
			}
			if obj.Status.PendingPush != nil || len(obj.Status.History) != tc.commits || obj.Status.LastCommit == nil {
				t.Errorf("%s: status is %+v", tc.why, obj.Status)
			}
			if changes := obj.Status.History[0].Changes; len(changes) != 1 || changes[0].To != "ghcr.io/acme/web:1.1.0" {
				t.Errorf("the push is reported as %+v", obj.Status.History)
			}
			if told := strings.Join(w.told(), "\n"); strings.Count(told, "1.0.0 → 1.1.0") != 1 {
				t.Errorf("told is\n%s", told)
			}
			if w.run(); len(w.git.log()) != len(tc.subjects) {
				t.Errorf("another run wrote: %v", w.git.log())
			}
		})
	}
}

// land lets the intended commit arrive after all: it is what the lane built.
func land(w *world, intended v1alpha1.PendingPush) {
	id := mustParse(w.t, intended.Commit)
	w.git.commits[id], w.git.head = w.git.built[id], id
}

func mustParse(t *testing.T, text string) commit.ID {
	t.Helper()
	id, err := commit.ParseID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestReconcile_withoutAnIntentNoPush(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0"))
	refused := false
	w.patched = func(obj *v1alpha1.UpdateAutomation) error {
		if obj.Status.PendingPush != nil {
			refused = true
			return apierrors.NewConflict(schema.GroupResource{Resource: "updateautomations"}, "fleet", errors.New("it was changed"))
		}
		return nil
	}
	obj := w.run()
	if !refused || strings.Contains(w.git.asked(), "push") {
		t.Errorf("pushed without an intent, or never tried: %v", refused)
	}
	if obj.Status.PendingPush != nil || !strings.HasPrefix(ready(obj), "False Progressing: recording the intent of a push: ") {
		t.Errorf("Ready is %q, intent %v", ready(obj), obj.Status.PendingPush)
	}
	w.patched = nil
	if w.run(); w.git.file("web.yaml") != web("1.1.0") {
		t.Error("the next run did not write")
	}
}

func TestReconcile_storesWhatItFoundOutWithTheIntent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0"), "api.yaml": strings.ReplaceAll(web("1.0.0"), "web", "api")},
		chosen("web", "1.1.0", "1.0.0"), chosen("api", "1.0.0"))
	w.run()
	w.git.write("Ann", "no", map[string]string{"web.yaml": web("1.0.0")})
	w.choose("api", "2.0.0", "1.0.0")
	var held string
	w.Failpoint = func(step string) {
		if step == stepIntended {
			held = holds(w.get())
		}
	}
	w.run()
	if held != "web:1.1.0 by Ann" {
		t.Errorf("when the intent was stored, held was %q: after a crash here Ann's revert would be forgotten", held)
	}
}

func TestReconcile_looksOnceMoreBeforeThePush(t *testing.T) {
	t.Parallel()
	t.Run("a suspend stops it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0"))
		w.Failpoint = func(step string) {
			if step == stepIntended {
				w.edit(func(obj *v1alpha1.UpdateAutomation) { obj.Spec.Suspend = true })
			}
		}
		obj := w.run()
		if strings.Contains(w.git.asked(), "push") || obj.Status.PendingPush != nil {
			t.Errorf("pushed, or left an intent: %v", obj.Status.PendingPush)
		}
		if got, want := ready(obj), "True Succeeded: 1 place in 1 file on main; the object changed during the run, and nothing was pushed"; got != want {
			t.Errorf("Ready is %q, want %q", got, want)
		}
	})
	t.Run("a deletion stops it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0"))
		w.Failpoint = func(step string) {
			if step == stepIntended {
				if err := w.api.Delete(t.Context(), w.get()); err != nil {
					t.Error(err)
				}
			}
		}
		if _, err := w.shell.Reconcile(t.Context(), request); err != nil || strings.Contains(w.git.asked(), "push") {
			t.Errorf("%v, or pushed", err)
		}
	})
	t.Run("another choice is planned again", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0"))
		w.Failpoint = func(step string) {
			if step == stepIntended {
				w.Failpoint = nil
				w.choose("web", "1.1.1", "1.1.0")
			}
		}
		w.run()
		if diff := cmp.Diff([]string{"Update ghcr.io/acme/web to 1.1.1", "first"}, w.git.log()); diff != "" {
			t.Errorf("the branch (-want +got):\n%s", diff)
		}
		if races := metrics.Values(t, w.metrics)[`fairlead_git_push_races_total{name="fleet",namespace="shop"}`]; races != 0 {
			t.Errorf("%v races are counted, though nobody else pushed", races)
		}
	})
	t.Run("an API server that is gone stops it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0"))
		w.Live = interceptor.NewClient(w.api, interceptor.Funcs{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return errors.New("connection refused")
		}})
		obj := w.run()
		if strings.Contains(w.git.asked(), "push") || obj.Status.PendingPush != nil || !strings.HasPrefix(ready(obj), "False Progressing: reading the automation before the push: ") {
			t.Errorf("pushed, or Ready is %q", ready(obj))
		}
	})
	t.Run("policies that are not watched do not count", func(t *testing.T) {
		t.Parallel()
		mine, theirs := chosen("web", "1.1.0"), chosen("other", "7.0.0")
		mine.Labels = map[string]string{"shard": "a"}
		w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, mine, theirs)
		w.Watched = labels.SelectorFromSet(mine.Labels)
		w.Client = interceptor.NewClient(w.api, interceptor.Funcs{List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			return c.List(ctx, list, append(opts, client.MatchingLabels(mine.Labels))...) // a cache with the selector
		}})
		if obj := w.run(); w.git.file("web.yaml") != web("1.1.0") {
			t.Errorf("nothing is written, because the API server lists more than the cache: %q", ready(obj))
		}
	})
}

func TestReconcile_aLostRaceIsRunAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0"), "bad.yaml": "image: a:1 # {\"$imagepolicy\": \"shop:wbe\"}\n"}, chosen("web", "1.1.0"))
	races := 3
	w.git.before = func(operation string) error {
		if operation == "push" && races > 0 {
			races--
			w.git.write("Ann", fmt.Sprint("race ", races), map[string]string{"other.yaml": fmt.Sprint(races, "\n")})
		}
		return nil
	}
	obj := w.run()
	if diff := cmp.Diff([]string{"Update ghcr.io/acme/web to 1.1.0", "race 0", "race 1", "race 2", "first"}, w.git.log()); diff != "" {
		t.Errorf("the branch (-want +got):\n%s", diff)
	}
	if obj.Status.PendingPush != nil || len(obj.Status.History) != 1 || w.pauses != 3 {
		t.Errorf("after %d pauses the status is %+v", w.pauses, obj.Status)
	}
	if races := metrics.Values(t, w.metrics)[`fairlead_git_push_races_total{name="fleet",namespace="shop"}`]; races != 3 {
		t.Errorf("%v races are counted, want 3", races)
	}
	if told := w.told(); len(told) != 2 || !strings.HasPrefix(told[0], "UnknownPolicy: bad.yaml:1 is left alone") {
		t.Errorf("told is %q, want what the first pass found, and the push", told)
	}
}

func TestReconcile_givesUpAfterFiveRaces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0"))
	pushes := 0
	w.git.before = func(operation string) error {
		if operation == "push" {
			pushes++
			w.git.write("Ann", "race", map[string]string{"other.yaml": fmt.Sprint(pushes, "\n")})
		}
		return nil
	}
	obj := w.run()
	if pushes != 5 || obj.Status.PendingPush != nil || !strings.HasPrefix(ready(obj), "False PushRace: ") {
		t.Errorf("%d pushes, intent %v, Ready %q", pushes, obj.Status.PendingPush, ready(obj))
	}
}

func TestReconcile_whatBecameOfThePush(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		err       error
		intent    bool
		ready     string
	}{
		{"forgets the intent of a push that was rejected", "the server said no, in words", fault.Wait(reason.PushRejected, errors.New("hook declined")), false, "False PushRejected: hook declined"},
		{"keeps it when nobody knows", "the next run looks before it does anything", fault.Retry(reason.GitFailed, errors.New("connection reset")), true, "False GitFailed: connection reset"},
		{"keeps it for an error that nobody classified", "doubt means to look", errors.New("odd"), true, "False InternalError: odd"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0"))
			w.git.before = func(operation string) error {
				if operation == "push" {
					return tc.err
				}
				return nil
			}
			obj := w.run()
			if (obj.Status.PendingPush != nil) != tc.intent || ready(obj) != tc.ready || len(obj.Status.History) != 0 {
				t.Errorf("%s: intent %v, Ready %q, history %v", tc.why, obj.Status.PendingPush, ready(obj), obj.Status.History)
			}
		})
	}
}

func TestReconcile_aPushWithoutAnAnswerIsOneCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0"))
	w.git.unanswered = true
	if obj := w.run(); obj.Status.PendingPush == nil {
		t.Fatal("no intent is left")
	}
	obj := w.run()
	if len(w.git.log()) != 2 || obj.Status.PendingPush != nil || len(obj.Status.History) != 1 || obj.Status.LastCommit.SHA != w.git.head.String() {
		t.Errorf("the branch is %v, status %+v", w.git.log(), obj.Status)
	}
}

func TestReconcile_respectsARevert(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0", "1.0.0"))
	w.run()
	w.git.write("Ann", "Revert", map[string]string{"web.yaml": web("1.0.0")})
	obj := w.run()
	if got := holds(obj); got != "web:1.1.0 by Ann" || w.git.file("web.yaml") != web("1.0.0") {
		t.Errorf("held is %q, Git holds %q", got, w.git.file("web.yaml"))
	}
	if got, want := ready(obj), "True Succeeded: 1 place in 1 file on main; 1 image held"; got != want {
		t.Errorf("Ready is %q, want %q", got, want)
	}
	w.told()
	if w.run(); len(w.told()) != 0 {
		t.Error("a hold is told of twice")
	}

	// a retry counts once, and outlives a server that is down
	w.edit(func(obj *v1alpha1.UpdateAutomation) {
		obj.Annotations = map[string]string{v1alpha1.RetryAnnotation: "web", v1alpha1.RequestedAtAnnotation: "1"}
	})
	w.git.before = func(string) error { return fault.Retry(reason.GitFailed, errors.New("503")) }
	if obj := w.run(); obj.Status.LastHandledReconcileAt != "1" || holds(obj) == "" {
		t.Fatalf("handled is %q, held %q", obj.Status.LastHandledReconcileAt, holds(obj))
	}
	w.git.before = nil
	if obj := w.run(); holds(obj) != "" || w.git.file("web.yaml") != web("1.1.0") {
		t.Errorf("the retry is lost: held %q, Git holds %q", holds(obj), w.git.file("web.yaml"))
	}
	w.git.write("Ann", "Revert again", map[string]string{"web.yaml": web("1.0.0")})
	if obj := w.run(); holds(obj) != "web:1.1.0 by Ann" {
		t.Errorf("an old retry was taken for a new one: held %q", holds(obj))
	}
	w.choose("web", "1.2.0", "1.1.0", "1.0.0")
	if obj := w.run(); holds(obj) != "" || w.git.file("web.yaml") != web("1.2.0") {
		t.Errorf("something newer did not end the hold: %q", holds(obj))
	}
}

func TestReconcile_aLostStatusIsRecalled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0", "1.0.0"))
	w.run()
	w.git.write("Ann", "Revert", map[string]string{"web.yaml": web("1.0.0")})
	w.writeStatus(func(status *v1alpha1.UpdateAutomationStatus) { *status = v1alpha1.UpdateAutomationStatus{} })
	if obj := w.run(); holds(obj) != "web:1.1.0 by Ann" {
		t.Errorf("held is %q, want the revert since our last commit", holds(obj))
	}
}

func TestReconcile_anotherSourceIsAFirstLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0", "1.0.0"))
	w.run()
	w.git.write("Ann", "Revert", map[string]string{"web.yaml": web("1.0.0")})
	w.run()
	w.edit(func(obj *v1alpha1.UpdateAutomation) {
		obj.Generation++
		obj.Spec.Update = []v1alpha1.UpdateSpec{{Path: ".", Include: []string{"*.yaml"}}}
	})
	if obj := w.run(); holds(obj) != "" || w.git.file("web.yaml") != web("1.1.0") {
		t.Errorf("held is %q, Git holds %q; want as on the first day", holds(obj), w.git.file("web.yaml"))
	}
}

func TestReconcile_aRewrittenHistoryIsComparedWithTheRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0", "1.0.0"))
	w.run()
	w.git.hidden[w.git.head], w.git.fetched = true, map[commit.ID]bool{} // a new pod, and a server that forgot
	w.git.head = commit.ID{}
	w.git.write("Ann", "rewritten", map[string]string{"web.yaml": web("1.0.0")})
	obj := w.run()
	if len(obj.Status.Held) != 1 || obj.Status.Held[0].Reason != string(reason.HistoryRewritten) || w.git.file("web.yaml") != web("1.0.0") {
		t.Errorf("held is %+v, Git holds %q", obj.Status.Held, w.git.file("web.yaml"))
	}
}

func TestReconcile_overwritePutsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0", "1.0.0"))
	w.edit(func(obj *v1alpha1.UpdateAutomation) { obj.Spec.OnManualChange = v1alpha1.OverwriteManualChange })
	w.run()
	w.git.write("Ann", "Revert", map[string]string{"web.yaml": web("1.0.0")})
	if obj := w.run(); holds(obj) != "" || w.git.file("web.yaml") != web("1.1.0") {
		t.Errorf("held is %q, Git holds %q", holds(obj), w.git.file("web.yaml"))
	}
}

func TestReconcile_saysWhichEntryMatchesNoFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0", "1.0.0"))
	w.edit(func(obj *v1alpha1.UpdateAutomation) {
		obj.Spec.Update = []v1alpha1.UpdateSpec{{Path: "."}, {Path: ".", Include: []string{"**/*.jsonnet"}}}
	})
	w.run()
	if got, want := ready(w.run()), "True Succeeded: 1 place in 1 file on main as wanted; spec.update[1] matches no file"; got != want {
		t.Errorf("Ready is %q, want %q", got, want)
	}
}

func TestReconcile_overwriteLetsGoWhatWasHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0", "1.0.0"))
	w.run()
	w.git.write("Ann", "Revert", map[string]string{"web.yaml": web("1.0.0")})
	if obj := w.run(); holds(obj) == "" {
		t.Fatal("the revert is not held")
	}
	w.edit(func(obj *v1alpha1.UpdateAutomation) {
		obj.Generation++
		obj.Spec.OnManualChange = v1alpha1.OverwriteManualChange
	})
	if obj := w.run(); holds(obj) != "" || w.git.file("web.yaml") != web("1.1.0") {
		t.Errorf("held is %q, Git holds %q", holds(obj), w.git.file("web.yaml"))
	}
}

func TestReconcile_tooManyHoldsStopEverythingUntilARetry(t *testing.T) {
	t.Parallel()
	const many = 513
	files, policies := map[string]string{}, []client.Object{}
	for i := range many {
		name := fmt.Sprintf("p%03d", i)
		files[name+".yaml"] = strings.ReplaceAll(web("1.0.0"), "web", name)
		policies = append(policies, chosen(name, "1.0.0"))
	}
	w := newWorld(t, files, policies...)
	w.run()
	w.git.write("Ann", "empty", func() map[string]string {
		gone := map[string]string{}
		for path := range files {
			gone[path] = ""
		}
		return gone
	}())
	for range 2 {
		if obj := w.run(); ready(obj) != "False ManualChange: 513 images are held, more than 512: clear them with a retry" || len(obj.Status.Held) != 0 {
			t.Fatalf("Ready is %q with %d held", ready(obj), len(obj.Status.Held))
		}
	}
	w.edit(func(obj *v1alpha1.UpdateAutomation) {
		obj.Annotations = map[string]string{v1alpha1.RetryAnnotation: "p000", v1alpha1.RequestedAtAnnotation: "1"}
	})
	if obj := w.run(); len(obj.Status.Held) != 512 || obj.Status.HeldCount != 512 || !strings.HasPrefix(ready(obj), "True ") {
		t.Errorf("after a retry of one, Ready is %q with %d held", ready(obj), len(obj.Status.Held))
	}
}

func TestReconcile_aBatchIsOneCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0"), "api.yaml": strings.ReplaceAll(web("1.0.0"), "web", "api")},
		chosen("web", "1.0.0"), chosen("api", "1.0.0"))
	w.edit(func(obj *v1alpha1.UpdateAutomation) { obj.Spec.BatchWindow = "5s" })
	w.run()
	w.choose("web", "1.1.0", "1.0.0")
	w.now = w.now.Add(4 * time.Second)
	w.choose("api", "1.1.0", "1.0.0")
	result, err := w.shell.Reconcile(t.Context(), request)
	if err != nil || result.RequeueAfter != time.Second || len(w.git.log()) != 1 {
		t.Errorf("%v, next in %v, the branch is %v; want a second more of the first choice's window", err, result.RequeueAfter, w.git.log())
	}
	if got, want := ready(w.get()), "True Succeeded: 2 places in 2 files on main; 2 changes in a batch"; got != want {
		t.Errorf("Ready is %q, want %q", got, want)
	}
	w.now = w.now.Add(time.Second)
	w.run()
	if diff := cmp.Diff([]string{"Update 2 images in 2 files", "first"}, w.git.log()); diff != "" {
		t.Errorf("the branch (-want +got):\n%s", diff)
	}
}

func TestReconcile_readsARotatedSecretOnceMore(t *testing.T) {
	t.Parallel()
	old, fresh := credentials.Git{Username: "a", Password: credentials.NewText("old")}, credentials.Git{Username: "a", Password: credentials.NewText("new")}
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0"))
	w.logins = []credentials.Git{old, fresh}
	w.git.before = func(operation string) error {
		if operation == "push" && w.git.login.Digest() == old.Digest() {
			return fault.Wait(reason.GitAuthenticationFailed, errors.New("401"))
		}
		return nil
	}
	if obj := w.run(); len(w.git.log()) != 2 || obj.Status.PendingPush != nil {
		t.Errorf("the new Secret was not tried: %v, %q", w.git.log(), ready(obj))
	}

	same := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, chosen("web", "1.1.0"))
	same.git.before = func(operation string) error {
		if operation == "head" {
			return fault.Wait(reason.GitAuthenticationFailed, errors.New("401"))
		}
		return nil
	}
	if same.run(); same.git.asked() != "head" {
		t.Error("a password that is wrong was tried twice: accounts are locked for less")
	}
}

func TestReconcile_policies(t *testing.T) {
	t.Parallel()
	invalid := chosen("broken", "1.0.0")
	invalid.Status.Latest.Name = "::"
	for _, tc := range []struct {
		name, why string
		objects   []client.Object
		ready     string
		tag       string
	}{
		{"waits without any policy", "there is nothing to write", nil, "False PoliciesNotReady: no ImagePolicy of namespace shop is selected", "1.0.0"},
		{"waits while none has chosen", "there is nothing to write yet", []client.Object{chosen("web")}, "False PoliciesNotReady: no selected ImagePolicy has chosen an image yet", "1.0.0"},
		{"goes on without a broken one", "one bad policy never stops the others", []client.Object{invalid, chosen("web", "1.1.0")}, "True Succeeded: 1 place in 1 file on main as wanted", "1.1.0"},
		{"goes on without one that has not chosen", "one that waits never stops the others", []client.Object{chosen("api"), chosen("web", "1.1.0")}, "True Succeeded: 1 place in 1 file on main as wanted", "1.1.0"},
		{"leaves the places of a suspended one", "suspended means untouched", []client.Object{suspended(chosen("web", "1.1.0"))},
			"True Succeeded: 1 place in 1 file on main as wanted; 1 place unresolved", "1.0.0"},
		{"does not go down", "adopting a repository lowers nothing", []client.Object{chosen("web", "0.9.0")}, "True Succeeded: 1 place in 1 file on main; 1 change pending", "1.0.0"},
		{"goes down to a pin", "a person asked for it", []client.Object{pinned(chosen("web", "0.9.0"))}, "True Succeeded: 1 place in 1 file on main as wanted", "0.9.0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, map[string]string{"web.yaml": web("1.0.0")}, tc.objects...)
			obj := w.run()
			if got := ready(obj); got != tc.ready || w.git.file("web.yaml") != web(tc.tag) {
				t.Errorf("%s: Ready is %q, want %q; Git holds %q", tc.why, got, tc.ready, w.git.file("web.yaml"))
			}
		})
	}
}

func suspended(pol *v1alpha1.ImagePolicy) *v1alpha1.ImagePolicy {
	pol.Spec.Suspend = true
	return pol
}

func pinned(pol *v1alpha1.ImagePolicy) *v1alpha1.ImagePolicy {
	pol.Status.History[0].Reason = string(reason.Pinned)
	return pol
}

func TestReconcile_movesItsMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"web.yaml": web("1.0.0"), "api.yaml": strings.ReplaceAll(web("2.0.0"), "web", "api"),
		"bad.yaml": "image: a:1 # {\"$imagepolicy\": \"shop:wbe\"}\n"}, chosen("web", "1.1.0", "1.0.0"), chosen("api", "1.0.0"))
	w.run()
	w.git.write("Ann", "Revert", map[string]string{"web.yaml": web("1.0.0")})
	w.git.before = func(operation string) error {
		w.now = w.now.Add(time.Second)
		return nil
	}
	w.run()
	want := map[string]float64{
		`fairlead_git_commits_total{name="fleet",namespace="shop"}`:                                  1,
		`fairlead_update_lag_seconds{mode="Commit"}`:                                                 1,
		`fairlead_automation_pending_changes{name="fleet",namespace="shop",reason="DowngradeHeld"}`:  1,
		`fairlead_automation_held{name="fleet",namespace="shop",reason="ManualChange"}`:              1,
		`fairlead_automation_unresolved_sites{name="fleet",namespace="shop",reason="UnknownPolicy"}`: 1,
		`fairlead_git_operations_total{operation="head",result="success"}`:                           2,
		`fairlead_git_operations_total{operation="push",result="success"}`:                           1,
		`fairlead_git_operation_duration_seconds{operation="push",result="success"}`:                 1,
		`fairlead_git_operations_total{operation="history",result="success"}`:                        2,
		`fairlead_git_operation_duration_seconds{operation="history",result="success"}`:              2,
	}
	got := metrics.Values(t, w.metrics)
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %v, want %v", name, got[name], value)
		}
	}
	w.Forget(fleet)
	for name := range metrics.Values(t, w.metrics) {
		if strings.Contains(name, `name="fleet"`) {
			t.Errorf("%s is left of an automation that is gone", name)
		}
	}
}

func TestExamined_staysWithinItsLimits(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	long := strings.Repeat("ü", 700)
	for i := range 40 {
		files[fmt.Sprintf("%02d%s.yaml", i, long)] = "image: a:1 # {\"$imagepolicy\": \"shop:" + long + "\"}\n"
	}
	w := newWorld(t, files, chosen("web", "1.0.0"))
	for i := range 30 {
		name := fmt.Sprintf("p%02d", i)
		if err := w.api.Create(t.Context(), chosen(name, "0.1.0")); err != nil {
			t.Fatal(err)
		}
		w.git.write("Ann", name, map[string]string{name + ".yaml": strings.ReplaceAll(web("1.0.0"), "web", name)})
	}
	for i := range 30 {
		w.choose("web", fmt.Sprintf("1.%d.0", i+1), "1.0.0")
		w.git.write("Ann", "more", map[string]string{fmt.Sprintf("w%02d.yaml", i): web("0.9.0")})
		w.run()
	}
	status := w.get().Status
	if len(status.History) != 20 || len(status.Pending) != 20 || status.PendingCount != 30 || len(status.Sites.Unresolved) != 20 || status.Sites.UnresolvedCount != 40 {
		t.Errorf("history %d, pending %d of %d, unresolved %d of %d", len(status.History), len(status.Pending), status.PendingCount, len(status.Sites.Unresolved), status.Sites.UnresolvedCount)
	}
	if status.History[0].Changes[0].To != "ghcr.io/acme/web:1.30.0" {
		t.Errorf("the history begins with %+v", status.History[0])
	}
	for _, u := range status.Sites.Unresolved {
		if len([]rune(u.File)) > mostPath || len([]rune(u.Text)) > mostText {
			t.Errorf("%d characters of a path, %d of a text", len([]rune(u.File)), len([]rune(u.Text)))
		}
	}
}

func TestRecord_namesFiftyChangesAtMost(t *testing.T) {
	t.Parallel()
	files, policies := map[string]string{}, []client.Object{}
	for i := range 60 {
		name := fmt.Sprintf("p%02d", i)
		files[name+".yaml"] = strings.ReplaceAll(web("1.0.0"), "web", name)
		policies = append(policies, chosen(name, "1.1.0"))
	}
	w := newWorld(t, files, policies...)
	obj := w.run()
	if entry := obj.Status.History[0]; len(entry.Changes) != 50 || entry.ChangeCount != 60 || entry.Changes[0].Policy != "shop/p00" {
		t.Errorf("%d changes of %d, the first of %s", len(entry.Changes), entry.ChangeCount, entry.Changes[0].Policy)
	}
	if told := w.told(); len(told) != 1 || !strings.Contains(told[0], "p00 in 1 file") || !strings.Contains(told[0], "p01 in 1 file") {
		t.Errorf("one commit is told of by %q, want one event that joins the images", told)
	}
}

func TestReconcile_tellsOfAnUnresolvedPlaceOnce(t *testing.T) {
	t.Parallel()
	bad := "image: a:1 # {\"$imagepolicy\": \"shop:wbe\"}\n"
	w := newWorld(t, map[string]string{"bad.yaml": bad}, chosen("web", "1.0.0"))
	w.run()
	if told := w.told(); !slices.Equal(told, []string{"UnknownPolicy: bad.yaml:1 is left alone: UnknownPolicy shop:wbe"}) {
		t.Errorf("told is %q", told)
	}
	w.git.write("Ann", "a line above it", map[string]string{"bad.yaml": "# new\n" + bad})
	if obj := w.run(); len(w.told()) != 0 || obj.Status.Sites.Unresolved[0].Line != 2 {
		t.Errorf("a place that only moved is told of again, or its line is not: %+v", obj.Status.Sites.Unresolved)
	}
}
