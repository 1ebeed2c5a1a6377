// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/spec"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

func TestRevisions(t *testing.T) {
	t.Parallel()
	exclusion := func(patterns ...string) spec.Exclusion {
		e, err := spec.NewExclusion(patterns)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	var r revisions
	web, api := types.NamespacedName{Name: "web"}, types.NamespacedName{Name: "api"}
	for _, step := range []struct {
		why     string
		name    types.NamespacedName
		exclude spec.Exclusion
		list    taglist.List
	}{
		{"the first", web, exclusion(`\.sig$`), taglist.Of("a", "a.sig")},
		{"the same again", web, exclusion(`\.sig$`), taglist.Of("a", "a.sig")},
		{"another list", web, exclusion(`\.sig$`), taglist.Of("a", "b", "a.sig")},
		{"another exclusion", web, exclusion("b"), taglist.Of("a", "b", "a.sig")},
		{"none", web, exclusion([]string{}...), taglist.Of("a", "b", "a.sig")},
		{"another object", api, exclusion("a"), taglist.Of("a", "b", "a.sig")},
		{"the first object again", web, exclusion("b"), taglist.Of("a", "b", "a.sig")},
		{"an empty list", web, exclusion("b"), taglist.List{}},
	} {
		if got, want := r.of(step.name, step.exclude, step.list), step.exclude.Keep(step.list).Revision(); got != want {
			t.Errorf("%s: got %s, want %s", step.why, got, want)
		}
	}
	r.forget(web)
	if len(r.last) != 1 {
		t.Errorf("%d objects are remembered, want one", len(r.last))
	}
}

// TestRevisions_readNoTagTwice: with a tag to leave out, reading a list allocates what is left of it.
func TestRevisions_readNoTagTwice(t *testing.T) {
	var tags taglist.Builder
	for i := range 10_000 {
		tags.Add(fmt.Sprint(i))
	}
	tags.Add("0.sig")
	list, name := tags.List(), types.NamespacedName{Name: "web"}
	exclude, err := spec.NewExclusion(nil)
	if err != nil {
		t.Fatal(err)
	}
	var r revisions
	read := func() { r.of(name, exclude, list) }
	fresh := testing.AllocsPerRun(3, func() { r = revisions{}; read() })
	if again := testing.AllocsPerRun(3, read); again >= fresh {
		t.Errorf("reading allocates %v times, and %v times again", fresh, again)
	}
}
