// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/policy"
	"github.com/fairlead-dev/fairlead/internal/transport"
)

// Limits bound what one answer may cost. Zero fields mean the defaults.
type Limits struct {
	Pages         int   // of a tag list; default 2,000
	Tags          int   // of a tag list, repeats included; default 1,000,000
	ListBytes     int64 // of all pages of a tag list, unpacked; default 128 MiB
	PageSize      int   // tags asked for at once; default 1,000
	ManifestBytes int64 // of a manifest or image configuration; default 4 MiB
	IndexEntries  int   // manifests in an index; default 256
}

func (l Limits) orDefault() Limits {
	return Limits{
		Pages:         cmp.Or(l.Pages, 2_000),
		Tags:          cmp.Or(l.Tags, 1_000_000),
		ListBytes:     cmp.Or(l.ListBytes, 128<<20),
		PageSize:      cmp.Or(l.PageSize, 1_000),
		ManifestBytes: cmp.Or(l.ManifestBytes, 4<<20),
		IndexEntries:  cmp.Or(l.IndexEntries, 256),
	}
}

// A Config holds what a Client may do without.
type Config struct {
	Limits  Limits
	Metrics *Metrics                              // nil: nothing is counted
	Backoff func(again int) (pause time.Duration) // before attempt again+1; nil: full jitter from 0.4 s up
}

// A Client asks registries. It remembers how each wants to be asked - its scheme, its tokens - and is safe for
// concurrent use. Every method is bounded by its ctx, tokens and retries included.
type Client struct {
	pool      *transport.Pool
	config    Config
	logins    *logins
	schemes   schemes
	verified  verified
	described *recent[policy.ImageFact]
}

// New returns a Client that reaches registries through pool.
func New(pool *transport.Pool, config Config) *Client {
	config.Limits = config.Limits.orDefault()
	if config.Backoff == nil {
		config.Backoff = jitter
	}
	return &Client{pool: pool, config: config, logins: newLogins(),
		verified: verified{newRecent[time.Time]()}, described: newRecent[policy.ImageFact]()}
}

// jitter spreads retries evenly below a bound that doubles.
func jitter(again int) time.Duration {
	return rand.N(200 * time.Millisecond << min(again, 4)) // #nosec G404 -- nobody gains by guessing it
}

// attempts is how often a request is sent when the server, not the request, is at fault.
const attempts = 3

// hostOf returns where the API of a registry is served. Docker Hub's is not where its images are named after.
func hostOf(registry string) string {
	if registry == "docker.io" {
		return "registry-1.docker.io"
	}
	return registry
}

// A session is one call: one image, one way of asking.
type session struct {
	client *Client
	name   image.Name
	as     credentials.Access
	base   *url.URL // scheme and host alone
	wire   http.RoundTripper
	login  *login
	failed reason.Reason // for what trying again may mend
}

func (c *Client) open(name image.Name, as credentials.Access, failed reason.Reason) *session {
	host := hostOf(name.Registry)
	scheme := "https"
	if as.Insecure {
		scheme = c.schemes.of(host)
	}
	return &session{
		client: c, name: name, as: as, failed: failed,
		base:  &url.URL{Scheme: scheme, Host: host},
		login: c.logins.of(host, as.Identity()),
		wire: c.pool.RoundTripper(transport.Way{TLS: as.TLS, Proxy: as.Proxy, Insecure: as.Insecure,
			Credential: as.Login.Identity(), Observe: c.config.Metrics.observer(name.Registry)}),
	}
}

// A question is a request before it has an address.
type question struct {
	method string
	path   string // from the root, with the query
	accept string
}

// ask sends q, logs in when the registry wants it, and returns the answer whatever its status but 401. The body
// must be closed.
func (s *session) ask(ctx context.Context, q question) (*http.Response, error) {
	header, err := s.authorization(ctx, "")
	if err != nil {
		return nil, err
	}
	resp, err := s.send(ctx, q, header)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	renewed, err := s.renew(ctx, resp, header)
	if err != nil {
		return nil, err
	}
	resp, err = s.send(ctx, q, renewed)
	if err == nil && resp.StatusCode == http.StatusUnauthorized {
		discard(resp)
		return nil, s.unauthorized()
	}
	return resp, err
}

// send sends q, again when the server is at fault, over http where that is allowed and nothing else is spoken.
func (s *session) send(ctx context.Context, q question, authorization string) (*http.Response, error) {
	for again := 0; ; again++ {
		resp, err := s.once(ctx, q, authorization)
		if err != nil && s.mayBePlain(err) {
			s.base.Scheme = "http"
			resp, err = s.once(ctx, q, authorization)
		}
		if s.as.Insecure {
			s.learnScheme(resp, err)
		}
		if again+1 == attempts || !mayMend(resp, err) || !pause(ctx, s.client.config.Backoff(again+1)) {
			if err != nil {
				return nil, s.unanswered(ctx, s.base.Host, err)
			}
			return resp, nil
		}
		if err == nil {
			discard(resp)
		}
	}
}

func (s *session) once(ctx context.Context, q question, authorization string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, q.method, s.base.String()+q.path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "fairlead")
	if q.accept != "" {
		req.Header.Set("Accept", q.accept)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	return s.wire.RoundTrip(req)
}

// mayBePlain tells whether the host seems to speak nothing but http, and it is allowed. A certificate that is not
// trusted is no such sign.
func (s *session) mayBePlain(err error) bool {
	var noTLS tls.RecordHeaderError
	return s.as.Insecure && s.base.Scheme == "https" &&
		(errors.As(err, &noTLS) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET))
}

// learnScheme remembers that the host speaks http while it does: one that moved to TLS answers 400, or nothing.
func (s *session) learnScheme(resp *http.Response, err error) {
	scheme := s.base.Scheme
	if err != nil || resp.StatusCode == http.StatusBadRequest {
		scheme = "https"
	}
	s.client.schemes.learn(s.base.Host, scheme)
}

// mayMend tells whether sending again at once may help. A host that named a time is not pressed.
func mayMend(resp *http.Response, err error) bool {
	if err != nil {
		return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET)
	}
	switch resp.StatusCode {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return transport.PauseOf(resp) == nil
	}
	return false
}

// pause waits, and tells whether it could: a wait that ends after the deadline is not begun.
func pause(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// discard reads a little of a body, so that its connection can be used again, and closes it.
func discard(resp *http.Response) {
	const little = 4 << 10
	_, _ = io.CopyN(io.Discard, resp.Body, little)
	_ = resp.Body.Close() // it was not wanted
}

// schemes remembers which hosts speak http, of those where that is allowed.
type schemes struct {
	mu    sync.Mutex
	plain map[string]bool
}

func (s *schemes) of(host string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.plain[host] {
		return "http"
	}
	return "https"
}

// learn keeps what host spoke. Hosts are those of ImageRepositories; far more than there can be are not kept.
func (s *schemes) learn(host, scheme string) {
	const most = 10_000
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.plain[host] == (scheme == "http") {
		return
	}
	if s.plain == nil || len(s.plain) >= most {
		s.plain = map[string]bool{}
	}
	s.plain[host] = scheme == "http"
}
