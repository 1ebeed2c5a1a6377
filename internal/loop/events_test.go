// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
)

func TestGather(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		in, want  []Event
	}{
		{"joins what the recorder would take for a repetition", "two images in one commit: the second would not be told",
			[]Event{Note(reason.Succeeded, "Push", "web: 1 → 2"), Note(reason.Succeeded, "Push", "api: 3 → 4")},
			[]Event{Note(reason.Succeeded, "Push", "web: 1 → 2; api: 3 → 4")}},
		{"keeps apart what differs in type, reason or action", "the recorder does too",
			[]Event{Note(reason.Succeeded, "Push", "a"), Note(reason.Succeeded, "Hold", "b"), Note(reason.Selected, "Push", "c"), Warning(reason.Succeeded, "Push", "d")},
			[]Event{Note(reason.Succeeded, "Push", "a"), Note(reason.Succeeded, "Hold", "b"), Note(reason.Selected, "Push", "c"), Warning(reason.Succeeded, "Push", "d")}},
		{"says the same once", "a repetition tells nothing",
			[]Event{Note(reason.Succeeded, "Push", "a"), Note(reason.Succeeded, "Push", "a")},
			[]Event{Note(reason.Succeeded, "Push", "a")}},
		{"keeps the order of the first of each", "events are read in order",
			[]Event{Note(reason.Succeeded, "Push", "a"), Warning(reason.ManualChange, "Hold", "b"), Note(reason.Succeeded, "Push", "c")},
			[]Event{Note(reason.Succeeded, "Push", "a; c"), Warning(reason.ManualChange, "Hold", "b")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			before := make([]Event, len(tc.in))
			copy(before, tc.in)
			if diff := cmp.Diff(tc.want, gather(tc.in)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			if diff := cmp.Diff(before, tc.in); diff != "" {
				t.Errorf("the argument changed (-want +got):\n%s", diff)
			}
		})
	}
}
