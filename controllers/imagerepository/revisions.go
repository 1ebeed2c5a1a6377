// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/spec"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// revisions remembers for each object what its excludeTags leave of its list, so that a scan that found nothing new
// reads no tag. The zero value is ready for use, by several goroutines.
type revisions struct {
	mu   sync.Mutex
	last map[types.NamespacedName]sieved
}

// sieved says that what exclude leaves of the list with revision whole has revision left.
type sieved struct{ exclude, whole, left string }

// of returns the revision of what exclude leaves of list.
func (r *revisions) of(name types.NamespacedName, exclude spec.Exclusion, list taglist.List) string {
	now := sieved{exclude: exclude.String(), whole: list.Revision()}
	r.mu.Lock()
	last := r.last[name]
	r.mu.Unlock()
	if last.exclude == now.exclude && last.whole == now.whole {
		return last.left
	}
	now.left = exclude.Keep(list).Revision()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = map[types.NamespacedName]sieved{}
	}
	r.last[name] = now
	return now.left
}

func (r *revisions) forget(name types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.last, name)
}
