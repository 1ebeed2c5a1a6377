// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/spec"
)

// selectOptions are the flags of "fairlead select".
type selectOptions struct {
	file, tags, now, output string
	specChanged             bool
}

func newSelect() *cobra.Command {
	var o selectOptions
	cmd := &cobra.Command{
		Use:   "select -f POLICY.yaml --tags FILE",
		Short: "Try an ImagePolicy on a list of tags",
		Long: "Evaluates one ImagePolicy on a list of tags, as the controller would, without cluster and network.\n" +
			"The status in the file, if there is one, is the state so far. The list has a tag on each line, optionally\n" +
			"followed by tab-separated digest, created, firstSeen, pushed (RFC 3339) and platforms (comma-separated);\n" +
			"what is empty is unknown.\n\n" +
			"Exit code 3 says that nothing is selected.",
		Example: "  fairlead select -f policy.yaml --tags tags.txt --now 2026-11-20T12:00:00Z",
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "filename", "f", "", "file with the ImagePolicy; - is standard input")
	f.StringVar(&o.tags, "tags", "", "file with the tags; - is standard input")
	f.StringVar(&o.now, "now", "", "evaluate as of this time (RFC 3339; default: now)")
	f.BoolVar(&o.specChanged, "spec-changed", false, "the spec was edited since status.latest was chosen")
	f.StringVarP(&o.output, "output", "o", "", "json, or nothing for text")
	return cmd
}

func (o selectOptions) run(cmd *cobra.Command) error {
	now, err := o.check()
	if err != nil {
		return err
	}
	pol, err := read(cmd, o.file, readPolicy)
	if err != nil {
		return err
	}
	rules, err := spec.NewPolicy(pol)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", o.file, reason.InvalidPolicy, err)
	}
	state, err := spec.State(pol.Status)
	if err != nil {
		return fmt.Errorf("%s: %w", o.file, err)
	}
	list, err := read(cmd, o.tags, readTagRows)
	if err != nil {
		return err
	}
	d := list.choose(rules, state, o.specChanged, now)
	if err := o.print(cmd.OutOrStdout(), d); err != nil {
		return err
	}
	return outcomeOf(d)
}

// check looks at the flags themselves and returns the time of the evaluation.
func (o selectOptions) check() (time.Time, error) {
	switch {
	case o.file == "" || o.tags == "":
		return time.Time{}, usageError{fmt.Errorf("-f and --tags are both needed")}
	case o.file == "-" && o.tags == "-":
		return time.Time{}, usageError{fmt.Errorf("-f and --tags cannot both be standard input")}
	case o.output != "" && o.output != "json":
		return time.Time{}, usageError{fmt.Errorf("-o %q is not json", o.output)}
	case o.now == "":
		return time.Now(), nil
	}
	now, err := time.Parse(time.RFC3339, o.now)
	if err != nil {
		return time.Time{}, usageError{fmt.Errorf("--now %q is not a time such as 2026-11-20T12:00:00Z", o.now)}
	}
	return now, nil
}

// read opens a file, or standard input, and reads it.
func read[T any](cmd *cobra.Command, name string, parse func(io.Reader) (T, error)) (T, error) {
	in := cmd.InOrStdin()
	if name != "-" {
		file, err := os.Open(name) // #nosec G304 -- the file that the user names
		if err != nil {
			var none T
			return none, err
		}
		defer func() { _ = file.Close() }() // it was only read
		in = file
	}
	value, err := parse(in)
	if err != nil {
		return value, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}

// outcomeOf turns a decision into an error that carries the exit code, nil when an image is selected.
func outcomeOf(d policy.Decision) error {
	switch d.Reason {
	case reason.NoTagsMatch, reason.NoEligibleTag, reason.PlatformMissing:
		return errNothing
	case reason.DigestFailed:
		return d.Err
	}
	return nil
}

// choose evaluates rules on the list. What the list does not say stays unknown; there is nobody to ask.
func (l tagRows) choose(rules *policy.Policy, state policy.State, specChanged bool, now time.Time) policy.Decision {
	state.Observed = append(state.Observed, l.observed...)
	name := state.Latest.Name
	if state.ObservedName != (image.Name{}) {
		name = state.ObservedName
	}
	in := policy.Input{
		Ranking: policy.Rank(rules, l.list), Name: name, State: state, SpecChanged: specChanged,
		Added: l.unseen, Now: now,
		Facts: policy.Facts{Tags: map[string]policy.TagFact{}, Images: map[image.Digest]policy.ImageFact{}},
	}
	for {
		questions := policy.Need(in)
		if len(questions) == 0 {
			return policy.Select(in)
		}
		for _, q := range questions {
			if q.Tag != "" {
				in.Facts.Tags[q.Tag] = l.tag(q.Tag)
				continue
			}
			fact := l.images[q.Digest]
			fact.Described = true
			in.Facts.Images[q.Digest] = fact
		}
	}
}

// A selected is what "fairlead select -o json" prints.
type selected struct {
	Tag        string             `json:"tag"`
	Digest     image.Digest       `json:"digest"`
	Reason     reason.Reason      `json:"reason"`
	Message    string             `json:"message"`
	Candidate  *selectedCandidate `json:"candidate,omitempty"`
	Considered int                `json:"considered"`
	Rejected   []selectedLost     `json:"rejected"`
}

type selectedCandidate struct {
	Tag        string        `json:"tag"`
	Digest     image.Digest  `json:"digest,omitempty"`
	Reason     reason.Reason `json:"reason"`
	FirstSeen  time.Time     `json:"firstSeen,omitzero"`
	EligibleAt time.Time     `json:"eligibleAt,omitzero"`
}

type selectedLost struct {
	Reason   reason.Reason `json:"reason"`
	Count    int           `json:"count"`
	Examples []string      `json:"examples,omitempty"`
}

func (o selectOptions) print(w io.Writer, d policy.Decision) error {
	if o.output == "json" {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(newSelected(d))
	}
	return printText(w, d)
}

// printText says in words what was decided, and why the other tags lost.
func printText(w io.Writer, d policy.Decision) error {
	text := strings.Builder{}
	fmt.Fprintf(&text, "%s: %s\n", d.Reason, d.Message)
	for _, l := range d.Selection.Rejected {
		fmt.Fprintf(&text, "  %7d %-16s %s\n", l.Count, l.Reason, strings.Join(l.Examples, " "))
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func newSelected(d policy.Decision) selected {
	s := selected{Tag: d.State.Latest.Tag, Digest: d.State.Latest.Digest, Reason: d.Reason, Message: d.Message,
		Considered: d.Selection.Considered, Rejected: []selectedLost{}}
	if c := d.State.Candidate; c != nil {
		s.Candidate = &selectedCandidate{Tag: c.Tag, Digest: c.Digest, Reason: c.Reason,
			FirstSeen: c.FirstSeen.UTC(), EligibleAt: c.EligibleAt.UTC()}
	}
	for _, l := range d.Selection.Rejected {
		s.Rejected = append(s.Rejected, selectedLost(l))
	}
	return s
}
