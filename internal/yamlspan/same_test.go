// SPDX-License-Identifier: Apache-2.0

package yamlspan_test

import (
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

func TestSame(t *testing.T) {
	t.Parallel()
	const old = "a: 1.4.1 # c\nb: &x web\nc: [1.4.1, y]\n"
	at := strings.Index(old, "1.4.1")
	for _, tc := range []struct {
		name, why, edited string
		sets              []yamlspan.Set
		wantErr           string
	}{
		{"takes the intended edit", "nothing else changed", strings.Replace(old, "1.4.1", "1.4.2", 1), []yamlspan.Set{{Start: at, Text: "1.4.2"}}, ""},
		{"takes quotes that were added", "the value is the same string", strings.Replace(old, "1.4.1", `"1.20"`, 1), []yamlspan.Set{{Start: at, Text: "1.20"}}, ""},
		{"takes no edit at all", "an empty plan is one", old, nil, ""},
		{"sees a second change", "only what was intended may differ", strings.ReplaceAll(old, "1.4.1", "1.4.2"), []yamlspan.Set{{Start: at, Text: "1.4.2"}}, "was to stay"},
		{"sees a change that is missing", "the edit did not do its work", old, []yamlspan.Set{{Start: at, Text: "1.4.2"}}, "reads as"},
		{"sees a number", "1.20 is not the string 1.20", strings.Replace(old, "1.4.1", "1.20", 1), []yamlspan.Set{{Start: at, Text: "1.20"}}, "not read as a string"},
		{"sees a lost comment", "comments are part of the file", strings.Replace(old, " # c", "", 1), nil, "structure"},
		{"sees a changed comment", "likewise", strings.Replace(old, "# c", "# d", 1), nil, "was to stay"},
		{"sees a changed anchor", "aliases would lose their target", strings.Replace(old, "&x", "&y", 1), nil, "anchor"},
		{"sees a value that became a mapping", "the structure must stay", strings.Replace(old, "1.4.1", "{x: y}", 1), []yamlspan.Set{{Start: at, Text: "x"}}, "structure"},
		{"sees what is no YAML any more", "a broken file is never written", strings.Replace(old, "1.4.1", "'", 1), []yamlspan.Set{{Start: at, Text: "x"}}, "never closed"},
		{"sees a place that is no value", "a key cannot be meant", old, []yamlspan.Set{{Start: 0, Text: "a"}}, "no value stands at byte 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := yamlspan.Same([]byte(old), []byte(tc.edited), tc.sets)
			if (err == nil) != (tc.wantErr == "") || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
				t.Errorf("%s: got %v, want %q", tc.why, err, tc.wantErr)
			}
		})
	}
}
