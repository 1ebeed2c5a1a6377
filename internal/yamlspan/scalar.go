// SPDX-License-Identifier: Apache-2.0

package yamlspan

// leaf reads the alias or the scalar at pos, which starts with c.
func (s *Scanner) leaf(c byte) (Event, error) {
	e := Event{Kind: Scalar, Line: s.line, Span: Span{Start: s.pos}}
	var err error
	switch c {
	case '*':
		e.Kind = Alias
		err = s.alias()
	case '\'', '"':
		e.Style = SingleQuoted
		if c == '"' {
			e.Style = DoubleQuoted
		}
		err = s.quoted(c)
	case '%', '@', '`', ',', ']', '}', '\t':
		return Event{}, s.fail("a value cannot start with this character")
	default:
		e.Style = Plain
		s.plain()
	}
	e.End, e.EndLine = s.pos, s.line
	s.last = s.pos
	return e, err
}

// name returns the offset behind the name of an anchor or alias that starts at offset at.
func (s *Scanner) name(at int) int {
	for !s.blankAt(at) && !isFlowIndicator(s.src[at]) {
		at++
	}
	return at
}

func (s *Scanner) alias() error {
	start := s.pos + 1
	s.pos = s.name(start)
	if _, known := s.anchors[string(s.src[start:s.pos])]; !known {
		return s.fail("an alias of nothing")
	}
	return nil
}

// property reads an anchor or a tag.
func (s *Scanner) property(c byte) error {
	if s.pending.present && s.pending.line != s.line && s.flow == 0 {
		if s.outer.present {
			return s.fail("a value has properties twice")
		}
		s.outer, s.pending = s.pending, props{}
	}
	p := &s.pending
	if !p.present {
		if !s.nodeMayCome() {
			return s.fail("no value is expected here")
		}
		*p = props{present: true, line: s.line, start: s.pos, mayBeKey: s.keyAllowed}
		p.mustBeKey = s.flow == 0 && s.keyAllowed && s.column() == s.top().indent
	}
	span := &p.tag
	if c == '&' {
		span = &p.anchor
	}
	if span.End > 0 {
		return s.fail("a value has properties twice")
	}
	*span = Span{s.pos, s.propertyEnd(c)}
	if c == '&' {
		if span.End == span.Start+1 {
			return s.fail("an anchor without a name")
		}
		if s.anchors == nil {
			s.anchors = map[string]struct{}{}
		}
		s.anchors[string(s.src[span.Start+1:span.End])] = struct{}{}
	}
	s.pass(span.End-span.Start, false)
	return nil
}

func (s *Scanner) propertyEnd(c byte) int {
	if c == '!' && s.pos+1 < len(s.src) && s.src[s.pos+1] == '<' {
		at := s.pos
		for !s.blankAt(at) {
			at++
		}
		return at
	}
	return s.name(s.pos + 1)
}

// quoted reads a scalar between quotes.
func (s *Scanner) quoted(quote byte) error {
	s.pos++
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		switch {
		case c == quote && quote == '\'' && s.pos+1 < len(s.src) && s.src[s.pos+1] == '\'':
			s.pos += 2
		case c == quote:
			s.pos++
			return nil
		case c == '\\' && quote == '"':
			if err := s.escape(); err != nil {
				return err
			}
		case isBreak(c):
			s.lineBreak()
			if s.isMarker("---") || s.isMarker("...") {
				return s.fail("a document ends within quotes")
			}
		default:
			s.pos++
		}
	}
	return s.fail("a quote is never closed")
}

// lineBreak passes over a line break within a scalar.
func (s *Scanner) lineBreak() {
	s.pos = afterBreak(s.src, s.pos)
	s.line++
	s.lineStart = s.pos
}

// escape passes over a backslash and what it escapes; a line break is left for the caller.
func (s *Scanner) escape() error {
	s.pos++
	if s.pos == len(s.src) {
		return nil
	}
	c := s.src[s.pos]
	if isBreak(c) {
		return nil
	}
	digits := hexDigits(c)
	if _, plain := escapes[c]; !plain && digits == 0 {
		return s.fail("an unknown escape")
	}
	s.pos++
	for range digits {
		if s.pos == len(s.src) || !isHex(s.src[s.pos]) {
			return s.fail("an escape without its digits")
		}
		s.pos++
	}
	return nil
}

// plain reads a scalar without quotes. It may go on on lines that are indented more than what is around it.
func (s *Scanner) plain() {
	for {
		end, atBreak := s.plainLine()
		s.pos = end
		if !atBreak || !s.plainGoesOn() {
			return
		}
	}
}

// plainLine returns where the scalar's text on this line ends, and whether nothing follows it there.
func (s *Scanner) plainLine() (end int, atBreak bool) {
	end = s.pos
	for i := s.pos; ; i++ {
		if i == len(s.src) || isBreak(s.src[i]) {
			return end, true
		}
		switch c := s.src[i]; {
		case c == ' ' || c == '\t':
			continue
		case c == ':' && s.blankAt(i+1), s.flow > 0 && isFlowIndicator(c):
			return end, false
		case c == '#' && i > end: // a blank stands before it
			return end, false
		}
		end = i + 1
	}
}

// plainGoesOn looks past the line breaks at pos. If the scalar goes on there it moves there.
func (s *Scanner) plainGoesOn() bool {
	at, line, lineStart := s.blanksFrom(s.pos), s.line, s.lineStart
	for at < len(s.src) && isBreak(s.src[at]) {
		at = afterBreak(s.src, at)
		line++
		lineStart = at
		at = s.blanksFrom(at)
	}
	if at == len(s.src) || s.src[at] == '#' || s.isMarkerAt(lineStart) {
		return false
	}
	if s.flow == 0 && s.spaces(lineStart) <= s.top().indent {
		return false
	}
	if c := s.src[at]; c == ':' && s.blankAt(at+1) || s.flow > 0 && isFlowIndicator(c) {
		return false
	}
	s.pos, s.line, s.lineStart = at, line, lineStart
	return true
}

func (s *Scanner) isMarkerAt(at int) bool {
	return markerAt(s.src, at, "---") || markerAt(s.src, at, "...")
}

// spaces counts the spaces at offset at.
func (s *Scanner) spaces(at int) int {
	n := 0
	for at+n < len(s.src) && s.src[at+n] == ' ' {
		n++
	}
	return n
}

// blockScalar reads "|" or ">", its header and its lines.
func (s *Scanner) blockScalar() error {
	e := Event{Kind: Scalar, Style: Literal, Line: s.line, EndLine: s.line, Span: Span{Start: s.pos}}
	if s.src[s.pos] == '>' {
		e.Style = Folded
	}
	if s.pending.mustBeKey {
		return s.fail("a key without its :")
	}
	parent := s.top().indent
	s.pos++
	explicit, err := s.blockHeader()
	if err != nil {
		return err
	}
	note, comment := s.headerComment()
	if s.pos < len(s.src) && !isBreak(s.src[s.pos]) {
		return s.fail("text behind the indicator of a block scalar")
	}
	indent := max(parent, 0) + explicit
	if explicit == 0 {
		indent = max(s.detectIndent(), parent+1, 1)
	}
	s.blockLines(indent)
	e.End = s.pos
	if err := s.value(e); err != nil {
		return err
	}
	if comment {
		s.emit(note)
	}
	s.last, s.keyAllowed = s.pos, true
	return nil
}

// blockHeader reads the indicators of indentation and chomping.
func (s *Scanner) blockHeader() (explicit int, err error) {
	chomped := false
	for ; s.pos < len(s.src); s.pos++ {
		switch c := s.src[s.pos]; {
		case (c == '+' || c == '-') && !chomped:
			chomped = true
		case c >= '1' && c <= '9' && explicit == 0:
			explicit = int(c - '0')
		case c == '+' || c == '-' || c >= '0' && c <= '9':
			return 0, s.fail("the indicator of a block scalar is not understood")
		default:
			return explicit, nil
		}
	}
	return explicit, nil
}

// headerComment reads the comment behind the indicator of a block scalar.
func (s *Scanner) headerComment() (Event, bool) {
	s.pos = s.blanksFrom(s.pos)
	if s.pos == len(s.src) || s.src[s.pos] != '#' {
		return Event{}, false
	}
	start := s.pos
	for s.pos < len(s.src) && !isBreak(s.src[s.pos]) {
		s.pos++
	}
	return Event{Kind: Comment, Line: s.line, EndLine: s.line, Span: Span{start, s.pos}}, true
}

// detectIndent returns the indentation of the first line of text that follows, or of a longer blank line before it.
func (s *Scanner) detectIndent() int {
	most, at := 0, s.pos
	for at < len(s.src) {
		if isBreak(s.src[at]) {
			at = afterBreak(s.src, at)
		}
		n := s.spaces(at)
		most = max(most, n)
		if at += n; at < len(s.src) && !isBreak(s.src[at]) {
			break
		}
	}
	return most
}

// blockLines passes over the line break at pos and all lines that belong to a block scalar.
func (s *Scanner) blockLines(indent int) {
	for s.pos < len(s.src) {
		s.lineBreak()
		n := s.spaces(s.pos)
		at := s.pos + n
		if at < len(s.src) && !isBreak(s.src[at]) && n < indent {
			return
		}
		for at < len(s.src) && !isBreak(s.src[at]) {
			at++
		}
		s.pos = at
	}
}
