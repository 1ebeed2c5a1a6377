// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

var (
	noon    = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	morning = metav1.NewTime(noon.Add(-4 * time.Hour))
)

// brief is what a reader of conditions looks at first.
func brief(conditions []metav1.Condition) []string {
	out := []string{}
	for _, c := range conditions {
		line := c.Type + "=" + string(c.Status) + " " + c.Reason + ": " + c.Message
		if c.LastTransitionTime.Equal(&morning) {
			line += " (as before)"
		}
		out = append(out, line)
	}
	return out
}

func TestConditions(t *testing.T) {
	t.Parallel()
	ready := []metav1.Condition{{Type: "Ready", Status: metav1.ConditionTrue, Reason: "Succeeded", Message: "fine", LastTransitionTime: morning}}
	cause := errors.New("listing tags of a/b: 503 Service Unavailable")
	for _, tc := range []struct {
		name, why string
		outcome   Outcome
		err       error
		want      []string
	}{
		{"is ready when all went well", "kstatus takes Ready alone for Current", Outcome{Message: "412 tags"}, nil,
			[]string{"Ready=True Succeeded: 412 tags (as before)"}},
		{"is ready for what a person asked for", "a freeze is no fault", Outcome{Reason: reason.Frozen, Message: "frozen"}, nil,
			[]string{"Ready=True Frozen: frozen (as before)"}},
		{"retries what may pass", "an outage mends itself", Outcome{}, fault.Retry(reason.ScanFailed, cause),
			[]string{"Ready=False ScanFailed: " + cause.Error(), "Reconciling=True ProgressingWithRetry: " + cause.Error()}},
		{"waits for something else", "a wrong password is not mended by trying again", Outcome{}, fault.Wait(reason.AuthenticationFailed, cause),
			[]string{"Ready=False AuthenticationFailed: " + cause.Error(), "Reconciling=True AuthenticationFailed: " + cause.Error()}},
		{"stalls for a person", "only an edit helps", Outcome{}, fault.Stall(reason.InvalidImage, cause),
			[]string{"Ready=False InvalidImage: " + cause.Error(), "Stalled=True InvalidImage: " + cause.Error()}},
		{"retries what nobody classified", "an unknown fault must not stall an object", Outcome{}, cause,
			[]string{"Ready=False InternalError: " + cause.Error(), "Reconciling=True ProgressingWithRetry: " + cause.Error()}},
		{"keeps a long text within the limit", "a server's answer may be long", Outcome{}, fault.Stall(reason.InvalidSpec, errors.New(strings.Repeat("x", 2000))),
			[]string{"Ready=False InvalidSpec: " + strings.Repeat("x", fault.MaxLine-3) + "…", "Stalled=True InvalidSpec: " + strings.Repeat("x", fault.MaxLine-3) + "…"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := conditions(ready, 7, noon, tc.outcome, fault.Of(tc.err))
			if diff := cmp.Diff(tc.want, brief(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			for _, c := range got {
				if c.ObservedGeneration != 7 {
					t.Errorf("%s is about generation %d", c.Type, c.ObservedGeneration)
				}
			}
		})
	}
}

func TestSuspendedConditions(t *testing.T) {
	t.Parallel()
	condition := func(kind string, status metav1.ConditionStatus, why, message string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, Reason: why, Message: message, LastTransitionTime: morning}
	}
	const kept = "spec.suspend is true; the last run ended with ScanFailed: 503"
	for _, tc := range []struct {
		name, why    string
		before, want []metav1.Condition
	}{
		{"settles an object that never ran", "kubectl wait must not hang", nil,
			[]metav1.Condition{condition("Ready", metav1.ConditionTrue, "Suspended", suspendedText)}},
		{"keeps a ready one ready", "nothing is broken",
			[]metav1.Condition{condition("Ready", metav1.ConditionTrue, "Succeeded", "fine")},
			[]metav1.Condition{condition("Ready", metav1.ConditionTrue, "Suspended", suspendedText)}},
		{"settles a failed one as stalled", "Reconciling would make waiters hang, and Ready would lie",
			[]metav1.Condition{condition("Ready", metav1.ConditionFalse, "ScanFailed", "503"), condition("Reconciling", metav1.ConditionTrue, "ProgressingWithRetry", "503")},
			[]metav1.Condition{condition("Ready", metav1.ConditionFalse, "Suspended", kept), condition("Stalled", metav1.ConditionTrue, "Suspended", kept)}},
		{"says the same at every look", "status is written only when something changed",
			[]metav1.Condition{condition("Ready", metav1.ConditionFalse, "Suspended", kept), condition("Stalled", metav1.ConditionTrue, "Suspended", kept)},
			[]metav1.Condition{condition("Ready", metav1.ConditionFalse, "Suspended", kept), condition("Stalled", metav1.ConditionTrue, "Suspended", kept)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := suspendedConditions(tc.before, 0, noon)
			for i := range got {
				if find(tc.before, got[i].Type) == nil {
					got[i].LastTransitionTime = morning // a new condition is as old as now; that is not what this is about
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	var r retries
	name := key("web")
	for i, most := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
		if got := r.next(name, "1", 0); got < most/2 || got > most {
			t.Errorf("failure %d waits %v, want between %v and %v", i+1, got, most/2, most)
		}
	}
	for range 100 {
		r.next(name, "1", 0)
	}
	if got := r.next(name, "1", 0); got > longestRetry || got < longestRetry/2 {
		t.Errorf("the hundredth failure waits %v, want about %v", got, longestRetry)
	}
	if got := r.next(name, "1", time.Minute); got > time.Minute {
		t.Errorf("waits %v, past the interval of a minute", got)
	}
	if got := r.next(name, "2", 0); got > time.Second {
		t.Errorf("a changed object waits %v, want a fresh start", got)
	}
}
