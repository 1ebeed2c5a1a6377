// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/hold"
	"github.com/fairlead-dev/fairlead/internal/plan"
)

func TestSentence(t *testing.T) {
	t.Parallel()
	var s sighting
	s.head.Branch = "main"
	for _, tc := range []struct {
		name, why string
		todo      verdict
		done      deed
		want      string
	}{
		{"says that all is as wanted", "the usual case", verdict{plan: plan.Plan{Sites: 3, SiteFiles: 2}}, deed{},
			"3 places in 2 files on main as wanted"},
		{"does not call a held image as wanted", "the policy wants another one", verdict{plan: plan.Plan{Sites: 1, SiteFiles: 1}, holds: hold.Result{Holds: make([]hold.Hold, 1)}}, deed{},
			"1 place in 1 file on main; 1 image held"},
		{"counts what nobody understood apart", "the other places are as wanted", verdict{plan: plan.Plan{Sites: 2, SiteFiles: 1, Unresolved: make([]plan.Unresolved, 2)}}, deed{},
			"2 places in 1 file on main as wanted; 2 places unresolved"},
		{"tells of a batch that is open", "the commit is still to come", verdict{plan: plan.Plan{Sites: 1, SiteFiles: 1, Changes: make([]plan.Change, 2)}, wait: time.Second}, deed{},
			"1 place in 1 file on main; 2 changes in a batch"},
		{"tells why nothing was pushed", "a person stopped it in time", verdict{plan: plan.Plan{Sites: 1, SiteFiles: 1}}, deed{stopped: true},
			"1 place in 1 file on main; the object changed during the run, and nothing was pushed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := sentence(s, tc.todo, tc.done); got != tc.want {
				t.Errorf("%s: got %q, want %q", tc.why, got, tc.want)
			}
		})
	}
}
