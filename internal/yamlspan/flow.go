// SPDX-License-Identifier: Apache-2.0

package yamlspan

// flowToken reads one token within [ ] or { }.
func (s *Scanner) flowToken(c byte) error {
	switch {
	case c == '[' || c == '{':
		return s.openFlow(false)
	case c == ']' || c == '}':
		return s.closeFlow(c)
	case c == ',':
		return s.comma()
	case c == ':':
		return s.flowColon()
	case c == '?' && s.blankAt(s.pos+1):
		return s.flowQuestionMark()
	case c == '&' || c == '!':
		return s.property(c)
	case c == '|' || c == '>' || c == '-' && s.blankAt(s.pos+1):
		return s.fail("a block cannot start within [ ] or { }")
	}
	e, err := s.leaf(c)
	if err != nil {
		return err
	}
	return s.flowValue(e)
}

// flowValue places e, as a key where a colon follows.
func (s *Scanner) flowValue(e Event) error {
	entry := s.top().state == wantEntry
	if err := s.value(e); err != nil {
		return err
	}
	f := s.top()
	f.line = e.Line
	if colon := s.blanksFrom(s.pos); entry && e.Line == s.line && colon < len(s.src) && s.src[colon] == ':' {
		s.queue[len(s.queue)-1].Key = true
	}
	return nil
}

func (s *Scanner) openFlow(simple bool) error {
	kind, f := SequenceStart, frame{shape: flowSequence, state: wantEntry, simple: simple}
	if s.src[s.pos] == '{' {
		kind, f = MappingStart, frame{shape: flowMapping, state: wantKey, simple: simple}
	}
	f.indent = s.top().indent
	if err := s.open(kind, f, s.pos); err != nil {
		return err
	}
	s.pass(1, true)
	return nil
}

func (s *Scanner) closeFlow(c byte) error {
	f := *s.top()
	if (c == ']') != (f.shape == flowSequence) {
		return s.fail("brackets do not match")
	}
	s.fill()
	s.top().state = complete
	s.pass(1, false)
	s.pop()
	if !f.simple {
		return nil
	}
	s.pos = s.blanksFrom(s.pos) // at the colon: flowIsKey has seen it
	if s.pos == len(s.src) || s.src[s.pos] != ':' {
		return s.fail("a key without its :")
	}
	s.top().state = wantValue
	s.pass(1, false)
	return nil
}

func (s *Scanner) comma() error {
	f := s.top()
	if (f.state == wantEntry || f.state == wantKey) && !s.pending.present {
		return s.fail("a comma without a value before it")
	}
	s.fill()
	f.state = wantEntry
	if f.shape == flowMapping {
		f.state = wantKey
	}
	s.pass(1, true)
	return nil
}

func (s *Scanner) flowColon() error {
	f := s.top()
	after := wantPairValue
	if f.shape == flowMapping {
		after = wantValue
	}
	switch {
	case f.state == wantColon || f.state == wantPairColon:
	case (f.state == afterKey || f.state == afterEntry) && f.line == s.line:
	case f.state == wantKeyNode || f.state == wantPairKey:
		s.empty(true)
	default:
		return s.fail("mapping values are not allowed here")
	}
	f.state = after
	s.pass(1, false)
	return nil
}

func (s *Scanner) flowQuestionMark() error {
	f := s.top()
	switch f.state {
	case wantKey:
		f.state = wantKeyNode
	case wantEntry:
		f.state = wantPairKey
	default:
		return s.fail("a key cannot start here")
	}
	s.pass(1, true)
	return nil
}
