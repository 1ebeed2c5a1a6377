// SPDX-License-Identifier: Apache-2.0

package testserver

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// A webServer is an HTTP server in this process, on a port of 127.0.0.1 that the system chose.
type webServer struct {
	host   string
	server *http.Server
	ended  chan error

	mu      sync.Mutex // guards closing, so that no handler begins while stop waits for the last
	closing bool
	running sync.WaitGroup // handlers, which may have child processes
}

// serve starts a server of handler.
func serve(handler http.Handler) (*webServer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	s := &webServer{host: listener.Addr().String(), ended: make(chan error, 1)}
	s.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			if !s.enter() {
				panic(http.ErrAbortHandler)
			}
			defer s.running.Done()
			handler.ServeHTTP(w, request)
		}),
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0), // tests cut connections on purpose
	}
	go func() { s.ended <- s.server.Serve(listener) }()
	return s, nil
}

// enter counts a handler in, unless the server is closing.
func (s *webServer) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.running.Add(1)
	return true
}

// stop cuts open connections and returns when no handler runs any more. It may be called again.
func (s *webServer) stop() error {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	err := s.server.Close()
	s.running.Wait()
	if served := <-s.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	s.ended <- http.ErrServerClosed // for the next call
	return err
}
