// SPDX-License-Identifier: Apache-2.0

// Package taglist is a set of tags, sorted by bytes and kept compactly: one string and the offsets into it, so
// that a million tags are two allocations and reading one allocates nothing.
//
//	pages of a registry, any order, with repeats ──▶ Builder ──▶ List{1.4.0, 1.4.1, 1.4.2, …} + revision
//
// A List is a value that never changes. Its revision is a hash of the sorted tags: equal lists have equal
// revisions, whatever order and pages they came in.
package taglist

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"slices"
	"sort"
	"strings"
)

// A List is a sorted set of tags. The zero List is empty. Lists are safe for concurrent use.
type List struct {
	text     string   // the tags, one after the other, each ended by a newline
	ends     []uint32 // where each tag's newline stands in text
	revision string
}

// emptyRevision is the revision of a list without tags.
var emptyRevision = revisionOf("")

// Of returns the list of tags, in any order and with repeats.
func Of(tags ...string) List {
	var b Builder
	for _, tag := range tags {
		b.Add(tag)
	}
	return b.List()
}

// Len returns the number of tags.
func (l List) Len() int { return len(l.ends) }

// At returns the i-th tag in byte order. It shares the list's memory.
func (l List) At(i int) string {
	start := uint32(0)
	if i > 0 {
		start = l.ends[i-1] + 1
	}
	return l.text[start:l.ends[i]]
}

// All yields the tags in byte order.
func (l List) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range l.ends {
			if !yield(l.At(i)) {
				return
			}
		}
	}
}

// Has tells whether tag is in the list.
func (l List) Has(tag string) bool {
	i := sort.Search(l.Len(), func(i int) bool { return l.At(i) >= tag })
	return i < l.Len() && l.At(i) == tag
}

// Revision returns "sha256:" and the hash of the sorted tags.
func (l List) Revision() string {
	if l.revision == "" {
		return emptyRevision
	}
	return l.revision
}

// WriteTo writes one tag a line, in byte order. Read reads it back.
func (l List) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, l.text)
	return int64(n), err
}

// Read reads what WriteTo wrote: at most maxBytes of it.
func Read(r io.Reader, maxBytes int64) (List, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	switch {
	case err != nil:
		return List{}, fmt.Errorf("reading a tag list: %w", err)
	case int64(len(data)) > maxBytes:
		return List{}, fmt.Errorf("reading a tag list: longer than %d bytes", maxBytes)
	}
	var b Builder
	for tag := range strings.Lines(string(data)) {
		b.Add(strings.TrimSuffix(tag, "\n"))
	}
	return b.List(), nil
}

// Diff tells what came and what went between old and l, both in byte order.
func (l List) Diff(old List) (added, removed []string) {
	if l.Revision() == old.Revision() {
		return nil, nil
	}
	i, j := 0, 0
	for i < l.Len() || j < old.Len() {
		switch {
		case j == old.Len() || (i < l.Len() && l.At(i) < old.At(j)):
			added = append(added, l.At(i))
			i++
		case i == l.Len() || old.At(j) < l.At(i):
			removed = append(removed, old.At(j))
			j++
		default:
			i, j = i+1, j+1
		}
	}
	return added, removed
}

// A Builder collects tags. The zero Builder is ready for use.
type Builder struct {
	text []byte
	ends []uint32
}

// Add adds tag; an empty one, and one with a newline, is no tag and is left out. Repeats count once.
func (b *Builder) Add(tag string) {
	if tag == "" || strings.Contains(tag, "\n") {
		return
	}
	b.text = append(b.text, tag...)
	b.ends = append(b.ends, uint32(len(b.text))) // #nosec G115 -- lists are limited to 128 MiB
	b.text = append(b.text, '\n')
}

// Len returns how many tags were added so far, repeats included.
func (b *Builder) Len() int { return len(b.ends) }

// List returns the set of the tags added so far. The builder stays usable.
func (b *Builder) List() List {
	raw := List{text: string(b.text), ends: slices.Clone(b.ends)}
	if !sorted(raw) {
		raw = inOrder(raw)
	}
	raw.revision = revisionOf(raw.text)
	return raw
}

// sorted tells whether l is already a set in byte order, as most registries send it.
func sorted(l List) bool {
	for i := 1; i < l.Len(); i++ {
		if l.At(i-1) >= l.At(i) {
			return false
		}
	}
	return true
}

// inOrder returns the tags of l in byte order, each once.
func inOrder(l List) List {
	order := make([]uint32, l.Len())
	for i := range order {
		order[i] = uint32(i) // #nosec G115 -- as many as there are offsets
	}
	slices.SortFunc(order, func(i, j uint32) int { return strings.Compare(l.At(int(i)), l.At(int(j))) })
	var b Builder
	b.text = make([]byte, 0, len(l.text))
	b.ends = make([]uint32, 0, l.Len())
	last := ""
	for _, i := range order {
		if tag := l.At(int(i)); tag != last {
			b.Add(tag)
			last = tag
		}
	}
	return List{text: string(b.text), ends: b.ends}
}

func revisionOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}
