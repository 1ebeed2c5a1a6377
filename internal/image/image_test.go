// SPDX-License-Identifier: Apache-2.0

package image_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/image"
)

func TestParseName_saysWhatIsTooMuch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, why, in, want string }{
		{"names the tag", "people paste a whole reference into spec.image", "ghcr.io/acme/web:1.4.2", `has the tag "1.4.2"`},
		{"names the digest", "the same, with a digest", "acme/web@sha256:" + strings.Repeat("0", 64), "has a digest"},
		{"names the scheme", "the same, copied from a browser", "https://ghcr.io/acme/web", "has a scheme"},
		{"keeps the message short", "the text comes from an object of up to a megabyte", strings.Repeat("A", 9000), "…"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := image.ParseName(tc.in)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: error %v, want one with %q", tc.why, err, tc.want)
			}
			if err != nil && len(err.Error()) > 400 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestParse_refusesCapitalsThatFoldIntoAnotherImage(t *testing.T) {
	t.Parallel()
	if ref, err := image.Parse("Acme/web"); err == nil {
		t.Errorf("Acme/web was read as %v; in lower case that is another image, on Docker Hub", ref)
	}
}

func TestSplit(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][3]string{
		"web":                         {"web", "", ""},
		"registry:5000/org/app":       {"registry:5000/org/app", "", ""},
		"registry:5000/org/app:8":     {"registry:5000/org/app", "8", ""},
		"Docker.io/nginx@sha256:ab":   {"Docker.io/nginx", "", "sha256:ab"},
		"[::1]:5000/web:1.0@sha256:c": {"[::1]:5000/web", "1.0", "sha256:c"},
	} {
		name, tag, digest := image.Split(in)
		if got := [3]string{name, tag, digest}; got != want {
			t.Errorf("Split(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"nginx", "GHCR.io/acme/web:1", "[::1]:5000/web:1.0", "Acme/web", "a/b@sha256:" + strings.Repeat("1", 64)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := image.Parse(text)
		if err != nil {
			return
		}
		again, err := image.Parse(ref.String())
		if err != nil || again != ref {
			t.Errorf("%q is %v, but its canonical form %q is %v (%v)", text, ref, ref.String(), again, err)
		}
		if ref.Tag != "" && !image.IsTag(ref.Tag) {
			t.Errorf("%q has the tag %q, which IsTag refuses", text, ref.Tag)
		}
	})
}

func ExampleParse() {
	ref, _ := image.Parse("index.docker.io/nginx:1.27.3")
	fmt.Println(ref, ref.Name.Repository)
	// Output: docker.io/library/nginx:1.27.3 library/nginx
}
