// SPDX-License-Identifier: Apache-2.0

package survey

import (
	"strings"

	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// maxFields is how many keys one strategy may ask for.
const maxFields = 10

// Fields are the values of certain keys of a mapping, by the order in which they were asked for.
type Fields struct {
	values [maxFields]yamlspan.Node
	merged [maxFields]bool // it comes from another mapping, by "<<"
	// Twice tells whether one of the keys stands there twice.
	Twice bool
}

// Has tells whether the i-th key is there.
func (f Fields) Has(i int) bool { return f.values[i].Exists() }

// At returns the value of the i-th key, or no node.
func (f Fields) At(i int) yamlspan.Node { return f.values[i] }

// IsMerged tells whether the value comes from another mapping, by "<<".
func (f Fields) IsMerged(i int) bool { return f.merged[i] }

// Fields looks up keys in mapping n, those that a merge brings in included. One survey asks always for the same keys.
func (s *Survey) Fields(n yamlspan.Node, keys []string) Fields {
	var f Fields
	var merges [8]yamlspan.Node // more of them in one mapping is nothing anyone writes
	count := 0
	for key, value := range n.Entries() {
		if key.Shape() != yamlspan.IsScalar {
			continue
		}
		text := key.Text()
		if text == "<<" && count < len(merges) {
			merges[count] = value
			count++
			continue
		}
		for i, wanted := range keys {
			if text == wanted {
				f.Twice = f.Twice || f.Has(i)
				f.values[i] = value
			}
		}
	}
	for _, merge := range merges[:count] {
		s.merge(&f, merge, keys)
	}
	return f
}

// Brought looks up keys in what n stands for: an alias of a mapping, or a sequence of such aliases.
func (s *Survey) Brought(n yamlspan.Node, keys []string) (f Fields) {
	s.merge(&f, n, keys)
	return f
}

// merge fills f up with what merge, an alias or a sequence of them, stands for.
func (s *Survey) merge(f *Fields, merge yamlspan.Node, keys []string) {
	for item := range merge.Items() {
		if item.Shape() != yamlspan.IsSequence {
			s.merge(f, item, keys)
		}
	}
	target := merge
	if merge.Shape() == yamlspan.IsAlias {
		target = merge.Target()
	}
	if target.Shape() != yamlspan.IsMapping {
		return
	}
	from := s.shared(target, keys)
	for i := range from.values {
		if !f.Has(i) && from.Has(i) {
			f.values[i], f.merged[i] = from.values[i], true
		}
	}
}

// shared is Fields of a mapping that aliases stand for, looked up once.
func (s *Survey) shared(n yamlspan.Node, keys []string) Fields {
	if known, ok := s.fields[n.Number()]; ok {
		return known
	}
	if s.fields == nil {
		s.fields = map[int]Fields{}
	}
	s.fields[n.Number()] = Fields{} // what it is while it merges itself
	f := s.Fields(n, keys)
	s.fields[n.Number()] = f
	return f
}

// maxText is more bytes than any reference takes, in quotes or not. A longer value names no image; nothing of it is
// read, for there may be many aliases of it.
const maxText = 2048

// isLong tells whether a value is too long to name an image.
func isLong(n yamlspan.Node) bool { return n.Span().End-n.Span().Start > maxText }

// Text returns what a scalar means, or the scalar that an alias stands for; nothing where it is too long to name an
// image. A block of text is taken as one line where it has but one.
func Text(n yamlspan.Node) string {
	if !n.Exists() {
		return ""
	}
	if n.Shape() == yamlspan.IsAlias {
		n = n.Target()
	}
	if isLong(n) {
		return ""
	}
	text := n.Text()
	if n.Style().IsBlock() {
		_, text, _ = strings.Cut(text, "\n")
		return strings.TrimSpace(text)
	}
	return text
}
