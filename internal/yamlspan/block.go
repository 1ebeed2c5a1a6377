// SPDX-License-Identifier: Apache-2.0

package yamlspan

// blockToken reads one token outside of [ ] and { }.
func (s *Scanner) blockToken() error {
	if err := s.openDocument(); err != nil {
		return err
	}
	c := s.src[s.pos]
	indicator := (c == '-' || c == '?' || c == ':') && s.blankAt(s.pos+1)
	s.unroll(s.column(), indicator && c == '-', c == '|' || c == '>')
	switch {
	case !indicator:
		return s.blockNode(c)
	case c == '-':
		return s.dash()
	case c == '?':
		return s.questionMark()
	default:
		return s.bareColon()
	}
}

// unroll closes the collections that end before a token at this column. A block scalar at the column of an open
// "-" belongs to it: the common parsers do not look at its indentation.
func (s *Scanner) unroll(column int, dash, block bool) {
	for {
		f := s.top()
		stays := f.shape != bareSequence || dash || block && f.state == wantNode
		if f.indent < column || f.indent == column && stays {
			return
		}
		s.pop()
	}
}

// dash starts an entry of a block sequence.
func (s *Scanner) dash() error {
	if !s.keyAllowed {
		return s.fail("a block sequence cannot start here")
	}
	f, column := s.top(), s.column()
	switch {
	case (f.shape == blockSequence || f.shape == bareSequence) && f.indent == column:
		if f.state == wantNode {
			s.empty(false)
		}
		f.state = wantNode
	case f.indent < column:
		if err := s.open(SequenceStart, frame{shape: blockSequence, indent: column}, s.pos); err != nil {
			return err
		}
	case f.shape == blockMapping && (f.state == wantValue || f.state == wantKeyNode):
		if err := s.open(SequenceStart, frame{shape: bareSequence, indent: column}, s.pos); err != nil {
			return err
		}
	default:
		return s.fail("an entry of a sequence cannot stand here")
	}
	s.pass(1, true)
	return nil
}

// questionMark starts a pair with "? ".
func (s *Scanner) questionMark() error {
	if !s.keyAllowed {
		return s.fail("a key cannot start here")
	}
	if err := s.pair(s.pos); err != nil {
		return err
	}
	s.top().state = wantKeyNode
	s.pass(1, true)
	return nil
}

// bareColon reads a ":" that does not follow a key on its line.
func (s *Scanner) bareColon() error {
	f := s.top()
	switch {
	case f.shape == blockMapping && f.indent == s.column() && f.state == wantColon:
	case f.shape == blockMapping && f.indent == s.column() && f.state == wantKeyNode:
		s.empty(true)
	case s.pending.mayBeKey && s.pending.line == s.line: // "&a : value", an empty key
		return s.emptyKey(s.pending.start)
	default:
		return s.fail("mapping values are not allowed here")
	}
	s.top().state = wantValue
	s.pass(1, true)
	return nil
}

// emptyKey reads the colon of a key that has properties and no text.
func (s *Scanner) emptyKey(at int) error {
	own := s.keyProps()
	if err := s.pair(at); err != nil {
		return err
	}
	s.pending = own
	s.empty(true)
	s.top().state = wantValue
	s.pass(1, false)
	return nil
}

// pass moves behind a token of n bytes.
func (s *Scanner) pass(n int, keyAllowed bool) {
	s.pos += n
	s.last, s.keyAllowed = s.pos, keyAllowed
}

// open starts a collection at offset at; the properties that wait are its own.
func (s *Scanner) open(kind Kind, f frame, at int) error {
	f.isKey = s.inKey()
	if err := s.node(); err != nil {
		return err
	}
	p := s.takeProps()
	s.emit(Event{Kind: kind, Key: f.isKey, Line: s.line, EndLine: s.line, Span: Span{at, at + 1}, Tag: p.tag, Anchor: p.anchor})
	return s.push(f)
}

// pair makes ready for a key that starts at offset at: it opens a block mapping there unless one is open.
func (s *Scanner) pair(at int) error {
	f, column := s.top(), at-s.lineStart
	if f.indent < column {
		return s.open(MappingStart, frame{shape: blockMapping, state: wantKey, indent: column}, at)
	}
	if f.shape != blockMapping {
		return s.fail("a key cannot stand here")
	}
	s.fill()
	f.state = wantKey
	return nil
}

// blockNode reads a scalar, an alias, a property or the start of a flow collection.
func (s *Scanner) blockNode(c byte) error {
	switch c {
	case '&', '!':
		return s.property(c)
	case '[', '{':
		return s.flowInBlock()
	case '|', '>':
		return s.blockScalar()
	}
	at, mayBeKey, lineStart := s.pos, s.keyAllowed, s.lineStart
	if s.pending.present && s.pending.line == s.line {
		at, mayBeKey = s.pending.start, s.pending.mayBeKey
	}
	e, err := s.leaf(c)
	if err != nil {
		return err
	}
	if colon := s.blanksFrom(s.pos); colon < len(s.src) && s.src[colon] == ':' && s.blankAt(colon+1) {
		if !mayBeKey || e.Line != e.EndLine {
			return s.fail("mapping values are not allowed here")
		}
		return s.key(e, at, colon)
	}
	if mayBeKey && at-lineStart == s.top().indent {
		return s.fail("a key without its :")
	}
	return s.value(e)
}

// key places e as the key of a pair that starts at offset at and has its colon at another.
func (s *Scanner) key(e Event, at, colon int) error {
	own := s.keyProps()
	if own.present && e.Kind == Alias {
		return s.fail("an alias has no properties of its own")
	}
	if err := s.pair(at); err != nil {
		return err
	}
	e.Key, e.Tag, e.Anchor = true, own.tag, own.anchor
	s.emit(e)
	s.top().state = wantValue
	s.pos = colon
	s.pass(1, false)
	return nil
}

// keyProps hands out the properties on the key's own line; those before it belong to what comes around the key.
func (s *Scanner) keyProps() props {
	if !s.pending.present || s.pending.line != s.line {
		return props{}
	}
	own := s.pending
	s.pending, s.outer = s.outer, props{}
	return own
}

// value places e where a node is expected.
func (s *Scanner) value(e Event) error {
	e.Key = s.inKey()
	if err := s.node(); err != nil {
		return err
	}
	p := s.takeProps()
	if p.present && e.Kind == Alias {
		return s.fail("an alias has no properties of its own")
	}
	e.Tag, e.Anchor = p.tag, p.anchor
	s.emit(e)
	s.keyAllowed = false
	return nil
}

// flowInBlock starts a flow collection, as a value or, where a colon follows it on its line, as a key.
func (s *Scanner) flowInBlock() error {
	at, mayBeKey := s.pos, s.keyAllowed
	if s.pending.present && s.pending.line == s.line {
		at, mayBeKey = s.pending.start, s.pending.mayBeKey
	}
	if !mayBeKey || !s.flowIsKey() {
		if mayBeKey && at-s.lineStart == s.top().indent {
			return s.fail("a key without its :")
		}
		return s.openFlow(false)
	}
	own := s.keyProps()
	if err := s.pair(at); err != nil {
		return err
	}
	s.pending = own
	s.top().state = wantKeyNode
	return s.openFlow(true)
}

// flowIsKey tells whether the flow collection at pos ends on its line and a colon follows.
func (s *Scanner) flowIsKey() bool {
	depth := 0
	for i := s.pos; i < len(s.src) && !isBreak(s.src[i]); i++ {
		switch s.src[i] {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '\'', '"':
			if i = s.afterQuoted(i) - 1; i < 0 {
				return false
			}
		}
		if depth == 0 {
			colon := s.blanksFrom(i + 1)
			return colon < len(s.src) && s.src[colon] == ':' && s.blankAt(colon+1)
		}
	}
	return false
}

// afterQuoted returns the offset behind the quoted scalar at offset at, or 0 when it does not end on its line.
func (s *Scanner) afterQuoted(at int) int {
	quote := s.src[at]
	for i := at + 1; i < len(s.src) && !isBreak(s.src[i]); i++ {
		switch {
		case s.src[i] == '\\' && quote == '"':
			i++
		case s.src[i] == quote:
			return i + 1
		}
	}
	return 0
}
