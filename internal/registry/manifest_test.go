// SPDX-License-Identifier: Apache-2.0

package registry_test

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/registry"
)

const (
	ociIndex       = "application/vnd.oci.image.index.v1+json"
	ociManifest    = "application/vnd.oci.image.manifest.v1+json"
	dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
)

func TestDigest_ofARegistry(t *testing.T) {
	t.Parallel()
	s := inMemory(t, nil)
	first := push(t, s, "acme/web", "1.0")
	c := newClient(t, open, registry.Config{})
	head, get := "HEAD /v2/acme/web/manifests/1.0", func(d image.Digest) string { return "GET /v2/acme/web/manifests/" + string(d) }
	check := func(known, want image.Digest, requests ...string) {
		t.Helper()
		got, err := c.Digest(t.Context(), s.name("acme/web"), "1.0", known, anonymous)
		if err != nil || got != want {
			t.Errorf("got %s, want %s: %v", got, want, err)
		}
		if diff := cmp.Diff(requests, s.asked()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
	}
	check("", first, head, get(first))
	check(first, first, head)
	check(first, first, head)
	second := push(t, s, "acme/web", "1.0")
	check(first, second, head, get(second))
	check("", second, head) // its bytes were read
	_, err := c.Digest(t.Context(), s.name("acme/web"), "2.0", "", anonymous)
	expectFault(t, err, fault.Waiting, reason.NotFound, "resolving "+s.host()+"/acme/web:2.0: 404 Not Found")
	s.asked()
	if _, err := c.Digest(t.Context(), s.name("acme/web"), "../../x", "", anonymous); err == nil || len(s.asked()) != 0 {
		t.Errorf("what is no tag was asked for: %v", err)
	}
}

// one answers every HEAD and GET of a manifest with body, the type and the digest it says.
func one(kind, says, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if kind != "" {
			w.Header().Set("Content-Type", kind)
		}
		if says != "" {
			w.Header().Set("Docker-Content-Digest", says)
		}
		_, _ = fmt.Fprint(w, body)
	}
}

func digestOf(body string) string { return string(image.DigestOf([]byte(body))) }

func TestDigest_isThatOfTheBytes(t *testing.T) {
	t.Parallel()
	const good = `{"schemaVersion":2,"config":{"digest":"sha256:x"},"layers":[]}`
	other := digestOf("something else")
	sum := sha512.Sum512([]byte(good))
	long := "sha512:" + hex.EncodeToString(sum[:])
	index := func(entries int) string {
		return `{"schemaVersion":2,"manifests":[` + strings.TrimSuffix(strings.Repeat("{},", entries), ",") + `]}`
	}
	for _, tc := range []struct {
		name, why string
		handler   http.HandlerFunc
		want      string // digest; empty: refused
		text      string
	}{
		{"takes a manifest", "the usual case", one(ociManifest, digestOf(good), good), digestOf(good), ""},
		{"takes Docker's manifest", "most of the world", one(dockerManifest+"; charset=utf-8", digestOf(good), good), digestOf(good), ""},
		{"reads the type from the text", "some servers say JSON", one("application/json", digestOf(good), `{"schemaVersion":2,"mediaType":"`+ociManifest+`","config":{}}`), "", "sends content with the digest"},
		{"takes a type from the text alone", "no header at all", one("", "", `{"schemaVersion":2,"mediaType":"`+ociManifest+`","config":{}}`), digestOf(`{"schemaVersion":2,"mediaType":"` + ociManifest + `","config":{}}`), ""},
		{"does without a digest header", "it is optional", one(ociManifest, "", good), digestOf(good), ""},
		{"does without a readable digest header", "it is a stranger's", one(ociManifest, "md5:x", good), digestOf(good), ""},
		{"checks sha512 too", "the specification allows it", one(ociManifest, long, good), long, ""},
		{"does without HEAD", "405 is an answer", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			one(ociManifest, digestOf(good), good)(w, r)
		}, digestOf(good), ""},
		{"does not believe a header", "the bytes decide", one(ociManifest, other, good), "", "the registry says " + other + ", and sends content with the digest " + digestOf(good)},
		{"does not believe the header of a GET alone", "the bytes decide", func(w http.ResponseWriter, r *http.Request) {
			says := other
			if r.Method == http.MethodHead {
				says = ""
			}
			one(ociManifest, says, good)(w, r)
		}, "", "sends content with the digest"},
		{"does not believe a digest nobody has", "HEAD lied", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			one(ociManifest, other, good)(w, r)
		}, "", "and does not have it"},
		{"refuses schema 1 by its type", "its digest is not that of its bytes", one("application/vnd.docker.distribution.manifest.v1+prettyjws", "", `{"schemaVersion":1}`), "", "schema 1"},
		{"refuses schema 1 by its text", "the same", one(ociManifest, "", `{"schemaVersion":1}`), "", "schema 1"},
		{"refuses an unknown type", "it cannot be judged", one("application/x-"+strings.Repeat("y", 5000), "", good), "", "not supported"},
		{"refuses a part of a type", "a list is searched", one("application/vnd.oci.image", "", good), "", "not supported"},
		{"refuses no type", "it cannot be judged", one("", "", good), "", "not supported"},
		{"refuses two types", "two readers would see two images", one(ociManifest, "", `{"schemaVersion":2,"mediaType":"`+dockerManifest+`","config":{}}`), "", "another type"},
		{"refuses an image that is an index", "two readers would see two images", one(ociManifest, "", `{"schemaVersion":2,"config":{},"manifests":[]}`), "", "at once"},
		{"refuses an index that is an image", "two readers would see two images", one(ociIndex, "", `{"schemaVersion":2,"layers":[],"manifests":[]}`), "", "at once"},
		{"refuses an image without configuration", "it is none", one(ociManifest, "", `{"schemaVersion":2}`), "", "no configuration"},
		{"refuses HTML", "a login page", one(ociManifest, "", `<html>`), "", "not JSON"},
		{"refuses no version", "it is none", one(ociManifest, "", `{"config":{}}`), "", "schema version"},
		{"refuses an index without a list", "it is none", one(ociIndex, "", `{"schemaVersion":2,"manifests":{}}`), "", "no list"},
		{"refuses an index of something else", "it is none", one(ociIndex, "", `{"schemaVersion":2,"manifests":[1]}`), "", "no descriptor"},
		{"takes an index of 255 entries", "below the limit", one(ociIndex, "", index(255)), digestOf(index(255)), ""},
		{"takes an index of 256 entries", "the limit", one(ociIndex, "", index(256)), digestOf(index(256)), ""},
		{"refuses an index of 257 entries", "over the limit", one(ociIndex, "", index(257)), "", "more than 256 entries"},
		{"takes a manifest just below the limit of bytes", "limit - 1", one(ociManifest, "", padded(4<<20-1)), digestOf(padded(4<<20 - 1)), ""},
		{"takes a manifest at the limit of bytes", "limit", one(ociManifest, "", padded(4<<20)), digestOf(padded(4 << 20)), ""},
		{"refuses a manifest over the limit of bytes", "limit + 1", one(ociManifest, "", padded(4<<20+1)), "", "more than 4194304 bytes"},
		{"says what is wrong with the server", "it is tried again", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = fmt.Fprint(w, canary)
		}, "", "502 Bad Gateway"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tc.handler)
			got, err := newClient(t, open, registry.Config{}).Digest(t.Context(), s.name("acme/web"), "1.0", "", anonymous)
			if tc.want == "" {
				expectFault(t, err, fault.Transient, reason.DigestFailed, tc.text)
				return
			}
			if err != nil || string(got) != tc.want {
				t.Errorf("%s: got %s, %v", tc.why, got, err)
			}
		})
	}
}

// padded returns a manifest of size bytes.
func padded(size int) string {
	const before, after = `{"schemaVersion":2,"config":{},"x":"`, `"}`
	return before + strings.Repeat("x", size-len(before)-len(after)) + after
}

func TestDigest_aTagThatMovesInBetweenDoesNoHarm(t *testing.T) {
	t.Parallel()
	var s *server
	moves := 0
	s = inMemory(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && moves == 0 {
			moves++
			push(t, s, "acme/web", "1.0")
		}
		return false
	})
	first := push(t, s, "acme/web", "1.0")
	got, err := newClient(t, open, registry.Config{}).Digest(t.Context(), s.name("acme/web"), "1.0", "", anonymous)
	if err != nil || got != first || moves != 1 {
		t.Errorf("got %s, want %s: %v", got, first, err)
	}
}

func TestExists(t *testing.T) {
	t.Parallel()
	s := inMemory(t, nil)
	digest := push(t, s, "acme/web", "1.0")
	c := newClient(t, open, registry.Config{})
	for look, method := range []string{"GET", "HEAD", "HEAD"} {
		ok, err := c.Exists(t.Context(), s.name("acme/web"), digest, anonymous)
		if err != nil || !ok {
			t.Errorf("look %d: %v, %v", look, ok, err)
		}
		if diff := cmp.Diff([]string{method + " /v2/acme/web/manifests/" + string(digest)}, s.asked()); diff != "" {
			t.Errorf("look %d (-want +got):\n%s", look, diff)
		}
	}
	if ok, err := c.Exists(t.Context(), s.name("acme/web"), image.Digest(digestOf("gone")), anonymous); ok || err != nil {
		t.Errorf("one that is gone: %v, %v", ok, err)
	}
	if _, err := c.Exists(t.Context(), s.name("acme/web"), "latest", anonymous); err == nil {
		t.Error("a tag passed for a digest")
	}
	liar := serve(t, one(ociManifest, string(digest), `{"schemaVersion":2,"config":{}}`))
	_, err := c.Exists(t.Context(), liar.name("acme/web"), digest, anonymous)
	expectFault(t, err, fault.Transient, reason.DigestFailed, "sends content with the digest")
}
