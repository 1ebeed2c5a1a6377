// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	firstRetry   = time.Second
	longestRetry = 15 * time.Minute
)

// retries counts how often objects failed in a row. A change of the object, or a request, starts afresh. The zero
// value is ready for use, by several goroutines.
type retries struct {
	mu     sync.Mutex
	failed map[types.NamespacedName]failures
}

type failures struct {
	count int
	cause string // what the object asked for when it failed
}

// next returns how long to wait after one more failure of name: a second, doubled each time, up to fifteen minutes
// or most, whichever is less, with jitter of half of it.
func (r *retries) next(name types.NamespacedName, cause string, most time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failed == nil {
		r.failed = map[types.NamespacedName]failures{}
	}
	f := r.failed[name]
	if f.cause != cause {
		f = failures{cause: cause}
	}
	f.count++
	r.failed[name] = f
	wait := longestRetry
	if f.count < 12 {
		wait = min(firstRetry<<(f.count-1), longestRetry)
	}
	if most > 0 {
		wait = min(wait, most)
	}
	return wait/2 + rand.N(wait/2+1) // #nosec G404 -- spreads load, guards nothing
}

// forget ends the row of failures of name.
func (r *retries) forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.failed, name)
}
