// SPDX-License-Identifier: Apache-2.0

package loop

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
)

// versions remembers the resourceVersion of the last status we wrote to each object. The zero value is ready for
// use, by several goroutines.
type versions struct {
	mu   sync.Mutex
	last map[types.NamespacedName]string
}

func (v *versions) set(name types.NamespacedName, version string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.last == nil {
		v.last = map[types.NamespacedName]string{}
	}
	v.last[name] = version
}

// newerThan tells whether our last write to name is newer than version; once it is not, the write is forgotten.
func (v *versions) newerThan(name types.NamespacedName, version string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	last, ok := v.last[name]
	if !ok {
		return false
	}
	if order, err := resourceversion.CompareResourceVersion(last, version); err == nil && order > 0 {
		return true
	}
	delete(v.last, name)
	return false
}

func (v *versions) forget(name types.NamespacedName) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.last, name)
}
