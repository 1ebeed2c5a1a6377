// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/internal/taglist"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

func TestDecide(t *testing.T) {
	t.Parallel()
	steady := sighting{now: noon, interval: time.Hour, turn: noon.Add(-time.Hour), settled: true,
		scan: taglist.Scan{List: taglist.Of("1.0"), At: noon.Add(-20 * time.Minute)}, asked: "a", answered: "a"}
	for _, tc := range []struct {
		name, why string
		edit      func(*sighting)
		want      verdict
	}{
		{"rests until the interval is over", "scanning early buys nothing",
			func(*sighting) {}, verdict{next: 40 * time.Minute}},
		{"is not fooled by a clock that went back", "a large negative age would postpone the next scan",
			func(s *sighting) { s.scan.At = noon.Add(24 * time.Hour) }, verdict{next: time.Hour}},
		{"scans when the interval is over", "this is what the interval means",
			func(s *sighting) { s.scan.At = noon.Add(-time.Hour) }, verdict{scan: true, cause: intervalElapsed}},
		{"rests a moment before", "the limit is the interval itself",
			func(s *sighting) { s.scan.At = noon.Add(-time.Hour + 1) }, verdict{next: 1}},
		{"scans what it never saw", "there is nothing to choose from",
			func(s *sighting) { s.scan, s.settled = taglist.Scan{}, false }, verdict{scan: true, cause: neverScanned}},
		{"scans when a person asks", "whoever asks knows of something",
			func(s *sighting) { s.asked = "b" }, verdict{scan: true, cause: requested}},
		{"scans again after a failure, however young the list", "a requested scan that failed is not made up for by the list from before",
			func(s *sighting) { s.failed = true }, verdict{scan: true, cause: failedBefore}},
		{"takes its turn after a start that found no list", "a thousand objects would otherwise scan at once",
			func(s *sighting) { s.scan, s.turn = taglist.Scan{}, noon.Add(7*time.Second) }, verdict{next: 7 * time.Second}},
		{"scans when its turn has come", "the spread ends",
			func(s *sighting) { s.scan, s.turn = taglist.Scan{}, noon }, verdict{scan: true, cause: neverScanned}},
		{"puts an edited object before the others", "somebody waits for it",
			func(s *sighting) { s.scan, s.turn, s.settled = taglist.Scan{}, noon.Add(7*time.Second), false }, verdict{scan: true, cause: neverScanned}},
		{"puts a failed object before the others", "it is known to need a look",
			func(s *sighting) { s.scan, s.turn, s.failed = taglist.Scan{}, noon.Add(7*time.Second), true }, verdict{scan: true, cause: failedBefore}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := steady
			tc.edit(&s)
			if diff := cmp.Diff(tc.want, decide(s), cmp.AllowUnexported(verdict{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestJittered(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		interval := time.Duration(rapid.Int64Range(int64(time.Second), 1<<63-1).Draw(t, "interval"))
		uid := rapid.String().Draw(t, "uid")
		got := jittered(interval, uid)
		if got > interval || got < interval-interval/10 {
			t.Fatalf("an interval of %v became %v", interval, got)
		}
		if again := jittered(interval, uid); again != got {
			t.Fatalf("%v, then %v: an object does not keep its beat", got, again)
		}
		at := turn(noon, interval, uid)
		if at.Before(noon) || at.Sub(noon) >= min(interval, 30*time.Second) {
			t.Fatalf("the first scan waits until %v after the start", at.Sub(noon))
		}
	})
}

func TestTurn_spreadsObjects(t *testing.T) {
	t.Parallel()
	seconds := map[int]int{}
	for i := range 3000 {
		seconds[int(turn(noon, time.Hour, fmt.Sprint("uid-", i)).Sub(noon)/time.Second)]++
	}
	for second := range 30 {
		if n := seconds[second]; n < 50 || n > 200 {
			t.Errorf("second %d has %d of 3000 first scans, want about 100", second, n)
		}
	}
}
