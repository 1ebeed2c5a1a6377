// SPDX-License-Identifier: Apache-2.0

package survey

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/yamlspan"
)

// A Survey is one look through a file.
type Survey struct {
	finds  []find
	names  map[string]Naming
	fields map[int]Fields // of mappings that aliases stand for, by number
}

// A find is a value that names an image.
type find struct {
	node yamlspan.Node // that is edited; of an alias and of a merged key, what they stand for
	by   yamlspan.Node // where the image is named, when that is an alias or another mapping than node is in; or none
	site site.Site
}

// Of looks through src: look is called with the node of each document and says what it finds to the survey. words
// are texts of which one is in every file that has anything to find; a file without them is not read.
//
// The sites are in the order of their bytes. A file that cannot be read is one site with the reason, if one of
// words is in it as a key, and so is an encrypted one in which something was found.
func Of(src []byte, words []string, look func(s *Survey, document yamlspan.Node)) []site.Site {
	if !slices.ContainsFunc(words, func(word string) bool { return bytes.Contains(src, []byte(word)) }) {
		if slices.ContainsFunc(words, func(word string) bool { return isWide(src, word) }) {
			return []site.Site{{Why: reason.UnsupportedEncoding, Line: 1}}
		}
		return nil
	}
	tree, err := yamlspan.ReadTree(src)
	if err != nil {
		return unreadable(src, words, err)
	}
	s := &Survey{}
	for document := range tree.Documents() {
		look(s, document)
	}
	return s.sites(tree)
}

// isWide tells whether src is text of two bytes a character, in either order, that says word.
func isWide(src []byte, word string) bool {
	if bytes.IndexByte(src, 0) < 0 {
		return false
	}
	wide := make([]byte, 0, 2*len(word))
	for i := range len(word) {
		wide = append(wide, word[i], 0)
	}
	return bytes.Contains(src, wide[:len(wide)-1])
}

// unreadable is the one site of a file that is not YAML: at the first line that has one of words for its key.
func unreadable(src []byte, words []string, err error) []site.Site {
	why := reason.InvalidYAML
	if errors.As(err, new(*yamlspan.EncodingError)) {
		why = reason.UnsupportedEncoding
	}
	line := 0
	for text := range bytes.Lines(src) {
		line++
		for _, word := range words {
			if hasKey(text, word) {
				return []site.Site{{Why: why, Line: line, Note: err.Error()}}
			}
		}
	}
	return nil
}

// hasKey tells whether word stands in line with a ":" behind it, quotes and blanks between them aside.
func hasKey(line []byte, word string) bool {
	for {
		at := bytes.Index(line, []byte(word))
		if at < 0 {
			return false
		}
		line = line[at+len(word):]
		if behind := bytes.TrimLeft(line, "\"' \t"); len(behind) > 0 && behind[0] == ':' {
			return true
		}
	}
}

// An Image is what an object names by several keys.
type Image struct {
	Object yamlspan.Node // the mapping; parts with the same one belong together
	Naming
	Also        image.Name    // another name by which it may be followed; zero: none
	NamedAt     yamlspan.Node // where to tell of it when a part stands in another mapping
	TakesDigest bool          // the tag takes the digest as well, because it has no other place
	Twice       bool          // one of its keys stands twice
}

// Whole says that value is a whole reference. What is no image is passed over.
func (s *Survey) Whole(value yamlspan.Node) {
	s.add(value, site.Full, Image{Object: value, Naming: s.Read(Text(value))})
}

// WholeOf says that value is a whole reference to im, whose registry may stand in another key. merged says here as
// below that a merge brings it into the object.
func (s *Survey) WholeOf(value yamlspan.Node, im Image, merged bool) {
	s.part(value, site.Full, im, merged)
}

// Shared says that mapping n, by an alias or a merge, has a reference that stands in another mapping.
func (s *Survey) Shared(value, at yamlspan.Node) {
	s.elsewhere(value, at, site.Full, Image{Object: at, Naming: s.Read(Text(value))})
}

// elsewhere keeps value, which stands in another mapping than at.
func (s *Survey) elsewhere(value, at yamlspan.Node, part site.Part, im Image) {
	if !im.IsImage() {
		return
	}
	found := find{node: value, by: at, site: s.describe(value, at, part, im)}
	if value.Shape() == yamlspan.IsAlias {
		found.node = value.Target()
	}
	s.finds = append(s.finds, found)
}

// Tag says that value is the tag of im, or tag and digest where both stand there.
func (s *Survey) Tag(value yamlspan.Node, im Image, merged bool) {
	part := site.Tag
	if strings.Contains(Text(value), "@") {
		part, im.TakesDigest = site.TagDigest, false
	}
	s.part(value, part, im, merged)
}

// Digest says that value is the digest of im.
func (s *Survey) Digest(value yamlspan.Node, im Image, merged bool) {
	im.TakesDigest = false
	s.part(value, site.Digest, im, merged)
}

// Leave says that im is left alone for the sake of value.
func (s *Survey) Leave(value yamlspan.Node, im Image, why reason.Reason) {
	if !im.IsImage() {
		return
	}
	at := s.describe(value, value, site.Tag, im)
	at.Why = why
	s.finds = append(s.finds, find{node: value, site: at})
}

// Inside tells of sites in the text of value, which is looked through as a file of its own. They are left alone: a
// text in a text is not edited.
func (s *Survey) Inside(value yamlspan.Node, words []string, look func(s *Survey, document yamlspan.Node)) {
	text, first := lines(value)
	object := -1
	for _, at := range Of([]byte(text), words, look) {
		if at.Object == object && object > 0 {
			continue // the parts of one image are one thing to tell
		}
		object = at.Object
		if at.Why == "" {
			at.Why = reason.BlockScalar
		}
		if first > 0 {
			at.Line += first - 1
		} else {
			at.Line = value.Line()
		}
		span := value.Span()
		at.Start, at.End, at.Style, at.Object = span.Start, span.End, value.Style(), -1
		at.Note, at.Text = cmp.Or(at.Note, at.Text), ""
		s.finds = append(s.finds, find{node: value, site: at})
	}
}

// lines returns the text of a scalar without the indentation of a block, and the line of the file that its first
// line is; 0: they do not agree line by line.
func lines(value yamlspan.Node) (text string, first int) {
	text = value.Text()
	if !value.Style().IsBlock() {
		return text, 0
	}
	_, text, _ = strings.Cut(text, "\n")
	indent := ""
	var b strings.Builder
	for line := range strings.Lines(text) {
		if indent == "" && strings.TrimSpace(line) != "" {
			indent = line[:len(line)-len(strings.TrimLeft(line, " "))]
		}
		b.WriteString(strings.TrimPrefix(line, indent))
	}
	return b.String(), value.Line() + 1
}

func (s *Survey) part(value yamlspan.Node, part site.Part, im Image, merged bool) {
	if merged {
		s.elsewhere(value, im.NamedAt, part, im)
		return
	}
	s.add(value, part, im)
}

// add keeps value, if it names an image.
func (s *Survey) add(value yamlspan.Node, part site.Part, im Image) {
	switch {
	case isBraces(value) && (part == site.Full || im.IsImage()):
		im.Naming = Naming{Name: im.Name, Templated: true}
	case !im.IsImage() || value.Shape() == yamlspan.IsMapping || value.Shape() == yamlspan.IsSequence:
		return
	}
	found := find{node: value, site: s.describe(value, value, part, im)}
	if value.Shape() == yamlspan.IsAlias {
		found.node, found.by = value.Target(), value
	}
	s.finds = append(s.finds, found)
}

// isBraces tells whether value is "{{ … }}" without quotes, which YAML takes for a mapping in a mapping.
func isBraces(value yamlspan.Node) bool {
	if value.Shape() != yamlspan.IsMapping {
		return false
	}
	for key := range value.Entries() {
		return key.Shape() == yamlspan.IsMapping && key.Span().Start == value.Span().Start+1
	}
	return false
}

// describe makes the site of value, shown at another node where that is where a person would look.
func (s *Survey) describe(value, at yamlspan.Node, part site.Part, im Image) site.Site {
	span := at.Span()
	text := strings.Clone(Text(value))
	out := site.Site{Part: part, Image: im.Name, Also: im.Also, Text: text, Line: at.Line(), Start: span.Start, End: span.End,
		Style: at.Style(), Typed: at.IsTypedString(), Object: im.Object.Span().Start, TakesDigest: im.TakesDigest}
	switch {
	case im.Encrypted:
		out.Why = reason.Encrypted
	case at != value || at.Shape() == yamlspan.IsAlias:
		out.Why = reason.OnAlias
	case im.Templated || isTemplated(text):
		out.Why = reason.Templated
	case at.Shape() != yamlspan.IsScalar || at.Style() == yamlspan.Empty || at.IsTypedOther() || isLong(at):
		out.Why = reason.NoTarget
	case at.Style().IsBlock():
		out.Why = reason.BlockScalar
	case im.Twice:
		out.Why = reason.DuplicateKey
	}
	if out.Why != "" {
		out.Note = shorten(text)
	}
	return out
}

// maxNote bounds what of a value is shown.
const maxNote = 256

func shorten(text string) string {
	if len(text) <= maxNote {
		return text
	}
	return strings.ToValidUTF8(text[:maxNote], "") + "…"
}

// sites returns what was found, judged as a whole.
func (s *Survey) sites(tree *yamlspan.Tree) []site.Site {
	if len(s.finds) == 0 {
		return nil
	}
	slices.SortStableFunc(s.finds, func(a, b find) int { return a.node.Number() - b.node.Number() })
	s.markTwice(tree)
	s.judgeAliases()
	sites := make([]site.Site, len(s.finds))
	for i, f := range s.finds {
		sites[i] = f.site
	}
	slices.SortStableFunc(sites, func(a, b site.Site) int { return cmp.Or(a.Line-b.Line, a.Start-b.Start) })
	encrypted := func(at site.Site) bool { return at.Why == reason.Encrypted }
	if len(sites) > 0 && (slices.ContainsFunc(sites, encrypted) || tree.IsEncrypted()) {
		return []site.Site{{Why: reason.Encrypted, Line: sites[0].Line}}
	}
	return sites
}

// markTwice gives up values of which nobody knows whether they count.
func (s *Survey) markTwice(tree *yamlspan.Tree) {
	nodes := make([]yamlspan.Node, len(s.finds))
	for i, f := range s.finds {
		nodes[i] = f.node
	}
	for i, twice := range tree.Twice(nodes) {
		if at := &s.finds[i].site; twice && at.Why == "" {
			at.Why = reason.DuplicateKey
		}
	}
}

// judgeAliases decides about the values that are named in several places, which stand together in finds: they are
// one image everywhere, and the value is edited for all of them, or it is left alone.
func (s *Survey) judgeAliases() {
	kept := s.finds[:0]
	for from := 0; from < len(s.finds); {
		to := from + 1
		for to < len(s.finds) && s.finds[to].node == s.finds[from].node {
			to++
		}
		same := s.finds[from:to]
		from = to
		own := slices.IndexFunc(same, func(f find) bool { return !f.by.Exists() })
		if own < 0 {
			kept = append(kept, same...)
			continue
		}
		if same[own].site.Why == "" && !isOne(same, same[own]) {
			same[own].site.Why = reason.OnAlias
		}
		for i, f := range same {
			// What follows an edited value needs no word, and a value found twice is one place.
			if i == own || f.site.Why != "" && (same[own].site.Why != "" || !f.by.Exists()) {
				kept = append(kept, f)
			}
		}
	}
	s.finds = kept
}

// isOne tells whether all of same mean what own means, and every alias is among them.
func isOne(same []find, own find) bool {
	aliases := 0
	for _, f := range same {
		if f.site.Part != own.site.Part || f.site.Image != own.site.Image || f.site.Also != own.site.Also {
			return false
		}
		if f.by.Exists() && f.by.Shape() == yamlspan.IsAlias && f.by.Target() == own.node {
			aliases++
		}
	}
	return aliases == own.node.Uses()
}
