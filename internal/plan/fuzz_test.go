// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/fairlead-dev/fairlead/internal/edit"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/references"
)

// FuzzNew checks on any file: the plan of the result is empty, the inverse gives back the bytes, the bytes between
// the spans are equal, and kyaml's parser reads the result as the input with just those values set to strings. Of
// plain text the last makes no sense; there package references reads the result again.
func FuzzNew(f *testing.F) {
	for _, v := range readVectors(f) {
		for _, content := range v.Files {
			f.Add(string(content), v.strategy(), "1.4.2")
		}
	}
	f.Fuzz(func(t *testing.T, src, strategyName, tag string) {
		strategy, known := plan.StrategyNamed(strategyName)
		if !known || !image.IsTag(tag) {
			return
		}
		policies := []plan.Policy{
			{Name: site.Policy{Namespace: "shop", Name: "web"}, Latest: image.Ref{Name: image.Name{Registry: "ghcr.io", Repository: "acme/web"},
				Tag: tag, Digest: image.Digest("sha256:" + strings.Repeat("a", 64))}},
			{Name: site.Policy{Namespace: "shop", Name: "api"}, Latest: image.Ref{Name: image.Name{Registry: "ghcr.io", Repository: "acme/api"}, Tag: tag}},
		}
		run := func(src string) plan.Plan {
			files := memoryTree{"kustomization.yaml": src}
			found, err := site.Scan(files, nil, site.Selection{Include: []string{"**/*"}, Strategy: strategy})
			if err != nil {
				t.Fatal(err)
			}
			p, err := plan.New(plan.Input{Files: found.Files, Policies: policies,
				Read: func(e site.Entry) ([]byte, error) { return files.Read(e, site.MaxFileBytes) }})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		p := run(src)
		for _, u := range p.Unresolved {
			inText := strategyName == references.Strategy().Name && !strings.HasSuffix(tag, ".") // else it would be of a sentence
			if u.Reason == "InvalidYAML" && (inText || u.Line != 0 && strings.Contains(u.Text, "the edit changed")) {
				t.Errorf("an edit of %q was dropped: %s", src, u.Text)
			}
		}
		if p.Empty() {
			return
		}
		out := string(p.Files[0].Content)
		if again := run(out); !again.Empty() {
			t.Errorf("%q planned again changes %v", out, again.Changes)
		}
		if err := edit.Check([]byte(src), []byte(out), p.Files[0].Edits); err != nil {
			t.Error(err)
		}
		back, err := edit.Inverse([]byte(src), p.Files[0].Edits)
		if err != nil {
			t.Fatal(err)
		}
		if undone, err := edit.Splice([]byte(out), back); err != nil || string(undone) != src {
			t.Errorf("the inverse of %q gives %q, %v", out, undone, err)
		}
		if strategyName != references.Strategy().Name {
			compareParsed(t, src, out, p.Changes)
		}
	})
}

// compareParsed compares the trees of kyaml's parser, where it can read both.
func compareParsed(t *testing.T, src, out string, changes []plan.Change) {
	t.Helper()
	was, now := yaml.NewDecoder(strings.NewReader(src)), yaml.NewDecoder(strings.NewReader(out))
	for {
		var a, b yaml.Node
		errA, errB := was.Decode(&a), now.Decode(&b)
		if errA != nil {
			break // the end, or what that parser cannot read and ours can, such as a "?" within flow style
		}
		if errB != nil {
			t.Fatalf("%q was read, %q is read with %v", src, out, errB)
		}
		compareNodes(t, &a, &b, changes)
	}
}

// compareNodes checks that each scalar that differs is a change, and a string now.
func compareNodes(t *testing.T, a, b *yaml.Node, changes []plan.Change) {
	t.Helper()
	if a.Kind != b.Kind || len(a.Content) != len(b.Content) || a.Anchor != b.Anchor {
		t.Fatalf("the structure changed at line %d", a.Line)
	}
	if a.Value != b.Value && a.Kind == yaml.ScalarNode {
		found := false
		for _, c := range changes {
			found = found || c.From == a.Value && c.To == b.Value
		}
		if !found || b.ShortTag() != "!!str" && !strings.HasPrefix(b.Tag, "!") {
			t.Errorf("line %d: %q became %s %q", a.Line, a.Value, b.ShortTag(), b.Value)
		}
	}
	for i := range a.Content {
		compareNodes(t, a.Content[i], b.Content[i], changes)
	}
}
