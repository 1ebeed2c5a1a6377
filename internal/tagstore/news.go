// SPDX-License-Identifier: Apache-2.0

package tagstore

import (
	"context"
	"sync"
)

// News tells one subscriber which keys were scanned since it last looked. A key is told once however often it was
// scanned meanwhile, so a slow subscriber costs no more than one entry per key, and never delays a scan.
type News struct {
	store *Store
	wake  chan struct{} // holds one when keys is not empty

	mu      sync.Mutex
	keys    []string // in the order of their first scan
	waiting map[string]bool
}

// Subscribe returns the news from now on. Close ends it.
func (s *Store) Subscribe() *News {
	n := &News{store: s, wake: make(chan struct{}, 1), waiting: map[string]bool{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.news[n] = true
	return n
}

// Wait returns the keys scanned since the last call, at least one, in the order of their first scan. It ends with
// ctx. Scans that were not believed are no news; those that changed nothing are.
func (n *News) Wait(ctx context.Context) ([]string, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-n.wake:
		}
		if keys := n.take(); len(keys) > 0 {
			return keys, nil
		}
	}
}

// Close ends the subscription.
func (n *News) Close() {
	n.store.mu.Lock()
	defer n.store.mu.Unlock()
	delete(n.store.news, n)
}

func (n *News) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	keys := n.keys
	n.keys = nil
	clear(n.waiting)
	return keys
}

func (n *News) add(key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.waiting[key] {
		n.waiting[key] = true
		n.keys = append(n.keys, key)
	}
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

func (s *Store) tell(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := range s.news {
		n.add(key)
	}
}
