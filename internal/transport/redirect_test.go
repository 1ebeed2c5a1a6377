// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestRedirects(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		from, to  string
		insecure  bool
		ok, auth  bool
	}{
		{"keeps the login on one origin", "it was given for it", "http://8.8.8.8/", "/b", true, true, true},
		{"keeps the login on one origin written in full", "the same", "http://8.8.8.8/", "http://8.8.8.8:80/b", true, true, true},
		{"takes the login off for another host", "credentials go to the host they were given for", "http://8.8.8.8/", "http://8.8.4.4/b", true, true, false},
		{"takes the login off for another port", "another server may listen there", "http://8.8.8.8/", "http://8.8.8.8:81/b", true, true, false},
		{"takes the login off for a host below", "it may be somebody else's", "http://hub.example/", "http://x.hub.example/b", true, true, false},
		{"does not go from public to private", "that is how metadata was stolen", "http://8.8.8.8/", "http://10.0.0.1/b", true, false, false},
		{"does not go from public to private by a name", "a name says nothing", "http://8.8.8.8/", "http://inside.example/b", true, false, false},
		{"does not go from public to this machine", "the same", "http://8.8.8.8/", "http://127.0.0.1/b", true, false, false},
		{"does not go to metadata", "never", "http://8.8.8.8/", "http://169.254.169.254/b", true, false, false},
		{"does not go from private to metadata", "never", "http://10.0.0.1/", "http://169.254.169.254/b", true, false, false},
		{"does not go to metadata by a name", "never", "http://10.0.0.1/", "http://meta.example/b", true, false, false},
		{"goes from private to private", "a registry at home may have two parts", "http://10.0.0.1/", "http://10.0.0.2/b", true, true, false},
		{"goes from private to public", "so does one that proxies", "http://10.0.0.1/", "http://8.8.8.8/b", true, true, false},
		{"does not leave http and https", "files and others are none of ours", "http://8.8.8.8/", "file:///etc/passwd", true, false, false},
		{"does not take a login from an address", "it is nobody's we know", "http://8.8.8.8/", "http://a:canary@8.8.8.8/b", true, false, false},
		{"does not go nowhere", "no address", "http://8.8.8.8/", "http:///b", true, false, false},
		{"does not read what is no address", "no address", "http://8.8.8.8/", "http://[::1/", true, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			reached, auth := false, false
			pool, w := newWire(t, Config{Guard: Guard{AllowPrivate: true, AllowLoopback: true}}, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/b" {
					w.Header().Set("Location", tc.to)
					w.WriteHeader(http.StatusTemporaryRedirect)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				reached, auth = true, r.Header.Get("Authorization") != ""
			}, map[string]string{"hub.example": "8.8.8.8", "x.hub.example": "8.8.4.4", "inside.example": "10.0.0.1", "meta.example": "169.254.169.254"})
			_, err := get(t.Context(), pool, Way{Insecure: tc.insecure}, tc.from, func(r *http.Request) { r.Header.Set("Authorization", "Basic canary") })
			mu.Lock()
			defer mu.Unlock()
			if (err == nil) != tc.ok || reached != tc.ok || auth != tc.auth {
				t.Errorf("%s: reached %v, login %v, %v; dialed %q", tc.why, reached, auth, err, w.dialed)
			}
			if refusal := (*Refusal)(nil); !tc.ok && !errors.As(err, &refusal) {
				t.Errorf("the error is no Refusal: %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("a secret shows in %q", err)
			}
		})
	}
}

func TestRedirects_aReusedConnectionIsNoWayAround(t *testing.T) {
	t.Parallel()
	pool, _ := newWire(t, Config{Guard: Guard{AllowPrivate: true}}, func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "8.8.8.8" {
			w.Header().Set("Location", "http://inside.example/")
			w.WriteHeader(http.StatusFound)
		}
	}, map[string]string{"inside.example": "10.0.0.1"})
	if _, err := get(t.Context(), pool, plain, "http://inside.example/"); err != nil {
		t.Fatal(err) // now there is an open connection to it
	}
	if _, err := get(t.Context(), pool, plain, "http://8.8.8.8/"); err == nil {
		t.Error("a public host led to a private one over a connection that was open")
	}
	if _, err := get(Elsewhere(t.Context(), true), pool, plain, "http://inside.example/"); err == nil {
		t.Error("what a public host asked for went to a private one")
	}
	if _, err := get(Elsewhere(t.Context(), false), pool, plain, "http://inside.example/"); err != nil {
		t.Errorf("what a private host asked for: %v", err)
	}
}

func TestRedirects_haveALimit(t *testing.T) {
	t.Parallel()
	for hops, ok := range map[int]bool{4: true, 5: true, 6: false, 100: false} {
		asked := 0
		pool, _ := newWire(t, Config{Budget: Budget{AtOnce: 1}}, func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
			asked++
			if n < hops {
				w.Header().Set("Location", fmt.Sprintf("/%d", n+1))
				w.WriteHeader([]int{301, 302, 303, 307, 308}[n%5])
			}
		}, nil)
		_, err := get(t.Context(), pool, plain, "http://8.8.8.8/0")
		if (err == nil) != ok || asked > 6 {
			t.Errorf("%d redirects: %v, asked %d times", hops, err, asked)
		}
	}
}

func TestRedirects_ofAPostAreNotFollowed(t *testing.T) {
	t.Parallel()
	pool, _ := newWire(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/b", http.StatusTemporaryRedirect)
	}, nil)
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://8.8.8.8/", strings.NewReader("refresh_token=canary"))
	if _, err := pool.RoundTripper(plain).RoundTrip(req); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
}

func TestPlainHTTP_isRefusedUnlessAllowed(t *testing.T) {
	t.Parallel()
	pool, w := newWire(t, Config{}, func(http.ResponseWriter, *http.Request) {}, nil)
	_, err := get(t.Context(), pool, Way{}, "http://8.8.8.8/?q=canary")
	if refusal := (*Refusal)(nil); !errors.As(err, &refusal) || strings.Contains(err.Error(), "canary") || len(w.dialed) != 0 {
		t.Errorf("got %v, dialed %q", err, w.dialed)
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	pool, _ := newWire(t, Config{Guard: Guard{AllowPrivate: true, AllowLoopback: true}}, func(http.ResponseWriter, *http.Request) {},
		map[string]string{"inside.example": "10.0.0.1"})
	for address, want := range map[string]bool{"http://8.8.8.8/": true, "http://10.0.0.1/": false, "http://127.0.0.1/": false, "http://inside.example/": false} {
		for range 2 { // the second time over the open connection
			resp, err := get(context.Background(), pool, plain, address)
			if err != nil || Public(resp) != want {
				t.Errorf("%s: public %v, %v", address, !want, err)
			}
		}
	}
}

func TestSameOrigin(t *testing.T) {
	t.Parallel()
	one, _ := http.NewRequest(http.MethodGet, "https://H.io/a", nil)
	var same []string
	for _, other := range []string{"https://h.io:443/b", "https://h.io/", "http://h.io/", "https://h.io:444/", "https://h.io.evil/", "http://h.io:443/"} {
		two, _ := http.NewRequest(http.MethodGet, other, nil)
		if SameOrigin(one.URL, two.URL) {
			same = append(same, other)
		}
	}
	if !slices.Equal(same, []string{"https://h.io:443/b", "https://h.io/"}) {
		t.Errorf("got %q", same)
	}
}
