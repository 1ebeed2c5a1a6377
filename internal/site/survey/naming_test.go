// SPDX-License-Identifier: Apache-2.0

package survey_test

import (
	"testing"

	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site/survey"
)

func TestSurvey_Read(t *testing.T) {
	t.Parallel()
	web := image.Name{Registry: "ghcr.io", Repository: "acme/web"}
	for _, tc := range []struct {
		text, why string
		want      survey.Naming
	}{
		{"ghcr.io/acme/web", "a name", survey.Naming{Name: web}},
		{"ghcr.io/acme/web:1", "a reference", survey.Naming{Name: web, Versioned: true}},
		{"ghcr.io/acme/web:${TAG}", "the name has ended before the template", survey.Naming{Name: web, Versioned: true, Templated: true}},
		{"ghcr.io/acme/web:1-$(x)@{{ .d }}", "the first template counts", survey.Naming{Name: web, Versioned: true, Templated: true}},
		{"ghcr.io/acme/web@{{ .d }}", "likewise before a digest", survey.Naming{Name: web, Versioned: true, Templated: true}},
		{"ghcr.io/acme/web${SUFFIX}", "the name goes on", survey.Naming{Templated: true}},
		{"${REGISTRY}:5000/acme/web:1", "the name begins with it", survey.Naming{Templated: true}},
		{"localhost:${PORT}/web:1", "what has ended is a host", survey.Naming{Templated: true}},
		{"web:${TAG}", "a name without a host has ended", survey.Naming{Name: image.Name{Registry: "docker.io", Repository: "library/web"}, Versioned: true, Templated: true}},
		{"ENC[AES256_GCM,data:x]", "SOPS wrote it", survey.Naming{Encrypted: true}},
		{"https://example.com/a", "no image", survey.Naming{}},
		{"", "nothing", survey.Naming{}},
	} {
		var s survey.Survey
		for range 2 { // the second time it is remembered
			if got := s.Read(tc.text); got != tc.want {
				t.Errorf("Read(%q) = %+v, want %+v: %s", tc.text, got, tc.want, tc.why)
			}
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ registry, repository, want string }{
		{"ghcr.io", "acme/web", "ghcr.io/acme/web"},
		{"ghcr.io/", "/acme/web", "ghcr.io/acme/web"},
		{"", "ghcr.io/acme/web", "ghcr.io/acme/web"},
	} {
		if got := survey.Join(tc.registry, tc.repository); got != tc.want {
			t.Errorf("Join(%q, %q) = %q, want %q", tc.registry, tc.repository, got, tc.want)
		}
	}
}
