// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// writes returns how many writes of our objects and of events the API server has answered, by its own metrics: a
// patch that changes nothing counts as well.
func (r *rig) writes(ctx context.Context) (float64, error) {
	metrics, err := r.kubectl(ctx, "", "get", "--raw", "/metrics")
	if err != nil {
		return 0, err
	}
	return countWrites(metrics)
}

var label = regexp.MustCompile(`(\w+)="([^"]*)"`)

// countWrites adds up apiserver_request_total of writing verbs.
func countWrites(metrics string) (float64, error) {
	total := 0.0
	for line := range strings.Lines(metrics) {
		series, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		if !ok || !strings.HasPrefix(series, "apiserver_request_total{") {
			continue
		}
		labels := map[string]string{}
		for _, pair := range label.FindAllStringSubmatch(series, -1) {
			labels[pair[1]] = pair[2]
		}
		if labels["group"] != "fairlead.dev" && labels["resource"] != "events" {
			continue
		}
		switch labels["verb"] {
		case "POST", "PUT", "PATCH", "APPLY", "DELETE":
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return 0, fmt.Errorf("reading the metrics of the API server: %w", err)
			}
			total += n
		}
	}
	return total, nil
}
