// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/loop"
)

// resting remembers with what head and what wishes there was nothing to do, so that looking again costs one request
// and no reading. The zero value is ready for use, by several goroutines.
type resting struct {
	mu   sync.Mutex
	last map[types.NamespacedName]rest
}

type rest struct {
	basis   string // everything the outcome rests on
	outcome loop.Outcome
}

func (r *resting) put(name types.NamespacedName, basis string, outcome loop.Outcome) {
	outcome.Events = nil // they were told
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = map[types.NamespacedName]rest{}
	}
	r.last[name] = rest{basis, outcome}
}

func (r *resting) get(name types.NamespacedName, basis string) (loop.Outcome, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok := r.last[name]
	return last.outcome, ok && last.basis == basis
}

func (r *resting) forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.last, name)
}
