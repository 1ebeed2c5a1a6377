// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// web is a file as people write them: comments, quotes and a line end of its own.
const web = `# the shop's front
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}   # one line
spec:
    template:
        spec:
            containers:
            -   name: web
                image: "REGISTRY/NAMESPACE/web:0.9.0"   # {"$imagepolicy": "NAMESPACE:web"}
                env: [ {name: A, value: 'b'} ]`

// chain are the three objects of most tests: everything at once, no waiting.
const chain = `
apiVersion: fairlead.dev/v1alpha1
kind: ImageRepository
metadata: {name: web}
spec:
  image: REGISTRY/NAMESPACE/web
  interval: 1s
  insecure: true
  secretRef: {name: registry}
---
apiVersion: fairlead.dev/v1alpha1
kind: ImagePolicy
metadata: {name: web}
spec:
  imageRepositoryRef: {name: web}
  policy: {semver: {range: '>=1.0.0'}}
---
apiVersion: fairlead.dev/v1alpha1
kind: UpdateAutomation
metadata: {name: fleet}
spec:
  interval: 1s
  batchWindow: 0s
  git: {url: GIT, branch: main, insecure: true, secretRef: {name: git}}
  update: [{path: clusters/prod}]
  commit: {author: {name: Ship Bot, email: bot@shop.example}}
`

// newChain is a world with the file and the objects of most tests.
func newChain(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, map[string]string{"clusters/prod/web.yaml": web, "README.md": "not looked at\n"})
	w.apply(chain)
	return w
}

// awaitImage waits until main holds tag at digest in web.yaml.
func (w *world) awaitImage(tag, digest string) {
	w.t.Helper()
	want := fmt.Sprintf("/web:%s@%s\"", tag, digest)
	w.eventually(30*time.Second, func() string {
		if content := w.git("show", "main:clusters/prod/web.yaml"); !strings.Contains(content, want) {
			return fmt.Sprintf("Git does not hold %s yet:\n%s", want, content)
		}
		return ""
	})
}

// awaitRest waits until the automation has reported the head of main.
func (w *world) awaitRest() {
	w.t.Helper()
	w.eventually(30*time.Second, func() string {
		status := get(w, "fleet", &v1alpha1.UpdateAutomation{}).Status
		if head := w.git("rev-parse", "main"); status.ObservedCommit != head || status.PendingPush != nil {
			return fmt.Sprintf("main is at %s, the automation at %s, intent %v", head, status.ObservedCommit, status.PendingPush)
		}
		return ""
	})
}

func TestChain_imageBecomesOneExactCommit(t *testing.T) {
	t.Parallel()
	w := newChain(t)
	digest := w.push("web:1.0.0")
	before := w.git("rev-parse", "main")
	w.start()
	w.awaitImage("1.0.0", digest)
	w.awaitRest()

	// exactly the bytes that name the image
	want := strings.Replace(w.expand(web), "/web:0.9.0\"", "/web:1.0.0@"+digest+"\"", 1)
	if diff := cmp.Diff(want, w.git("show", "main:clusters/prod/web.yaml")); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("clusters/prod/web.yaml", w.git("diff", "--name-only", before, "main")); diff != "" {
		t.Errorf("files that changed (-want +got):\n%s", diff)
	}
	// one commit on top of the old head, by the author of the spec
	got := w.git("log", "-1", "--format=%P%n%an <%ae>%n%cn <%ce>", "main")
	if diff := cmp.Diff(before+"\nShip Bot <bot@shop.example>\nShip Bot <bot@shop.example>", got); diff != "" {
		t.Errorf("commit (-want +got):\n%s", diff)
	}
	status := get(w, "fleet", &v1alpha1.UpdateAutomation{}).Status
	message := w.git("log", "-1", "--format=%B", "main")
	_, update, _ := strings.Cut(message, "Fairlead-Update: ")
	update, _, _ = strings.Cut(update, "\n")
	wantMessage := w.expand("Update REGISTRY/NAMESPACE/web to 1.0.0\n\n" +
		"- REGISTRY/NAMESPACE/web: 0.9.0 -> 1.0.0@" + digest[:len("sha256:")+12] + " (clusters/prod/web.yaml)\n\n" +
		"Fairlead-Update: " + update + "\nFairlead-Automation: e2e/NAMESPACE/fleet\n")
	if diff := cmp.Diff(wantMessage, message+"\n"); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	w.git("fsck", "--strict")

	// the status tells the same
	if got := ready(&status.ReconcileStatus); got != "True Succeeded: 1 place in 1 file on main as wanted" {
		t.Errorf("Ready is %q", got)
	}
	if len(status.History) != 1 || status.History[0].Commit != w.git("rev-parse", "main") || status.History[0].ChangeCount != 1 {
		t.Errorf("history is %+v", status.History)
	}
	w.eventually(10*time.Second, func() string {
		events := w.kubectl("", "-n", w.namespace, "get", "events.events.k8s.io", "-o", `jsonpath={range .items[*]}{.regarding.kind} {.reason} {.note}{"\n"}{end}`)
		for _, part := range []string{
			"ImagePolicy Selected " + w.expand("REGISTRY/NAMESPACE/web is chosen: 1.0.0 ("),
			"UpdateAutomation Succeeded " + w.expand("REGISTRY/NAMESPACE/web in 1 file by commit "),
		} {
			if !strings.Contains(events, part) {
				return fmt.Sprintf("no event says %q:\n%s", part, events)
			}
		}
		return ""
	})

	// another look writes nothing: ask for one, and see it answered
	w.kubectl("", "-n", w.namespace, "annotate", "uauto/fleet", v1alpha1.RequestedAtAnnotation+"=again")
	w.eventually(10*time.Second, func() string {
		if got := get(w, "fleet", &v1alpha1.UpdateAutomation{}).Status.LastHandledReconcileAt; got != "again" {
			return "the request is not answered"
		}
		return ""
	})
	if n := len(w.commits()); n != 2 {
		t.Errorf("%d commits, want the first and ours:\n%s", n, strings.Join(w.commits(), "\n"))
	}
}

func TestChain_followsNewTagsAndNeverGoesDown(t *testing.T) {
	t.Parallel()
	w := newChain(t)
	w.awaitPushed("1.0.0", "web:1.0.0")
	digest := w.awaitPushed("1.10.0", "web:1.10.0")
	w.push("web:1.9.0")
	w.push("web:not-a-version")
	w.eventually(20*time.Second, func() string {
		if n := get(w, "web", &v1alpha1.ImageRepository{}).Status.LastScan.TagCount; n != 4 {
			return fmt.Sprintf("%d tags seen, want 4", n)
		}
		return ""
	})
	// a tag that is pushed again is followed by its digest
	again, err := w.pusher.Push(t.Context(), w.namespace+"/web:1.10.0", newImage("rebuilt"))
	if err != nil {
		t.Fatal(err)
	}
	w.awaitImage("1.10.0", again)
	// a tag that is gone is not gone down from
	if err := w.pusher.Delete(t.Context(), w.namespace+"/web@"+again); err != nil {
		t.Fatal(err)
	}
	w.eventually(20*time.Second, func() string {
		pol := get(w, "web", &v1alpha1.ImagePolicy{})
		if got := ready(&pol.Status.ReconcileStatus); !strings.HasPrefix(got, "False DowngradeHeld") {
			return "the policy says " + got
		}
		return ""
	})
	w.awaitRest()
	if got := w.git("show", "main:clusters/prod/web.yaml"); !strings.Contains(got, "1.10.0@"+again) {
		t.Errorf("Git went away from %s and %s:\n%s", digest, again, got)
	}
}

// awaitPushed starts a controller if there is none, pushes ref and waits until Git holds it.
func (w *world) awaitPushed(tag, ref string) string {
	w.t.Helper()
	digest := w.push(ref)
	if w.controller == nil {
		w.start()
	}
	w.awaitImage(tag, digest)
	return digest
}

func TestChain_suspendStopsEveryKind(t *testing.T) {
	t.Parallel()
	w := newChain(t)
	w.awaitPushed("1.0.0", "web:1.0.0")
	w.awaitRest()

	suspend := func(kind, name string, on bool) {
		w.kubectl("", "-n", w.namespace, "patch", kind, name, "--type=merge", "-p", fmt.Sprintf(`{"spec":{"suspend":%v}}`, on))
	}
	w.kubectl("", "-n", w.namespace, "wait", "--for=condition=Ready", "uauto/fleet", "--timeout=20s")
	suspend("uauto", "fleet", true)
	w.eventually(10*time.Second, func() string {
		obj := get(w, "fleet", &v1alpha1.UpdateAutomation{})
		if obj.Status.ObservedGeneration != obj.Generation || !strings.HasPrefix(ready(&obj.Status.ReconcileStatus), "True Suspended") {
			return "not settled: " + ready(&obj.Status.ReconcileStatus)
		}
		return ""
	})
	digest := w.push("web:1.1.0")
	w.eventually(20*time.Second, func() string {
		if tag := get(w, "web", &v1alpha1.ImagePolicy{}).Status.Latest.Tag; tag != "1.1.0" {
			return "the policy is at " + tag
		}
		return ""
	})
	if n := len(w.commits()); n != 2 {
		t.Errorf("a suspended automation wrote: %v", w.commits())
	}

	suspend("ipol", "web", true) // its places are left alone even by an automation that runs
	w.eventually(10*time.Second, func() string {
		return unlessPrefix("True Suspended", ready(&get(w, "web", &v1alpha1.ImagePolicy{}).Status.ReconcileStatus))
	})
	suspend("uauto", "fleet", false)
	w.eventually(10*time.Second, func() string {
		return unlessPrefix("True Succeeded: 1 place in 1 file on main as wanted; 1 place unresolved", ready(&get(w, "fleet", &v1alpha1.UpdateAutomation{}).Status.ReconcileStatus))
	})
	if n := len(w.commits()); n != 2 {
		t.Errorf("the place of a suspended policy was written: %v", w.commits())
	}
	suspend("ipol", "web", false)
	w.awaitImage("1.1.0", digest)
}

func unlessPrefix(want, got string) string {
	if strings.HasPrefix(got, want) {
		return ""
	}
	return fmt.Sprintf("%q, want it to begin with %q", got, want)
}
