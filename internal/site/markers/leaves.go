// SPDX-License-Identifier: Apache-2.0

package markers

import (
	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// A leaf is a value that a marker may stand at.
type leaf struct {
	yamlspan.Event
	object    int  // offset of the collection around it
	duplicate bool // its key, or one around it, stands twice in its mapping
}

// A frame is a collection around the values that are read.
type frame struct {
	start   int
	mapping bool
	keys    int       // where its keys start in the reader's stack
	tracked []tracked // keys with leaves below them
	open    bool      // the last key is tracked and more leaves may come
}

// tracked is a key with the leaves [from, to) below it.
type tracked struct{ key, from, to int }

// A reader collects the leaves on certain lines and the comments of a file. It holds the keys of the collections
// that are open, so that its memory is bounded by the size of the file.
type reader struct {
	src    []byte
	wanted map[int]struct{} // lines
	frames []frame
	keys   []heldKey
	leaves []leaf
	sops   sopsWatch
}

// see takes the next event.
func (r *reader) see(e yamlspan.Event) {
	switch e.Kind {
	case yamlspan.DocumentStart:
		r.sops.document()
	case yamlspan.MappingStart, yamlspan.SequenceStart:
		r.sops.open()
		r.seeKey(e)
		r.frames = append(r.frames, frame{start: e.Start, mapping: e.Kind == yamlspan.MappingStart, keys: len(r.keys)})
	case yamlspan.MappingEnd, yamlspan.SequenceEnd:
		r.sops.close()
		r.leave()
	case yamlspan.Scalar, yamlspan.Alias:
		r.sops.leaf(r.src, e)
		r.seeKey(e)
		if !e.Key && e.Style != yamlspan.Empty || e.Kind == yamlspan.Alias && !e.Key {
			r.seeValue(e)
		}
	}
}

// seeKey notes a key of the innermost collection.
func (r *reader) seeKey(e yamlspan.Event) {
	if !e.Key || len(r.frames) == 0 {
		return
	}
	r.settle()
	r.keys = append(r.keys, heldKey{start: uint32(e.Start), end: uint32(e.End), style: e.Style, scalar: e.Kind == yamlspan.Scalar}) // #nosec G115 -- files are limited to 5 MiB
}

// settle ends the range of the innermost collection's last key.
func (r *reader) settle() {
	f := &r.frames[len(r.frames)-1]
	if f.open {
		f.tracked[len(f.tracked)-1].to = len(r.leaves)
		f.open = false
	}
}

// seeValue keeps a value on a line that matters, and tracks the keys on the way to it.
func (r *reader) seeValue(e yamlspan.Event) {
	_, starts := r.wanted[e.Line]
	_, ends := r.wanted[e.EndLine]
	if !starts && !ends {
		return
	}
	object := -1
	keys := len(r.keys)
	for i := len(r.frames) - 1; i >= 0; i-- {
		f := &r.frames[i]
		if object < 0 {
			object = f.start
		}
		if f.open {
			break // and so are those around it
		}
		if keys > f.keys {
			f.tracked = append(f.tracked, tracked{key: keys - 1, from: len(r.leaves)})
		}
		f.open = keys > f.keys
		keys = f.keys
	}
	r.leaves = append(r.leaves, leaf{Event: e, object: object})
}

// leave closes the innermost collection and marks the leaves below a key that stands in it twice.
func (r *reader) leave() {
	r.settle()
	f := r.frames[len(r.frames)-1]
	if len(f.tracked) > 0 {
		r.markDuplicates(f)
	}
	r.keys = r.keys[:f.keys]
	r.frames = r.frames[:len(r.frames)-1]
}

// markDuplicates counts the tracked keys of f among all its keys.
func (r *reader) markDuplicates(f frame) {
	count := make(map[string]int, len(f.tracked))
	for _, t := range f.tracked {
		if k := r.keys[t.key]; k.scalar {
			count[k.text(r.src)] = 0
		}
	}
	for _, k := range r.keys[f.keys:] {
		if !k.scalar {
			continue
		}
		// Few keys are tracked, so most looks find nothing, and those of plain keys allocate nothing.
		raw := r.src[k.start:k.end]
		if k.style == yamlspan.Plain {
			if n, known := count[string(raw)]; known {
				count[string(raw)] = n + 1
			}
		} else if n, known := count[k.text(r.src)]; known {
			count[k.text(r.src)] = n + 1
		}
	}
	for _, t := range f.tracked {
		if k := r.keys[t.key]; k.scalar && count[k.text(r.src)] > 1 {
			for i := t.from; i < t.to; i++ {
				r.leaves[i].duplicate = true
			}
		}
	}
}

// A heldKey is a key of a collection that is open: small, because there may be a million.
type heldKey struct {
	start, end uint32 // files are limited to 5 MiB
	style      yamlspan.Style
	scalar     bool
}

func (k heldKey) text(src []byte) string {
	return yamlspan.Event{Kind: yamlspan.Scalar, Style: k.style, Span: yamlspan.Span{Start: int(k.start), End: int(k.end)}}.Text(src)
}

// A sopsWatch tells whether a document is encrypted with SOPS: it has the key sops at its top, and in it a mac.
type sopsWatch struct {
	depth int
	key   bool // the last key at the top is sops
	found bool
}

func (w *sopsWatch) document() { w.depth, w.key = 0, false }

func (w *sopsWatch) open() { w.depth++ }

func (w *sopsWatch) close() { w.depth-- }

func (w *sopsWatch) leaf(src []byte, e yamlspan.Event) {
	switch {
	case !e.Key:
	case w.depth == 1:
		w.key = isWord(src, e, "sops")
	case w.depth == 2 && w.key && isWord(src, e, "mac"):
		w.found = true
	}
}

// isWord tells whether the scalar e says word. It is asked of every key, so it allocates only for odd ones.
func isWord(src []byte, e yamlspan.Event, word string) bool {
	if e.Style == yamlspan.Plain {
		return string(src[e.Start:e.End]) == word
	}
	return e.End-e.Start < 64 && e.Text(src) == word
}
