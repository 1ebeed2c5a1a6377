// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/cli"
	"github.com/fairlead-dev/fairlead/internal/fixture/vectors"
)

// A policyRow is one entry of policy.json, as far as the command line sees it.
type policyRow struct {
	Name, Why    string
	Policy       map[string]any
	Status       map[string]any
	SpecChanged  bool
	Now          string
	Tags         []string
	TagInfo      []struct{ Tag, Digest, Created, FirstSeen string }
	Unresolvable []string
	Expect       struct {
		Tag, Reason, Error string
		Digest             *string
		Candidate          map[string]string
		Rejected           map[string]int
	}
}

type selectAnswer struct {
	Tag, Digest, Reason string
	Candidate           map[string]string
	Considered          int
	Rejected            []struct {
		Reason   string
		Count    int
		Examples []string
	}
}

// run runs the command line.
func run(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = cli.Main(t.Context(), args, cli.Stdio{In: strings.NewReader(stdin), Out: &out, Err: &err})
	return code, out.String(), err.String()
}

func TestSelect_vectors(t *testing.T) {
	t.Parallel()
	data, err := vectors.FS.ReadFile("policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []policyRow
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, row := range rows {
		if row.Policy["platforms"] != nil || row.Unresolvable != nil {
			continue // needs a registry; run in package policy
		}
		ran++
		t.Run(row.Name, func(t *testing.T) {
			t.Parallel()
			row.check(t)
		})
	}
	if ran == 0 {
		t.Fatal("no rows")
	}
}

// document returns the row's ImagePolicy, and its tags as a list in some order.
func (r policyRow) document(t *testing.T) (policy, tags string) {
	t.Helper()
	r.Policy["imageRepositoryRef"] = map[string]any{"name": "web"}
	object := map[string]any{"apiVersion": "fairlead.dev/v1alpha1", "kind": "ImagePolicy",
		"metadata": map[string]any{"name": "web"}, "spec": r.Policy}
	if r.Status != nil {
		object["status"] = r.Status
	}
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	lines := append([]string{}, r.Tags...)
	for _, info := range r.TagInfo {
		lines = append(lines, strings.TrimRight(strings.Join([]string{info.Tag, info.Digest, info.Created, info.FirstSeen}, "\t"), "\t"))
	}
	rand.New(rand.NewPCG(uint64(len(lines)), 7)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	return string(text), strings.Join(lines, "\n")
}

func (r policyRow) check(t *testing.T) {
	policy, tags := r.document(t)
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte(policy), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"select", "-f", file, "--tags", "-", "-o", "json"}
	if r.Now != "" {
		args = append(args, "--now", r.Now)
	}
	if r.SpecChanged {
		args = append(args, "--spec-changed")
	}
	code, stdout, stderr := run(t, tags, args...)
	if r.Expect.Error != "" {
		if code != 1 || stdout != "" || !strings.Contains(stderr, r.Expect.Error) || strings.Count(stderr, "\n") != 1 {
			t.Fatalf("%s: exit %d, %q, %q", r.Why, code, stdout, stderr)
		}
		return
	}
	wantCode := map[string]int{"NoTagsMatch": 3, "NoEligibleTag": 3}[r.Expect.Reason]
	var got selectAnswer
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != wantCode {
		t.Fatalf("%s: exit %d, want %d; %v; %s%s", r.Why, code, wantCode, err, stdout, stderr)
	}
	r.compare(t, got)
}

func (r policyRow) compare(t *testing.T, got selectAnswer) {
	t.Helper()
	want := r.Expect
	if got.Tag != want.Tag || got.Reason != want.Reason || (want.Digest != nil && got.Digest != *want.Digest) {
		t.Errorf("%s: got %s %s %s", r.Why, got.Tag, got.Digest, got.Reason)
	}
	if (want.Candidate == nil) != (got.Candidate == nil) {
		t.Errorf("%s: candidate %v, want %v", r.Why, got.Candidate, want.Candidate)
	}
	for field, value := range want.Candidate {
		if got.Candidate[field] != value {
			t.Errorf("%s: candidate %v, want %v", r.Why, got.Candidate, want.Candidate)
		}
	}
	counts := map[string]int{}
	for _, lost := range got.Rejected {
		counts[lost.Reason] = lost.Count
	}
	for why, n := range want.Rejected {
		if counts[why] != n {
			t.Errorf("%s: lost %v, want %v", r.Why, counts, want.Rejected)
		}
	}
}

const onePolicy = `# what the team runs
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
---
apiVersion: fairlead.dev/v1alpha1
kind: ImagePolicy
metadata: {name: web}
spec:
  imageRepositoryRef: {name: web}
  policy: {semver: {range: 1.x}}
`

func TestSelect_prints(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tags")
	if err := os.WriteFile(file, []byte("main\r\n1.4.0\n\n1.4.1\tsha256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865\n2.0.0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := run(t, onePolicy, "select", "-f", "-", "--tags", file, "-o", "json")
	want := `{
  "tag": "1.4.1",
  "digest": "sha256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865",
  "reason": "Selected",
  "message": "the policy selects 1.4.1 (4355a46b19d3)",
  "considered": 4,
  "rejected": [
    {
      "reason": "NotSemver",
      "count": 1,
      "examples": [
        "main"
      ]
    },
    {
      "reason": "OutOfRange",
      "count": 1,
      "examples": [
        "2.0.0"
      ]
    }
  ]
}
`
	if diff := cmp.Diff(want, stdout); code != 0 || stderr != "" || diff != "" {
		t.Errorf("exit %d, %q (-want +got):\n%s", code, stderr, diff)
	}
	code, stdout, _ = run(t, onePolicy, "select", "-f", "-", "--tags", file)
	if code != 0 || !strings.HasPrefix(stdout, "Selected: the policy selects 1.4.1 (4355a46b19d3)\n") || !strings.Contains(stdout, "1 NotSemver        main\n") {
		t.Errorf("exit %d:\n%s", code, stdout)
	}
}

func TestSelect_refuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	policy, tags := filepath.Join(folder, "policy.yaml"), filepath.Join(folder, "tags")
	for file, text := range map[string]string{policy: onePolicy, tags: "1.0.0\n"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name, stdin string
		args        []string
		code        int
		says        string
	}{
		{"no flags", "", nil, 2, "-f and --tags are both needed"},
		{"both from standard input", "", []string{"-f", "-", "--tags", "-"}, 2, "cannot both be standard input"},
		{"an unknown output", "", []string{"-f", policy, "--tags", tags, "-o", "yaml"}, 2, "is not json"},
		{"a time that is none", "", []string{"-f", policy, "--tags", tags, "--now", "noon"}, 2, "--now"},
		{"an argument", "", []string{"x", "-f", policy, "--tags", tags}, 2, "unknown argument"},
		{"a file that is not there", "", []string{"-f", filepath.Join(folder, "none"), "--tags", tags}, 1, "no such file"},
		{"no ImagePolicy", "kind: Pod", []string{"-f", "-", "--tags", tags}, 1, "has no ImagePolicy"},
		{"two of them", onePolicy + "---\n" + onePolicy, []string{"-f", "-", "--tags", tags}, 1, "more than one"},
		{"no YAML", "a: [", []string{"-f", "-", "--tags", tags}, 1, "reading YAML"},
		{"a slip of the pen", strings.Replace(onePolicy, "semver", "semvar", 1), []string{"-f", "-", "--tags", tags}, 1, "InvalidPolicy"},
		{"a range that is none", strings.Replace(onePolicy, "1.x", "x1", 1), []string{"-f", "-", "--tags", tags}, 1, "InvalidPolicy: spec.policy.semver.range: "},
		{"a digest that is none", "1.0.0\tsha256:1", []string{"-f", policy, "--tags", "-"}, 1, "line 1: "},
		{"a date that is none", "\n1.0.0\t\tyesterday", []string{"-f", policy, "--tags", "-"}, 1, "line 2: created "},
		{"too many fields", "1\t\t\t\t\t\t", []string{"-f", policy, "--tags", "-"}, 1, "line 1: has 7 fields"},
		{"a line without a tag", "\tsha256:1", []string{"-f", policy, "--tags", "-"}, 1, "line 1: has no tag"},
		{"nothing that matches", "main", []string{"-f", policy, "--tags", "-"}, 3, ""},
		{"a pin that is not listed", "1.0.0", []string{"-f", "PINNED", "--tags", "-"}, 1, "resolving tag 9.9.9"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"select"}, tc.args...)
			for i := range args {
				if args[i] == "PINNED" {
					args[i] = filepath.Join(t.TempDir(), "pinned.yaml")
					if err := os.WriteFile(args[i], []byte(onePolicy+"  pin: {tag: 9.9.9}\n"), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			code, _, stderr := run(t, tc.stdin, args...)
			if code != tc.code || !strings.Contains(stderr, tc.says) || strings.Count(stderr, "\n") > 1 || (tc.says == "") != (stderr == "") {
				t.Errorf("exit %d, want %d; %q, want %q", code, tc.code, stderr, tc.says)
			}
		})
	}
}

// TestSelect_remembers: the status in the file is the state so far, clocks included.
func TestSelect_remembers(t *testing.T) {
	t.Parallel()
	const waiting = onePolicy + `  minAge: 24h
status:
  latest: {name: ghcr.io/acme/web, tag: 1.0.0, digest: "sha256:4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865", since: "2026-11-01T00:00:00Z"}
  observed:
  - {tag: 1.1.0, firstSeen: "2026-11-19T12:00:00Z"}
`
	file := filepath.Join(t.TempDir(), "tags")
	if err := os.WriteFile(file, []byte("1.0.0\n1.1.0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]string{"2026-11-20T11:59:59Z": "1.0.0", "2026-11-20T12:00:00Z": "1.1.0"} {
		_, stdout, stderr := run(t, waiting, "select", "-f", "-", "--tags", file, "--now", now, "-o", "json")
		var got selectAnswer
		if err := json.Unmarshal([]byte(stdout), &got); err != nil || got.Tag != want {
			t.Errorf("at %s: %v, %s%s, want %s", now, err, stdout, stderr, want)
		}
	}
}
