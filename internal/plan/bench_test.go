// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"crypto/sha256"
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/markers"
)

// A fleet is a repository of 20,000 files of 4 KiB in 200 folders, of which each fourth has a marker.
type fleet struct {
	folders [][]site.Entry
	content map[string][]byte
}

func newFleet() *fleet {
	f := &fleet{folders: make([][]site.Entry, 200), content: map[string][]byte{}}
	for i := range 20_000 {
		marker := ""
		if i%4 == 0 {
			marker = fmt.Sprintf(" # {\"$imagepolicy\": \"shop:p%d\"}", i%300)
		}
		var b strings.Builder
		for j := range 12 {
			if j == 6 {
				fmt.Fprintf(&b, "---\nimage: ghcr.io/acme/p%d:1.4.1%s\n", i%300, marker)
			}
			fmt.Fprintf(&b, "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web%d-%d, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          image: ghcr.io/acme/web:1.4.1 # as it was\n          ports:\n            - containerPort: 8080\n          env:\n            - name: MODE\n              value: \"fast\"\n", i, j)
		}
		name := fmt.Sprintf("%d/%d.yaml", i%200, i)
		f.content[name] = []byte(b.String())
		f.folders[i%200] = append(f.folders[i%200], site.Entry{Path: name, Kind: site.File, ID: sha256.Sum256([]byte(b.String())), Size: int64(b.Len())})
	}
	return f
}

func (f *fleet) Root() site.Entry { return site.Entry{Kind: site.Folder, ID: site.ID{1}} }

func (f *fleet) List(folder site.Entry) ([]site.Entry, error) {
	if folder.Path != "" {
		var i int
		if _, err := fmt.Sscan(path.Base(folder.Path), &i); err != nil {
			return nil, err
		}
		return f.folders[i], nil
	}
	var entries []site.Entry
	for i := range f.folders {
		entries = append(entries, site.Entry{Path: fmt.Sprint(i), Kind: site.Folder, ID: site.ID{2, byte(i)}})
	}
	return entries, nil
}

func (f *fleet) Read(file site.Entry, _ int64) ([]byte, error) { return f.content[file.Path], nil }

// BenchmarkFleet finds and edits 5,000 of 20,000 files, with 300 policies that all move.
func BenchmarkFleet(b *testing.B) {
	tree := newFleet()
	var policies []plan.Policy
	for i := range 300 {
		name := fmt.Sprintf("p%d", i)
		policies = append(policies, plan.Policy{Name: site.Policy{Namespace: "shop", Name: name},
			Latest: image.Ref{Name: image.Name{Registry: "ghcr.io", Repository: "acme/" + name}, Tag: "1.4.2"}})
	}
	work := func(b *testing.B, memo *site.Memo, policies []plan.Policy) plan.Plan {
		found, err := site.Scan(tree, memo, site.Selection{Strategy: markers.Strategy()})
		if err != nil {
			b.Fatal(err)
		}
		p, err := plan.New(plan.Input{Files: found.Files, Policies: policies, Namespace: "shop",
			Read: func(e site.Entry) ([]byte, error) { return tree.Read(e, site.MaxFileBytes) }})
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	b.Run("cold, all move", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p := work(b, site.NewMemo(64<<20), policies); len(p.Changes) != 5000 {
				b.Fatalf("%d changes", len(p.Changes))
			}
		}
	})
	memo := site.NewMemo(64 << 20)
	work(b, memo, nil)
	b.Run("warm, one moves", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			one := append([]plan.Policy{}, policies...)
			for i := 1; i < len(one); i++ {
				one[i].Latest.Tag = "1.4.1"
			}
			if p := work(b, memo, one); len(p.Changes) == 0 || len(p.Changes) > 100 {
				b.Fatalf("%d changes", len(p.Changes))
			}
		}
	})
}
