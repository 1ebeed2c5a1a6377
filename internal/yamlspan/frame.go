// SPDX-License-Identifier: Apache-2.0

package yamlspan

// A shape is what kind of collection a frame is.
type shape uint8

const (
	document shape = iota
	blockMapping
	blockSequence
	bareSequence // a block sequence at the column of the key it belongs to
	flowMapping
	flowSequence
)

// A state says what a frame waits for.
type state uint8

const (
	wantNode      state = iota // a document, or a "- " that stands open
	complete                   // a document that has its node
	wantDash                   // a block sequence between entries
	wantKey                    // a mapping between entries
	wantKeyNode                // after "? "
	wantColon                  // after the node of "? "
	wantValue                  // after "key:"
	afterKey                   // a flow mapping after a key that may have no value
	afterValue                 // a flow mapping after a value
	wantEntry                  // a flow sequence before an entry
	afterEntry                 // a flow sequence after an entry, which may turn out to be a key
	wantPairKey                // a flow sequence after "? "
	wantPairColon              // after the node of that
	wantPairValue              // a flow sequence after "key:"
	afterPair                  // after that value
)

// A frame is a collection that stands open.
type frame struct {
	shape  shape
	state  state
	isKey  bool // the collection is a key
	simple bool // a flow collection that is a key without "? "
	indent int  // column of a block collection
	line   int  // of the last key or entry that may still get its ":"
}

// props are the properties of a node that has not come yet.
type props struct {
	tag, anchor Span
	line        int // where the first of them stands
	start       int
	mayBeKey    bool // the key they belong to may start with them
	mustBeKey   bool // nothing but a key may stand at their column
	present     bool
}

func (s *Scanner) top() *frame { return &s.frames[len(s.frames)-1] }

func (s *Scanner) push(f frame) error {
	if len(s.frames) > maxDepth {
		return s.fail("nested too deeply")
	}
	s.frames = append(s.frames, f)
	if f.shape == flowMapping || f.shape == flowSequence {
		s.flow++
	}
	return nil
}

// pop closes the innermost frame; what it still waits for is empty.
func (s *Scanner) pop() {
	s.fill()
	f := *s.top()
	end := Event{Kind: SequenceEnd, Key: f.isKey, Line: s.line, EndLine: s.line, Span: Span{s.last, s.last}}
	switch f.shape {
	case document:
		end.Kind = DocumentEnd
	case blockMapping, flowMapping:
		end.Kind = MappingEnd
	}
	s.frames = s.frames[:len(s.frames)-1]
	if f.shape == flowMapping || f.shape == flowSequence {
		s.flow--
	}
	s.emit(end)
}

// fill queues the empty keys and values that the innermost frame still waits for.
func (s *Scanner) fill() {
	switch s.top().state {
	case wantKeyNode, wantPairKey:
		s.empty(true)
		s.empty(false)
	case wantNode, wantValue, wantPairValue, wantColon, wantPairColon, afterKey:
		s.empty(false)
	case wantEntry:
		if s.pending.present {
			s.empty(false)
		}
	case wantKey:
		if s.pending.present {
			s.empty(true)
			s.empty(false)
		}
	}
}

// empty queues a key or value that is not there.
func (s *Scanner) empty(key bool) {
	p := s.takeProps()
	s.emit(Event{Kind: Scalar, Style: Empty, Key: key, Line: s.line, EndLine: s.line,
		Span: Span{s.last, s.last}, Tag: p.tag, Anchor: p.anchor})
}

// takeProps hands out the pending properties.
func (s *Scanner) takeProps() props {
	if !s.pending.present && !s.outer.present {
		return props{}
	}
	p, before := s.pending, s.outer
	s.pending, s.outer = props{}, props{}
	if !before.present {
		return p
	}
	if p.tag.End > 0 && before.tag.End > 0 || p.anchor.End > 0 && before.anchor.End > 0 {
		s.err = s.fail("a value has properties twice")
	}
	if p.tag.End == 0 {
		p.tag = before.tag
	}
	if p.anchor.End == 0 {
		p.anchor = before.anchor
	}
	return p
}

// node moves the innermost frame on: its node has come.
func (s *Scanner) node() error {
	f := s.top()
	switch f.state {
	case wantNode:
		f.state = wantDash
		if f.shape == document {
			f.state = complete
		}
	case wantKeyNode:
		f.state = wantColon
	case wantValue:
		f.state = wantKey
		if f.shape == flowMapping {
			f.state = afterValue
		}
	case wantKey:
		if f.shape != flowMapping {
			return s.fail("a key is expected here")
		}
		f.state, f.line = afterKey, s.line
	case wantEntry:
		f.state, f.line = afterEntry, s.line
	case wantPairKey:
		f.state = wantPairColon
	case wantPairValue:
		f.state = afterPair
	default:
		return s.fail("no value is expected here")
	}
	return nil
}

// nodeMayCome tells whether a node, or a key that starts with properties, may stand at pos.
func (s *Scanner) nodeMayCome() bool {
	f := s.top()
	switch f.state {
	case wantNode, wantKeyNode, wantValue, wantEntry, wantPairKey, wantPairValue:
		return true
	case wantKey, wantColon:
		return f.shape == flowMapping && f.state == wantKey || f.shape == blockMapping && f.indent == s.column()
	}
	return false
}

// inKey tells whether the node that comes now is a key of its collection.
func (s *Scanner) inKey() bool {
	f := s.top()
	return f.state == wantKeyNode || f.state == wantPairKey || f.shape == flowMapping && f.state == wantKey
}

// openDocument starts a document where none is open.
func (s *Scanner) openDocument() error {
	if len(s.frames) > 0 {
		return nil
	}
	if s.needStart {
		return s.fail("a directive must be followed by ---")
	}
	s.emit(Event{Kind: DocumentStart, Line: s.line, EndLine: s.line, Span: Span{s.pos, s.pos}})
	return s.push(frame{shape: document, indent: -1})
}

// closeDocument closes everything that is open.
func (s *Scanner) closeDocument() error {
	if s.flow > 0 {
		return s.fail("a [ or { is never closed")
	}
	for len(s.frames) > 0 {
		s.pop()
	}
	return nil
}

// marker reads "---" or "...".
func (s *Scanner) marker() error {
	starts := s.src[s.pos] == '-'
	if s.needStart && !starts {
		return s.fail("a directive must be followed by ---")
	}
	if err := s.closeDocument(); err != nil {
		return err
	}
	s.keyAllowed, s.needStart = false, false
	if starts {
		if err := s.openDocument(); err != nil {
			return err
		}
	}
	s.pos += 3
	s.last = s.pos
	return nil
}

// directive passes over a line that starts with "%".
func (s *Scanner) directive() error {
	if err := s.closeDocument(); err != nil {
		return err
	}
	for s.pos < len(s.src) && !isBreak(s.src[s.pos]) && s.src[s.pos] != '#' {
		s.pos++
	}
	s.last, s.needStart = s.pos, true
	return nil
}
