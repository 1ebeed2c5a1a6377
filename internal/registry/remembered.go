// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/image"
)

// few is how many things are remembered before the older half is forgotten.
const few = 8192

// recent remembers the values put last: at least few, at most twice as many.
type recent[V any] struct {
	mu       sync.Mutex
	new, old map[string]V
}

func newRecent[V any]() *recent[V] { return &recent[V]{new: map[string]V{}, old: map[string]V{}} }

func (r *recent[V]) get(key string) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if v, ok := r.new[key]; ok {
		return v, true
	}
	v, ok := r.old[key]
	if ok {
		r.keep(key, v) // what is asked for stays
	}
	return v, ok
}

func (r *recent[V]) put(key string, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(key, v)
}

func (r *recent[V]) keep(key string, v V) {
	if len(r.new) >= few {
		r.old, r.new = r.new, map[string]V{}
	}
	r.new[key] = v
}

// verified remembers which digests were read and hashed, and when the registry last said that it has them.
type verified struct{ *recent[time.Time] }

func (v verified) has(name image.Name, digest image.Digest) bool {
	_, ok := v.get(digestKey(name, digest))
	return ok
}

// add keeps a digest whose content was read.
func (v verified) add(name image.Name, digest image.Digest) {
	v.put(digestKey(name, digest), time.Now())
}

// see keeps that a digest is still there, if its content was read.
func (v verified) see(name image.Name, digest image.Digest) {
	if v.has(name, digest) {
		v.add(name, digest)
	}
}

func (v verified) seenSince(name image.Name, digest image.Digest, since time.Time) bool {
	at, ok := v.get(digestKey(name, digest))
	return ok && at.After(since)
}

func digestKey(name image.Name, digest image.Digest) string {
	return name.String() + "@" + string(digest)
}
