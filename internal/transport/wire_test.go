// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// wire is a network in memory: every address a guard allows leads to one server, which sees the address asked for as
// the host, and callers see it as the peer's.
type wire struct {
	names map[string]string // what a resolver would say

	mu     sync.Mutex
	dialed []string
	conns  chan net.Conn
	closed chan struct{}
}

// newWire returns a pool on a network whose every host is handler. stop ends it.
func newWire(t *testing.T, config Config, handler http.HandlerFunc, names map[string]string) (*Pool, *wire) {
	t.Helper()
	w := &wire{names: names, conns: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(w)
	}()
	pool := NewPool(config)
	pool.dial = func(g Guard) dialer {
		return func(_ context.Context, network, address string) (net.Conn, error) {
			host, port, _ := net.SplitHostPort(address)
			if to, ok := w.names[host]; ok {
				address = net.JoinHostPort(to, port)
			}
			if err := g.control("tcp4", address, nil); err != nil {
				return nil, &net.OpError{Op: "dial", Net: network, Err: err}
			}
			w.mu.Lock()
			w.dialed = append(w.dialed, address)
			w.mu.Unlock()
			near, far := net.Pipe()
			w.conns <- far
			return &peerConn{near, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(address))}, nil
		}
	}
	t.Cleanup(func() {
		pool.Close()
		_ = server.Close()
		<-served
	})
	return pool, w
}

type peerConn struct {
	net.Conn
	peer net.Addr
}

func (c *peerConn) RemoteAddr() net.Addr { return c.peer }

// Accept hands the far end of a dialed connection to the server.
func (w *wire) Accept() (net.Conn, error) {
	select {
	case conn := <-w.conns:
		return conn, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the server.
func (w *wire) Close() error {
	select {
	case <-w.closed:
	default:
		close(w.closed)
	}
	return nil
}

// Addr is of no interest.
func (w *wire) Addr() net.Addr { return &net.TCPAddr{} }

// plain is a way for tests without certificates.
var plain = Way{Insecure: true}

// get asks for address and returns the status, or the error.
func get(ctx context.Context, pool *Pool, way Way, address string, edit ...func(*http.Request)) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	for _, e := range edit {
		e(req)
	}
	resp, err := pool.RoundTripper(way).RoundTrip(req)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp, errors.Join(err, resp.Body.Close())
}
