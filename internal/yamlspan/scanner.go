// SPDX-License-Identifier: Apache-2.0

package yamlspan

// maxDepth is how many collections may stand inside each other; the common parsers have the same limit.
const maxDepth = 10_000

// A Scanner walks one file. It is not safe for concurrent use.
type Scanner struct {
	src       []byte
	pos       int
	line      int // of pos
	lineStart int // offset of the first byte of that line
	last      int // end of the last token: where a missing value would stand

	frames     []frame
	flow       int  // how many of the frames are flow collections
	keyAllowed bool // whether a block collection may start here
	needStart  bool // a directive asks for "---"
	pending    props
	outer      props // properties on an earlier line than pending: of the collection that is about to start
	anchors    map[string]struct{}

	queue []Event
	next  int // first event of queue that was not handed out
	ended bool
	err   error
}

// New returns a scanner of src. It keeps src, and nothing may change it meanwhile.
func New(src []byte) *Scanner {
	s := &Scanner{src: src, line: 1, keyAllowed: true}
	if hasBOM(src) {
		s.pos, s.lineStart, s.last = 3, 3, 3
	}
	s.err = checkText(src)
	return s
}

// Next returns the next event and true, or false at the end or at the first mistake, see Err.
func (s *Scanner) Next() (Event, bool) {
	for s.next == len(s.queue) {
		if s.ended || s.err != nil {
			return Event{}, false
		}
		s.queue, s.next = s.queue[:0], 0
		if err := s.step(); err != nil {
			s.err = err
		}
	}
	s.next++
	return s.queue[s.next-1], true
}

// Err returns why the file cannot be read, a *SyntaxError or *EncodingError, or nil.
func (s *Scanner) Err() error { return s.err }

func (s *Scanner) fail(what string) error { return &SyntaxError{Line: s.line, What: what} }

func (s *Scanner) emit(e Event) {
	e.InFlow = s.flow > 0
	s.queue = append(s.queue, e)
}

// step reads one token and queues the events it brings.
func (s *Scanner) step() error {
	if s.skip() {
		return nil
	}
	if s.pending.mustBeKey && (s.pos == len(s.src) || s.line != s.pending.line) {
		return s.fail("a key without its :")
	}
	if s.pos == len(s.src) {
		s.ended = true
		if s.needStart {
			return s.fail("a directive must be followed by ---")
		}
		return s.closeDocument()
	}
	if s.column() == 0 && (s.isMarker("---") || s.isMarker("...")) {
		return s.marker()
	}
	if s.flow > 0 {
		return s.flowToken(s.src[s.pos])
	}
	if s.column() == 0 && s.src[s.pos] == '%' {
		return s.directive()
	}
	return s.blockToken()
}

// skip moves to the next token. It returns true when it queued a comment instead.
func (s *Scanner) skip() bool {
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == ' ':
			s.pos++
		case c == '\t':
			if !s.skipTabs() {
				return false
			}
		case isBreak(c):
			s.newline()
		case c == '#':
			s.comment()
			return true
		case c == 0xEF && s.column() == 0 && hasBOM(s.src[s.pos:]):
			s.pos += 3
			s.lineStart = s.pos
		default:
			return false
		}
	}
	return false
}

// skipTabs passes over tabs where they do no harm: not where indentation decides, unless nothing follows.
func (s *Scanner) skipTabs() bool {
	end := s.blanksFrom(s.pos)
	if s.flow > 0 || !s.keyAllowed || end == len(s.src) || isBreak(s.src[end]) || s.src[end] == '#' {
		s.pos = end
		return true
	}
	return false
}

func (s *Scanner) comment() {
	end := s.pos
	for end < len(s.src) && !isBreak(s.src[end]) {
		end++
	}
	own := s.blanksFrom(s.lineStart) == s.pos
	s.emit(Event{Kind: Comment, Line: s.line, EndLine: s.line, OwnLine: own, Span: Span{s.pos, end}})
	s.pos = end
}

// newline passes over the line break at pos.
func (s *Scanner) newline() {
	s.pos = afterBreak(s.src, s.pos)
	s.line++
	s.lineStart = s.pos
	if s.flow == 0 {
		s.keyAllowed = true
	}
}

// column counts bytes. Before anything that indentation depends on there are only blanks and indicators.
func (s *Scanner) column() int { return s.pos - s.lineStart }

func (s *Scanner) blanksFrom(at int) int {
	for at < len(s.src) && (s.src[at] == ' ' || s.src[at] == '\t') {
		at++
	}
	return at
}

// blankAt tells whether a blank, a line break or the end stands at offset at.
func (s *Scanner) blankAt(at int) bool {
	return at >= len(s.src) || s.src[at] == ' ' || s.src[at] == '\t' || isBreak(s.src[at])
}

// isMarker tells whether the three bytes of mark and a blank stand at pos.
func (s *Scanner) isMarker(mark string) bool { return markerAt(s.src, s.pos, mark) }

func markerAt(src []byte, at int, mark string) bool {
	if len(src)-at < 3 || string(src[at:at+3]) != mark {
		return false
	}
	return at+3 == len(src) || src[at+3] == ' ' || src[at+3] == '\t' || isBreak(src[at+3])
}

func isBreak(c byte) bool { return c == '\n' || c == '\r' }

// afterBreak returns the offset behind the line break at offset at.
func afterBreak(src []byte, at int) int {
	if src[at] == '\r' && at+1 < len(src) && src[at+1] == '\n' {
		return at + 2
	}
	return at + 1
}

func isFlowIndicator(c byte) bool {
	return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'
}
