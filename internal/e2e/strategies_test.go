// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// One automation finds images in five ways and writes one commit; a folder is for one way each.
func TestStrategies_fiveWaysOneCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{
		"marked/web.yaml":                web,
		"workloads/web.yaml":             "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - name: web\n    image: REGISTRY/NAMESPACE/web:0.9.0\n",
		"kustomized/kustomization.yaml":  "resources: [web.yaml]\nimages:\n- name: REGISTRY/NAMESPACE/web\n  newTag: 0.9.0\n",
		"charts/values.yaml":             "image:\n  repository: REGISTRY/NAMESPACE/web\n  tag: 0.9.0 # the app\n",
		"build/Dockerfile":               "FROM REGISTRY/NAMESPACE/web:0.9.0 AS base\nRUN true\n",
		"workloads/not-looked-at.txt":    "REGISTRY/NAMESPACE/web:0.9.0\n",
		"elsewhere/not-looked-at/w.yaml": "image: REGISTRY/NAMESPACE/web:0.9.0\n",
	})
	w.apply(strings.Replace(chain, "  update: [{path: clusters/prod}]\n", `  update:
  - {path: marked}
  - {path: workloads, strategy: Images}
  - {path: kustomized, strategy: Kustomize}
  - {path: charts, strategy: HelmValues}
  - {path: build, strategy: References}
`, 1))
	digest := w.push("web:1.0.0")
	w.start()
	w.eventually(30*time.Second, func() string {
		return unlessPrefix("True Succeeded: 5 places in 5 files on main as wanted", ready(&get(w, "fleet", &v1alpha1.UpdateAutomation{}).Status.ReconcileStatus))
	})
	w.awaitRest()
	want := fmt.Sprintf("1.0.0@%s", digest)
	for path, line := range map[string]string{
		"marked/web.yaml":               `"REGISTRY/NAMESPACE/web:` + want + `"`,
		"workloads/web.yaml":            `    image: REGISTRY/NAMESPACE/web:` + want + "\n",
		"kustomized/kustomization.yaml": `  newTag: ` + want,
		"charts/values.yaml":            "  tag: 1.0.0 # the app", // there is no key for a digest
		"build/Dockerfile":              `FROM REGISTRY/NAMESPACE/web:` + want + " AS base\n",
	} {
		if content := w.git("show", "main:"+path) + "\n"; !strings.Contains(content, w.expand(line)) {
			t.Errorf("%s lacks %q:\n%s", path, w.expand(line), content)
		}
	}
	if got := w.git("diff", "--shortstat", "main~1", "main"); !strings.Contains(got, "5 files changed, 5 insertions(+), 5 deletions(-)") {
		t.Errorf("the commit changes%s", got)
	}
	if n := len(w.commits()); n != 2 {
		t.Errorf("%d commits, want the first and one of ours: %v", n, w.commits())
	}
}
