// SPDX-License-Identifier: Apache-2.0

package helm_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/fixture/finding"
	"github.com/fairlead-dev/fairlead/internal/site/helm"
)

// release is a HelmRelease with its values in flow style.
func release(values string) string {
	return "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {values: " + values + "}\n"
}

// application is an Argo CD Application with what it says to Helm in flow style.
func application(helm string) string {
	return "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {helm: " + helm + "}}\n"
}

func TestFind(t *testing.T) {
	t.Parallel()
	sum := "sha256:" + strings.Repeat("b", 64)
	for _, tc := range []struct {
		name, why, src string
		want           []string
	}{
		{"nothing in a file that says no image", "most files", "a: {tag: v1}\n", nil},
		{"a tag beside a repository", "that is how charts say it", "image: {repository: r.example.com/a, tag: v1}\n", []string{"1 tag r.example.com/a v1"}},
		{"tag and digest", "both keys are there", "image: {repository: a, tag: v1, digest: " + sum + "}\n", []string{"1 tag docker.io/library/a v1", "1 digest docker.io/library/a " + sum}},
		{"an empty digest and an empty tag", "the keys are there", "image: {repository: a, tag: '', digest: \"\"}\n", []string{"1 tag docker.io/library/a ", "1 digest docker.io/library/a "}},
		{"tag and digest in one", "the form is kept", "image: {repository: a, tag: v1@" + sum + "}\n", []string{"1 tag@digest docker.io/library/a v1@" + sum}},
		{"a null for a tag", "it is a value", "image: {repository: a, tag: null}\n", []string{"1 tag docker.io/library/a null"}},
		{"no repository by itself", "the chart's version is its tag", "image: {repository: a, pullPolicy: Always}\n", nil},
		{"a registry of its own", "it is a part of the name", "image: {registry: ghcr.io, repository: acme/a, tag: v1}\n", []string{"1 tag ghcr.io/acme/a v1"}},
		{"no registry that is empty", "it says nothing", "image: {registry: '', repository: ghcr.io/acme/a, tag: v1}\nb: {registry: ~, repository: b, tag: v1}\n", []string{"1 tag ghcr.io/acme/a v1", "2 tag docker.io/library/b v1"}},
		{"a registry beside a reference", "it is a part of that name, which stays as it is", "image: {registry: ghcr.io, image: 'acme/a:v1'}\n", []string{"1 full ghcr.io/acme/a acme/a:v1"}},
		{"a repository with its tag", "it is a reference by another name", "image: {repository: 'a:v1'}\n", []string{"1 full docker.io/library/a a:v1"}},
		{"no repository with two tags", "which one counts is the chart's secret", "image: {repository: 'a:v1', tag: v2}\n", nil},
		{"an image beside its tag", "a bare name has its tag there", "web: {image: a, tag: v1}\n", []string{"1 tag docker.io/library/a v1"}},
		{"a name beside its tag in an image", "some charts call it so", "image: {name: a, tag: v1}\n", []string{"1 tag docker.io/library/a v1"}},
		{"no name beside a tag elsewhere", "it may be the name of anything", "release: {name: a, tag: v1}\nimage: x\n", nil},
		{"a whole reference", "tag and all", "a: {image: 'r.example.com/a:v1'}\n", []string{"1 full r.example.com/a r.example.com/a:v1"}},
		{"no bare name", "its tag may be the chart's version", "a: {image: r.example.com/a}\n", nil},
		{"lists of either form", "they are the same further in", "images: [{repository: a, tag: v1}, 'b:v1', bare]\nsidecars: [{image: 'c:v1'}]\n", []string{"1 tag docker.io/library/a v1", "1 full docker.io/library/b b:v1", "2 full docker.io/library/c c:v1"}},
		{"no other lists of text", "they may be anything", "args: ['image:v1']\nimage: []\n", nil},
		{"no labels and annotations", "people call things as they like", "image: x\npodAnnotations: {image: 'a:v1'}\nlabels: {image: 'a:v1'}\nnodeSelector: {image: 'a:v1'}\n", nil},
		{"no URL", "it is where charts live", "dependencies: [{name: a, repository: 'https://charts.example.com', tag: v1}]\n", nil},
		{"no tag whose half digest would stay", "sha is a digest that no policy can write", "image: {repository: a, tag: v1, sha: abc}\nb: {repository: b, tag: v1, sha: ''}\n", []string{"1 tag docker.io/library/a v1", "1 NoDigest docker.io/library/a", "2 tag docker.io/library/b v1"}},
		{"values of a release", "nothing else of it", "image: x\n---\n" + release("{image: {repository: a, tag: v1}}") + "---\n" + "apiVersion: x/v1\nkind: HelmRelease\nspec: {image: 'a:v1'}\n", []string{"5 tag docker.io/library/a v1"}},
		{"no other object", "it is for Images", "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: 'a:v1'}]}\n", nil},
		{"a release without values", "there are charts that need none", "apiVersion: x/v1\nkind: HelmRelease\nspec: {image: x}\n---\napiVersion: x/v1\nkind: HelmRelease\n---\napiVersion: x/v1\nkind: List\n", nil},
		{"objects in lists", "each is one", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: x/v1, kind: HelmRelease, spec: {values: {image: 'a:v1'}}}\n---\n- {apiVersion: x/v1, kind: HelmRelease, spec: {values: {image: 'a:v1'}}}\n", []string{"4 full docker.io/library/a a:v1", "6 full docker.io/library/a a:v1"}},
		{"values in an application", "they are an object there", application("{valuesObject: {image: {repository: a, tag: v1}}}"), []string{"3 tag docker.io/library/a v1"}},
		{"the template of a set", "it makes applications", "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: {template: {spec: {sources: [{helm: {valuesObject: {image: 'a:v1'}}}]}}}\n", []string{"3 full docker.io/library/a a:v1"}},
		{"parameters by their prefix", "those of one image belong together", application("{parameters: [{name: image.tag, value: v1}, {name: b.image.tag, value: v2}, {name: image.registry, value: ghcr.io}, {name: image.repository, value: acme/a}, {name: image.digest, value: " + sum + "}]}"),
			[]string{"3 tag ghcr.io/acme/a v1", "3 digest ghcr.io/acme/a " + sum}},
		{"parameters without a prefix", "the chart may have them at its top", application("{parameters: [{name: repository, value: image/a}, {name: tag, value: v1}, {name: x}, {name: tag.value, value: y}]}"), []string{"3 tag docker.io/image/a v1"}},
		{"a parameter that is a reference", "it has its tag with it", application("{parameters: [{name: web.image, value: 'a:v1'}, {name: b.image.name, value: b}, {name: b.image.tag, value: v1}]}"), []string{"3 full docker.io/library/a a:v1", "3 tag docker.io/library/b v1"}},
		{"a parameter twice", "nobody knows which counts", application("{parameters: [{name: image.repository, value: a}, {name: image.tag, value: v1}, {name: image.tag, value: v2}]}"), []string{"3 DuplicateKey docker.io/library/a"}},
		{"values that are a text", "each image in them on its line, once", "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      values: |\n        a: b\n        image:\n          repository: a\n          tag: v1\n          digest: x\n        c:\n          image: b:v1\n",
			[]string{"10 BlockScalar docker.io/library/a", "13 BlockScalar docker.io/library/b"}},
		{"values that are a quoted text", "on the line of it", application(`{values: "x: y\nimage: a:v1\n"}`), []string{"3 BlockScalar docker.io/library/a"}},
		{"a template in a tag", "its policy hears of it", "image: {repository: a, tag: '{{ .Chart.AppVersion }}'}\n", []string{"1 Templated docker.io/library/a"}},
		{"a template in the name, once", "nobody knows whose it is", "image: {repository: '${R}/a', tag: v1, digest: ''}\nb: {registry: '{{ .r }}', repository: b, tag: v1}\n", []string{"1 Templated", "2 Templated"}},
		{"a template for a reference", "likewise", "image: '{{ .Values.image }}'\n", []string{"1 Templated"}},
		{"a key without a value", "there is nothing to replace", "image:\n  repository: a\n  tag:\n", []string{"3 NoTarget docker.io/library/a"}},
		{"a block of text", "it has no line of its own", "image:\n  repository: a\n  tag: |-\n    v1\n", []string{"3 BlockScalar docker.io/library/a"}},
		{"a tag twice", "nobody knows which counts", "image: {repository: a, tag: v1, tag: v2}\n", []string{"1 DuplicateKey docker.io/library/a"}},
		{"the image twice", "likewise", "image: {repository: a, tag: v1}\nimage: 'b:v1'\n", []string{"1 DuplicateKey docker.io/library/a", "2 DuplicateKey docker.io/library/b"}},
		{"a repository by alias", "its text counts", "x: &r a\nimage: {repository: *r, tag: v1}\n", []string{"2 tag docker.io/library/a v1"}},
		{"no tag that two images share", "one would move with the other", "a: {image: {repository: a, tag: &t v1}}\nb: {image: {repository: b, tag: *t}}\n", []string{"1 OnAlias docker.io/library/a", "2 OnAlias docker.io/library/b"}},
		{"no tag that something else shares", "it would move too", "a: {image: {repository: a, tag: &t v1}}\nversion: *t\n", []string{"1 OnAlias docker.io/library/a"}},
		{"an image by alias once", "its anchor is the place", "a: {image: &i {repository: a, tag: v1}}\nb: {image: *i}\n", []string{"1 tag docker.io/library/a v1"}},
		{"no tag that a merge brings to another image", "one would move with the other", "a: &i {repository: a, tag: v1}\nb: {<<: *i, repository: b}\nc: {<<: *i, tag: v2}\nimage: {}\n", []string{"1 OnAlias docker.io/library/a", "2 OnAlias docker.io/library/b", "3 tag docker.io/library/a v2"}},
		{"no tag that a merge brings from where no image is", "an edit there is not asked for", "d: &d {tag: v1}\na: {<<: *d, repository: a}\n", []string{"2 OnAlias docker.io/library/a"}},
		{"a merge that changes nothing of it", "the anchor is the place", "a: &i {repository: a, tag: v1, image: 'b:v1'}\nb: {<<: *i, x: y}\n", []string{"1 tag docker.io/library/a v1", "1 full docker.io/library/b b:v1"}},
		{"nothing in an encrypted file", "SOPS has a checksum of it", "image: {repository: a, tag: v1}\nsops: {mac: x}\n", []string{"1 Encrypted"}},
		{"a template of a chart", "it is no YAML", "{{- if .x }}\nimage: a:v1\n", []string{"2 InvalidYAML"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sites, _ := finding.Check(t, helm.Strategy(), []byte(tc.src))
			if diff := cmp.Diff(tc.want, finding.ShowAll(sites)); diff != "" {
				t.Errorf("%s: %q (-want +got):\n%s", tc.why, tc.src, diff)
			}
		})
	}
}

// FuzzFind checks what package finding checks of any file.
func FuzzFind(f *testing.F) {
	for _, content := range finding.Seeds(f, "helm-") {
		f.Add(content)
	}
	f.Add([]byte("a: &i {repository: a, tag: &t v1}\nb: {<<: *i, repository: b, digest: *t}\nc: {<<: [*i], tag: v2, image: {{x}}}\n"))
	f.Add([]byte(application("{values: |\n  image: a:1\n, parameters: [{name: image.tag, value: v1}]}")))
	f.Fuzz(func(t *testing.T, src []byte) { finding.Check(t, helm.Strategy(), src) })
}

func TestFind_planned(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, src string
		want           []string // the changes
	}{
		{"nothing beside half a digest", "it would keep the old image", "image: {repository: a, tag: v1, sha: abc}\n", nil},
		{"the tag alone where no digest is", "only keys that are there are written", "image: {repository: a, tag: v1}\n", []string{"tag v1 → 9.9.9-wanted"}},
		{"nothing beside a key without a value", "parts change together", "image:\n  repository: a\n  tag: v1\n  digest:\n", nil},
		{"the reference behind its registry", "the name stays as it is", "image: {registry: ghcr.io, image: 'acme/a:v1'}\n", []string{"full acme/a:v1 → acme/a:9.9.9-wanted@" + string(finding.Digest)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, p := finding.Check(t, helm.Strategy(), []byte(tc.src))
			var got []string
			for _, c := range p.Changes {
				got = append(got, string(c.Part)+" "+c.From+" → "+c.To)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: %q (-want +got):\n%s", tc.why, tc.src, diff)
			}
		})
	}
}
