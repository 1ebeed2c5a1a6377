// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// awaitHeld waits until the automation holds tag, and returns the entry.
func (w *world) awaitHeld(tag string) v1alpha1.HeldImage {
	w.t.Helper()
	var found v1alpha1.HeldImage
	w.eventually(30*time.Second, func() string {
		held := get(w, "fleet", &v1alpha1.UpdateAutomation{}).Status.Held
		for _, h := range held {
			if h.Tag == tag {
				found = h
				return ""
			}
		}
		return fmt.Sprintf("%s is not held: %+v", tag, held)
	})
	return found
}

func TestHold_aRevertIsRespectedUntilSomethingNewer(t *testing.T) {
	t.Parallel()
	w := newChain(t)
	first := w.awaitPushed("1.0.0", "web:1.0.0")
	second := w.awaitPushed("1.1.0", "web:1.1.0")
	w.awaitRest()
	w.revert()
	held := w.awaitHeld("1.1.0")
	if held.Digest != second || held.By != "Ann" || held.Commit != w.git("rev-parse", "main") || held.File != "clusters/prod/web.yaml" || held.Reason != "ManualChange" {
		t.Errorf("held is %+v, want the digest %s and Ann's commit", held, second)
	}
	w.awaitRest()
	if content := w.git("show", "main:clusters/prod/web.yaml"); !strings.Contains(content, "1.0.0@"+first) {
		t.Errorf("the revert is undone:\n%s", content)
	}
	if n := len(w.commits()); n != 4 {
		t.Errorf("%d commits, want 4: %v", n, w.commits())
	}
	third := w.push("web:1.2.0")
	w.awaitImage("1.2.0", third)
	w.eventually(10*time.Second, func() string {
		if held := get(w, "fleet", &v1alpha1.UpdateAutomation{}).Status.Held; len(held) != 0 {
			return fmt.Sprintf("still held: %+v", held)
		}
		return ""
	})
}

func TestHold_aRevertWhileTheControllerWasDownIsRespected(t *testing.T) {
	t.Parallel()
	w := newChain(t)
	w.awaitPushed("1.0.0", "web:1.0.0")
	w.awaitPushed("1.1.0", "web:1.1.0")
	w.awaitRest()
	w.controller.stop(t)
	w.revert()
	w.start()
	w.awaitHeld("1.1.0")
	w.awaitRest()
	if n := len(w.commits()); n != 4 {
		t.Errorf("%d commits, want 4: %v", n, w.commits())
	}

	// a person asks for it after all
	w.kubectl("", "-n", w.namespace, "annotate", "uauto/fleet", v1alpha1.RetryAnnotation+"=web", v1alpha1.RequestedAtAnnotation+"=now")
	w.eventually(20*time.Second, func() string {
		if content := w.git("show", "main:clusters/prod/web.yaml"); !strings.Contains(content, ":1.1.0@") {
			return "a retry did not put 1.1.0 back"
		}
		return ""
	})
}

func TestHold_overwritePutsBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"clusters/prod/web.yaml": web})
	w.apply(strings.Replace(chain, "  batchWindow: 0s\n", "  batchWindow: 0s\n  onManualChange: Overwrite\n", 1))
	w.awaitPushed("1.0.0", "web:1.0.0")
	digest := w.awaitPushed("1.1.0", "web:1.1.0")
	w.awaitRest()
	w.revert()
	w.eventually(30*time.Second, func() string {
		if n := len(w.commits()); n != 5 {
			return fmt.Sprintf("%d commits, want 5", n)
		}
		return ""
	})
	w.awaitImage("1.1.0", digest)
}
