// SPDX-License-Identifier: Apache-2.0

package yamlspan

import (
	"bytes"
	"iter"
	"sort"
	"strings"
)

// A Shape says what a node is.
type Shape uint8

const (
	// IsScalar is a value, perhaps one that is not there (Style Empty).
	IsScalar Shape = iota
	// IsMapping has entries.
	IsMapping
	// IsSequence has items.
	IsSequence
	// IsAlias stands for another node, see Target.
	IsAlias
)

// A Tree is a file as nodes, for finders that look at what stands beside and around a value. It is made in one
// pass, takes about 20 bytes a node, and never follows an alias, so it is as large as the file is long.
//
//	image: {repository: web, tag: *t}     Mapping ─▶ "image" Mapping ─▶ "repository" "web"
//	                                                                   "tag"        Alias
type Tree struct {
	src   []byte
	text  string // the same
	nodes []node // in the order of the file; of a mapping's, keys and values take turns
	uses  map[uint32]int
}

// A node is small, because a file may have millions.
type node struct {
	start, end, line uint32 // end of a collection: of its last byte or before
	next             uint32 // the node behind this one and all below it; of an alias: the node it stands for
	shape            Shape
	style            Style
	flags            uint8
}

const (
	typedString uint8 = 1 << iota // a tag says so
	typedOther                    // a tag says something else of YAML's own
	anchored
	isKey
)

// ReadTree reads src, keeps it, and returns its nodes. The error is the scanner's: a *SyntaxError or an *EncodingError.
func ReadTree(src []byte) (*Tree, error) {
	// Nearly every node comes with a colon, a comma or a line, and counting those is cheaper than growing.
	likely := bytes.Count(src, []byte{':'}) + bytes.Count(src, []byte{','}) + bytes.Count(src, []byte{'\n'})
	r := treeReader{tree: &Tree{src: src, text: string(src), nodes: make([]node, 0, min(likely, len(src)/4)+8)}}
	s := New(src)
	for e, ok := s.Next(); ok; e, ok = s.Next() {
		r.see(e)
	}
	return r.tree, s.Err()
}

// A treeReader is a tree that grows.
type treeReader struct {
	tree    *Tree
	open    []uint32
	anchors map[string]uint32
}

func (r *treeReader) see(e Event) {
	switch e.Kind {
	case MappingStart:
		r.open = append(r.open, r.add(e, IsMapping))
	case SequenceStart:
		r.open = append(r.open, r.add(e, IsSequence))
	case MappingEnd, SequenceEnd:
		n := &r.tree.nodes[r.open[len(r.open)-1]]
		n.end, n.next = uint32(e.Start), uint32(len(r.tree.nodes)) // #nosec G115 -- files are limited to 5 MiB
		r.open = r.open[:len(r.open)-1]
	case Scalar:
		r.add(e, IsScalar)
	case Alias:
		r.alias(r.add(e, IsAlias))
	case DocumentStart, DocumentEnd, Comment: // no nodes
	}
}

// add appends the node of e and returns its number.
func (r *treeReader) add(e Event, shape Shape) uint32 {
	t := r.tree
	at := uint32(len(t.nodes)) // #nosec G115 -- files are limited to 5 MiB
	n := node{next: at + 1, shape: shape, style: e.Style}
	n.start, n.end, n.line = uint32(e.Start), uint32(e.End), uint32(e.Line) // #nosec G115 -- likewise
	if e.Style == Empty && shape == IsScalar && at > 0 {
		n.line = t.nodes[at-1].line // the scanner notices only later that nothing came
	}
	if e.Key {
		n.flags |= isKey
	}
	if e.Tag.End > e.Tag.Start {
		if e.IsTypedString(t.src) {
			n.flags |= typedString
		}
		if e.IsTypedOther(t.src) {
			n.flags |= typedOther
		}
	}
	if e.Anchor.End > e.Anchor.Start {
		n.flags |= anchored
		if r.anchors == nil {
			r.anchors, t.uses = map[string]uint32{}, map[uint32]int{}
		}
		r.anchors[t.text[e.Anchor.Start+1:e.Anchor.End]] = at
	}
	t.nodes = append(t.nodes, n)
	return at
}

// alias points node at to what it stands for: the last node before it with its anchor.
func (r *treeReader) alias(at uint32) {
	n := &r.tree.nodes[at]
	n.next = r.anchors[r.tree.text[n.start+1:n.end]] // the scanner has seen that there is one
	r.tree.uses[n.next]++
}

// Documents yields the node of each document, in order. An empty document has an empty scalar, or none.
func (t *Tree) Documents() iter.Seq[Node] {
	return t.siblings(0, uint32(len(t.nodes))) // #nosec G115 -- files are limited to 5 MiB
}

func (t *Tree) siblings(from, to uint32) iter.Seq[Node] {
	return func(yield func(Node) bool) {
		for at := from; at < to; at = t.after(at) {
			if !yield(Node{t, at}) {
				return
			}
		}
	}
}

// after returns the number of the node behind at and all below it.
func (t *Tree) after(at uint32) uint32 {
	if n := t.nodes[at]; n.shape == IsMapping || n.shape == IsSequence {
		return n.next
	}
	return at + 1
}

// A Node is one node of a tree. It is a value, good as a key of a map. The zero Node is none.
type Node struct {
	tree *Tree
	at   uint32
}

// Exists tells whether there is a node.
func (n Node) Exists() bool { return n.tree != nil }

// Number counts the nodes of the file from 0, in their order.
func (n Node) Number() int { return int(n.at) }

func (n Node) raw() node { return n.tree.nodes[n.at] }

// Shape says what the node is.
func (n Node) Shape() Shape { return n.raw().shape }

// Style says how a scalar is written.
func (n Node) Style() Style { return n.raw().style }

// Line is the line on which it starts, from 1.
func (n Node) Line() int { return int(n.raw().line) }

// Span is where it stands, quotes and brackets included, tag and anchor not. A value that is not there has none.
func (n Node) Span() Span { return Span{int(n.raw().start), int(n.raw().end)} }

// IsTypedString tells whether a tag says that it is a string, whatever its text.
func (n Node) IsTypedString() bool { return n.raw().flags&typedString != 0 }

// IsTypedOther tells whether a tag says that it is something of YAML's own that is no string.
func (n Node) IsTypedOther() bool { return n.raw().flags&typedOther != 0 }

// Uses counts the aliases that stand for it.
func (n Node) Uses() int {
	if n.raw().flags&anchored == 0 {
		return 0
	}
	return n.tree.uses[n.at]
}

// Target returns the node that an alias stands for, and none of anything else.
func (n Node) Target() Node {
	if raw := n.raw(); raw.shape == IsAlias {
		return Node{n.tree, raw.next}
	}
	return Node{}
}

// Text returns what a scalar means, as Event.Text does. It shares the memory of the file.
func (n Node) Text() string {
	raw := n.raw()
	if raw.shape != IsScalar {
		return ""
	}
	text := n.tree.text[raw.start:raw.end]
	switch {
	case raw.style == SingleQuoted && !strings.ContainsAny(text[1:len(text)-1], "'\r\n"),
		raw.style == DoubleQuoted && !strings.ContainsAny(text, "\\\r\n"):
		return text[1 : len(text)-1]
	case raw.style == Plain && !strings.ContainsAny(text, "\r\n"):
		return text
	}
	return Event{Kind: Scalar, Style: raw.style, Span: n.Span()}.Text(n.tree.src)
}

// Entries yields the keys of a mapping with their values, in order.
func (n Node) Entries() iter.Seq2[Node, Node] {
	return func(yield func(Node, Node) bool) {
		raw := n.raw()
		if raw.shape != IsMapping {
			return
		}
		for key := n.at + 1; key < raw.next; {
			value := n.tree.after(key)
			if !yield(Node{n.tree, key}, Node{n.tree, value}) {
				return
			}
			key = n.tree.after(value)
		}
	}
}

// Items yields the items of a sequence, in order. The short form of a mapping in it, "[a: b]", is left out.
func (n Node) Items() iter.Seq[Node] {
	return func(yield func(Node) bool) {
		if n.Shape() != IsSequence {
			return
		}
		behindKey := false
		for item := range n.tree.siblings(n.at+1, n.raw().next) {
			key := item.raw().flags&isKey != 0
			if !key && !behindKey && !yield(item) {
				return
			}
			behindKey = key
		}
	}
}

// Twice tells of each of nodes, which are in the order of the file, whether a key on the way to it stands twice
// in its mapping, so that nobody knows which of the values counts. It looks at each mapping around them once.
func (t *Tree) Twice(nodes []Node) []bool {
	twice := make([]bool, len(nodes))
	rest := span{0, len(nodes)}
	for doc := range t.Documents() {
		var below span
		below, rest = cut(nodes, rest, t.after(doc.at))
		t.markTwice(doc, nodes, below, twice)
	}
	return twice
}

// span is a range of nodes [from, to).
type span struct{ from, to int }

func (s span) empty() bool { return s.from == s.to }

// cut splits the nodes of s into those before end and the others.
func cut(nodes []Node, s span, end uint32) (before, rest span) {
	at := s.from
	switch {
	case s.empty() || nodes[s.from].at >= end:
	case nodes[s.to-1].at < end:
		at = s.to // the usual ends need no search, so that depth costs nothing
	default:
		at += sort.Search(s.to-s.from, func(i int) bool { return nodes[s.from+i].at >= end })
	}
	return span{s.from, at}, span{at, s.to}
}

// markTwice marks those of the nodes in s, all below n, that stand below a key that is there twice.
func (t *Tree) markTwice(n Node, nodes []Node, s span, twice []bool) {
	if s.empty() {
		return
	}
	rest := s
	for item := range n.Items() {
		var below span
		below, rest = cut(nodes, rest, t.after(item.at))
		t.markTwice(item, nodes, below, twice)
	}
	type tracked struct {
		key   string
		below span
	}
	var keys []tracked
	for key, value := range n.Entries() {
		var below span
		below, rest = cut(nodes, rest, t.after(value.at))
		if below.empty() {
			continue
		}
		if key.Shape() == IsScalar {
			keys = append(keys, tracked{key.Text(), below})
		}
		t.markTwice(value, nodes, below, twice)
	}
	if len(keys) == 0 {
		return
	}
	count := make(map[string]int, len(keys))
	for _, k := range keys {
		count[k.key] = 0
	}
	for key := range n.Entries() {
		if key.Shape() != IsScalar {
			continue
		}
		if times, known := count[key.Text()]; known {
			count[key.Text()] = times + 1
		}
	}
	for _, k := range keys {
		for i := k.below.from; count[k.key] > 1 && i < k.below.to; i++ {
			twice[i] = true
		}
	}
}

// IsEncrypted tells whether a document is encrypted with SOPS: it has the key sops at its top, and in it a mac.
func (t *Tree) IsEncrypted() bool {
	if !strings.Contains(t.text, "sops") {
		return false
	}
	for doc := range t.Documents() {
		for key, value := range doc.Entries() {
			if key.Text() != "sops" {
				continue
			}
			for inner := range value.Entries() {
				if inner.Text() == "mac" {
					return true
				}
			}
		}
	}
	return false
}
