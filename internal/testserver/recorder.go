// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"
)

// A RecorderConfig says what a Recorder stands before.
type RecorderConfig struct {
	Target string                          // host and port of the server behind it; plain HTTP
	Wrap   func(http.Handler) http.Handler // around the forwarding; nil: nothing. What it answers is recorded too
}

// A Request is one that a Recorder has answered.
type Request struct {
	Method, Path, Query string
	Header              http.Header // as it came; holds credentials if the client sent any
	Status              int
	At                  time.Time // when it came
	Took                time.Duration
}

// A Recorder is a reverse proxy that remembers requests. It keeps the Host header, so that a server that builds
// addresses from it sends its clients back through the recorder. It is safe for concurrent use.
type Recorder struct {
	web *webServer

	mu       sync.Mutex
	requests []Request
}

// StartRecorder starts a recorder.
func StartRecorder(config RecorderConfig) (*Recorder, error) {
	r := &Recorder{}
	forward := http.Handler(&httputil.ReverseProxy{
		Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(&url.URL{Scheme: "http", Host: config.Target})
			request.Out.Host = request.In.Host
		},
		FlushInterval: -1, // Git talks while it sends
	})
	if config.Wrap != nil {
		forward = config.Wrap(forward)
	}
	var err error
	if r.web, err = serve(r.recording(forward)); err != nil {
		return nil, err
	}
	return r, nil
}

// Host returns the address, "127.0.0.1:PORT".
func (r *Recorder) Host() string { return r.web.host }

// URL returns the address as "http://127.0.0.1:PORT".
func (r *Recorder) URL() string { return "http://" + r.web.host }

// Requests returns the requests answered so far, in the order in which their answers ended.
func (r *Recorder) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

// Forget empties the record.
func (r *Recorder) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = nil
}

// Stop cuts open connections and ends the recorder. What it recorded stays readable.
func (r *Recorder) Stop() error { return r.web.stop() }

// Logs returns none: the record is the log.
func (r *Recorder) Logs() []string { return nil }

func (r *Recorder) recording(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		seen := Request{
			Method: request.Method, Path: request.URL.Path, Query: request.URL.RawQuery,
			Header: request.Header.Clone(), At: time.Now(),
		}
		status := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		// A handler that panics to cut the connection is recorded as well.
		defer func() {
			seen.Status, seen.Took = status.status, time.Since(seen.At)
			r.mu.Lock()
			defer r.mu.Unlock()
			r.requests = append(r.requests, seen)
		}()
		next.ServeHTTP(status, request)
	})
}

// A statusWriter remembers the status it passes on.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController flush and hijack.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
