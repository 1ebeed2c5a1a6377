// SPDX-License-Identifier: Apache-2.0

package registry_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/registry"
	"github.com/fairlead-dev/fairlead/internal/transport"
)

// A guarded registry gives lists to holders of a token, and tokens to ann.
type guarded struct {
	*server
	life  time.Duration // what it says its tokens live; 0: it does not say
	realm string        // the token server; default its own
	spent atomic.Int64  // tokens up to this number are refused
	given atomic.Int64
	pages int
	token http.HandlerFunc // instead of its own
}

func newGuarded(t testing.TB, edit func(*guarded)) *guarded {
	t.Helper()
	g := &guarded{life: time.Hour, pages: 1}
	if edit != nil {
		edit(g)
	}
	g.server = serve(t, g.answer)
	return g
}

func (g *guarded) answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/token" {
		if g.token != nil {
			g.token(w, r)
			return
		}
		g.giveToken(w, r)
		return
	}
	var number int64
	_, err := fmt.Sscanf(r.Header.Get("Authorization"), "Bearer token-%d-"+canary, &number)
	if err != nil || number <= g.spent.Load() {
		realm := g.realm
		if realm == "" {
			realm = "http://" + r.Host + "/token"
		}
		w.Header().Add("WWW-Authenticate", `Basic realm="x"`)
		w.Header().Add("WWW-Authenticate", `Bearer realm="`+realm+`?x=1",service="reg, \"istry",scope="repository:acme/web:pull,push",error="invalid_token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	n := 0
	_, _ = fmt.Sscan(r.URL.Query().Get("page"), &n)
	if n+1 < g.pages {
		w.Header().Set("Link", fmt.Sprintf(`</v2/acme/web/tags/list?page=%d>; rel="next"`, n+1))
	}
	list(w, fmt.Sprint(n))
}

func (g *guarded) giveToken(w http.ResponseWriter, r *http.Request) {
	user, password, ok := r.BasicAuth()
	if ok && (user != "ann" || password != canary) || r.FormValue("service") != `reg, "istry` || r.FormValue("scope") != "repository:acme/web:pull" ||
		r.Method == http.MethodPost && r.FormValue("refresh_token") != "identity-"+canary || r.Method == http.MethodGet && r.FormValue("x") != "1" {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, canary)
		return
	}
	answer := map[string]any{"token": fmt.Sprintf("token-%d-%s", g.given.Add(1), canary)}
	if g.life > 0 {
		answer["expires_in"] = g.life.Seconds()
	}
	_ = json.NewEncoder(w).Encode(answer)
}

const (
	listing = "GET /v2/acme/web/tags/list?n=1000"
	asking  = "GET /token?scope=repository%3Aacme%2Fweb%3Apull&service=reg%2C+%22istry&x=1"
)

func TestLogin_aTokenIsUsedAgain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, why string
		edit      func(*guarded)
		as        credentials.Access
		first     []string
		then      []string // each further scan
	}{
		{"with a password", "the steady state is one request", nil, as("ann", canary), []string{listing, asking, listing}, []string{listing}},
		{"without one", "Docker Hub wants a token of everybody", nil, anonymous, []string{listing, asking, listing}, []string{listing}},
		{"with an identity token", "it is exchanged", nil,
			credentials.Access{Insecure: true, Login: credentials.Registry{IdentityToken: credentials.NewText("identity-" + canary)}},
			[]string{listing, "POST /token?x=1", listing}, []string{listing}},
		{"with a token of its own", "there is nothing to exchange", nil,
			credentials.Access{Insecure: true, Login: credentials.Registry{Token: credentials.NewText("token-7-" + canary)}}, []string{listing}, []string{listing}},
		{"not when it is about to expire", "the challenge is known all the same", func(g *guarded) { g.life = time.Nanosecond }, as("ann", canary),
			[]string{listing, asking, listing}, []string{asking, listing}},
		{"for a minute when nothing is said", "the specification's default", func(g *guarded) { g.life = 0 }, as("ann", canary),
			[]string{listing, asking, listing}, []string{listing}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t, tc.edit)
			c := newClient(t, open, registry.Config{})
			for scan := range 3 {
				if _, err := c.Tags(t.Context(), g.name("acme/web"), tc.as); err != nil {
					t.Fatal(err)
				}
				want := tc.then
				if scan == 0 {
					want = tc.first
				}
				if diff := cmp.Diff(want, g.asked()); diff != "" {
					t.Errorf("%s, scan %d (-want +got):\n%s", tc.why, scan, diff)
				}
			}
		})
	}
}

func TestLogin_aTokenThatIsRefusedIsRenewedOnce(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, func(g *guarded) { g.pages = 4 })
	c := newClient(t, open, registry.Config{})
	if _, err := c.Tags(t.Context(), g.name("acme/web"), as("ann", canary)); err != nil {
		t.Fatal(err)
	}
	g.spent.Store(1)
	got, err := c.Tags(t.Context(), g.name("acme/web"), as("ann", canary))
	if err != nil || got.Len() != 4 || g.given.Load() != 2 {
		t.Errorf("%d tags with %d tokens: %v", got.Len(), g.given.Load(), err)
	}
	g.asked()
	g.spent.Store(1 << 40)
	_, err = c.Tags(t.Context(), g.name("acme/web"), as("ann", canary))
	expectFault(t, err, fault.Waiting, reason.AuthenticationFailed, "401 Unauthorized, the registry refuses these credentials")
	if diff := cmp.Diff([]string{listing, asking, listing}, g.asked()); diff != "" {
		t.Errorf("a login that cannot succeed (-want +got):\n%s", diff)
	}
}

func TestLogin_aTokenThatExpiresInTheMiddleIsRenewed(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, func(g *guarded) { g.pages = 40 })
	inner := g.Config.Handler
	var lists atomic.Int64
	g.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" && lists.Add(1) == 37 {
			g.spent.Store(g.given.Load())
		}
		inner.ServeHTTP(w, r)
	})
	got, err := newClient(t, open, registry.Config{}).Tags(t.Context(), g.name("acme/web"), as("ann", canary))
	if err != nil || got.Len() != 40 || g.given.Load() != 2 {
		t.Errorf("%d tags with %d tokens: %v", got.Len(), g.given.Load(), err)
	}
}

func TestLogin_loginsAreKeptApart(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	c := newClient(t, open, registry.Config{})
	if _, err := c.Tags(t.Context(), g.name("acme/web"), as("ann", canary)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Tags(t.Context(), g.name("acme/web"), as("ann", "wrong"))
	expectFault(t, err, fault.Waiting, reason.AuthenticationFailed, "for a token: 401 Unauthorized")
}

func TestLogin_aFaultOfTheTokenServer(t *testing.T) {
	t.Parallel()
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = fmt.Fprint(w, body) }
	}
	sentinel := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, tc := range []struct {
		name   string
		edit   func(*guarded)
		class  fault.Class
		reason reason.Reason
		text   string
	}{
		{"refuses", func(g *guarded) { g.token = answer(401, canary) }, fault.Waiting, reason.AuthenticationFailed, "401 Unauthorized"},
		{"forbids", func(g *guarded) { g.token = answer(403, canary) }, fault.Waiting, reason.AuthenticationFailed, "403 Forbidden"},
		{"is overrun", func(g *guarded) { g.token = answer(429, canary) }, fault.Transient, reason.RateLimited, "429 Too Many Requests"},
		{"is down", func(g *guarded) { g.token = answer(500, canary) }, fault.Transient, reason.ScanFailed, "500"},
		{"answers HTML", func(g *guarded) { g.token = answer(200, "<html>"+canary) }, fault.Transient, reason.ScanFailed, "no JSON with a token"},
		{"gives none", func(g *guarded) { g.token = answer(200, `{"expires_in":300,"x":"`+canary+`"}`) }, fault.Transient, reason.ScanFailed, "has no token"},
		{"gives one that is none", func(g *guarded) { g.token = answer(200, `{"token":"`+canary+`\r\nX: y"}`) }, fault.Transient, reason.ScanFailed, "has no token"},
		{"answers without end", func(g *guarded) {
			g.token = func(w http.ResponseWriter, _ *http.Request) {
				for range 1 << 12 {
					if _, err := fmt.Fprint(w, strings.Repeat(canary, 100)); err != nil {
						return
					}
				}
			}
		}, fault.Transient, reason.ScanFailed, "too large"},
		{"is at a metadata address", func(g *guarded) { g.realm = "http://169.254.169.254/token" }, fault.Waiting, reason.ScanFailed, "never asked"},
		{"is nowhere", func(g *guarded) { g.realm = "http://nowhere.invalid/token" }, fault.Transient, reason.ScanFailed, "there is no host nowhere.invalid"},
		{"has a login in its address", func(g *guarded) { g.realm = "http://a:" + canary + "@127.0.0.1/token" }, fault.Waiting, reason.AuthenticationFailed, "401"},
		{"redirects to another host", func(g *guarded) {
			g.token = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, sentinel.URL+"/stolen", http.StatusTemporaryRedirect)
			}
		}, fault.Transient, reason.ScanFailed, "no JSON with a token"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g := newGuarded(t, tc.edit)
			_, err := newClient(t, open, registry.Config{}).Tags(t.Context(), g.name("acme/web"), as("ann", canary))
			expectFault(t, err, tc.class, tc.reason, tc.text)
		})
	}
}

func TestLogin_credentialsGoNowhereElse(t *testing.T) {
	t.Parallel()
	sentinel := serve(t, nil)
	sentinel.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || r.FormValue("refresh_token") != "" {
			t.Errorf("the other host was shown credentials: %s %s", r.Method, r.URL)
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+sentinel.URL+`/token",service="evil"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
	identity := credentials.Access{Insecure: true, Login: credentials.Registry{IdentityToken: credentials.NewText(canary)}}
	for name, handler := range map[string]http.HandlerFunc{
		"a redirected list": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, sentinel.URL, http.StatusFound) },
		"a list redirected after the login": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				w.Header().Set("WWW-Authenticate", "Basic")
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			http.Redirect(w, r, sentinel.URL, http.StatusPermanentRedirect)
		},
		"a redirected token request": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				http.Redirect(w, r, sentinel.URL, http.StatusTemporaryRedirect)
				return
			}
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token"`)
			w.WriteHeader(http.StatusUnauthorized)
		},
	} {
		for _, access := range []credentials.Access{as("ann", canary), identity} {
			s := serve(t, handler)
			if _, err := newClient(t, open, registry.Config{}).Tags(t.Context(), s.name("acme/web"), access); err == nil {
				t.Errorf("%s: no error", name)
			} else if strings.Contains(err.Error(), canary) {
				t.Errorf("%s: a secret shows in %v", name, err)
			}
		}
	}
}

// TestLogin_aPublicRegistryNamesNoPrivateTokenServer runs behind a proxy, where a registry known by its name counts
// as public; the proxy would go anywhere.
func TestLogin_aPublicRegistryNamesNoPrivateTokenServer(t *testing.T) {
	t.Parallel()
	for _, realm := range []string{"http://10.0.0.7/token", "http://[fd00::7]/token", "http://127.0.0.1/token", "http://localhost/token", "https://0x0a.7/token"} {
		var hosts []string
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			hosts = append(hosts, r.Method+" "+r.Host)
			if r.Method == http.MethodConnect {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+realm+`"`)
			w.WriteHeader(http.StatusUnauthorized)
		}))
		access := as("ann", canary)
		access.Proxy = credentials.Proxy{Address: proxy.URL}
		c := newClient(t, transport.Guard{AllowPrivate: true, AllowLoopback: true}, registry.Config{})
		registry.SpeakPlain(c, "registry.example")
		_, err := c.Tags(t.Context(), image.Name{Registry: "registry.example", Repository: "acme/web"}, access)
		proxy.Close()
		expectFault(t, err, fault.Waiting, reason.ScanFailed, "for a token: ")
		if diff := cmp.Diff([]string{"GET registry.example"}, hosts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", realm, diff)
		}
	}
}

func TestLogin_byPassword(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "ann" || password != canary {
			w.Header().Set("WWW-Authenticate", `basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, canary)
			return
		}
		list(w, "1")
	})
	c := newClient(t, open, registry.Config{})
	for scan, want := range [][]string{{listing, listing}, {listing}, {listing}} {
		if _, err := c.Tags(t.Context(), s.name("acme/web"), as("ann", canary)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.asked()); diff != "" {
			t.Errorf("scan %d (-want +got):\n%s", scan, diff)
		}
	}
	for scan, want := range [][]string{{listing, listing}, {listing}, {listing}} { // one try each: accounts get locked
		_, err := c.Tags(t.Context(), s.name("acme/web"), as("ann", "wrong"))
		expectFault(t, err, fault.Waiting, reason.AuthenticationFailed, "the registry refuses these credentials")
		if diff := cmp.Diff(want, s.asked()); diff != "" {
			t.Errorf("refused scan %d (-want +got):\n%s", scan, diff)
		}
	}
	_, err := c.Tags(t.Context(), s.name("acme/web"), anonymous)
	expectFault(t, err, fault.Waiting, reason.AuthenticationFailed, "the registry asks for credentials")
}

func TestLogin_aRegistryMayChangeItsTokenServer(t *testing.T) {
	t.Parallel()
	g := newGuarded(t, nil)
	c := newClient(t, open, registry.Config{})
	g.life = time.Nanosecond
	if _, err := c.Tags(t.Context(), g.name("acme/web"), as("ann", canary)); err != nil {
		t.Fatal(err)
	}
	broken := atomic.Bool{}
	broken.Store(true)
	inner := g.Config.Handler
	g.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" && broken.Load() {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		inner.ServeHTTP(w, r)
	})
	if _, err := c.Tags(t.Context(), g.name("acme/web"), as("ann", canary)); err == nil {
		t.Fatal("the token server is gone, and nothing failed")
	}
	g.asked()
	broken.Store(false)
	if _, err := c.Tags(t.Context(), g.name("acme/web"), as("ann", canary)); err != nil || g.asked()[0] != listing {
		t.Errorf("the registry was not asked for its token server again: %v", err)
	}
}

func TestLogin_overTLSNoTokenServerIsAskedOverHTTP(t *testing.T) {
	t.Parallel()
	sentinel := serve(t, func(http.ResponseWriter, *http.Request) {})
	realm := sentinel.URL + "/token"
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("credentials were sent before they were asked for")
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+realm+`"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer secure.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	access := as("ann", canary)
	access.Insecure, access.TLS = false, credentials.TLS{CA: string(authority)}
	name := image.Name{Registry: strings.TrimPrefix(secure.URL, "https://"), Repository: "acme/web"}
	_, err := newClient(t, open, registry.Config{}).Tags(t.Context(), name, access)
	expectFault(t, err, fault.Waiting, reason.ScanFailed, "nothing is sent to "+sentinel.host()+" over plain http")
	if asked := sentinel.asked(); len(asked) != 0 || sentinel.opened.Load() != 0 {
		t.Errorf("the token server was asked %q", asked)
	}
}
