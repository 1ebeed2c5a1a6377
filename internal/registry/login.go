// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/transport"
)

// A login is what is known of logging in to one host in one way: what it asked for, and the tokens it gave.
type login struct {
	mu        sync.Mutex
	challenge challenge
	tokens    map[string]*token // by repository
	sweep     int
	used      uint64 // guarded by logins.mu
}

// A token is fetched by one caller at a time; the others wait and share it.
type token struct {
	turn  chan struct{} // held by whoever reads or changes the rest
	value credentials.Text
	until time.Time
}

// logins keeps the logins used last.
type logins struct {
	mu   sync.Mutex
	all  map[[2]string]*login
	tick uint64
}

const (
	mostLogins = 4096
	fewTokens  = 256
)

func newLogins() *logins { return &logins{all: map[[2]string]*login{}} }

// of returns the login to host for a way of asking.
func (l *logins) of(host, identity string) *login {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tick++
	key := [2]string{host, identity}
	one := l.all[key]
	if one == nil {
		if len(l.all) >= mostLogins {
			l.dropOlder()
		}
		one = &login{tokens: map[string]*token{}, sweep: fewTokens}
		l.all[key] = one
	}
	one.used = l.tick
	return one
}

// dropOlder forgets the logins that are not among those used last.
func (l *logins) dropOlder() {
	for key, one := range l.all {
		if l.tick-one.used > mostLogins/2 {
			delete(l.all, key)
		}
	}
}

func (l *login) known() challenge {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.challenge
}

func (l *login) learn(c challenge) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.challenge = c
}

// token returns the place of a repository's token.
func (l *login) token(repository string) *token {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tokens[repository]
	if t == nil {
		if len(l.tokens) >= l.sweep {
			l.forgetExpired(time.Now())
		}
		t = &token{turn: make(chan struct{}, 1)}
		l.tokens[repository] = t
	}
	return t
}

func (l *login) forgetExpired(now time.Time) {
	for repository, t := range l.tokens {
		select {
		case t.turn <- struct{}{}:
			if !now.Before(t.until) {
				delete(l.tokens, repository)
			}
			<-t.turn
		default: // in use
		}
	}
	l.sweep = max(fewTokens, 2*len(l.tokens))
}

// authorization returns the Authorization header for the next request, empty when none is known to be wanted.
// rejected is one the registry has just refused: a token like it is not given again.
func (s *session) authorization(ctx context.Context, rejected string) (string, error) {
	c := s.login.known()
	switch {
	case !s.as.Login.Token.Empty():
		return "Bearer " + s.as.Login.Token.Reveal(), nil
	case c.realm != nil:
		return s.bearer(ctx, c, rejected)
	case c.basic && !s.as.Login.Password.Empty():
		return basic(s.as.Login), nil
	}
	return "", nil
}

func basic(as credentials.Registry) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(as.Username.Reveal()+":"+as.Password.Reveal()))
}

// renew learns from a 401 and returns a header that may do better than sent; when there is none, it is the fault.
// A host that the registry redirected to is not listened to: it could name a token server of its own.
func (s *session) renew(ctx context.Context, resp *http.Response, sent string) (string, error) {
	discard(resp)
	c, ok := readChallenge(resp.Header)
	if !ok || !transport.SameOrigin(resp.Request.URL, s.base) {
		return "", s.unauthorized()
	}
	c.public = transport.Public(resp)
	s.login.learn(c)
	header, err := s.authorization(ctx, sent)
	if err == nil && (header == "" || header == sent) {
		err = s.unauthorized()
	}
	return header, err
}

// bearer returns a header with a token for the session's repository, a kept one while it lasts.
func (s *session) bearer(ctx context.Context, c challenge, rejected string) (string, error) {
	t := s.login.token(s.name.Repository)
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", s.unanswered(ctx, c.realm.Host, ctx.Err())
	}
	if header := "Bearer " + t.value.Reveal(); !t.value.Empty() && header != rejected && time.Now().Before(t.until) {
		return header, nil
	}
	value, until, err := s.fetchToken(ctx, c)
	if err != nil {
		if fault.Of(err).Reason != reason.RateLimited {
			s.login.learn(challenge{}) // the registry may name another server by now; it is asked next time
		}
		return "", fmt.Errorf("asking %s for a token: %w", fault.Line(c.realm.Host), err)
	}
	t.value, t.until = value, until
	return "Bearer " + value.Reveal(), nil
}

// maxToken is the largest answer of a token server, in bytes.
const maxToken = 256 << 10

// fetchToken asks the token server that the registry named. It may be another host: that is how Docker Hub and
// others are built, and the registry, which could ask for the password itself, is who names it.
func (s *session) fetchToken(ctx context.Context, c challenge) (credentials.Text, time.Time, error) {
	var none credentials.Text
	req, err := s.tokenRequest(ctx, c)
	if err != nil {
		return none, time.Time{}, fault.Retry(s.failed, errors.New("its address cannot be used"))
	}
	asked := time.Now()
	resp, err := s.wire.RoundTrip(req)
	if err != nil {
		return none, time.Time{}, s.unanswered(ctx, c.realm.Host, err)
	}
	if resp.StatusCode != http.StatusOK {
		discard(resp)
		if resp.StatusCode == http.StatusBadRequest && !s.as.Login.IdentityToken.Empty() {
			return none, time.Time{}, fault.Wait(reason.AuthenticationFailed, errors.New("400 Bad Request, the identity token is refused"))
		}
		return none, time.Time{}, s.refused(resp)
	}
	body, err := transport.ReadAll(resp.Body, maxToken)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return none, time.Time{}, s.unanswered(ctx, c.realm.Host, err)
	}
	value, life, err := readToken(body)
	if err != nil {
		return none, time.Time{}, fault.Retry(s.failed, err)
	}
	return value, asked.Add(life - margin(life)), nil
}

// margin is how long before its end a token is no longer used, so that it does not expire on the way.
func margin(life time.Duration) time.Duration { return min(10*time.Second, life/5) }

// tokenRequest asks for the right to pull the session's repository, whatever the registry said we should ask for.
func (s *session) tokenRequest(ctx context.Context, c challenge) (*http.Request, error) {
	if !transport.SameOrigin(c.realm, s.base) {
		ctx = transport.Elsewhere(ctx, c.public)
	}
	as, values := s.as.Login, url.Values{"scope": {"repository:" + s.name.Repository + ":pull"}}
	if c.service != "" {
		values.Set("service", c.service)
	}
	if !as.IdentityToken.Empty() {
		values.Set("grant_type", "refresh_token")
		values.Set("client_id", "fairlead")
		values.Set("refresh_token", as.IdentityToken.Reveal())
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.realm.String(), strings.NewReader(values.Encode()))
		if err == nil {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return req, err
	}
	address := *c.realm
	query := address.Query()
	maps.Copy(query, values)
	address.RawQuery, address.Fragment = query.Encode(), ""
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err == nil && !as.Password.Empty() {
		req.Header.Set("Authorization", basic(as))
	}
	return req, err
}

// readToken reads the answer of a token server. A token lives a minute when nothing is said, and is used for an hour
// at most.
func readToken(body []byte) (credentials.Text, time.Duration, error) {
	var answer struct {
		Token       string      `json:"token"`
		AccessToken string      `json:"access_token"`
		ExpiresIn   json.Number `json:"expires_in"`
	}
	if json.Unmarshal(body, &answer) != nil { // its text may quote the answer
		return credentials.Text{}, 0, errors.New("the answer is no JSON with a token")
	}
	value := answer.Token
	if value == "" {
		value = answer.AccessToken
	}
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return credentials.Text{}, 0, errors.New("the answer has no token")
	}
	life := time.Minute
	if seconds, err := answer.ExpiresIn.Float64(); err == nil && seconds > 0 {
		life = time.Duration(min(seconds, time.Hour.Seconds()) * float64(time.Second))
	}
	return credentials.NewText(value), life, nil
}
