// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
)

// A figure is one number that was measured.
type figure struct {
	Of     string  `json:"of"`   // the measurement
	What   string  `json:"what"` // "CPU per minute"
	Value  float64 `json:"value"`
	Unit   string  `json:"unit,omitempty"`
	Target float64 `json:"target,omitempty"` // the value is to be at most that; zero: there is none, unless Zero
	Zero   bool    `json:"targetZero,omitempty"`
}

// verdict tells whether the target is reached.
func (f figure) verdict() string {
	switch {
	case f.Target == 0 && !f.Zero:
		return ""
	case f.Value <= f.Target:
		return "met"
	}
	return "missed"
}

func (f figure) target() string {
	if f.Target == 0 && !f.Zero {
		return ""
	}
	return strings.TrimSpace("≤ " + number(f.Target) + " " + f.Unit)
}

func (f figure) value() string { return strings.TrimSpace(number(f.Value) + " " + f.Unit) }

// number shows three digits that count.
func number(v float64) string {
	if v >= 1000 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// A machine is what was measured on, without its name.
type machine struct {
	CPUs       int    `json:"cpus"`
	System     string `json:"system"`
	Go         string `json:"go"`
	LoadBefore string `json:"loadBefore"` // averages of 1, 5 and 15 minutes
	LoadAfter  string `json:"loadAfter"`
}

func thisMachine() machine {
	return machine{CPUs: runtime.NumCPU(), System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), LoadBefore: loadAverage()}
}

// loadAverage returns how many processes wanted to run; more than there are CPUs spoils wall times.
func loadAverage() string {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	fields := strings.Fields(string(content))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

// A report is all figures of a run.
type report struct {
	Machine machine  `json:"machine"`
	Figures []figure `json:"figures"`
}

func (m machine) String() string {
	return fmt.Sprintf("%d CPUs, %s, %s; load average %s before, %s after", m.CPUs, m.System, m.Go, m.LoadBefore, m.LoadAfter)
}

// table prints the figures for people.
func (r report) table(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "%s\n\n", r.Machine) // Flush tells of errors
	for _, f := range r.Figures {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.Of, f.What, f.value(), f.target(), f.verdict())
	}
	return w.Flush()
}

// markdown returns the figures as a fragment of a page.
func (r report) markdown() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n| measurement | figure | measured | target | |\n|---|---|---|---|---|\n", r.Machine)
	for _, f := range r.Figures {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", f.Of, f.What, f.value(), f.target(), f.verdict())
	}
	return []byte(b.String())
}

// writeFile writes the figures in the form that the name asks for; without a name, nothing.
func (r report) writeFile(name string) error {
	if name == "" {
		return nil
	}
	content := r.markdown()
	if filepath.Ext(name) == ".json" {
		var err error
		if content, err = json.MarshalIndent(r, "", "  "); err != nil {
			return err
		}
		content = append(content, '\n')
	}
	return os.WriteFile(name, content, 0o644)
}
