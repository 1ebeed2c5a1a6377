// SPDX-License-Identifier: Apache-2.0

package taglist_test

import (
	"bytes"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fairlead-dev/fairlead/internal/taglist"
)

func TestList_isASortedSetWhateverCameIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tags := rapid.SliceOf(rapid.StringMatching(`[a-c0-9.]{0,4}`)).Draw(t, "tags")
		want := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(tags))), func(s string) bool { return s == "" })
		list := taglist.Of(tags...)
		if diff := cmp.Diff(want, slices.Collect(list.All()), cmp.Transformer("nil", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		rand.New(rand.NewSource(int64(len(tags)))).Shuffle(len(tags), func(i, j int) { tags[i], tags[j] = tags[j], tags[i] })
		if again := taglist.Of(tags...); again.Revision() != list.Revision() {
			t.Fatalf("another order gave another revision")
		}
		for _, tag := range want {
			if !list.Has(tag) {
				t.Fatalf("%q is lost", tag)
			}
		}
		var file bytes.Buffer
		if _, err := list.WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		again, err := taglist.Read(&file, 1<<20)
		if err != nil || again.Revision() != list.Revision() {
			t.Fatalf("written and read: %v, revision %s, want %s", err, again.Revision(), list.Revision())
		}
	})
}

func TestList_Diff(t *testing.T) {
	t.Parallel()
	added, removed := taglist.Of("1.2", "1.0", "1.3").Diff(taglist.Of("1.0", "1.1"))
	if diff := cmp.Diff([][]string{{"1.2", "1.3"}, {"1.1"}}, [][]string{added, removed}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if added, removed = taglist.Of().Diff(taglist.List{}); added != nil || removed != nil {
		t.Errorf("two empty lists differ: %v, %v", added, removed)
	}
}

func TestRead_stopsAtTheLimit(t *testing.T) {
	t.Parallel()
	for size, ok := range map[int64]bool{3: false, 4: true, 5: true} {
		if _, err := taglist.Read(strings.NewReader("1.0\n"), size); (err == nil) != ok {
			t.Errorf("4 bytes with a limit of %d: %v", size, err)
		}
	}
}

func TestList_At_allocatesNothing(t *testing.T) {
	list := taglist.Of("1.0", "1.1", "1.2")
	if n := testing.AllocsPerRun(100, func() {
		for tag := range list.All() {
			_ = list.Has(tag)
		}
	}); n > 1 {
		t.Errorf("reading three tags allocates %v times", n)
	}
}
