// SPDX-License-Identifier: Apache-2.0

package yamlspan_test

import (
	"testing"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

func TestIsString(t *testing.T) {
	t.Parallel()
	strings := []string{"1.20.1", "v1.20", "1e3f", "08b", "0xZZ", "0b2", "0o8", "latest", "tRUE", "1.2.3-4", "a", "1-2",
		"ghcr.io/acme/web:1.4.2", "nginx", "inf", "nan", "20261120-1", "r2026-11-20", "2026-11", "1_a", "e3", "true1", "not"}
	others := []string{"", "~", "null", "Null", "NULL", "true", "TRUE", "yes", "No", "on", "OFF", "y", "N", "1", "0755", "08", "1.20",
		"1.", ".5", "1e3", "1E-5", "1.e3", "0x1f", "0X1F", "0b1", "0o17", "1_000", "20261120", "123456789012345678901234567890",
		".inf", "-.INF", ".nan", "2026-11-20", "2026-1-2", "1:20", "190:20:30", "190:20:30.15", "09.5", "1_0.2", "<<"}
	for _, text := range strings {
		if !yamlspan.IsString(text) {
			t.Errorf("%q is a string", text)
		}
	}
	for _, text := range others {
		if yamlspan.IsString(text) {
			t.Errorf("%q is not read as a string everywhere", text)
		}
	}
}

// FuzzQuote checks that a value comes back as the very string that was written, by our reading and by kyaml's, in a
// block as well as in a flow collection.
func FuzzQuote(f *testing.F) {
	for _, text := range []string{"1.20", "ghcr.io/a/b:1", "it's", `"`, "a\nb", "# x", "a: b", "[::1]:5000/x", "\u2028", "\x7f", "é", "", "- x", "yes"} {
		for _, style := range []byte{1, 2, 3} {
			f.Add(text, style)
		}
	}
	f.Fuzz(func(t *testing.T, text string, style byte) {
		if style < 1 || style > 3 || !utf8.ValidString(text) {
			return
		}
		quoted := yamlspan.Quote(text, yamlspan.Style(style), false)
		for _, src := range []string{"k: " + quoted + "\n", "[" + quoted + ", x]\n", "{k: " + quoted + "}\n"} {
			var node yaml.Node
			if err := yaml.Unmarshal([]byte(src), &node); err != nil {
				t.Fatalf("%q: %v", src, err)
			}
			value := node.Content[0].Content[len(node.Content[0].Content)-1]
			if src[0] == '[' {
				value = node.Content[0].Content[0]
			}
			if value.Value != text || value.Tag != "!!str" {
				t.Errorf("%q reads as %s %q, want the string %q", src, value.Tag, value.Value, text)
			}
			if d := differ([]byte(src)); d != "" {
				t.Errorf("%q: %s", src, d)
			}
		}
	})
}
