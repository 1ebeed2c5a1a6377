// SPDX-License-Identifier: Apache-2.0

package gitwire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

// A service is one of the two programs behind a Git server.
type service string

const (
	uploadPack  service = "git-upload-pack"  // sends
	receivePack service = "git-receive-pack" // receives
)

const (
	maxHops  = 5         // redirects that are followed
	maxRetry = time.Hour // the longest Retry-After that is believed
)

// errTooLarge is what reading past a limit gives.
var errTooLarge = errors.New("the answer is larger than the limit")

// get asks for the list of refs of a service and returns it with the address it was found at: a repository that was
// renamed on its host is followed, one that moved to another host is not, for the credentials are for this one.
func (r *Remote) get(ctx context.Context, s service) (io.ReadCloser, *url.URL, error) {
	base := r.at()
	for range maxHops + 1 {
		at := *base
		at.Path, at.RawPath, at.RawQuery = at.Path+"/info/refs", "", "service="+string(s)
		response, err := r.do(ctx, http.MethodGet, &at, s, nil)
		if err != nil {
			return nil, nil, err
		}
		if response.StatusCode/100 != 3 {
			body, err := r.accept(response, "application/x-"+string(s)+"-advertisement", r.limits.Refs)
			return body, base, err
		}
		_ = response.Body.Close()
		if base, err = moved(&at, response.Header.Get("Location")); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, fault.Wait(reason.GitFailed, fmt.Errorf("more than %d redirects", maxHops))
}

// moved returns the address of the repository after a redirect from at to location.
func moved(at *url.URL, location string) (*url.URL, error) {
	to, err := at.Parse(location)
	if err != nil || location == "" {
		return nil, fault.Wait(reason.GitFailed, errors.New("redirected to an address that is no URL"))
	}
	upgraded := at.Scheme == "http" && to.Scheme == "https" && to.Hostname() == at.Hostname()
	if to.Host != at.Host && !upgraded || to.Scheme != at.Scheme && !upgraded {
		return nil, fault.Wait(reason.GitFailed, fmt.Errorf(
			"redirected to %s://%s; credentials are for %s://%s alone: set git.url to the new address", to.Scheme, to.Host, at.Scheme, at.Host))
	}
	path, ok := strings.CutSuffix(to.Path, "/info/refs")
	if !ok || path == "" {
		return nil, fault.Wait(reason.GitFailed, errors.New("redirected to a page that is not a repository; it may want a login"))
	}
	return &url.URL{Scheme: to.Scheme, Host: to.Host, Path: path}, nil
}

// post sends a message to a service and returns its answer, of which at most limit bytes can be read.
func (r *Remote) post(ctx context.Context, s service, message []byte, limit int64) (io.ReadCloser, error) {
	at := *r.at()
	at.Path, at.RawPath = at.Path+"/"+string(s), ""
	response, err := r.do(ctx, http.MethodPost, &at, s, message)
	if err != nil {
		return nil, err
	}
	if response.StatusCode/100 == 3 {
		_ = response.Body.Close()
		return nil, fault.Retry(reason.GitFailed, fmt.Errorf("redirected with %s; the address is looked up again", response.Status))
	}
	return r.accept(response, "application/x-"+string(s)+"-result", limit)
}

func (r *Remote) do(ctx context.Context, method string, at *url.URL, s service, message []byte) (*http.Response, error) {
	var body io.Reader // nil, not an empty reader: a GET without a body
	if message != nil {
		body = bytes.NewReader(message)
	}
	q, err := http.NewRequestWithContext(ctx, method, at.String(), body)
	if err != nil {
		return nil, failed(err)
	}
	q.Header.Set("User-Agent", r.agent)
	if message != nil {
		q.Header.Set("Content-Type", "application/x-"+string(s)+"-request")
		q.Header.Set("Accept", "application/x-"+string(s)+"-result")
	}
	if s == uploadPack {
		q.Header.Set("Git-Protocol", "version=2")
		q.Header["X-Idempotency-Key"] = nil // not sent: it lets a question be asked again when a kept connection is gone
	}
	switch {
	case !r.login.Bearer.Empty():
		q.Header.Set("Authorization", "Bearer "+r.login.Bearer.Reveal())
	case !r.login.Password.Empty():
		q.SetBasicAuth(r.login.Username, r.login.Password.Reveal())
	}
	response, err := r.http.Do(q)
	if err != nil {
		if outer, ok := errors.AsType[*url.Error](err); ok {
			err = outer.Err // its text repeats method and address, which the caller says better
		}
		return nil, failed(err)
	}
	return response, nil
}

// accept returns the body of a good answer of the given type, limited; otherwise it closes it and says what is wrong.
func (r *Remote) accept(response *http.Response, kind string, limit int64) (io.ReadCloser, error) {
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		return nil, r.refused(response)
	}
	if got := response.Header.Get("Content-Type"); got != kind {
		_ = response.Body.Close()
		return nil, failed(fmt.Errorf("the server answers with %q, not as a Git server: check git.url", r.laundry.clean(cut(got, 100))))
	}
	return &limited{ReadCloser: response.Body, left: limit}, nil
}

// refused classifies an answer that is not 200. Only plain text is quoted: a page of HTML helps nobody.
func (r *Remote) refused(response *http.Response) error {
	words := ""
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain") {
		heard, _ := io.ReadAll(io.LimitReader(response.Body, maxHeard)) // part of a message is better than none
		words = r.laundry.clean(string(heard))
	}
	err := errors.New(cut(strconv.Itoa(response.StatusCode)+" "+http.StatusText(response.StatusCode), 60))
	if words != "" {
		err = fmt.Errorf("%w: the server says %q", err, words)
	}
	switch response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.Wait(reason.GitAuthenticationFailed, err)
	case http.StatusNotFound, http.StatusGone:
		return fault.Wait(reason.GitFailed, fmt.Errorf("%w; there is no such repository, or it is hidden from these credentials", err))
	}
	return fault.RetryAfter(reason.GitFailed, retryAfter(response.Header.Get("Retry-After")), err)
}

// retryAfter reads seconds. A date would need a clock and is left to the queue's backoff.
func retryAfter(header string) time.Duration {
	seconds, err := strconv.Atoi(header)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(min(seconds, int(maxRetry/time.Second)))*time.Second, maxRetry)
}

func cut(s string, most int) string { return s[:min(len(s), most)] }

// limited is a body of which at most left bytes are read; the next one is errTooLarge, never a quiet end.
type limited struct {
	io.ReadCloser
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left < 0 {
		return 0, errTooLarge
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.ReadCloser.Read(p)
	l.left -= int64(n)
	if l.left < 0 {
		return 0, errTooLarge
	}
	return n, err
}
