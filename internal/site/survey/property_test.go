// SPDX-License-Identifier: Apache-2.0

package survey_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/internal/fixture/finding"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/helm"
	"github.com/fairlead-dev/fairlead/internal/site/images"
	"github.com/fairlead-dev/fairlead/internal/site/kustomize"
)

// words are the keys and values that finders know, and some they do not.
var (
	keyWords = []string{"image", "images", "repository", "registry", "tag", "digest", "name", "newName", "newTag", "containers", "spec",
		"values", "helm", "parameters", "value", "valuesObject", "items", "volumes", "reference", "metadata", "kind", "apiVersion", "sha", "env", "x"}
	scalarWords = []string{"a:1", "r.io/a", "r.io/a:1", "r.io/b:2", "b", "1.20", "'1.4'", `"v1"`, "~", "", "''", "Pod", "HelmRelease", "Application",
		"Kustomization", "List", "v1", "image.tag", "image.repository", "'r.io/a:${T}'", "'{{ .x }}'", "{{ .y }}", "!!str 1.2", "!!int 3", "sha256:" + "0123456789abcdef", "'ENC[x]'", `"r.io/\x61:1"`}
)

// A writer draws a file in flow style, with anchors, aliases and merges.
type writer struct {
	t       *rapid.T
	anchors int
}

func (w *writer) node(depth int) string {
	anchor := ""
	if rapid.IntRange(0, 9).Draw(w.t, "anchored") == 0 {
		w.anchors++
		anchor = fmt.Sprintf("&n%d ", w.anchors)
	}
	shape := rapid.IntRange(0, 9).Draw(w.t, "shape")
	switch {
	case shape == 0 && w.anchors > 0 && anchor == "":
		return w.alias()
	case depth > 0 && shape < 5:
		return anchor + w.mapping(depth)
	case depth > 0 && shape < 7:
		var items []string
		for range rapid.IntRange(0, 3).Draw(w.t, "items") {
			items = append(items, w.node(depth-1))
		}
		return anchor + "[" + strings.Join(items, ", ") + "]"
	}
	return anchor + rapid.SampledFrom(scalarWords).Draw(w.t, "scalar")
}

// alias may name the anchor of a collection around it, or one that was never written: both must do no harm.
func (w *writer) alias() string {
	return fmt.Sprintf("*n%d ", rapid.IntRange(1, w.anchors).Draw(w.t, "alias"))
}

func (w *writer) mapping(depth int) string {
	var entries []string
	for range rapid.IntRange(0, 5).Draw(w.t, "entries") {
		if w.anchors > 0 && rapid.IntRange(0, 9).Draw(w.t, "merges") == 0 {
			entries = append(entries, "<<: "+w.alias())
			continue
		}
		entries = append(entries, rapid.SampledFrom(keyWords).Draw(w.t, "key")+": "+w.node(depth-1))
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

// TestFinders checks what package finding checks on files that are full of what finders look for.
func TestFinders(t *testing.T) {
	t.Parallel()
	strategies := []site.Strategy{images.Strategy(), kustomize.Strategy(), helm.Strategy()}
	rapid.Check(t, func(t *rapid.T) {
		w := &writer{t: t}
		src := ""
		for range rapid.IntRange(1, 5).Draw(t, "entries") {
			src += rapid.SampledFrom(keyWords).Draw(t, "key") + ": " + w.node(5) + "\n"
		}
		for _, strategy := range strategies {
			finding.Check(t, strategy, []byte(src))
		}
	})
}
