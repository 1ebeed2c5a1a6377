// SPDX-License-Identifier: Apache-2.0

package transport_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/transport"
)

// pair makes a self-signed certificate and returns both parts in PEM.
func pair(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text}))
}

// secure starts a server over TLS; edit changes its settings. The text is its authority in PEM.
func secure(t *testing.T, handler http.HandlerFunc, edit func(*tls.Config)) (*httptest.Server, string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10}
	if edit != nil {
		edit(server.TLS)
	}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// trust reads a TLS setting the way the controller does.
func trust(t *testing.T, pairs ...string) credentials.TLS {
	t.Helper()
	data := map[string][]byte{}
	for i := 0; i < len(pairs); i += 2 {
		data[pairs[i]] = []byte(pairs[i+1])
	}
	setting, err := credentials.TLSFrom(credentials.Secret{Name: "tls", Data: data})
	if err != nil {
		t.Fatal(err)
	}
	return setting
}

func ask(t *testing.T, pool *transport.Pool, way transport.Way, address string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := pool.RoundTripper(way).RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := transport.ReadAll(resp.Body, 1<<20)
	return string(body), err
}

func newPool(t *testing.T) *transport.Pool {
	t.Helper()
	pool := transport.NewPool(transport.Config{Guard: demo})
	t.Cleanup(pool.Close)
	return pool
}

func TestTLS_eachSettingChangesTheHandshake(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	certificate, key := pair(t, "ann")
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM([]byte(certificate))
	who := func(w http.ResponseWriter, r *http.Request) {
		name := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		_, _ = fmt.Fprint(w, name)
	}
	ordinary, authority := secure(t, who, nil)
	mutual, _ := secure(t, who, func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, clients })
	old, _ := secure(t, who, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS11 })
	curious, _ := secure(t, who, func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert })
	sender, _ := secure(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, curious.URL, http.StatusFound) }, nil)
	other, _ := pair(t, "somebody else")

	known := transport.Way{TLS: trust(t, "ca.crt", authority)}
	both := transport.Way{TLS: trust(t, "ca.crt", authority, "tls.crt", certificate, "tls.key", key)}
	for _, tc := range []struct {
		name, why string
		way       transport.Way
		address   string
		want      string // empty: refused
	}{
		{"does not trust whom nobody vouches for", "the system does not know the authority", transport.Way{}, ordinary.URL, ""},
		{"does not trust whom another authority vouches for", "a wrong CA is no CA", transport.Way{TLS: trust(t, "ca.crt", other)}, ordinary.URL, ""},
		{"trusts the authority it is given", "ca.crt", known, ordinary.URL, "nobody"},
		{"does not skip the check for insecure", "that is for http alone", transport.Way{Insecure: true}, ordinary.URL, ""},
		{"checks the name", "the certificate is for others", known, strings.Replace(ordinary.URL, "127.0.0.1", "localhost", 1), ""},
		{"shows the certificate it is given", "tls.crt and tls.key", both, mutual.URL, "ann"},
		{"shows none when it has none", "the server wants one", known, mutual.URL, ""},
		{"does not speak TLS 1.1", "it is broken", known, old.URL, ""},
		{"shows the certificate to who asks", "so that the next row can fail", both, curious.URL, "ann"},
		{"does not show it to where it was sent", "it was given for another host", both, sender.URL, "nobody"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := ask(t, pool, tc.way, tc.address)
			if got != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("%s: got %q, %v", tc.why, got, err)
			}
		})
	}
}

func TestPool_sharesConnectionsOfOneWay(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	opened := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			mu.Lock()
			defer mu.Unlock()
			opened++
		}
	}
	server.Start()
	defer server.Close()
	pool := newPool(t)
	for i := range 10 {
		way := transport.Way{Insecure: true, Credential: fmt.Sprint(i)}
		if _, err := ask(t, pool, way, server.URL); err != nil {
			t.Fatal(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if opened != 1 {
		t.Errorf("%d connections for ten requests in turn", opened)
	}
}

func TestPool_keepsFewLines(t *testing.T) {
	t.Parallel()
	server, authority := secure(t, func(http.ResponseWriter, *http.Request) {}, nil)
	pool := transport.NewPool(transport.Config{Guard: demo, Budget: transport.Budget{PerSecond: 1e6}})
	defer pool.Close()
	for i := range 300 { // rotated authorities
		way := transport.Way{TLS: trust(t, "ca.crt", authority+strings.Repeat("\n", i))}
		if _, err := ask(t, pool, way, server.URL); err != nil {
			t.Fatal(i, err)
		}
	}
	if n := transport.Lines(pool); n > 256 {
		t.Errorf("%d connection pools are kept", n)
	}
}

func TestProxy(t *testing.T) {
	t.Parallel()
	target, authority := secure(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "hello") }, nil)
	var mu sync.Mutex
	var seen []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Method+" "+r.Host)
		mu.Unlock()
		r.Header.Set("Authorization", r.Header.Get("Proxy-Authorization"))
		if user, password, _ := r.BasicAuth(); user != "ann" || password != "canary" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		if r.Method != http.MethodConnect {
			if r.URL.Path == "/inside" {
				http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
			}
			_, _ = fmt.Fprint(w, "plain")
			return
		}
		near, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer near.Close()
		far, err := net.Dial("tcp", r.Host)
		if err != nil {
			return
		}
		defer far.Close()
		_, _ = fmt.Fprint(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(far, near) }()
		_, _ = io.Copy(near, far)
	}))
	defer proxy.Close()
	login := credentials.Proxy{Address: proxy.URL, Username: credentials.NewText("ann"), Password: credentials.NewText("canary")}
	stranger := credentials.Proxy{Address: proxy.URL, Username: credentials.NewText("ann"), Password: credentials.NewText("wrong-canary")}
	known := trust(t, "ca.crt", authority)
	pool := newPool(t)
	for _, tc := range []struct {
		name, why string
		way       transport.Way
		address   string
		want      string
	}{
		{"goes through the proxy", "it was told to", transport.Way{TLS: known, Proxy: login}, target.URL, "hello"},
		{"lets the proxy resolve names", "there may be no other way out", transport.Way{Proxy: login, Insecure: true}, "http://nowhere.invalid/", "plain"},
		{"shows the proxy's login", "without it the proxy refuses", transport.Way{TLS: known, Proxy: stranger}, target.URL, ""},
		{"checks the literal target", "the proxy would go there", transport.Way{Proxy: login, Insecure: true}, "http://169.254.169.254/", ""},
		{"checks a target in disguise", "the proxy would go there", transport.Way{Proxy: login, Insecure: true}, "http://0x7f.1/", ""},
		{"takes a name for a public host", "nobody here knows better", transport.Way{Proxy: login, Insecure: true}, "http://nowhere.invalid/inside", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ask(t, pool, tc.way, tc.address)
			if got != tc.want || (err == nil) != (tc.want != "") {
				t.Errorf("%s: got %q, %v", tc.why, got, err)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("a secret shows in %q", err)
			}
		})
	}
	mu.Lock()
	defer mu.Unlock()
	for _, request := range seen {
		if strings.Contains(request, "169.254") || strings.Contains(request, "10.0.0.1") || strings.Contains(request, "0x7f") {
			t.Errorf("the proxy was asked for %s", request)
		}
	}
}

func TestProxy_goesThroughTheGuard(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was reached") }))
	defer proxy.Close()
	pool := transport.NewPool(transport.Config{Guard: home})
	defer pool.Close()
	_, err := ask(t, pool, transport.Way{Proxy: credentials.Proxy{Address: proxy.URL}, Insecure: true}, "http://h.invalid/")
	if refusal := (*transport.Refusal)(nil); !errors.As(err, &refusal) {
		t.Errorf("got %v", err)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	u, err := url.Parse("https://ann:canary@h.io:5000/v2/a/b?token=canary#canary")
	if err != nil {
		t.Fatal(err)
	}
	if got := transport.Address(u); got != "https://h.io:5000/v2/a/b" {
		t.Errorf("got %q", got)
	}
}
