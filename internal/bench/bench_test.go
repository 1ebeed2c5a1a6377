// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseUsage(t *testing.T) {
	t.Parallel()
	const rest = " S 1 10 10 0 -1 4194560 900 0 3 0 150 25 0 0 20 0 9 0 100 1000000 5000"
	const status = "Name:\tx\nVmHWM:\t  20000 kB\nVmRSS:\t  10000 kB\n"
	want := usage{cpu: 1.75, rss: 10.24, peak: 20.48}
	for _, tc := range []struct{ name, why, stat string }{
		{"reads the fourteenth and fifteenth field", "user and system time, in hundredths", "10 (fairlead)" + rest},
		{"is not led astray by the program's name", "a name may hold blanks and parentheses", "10 (a b) 1 2 (c)" + rest},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseUsage([]byte(tc.stat), []byte(status))
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%s: got %+v, want %+v", tc.why, got, want)
			}
		})
	}
	if got, err := parseUsage([]byte("10 (x) S 1"), []byte(status)); err == nil {
		t.Errorf("a short file gave %+v", got)
	}
	if got, err := parseUsage([]byte("10 (x)"+rest), []byte("VmRSS: 1 kB\n")); err == nil {
		t.Errorf("a status without a peak gave %+v", got)
	}
}

func TestCountWrites(t *testing.T) {
	t.Parallel()
	series := func(group, resource, verb, n string) string {
		return `apiserver_request_total{code="200",group="` + group + `",resource="` + resource + `",verb="` + verb + `"} ` + n + "\n"
	}
	for _, tc := range []struct {
		name, why, metrics string
		want               float64
	}{
		{"counts our objects", "every write of a status", series("fairlead.dev", "imagepolicies", "PATCH", "3") + series("fairlead.dev", "imagerepositories", "PUT", "4"), 7},
		{"counts events", "they are writes too", series("events.k8s.io", "events", "POST", "2") + series("", "events", "PATCH", "1"), 3},
		{"leaves reads out", "idle means no writes", series("fairlead.dev", "imagepolicies", "LIST", "9") + series("fairlead.dev", "imagepolicies", "WATCH", "9"), 0},
		{"leaves others' objects out", "a control plane renews leases of its own", series("coordination.k8s.io", "leases", "PUT", "9"), 0},
		{"leaves other metrics out", "durations have the same labels", "apiserver_request_duration_seconds_sum" + `{group="fairlead.dev",resource="x",verb="PATCH"} 5` + "\n", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := countWrites("# HELP x y\n" + tc.metrics)
			if err != nil || got != tc.want {
				t.Errorf("%s: got %v, %v, want %v", tc.why, got, err, tc.want)
			}
		})
	}
}

func TestParseBenchmarks_takesTheBestRun(t *testing.T) {
	t.Parallel()
	got := map[string]result{}
	parseBenchmarks(got, "goos: linux\n"+
		"BenchmarkSelect/1M \t 3\t 2000000000 ns/op\t 2000 ns/tag\t 4194304 B/op\t 7 allocs/op\n"+
		"BenchmarkSelect/1M \t 3\t 1500000000 ns/op\t 1500 ns/tag\t 2097152 B/op\t 7 allocs/op\n"+
		"BenchmarkSelect/1M \t 3\t 1800000000 ns/op\t 1800 ns/tag\t 4194304 B/op\t 7 allocs/op\nPASS\n")
	if diff := cmp.Diff(map[string]result{"BenchmarkSelect/1M": {seconds: 1.5, mib: 2}}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, why, args, want string }{
		{"takes all", "make bench names none", "", "latency idle scan git core"},
		{"keeps the order", "figures of two runs can be laid side by side", "core idle", "idle core"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			chosen, err := choose(strings.Fields(tc.args))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, m := range chosen {
				names = append(names, m.name)
			}
			if diff := cmp.Diff(tc.want, strings.Join(names, " ")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
	if _, err := choose([]string{"speed"}); !errors.Is(err, errUsage) {
		t.Errorf("an unknown name gave %v", err)
	}
}

func TestFigure(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		f         figure
		want      string
	}{
		{"meets its target exactly", "a target is the most that is allowed", figure{Value: 3, Unit: "s", Target: 3}, "3 s|≤ 3 s|met"},
		{"misses it", "the page says so", figure{Value: 0.512, Unit: "s", Target: 0.5}, "0.512 s|≤ 0.5 s|missed"},
		{"has none", "some figures only inform", figure{Value: 12345.6, Unit: "kB"}, "12346 kB||"},
		{"must be nothing", "zero is a target too where it is meant", figure{Value: 1, Zero: true}, "1|≤ 0|missed"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, tc.f.value()+"|"+tc.f.target()+"|"+tc.f.verdict()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}
