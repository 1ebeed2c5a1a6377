// SPDX-License-Identifier: Apache-2.0

package gitwire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// Config says which repository, and how to reach it.
type Config struct {
	URL      string
	Insecure bool // http:// is allowed
	Login    credentials.Git

	// KnownHosts names the file of the server keys that are believed over SSH. It is read at each connection.
	KnownHosts string
	// DialContext makes connections. It is where addresses are refused; nil: net.Dialer's.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Proxy is asked for every connection of HTTP, with the name and the password that stand in it; nil: none. The
	// environment is never looked at.
	Proxy *url.URL

	Agent string // how we call ourselves; empty: "git/fairlead"
	Limits
}

// Limits are the most bytes that are read of an answer. Zero means the default.
type Limits struct {
	Pack int64 // 1 GiB
	Refs int64 // 64 MiB
}

func (l Limits) orDefault() Limits {
	if l.Pack == 0 {
		l.Pack = 1 << 30
	}
	if l.Refs == 0 {
		l.Refs = 64 << 20
	}
	return l
}

// A Remote is one repository on one server, asked with one login. It remembers what the server can do, and keeps a
// connection for a while. It is safe for concurrent use.
type Remote struct {
	limits  Limits
	agent   string
	login   credentials.Git
	laundry laundry
	http    *http.Client // one of http and ssh is set
	ssh     *sshLogin

	first *url.URL // what git.url says

	mu    sync.Mutex
	base  *url.URL // where the repository is: a redirect may have moved it on its host
	known map[service]advert
}

// New returns the remote that c describes. It asks nothing yet. A URL that cannot be used is a stalled fault,
// InvalidSpec.
func New(c Config) (*Remote, error) {
	base, err := parseAddress(c.URL, c.Insecure)
	if err != nil {
		return nil, err
	}
	if c.DialContext == nil {
		c.DialContext = (&net.Dialer{Timeout: 30 * time.Second}).DialContext
	}
	if c.Agent == "" {
		c.Agent = "git/fairlead" // some servers speak Git only to what calls itself git/
	}
	r := &Remote{
		limits:  c.orDefault(),
		agent:   c.Agent,
		login:   c.Login,
		laundry: newLaundry(c.Login),
		first:   base,
		base:    base,
		known:   map[service]advert{},
	}
	if base.Scheme == "ssh" {
		r.ssh, err = newSSHLogin(base, c)
	} else {
		r.http, err = newHTTP(c)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// newHTTP returns a client of its own for a remote: what one remote trusts and whom it reaches is no other's concern.
func newHTTP(c Config) (*http.Client, error) {
	if !c.Login.Identity.Empty() {
		return nil, badLogin("the Secret holds an SSH key and git.url is not an SSH address")
	}
	trust, err := authorities(c.Login)
	if err != nil {
		return nil, err
	}
	var proxy func(*http.Request) (*url.URL, error)
	if c.Proxy != nil {
		proxy = http.ProxyURL(c.Proxy)
	}
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:            c.DialContext,
			Proxy:                  proxy,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trust},
			TLSHandshakeTimeout:    15 * time.Second,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConnsPerHost:    1,
			MaxResponseHeaderBytes: 64 << 10,
		},
	}, nil
}

// authorities returns the system's authorities and those of login, or nil for the system's alone.
func authorities(login credentials.Git) (*x509.CertPool, error) {
	if login.Authorities == "" {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // an image without any: only ours are believed
	}
	if !pool.AppendCertsFromPEM([]byte(login.Authorities)) {
		return nil, fault.Retry(reason.SecretInvalid, errors.New("reading ca.crt: no certificate in PEM"))
	}
	return pool, nil
}

// Close drops the connections that are kept. The remote can still be used.
func (r *Remote) Close() {
	if r.http != nil {
		r.http.CloseIdleConnections()
	}
}

// String returns host and path, for messages.
func (r *Remote) String() string {
	base := r.at()
	if !strings.HasPrefix(base.Path, "/") { // user@host:path
		return base.Host + ":" + base.Path
	}
	return base.Host + base.Path
}

func (r *Remote) at() *url.URL {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.base
}

// remembered returns what the server said it can do, if it was asked.
func (r *Remote) remembered(s service) (advert, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.known[s]
	return a, ok
}

// remember keeps where the repository is and what the server can do there.
func (r *Remote) remember(s service, base *url.URL, a advert) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.base, r.known[s] = base, a
}

// forget makes the next call ask again where the repository is and what the server can do: after a failure both may
// have changed.
func (r *Remote) forget(s service) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, s)
	r.base = r.first
}

// failed classifies an error that says nothing better.
func failed(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return fault.Retry(reason.GitFailed, err)
}

// told is failed for an error that may hold the server's own words: it cleans them.
func (r *Remote) told(err error) error {
	if words, ok := errors.AsType[refusal](err); ok {
		clean := fmt.Errorf("%w: %q", ErrRefused, r.laundry.clean(string(words)))
		if unknownObject(string(words)) {
			clean = fmt.Errorf("%w: %w", ErrNotThere, clean)
		}
		return fault.Retry(reason.GitFailed, clean)
	}
	return failed(err)
}
