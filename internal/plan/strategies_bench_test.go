// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// bodies are what each fourth file of a fleet says of an image of its own, by strategy.
var bodies = map[string]string{
	"Images":     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: ghcr.io/acme/p%d:1.4.1 # as it was\n          ports:\n            - containerPort: 8080\n",
	"Kustomize":  "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\nresources: [../base]\nimages:\n  - name: web\n    newName: ghcr.io/acme/p%d\n    newTag: 1.4.1 # as it was\n",
	"HelmValues": "replicas: 3\nimage:\n  repository: ghcr.io/acme/p%d\n  tag: 1.4.1 # as it was\n  pullPolicy: Always\n",
}

// newFleetOf is a fleet of 20,000 files of about 3 KiB, each fourth of which has an image.
func newFleetOf(strategy string) *fleet {
	f := &fleet{folders: make([][]site.Entry, 200), content: map[string][]byte{}}
	var rest strings.Builder
	for i := range 70 {
		fmt.Fprintf(&rest, "setting%d:\n  - {name: MODE, value: \"fast\"} # %d\n", i, i)
	}
	for i := range 20_000 {
		text := rest.String()
		if i%4 == 0 {
			text = fmt.Sprintf(bodies[strategy], i/4) + text
		}
		name := fmt.Sprintf("%d/%d.yaml", i%200, i)
		f.content[name] = []byte(text)
		f.folders[i%200] = append(f.folders[i%200], site.Entry{Path: name, Kind: site.File, ID: sha256.Sum256([]byte(name + text)), Size: int64(len(text))})
	}
	return f
}

// BenchmarkFleet_strategies finds and edits 5,000 of 20,000 files; the cost may not depend on how many policies there are.
func BenchmarkFleet_strategies(b *testing.B) {
	for _, name := range []string{"Images", "Kustomize", "HelmValues"} {
		strategy, _ := plan.StrategyNamed(name)
		tree := newFleetOf(name)
		for _, count := range []int{1, 300, 5000} {
			var policies []plan.Policy
			for i := range count {
				policies = append(policies, plan.Policy{Name: site.Policy{Namespace: "shop", Name: fmt.Sprint("p", i)},
					Latest: image.Ref{Name: image.Name{Registry: "ghcr.io", Repository: fmt.Sprint("acme/p", i)}, Tag: "1.4.2"}})
			}
			b.Run(fmt.Sprintf("%s, %d policies", name, count), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					found, err := site.Scan(tree, site.NewMemo(64<<20), site.Selection{Strategy: strategy, Include: []string{"**/*.yaml"}})
					if err != nil {
						b.Fatal(err)
					}
					p, err := plan.New(plan.Input{Files: found.Files, Policies: policies, Namespace: "shop",
						Read: func(e site.Entry) ([]byte, error) { return tree.Read(e, site.MaxFileBytes) }})
					if err != nil || len(p.Changes) != count {
						b.Fatalf("%d changes, %v", len(p.Changes), err)
					}
				}
			})
		}
	}
}
