// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// kustomization is as much of one as an overlay uses.
type kustomization struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Resources  []string `json:"resources"`
	Patches    []struct {
		Patch string `json:"patch"`
	} `json:"patches"`
}

func TestOverlay(t *testing.T) {
	t.Parallel()
	var k kustomization
	if err := yaml.UnmarshalStrict([]byte(overlay("../../config/samples", "127.0.0.1:5000/shop/web", "http://127.0.0.1:3000/shop/fleet.git")), &k); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"../../config/samples"}, k.Resources); diff != "" || len(k.Patches) != 2 {
		t.Fatalf("%d patches, want 2; resources (-want +got):\n%s", len(k.Patches), diff)
	}
	repo, auto := &v1alpha1.ImageRepository{}, &v1alpha1.UpdateAutomation{}
	for i, into := range []any{repo, auto} {
		if err := yaml.UnmarshalStrict([]byte(k.Patches[i].Patch), into); err != nil {
			t.Errorf("a patch is not of its kind: %v", err)
		}
	}
	if diff := cmp.Diff(v1alpha1.ImageRepositorySpec{Image: "127.0.0.1:5000/shop/web", Insecure: true, Interval: "1s"}, repo.Spec); diff != "" {
		t.Errorf("ImageRepository (-want +got):\n%s", diff)
	}
	want := v1alpha1.UpdateAutomationSpec{Interval: "1s", BatchWindow: "0s", Git: v1alpha1.GitSpec{URL: "http://127.0.0.1:3000/shop/fleet.git", Insecure: true}}
	if diff := cmp.Diff(want, auto.Spec); diff != "" {
		t.Errorf("UpdateAutomation (-want +got):\n%s", diff)
	}
}

// A patch changes an object of the samples, and does not add one.
func TestOverlay_namesObjectsOfTheSamples(t *testing.T) {
	t.Parallel()
	for file, wanted := range map[string][]string{
		"imagerepository.yaml":  {"kind: ImageRepository", "name: web", "namespace: " + namespace, "name: registry"},
		"imagepolicy.yaml":      {"kind: ImagePolicy", "name: web", "namespace: " + namespace},
		"updateautomation.yaml": {"kind: UpdateAutomation", "name: fleet", "namespace: " + namespace, "name: git", "branch: " + branch, "path: clusters/prod"},
	} {
		content, err := os.ReadFile(filepath.Join("..", "..", "config", "samples", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range wanted {
			if !strings.Contains(string(content), line) {
				t.Errorf("%s has no %q, which the story needs", file, line)
			}
		}
	}
}

func TestWriteOverlay_pointsAtTheSamples(t *testing.T) {
	t.Parallel()
	where := place{t.TempDir()}
	if err := os.MkdirAll(where.config("samples"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeOverlay(where, state{}); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(where.overlay(), "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var k kustomization
	if err := yaml.UnmarshalStrict(content, &k); err != nil {
		t.Fatal(err)
	}
	if got := filepath.Join(where.overlay(), k.Resources[0]); got != where.config("samples") {
		t.Errorf("the base is %s, want %s", got, where.config("samples"))
	}
}
