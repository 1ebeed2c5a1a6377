// SPDX-License-Identifier: Apache-2.0

package registry_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/registry"
)

func readAll(text string, bytewise bool) ([]string, error) {
	var tags []string
	r := iotest.DataErrReader(strings.NewReader(text))
	if bytewise {
		r = iotest.OneByteReader(r)
	}
	err := registry.ReadPage(r, func(tag []byte) error {
		tags = append(tags, string(tag))
		return nil
	})
	return tags, err
}

// FuzzReadPage compares with encoding/json: whatever is read is JSON, and has the tags that encoding/json sees.
func FuzzReadPage(f *testing.F) {
	for _, seed := range []string{
		`{"name":"a","tags":["1","2"]}`, `{"tags":null}`, ` {"x":[{"y":[]},"\\",-1.5e3,true] , "tags" : [ "a\u002eb" ]}`, `{"tags":["a\\"]}`,
		`{"tags":["\\\\","\\\"","a"]}`, `{"tags":["a"],"tags":["b"]}`, `{"\u0074ags":["a"]}`, `{"tags":["` + strings.Repeat("x", 1000) + `","y"]}`, `{"tags":[]`, `{"tags":["a"]}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := readAll(text, false)
		again, errAgain := readAll(text, true)
		if (err == nil) != (errAgain == nil) || err == nil && !slices.Equal(got, again) {
			t.Fatalf("reading in other pieces gave %q, %v instead of %q, %v", again, errAgain, got, err)
		}
		if err != nil {
			return
		}
		var want struct {
			Tags []any `json:"tags"`
		}
		if strings.Contains(text, strings.Repeat("x", 100)) || !utf8.ValidString(text) {
			return // a long string that is skipped is not looked at in full
		}
		if !json.Valid([]byte(text)) {
			t.Fatalf("%q is not JSON and was read as %q", text, got)
		}
		if strings.Count(strings.ToLower(text), "tags") != 1 || json.Unmarshal([]byte(text), &want) != nil {
			return // encoding/json reads repeated and differently written keys in its own way
		}
		var tags []string
		for _, tag := range want.Tags {
			if tag, ok := tag.(string); ok && image.IsTag(tag) {
				tags = append(tags, tag)
			}
		}
		if !slices.Equal(got, tags) {
			t.Fatalf("%q: got %q, encoding/json sees %q", text, got, tags)
		}
	})
}

func TestReadPage_readsWhatEncodingJSONWrites(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 128)
	tags := []string{"1.0", "v1", "_x", long}
	text, err := json.Marshal(map[string]any{"name": strings.Repeat(`"\`, 50_000), "tags": append(tags, long+"x", `a"b`, `\`, strings.Repeat("z", 100_000))})
	if err != nil {
		t.Fatal(err)
	}
	for _, bytewise := range []bool{false, true} {
		got, err := readAll(string(text), bytewise)
		if err != nil || !slices.Equal(got, tags) {
			t.Errorf("got %d tags, %v", len(got), err)
		}
	}
	for cut := range len(text) - 1 {
		if cut%997 != 0 && cut > 100 {
			continue
		}
		if _, err := readAll(string(text[:cut]), false); err == nil {
			t.Errorf("%d bytes of %d were read as a whole", cut, len(text))
		}
	}
}
