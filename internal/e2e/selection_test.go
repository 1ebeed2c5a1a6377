// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/testserver"
)

// awaitPolicy waits until the Ready condition of a policy begins with want, and returns the policy.
func (w *world) awaitPolicy(name, want string) *v1alpha1.ImagePolicy {
	w.t.Helper()
	var pol *v1alpha1.ImagePolicy
	w.eventually(30*time.Second, func() string {
		pol = get(w, name, &v1alpha1.ImagePolicy{})
		return unlessPrefix(want, ready(&pol.Status.ReconcileStatus))
	})
	return pol
}

// awaitChoice waits until a policy has chosen tag at digest, and is ready.
func (w *world) awaitChoice(name, tag, digest string) *v1alpha1.ImagePolicy {
	w.t.Helper()
	var pol *v1alpha1.ImagePolicy
	w.eventually(30*time.Second, func() string {
		pol = get(w, name, &v1alpha1.ImagePolicy{})
		latest := pol.Status.Latest
		if latest == nil || latest.Tag != tag || latest.Digest != digest {
			return fmt.Sprintf("%s chose %+v, want %s@%s", name, latest, tag, digest)
		}
		return unlessPrefix("True ", ready(&pol.Status.ReconcileStatus))
	})
	return pol
}

// ask asks for a run of an object and waits until it has been.
func (w *world) ask(kind, name, token string) {
	w.t.Helper()
	w.kubectl("", "-n", w.namespace, "annotate", "--overwrite", kind, name, v1alpha1.RequestedAtAnnotation+"="+token)
	w.eventually(30*time.Second, func() string {
		got := w.kubectl("", "-n", w.namespace, "get", kind, name, "-o", "jsonpath={.status.lastHandledReconcileAt}")
		if got != token {
			return fmt.Sprintf("%s %s has handled %q, want %q", kind, name, got, token)
		}
		return ""
	})
}

func (w *world) patch(kind, name, patch string) {
	w.t.Helper()
	w.kubectl("", "-n", w.namespace, "patch", kind, name, "--type=merge", "-p", patch)
}

// forgets kills the controller as the kernel would when memory runs out, and throws its storage away.
func (w *world) forgets() {
	w.t.Helper()
	w.controller.kill()
	if err := os.RemoveAll(w.storage()); err != nil {
		w.t.Fatal(err)
	}
}

// all are policies of every kind, each over an image of its own.
const all = `
{apiVersion: fairlead.dev/v1alpha1, kind: ImageRepository, metadata: {name: NAME}, spec: {image: REGISTRY/NAMESPACE/NAME, interval: 1s, insecure: true, secretRef: {name: registry}}}
---
{apiVersion: fairlead.dev/v1alpha1, kind: ImagePolicy, metadata: {name: NAME}, spec: {imageRepositoryRef: {name: NAME}, SPEC}}
`

// Every kind of policy chooses from a real registry, and follows what comes.
func TestSelection_everyKindOfPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"README.md": "empty\n"})
	w.flags = []string{"--registry-qps=100", "--registry-burst=100"} // eight images a second are more than the default
	day := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	both := []string{"linux/amd64", "linux/arm64"}
	type push struct {
		tag   string
		image testserver.Image
	}
	built := func(tag string, days int) push {
		return push{tag, testserver.Image{Content: tag, Created: day.AddDate(0, 0, days)}}
	}
	plain := func(tag string) push { return push{tag, newImage(tag)} }
	for _, tc := range []struct {
		name, spec string
		pushes     []push
		tag        string // what is chosen of them
		then       push   // comes later
		next       string // and what is chosen then
	}{
		{"semver", `filterTags: {pattern: '^(?P<v>.*)-alpine$', extract: $v}, policy: {semver: {range: '>=1.0.0 <2.0.0'}}`,
			[]push{plain("1.9.0-alpine"), plain("1.10.0-alpine"), plain("1.11.0"), plain("2.0.0-alpine"), plain("latest")}, "1.10.0-alpine",
			plain("1.10.1-alpine"), "1.10.1-alpine"},
		{"numerical", `policy: {numerical: {}}`, // floating point numbers cannot tell the first two apart
			[]push{plain("20261120123456789"), plain("20261120123456788"), plain("999"), plain("main")}, "20261120123456789",
			plain("20261120123456790"), "20261120123456790"},
		{"alphabetical", `policy: {alphabetical: {order: Descending}}`,
			[]push{plain("b"), plain("c"), plain("d")}, "b", plain("a"), "a"},
		{"regex", `policy: {regex: {pattern: '^(?P<date>\d{8})-(?P<build>\d+)$', orderBy: [{group: date, as: Numerical}, {group: build, as: Numerical}]}}`,
			[]push{plain("20261119-30"), plain("20261120-9"), plain("20261120-10"), plain("nightly")}, "20261120-10",
			plain("20261121-1"), "20261121-1"},
		{"created", `policy: {latest: {by: Created}}`,
			[]push{built("a", 3), built("b", 5), built("c", 4)}, "b", built("0", 6), "0"},
		{"pushed", `policy: {latest: {by: Pushed}}`, // distribution has no dates: what was not there before is newest
			[]push{plain("c")}, "c", plain("a"), "a"},
		{"tag", `policy: {tag: {name: stable}}`,
			[]push{{"stable", newImage("first")}, plain("stable2")}, "stable", push{"stable", newImage("second")}, "stable"},
		{"platforms", `platforms: [linux/amd64, linux/arm64], policy: {semver: {range: '*'}}`,
			[]push{{"1.0.0", testserver.Image{Content: "1.0.0", Platforms: both}}, plain("1.1.0")}, "1.0.0",
			push{"1.2.0", testserver.Image{Content: "1.2.0", Platforms: both}}, "1.2.0"},
	} {
		digests := map[string]string{}
		send := func(p push) {
			digest, err := w.pusher.Push(t.Context(), w.namespace+"/"+tc.name+":"+p.tag, p.image)
			if err != nil {
				t.Fatal(err)
			}
			digests[p.tag] = digest
		}
		for _, p := range tc.pushes {
			send(p)
		}
		w.apply(strings.NewReplacer("NAMESPACE", "NAMESPACE", "NAME", tc.name, "SPEC", tc.spec).Replace(all))
		if w.controller == nil {
			w.start()
		}
		t.Run(tc.name, func(t *testing.T) {
			one := *w
			one.t = t
			one.awaitChoice(tc.name, tc.tag, digests[tc.tag])
			send(tc.then)
			one.awaitChoice(tc.name, tc.next, digests[tc.next])
		})
	}
	lost := get(w, "platforms", &v1alpha1.ImagePolicy{}).Status.Selection
	if lost == nil || lost.Considered != 3 {
		t.Errorf("selection of platforms is %+v, want 3 tags", lost)
	}
}

// Killed, with its storage lost, and while the registry is down or lists less, the controller keeps what it chose.
func TestSelection_withoutMemoryNeverGoesDown(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	w := newWorldAt(t, f.Host(), map[string]string{"clusters/prod/web.yaml": web})
	w.apply(chain)
	w.awaitPushed("1.0.0", "web:1.0.0")
	digest := w.awaitPushed("1.1.0", "web:1.1.0")
	w.awaitRest()
	commits := len(w.commits())

	w.forgets()
	f.set(true, nil)
	w.start()
	w.awaitPolicy("web", "True Succeeded: 1.1.0 (") // kept, and so ready
	w.eventually(20*time.Second, func() string {
		got := ready(&get(w, "web", &v1alpha1.ImagePolicy{}).Status.ReconcileStatus)
		if !strings.Contains(got, "is kept; the ImageRepository") {
			return "the policy says " + got
		}
		return ""
	})

	w.forgets()
	f.set(false, only("1.0.0")) // the first list after the start is a short one, with nothing to compare it with
	w.start()
	w.awaitPolicy("web", "False DowngradeHeld: 1.1.0 (")

	w.forgets()
	f.set(false, only()) // no tag at all
	w.start()
	pol := w.awaitPolicy("web", "False NoTagsMatch: the repository has no tags")
	if latest := pol.Status.Latest; latest == nil || latest.Tag != "1.1.0" || latest.Digest != digest {
		t.Errorf("latest is %+v, want 1.1.0@%s", latest, digest)
	}

	f.set(false, nil)
	w.awaitChoice("web", "1.1.0", digest)
	w.ask("uauto", "fleet", "look")
	if n := len(w.commits()); n != commits {
		t.Errorf("%d commits, want %d: %v", n, commits, w.commits())
	}
}

// A list that lost most of its tags is not believed at first; believed, it holds the choice.
func TestSelection_aListCutInHalf(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	w := newWorldAt(t, f.Host(), map[string]string{"clusters/prod/web.yaml": web})
	w.apply(strings.Replace(chain, "interval: 1s", "interval: 1h", 1)) // scans come when they are asked for
	w.push("web:1.0.0")
	for i := 1; i <= 29; i++ {
		if err := w.pusher.Tag(t.Context(), w.namespace+"/web:1.0.0", fmt.Sprintf("1.0.%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	digest := w.push("web:1.1.0")
	w.start()
	w.awaitImage("1.1.0", digest)
	w.awaitRest()

	f.set(false, func(tag string) bool { return len(tag) == len("1.0.9") && tag < "1.1" }) // 10 of 31
	w.ask("irepo", "web", "cut")
	if got := ready(&get(w, "web", &v1alpha1.ImageRepository{}).Status.ReconcileStatus); !strings.HasPrefix(got, "False SuspiciousShrink: 10 tags where there were 31") {
		t.Errorf("the repository says %q", got)
	}
	w.ask("ipol", "web", "cut")
	w.awaitChoice("web", "1.1.0", digest)

	w.patch("irepo", "web", `{"spec":{"interval":"1s"}}`) // the next scan confirms it
	w.awaitPolicy("web", "False DowngradeHeld: 1.1.0 (")
	if n := get(w, "web", &v1alpha1.ImageRepository{}).Status.LastScan.TagCount; n != 10 {
		t.Errorf("%d tags are believed, want 10", n)
	}
	f.set(false, nil)
	w.awaitChoice("web", "1.1.0", digest)
	w.ask("uauto", "fleet", "look")
	if n := len(w.commits()); n != 2 {
		t.Errorf("%d commits, want the first and ours: %v", n, w.commits())
	}
}

// A rejected image gives way to what ran before it, and only something above it moves on.
func TestSelection_aRejectedImageGivesWay(t *testing.T) {
	t.Parallel()
	for name, entry := range map[string]func(digest string) string{
		"by digest": func(digest string) string { return fmt.Sprintf(`{"digest":%q,"tag":"1.1.0","reason":"INC-1"}`, digest) },
		"by tag":    func(string) string { return `{"tag":"1.1.0"}` },
		"by range":  func(string) string { return `{"range":"1.1.x"}` },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newChain(t)
			first := w.awaitPushed("1.0.0", "web:1.0.0")
			w.awaitRest()
			bad := w.awaitPushed("1.1.0", "web:1.1.0")
			w.awaitRest()
			w.patch("ipol", "web", `{"spec":{"reject":[`+entry(bad)+`]}}`)
			w.awaitImage("1.0.0", first)
			pol := w.awaitChoice("web", "1.0.0", first)
			if len(pol.Status.History) != 3 || pol.Status.History[0].Reason != "Rejected" || pol.Status.History[1].Digest != bad {
				t.Errorf("history is %+v, want 1.0.0 again because of Rejected, before it 1.1.0", pol.Status.History)
			}
			w.push("web:1.0.5") // between: not tried by itself
			w.eventually(20*time.Second, func() string {
				if n := get(w, "web", &v1alpha1.ImageRepository{}).Status.LastScan.TagCount; n != 3 {
					return fmt.Sprintf("%d tags seen, want 3", n)
				}
				return ""
			})
			w.ask("ipol", "web", "between")
			w.awaitChoice("web", "1.0.0", first)
			w.awaitPushed("1.2.0", "web:1.2.0")
		})
	}
}

// A pin is taken literally, and what the policy would choose is shown beside it.
func TestSelection_aPinDecides(t *testing.T) {
	t.Parallel()
	w := newChain(t)
	first := w.awaitPushed("1.0.0", "web:1.0.0")
	second := w.awaitPushed("1.1.0", "web:1.1.0")
	w.awaitRest()

	w.patch("ipol", "web", `{"spec":{"pin":{"tag":"1.0.0"}}}`)
	w.awaitImage("1.0.0", first)
	pol := w.awaitPolicy("web", "True Pinned: spec.pin selects 1.0.0 (")
	if c := pol.Status.Candidate; c == nil || c.Tag != "1.1.0" || c.Digest != second || c.Reason != "Pinned" {
		t.Errorf("candidate is %+v, want 1.1.0@%s", c, second)
	}
	w.push("web:1.2.0") // goes on beside the pin
	w.eventually(20*time.Second, func() string {
		if c := get(w, "web", &v1alpha1.ImagePolicy{}).Status.Candidate; c == nil || c.Tag != "1.2.0" {
			return fmt.Sprintf("candidate is %+v, want 1.2.0", c)
		}
		return ""
	})

	w.patch("ipol", "web", `{"spec":{"pin":{"tag":"9.9.9"}}}`)
	pol = w.awaitPolicy("web", "False DigestFailed: ")
	if !strings.Contains(ready(&pol.Status.ReconcileStatus), "resolving tag 9.9.9") || pol.Status.Latest.Digest != first {
		t.Errorf("a pin to a missing tag says %q and keeps %+v", ready(&pol.Status.ReconcileStatus), pol.Status.Latest)
	}
	missing := "sha256:" + strings.Repeat("0a", 32)
	w.patch("ipol", "web", `{"spec":{"pin":{"tag":"1.1.0","digest":"`+missing+`"}}}`)
	w.eventually(20*time.Second, func() string {
		if got := ready(&get(w, "web", &v1alpha1.ImagePolicy{}).Status.ReconcileStatus); !strings.Contains(got, "has no "+missing) {
			return "the policy says " + got
		}
		return ""
	})
	w.ask("uauto", "fleet", "look")
	w.awaitImage("1.0.0", first)

	w.patch("ipol", "web", `{"spec":{"pin":{"tag":"1.1.0","digest":"`+second+`"}}}`)
	w.awaitImage("1.1.0", second)
	w.patch("ipol", "web", `{"spec":{"pin":null}}`)
	w.eventually(30*time.Second, func() string {
		if content := w.git("show", "main:clusters/prod/web.yaml"); !strings.Contains(content, ":1.2.0@") {
			return "the policy does not go on after the pin:\n" + content
		}
		return ""
	})
}

// A candidate waits for minAge and is then taken without another scan.
func TestSelection_aCandidateWaitsForItsAge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"clusters/prod/web.yaml": web})
	w.apply(strings.NewReplacer("interval: 1s\n  insecure", "interval: 1h\n  insecure", "policy: {", "minAge: 8s\n  policy: {").Replace(chain))
	digest := w.push("web:1.0.0")
	w.start()
	pol := w.awaitPolicy("web", "False NoEligibleTag: no tag of 1 may be taken yet: 1 is too young; 1.0.0 (") // the first choice waits too
	c := pol.Status.Candidate
	if c == nil || c.Tag != "1.0.0" || c.Digest != digest || c.Reason != "MinAge" || c.FirstSeen == nil || c.EligibleAt.Sub(c.FirstSeen.Time) != 8*time.Second {
		t.Fatalf("candidate is %+v, want 1.0.0@%s, eligible after 8 seconds", c, digest)
	}
	if got := ready(&pol.Status.ReconcileStatus); !strings.Contains(got, " waits until "+c.EligibleAt.UTC().Format("2006-01-02T15:")) {
		t.Errorf("the policy says %q", got)
	}
	chosen := w.awaitChoice("web", "1.0.0", digest)
	if since := chosen.Status.Latest.Since; since.Before(c.EligibleAt) {
		t.Errorf("chosen at %v, before %v", since, c.EligibleAt)
	}
	if chosen.Status.Candidate != nil || len(chosen.Status.Observed) != 0 {
		t.Errorf("candidate %+v and clocks %+v are left", chosen.Status.Candidate, chosen.Status.Observed)
	}
	w.awaitImage("1.0.0", digest)
	if scan := get(w, "web", &v1alpha1.ImageRepository{}).Status.LastScan; scan.Time.After(c.FirstSeen.Time) {
		t.Errorf("a scan at %v helped", scan.Time)
	}
}

// The clocks of minAge are in status: they run on over a kill, without storage, and while the registry is down.
func TestSelection_clocksSurviveARestart(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	w := newWorldAt(t, f.Host(), map[string]string{"clusters/prod/web.yaml": web})
	w.apply(strings.Replace(chain, "policy: {", "minAge: 0s\n  policy: {", 1))
	w.awaitPushed("1.0.0", "web:1.0.0")
	w.patch("ipol", "web", `{"spec":{"minAge":"72h"}}`)
	w.push("web:1.1.0")
	w.push("web:1.2.0")
	var before v1alpha1.ImagePolicyStatus
	w.eventually(20*time.Second, func() string {
		if before = get(w, "web", &v1alpha1.ImagePolicy{}).Status; len(before.Observed) != 2 {
			return fmt.Sprintf("clocks are %+v, want two", before.Observed)
		}
		return ""
	})

	w.forgets()
	f.set(true, nil)
	w.start()
	w.ask("ipol", "web", "down")
	w.forgets()
	f.set(false, nil)
	w.start()
	w.ask("ipol", "web", "up")
	digest := w.push("web:1.3.0") // when this one is seen, the others were looked at again
	var after v1alpha1.ImagePolicyStatus
	w.eventually(20*time.Second, func() string {
		if after = get(w, "web", &v1alpha1.ImagePolicy{}).Status; len(after.Observed) != 3 {
			return fmt.Sprintf("clocks are %+v, want three", after.Observed)
		}
		return ""
	})
	for _, o := range after.Observed {
		if o.Digest == digest {
			continue
		}
		found := false
		for _, b := range before.Observed {
			found = found || (b.Tag == o.Tag && b.Digest == o.Digest && b.FirstSeen.Equal(&o.FirstSeen))
		}
		if !found {
			t.Errorf("the clock of %s was %+v and is %+v", o.Tag, before.Observed, o)
		}
	}
	if diff := cmp.Diff("1.0.0", after.Latest.Tag); diff != "" {
		t.Errorf("latest (-want +got):\n%s", diff)
	}
}

// While its repository is suspended, a policy sends nothing to the registry, whoever asks.
func TestSelection_aSuspendedRepositoryIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	w := newWorldAt(t, f.Host(), map[string]string{"clusters/prod/web.yaml": web})
	w.apply(chain)
	digest := w.awaitPushed("1.0.0", "web:1.0.0")
	w.patch("irepo", "web", `{"spec":{"suspend":true}}`)
	w.eventually(20*time.Second, func() string {
		return unlessPrefix("True Suspended", ready(&get(w, "web", &v1alpha1.ImageRepository{}).Status.ReconcileStatus))
	})
	w.eventually(20*time.Second, func() string { // a run that had begun is over
		got := ready(&get(w, "web", &v1alpha1.ImagePolicy{}).Status.ReconcileStatus)
		if !strings.HasSuffix(got, "is not ready: it is suspended") {
			return "the policy says " + got
		}
		return ""
	})
	f.Forget()
	w.push("web:1.1.0")
	w.kubectl("", "-n", w.namespace, "annotate", "irepo/web", v1alpha1.RequestedAtAnnotation+"=please")
	w.ask("ipol", "web", "please")
	w.patch("ipol", "web", `{"spec":{"policy":{"semver":{"range":"*"}}}}`)
	w.ask("ipol", "web", "again")
	w.ask("uauto", "fleet", "please")
	if requests := f.Requests(); len(requests) != 0 {
		t.Errorf("%d requests of a suspended repository, the first %s %s", len(requests), requests[0].Method, requests[0].Path)
	}
	w.awaitPolicy("web", "True Succeeded: 1.0.0 (")
	w.patch("irepo", "web", `{"spec":{"suspend":false}}`)
	w.eventually(20*time.Second, func() string {
		if tag := get(w, "web", &v1alpha1.ImagePolicy{}).Status.Latest.Tag; tag != "1.1.0" {
			return "resumed, the policy is at " + tag + " and not beyond " + digest
		}
		return ""
	})
}

// A policy that ranks by date asks once for each date: from then on, a scan costs one HEAD for each tag it looks at.
func TestSelection_datesAreAskedForOnce(t *testing.T) {
	t.Parallel()
	f := newFront(t)
	w := newWorldAt(t, f.Host(), map[string]string{"README.md": "empty\n"})
	day := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	digests := map[string]string{}
	for i, tag := range []string{"c", "a", "b"} {
		digest, err := w.pusher.Push(t.Context(), w.namespace+"/web:"+tag, testserver.Image{Content: tag, Created: day.AddDate(0, 0, i)})
		if err != nil {
			t.Fatal(err)
		}
		digests[tag] = digest
	}
	w.apply(strings.NewReplacer("NAMESPACE", "NAMESPACE", "NAME", "web", "SPEC", "policy: {latest: {by: Created}}").Replace(all))
	w.start()
	w.awaitChoice("web", "b", digests["b"])
	f.Forget()
	counts := map[string]int{}
	w.eventually(30*time.Second, func() string {
		clear(counts)
		for _, r := range f.Requests() {
			what := r.Path[strings.LastIndex(r.Path[:strings.LastIndex(r.Path, "/")], "/")+1:]
			counts[r.Method+" "+what]++
		}
		if n := counts["GET tags/list"]; n < 4 {
			return fmt.Sprintf("%d scans, want 4", n)
		}
		return ""
	})
	for what, n := range counts {
		if what != "GET tags/list" && !strings.HasPrefix(what, "HEAD manifests/") {
			t.Errorf("%d times %s; want lists and HEADs alone", n, what)
		}
	}
	for tag := range digests {
		if n := counts["HEAD manifests/"+tag]; n < 3 {
			t.Errorf("%d times HEAD of %s in four scans", n, tag)
		}
	}
}
