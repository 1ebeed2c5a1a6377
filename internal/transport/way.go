// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fairlead-dev/fairlead/internal/credentials"
)

// A Way is how one caller reaches hosts.
type Way struct {
	TLS        credentials.TLS
	Proxy      credentials.Proxy
	Insecure   bool           // http is allowed
	Credential string         // names the login, so that the limits of one do not stop another; never the login itself
	Observe    func(Exchange) // told of each request that was made, redirects included; nil: nobody
}

// An Exchange is one request that was made, or given up while it waited for its turn.
type Exchange struct {
	Method string
	Status int           // 0: no answer came
	Waited time.Duration // for a turn
	Took   time.Duration // from the turn to the head of the answer
}

// maxRedirects is how many redirects of one request are followed.
const maxRedirects = 5

// journey is the http.RoundTripper of one Way.
type journey struct {
	pool *Pool
	way  Way
}

// RoundTrip sends req, follows redirects of GET and HEAD, and returns the first answer that is none. The
// Request of the answer is the last one sent. The body must be closed: until then it holds a place in the budget.
func (j *journey) RoundTrip(req *http.Request) (*http.Response, error) {
	v := variantOf(req.Context())
	for hops := 0; ; hops++ {
		resp, err := j.hop(req, v)
		if err != nil {
			return nil, err
		}
		target, err := redirectOf(req, resp)
		if err == nil && target == nil {
			return resp, nil
		}
		discard(resp)
		if err != nil {
			return nil, err
		}
		if hops == maxRedirects {
			return nil, refuse("%s redirects more than %d times", req.URL.Host, maxRedirects)
		}
		v.outward = v.outward || Public(resp)
		if !SameOrigin(req.URL, target) {
			v.bare = true
		}
		req = redirected(req, target, v.bare)
	}
}

// redirectOf returns where resp sends req, nil when it does not.
func redirectOf(req *http.Request, resp *http.Response) (*url.URL, error) {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil, nil
	}
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return nil, refuse("%s redirects a %s request, which is not followed", req.URL.Host, req.Method)
	}
	target, err := req.URL.Parse(resp.Header.Get("Location"))
	if err != nil || target.Host == "" || resp.Header.Get("Location") == "" {
		return nil, refuse("%s redirects to an address that is none", req.URL.Host)
	}
	if target.User != nil {
		return nil, refuse("%s redirects to an address with a login in it", req.URL.Host)
	}
	target.Fragment = ""
	return target, nil
}

// redirected is req for target. Nothing that says who we are goes to another origin, and once it was taken off it
// stays off.
func redirected(req *http.Request, target *url.URL, bare bool) *http.Request {
	next := req.Clone(req.Context())
	next.URL, next.Host = target, ""
	if bare {
		for _, name := range []string{"Authorization", "Cookie", "Private-Token", "X-Api-Key"} {
			next.Header.Del(name)
		}
	}
	return next
}

// hop sends one request: it is checked, waits for its turn, and is told of.
func (j *journey) hop(req *http.Request, v variant) (*http.Response, error) {
	host := hostOf(req.URL)
	if err := j.allowed(req.URL, v); err != nil {
		return nil, err
	}
	if pause := j.pool.pauses.at(host, j.way.Credential, time.Now()); pause != nil {
		return nil, pause
	}
	leave, waited, err := j.pool.budgets.enter(req.Context(), host)
	if err != nil {
		j.observe(Exchange{Method: req.Method, Waited: waited})
		return nil, err
	}
	start := time.Now()
	if pause := j.pool.pauses.at(host, j.way.Credential, start); pause != nil { // asked for while we waited
		leave()
		return nil, pause
	}
	resp, peer, err := j.send(req, v)
	if err != nil {
		leave()
		j.observe(Exchange{Method: req.Method, Waited: waited, Took: time.Since(start)})
		return nil, err
	}
	j.observe(Exchange{Method: req.Method, Status: resp.StatusCode, Waited: waited, Took: time.Since(start)})
	now := time.Now()
	facts := known{public: peer, pause: j.pool.pauses.learn(host, j.way.Credential, resp, now)}
	resp.Request = req.WithContext(context.WithValue(req.Context(), knownKey{}, facts))
	resp.Body = &place{ReadCloser: resp.Body, leave: leave}
	return resp, nil
}

func (j *journey) observe(e Exchange) {
	if j.way.Observe != nil {
		j.way.Observe(e)
	}
}

// allowed checks what can be known of a target before a connection is made.
func (j *journey) allowed(u *url.URL, v variant) error {
	switch {
	case u.Scheme == "https":
	case u.Scheme == "http" && j.way.Insecure:
	case u.Scheme == "http":
		return refuse("nothing is sent to %s over plain http (insecure is not set)", u.Host)
	default:
		return refuse("the scheme of %s is not http or https", Address(u))
	}
	guard := j.pool.config.Guard
	if v.outward {
		guard = guard.outward()
	}
	return guard.CheckHost(hostOf(u))
}

// send makes the request on a shared connection and tells whether the peer is public. Behind a proxy a name
// counts as public, since nobody here can know better.
func (j *journey) send(req *http.Request, v variant) (*http.Response, bool, error) {
	line, err := j.pool.line(j.way, v)
	if err != nil {
		return nil, false, err
	}
	var peer atomic.Pointer[string]
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		address := info.Conn.RemoteAddr().String()
		peer.Store(&address)
	}})
	resp, err := line.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, false, err
	}
	if j.way.Proxy != (credentials.Proxy{}) {
		addr, err := netip.ParseAddr(strings.Trim(req.URL.Hostname(), "[]"))
		return resp, err != nil || reachOf(addr) == public, nil //nolint:nilerr // a name is no address: the proxy looks it up
	}
	if address := peer.Load(); address != nil {
		if to, err := netip.ParseAddrPort(*address); err == nil {
			return resp, reachOf(to.Addr()) == public, nil
		}
	}
	return resp, true, nil
}

// known is what a hop found out about an answer; it travels in the context of the answer's request.
type known struct {
	public bool
	pause  *Paused
}

type knownKey struct{}

// Public tells whether resp came from a public address. It is true for what is not known.
func Public(resp *http.Response) bool {
	facts, ok := resp.Request.Context().Value(knownKey{}).(known)
	return !ok || facts.public
}

// PauseOf returns the pause that resp asked for, nil when it asked for none.
func PauseOf(resp *http.Response) *Paused {
	facts, _ := resp.Request.Context().Value(knownKey{}).(known)
	return facts.pause
}

// A variant is what a host that another one sent us to does not get.
type variant struct {
	outward bool // no private address is dialed
	bare    bool // no client certificate is shown
}

type variantKey struct{}

// Elsewhere marks requests under the context as made on the word of another host: they show no client
// certificate, and when that host is public, they dial no private address.
func Elsewhere(ctx context.Context, public bool) context.Context {
	return context.WithValue(ctx, variantKey{}, variant{outward: public, bare: true})
}

func variantOf(ctx context.Context) variant {
	v, _ := ctx.Value(variantKey{}).(variant)
	return v
}

// SameOrigin tells whether two addresses have the same scheme, host and port.
func SameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && hostOf(a) == hostOf(b) }

// hostOf returns "host:port" in lower case, the port filled in.
func hostOf(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = "443"
		if u.Scheme == "http" {
			port = "80"
		}
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + port
}

// place is a body that gives its place in the budget back when it is closed.
type place struct {
	io.ReadCloser
	leave func()
}

func (p *place) Close() error {
	defer p.leave()
	return p.ReadCloser.Close()
}

// discard reads a little of a body, so that its connection can be used again, and closes it.
func discard(resp *http.Response) {
	const little = 4 << 10
	_, _ = io.CopyN(io.Discard, resp.Body, little)
	_ = resp.Body.Close() // it was not wanted
}
