// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

func TestNames(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	for _, kind := range []string{repositoryKind, policyKind, automationKind} {
		o := object(t, kind, `{}`)
		o.SetNamespace(ns)
		create(t, o)
	}
	const repository, policy, automation = "imagerepository.fairlead.dev/it\n", "imagepolicy.fairlead.dev/it\n", "updateautomation.fairlead.dev/it\n"
	for name, want := range map[string]string{
		"fairlead": policy + repository + automation,
		"irepo":    repository, "imagerepository": repository, "imagerepositories": repository,
		"ipol": policy, "imagepolicy": policy, "imagepolicies": policy,
		"uauto": automation, "updateautomation": automation, "updateautomations": automation,
	} {
		if got := kubectl(t, "get", name, "-n", ns, "-o", "name"); sortedLines(got) != sortedLines(want) {
			t.Errorf("kubectl get %s:\n%swanted:\n%s", name, got, want)
		}
	}
}

func sortedLines(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestAnnotations(t *testing.T) {
	t.Parallel()
	for kind, crd := range crds(t) {
		server := read(t, crd, new(apiextensionsv1.CustomResourceDefinition))
		const annotation = "kustomize.toolkit.fluxcd.io/substitute"
		if got := server.Annotations[annotation]; got != "disabled" {
			t.Errorf("%s: %s is %q, and Flux would replace '${v}' in the descriptions", kind, annotation, got)
		}
	}
}

// TestColumns prints objects whose status is filled, and objects that are new.
func TestColumns(t *testing.T) {
	t.Parallel()
	const ready = `conditions: [{type: Stalled, status: 'False', reason: A, message: none, lastTransitionTime: '2026-11-20T12:00:00Z'}, {type: Ready, status: 'True', reason: Succeeded, message: all is well, lastTransitionTime: '2026-11-20T12:00:00Z'}]`
	for _, row := range []struct{ kind, status, header, filled, fresh string }{
		{repositoryKind, `{lastScan: {revision: 'sha256:aa', tagCount: 412, time: '2026-11-20T12:00:00Z'}, ` + ready + `}`,
			"NAME|IMAGE|TAGS|READY|STATUS|LAST CHANGE|AGE",
			"it|ghcr.io/acme/web|412|True|all is well|<age>|<age>",
			"it|ghcr.io/acme/web|<age>"},
		{policyKind, `{latest: {name: ghcr.io/acme/web, tag: 1.4.1, digest: '` + sha256digest + `', shortDigest: 0a0a0a0a0a0a, since: '2026-11-20T12:00:00Z'}, ` + ready + `}`,
			"NAME|IMAGE|TAG|DIGEST|READY|STATUS|AGE",
			"it|ghcr.io/acme/web|1.4.1|0a0a0a0a0a0a|True|all is well|<age>",
			"it|<age>"},
		{automationKind, `{observedSource: {url: a, branch: main, paths: b}, lastCommit: {sha: 3f2a, shortSHA: 3f2a, branch: main, time: '2026-11-20T12:00:00Z'}, pendingCount: 2, heldCount: 1, ` + ready + `}`,
			"NAME|REPOSITORY|BRANCH|MODE|LAST COMMIT|PENDING|HELD|READY|STATUS|AGE",
			"it|https://git.example.com/acme/fleet.git|main|Commit|3f2a|2|1|True|all is well|<age>",
			"it|https://git.example.com/acme/fleet.git|Commit|<age>"},
	} {
		t.Run(row.kind, func(t *testing.T) {
			t.Parallel()
			o := objectIn(t, row.kind, `{}`)
			create(t, o)
			resource := strings.ToLower(row.kind)
			if got, want := cells(kubectl(t, "get", resource, "-n", o.GetNamespace())), []string{row.header, row.fresh}; !slices.Equal(got, want) {
				t.Errorf("new: %q, not %q", got, want)
			}
			full := o.DeepCopy()
			full.Object["status"] = mapping(t, row.status)
			if err := api.Status().Update(t.Context(), full); err != nil {
				t.Fatal(err)
			}
			if got, want := cells(kubectl(t, "get", resource, "-n", o.GetNamespace())), []string{row.header, row.filled}; !slices.Equal(got, want) {
				t.Errorf("filled: %q, not %q", got, want)
			}
		})
	}
}

var (
	gap = regexp.MustCompile(` {2,}`)
	age = regexp.MustCompile(`(\d+[smhdy])+$`)
)

// cells returns the lines of a table with '|' between the cells that hold something, and ages without their number.
func cells(table string) []string {
	var lines []string
	for line := range strings.Lines(table) {
		row := gap.Split(strings.TrimSpace(line), -1)
		for i, cell := range row {
			if age.FindString(cell) == cell {
				row[i] = "<age>"
			}
		}
		lines = append(lines, strings.Join(row, "|"))
	}
	return lines
}

func TestExplain(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"irepo.spec.excludeTags":                  "excludeTags are regular expressions",
		"ipol.spec.policy.latest.limit":           "limit is how many tags are looked at, at most 200. Default 50.",
		"uauto.spec.delivery.pullRequest.maxOpen": "maxOpen is how many pull requests may be open at once",
	} {
		if got := strings.Join(strings.Fields(kubectl(t, "explain", path)), " "); !strings.Contains(got, want) {
			t.Errorf("kubectl explain %s does not say %q:\n%s", path, want, got)
		}
	}
}

// TestServerSideApply applies every field again and again: what is applied unchanged must not be a change, or each
// run of a GitOps tool would be one.
func TestServerSideApply(t *testing.T) {
	t.Parallel()
	for name, specs := range map[string]map[string]string{"minimal": minimal, "full": full} {
		for kind, spec := range specs {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				o := objectIn(t, kind, `{}`)
				o.Object["spec"] = mapping(t, spec)
				apply(t, o)
				// Until a status is stored, it is the default that every reader is shown; the first write of any kind
				// stores it. That is no new generation, and happens once.
				settled, again := apply(t, o), apply(t, o)
				if settled.GetGeneration() != 1 {
					t.Errorf("applying again made generation %d", settled.GetGeneration())
				}
				if settled.GetResourceVersion() != again.GetResourceVersion() {
					t.Errorf("applying again changed the object (-before +after):\n%s", cmp.Diff(settled.Object, again.Object))
				}

				reconciled := read(t, o, typed(t, kind))
				reconciled.Reconciled().ObservedGeneration = 1
				if err := api.Status().Update(t.Context(), reconciled); err != nil {
					t.Fatal(err)
				}
				if got := apply(t, o).GetResourceVersion(); got != reconciled.GetResourceVersion() {
					t.Errorf("applying again after a reconcile changed the object: resourceVersion %s, then %s", reconciled.GetResourceVersion(), got)
				}
			})
		}
	}
}

// apply applies o as a GitOps tool does.
func apply(t *testing.T, o *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	o = o.DeepCopy()
	if err := api.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(o), client.FieldOwner("gitops")); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestServerSideApply_lists: a list that is atomic is replaced as a whole.
func TestServerSideApply_lists(t *testing.T) {
	t.Parallel()
	o := objectIn(t, policyKind, `reject: [{tag: a}, {tag: b}]`)
	apply(t, o)
	o.Object["spec"].(map[string]any)["reject"] = []any{map[string]any{"tag": "c"}}
	apply(t, o)
	if got := read(t, o, new(v1alpha1.ImagePolicy)).Spec.Reject; len(got) != 1 || got[0].Tag != "c" {
		t.Errorf("reject is atomic, and yet it was merged: %v", got)
	}
}

// samples are what config/samples holds, by file.
func samples(t *testing.T) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("../../config/samples/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	byFile := make(map[string][]byte)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(content), "kustomize.config.k8s.io") {
			byFile[filepath.Base(file)] = content
		}
	}
	return byFile
}

func TestSamples(t *testing.T) {
	t.Parallel()
	ns := namespace(t)
	seen := make(map[string]bool)
	for file, content := range samples(t) {
		var meta metav1.PartialObjectMetadata
		if err := yaml.Unmarshal(content, &meta); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if meta.APIVersion != v1alpha1.GroupVersion.String() {
			continue
		}
		seen[meta.Kind] = true
		into := typed(t, meta.Kind)
		if err := yaml.UnmarshalStrict(content, into); err != nil {
			t.Errorf("%s is not read strictly: %v", file, err)
			continue
		}
		o := &unstructured.Unstructured{Object: mapping(t, string(content))}
		o.SetNamespace(ns)
		if err := api.Create(t.Context(), o, client.FieldValidation(metav1.FieldValidationStrict)); err != nil {
			t.Errorf("%s is refused: %v", file, err)
		}
	}
	for kind := range minimal {
		if !seen[kind] {
			t.Errorf("no sample of %s", kind)
		}
	}
}
