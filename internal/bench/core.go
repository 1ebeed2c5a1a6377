// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/tools/bindir"
)

// A coreBenchmark is a Go benchmark and what it is to reach.
type coreBenchmark struct {
	pack, name   string
	of           string
	seconds, mib float64 // targets; zero: none
}

func coreBenchmarks() []coreBenchmark {
	return []coreBenchmark{
		{"policy", "BenchmarkSelect/1M", "choosing among a million tags: filter, extract, range", 1, 150},
		{"policy", "BenchmarkSelect/1M/outOfRange", "the same, none in the range", 1, 150},
		{"policy", "BenchmarkSelect/1M/plain", "the same, no filter", 1, 150},
		{"plan", "BenchmarkFleet/cold,_all_move", "5,000 of 20,000 files found and edited", 1, 0},
		{"plan", "BenchmarkFleet/warm,_one_moves", "the same again, one policy moves", 0, 0},
	}
}

// core runs Go benchmarks of the pure packages, on one processor, so that wall time is CPU time. The best of several
// runs counts. With -editing-bytes it also plans on large folders, once each.
func core(ctx context.Context, b *bench) ([]figure, error) {
	root, err := bindir.Root(".")
	if err != nil {
		return nil, err
	}
	results := map[string]result{}
	for _, pack := range []struct{ name, pattern string }{{"policy", "^BenchmarkSelect$/^1M$"}, {"plan", "^BenchmarkFleet$"}} {
		cmd := exec.CommandContext(ctx, "go", "test", "-run=^$", "-bench="+pack.pattern, "-benchtime=3x", "-benchmem", "-cpu=1",
			"-count="+strconv.Itoa(b.rounds), "./internal/"+pack.name)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("go test: %w\n%s", err, out)
		}
		parseBenchmarks(results, string(out))
	}
	var figures []figure
	for _, c := range coreBenchmarks() {
		r, ok := results[c.name]
		if !ok {
			return nil, errors.New("go test ran no " + c.name)
		}
		of := "core, best of " + strconv.Itoa(b.rounds)
		figures = append(figures,
			figure{Of: of, What: c.of, Value: r.seconds, Unit: "s", Target: c.seconds},
			figure{Of: of, What: c.of + ": allocated", Value: r.mib, Unit: "MiB", Target: c.mib})
	}
	if b.editingBytes == 0 {
		return figures, nil
	}
	more, err := editing(ctx, b)
	return append(figures, more...), err
}

// A result is the best of the runs of a benchmark.
type result struct{ seconds, mib float64 }

// parseBenchmarks reads the lines of go test -bench.
func parseBenchmarks(into map[string]result, out string) {
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 3 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		var r result
		for i := 2; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			switch {
			case err != nil:
			case fields[i+1] == "ns/op":
				r.seconds = value / 1e9
			case fields[i+1] == "B/op":
				r.mib = value / (1 << 20)
			}
		}
		if old, ok := into[fields[0]]; !ok || r.seconds < old.seconds {
			into[fields[0]] = r
		}
	}
}
