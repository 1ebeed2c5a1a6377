// SPDX-License-Identifier: Apache-2.0

package registry_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	memory "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/registry"
	"github.com/fairlead-dev/fairlead/internal/transport"
)

// canary stands for every secret: it may show up in no error.
const canary = "canary-5d1c"

// open is a network where loopback is allowed, as in a demo.
var open = transport.Guard{AllowPrivate: true, AllowLoopback: true}

// A server is a registry of our own that writes down what it was asked.
type server struct {
	*httptest.Server
	opened atomic.Int32 // connections
	mu     sync.Mutex
	log    []string
}

func serve(t testing.TB, handler http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.log = append(s.log, r.Method+" "+r.URL.RequestURI())
		s.mu.Unlock()
		handler(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *server) host() string { return strings.TrimPrefix(s.URL, "http://") }

func (s *server) name(repository string) image.Name {
	return image.Name{Registry: s.host(), Repository: repository}
}

// asked returns the requests since the last call.
func (s *server) asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.log
	s.log = nil
	return list
}

// newClient returns a client without a budget and without pauses between attempts.
func newClient(t testing.TB, guard transport.Guard, config registry.Config) *registry.Client {
	t.Helper()
	pool := transport.NewPool(transport.Config{Guard: guard, Budget: transport.Budget{PerSecond: 1e6, Burst: 1e6}})
	t.Cleanup(pool.Close)
	config.Backoff = func(int) time.Duration { return 0 }
	return registry.New(pool, config)
}

// anonymous asks over http, where the servers of these tests are.
var anonymous = credentials.Access{Insecure: true}

func as(username, password string) credentials.Access {
	return credentials.Access{Insecure: true, Login: credentials.Registry{Username: credentials.NewText(username), Password: credentials.NewText(password)}}
}

// list answers a list of tags.
func list(w io.Writer, tags ...string) {
	text, _ := json.Marshal(tags)
	_, _ = fmt.Fprintf(w, `{"name":"acme/web","tags":%s}`, text)
}

// expectFault checks class and reason of err, that its text holds want, and that no secret shows in it.
func expectFault(t *testing.T, err error, class fault.Class, why reason.Reason, want string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	f := fault.Of(err)
	if f.Class != class || f.Reason != why || !strings.Contains(err.Error(), want) {
		t.Errorf("got class %d, reason %s: %v\nwant class %d, reason %s: …%s", f.Class, f.Reason, err, class, why, want)
	}
	for _, secret := range []string{canary, "Y2FuYXJ5", "Bearer", "Basic"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s shows in %v", secret, err)
		}
	}
	if strings.ContainsAny(err.Error(), "\n\r\x1b") || len(err.Error()) > 1200 {
		t.Errorf("not one short line: %q", err)
	}
}

// inMemory starts go-containerregistry's registry behind fault, which may answer itself by returning true.
func inMemory(t testing.TB, fault func(http.ResponseWriter, *http.Request) bool) *server {
	t.Helper()
	real := memory.New(memory.Logger(log.New(io.Discard, "", 0)))
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if fault == nil || r.Header.Get("User-Agent") != "fairlead" || !fault(w, r) {
			real.ServeHTTP(w, r)
		}
	})
}

// push puts a small random image at a tag, and returns its digest.
func push(t testing.TB, s *server, repository, tag string) image.Digest {
	t.Helper()
	img, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	return pushImage(t, s, repository, tag, img)
}

func pushImage(t testing.TB, s *server, repository, tag string, img v1.Image) image.Digest {
	t.Helper()
	digest, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(reference(t, s, repository, tag), img); err != nil {
		t.Fatal(err)
	}
	s.asked()
	return image.Digest(digest.String())
}

func reference(t testing.TB, s *server, repository, tag string) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(s.host()+"/"+repository+":"+tag, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}
