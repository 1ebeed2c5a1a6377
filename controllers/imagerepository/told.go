// SPDX-License-Identifier: Apache-2.0

package imagerepository

import (
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// told remembers which scan each object was told of last, and which objects share their scans. The zero value is ready
// for use, by several goroutines.
type told struct {
	mu      sync.Mutex
	objects map[types.NamespacedName]telling
	sharers map[string]map[types.NamespacedName]bool // by what their scans are kept under
}

type telling struct {
	key  string
	scan taglist.Scan
}

// last returns the scan that name was told of last.
func (t *told) last(name types.NamespacedName) (taglist.Scan, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one, ok := t.objects[name]
	return one.scan, ok
}

// tell notes that name knows of the scan that is kept under key. isNew is whether it did not.
func (t *told) tell(name types.NamespacedName, key string, scan taglist.Scan) (isNew bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before, known := t.objects[name]
	if known && before.key != key {
		t.leave(name, before.key)
	}
	if t.objects == nil {
		t.objects, t.sharers = map[types.NamespacedName]telling{}, map[string]map[types.NamespacedName]bool{}
	}
	if t.sharers[key] == nil {
		t.sharers[key] = map[types.NamespacedName]bool{}
	}
	t.sharers[key][name] = true
	t.objects[name] = telling{key, scan}
	return !known || before.key != key || !before.scan.At.Equal(scan.At)
}

// others returns the objects beside name that share the scan kept under key and do not know of one at that time, by
// their names.
func (t *told) others(name types.NamespacedName, key string, scan taglist.Scan) []types.NamespacedName {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []types.NamespacedName
	for other := range t.sharers[key] {
		if other != name && t.objects[other].scan.At.Before(scan.At) {
			all = append(all, other)
		}
	}
	slices.SortFunc(all, func(a, b types.NamespacedName) int { return strings.Compare(a.String(), b.String()) })
	return all
}

func (t *told) forget(name types.NamespacedName) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.leave(name, t.objects[name].key)
	delete(t.objects, name)
}

func (t *told) leave(name types.NamespacedName, key string) {
	delete(t.sharers[key], name)
	if len(t.sharers[key]) == 0 {
		delete(t.sharers, key)
	}
}
