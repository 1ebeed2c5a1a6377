// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

func TestOf(t *testing.T) {
	t.Parallel()
	cause := errors.New("429 Too Many Requests")
	for _, tc := range []struct {
		name, why string
		err       error
		want      fault.Error
	}{
		{"retries what nobody classified", "an unknown fault must not stall an object",
			cause, fault.Error{Class: fault.Transient}},
		{"sees through wrapping", "each layer adds the operation and the object",
			fmt.Errorf("listing tags of a/b: %w", fault.RetryAfter(reason.RateLimited, time.Minute, cause)),
			fault.Error{Class: fault.Transient, Reason: reason.RateLimited, After: time.Minute}},
		{"lets the outermost classification win", "a caller who knows more may classify again",
			fault.Wait(reason.RepositoryNotReady, fault.Stall(reason.InvalidSpec, cause)),
			fault.Error{Class: fault.Waiting, Reason: reason.RepositoryNotReady}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := fault.Of(tc.err)
			if got.Class != tc.want.Class || got.Reason != tc.want.Reason || got.After != tc.want.After {
				t.Errorf("%s: got %v %q %v, want %v %q %v", tc.why,
					got.Class, got.Reason, got.After, tc.want.Class, tc.want.Reason, tc.want.After)
			}
			if got.Error() != tc.err.Error() {
				t.Errorf("text %q, want the full text %q", got.Error(), tc.err.Error())
			}
			if !errors.Is(got, cause) {
				t.Error("the cause is lost")
			}
		})
	}
	if fault.Of(nil) != nil {
		t.Error("no error became a fault")
	}
}
