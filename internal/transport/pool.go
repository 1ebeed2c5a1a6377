// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/credentials"
)

// A Config says what a Pool allows. The zero Config allows public addresses and the default budget.
type Config struct {
	Guard  Guard
	Budget Budget
	Idle   time.Duration // how long an unused connection is kept; default 2 minutes
}

// A Pool keeps connections, budgets and pauses, and shares them between all callers of one way. It is safe for
// concurrent use.
type Pool struct {
	config  Config
	budgets *budgets
	pauses  *pauses
	dial    func(Guard) dialer // Guard.DialContext but in tests of this package

	mu    sync.Mutex
	lines map[lineKey]*line
	tick  uint64 // counts uses, to know the line unused for longest
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// A lineKey is what connections must have in common to be shared.
type lineKey struct {
	tls, proxy string
	variant    variant
}

type line struct {
	*http.Transport
	used uint64
}

// maxLines bounds the connection pools kept; each rotated certificate authority makes another.
const maxLines = 256

// NewPool returns a Pool without any connection.
func NewPool(config Config) *Pool {
	if config.Idle == 0 {
		config.Idle = 2 * time.Minute
	}
	return &Pool{config: config, budgets: newBudgets(config.Budget), pauses: newPauses(), lines: map[lineKey]*line{},
		dial: func(g Guard) dialer { return g.DialContext }}
}

// RoundTripper returns the way w through the pool. It is cheap: make one per call.
//
// A request that may not be made is a *Refusal, one that is not made because the host asked for a rest is a *Paused.
// Redirects of GET and HEAD are followed, at most five. Bodies of answers must be closed. A failed request keeps no
// secret in its error, but addresses others named may be in it: print it through fault.Line.
func (p *Pool) RoundTripper(w Way) http.RoundTripper { return &journey{pool: p, way: w} }

// Close closes the connections that are not in use.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, l := range p.lines {
		l.CloseIdleConnections()
		delete(p.lines, key)
	}
}

// line returns the connections of a way.
func (p *Pool) line(w Way, v variant) (*line, error) {
	trust := w.TLS
	if v.bare {
		trust = trust.WithoutClient()
	}
	key := lineKey{trust.Identity(), w.Proxy.Identity(), v}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tick++
	if l := p.lines[key]; l != nil {
		l.used = p.tick
		return l, nil
	}
	t, err := p.connect(trust, w.Proxy, v)
	if err != nil {
		return nil, err
	}
	p.dropOldest()
	l := &line{t, p.tick}
	p.lines[key] = l
	return l, nil
}

// dropOldest makes room for one more line.
func (p *Pool) dropOldest() {
	if len(p.lines) < maxLines {
		return
	}
	var oldest lineKey
	least := p.tick
	for key, l := range p.lines {
		if l.used < least {
			oldest, least = key, l.used
		}
	}
	if l := p.lines[oldest]; l != nil {
		l.CloseIdleConnections()
		delete(p.lines, oldest)
	}
}

// connect makes a pool of connections that nothing reaches but through the guard.
func (p *Pool) connect(trust credentials.TLS, proxy credentials.Proxy, v variant) (*http.Transport, error) {
	config, err := tlsConfig(trust)
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		DialContext:            p.dialFor(proxy, v),
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    30 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           128,
		MaxIdleConnsPerHost:    p.budgets.each.AtOnce,
		IdleConnTimeout:        p.config.Idle,
		MaxResponseHeaderBytes: 64 << 10,
	}
	if u := proxy.URL(); u != nil {
		t.Proxy = http.ProxyURL(u)
	}
	return t, nil
}

// dialFor returns the dialer of a variant. The proxy was named by the object itself, so it may be private even
// where the hosts behind it may not.
func (p *Pool) dialFor(proxy credentials.Proxy, v variant) dialer {
	dial := p.dial(p.config.Guard)
	if !v.outward {
		return dial
	}
	outward, toProxy := p.dial(p.config.Guard.outward()), ""
	if u := proxy.URL(); u != nil {
		toProxy = dialAddress(u)
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == toProxy {
			return dial(ctx, network, address)
		}
		return outward(ctx, network, address)
	}
}

func dialAddress(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// tlsConfig trusts the system's authorities and those of trust, from TLS 1.2 on. There is no way to skip the check.
func tlsConfig(trust credentials.TLS) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if trust.CA != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, fmt.Errorf("reading the system's certificate authorities: %w", err)
		}
		if !pool.AppendCertsFromPEM([]byte(trust.CA)) {
			return nil, errors.New("ca.crt holds no certificate in PEM")
		}
		config.RootCAs = pool
	}
	if trust.Certificate != "" {
		pair, err := tls.X509KeyPair([]byte(trust.Certificate), []byte(trust.Key.Reveal()))
		if err != nil {
			return nil, errors.New("tls.crt and tls.key are not a certificate and its key")
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
