// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func module() fs.FS { return os.DirFS("../..") }

// TestPages_areCurrent fails when a page was not made again after the code changed.
func TestPages_areCurrent(t *testing.T) {
	t.Parallel()
	all, err := pages(t.Context(), module())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		committed, err := fs.ReadFile(module(), path.Join(folder, p.name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(committed), p.text); diff != "" {
			t.Errorf("%s is not current; run \"go run ./internal/docgen\" (-committed +made):\n%s", p.name, diff)
		}
	}
}

func TestPages_areTheSameTwice(t *testing.T) {
	t.Parallel()
	first, err := pages(t.Context(), module())
	if err != nil {
		t.Fatal(err)
	}
	second, err := pages(t.Context(), module())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(first, second) {
		t.Error("two runs made different pages")
	}
}

// reserved are the reasons that no code gives yet, and the feature each waits for.
var reserved = map[string]string{
	"Frozen":        "the annotation fairlead.dev/freeze",
	"OutsideWindow": "spec.windows",
	"DryRun":        "spec.dryRun",
}

// TestReasons fails for a reason that nothing gives, and for one that is given now and still called reserved.
func TestReasons(t *testing.T) {
	t.Parallel()
	groups, err := readReasons(module())
	if err != nil {
		t.Fatal(err)
	}
	used, err := usedReasons(module())
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	for _, g := range groups {
		for _, r := range g.reasons {
			known[r.name] = true
			feature, waits := reserved[r.name]
			switch {
			case r.name != r.value:
				t.Errorf("reason %s says %q", r.name, r.value)
			case !used[r.name] && !waits:
				t.Errorf("nothing gives reason %s: give it, or remove it", r.name)
			case used[r.name] && waits:
				t.Errorf("reason %s is given now; it no longer waits for %s", r.name, feature)
			}
		}
	}
	for name := range reserved {
		if !known[name] {
			t.Errorf("%s is called reserved and is no reason", name)
		}
	}
	if len(known) < 50 {
		t.Errorf("only %d reasons were found", len(known))
	}
}

func TestReadReasons_refuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, source, want string }{
		{"a reason without comment", "// Reasons.\nconst (\n\tA Reason = \"A\"\n)", "reason A has no comment"},
		{"a comment about another", "// Reasons.\nconst (\n\t// B: other.\n\tA Reason = \"A\"\n)", "reason A has no comment"},
		{"a block without comment", "const (\n\t// A: one.\n\tA Reason = \"A\"\n)", "has no comment"},
		{"a computed reason", "// Reasons.\nconst (\n\t// A: one.\n\tA = Reason(\"A\")\n)", "is no literal"},
		{"no Go", "func (", "parsing the reasons"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{reasonFile: {Data: []byte("package reason\n\n" + row.source + "\n")}}
			if _, err := readReasons(files); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%q wanted, got %v", row.want, err)
			}
		})
	}
}

func TestReasonsPage_reserved(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		reasonFile:        {Data: []byte("package reason\n\n// Reasons of it.\nconst (\n\t// Given: one.\n\tGiven Reason = \"Given\"\n\t// Waits: two.\n\tWaits Reason = \"Waits\"\n)\n")},
		"internal/a/a.go": {Data: []byte("package a\n\nvar x = reason.Given\n")},
		// What only a test names is not given.
		"internal/a/a_test.go": {Data: []byte("package a\n\nvar y = reason.Waits\n")},
		"cmd/a/a.go":           {Data: []byte("package main\n")},
		"controllers/a/a.go":   {Data: []byte("package a\n")},
	}
	got, err := reasonsPage(files)
	if err != nil {
		t.Fatal(err)
	}
	given, waits, ok := strings.Cut(got, "## Reserved")
	if !ok || !strings.Contains(given, "| `Given` | One. |") || strings.Contains(given, "Waits") || !strings.Contains(waits, "| `Waits` | Two. |") {
		t.Errorf("not as it should be:\n%s", got)
	}
}

func TestAPIPage_field(t *testing.T) {
	t.Parallel()
	two, eight := int64(2), int64(8)
	for _, row := range []struct {
		name, why string
		field     schema
		want      string
	}{
		{"names type and text", "the least a row has", schema{Type: "string", Description: "f is <one>."}, `| ` + "`at.f`" + ` | string |  |  | f is \<one>. |`},
		{"escapes a bar", "it would end the cell", schema{Type: "string", Pattern: "a|b"}, "| `at.f` | string |  | matches `a\\|b` |  |"},
		{"names both limits", "a reader looks for them", schema{Type: "string", MinLength: &two, MaxLength: &eight}, "| `at.f` | string |  | 2 to 8 characters |  |"},
		{"names a default", "a reader looks for it", schema{Type: "string", Default: []byte(`"10m"`)}, "| `at.f` | string | `10m` |  |  |"},
		{"keeps a falsy default", "0 is a default too", schema{Type: "integer", Default: []byte(`0`)}, "| `at.f` | integer | `0` |  |  |"},
		{"tells of items", "their limits stand nowhere else", schema{Type: "array", ListType: "set", MaxItems: &eight, Items: &schema{Type: "string", MaxLength: &two}},
			"| `at.f` | set of string |  | up to 8 items; each: up to 2 characters |  |"},
		{"tells of rules", "the API server refuses by them", schema{Type: "object", Rules: []rule{{"exactly one"}}}, "| `at.f` | object |  | exactly one |  |"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var b strings.Builder
			writeFields(&b, schema{Properties: map[string]schema{"f": row.field}}, "at")
			if diff := cmp.Diff(row.want+"\n", b.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.why, diff)
			}
		})
	}
}

func TestProse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`a  b`: `a b`, `'\.sig'`: `'\\.sig'`, `**/*.yaml`: `\*\*/\*.yaml`, `<cluster>`: `\<cluster>`, `known_hosts`: `known\_hosts`,
	} {
		if got := prose(text); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
	for text, want := range map[string]string{"spec.suspend is true": "spec.suspend is true", "all is well.": "All is well.", "done.": "Done."} {
		if got := sentence(text); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	got, err := flagsPage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| `--concurrency` | int | `4` |", "| `--metrics-addr` | string | `:8080` |", "| `--leader-election` | bool | `false` |",
		"| `--no-cross-namespace-refs` | bool | `true` |", "| `--kubeconfig` | string |  |", "| `--log-level` | string | `info` | debug, info or error |",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing:\n%s", want, got)
		}
	}
}
