// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/spec"
)

func TestBatchWait(t *testing.T) {
	t.Parallel()
	wanted := func(name string, since time.Time) spec.Wanted {
		return spec.Wanted{Plan: plan.Policy{Name: site.Policy{Namespace: "shop", Name: name}}, Since: since}
	}
	change := func(name string) plan.Change { return plan.Change{Policy: site.Policy{Namespace: "shop", Name: name}} }
	for _, tc := range []struct {
		name, why string
		window    time.Duration
		asked     bool
		web, api  time.Time // when they were chosen
		changes   []plan.Change
		want      time.Duration
	}{
		{"waits out the window of a fresh choice", "others may follow", 5 * time.Second, false, noon, noon.Add(-time.Hour),
			[]plan.Change{change("web")}, 5 * time.Second},
		{"counts from the first choice that is to be written", "a window that slides may never end", 5 * time.Second, false, noon.Add(-4 * time.Second), noon,
			[]plan.Change{change("web"), change("api")}, time.Second},
		{"does not count what is in Git already", "that was another batch", 5 * time.Second, false, noon.Add(-4 * time.Second), noon,
			[]plan.Change{change("api")}, 5 * time.Second},
		{"writes an old choice at once", "a hold that ended waits for nobody", 5 * time.Second, false, noon.Add(-time.Hour), noon,
			[]plan.Change{change("web"), change("api")}, 0},
		{"writes at once without a window", "0s means at once", 0, false, noon, noon, []plan.Change{change("web")}, 0},
		{"writes at once when asked", "a person waits", 5 * time.Second, true, noon, noon, []plan.Change{change("web")}, 0},
		{"waits no longer than the window for a choice of the future", "clocks differ", 5 * time.Second, false, noon.Add(time.Hour), noon.Add(time.Hour),
			[]plan.Change{change("web")}, 5 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := sighting{now: noon, asked: tc.asked, auto: spec.Automation{BatchWindow: tc.window}, wanted: []spec.Wanted{wanted("web", tc.web), wanted("api", tc.api)}}
			if got := batchWait(s, tc.changes); got != tc.want {
				t.Errorf("%s: waits %v, want %v", tc.why, got, tc.want)
			}
		})
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	var r requests
	if r.open(fleet, "", "") || r.open(fleet, "1", "1") || !r.open(fleet, "2", "1") {
		t.Error("a token is open exactly when it is not the one handled")
	}
	r.note(fleet, "2", "1")
	if !r.open(fleet, "2", "2") || r.open(fleet, "3", "3") {
		t.Error("a token that was noted stays open, and no other")
	}
	r.answered(fleet)
	if r.open(fleet, "2", "2") {
		t.Error("an answered request is open")
	}
}
