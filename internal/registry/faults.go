// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/transport"
)

// told is an error in our own words; the cause is for errors.Is and As, and is not printed.
type told struct {
	text  string
	cause error
}

func (t *told) Error() string { return t.text }
func (t *told) Unwrap() error { return t.cause }

// tell words err, which may quote a stranger.
func tell(err error, format string, args ...any) error {
	return &told{text: fault.Line(fmt.Sprintf(format, args...)), cause: err}
}

// refused is the fault for an answer that is not the one asked for. Its body is not read into it.
func (s *session) refused(resp *http.Response) error {
	text := fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))
	if pause := transport.PauseOf(resp); pause != nil && resp.StatusCode >= 400 {
		return s.paused(pause)
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		return s.unauthorized()
	case http.StatusForbidden:
		return fault.Wait(reason.AuthenticationFailed, errors.New(text))
	case http.StatusNotFound:
		return fault.Wait(reason.NotFound, errors.New(text))
	}
	return fault.Retry(s.failed, errors.New(text))
}

func (s *session) unauthorized() error {
	if s.as.Login.Anonymous() {
		return fault.Wait(reason.AuthenticationFailed, errors.New("401 Unauthorized, the registry asks for credentials"))
	}
	return fault.Wait(reason.AuthenticationFailed, errors.New("401 Unauthorized, the registry refuses these credentials"))
}

// paused is the fault for a host that asked to be left alone. Its text stays the same until the time.
func (s *session) paused(p *transport.Paused) error {
	why := reason.RateLimited
	if p.Status == http.StatusServiceUnavailable {
		why = s.failed
	}
	return fault.RetryAfter(why, max(time.Second, time.Until(p.Until)), p)
}

// unanswered is the fault for a request that got no answer from host, or lost it half-way.
func (s *session) unanswered(ctx context.Context, host string, err error) error {
	var (
		known   *fault.Error
		rest    *transport.Paused
		refusal *transport.Refusal
	)
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &rest):
		return s.paused(rest)
	case errors.As(err, &refusal):
		return fault.Wait(s.failed, refusal)
	}
	return fault.Retry(s.failed, word(ctx, host, err))
}

// word puts a failure to reach host into plain words.
func word(ctx context.Context, host string, err error) error {
	var (
		name      *net.DNSError
		authority x509.UnknownAuthorityError
		wrongName x509.HostnameError
		invalid   x509.CertificateInvalidError
		noTLS     tls.RecordHeaderError
		network   net.Error
	)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return tell(ctx.Err(), "the request to %s was given up", host)
	case errors.Is(err, context.DeadlineExceeded), ctx.Err() != nil, errors.As(err, &network) && network.Timeout():
		return tell(err, "no complete answer from %s in the time given", host)
	case errors.As(err, &name) && name.IsNotFound:
		return tell(err, "there is no host %s", name.Name)
	case errors.As(err, &authority):
		return tell(err, "the certificate of %s is from an authority that is not trusted here", host)
	case errors.As(err, &wrongName):
		return tell(err, "the certificate of %s is for another name", host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return tell(err, "the certificate of %s has expired or is not valid yet", host)
	case errors.As(err, &noTLS):
		return tell(err, "%s does not speak TLS, and plain http is not allowed (insecure)", host)
	case errors.Is(err, syscall.ECONNREFUSED):
		return tell(err, "%s refuses the connection", host)
	}
	return tell(err, "%v", err)
}
