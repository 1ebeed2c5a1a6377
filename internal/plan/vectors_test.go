// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/internal/edit"
	"github.com/fairlead-dev/fairlead/internal/fixture/vectors"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// A vector is one row of the editing vectors.
type vector struct {
	Comment, Images string
	Args            []string
	Files, Want     map[string][]byte
	Changes         []change
	Unresolved      []map[string]any // nil: not compared
}

type change struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Policy string `json:"policy"`
	Part   string `json:"part"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// readVectors returns the rows whose strategy is in the table, by name.
func readVectors(tb testing.TB) map[string]vector {
	tb.Helper()
	rows := map[string]vector{}
	names, err := fs.Glob(vectors.FS, "editing/*")
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range names {
		data, err := vectors.FS.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		v := vector{Files: map[string][]byte{}, Want: map[string][]byte{}}
		if path.Ext(name) == ".json" {
			if err := json.Unmarshal(data, &v); err != nil {
				tb.Fatalf("%s: %v", name, err)
			}
		} else {
			v.readArchive(tb, name, txtar.Parse(data))
		}
		if _, known := plan.StrategyNamed(v.strategy()); known {
			rows[path.Base(name)] = v
		}
	}
	return rows
}

func (v *vector) readArchive(tb testing.TB, name string, archive *txtar.Archive) {
	tb.Helper()
	v.Comment = string(archive.Comment)
	for _, f := range archive.Files {
		wanted, isWanted := strings.CutPrefix(f.Name, "want/")
		switch {
		case f.Name == "images.yaml":
			v.Images = string(f.Data)
		case f.Name == "args":
			v.Args = strings.Fields(string(f.Data))
		case f.Name == "want/changes.json":
			if err := json.Unmarshal(f.Data, v); err != nil {
				tb.Fatalf("%s: %v", name, err)
			}
		case isWanted:
			v.Want[wanted] = f.Data
		default:
			v.Files[f.Name] = f.Data
		}
	}
}

func (v vector) flag(name, otherwise string) []string {
	var values []string
	for _, arg := range v.Args {
		if value, ok := strings.CutPrefix(arg, "--"+name+"="); ok {
			values = append(values, value)
		}
	}
	if len(values) == 0 && otherwise != "" {
		values = []string{otherwise}
	}
	return values
}

func (v vector) strategy() string { return v.flag("strategy", "Markers")[0] }

// policies reads the images as the command line does.
func (v vector) policies(tb testing.TB) []plan.Policy {
	tb.Helper()
	var policies []plan.Policy
	for doc := range strings.SplitSeq(v.Images, "---\n") {
		var short struct {
			Policy, Image string
			Metadata      struct{ Name, Namespace string }
			Spec          struct{ Suspend bool }
			Status        struct {
				Latest struct{ Name, Tag, Digest string }
			}
		}
		if err := yaml.Unmarshal([]byte(doc), &short); err != nil {
			tb.Fatal(err)
		}
		p := plan.Policy{Name: site.Policy{Namespace: short.Metadata.Namespace, Name: short.Metadata.Name}, Suspended: short.Spec.Suspend}
		text := short.Image
		if latest := short.Status.Latest; latest.Name != "" {
			text = latest.Name + image.Suffix(latest.Tag, image.Digest(latest.Digest))
		}
		if short.Policy != "" {
			p.Name.Namespace, p.Name.Name, _ = strings.Cut(short.Policy, "/")
		}
		if text != "" {
			ref, err := image.Parse(text)
			if err != nil {
				tb.Fatal(err)
			}
			p.Latest = ref
			p.Spelling, _, _ = image.Split(text)
		}
		policies = append(policies, p)
	}
	return policies
}

// run plans the row's change of files.
func (v vector) run(tb testing.TB, files memoryTree) plan.Plan {
	tb.Helper()
	strategy, _ := plan.StrategyNamed(v.strategy())
	found, err := site.Scan(files, nil, site.Selection{Path: v.flag("path", ".")[0], Include: v.flag("include", ""),
		Exclude: v.flag("exclude", ""), Strategy: strategy})
	if err != nil {
		tb.Fatal(err)
	}
	p, err := plan.New(plan.Input{Files: found.Files, Policies: v.policies(tb),
		Read: func(e site.Entry) ([]byte, error) { return files.Read(e, site.MaxFileBytes) }})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func texts(files map[string][]byte) memoryTree {
	tree := memoryTree{}
	for name, content := range files {
		tree[name] = string(content)
	}
	return tree
}

func apply(files memoryTree, p plan.Plan) memoryTree {
	out := maps.Clone(files)
	for _, f := range p.Files {
		out[f.Entry.Path] = string(f.Content)
	}
	return out
}

func TestNew_vectors(t *testing.T) {
	t.Parallel()
	for name, v := range readVectors(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := texts(v.Files)
			p := v.run(t, before)
			want := maps.Clone(before)
			maps.Copy(want, texts(v.Want))
			if diff := cmp.Diff(want, apply(before, p)); diff != "" {
				t.Errorf("%s files (-want +got):\n%s", v.Comment, diff)
			}
			got := []change{}
			for _, c := range p.Changes {
				got = append(got, change{c.File, c.Line, c.Policy.String(), string(c.Part), c.From, c.To})
			}
			if diff := cmp.Diff(append([]change{}, v.Changes...), got); diff != "" {
				t.Errorf("%s changes (-want +got):\n%s", v.Comment, diff)
			}
			compareUnresolved(t, v, p)
			checkAgain(t, v, before, p)
		})
	}
}

// compareUnresolved compares of each entry the fields the row gives.
func compareUnresolved(t *testing.T, v vector, p plan.Plan) {
	t.Helper()
	if v.Unresolved == nil {
		return
	}
	got := []map[string]any{}
	for i, u := range p.Unresolved {
		all := map[string]any{"file": u.File, "line": float64(u.Line), "reason": string(u.Reason), "text": u.Text}
		if i < len(v.Unresolved) {
			maps.DeleteFunc(all, func(field string, _ any) bool { _, given := v.Unresolved[i][field]; return !given })
		}
		got = append(got, all)
	}
	if diff := cmp.Diff(v.Unresolved, got); diff != "" {
		t.Errorf("%s unresolved (-want +got):\n%s", v.Comment, diff)
	}
}

// checkAgain plans on the result, which must change nothing, and takes every edit back, which must give the input.
func checkAgain(t *testing.T, v vector, before memoryTree, p plan.Plan) {
	t.Helper()
	if again := v.run(t, apply(before, p)); !again.Empty() {
		t.Errorf("%s planned again it changes %v", v.Comment, again.Changes)
	}
	for _, f := range p.Files {
		src := []byte(before[f.Entry.Path])
		back, err := edit.Inverse(src, f.Edits)
		if err != nil {
			t.Fatal(err)
		}
		undone, err := edit.Splice(f.Content, back)
		if err != nil || string(undone) != string(src) {
			t.Errorf("%s the inverse of %q gives %q, %v", v.Comment, f.Content, undone, err)
		}
	}
	if !slices.IsSortedFunc(p.Changes, func(a, b plan.Change) int { return strings.Compare(a.File, b.File) }) {
		t.Errorf("%s changes are not in the order of their files", v.Comment)
	}
}
