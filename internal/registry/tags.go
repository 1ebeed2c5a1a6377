// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/taglist"
	"github.com/fairlead-dev/fairlead/internal/transport"
)

// Tags lists the tags of name, following every page of the registry's answer. A part of a list is never returned.
//
// Pages may come in any order and repeat tags. At most 1,000,000 tags, 2,000 pages and 128 MiB are read (Limits); a
// longer list, and one whose pages go round in a circle, is a waiting fault with reason TagListTooLarge. 401 and 403
// are waiting faults with reason AuthenticationFailed, 404 with NotFound; 429 is a transient one with RateLimited and
// the time to wait; everything else is a transient ScanFailed, but an address that may not be asked, which waits.
//
// When the registry knows us it is one request per page. Tags is safe for concurrent use and keeps no login.
func (c *Client) Tags(ctx context.Context, name image.Name, as credentials.Access) (taglist.List, error) {
	list, err := c.open(name, as, reason.ScanFailed).tags(ctx)
	if err != nil {
		return taglist.List{}, fmt.Errorf("listing tags of %s: %w", name, err)
	}
	return list, nil
}

func (s *session) tags(ctx context.Context) (taglist.List, error) {
	limits := s.client.config.Limits
	var b taglist.Builder
	bytesLeft := limits.ListBytes
	seen := map[[sha256.Size]byte]bool{}
	next := fmt.Sprintf("/v2/%s/tags/list?n=%d", s.name.Repository, limits.PageSize)
	for page := 1; next != ""; page++ {
		id := sha256.Sum256([]byte(next))
		switch {
		case page > limits.Pages:
			return taglist.List{}, tooLarge("the list has more than %d pages", limits.Pages)
		case seen[id]:
			return taglist.List{}, tooLarge("page %d of the list is one that was read before", page)
		}
		seen[id] = true
		following, err := s.page(ctx, next, &b, &bytesLeft)
		if err != nil {
			return taglist.List{}, err
		}
		next = following
	}
	return b.List(), nil
}

func tooLarge(format string, args ...any) error {
	return fault.Wait(reason.TagListTooLarge, fmt.Errorf(format, args...))
}

// page reads the page at path into b, takes its size off bytesLeft, and returns the path of the next one.
func (s *session) page(ctx context.Context, path string, b *taglist.Builder, bytesLeft *int64) (string, error) {
	resp, err := s.ask(ctx, question{method: http.MethodGet, path: path, accept: "application/json"})
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		discard(resp)
		return "", s.refused(resp)
	}
	body := &counter{r: resp.Body}
	limits := s.client.config.Limits
	err = readPage(transport.Capped(body, *bytesLeft), func(tag []byte) error {
		if b.Len() == limits.Tags {
			return tooLarge("the list has more than %d tags", limits.Tags)
		}
		b.Add(string(tag))
		return nil
	})
	*bytesLeft -= body.n
	closing := resp.Body.Close()
	switch {
	case errors.Is(err, transport.ErrTooLarge):
		return "", tooLarge("the list has more than %d bytes", limits.ListBytes)
	case errors.Is(err, errNoPage):
		return "", fault.Retry(s.failed, err)
	case err != nil:
		return "", s.unanswered(ctx, s.base.Host, fmt.Errorf("the answer of %s breaks off: %w", s.base.Host, err))
	case closing != nil:
		return "", s.unanswered(ctx, s.base.Host, closing)
	}
	return s.nextPage(resp, path)
}

// nextPage returns the path and query of the page that resp links to, empty when it is the last.
//
// Only the registry's own origin is followed. A link that names its host without the port is one that lost it behind
// a proxy; since only path and query are taken from a link, it leads nowhere else.
func (s *session) nextPage(resp *http.Response, path string) (string, error) {
	target, ok := nextLink(resp.Header)
	if !ok {
		return "", nil
	}
	here, err := url.Parse(s.base.String() + path)
	if err != nil {
		return "", fault.Retry(s.failed, errNoPage)
	}
	next, err := here.Parse(target)
	switch {
	case err != nil:
		return "", fault.Retry(s.failed, errors.New("the link to the next page is no address"))
	case next.User != nil,
		!transport.SameOrigin(next, s.base) && (next.Scheme != s.base.Scheme || next.Port() != "" || !strings.EqualFold(next.Hostname(), s.base.Hostname())):
		return "", fault.Retry(s.failed, tell(nil, "the link to the next page leads elsewhere, to %s", transport.Address(next)))
	case !strings.HasPrefix(next.Path, "/"):
		return "", fault.Retry(s.failed, errors.New("the link to the next page is no address"))
	}
	return next.RequestURI(), nil
}

// nextLink returns the target of the Link header that names the next page. One without a relation counts: some
// registries leave it out.
func nextLink(h http.Header) (string, bool) {
	for _, line := range h.Values("Link") {
		for line != "" {
			_, rest, ok := strings.Cut(line, "<")
			if !ok {
				break
			}
			target, rest, ok := strings.Cut(rest, ">")
			if !ok {
				break
			}
			params := rest
			if i := strings.IndexByte(rest, '<'); i >= 0 {
				params, line = rest[:i], rest[i:]
			} else {
				line = ""
			}
			if isNext(params) {
				return strings.TrimSpace(target), true
			}
		}
	}
	return "", false
}

func isNext(params string) bool {
	for param := range strings.SplitSeq(strings.TrimRight(params, ", "), ";") {
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") {
			for word := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(value), `"`)) {
				if strings.EqualFold(word, "next") {
					return true
				}
			}
			return false
		}
	}
	return true
}

// counter counts the bytes read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
