// SPDX-License-Identifier: Apache-2.0

package site

import "sync"

// A Memo remembers what was found in content, by its ID, so that nothing is parsed twice. It holds about as many
// bytes as it was made for and forgets what was not asked for lately. It is safe for concurrent use, and one may
// serve any number of repositories.
type Memo struct {
	mu         sync.Mutex
	limit      int64 // of one generation
	size       int64 // of young
	young, old map[memoKey]remembered
}

// NewMemo returns a memo of about maxBytes.
func NewMemo(maxBytes int64) *Memo {
	return &Memo{limit: maxBytes / 2, young: map[memoKey]remembered{}}
}

// A memoKey names content and how it was looked at.
type memoKey struct {
	as string // a strategy; for a folder also the globs and the path, which decide what of it is looked at
	id ID
}

// remembered is what was found in a file, or in a folder.
type remembered struct {
	sites  []Site
	folder *folder
}

// entryBytes is what an entry costs beside its sites and names: the key, the value, and the map's share.
const entryBytes = 160

func (r remembered) bytes(key memoKey) int64 {
	size := entryBytes + len(key.as)
	count := func(sites []Site) {
		for _, s := range sites {
			size += 240 + len(s.Text) + len(s.Note) + len(s.Policy.Namespace) + len(s.Policy.Name) +
				len(s.Image.Registry) + len(s.Image.Repository) + len(s.Also.Registry) + len(s.Also.Repository)
		}
	}
	count(r.sites)
	if r.folder != nil {
		for _, f := range r.folder.files {
			size += 120 + len(f.entry.Path)
			count(f.sites)
		}
		for _, e := range r.folder.folders {
			size += 80 + len(e.Path)
		}
	}
	return int64(size)
}

func (m *Memo) get(key memoKey) (remembered, bool) {
	if m == nil || key.id == (ID{}) {
		return remembered{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.young[key]; ok {
		return r, true
	}
	r, ok := m.old[key]
	if ok {
		m.keep(key, r)
	}
	return r, ok
}

func (m *Memo) put(key memoKey, r remembered) {
	if m == nil || key.id == (ID{}) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(key, r)
}

// keep puts r among the young. When they are too many they grow old, and the old ones that nobody asked for go.
func (m *Memo) keep(key memoKey, r remembered) {
	size := r.bytes(key)
	if size > m.limit {
		return
	}
	if m.size+size > m.limit {
		m.old, m.young, m.size = m.young, map[memoKey]remembered{}, 0
	}
	if _, known := m.young[key]; !known {
		m.size += size
	}
	m.young[key] = r
}
