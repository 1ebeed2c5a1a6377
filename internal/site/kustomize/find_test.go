// SPDX-License-Identifier: Apache-2.0

package kustomize_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/internal/fixture/finding"
	"github.com/fairlead-dev/fairlead/internal/site/kustomize"
)

func TestFind(t *testing.T) {
	t.Parallel()
	sum := "sha256:" + strings.Repeat("b", 64)
	for _, tc := range []struct {
		name, why, src string
		want           []string
	}{
		{"nothing in a file without images", "most files", "resources: [a.yaml]\n", nil},
		{"the tag, which takes the digest", "kustomize has one of two keys, so one value takes both", "images: [{name: ghcr.io/acme/web, newTag: v1}]\n", []string{"1 tag ghcr.io/acme/web +digest v1"}},
		{"tag and digest together", "the value has both", "images: [{name: ghcr.io/acme/web, newTag: v1@" + sum + "}]\n", []string{"1 tag@digest ghcr.io/acme/web v1@" + sum}},
		{"tag and digest apart", "both keys are there", "images: [{digest: " + sum + ", name: ghcr.io/acme/web, newTag: v1}]\n", []string{"1 digest ghcr.io/acme/web " + sum, "1 tag ghcr.io/acme/web v1"}},
		{"an empty digest", "the key is there", "images: [{name: ghcr.io/acme/web, digest: ''}]\n", []string{"1 digest ghcr.io/acme/web "}},
		{"no entry without either", "only keys that are there are written", "images: [{name: ghcr.io/acme/web}, {name: a, newName: b, tagSuffix: -x}]\n", nil},
		{"the new name before the name", "that is what runs", "images: [{name: a, newName: b, newTag: v1}]\n", []string{"1 tag docker.io/library/b|docker.io/library/a +digest v1"}},
		{"one name where both say it", "they are one image", "images: [{name: nginx, newName: docker.io/library/nginx, newTag: v1}]\n", []string{"1 tag docker.io/library/nginx +digest v1"}},
		{"an entry that has a new name alone", "kustomize may complain; the image is clear", "images: [{newName: b, newTag: v1}]\n", []string{"1 tag docker.io/library/b +digest v1"}},
		{"no entry whose name has a tag", "kustomize matches nothing by it", "images: [{name: 'a:1', newTag: v1}]\n", nil},
		{"a number", "it will be written as a string", "images: [{name: a, newTag: 1.20}]\n", []string{"1 tag docker.io/library/a +digest 1.20"}},
		{"documents and components", "each is one", "kind: Component\nimages: [{name: a, newTag: v1}]\n---\nimages: [{name: b, newTag: v1}]\n", []string{"2 tag docker.io/library/a +digest v1", "4 tag docker.io/library/b +digest v1"}},
		{"no object of another kind", "its list may mean anything", "kind: Fleet\nimages: [{name: a, newTag: v1}]\n", nil},
		{"no list below the top", "likewise", "spec: {images: [{name: a, newTag: v1}]}\n", nil},
		{"no text in patches", "it is text", "patches:\n- patch: |-\n    images:\n    - name: a\n      newTag: v1\n", nil},
		{"a template in the tag", "its policy hears of it", "images: [{name: a, newTag: '${TAG}'}]\n", []string{"1 Templated docker.io/library/a"}},
		{"a template for the new name", "the name still tells whose it is", "images: [{name: a, newName: '${R}/a', newTag: v1}]\n", []string{"1 tag docker.io/library/a +digest v1"}},
		{"a template for the name alone", "nobody knows whose it is", "images: [{name: '${R}/a', newTag: v1}]\n", []string{"1 Templated"}},
		{"a key without a value", "there is nothing to replace", "images:\n- name: a\n  newTag:\n- name: b\n  newTag: v1\n", []string{"3 NoTarget docker.io/library/a", "5 tag docker.io/library/b +digest v1"}},
		{"a block of text", "it has no line of its own", "images:\n- name: a\n  newTag: |-\n    v1\n", []string{"3 BlockScalar docker.io/library/a"}},
		{"a tag twice", "nobody knows which counts", "images: [{name: a, newTag: v1, newTag: v2}]\n", []string{"1 DuplicateKey docker.io/library/a"}},
		{"a name twice", "nobody knows whose it is", "images: [{name: a, name: b, newTag: v1}]\n", []string{"1 DuplicateKey docker.io/library/b"}},
		{"the list twice", "likewise", "images: [{name: a, newTag: v1}]\nimages: []\n", []string{"1 DuplicateKey docker.io/library/a"}},
		{"no tag that two images share", "one would move with the other", "images: [{name: a, newTag: &t v1}, {name: b, newTag: *t}]\n", []string{"1 OnAlias docker.io/library/a", "1 OnAlias docker.io/library/b"}},
		{"a tag that one image has twice", "both are meant", "images: [{name: a, newTag: &t v1}, {name: docker.io/a, newTag: *t}]\n", []string{"1 tag docker.io/library/a +digest v1"}},
		{"no tag that a merge brings to another image", "one would move with the other", "images: [&e {name: a, newTag: v1}, {<<: *e, name: b}]\n", []string{"1 OnAlias docker.io/library/a", "1 OnAlias docker.io/library/b"}},
		{"a merge that changes nothing of it", "the anchor is the place", "images: [&e {name: a, newTag: v1}, {<<: *e}, *e]\n", []string{"1 tag docker.io/library/a +digest v1"}},
		{"a tag of its own beside a merged name", "it is edited where it stands", "images: [&e {name: a, newTag: v1}, {<<: *e, newTag: v2}]\n", []string{"1 tag docker.io/library/a +digest v1", "1 tag docker.io/library/a +digest v2"}},
		{"lines that end with CR LF", "they count once", "images:\r\n- name: a\r\n  newTag: v1\r\n", []string{"3 tag docker.io/library/a +digest v1"}},
		{"nothing in an encrypted file", "SOPS has a checksum of it", "images: [{name: a, newTag: v1}]\nsops: {mac: x}\n", []string{"1 Encrypted"}},
		{"a file that is no YAML", "with its first list", "x: y\nimages:\n- {name: a, newTag: v1\n", []string{"2 InvalidYAML"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sites, _ := finding.Check(t, kustomize.Strategy(), []byte(tc.src))
			if diff := cmp.Diff(tc.want, finding.ShowAll(sites)); diff != "" {
				t.Errorf("%s: %q (-want +got):\n%s", tc.why, tc.src, diff)
			}
		})
	}
}

// FuzzFind checks what package finding checks of any file.
func FuzzFind(f *testing.F) {
	for _, content := range finding.Seeds(f, "kustomize-") {
		f.Add(content)
	}
	f.Add([]byte("images: [&e {name: a, newTag: &t v1}, {<<: *e, name: b}, {name: a, newTag: *t, digest: x}]\n"))
	f.Fuzz(func(t *testing.T, src []byte) { finding.Check(t, kustomize.Strategy(), src) })
}
