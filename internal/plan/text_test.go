// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/edit"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/references"
)

// scanned finds sites with several strategies, as an automation with several updates does.
func scanned(tb testing.TB, files memoryTree, strategies ...string) []site.FileSites {
	tb.Helper()
	var all []site.FileSites
	for _, name := range strategies {
		strategy, ok := plan.StrategyNamed(name)
		if !ok {
			tb.Fatalf("no strategy %s", name)
		}
		found, err := site.Scan(files, nil, site.Selection{Strategy: strategy})
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, found.Files...)
	}
	return all
}

const marked = ` # {"$imagepolicy": "shop:web"}`

func TestNew_text(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, src, wants string
		strategies            []string
		want                  string
		told                  []string
	}{
		{"edits text that is no YAML", "any file may name an image", "a: [\nghcr.io/acme/web:1\n", "ghcr.io/acme/web:2", []string{"References"},
			"a: [\nghcr.io/acme/web:2\n", []string{"a.yaml:2 ghcr.io/acme/web:1 -> ghcr.io/acme/web:2"}},
		{"edits values and text of one file", "the spans of each are of the file as it was",
			"# ghcr.io/acme/web:1\na: x" + marked + "\nb: \"see ghcr.io/acme/web:1\"\nc: 'y'" + marked + "\n# ghcr.io/acme/web:1", "ghcr.io/acme/web:2", []string{"Markers", "References"},
			"# ghcr.io/acme/web:2\na: ghcr.io/acme/web:2" + marked + "\nb: \"see ghcr.io/acme/web:2\"\nc: 'ghcr.io/acme/web:2'" + marked + "\n# ghcr.io/acme/web:2",
			[]string{"a.yaml:1 ghcr.io/acme/web:1 -> ghcr.io/acme/web:2", "a.yaml:2 x -> ghcr.io/acme/web:2", "a.yaml:3 ghcr.io/acme/web:1 -> ghcr.io/acme/web:2",
				"a.yaml:4 y -> ghcr.io/acme/web:2", "a.yaml:5 ghcr.io/acme/web:1 -> ghcr.io/acme/web:2"}},
		{"finds a marked value once, quotes or not", "the marker counts", "a: ghcr.io/acme/web:1" + marked + "\nb: \"ghcr.io/acme/web:1\"" + marked, "ghcr.io/acme/web:2",
			[]string{"References", "Markers"}, "a: ghcr.io/acme/web:2" + marked + "\nb: \"ghcr.io/acme/web:2\"" + marked,
			[]string{"a.yaml:1 ghcr.io/acme/web:1 -> ghcr.io/acme/web:2", "a.yaml:2 ghcr.io/acme/web:1 -> ghcr.io/acme/web:2"}},
		{"leaves a marked value alone that the marker leaves alone", "a person said whose it is", "a: \"ghcr.io/acme/web:1\" # {\"$imagepolicy\": \"shop:wbe\"}", "ghcr.io/acme/web:2",
			[]string{"References", "Markers"}, "", []string{"a.yaml:1 UnknownPolicy"}},
		{"says nothing of the templates of other images", "nobody follows them", "other/web:${TAG} redis:6379 [::1]/acme/web:1-${X}", "ghcr.io/acme/web:2", []string{"References"}, "", nil},
		{"counts the templates and addresses of its image", "somebody may expect them to move", "redis:${TAG} redis:6379 redis:7.4", "redis:7.4.1", []string{"References"},
			"redis:${TAG} redis:6379 redis:7.4.1", []string{"a.yaml:1 redis:7.4 -> redis:7.4.1", "a.yaml:1 Templated", "a.yaml:1 LooksLikeAddress"}},
		{"keeps the spelling of the name", "it is the same image", "index.docker.io/library/redis:7.4", "redis:7.4.1", []string{"References"},
			"index.docker.io/library/redis:7.4.1", []string{"a.yaml:1 index.docker.io/library/redis:7.4 -> index.docker.io/library/redis:7.4.1"}},
		{"writes no tag that ends like a sentence", "it could not be found again", "ghcr.io/acme/web:1", "ghcr.io/acme/web:2.", []string{"References"}, "", []string{"a.yaml:1 InvalidYAML"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			files := memoryTree{"a.yaml": tc.src}
			in := plan.Input{Files: scanned(t, files, tc.strategies...), Policies: []plan.Policy{policy(t, "web", tc.wants)},
				Read: func(e site.Entry) ([]byte, error) { return files.Read(e, site.MaxFileBytes) }}
			p, err := plan.New(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.told, told(p)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			if (tc.want == "") != p.Empty() || !p.Empty() && string(p.Files[0].Content) != tc.want {
				t.Fatalf("%s: it became %+v", tc.why, p.Files)
			}
			for _, f := range p.Files {
				back, err := edit.Inverse([]byte(tc.src), f.Edits)
				if err != nil {
					t.Fatal(err)
				}
				if undone, err := edit.Splice(f.Content, back); err != nil || string(undone) != tc.src {
					t.Errorf("%s: the inverse gives %q, %v", tc.why, undone, err)
				}
			}
		})
	}
}

func TestNew_textThatMoved(t *testing.T) {
	t.Parallel()
	files := memoryTree{"a.sh": "ghcr.io/acme/web:1\n"}
	for _, now := range []string{"", "x", "xghcr.io/acme/web:1\n", "ghcr.io/acme/web:3\n"} {
		p, err := plan.New(plan.Input{Files: scanned(t, files, "References"), Policies: []plan.Policy{policy(t, "web", "ghcr.io/acme/web:2")},
			Read: func(site.Entry) ([]byte, error) { return []byte(now), nil }})
		if err != nil || !p.Empty() || len(p.Unresolved) != 1 {
			t.Errorf("%q: %v, %v", now, told(p), err)
		}
	}
}

// BenchmarkFleet_references reads the files of the fleet as text and edits 5,000 of them: the number of policies
// does not count.
func BenchmarkFleet_references(b *testing.B) {
	tree := newFleet()
	for _, n := range []int{300, 3000} {
		b.Run(fmt.Sprintf("%d policies", n), func(b *testing.B) {
			policies := make([]plan.Policy, n)
			for i := range policies {
				name := fmt.Sprintf("p%d", i)
				policies[i] = plan.Policy{Name: site.Policy{Namespace: "shop", Name: name},
					Latest: image.Ref{Name: image.Name{Registry: "ghcr.io", Repository: "acme/" + name}, Tag: "1.4.1"}}
				if i%4 == 0 {
					policies[i].Latest.Tag = "1.4.2"
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				found, err := site.Scan(tree, site.NewMemo(256<<20), site.Selection{Strategy: references.Strategy()})
				if err != nil {
					b.Fatal(err)
				}
				p, err := plan.New(plan.Input{Files: found.Files, Policies: policies, Namespace: "shop",
					Read: func(e site.Entry) ([]byte, error) { return tree.Read(e, site.MaxFileBytes) }})
				if err != nil || len(p.Changes) != 5000 {
					b.Fatalf("%d changes, %v", len(p.Changes), err)
				}
			}
		})
	}
}
