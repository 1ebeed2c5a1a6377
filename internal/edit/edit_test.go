// SPDX-License-Identifier: Apache-2.0

package edit_test

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/edit"
)

func ExampleSplice() {
	out, err := edit.Splice([]byte("image: web:1.4.1  # note"), []edit.Edit{{Start: 7, End: 16, Text: "web:1.4.2"}})
	fmt.Println(string(out), err)
	// Output: image: web:1.4.2  # note <nil>
}

func TestSplice(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		edits     []edit.Edit
		want      string // "": an error
	}{
		{"takes edits in any order", "finders need not sort", []edit.Edit{{4, 5, "E"}, {0, 1, "A"}}, "AbcdEf"},
		{"may grow and shrink", "tags have any length", []edit.Edit{{0, 3, ""}, {5, 6, "xyz"}}, "dexyz"},
		{"may insert beside an edit", "they touch and do not overlap", []edit.Edit{{1, 2, "B"}, {1, 1, "+"}}, "a+Bcdef"},
		{"without edits gives the input", "an empty plan changes nothing", nil, "abcdef"},
		{"refuses edits that overlap", "the result would depend on their order", []edit.Edit{{0, 2, "x"}, {1, 3, "y"}}, ""},
		{"refuses two inserts at one place", "likewise", []edit.Edit{{1, 1, "x"}, {1, 1, "y"}}, ""},
		{"refuses to leave the file", "the site is of another version", []edit.Edit{{5, 7, "x"}}, ""},
		{"refuses a negative place", "likewise", []edit.Edit{{-1, 0, "x"}}, ""},
		{"refuses an end before its start", "likewise", []edit.Edit{{3, 2, "x"}}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			src := []byte("abcdef")
			out, err := edit.Splice(src, tc.edits)
			if (err != nil) != (tc.want == "") || string(out) != tc.want || string(src) != "abcdef" {
				t.Errorf("%s: got %q, %v; src is %q", tc.why, out, err, src)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	edits := []edit.Edit{{1, 2, "BB"}}
	for _, tc := range []struct {
		name, edited string
		ok           bool
	}{
		{"takes the edit", "aBBcdef", true},
		{"sees a change before it", "xBBcdef", false},
		{"sees a change behind it", "aBBcdeX", false},
		{"sees another text", "aXXcdef", false},
		{"sees an end that is missing", "aBB", false},
		{"sees an end that is too much", "aBBcdefg", false},
		{"sees an empty file", "", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if err := edit.Check([]byte("abcdef"), []byte(tc.edited), edits); (err == nil) != tc.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

// FuzzSplice checks that what Splice makes passes Check, and that the inverse gives back the bytes.
func FuzzSplice(f *testing.F) {
	f.Add([]byte("image: web:1.4.1\r\n"), int64(1), uint8(2))
	f.Fuzz(func(t *testing.T, src []byte, seed int64, n uint8) {
		rng := rand.New(rand.NewSource(seed))
		var edits []edit.Edit
		for at := 0; n > 0 && at < len(src); n-- {
			start := at + rng.Intn(len(src)-at)
			end := start + 1 + rng.Intn(min(8, len(src)-start))
			edits = append(edits, edit.Edit{Start: start, End: end, Text: string(make([]byte, rng.Intn(9)))})
			at = end
		}
		rng.Shuffle(len(edits), func(i, j int) { edits[i], edits[j] = edits[j], edits[i] })
		out, err := edit.Splice(src, edits)
		if err != nil {
			t.Fatal(err)
		}
		if err := edit.Check(src, out, edits); err != nil {
			t.Error(err)
		}
		back, err := edit.Inverse(src, edits)
		if err != nil {
			t.Fatal(err)
		}
		if undone, err := edit.Splice(out, back); err != nil || string(undone) != string(src) {
			t.Errorf("the inverse of %v on %q gives %q, %v", edits, src, undone, err)
		}
	})
}
