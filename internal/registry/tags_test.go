// SPDX-License-Identifier: Apache-2.0

package registry_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/registry"
	"github.com/fairlead-dev/fairlead/internal/transport"
)

func TestTags_ofARegistry(t *testing.T) {
	t.Parallel()
	s := inMemory(t, nil)
	for _, tag := range []string{"1.0.0", "1.1.0", "latest"} {
		push(t, s, "acme/web", tag)
	}
	c := newClient(t, open, registry.Config{})
	for scan := range 3 {
		got, err := c.Tags(t.Context(), s.name("acme/web"), anonymous)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"1.0.0", "1.1.0", "latest"}, slices.Collect(got.All())); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if asked := s.asked(); len(asked) != 1 {
			t.Errorf("scan %d took %d requests: %q", scan, len(asked), asked)
		}
	}
	_, err := c.Tags(t.Context(), s.name("acme/none"), anonymous)
	expectFault(t, err, fault.Waiting, reason.NotFound, "listing tags of "+s.host()+"/acme/none: 404 Not Found")
}

// pages serves lists of tags as pages whose Link is written by link.
func pages(link func(host, next string) string, pages ...[]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := 0
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &n)
		if n+1 < len(pages) {
			w.Header().Set("Link", link(r.Host, fmt.Sprintf("/v2/acme/web/tags/list?page=%d", n+1)))
		}
		list(w, pages[n]...)
	}
}

func relative(_, next string) string { return "<" + next + `>; rel="next"` }

func TestTags_followsPagesHoweverTheyCome(t *testing.T) {
	t.Parallel()
	all := []string{"1", "10", "2", "3", "latest"}
	for _, tc := range []struct {
		name, why string
		handler   http.HandlerFunc
	}{
		{"in order", "as the specification has it", pages(relative, []string{"1", "10"}, []string{"2", "3"}, []string{"latest"})},
		{"in any order, with repeats", "some registries do", pages(relative, []string{"latest", "2"}, []string{"1", "2", "3"}, []string{"10"}, nil)},
		{"of one tag each", "Quay sends fewer than asked for", pages(relative, []string{"3"}, []string{"2"}, []string{"1"}, []string{"latest"}, []string{"10"})},
		{"with empty pages between", "filters do that", pages(relative, nil, []string{"1", "10", "2"}, nil, []string{"3", "latest"})},
		{"with absolute links", "the specification allows them", pages(func(host, next string) string { return "<http://" + host + next + ">; rel=next" }, all[:2], all[2:])},
		{"with links that lost their port", "a proxy in front forgets it", pages(func(host, next string) string {
			name, _, _ := net.SplitHostPort(host)
			return "<http://" + name + next + ">; rel=next"
		}, all[:2], all[2:])},
		{"with links relative to the page", "RFC 3986", pages(func(_, next string) string {
			return "<" + strings.TrimPrefix(next, "/v2/acme/web/tags/") + `>; rel="next"`
		}, all[:2], all[2:])},
		{"with links without relation", "older ones leave it out", pages(func(_, next string) string { return "<" + next + ">" }, all[:2], all[2:])},
		{"with several links", "RFC 8288", pages(func(_, next string) string {
			return `</first>; rel="first", <` + next + `>; title="a, b"; rel="next last", </x>; rel=up`
		}, all[:2], all[2:])},
		{"all at once", "a registry may ignore n", func(w http.ResponseWriter, _ *http.Request) { list(w, all...) }},
		{"compressed", "a proxy in front may do it", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			list(z, all...)
			_ = z.Close()
		}},
		{"with other members", "Google adds many", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, `{"child":[],"manifest":{"sha256:1":{"imageSizeBytes":"1","tag":["1"],"x":[{"y":null}]}},"name":"a","n":-1.5e3, "tags" : [ "1","2" , "3","10","latest"],"b":true}`)
		}},
		{"with entries that are no tags", "nothing can be pulled by them", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, `{"tags":["","1","2","a b","3","\u001b[31m","-x","10",".y","\u006catest","`+strings.Repeat("x", 129)+`","`+strings.Repeat("y", 70000)+`","a/b","é"]}`)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tc.handler)
			got, err := newClient(t, open, registry.Config{}).Tags(t.Context(), s.name("acme/web"), anonymous)
			if err != nil {
				t.Fatalf("%s: %v", tc.why, err)
			}
			if diff := cmp.Diff(all, slices.Collect(got.All())); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			if first := s.asked()[0]; first != "GET /v2/acme/web/tags/list?n=1000" {
				t.Errorf("first asked for %s", first)
			}
		})
	}
}

func TestTags_noneIsAnAnswerOnlyWhenItIsSaid(t *testing.T) {
	t.Parallel()
	for body, ok := range map[string]bool{
		`{"name":"a","tags":null}`: true, `{"name":"a","tags":[]}`: true, ` { "tags" : [ ] } `: true,
		`{}`: false, `{"name":"a"}`: false, `[]`: false, `null`: false, ``: false, `{"errors":[{"code":"DENIED"}]}`: false,
		`<html>tags</html>`: false, `{"tags":[]}x`: false, `{"tags":[]} {}`: false, `{"tags":{}}`: false, `{"tags":"a"}`: false, `{"tags":[null]}`: false,
		`{"tags":["a"}`: false, `{"tags":["a",]}`: false, `{"tags":["a"]`: false, `{"tags":["a`: false, `{"tags":["a" "b"]}`: false, `{"tags":[1]}`: false,
		`{"tags":["\x"]}`: false, "{\"tags\":[\"a\nb\"]}": false, `{"tags":nul}`: false, `{"x":01,"tags":[]}`: false,
		`{"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `,"tags":[]}`: false,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) })
		got, err := newClient(t, open, registry.Config{}).Tags(t.Context(), s.name("acme/web"), anonymous)
		if ok && (err != nil || got.Len() != 0) {
			t.Errorf("%s: %d tags, %v", body, got.Len(), err)
		}
		if !ok {
			expectFault(t, err, fault.Transient, reason.ScanFailed, "listing tags of "+s.host()+"/acme/web: ")
		}
	}
}

func TestTags_aPartOfAListIsNeverReturned(t *testing.T) {
	t.Parallel()
	second := func(answer http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("page") != "" {
				answer(w, r)
				return
			}
			w.Header().Set("Link", `</v2/acme/web/tags/list?page=1>; rel="next"`)
			list(w, "1", "2")
		}
	}
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			_, _ = fmt.Fprint(w, canary)
		}
	}
	for _, tc := range []struct {
		name    string
		handler http.HandlerFunc
		class   fault.Class
		reason  reason.Reason
		text    string
	}{
		{"500", second(status(500)), fault.Transient, reason.ScanFailed, "500 Internal Server Error"},
		{"503", second(status(503)), fault.Transient, reason.ScanFailed, "503 Service Unavailable"},
		{"429", second(status(429)), fault.Transient, reason.RateLimited, "429 Too Many Requests"},
		{"403", second(status(403)), fault.Waiting, reason.AuthenticationFailed, "403 Forbidden"},
		{"401", second(status(401)), fault.Waiting, reason.AuthenticationFailed, "401 Unauthorized"},
		{"404", second(status(404)), fault.Waiting, reason.NotFound, "404 Not Found"},
		{"204", second(status(204)), fault.Transient, reason.ScanFailed, "204 No Content"},
		{"418", second(status(418)), fault.Transient, reason.ScanFailed, "418"},
		{"an unknown status", second(status(599)), fault.Transient, reason.ScanFailed, "599"},
		{"cut JSON", second(func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, `{"tags":["3","4`) }), fault.Transient, reason.ScanFailed, "breaks off"},
		{"a wrong length", second(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			list(w, "3")
		}), fault.Transient, reason.ScanFailed, "breaks off"},
		{"a cut connection", second(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprint(w, `{"tags":["3",`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}), fault.Transient, reason.ScanFailed, "breaks off"},
		{"broken compression", second(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			list(w, "3")
		}), fault.Transient, reason.ScanFailed, "breaks off"},
		{"a link to another host", pages(func(_, next string) string { return "<http://8.8.8.8" + next + "?t=" + canary + ">; rel=next" }, nil, nil), fault.Transient, reason.ScanFailed, "leads elsewhere, to http://8.8.8.8/v2"},
		{"a link to another port", pages(func(_, next string) string { return "<http://127.0.0.1:1" + next + ">; rel=next" }, nil, nil), fault.Transient, reason.ScanFailed, "leads elsewhere"},
		{"a link to metadata", pages(func(_, _ string) string { return "<http://169.254.169.254/latest/meta-data>; rel=next" }, nil, nil), fault.Transient, reason.ScanFailed, "leads elsewhere"},
		{"a link with a login", pages(func(host, next string) string { return "<http://a:" + canary + "@" + host + next + ">; rel=next" }, nil, nil), fault.Transient, reason.ScanFailed, "leads elsewhere"},
		{"a link to a file", pages(func(_, _ string) string { return "<file:///etc/passwd>; rel=next" }, nil, nil), fault.Transient, reason.ScanFailed, "leads elsewhere"},
		{"a link to itself", pages(func(_, _ string) string { return "</v2/acme/web/tags/list?n=1000>; rel=next" }, nil, nil), fault.Waiting, reason.TagListTooLarge, "page 2 of the list is one that was read before"},
		{"a redirect to metadata", second(status(302, "Location", "http://169.254.169.254/latest")), fault.Waiting, reason.ScanFailed, "never asked"},
		{"a redirect to itself", second(status(302, "Location", "/v2/acme/web/tags/list?page=1")), fault.Waiting, reason.ScanFailed, "redirects more than 5 times"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tc.handler)
			got, err := newClient(t, open, registry.Config{}).Tags(t.Context(), s.name("acme/web"), anonymous)
			expectFault(t, err, tc.class, tc.reason, tc.text)
			if got.Len() != 0 {
				t.Errorf("%d tags came with the error", got.Len())
			}
		})
	}
}

func TestTags_haveLimits(t *testing.T) {
	t.Parallel()
	const body = `{"tags":["1","2","3","4"]}`
	for _, tc := range []struct {
		name   string
		limits registry.Limits
		ok     bool
	}{
		{"one more tag than there are", registry.Limits{Tags: 5}, true},
		{"as many tags as there are", registry.Limits{Tags: 4}, true},
		{"one tag less", registry.Limits{Tags: 3}, false},
		{"one more byte than there are", registry.Limits{ListBytes: int64(len(body)) + 1}, true},
		{"as many bytes as there are", registry.Limits{ListBytes: int64(len(body))}, true},
		{"one byte less", registry.Limits{ListBytes: int64(len(body)) - 1}, false},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, body) })
		_, err := newClient(t, open, registry.Config{Limits: tc.limits}).Tags(t.Context(), s.name("acme/web"), anonymous)
		if tc.ok != (err == nil) {
			t.Errorf("%s: %v", tc.name, err)
		}
		if err != nil {
			expectFault(t, err, fault.Waiting, reason.TagListTooLarge, "more than")
		}
	}
	for most, ok := range map[int]bool{3: true, 4: true, 5: true, 6: false} { // pages there are, with a limit of five
		s := serve(t, pages(relative, make([][]string, most)...))
		_, err := newClient(t, open, registry.Config{Limits: registry.Limits{Pages: 5}}).Tags(t.Context(), s.name("acme/web"), anonymous)
		if ok != (err == nil) || len(s.asked()) > 5 {
			t.Errorf("%d pages: %v", most, err)
		}
	}
	s := serve(t, pages(relative, []string{"1", "2"}, []string{"3", "4"}))
	_, err := newClient(t, open, registry.Config{Limits: registry.Limits{ListBytes: 70}}).Tags(t.Context(), s.name("acme/web"), anonymous)
	expectFault(t, err, fault.Waiting, reason.TagListTooLarge, "more than 70 bytes") // each page has less, both have more
}

func TestTags_endlessPagesEnd(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		i := n.Add(1)
		w.Header().Set("Link", fmt.Sprintf(`</v2/acme/web/tags/list?last=%d>; rel="next"`, i))
		list(w, fmt.Sprint(i))
	})
	_, err := newClient(t, open, registry.Config{}).Tags(t.Context(), s.name("acme/web"), anonymous)
	expectFault(t, err, fault.Waiting, reason.TagListTooLarge, "more than 2000 pages")
	if n.Load() != 2000 {
		t.Errorf("%d pages were read", n.Load())
	}
}

func TestTags_aCompressedBombIsStopped(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = fmt.Fprint(z, `{"name":"`)
	zeros := bytes.Repeat([]byte("a"), 1<<20)
	for range 8 {
		_, _ = z.Write(zeros)
	}
	_, _ = fmt.Fprint(z, `","tags":[]}`)
	_ = z.Close()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	_, err := newClient(t, open, registry.Config{Limits: registry.Limits{ListBytes: 1 << 20}}).Tags(t.Context(), s.name("acme/web"), anonymous)
	expectFault(t, err, fault.Waiting, reason.TagListTooLarge, "more than 1048576 bytes")
}

func TestTags_theDeadlineHoldsForEverything(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	for name, handler := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-release:
			}
		},
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprint(w, `{"tags":["1",`)
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
			case <-release:
			}
		},
	} {
		s := serve(t, handler)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := newClient(t, open, registry.Config{}).Tags(ctx, s.name("acme/web"), anonymous)
		cancel()
		t.Log(name)
		expectFault(t, err, fault.Transient, reason.ScanFailed, "no complete answer from "+s.host()+" in the time given")
	}
	close(release)
}

func TestTags_triesAgainWhenTheServerIsAtFault(t *testing.T) {
	t.Parallel()
	for failures, ok := range map[int64]bool{0: true, 1: true, 2: true, 3: false} {
		var n atomic.Int64
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if n.Add(1) <= failures {
				w.WriteHeader([]int{500, 502, 504}[n.Load()%3])
				return
			}
			list(w, "1")
		})
		_, err := newClient(t, open, registry.Config{}).Tags(t.Context(), s.name("acme/web"), anonymous)
		if (err == nil) != ok || n.Load() > 3 {
			t.Errorf("%d failures: %v after %d requests", failures, err, n.Load())
		}
	}
}

func TestTags_aRestThatIsAskedForIsKept(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]string{"seconds": "1200", "date": time.Now().Add(20 * time.Minute).UTC().Format(http.TimeFormat)} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		other := serve(t, func(w http.ResponseWriter, _ *http.Request) { list(w, "1") })
		c := newClient(t, open, registry.Config{})
		_, first := c.Tags(t.Context(), s.name("acme/web"), anonymous)
		expectFault(t, first, fault.Transient, reason.RateLimited, "listing tags of "+s.host()+"/acme/web: 429 Too Many Requests, "+s.host()+" is not asked again before 2")
		if after := fault.Of(first).After; after < 19*time.Minute || after > 20*time.Minute+2*time.Second {
			t.Errorf("%s: after %v", name, after)
		}
		_, second := c.Tags(t.Context(), s.name("acme/web"), anonymous)
		if second == nil || second.Error() != first.Error() {
			t.Errorf("%s: the text changed from %v to %v", name, first, second)
		}
		expectFault(t, second, fault.Transient, reason.RateLimited, "429")
		if asked := s.asked(); len(asked) != 1 {
			t.Errorf("%s: asked %q", name, asked)
		}
		if _, err := c.Tags(t.Context(), other.name("acme/web"), anonymous); err != nil {
			t.Errorf("%s: another host: %v", name, err)
		}
		if _, err := c.Tags(t.Context(), s.name("acme/web"), as("ann", canary)); err == nil || len(s.asked()) != 1 {
			t.Errorf("%s: another login was stopped: %v", name, err)
		}
	}
}

func TestTags_whoCannotBeReachedIsSaidInPlainWords(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { list(w, "1") }))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { list(w, "1") })
	for _, tc := range []struct {
		name, host string
		as         credentials.Access
		guard      transport.Guard
		class      fault.Class
		text       string
	}{
		{"an unknown host", "nowhere.invalid", credentials.Access{}, open, fault.Transient, "there is no host nowhere.invalid"},
		{"a closed port", closed.Addr().String(), credentials.Access{}, open, fault.Transient, "refuses the connection"},
		{"an unknown authority", strings.TrimPrefix(secure.URL, "https://"), credentials.Access{}, open, fault.Transient, "authority that is not trusted"},
		{"an unknown authority where http is allowed", strings.TrimPrefix(secure.URL, "https://"), anonymous, open, fault.Transient, "authority that is not trusted"},
		{"http where it is not allowed", plain.host(), credentials.Access{}, open, fault.Transient, "does not speak TLS, and plain http is not allowed"},
		{"an address that is not allowed", plain.host(), anonymous, transport.Guard{}, fault.Waiting, "this machine's own (--allow-loopback is off)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClient(t, tc.guard, registry.Config{})
			_, err := c.Tags(t.Context(), image.Name{Registry: tc.host, Repository: "a/b"}, tc.as)
			expectFault(t, err, tc.class, reason.ScanFailed, tc.text)
		})
	}
	if asked := plain.asked(); len(asked) != 0 {
		t.Errorf("something was sent over http: %q", asked)
	}
}

func TestTags_theSchemeIsFoundOnceAndAgain(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { list(w, "1") })
	c := newClient(t, open, registry.Config{})
	for range 5 {
		if _, err := c.Tags(t.Context(), s.name("acme/web"), anonymous); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.opened.Load(); n > 2 {
		t.Errorf("%d connections: one to try TLS and one to stay were wanted", n)
	}
	if asked := s.asked(); len(asked) != 5 {
		t.Errorf("asked %q", asked)
	}
}

func TestTags_DockerHubIsAskedWhereItsAPIIs(t *testing.T) {
	t.Parallel()
	var hosts []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hosts = append(hosts, r.Host)
		w.WriteHeader(http.StatusForbidden)
	}))
	defer proxy.Close()
	access := credentials.Access{Proxy: credentials.Proxy{Address: proxy.URL}}
	_, err := newClient(t, open, registry.Config{}).Tags(t.Context(), image.Name{Registry: "docker.io", Repository: "library/nginx"}, access)
	if err == nil || !slices.Equal(hosts, []string{"registry-1.docker.io:443"}) {
		t.Errorf("asked %q: %v", hosts, err)
	}
}

func TestMetrics_countRequestsByTheConfiguredHost(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { list(w, "1") })
	metrics := prometheus.NewRegistry()
	c := newClient(t, open, registry.Config{Metrics: registry.NewMetrics(metrics)})
	for range 3 {
		if _, err := c.Tags(t.Context(), s.name("acme/web"), anonymous); err != nil {
			t.Fatal(err)
		}
	}
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			line := f.GetName()
			for _, l := range m.GetLabel() {
				line += " " + l.GetName() + "=" + strings.ReplaceAll(l.GetValue(), s.host(), "HOST")
			}
			if f.GetName() == "fairlead_registry_requests_total" {
				line += fmt.Sprint(" ", m.GetCounter().GetValue())
			}
			got = append(got, line)
		}
	}
	want := []string{
		"fairlead_registry_request_duration_seconds code=200 host=HOST",
		"fairlead_registry_request_duration_seconds code=error host=HOST",
		"fairlead_registry_requests_total code=200 host=HOST 3",
		"fairlead_registry_requests_total code=error host=HOST 1", // the handshake that found out that it speaks http
		"fairlead_registry_throttled_seconds_total host=HOST",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
