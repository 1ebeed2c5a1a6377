// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
)

var (
	pairs      = regexp.MustCompile("(?s)```yaml\n# before\n(.*?)```\n\n```yaml\n# after\n(.*?)```\n")
	wantedText = regexp.MustCompile("The policy wants `([^`]+)`")
)

// short and long are a digest as the pages write it and as it is.
const short = "sha256:ea56…656b"

var long = "sha256:" + strings.Repeat("ea56", 15) + "656b"

// TestPages does what the pages of the strategies show: what is before becomes what is after.
func TestPages(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Images", "Kustomize", "HelmValues"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := os.ReadFile(filepath.Join("..", "..", "docs", "reference", "strategy-"+strings.ToLower(name)+".md"))
			if err != nil {
				t.Fatal(err)
			}
			text := strings.ReplaceAll(string(page), short, long)
			shown := pairs.FindAllStringSubmatch(text, -1)
			if len(shown) == 0 {
				t.Fatal("the page shows nothing")
			}
			strategy, _ := plan.StrategyNamed(name)
			wanted, err := image.Parse(wantedText.FindStringSubmatch(text)[1])
			if err != nil {
				t.Fatal(err)
			}
			for _, pair := range shown {
				// An old digest is any that is one.
				before := strings.ReplaceAll(pair[1], "sha256:6340…c1e0", "sha256:"+strings.Repeat("0", 64))
				p, err := plan.New(plan.Input{Files: []site.FileSites{{Entry: site.Entry{Path: "a.yaml"}, Sites: strategy.Find([]byte(before))}},
					Policies: []plan.Policy{{Name: site.Policy{Namespace: "shop", Name: "web"}, Latest: wanted}},
					Read:     func(site.Entry) ([]byte, error) { return []byte(before), nil }})
				if err != nil || p.Empty() {
					t.Fatalf("%q changes nothing, %v", before, err)
				}
				if diff := cmp.Diff(pair[2], string(p.Files[0].Content)); diff != "" {
					t.Errorf("-the page +what happens:\n%s", diff)
				}
			}
		})
	}
}
