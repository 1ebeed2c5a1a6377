// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
	"time"
)

// Killed after any step of a write, and started again, the controller writes exactly one commit.
func TestCrash_oneCommitWhateverTheStep(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"after-build", "after-intent", "before-push", "after-push"} {
		for _, meanwhile := range []string{"nothing", "a person pushes"} {
			t.Run(step+", "+meanwhile, func(t *testing.T) {
				t.Parallel()
				w := newChain(t)
				digest := w.push("web:1.0.0")
				w.start("FAILPOINT=" + step)
				select {
				case <-w.controller.done:
				case <-time.After(60 * time.Second):
					t.Fatalf("the controller did not come to %s:\n%s", step, w.controller.log())
				}
				if meanwhile == "a person pushes" {
					w.commit("a person's work", map[string]string{"README.md": "changed\n"})
				}
				w.start()
				w.awaitImage("1.0.0", digest)
				w.awaitRest()
				ours := 0
				for _, subject := range w.commits() {
					if strings.HasPrefix(subject, "Update ") {
						ours++
					}
				}
				if ours != 1 {
					t.Errorf("%d commits of ours, want one: %v", ours, w.commits())
				}
				if meanwhile == "a person pushes" && w.git("show", "main:README.md") != "changed" {
					t.Error("the person's work is lost")
				}
				w.git("fsck", "--strict")
			})
		}
	}
}
