// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// requests remembers what people asked for (fairlead.dev/requestedAt) until a run got as far as answering: status calls
// a request handled also when the run failed, and a retry must not be lost to a server that was down. A restart forgets.
// The zero value is ready for use, by several goroutines.
type requests struct {
	mu      sync.Mutex
	pending map[types.NamespacedName]string
}

// note remembers that name has the token, if handled is another.
func (r *requests) note(name types.NamespacedName, token, handled string) {
	if token == handled {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pending == nil {
		r.pending = map[types.NamespacedName]string{}
	}
	r.pending[name] = token
}

// open tells whether token waits for an answer.
func (r *requests) open(name types.NamespacedName, token, handled string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	pending, ok := r.pending[name]
	return token != handled || ok && pending == token
}

// answered ends the request of name.
func (r *requests) answered(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.pending, name)
}
