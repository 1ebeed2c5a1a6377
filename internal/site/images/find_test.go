// SPDX-License-Identifier: Apache-2.0

package images_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/fixture/finding"
	"github.com/fairlead-dev/fairlead/internal/site/images"
)

// pod is an object with its spec in flow style.
func pod(spec string) string { return "apiVersion: v1\nkind: Pod\nspec: " + spec + "\n" }

func TestFind(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why, src string
		want           []string
	}{
		{"nothing in a file that says no image", "most files", "a: web:1\n", nil},
		{"the three kinds of containers", "all of them run", pod("{containers: [{image: a:1}], initContainers: [{image: b:1}], ephemeralContainers: [{image: c:1}]}"),
			[]string{"3 full docker.io/library/a a:1", "3 full docker.io/library/b b:1", "3 full docker.io/library/c c:1"}},
		{"a container without a tag", "it runs latest", pod("{containers: [{image: r.example.com/a}]}"), []string{"3 full r.example.com/a r.example.com/a"}},
		{"a digest alone", "it is a reference", pod("{containers: [{image: a@sha256:" + strings.Repeat("b", 64) + "}]}"), []string{"3 full docker.io/library/a a@sha256:" + strings.Repeat("b", 64)}},
		{"upper-case tags and ports", "the grammar has them", pod("{containers: [{image: 'r.example.com:5000/a/b:V1-RC'}]}"), []string{"3 full r.example.com:5000/a/b r.example.com:5000/a/b:V1-RC"}},
		{"containers of a file that is no object", "a patch often is none", "spec: {containers: [{image: a:1}]}\n", []string{"1 full docker.io/library/a a:1"}},
		{"no other image of such a file", "compose files and pipelines have their own strategy", "services: {web: {image: a:1}}\nimage: b:1\n", nil},
		{"an image volume", "it is pulled like any", pod("{volumes: [{name: x, image: {reference: a:1, pullPolicy: Always}}]}"), []string{"3 full docker.io/library/a a:1"}},
		{"the image of a custom resource", "operators call it so", pod("{image: a:1}"), []string{"3 full docker.io/library/a a:1"}},
		{"no bare name there", "it may be a machine's disk, or have its tag elsewhere", pod("{image: ubuntu, tag: '24.04'}"), nil},
		{"a bare name of what is like a container", "a workflow's step is one", pod("{templates: [{script: {image: python, command: [python]}}]}"), []string{"3 full docker.io/library/python python"}},
		{"objects in a List", "each is one", "kind: List\napiVersion: v1\nitems: [{apiVersion: v1, kind: Pod, spec: {image: a:1}}]\n", []string{"3 full docker.io/library/a a:1"}},
		{"objects in a list at the top", "likewise", "- {apiVersion: v1, kind: Pod, spec: {image: a:1}}\n- {kind: x, spec: {image: a:1}}\n", []string{"1 full docker.io/library/a a:1"}},
		{"later documents", "each is looked at by itself", "a: {image: a:1}\n---\n" + pod("{image: a:1}"), []string{"5 full docker.io/library/a a:1"}},
		{"kind and version behind the rest", "the order of keys means nothing", "spec: {image: a:1}\nkind: X\napiVersion: v1\n", []string{"1 full docker.io/library/a a:1"}},
		{"no metadata, labels, selectors", "people call things as they like", "apiVersion: v1\nkind: X\nmetadata: {image: a:1, annotations: {image: a:1}}\nspec: {selector: {image: a:1}, nodeSelector: {image: a:1}, matchLabels: {image: a:1}}\n", nil},
		{"no data", "it is the application's", "apiVersion: v1\nkind: ConfigMap\ndata: {image: a:1}\nstringData: {image: a:1}\n", nil},
		{"no schema", "it describes others", pod("{schema: {openAPIV3Schema: {image: a:1}}}"), nil},
		{"no values of a chart", "the tag may stand elsewhere; HelmValues knows", pod("{values: {image: a:1}}"), nil},
		{"no environment", "it is text", pod("{containers: [{env: [{name: image, value: a:1}, {image: a:1}]}]}"), nil},
		{"nothing that is no reference", "nothing can be wanted of it", pod("{containers: [{image: 'A B'}, {image: ''}, {image: 'https://x/y'}, {image: 7}, {image: }]}"), []string{"3 full docker.io/library/7 7"}},
		{"a template behind the name", "it is the image's, so its policy hears of it", pod("{containers: [{image: 'r.example.com/a:${TAG}'}, {image: 'a:1-$(x)'}, {image: 'a@{{ .d }}'}]}"),
			[]string{"3 Templated r.example.com/a", "3 Templated docker.io/library/a", "3 Templated docker.io/library/a"}},
		{"a template in the name", "nobody knows whose it is", pod("{containers: [{image: '${R}/a:1'}, {image: 'r.example.com/a${B}:1'}, {image: '{{ .Values.image }}'}]}"), []string{"3 Templated", "3 Templated", "3 Templated"}},
		{"a template without quotes", "YAML takes it for mappings", pod("{containers: [{image: {{ .Values.image }}}]}"), []string{"3 Templated"}},
		{"a block of text", "it has no line of its own", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: >-\n      a:1\n", []string{"5 BlockScalar docker.io/library/a"}},
		{"a key twice", "nobody knows which counts", pod("{containers: [{image: a:1, image: b:1}]}"), []string{"3 DuplicateKey docker.io/library/a", "3 DuplicateKey docker.io/library/b"}},
		{"a key twice above", "likewise", pod("{containers: [{image: a:1}], containers: []}"), []string{"3 DuplicateKey docker.io/library/a"}},
		{"no number by its tag", "an image would not be one", pod("{containers: [{image: !!int 5}]}"), []string{"3 NoTarget docker.io/library/5"}},
		{"an anchor of which each alias is such an image", "they change together", pod("{containers: [{image: &x a:1}, {image: *x}]}"), []string{"3 full docker.io/library/a a:1"}},
		{"no anchor that stands elsewhere too", "an edit would change that as well", pod("{containers: [{image: &x a:1, args: [*x]}, {image: *x}]}"), []string{"3 OnAlias docker.io/library/a", "3 OnAlias docker.io/library/a"}},
		{"no alias of an anchor elsewhere", "likewise", "x-image: &x a:1\n" + pod("{containers: [{image: *x}]}"), []string{"4 OnAlias docker.io/library/a"}},
		{"a container by alias once", "its anchor is the place", pod("{containers: [&x {image: a:1}, *x]}"), []string{"3 full docker.io/library/a a:1"}},
		{"a container by merge once", "likewise", pod("{containers: [&x {image: a:1}, {<<: *x, name: y}, {<<: [*x], image: b:1}]}"), []string{"3 full docker.io/library/a a:1", "3 full docker.io/library/b b:1"}},
		{"no container from where none is", "the anchor is not such a place, and that is told", "x-c: &x {image: a:1}\nspec: {containers: [*x, {<<: *x}]}\n", []string{"2 OnAlias docker.io/library/a", "2 OnAlias docker.io/library/a"}},
		{"nothing in an encrypted file", "SOPS has a checksum of it", pod("{containers: [{image: a:1}, {image: b:1}]}") + "sops: {mac: x}\n", []string{"3 Encrypted"}},
		{"nothing in an encrypted value", "its file has it somewhere", pod("{containers: [{image: 'ENC[AES256_GCM,data:x]'}]}"), []string{"3 Encrypted"}},
		{"a file that is no YAML, once", "with its first image", "x: y\n{{- if .x }}\nimage: a:1\nimage: b:1\n", []string{"3 InvalidYAML"}},
		{"no file that is no YAML and says no image", "there is nothing in it", "{{- if .x }}\n# images: none\nimagePullPolicy: x\n", nil},
		{"Latin-1", "it is no UTF-8", "# \xe4\nimage: a:1\n", []string{"2 UnsupportedEncoding"}},
		{"UTF-16", "it is seen without being read", wide("image: a:1"), []string{"1 UnsupportedEncoding"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sites, _ := finding.Check(t, images.Strategy(), []byte(tc.src))
			if diff := cmp.Diff(tc.want, finding.ShowAll(sites)); diff != "" {
				t.Errorf("%s: %q (-want +got):\n%s", tc.why, tc.src, diff)
			}
		})
	}
}

// wide is text as big-endian UTF-16.
func wide(text string) string {
	var b strings.Builder
	for i := range len(text) {
		b.WriteByte(0)
		b.WriteByte(text[i])
	}
	return b.String()
}

// FuzzFind checks what package finding checks of any file.
func FuzzFind(f *testing.F) {
	for _, content := range finding.Seeds(f, "images-") {
		f.Add(content)
	}
	f.Add([]byte(pod("{containers: [&x {image: &y a:1}, {<<: *x, name: y}, *x, {image: *y}]}")))
	f.Fuzz(func(t *testing.T, src []byte) { finding.Check(t, images.Strategy(), src) })
}
