// SPDX-License-Identifier: Apache-2.0

package registry_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/registry"
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// built returns an image for a platform, "os/architecture/variant", made at a time.
func built(t *testing.T, on string, created time.Time) v1.Image {
	t.Helper()
	p, err := v1.ParsePlatform(on)
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{Created: v1.Time{Time: created}, OS: p.OS, Architecture: p.Architecture, Variant: p.Variant,
		RootFS: v1.RootFS{Type: "layers"}})
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// index returns an index of images by platform; the order is that of the arguments.
func index(t *testing.T, parts ...mutate.IndexAddendum) v1.ImageIndex {
	t.Helper()
	return mutate.AppendManifests(empty.Index, parts...)
}

func part(t *testing.T, on string, created time.Time) mutate.IndexAddendum {
	t.Helper()
	p, err := v1.ParsePlatform(on)
	if err != nil {
		t.Fatal(err)
	}
	return mutate.IndexAddendum{Add: built(t, on, created), Descriptor: v1.Descriptor{Platform: p}}
}

func pushIndex(t *testing.T, s *server, repository, tag string, idx v1.ImageIndex) image.Digest {
	t.Helper()
	digest, err := idx.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(reference(t, s, repository, tag), idx); err != nil {
		t.Fatal(err)
	}
	s.asked()
	return image.Digest(digest.String())
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	s := inMemory(t, nil)
	attestation := mutate.IndexAddendum{Add: built(t, "linux/s390x", noon.Add(9*time.Hour)),
		Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "unknown", Architecture: "unknown"}}}
	many := index(t, part(t, "linux/amd64", noon), part(t, "linux/arm/v7", noon.Add(2*time.Hour)), part(t, "linux/arm64", noon.Add(time.Hour)), attestation)
	of := map[string]image.Digest{
		"single": pushImage(t, s, "acme/web", "single", built(t, "linux/arm/v7", noon)),
		"none":   pushImage(t, s, "acme/web", "none", built(t, "linux/amd64", time.Time{})),
		"index":  pushIndex(t, s, "acme/web", "index", many),
		"nested": pushIndex(t, s, "acme/web", "nested", index(t, mutate.IndexAddendum{Add: many, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}})),
		"gone":   image.Digest(digestOf("gone")),
	}
	all := []string{"linux/amd64", "linux/arm/v7", "linux/arm64"}
	for _, tc := range []struct {
		name, why string
		of        string
		wanted    []string
		want      policy.ImageFact
		requests  int
	}{
		{"reads a single image", "manifest and configuration", "single", nil, policy.ImageFact{Described: true, Created: noon, Platforms: []string{"linux/arm/v7"}}, 2},
		{"knows when there is no date", "reproducible builds have none", "none", nil, policy.ImageFact{Described: true, Platforms: []string{"linux/amd64"}}, 2},
		{"takes the newest of an index", "nothing is wanted in particular", "index", nil, policy.ImageFact{Described: true, Created: noon.Add(2 * time.Hour), Platforms: all}, 7},
		{"takes the newest of those wanted", "the others do not run here", "index", []string{"linux/amd64", "linux/arm64"}, policy.ImageFact{Described: true, Created: noon.Add(time.Hour), Platforms: all}, 5},
		{"looks at a variant only when it is wanted", "arm/v6 is not arm/v7", "index", []string{"linux/amd64", "linux/arm/v6"}, policy.ImageFact{Described: true, Created: noon, Platforms: all}, 3},
		{"finds no platform in an index of indexes", "no runtime follows it", "nested", nil, policy.ImageFact{Described: true}, 1},
		{"says what is gone", "that is a fact, no fault", "gone", nil, policy.ImageFact{Gone: true}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClient(t, open, registry.Config{})
			s.asked()
			for look, requests := range []int{tc.requests, 0} {
				if tc.want.Gone {
					requests = 1
				}
				got, err := c.Describe(t.Context(), s.name("acme/web"), of[tc.of], tc.wanted, anonymous)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", tc.why, diff)
				}
				if asked := s.asked(); len(asked) != requests {
					t.Errorf("look %d took %d requests, want %d: %q", look, len(asked), requests, asked)
				}
			}
		})
	}
}

func TestDescribe_whatIsKeptIsKeptPerLogin(t *testing.T) {
	t.Parallel()
	s := inMemory(t, func(w http.ResponseWriter, r *http.Request) bool {
		if user, _, _ := r.BasicAuth(); user == "ann" {
			return false
		}
		w.Header().Set("WWW-Authenticate", "Basic")
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	digest := pushImage(t, s, "acme/web", "1.0", built(t, "linux/amd64", noon))
	c := newClient(t, open, registry.Config{})
	if _, err := c.Describe(t.Context(), s.name("acme/web"), digest, nil, as("ann", canary)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Describe(t.Context(), s.name("acme/web"), digest, nil, as("bob", canary))
	expectFault(t, err, fault.Waiting, reason.AuthenticationFailed, "describing "+s.host()+"/acme/web@"+string(digest)+": 401 Unauthorized")
}

func TestDescribe_isChecked(t *testing.T) {
	t.Parallel()
	const body = `{"os":"linux","architecture":"amd64"}`
	manifest := func(config string) string {
		return `{"schemaVersion":2,"mediaType":"` + ociManifest + `","config":{"digest":"` + config + `"}}`
	}
	child := manifest(digestOf(body))
	entry := func(digest string) string {
		return `{"schemaVersion":2,"mediaType":"` + ociIndex + `","manifests":[{"digest":"` + digest + `","platform":{"os":"linux","architecture":"amd64"}}]}`
	}
	inner := entry(digestOf(child))
	for _, tc := range []struct {
		name, why string
		top       string
		contents  []string          // beside top, by their digest
		lies      map[string]string // digest → another content
		text      string            // empty: described
	}{
		{"takes what is right", "so that the others can fail", manifest(digestOf(body)), []string{body}, nil, ""},
		{"takes an index that is right", "so that the others can fail", inner, []string{child, body}, nil, ""},
		{"misses a configuration", "an image may be half there", manifest(digestOf(body)), nil, nil, "a part of the image is missing: 404"},
		{"misses a part of an index", "architectures are pushed one by one", inner, nil, nil, "a part of the image is missing: 404"},
		{"checks the configuration", "the registry may lie", manifest(digestOf(body)), nil, map[string]string{digestOf(body): body + " "}, "sends content with the digest"},
		{"checks a part of an index", "the registry may lie", inner, []string{body}, map[string]string{digestOf(child): child + " "}, "sends content with the digest"},
		{"checks the top", "the registry may lie", "", nil, nil, "sends content with the digest"},
		{"refuses a configuration without digest", "it cannot be checked", manifest("../x"), nil, nil, "without a digest"},
		{"refuses a part without digest", "it cannot be checked", entry("latest"), nil, nil, "has no digest"},
		{"refuses an index that hides as an image", "it would go down without end", entry(digestOf(inner)), []string{inner}, nil, "says that it is none"},
		{"limits a configuration", "4 MiB", manifest(digestOf(padded(4<<20 + 1))), []string{padded(4<<20 + 1)}, nil, "more than 4194304 bytes"},
		{"reads what is no configuration as nothing", "charts are packed as images", manifest(digestOf("{")), []string{"{"}, nil, ""},
		{"reads a strange date as none", "it is the publisher's", manifest(digestOf(`{"created":"yesterday"}`)), []string{`{"created":"yesterday"}`}, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			digest := digestOf(tc.top)
			contents := map[string]string{}
			for _, c := range append(tc.contents, tc.top) {
				contents[digestOf(c)] = c
			}
			maps.Copy(contents, tc.lies)
			if tc.top == "" {
				contents[digest] = child
			}
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				content, ok := contents[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]]
				if !ok {
					w.WriteHeader(http.StatusNotFound)
					return
				}
				w.Header()["Content-Type"] = nil
				_, _ = fmt.Fprint(w, content)
			})
			fact, err := newClient(t, open, registry.Config{}).Describe(t.Context(), s.name("acme/web"), image.Digest(digest), nil, anonymous)
			if tc.text == "" {
				if err != nil || !fact.Described || !fact.Created.IsZero() {
					t.Errorf("%s: %+v, %v", tc.why, fact, err)
				}
				return
			}
			expectFault(t, err, fault.Transient, reason.DigestFailed, tc.text)
		})
	}
}

func TestDescribe_ofAHugeIndexLooksAtFewImages(t *testing.T) {
	t.Parallel()
	s := inMemory(t, nil)
	var parts []mutate.IndexAddendum
	for i := range 40 {
		parts = append(parts, part(t, fmt.Sprintf("linux/arch%02d", i), noon.Add(time.Duration(i)*time.Hour)))
	}
	digest := pushIndex(t, s, "acme/web", "1.0", index(t, parts...))
	fact, err := newClient(t, open, registry.Config{}).Describe(t.Context(), s.name("acme/web"), digest, nil, anonymous)
	if err != nil || len(fact.Platforms) != 40 || !fact.Created.Equal(noon.Add(15*time.Hour)) {
		t.Errorf("got %v, %v", fact, err)
	}
	if n := len(s.asked()); n != 33 {
		t.Errorf("%d requests", n)
	}
}

func TestDescribe_aKeptDescriptionIsOfAnImageThatIsStillThere(t *testing.T) {
	t.Parallel()
	gone := false
	s := inMemory(t, func(w http.ResponseWriter, _ *http.Request) bool {
		if gone {
			w.WriteHeader(http.StatusNotFound)
		}
		return gone
	})
	digest := pushImage(t, s, "acme/web", "1.0", built(t, "linux/amd64", noon))
	c := newClient(t, open, registry.Config{})
	describe := func(want policy.ImageFact, requests ...string) {
		t.Helper()
		got, err := c.Describe(t.Context(), s.name("acme/web"), digest, nil, anonymous)
		if err != nil || !cmp.Equal(want, got) {
			t.Errorf("got %+v, %v", got, err)
		}
		if diff := cmp.Diff(requests, s.asked()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	}
	there := policy.ImageFact{Described: true, Created: noon, Platforms: []string{"linux/amd64"}}
	if _, err := c.Describe(t.Context(), s.name("acme/web"), digest, nil, anonymous); err != nil {
		t.Fatal(err)
	}
	s.asked()
	describe(there)
	registry.SeenLongAgo(c, s.name("acme/web"), digest)
	describe(there, "HEAD /v2/acme/web/manifests/"+string(digest))
	describe(there)
	registry.SeenLongAgo(c, s.name("acme/web"), digest)
	if _, err := c.Digest(t.Context(), s.name("acme/web"), "1.0", digest, anonymous); err != nil {
		t.Fatal(err)
	}
	s.asked()
	describe(there) // Digest has just seen it
	registry.SeenLongAgo(c, s.name("acme/web"), digest)
	gone = true
	describe(policy.ImageFact{Gone: true}, "HEAD /v2/acme/web/manifests/"+string(digest))
}
