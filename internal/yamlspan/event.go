// SPDX-License-Identifier: Apache-2.0

package yamlspan

import (
	"fmt"
	"strings"
)

// A Kind says what an event is.
type Kind uint8

const (
	// DocumentStart comes before the first node of a document, whether or not "---" stands there.
	DocumentStart Kind = iota + 1
	// DocumentEnd comes after its last node.
	DocumentEnd
	// MappingStart opens a mapping; Start is its first byte.
	MappingStart
	// MappingEnd closes it.
	MappingEnd
	// SequenceStart opens a sequence; Start is its first byte.
	SequenceStart
	// SequenceEnd closes it.
	SequenceEnd
	// Scalar is a key or a value.
	Scalar
	// Alias is a "*name" that stands for a node defined before.
	Alias
	// Comment is a real comment: from "#" to the end of its line, the line break excluded.
	Comment
)

// A Style says how a scalar is written.
type Style uint8

const (
	// Empty is a value that is not there: "key:" and nothing.
	Empty Style = iota
	// Plain has no quotes.
	Plain
	// SingleQuoted stands between '.
	SingleQuoted
	// DoubleQuoted stands between ".
	DoubleQuoted
	// Literal is a block of lines after "|".
	Literal
	// Folded is a block of lines after ">".
	Folded
)

// IsBlock tells whether the scalar is a block of lines.
func (s Style) IsBlock() bool { return s == Literal || s == Folded }

// A Span is the bytes [Start, End) of a file.
type Span struct{ Start, End int }

// An Event is one thing of a file. Lines count from 1; a line ends with LF, CRLF or CR.
type Event struct {
	Kind    Kind
	Style   Style // of a Scalar
	Key     bool  // a key of a mapping; all of its events, where the key is a collection
	OwnLine bool  // a Comment with nothing but blanks before it on its line
	InFlow  bool  // within [ ] or { }
	Line    int   // of Start
	EndLine int   // of the last byte; a block scalar says the line of its indicator
	Span          // quotes and block indicators included, tag and anchor not
	Tag     Span  // "!…" before the node; empty: none
	Anchor  Span  // "&…" before the node; empty: none
}

// IsTypedString tells whether a tag before the node says that it is a string, whatever its text.
func (e Event) IsTypedString(src []byte) bool {
	tag := string(src[e.Tag.Start:e.Tag.End])
	return tag == "!!str" || tag == "!" || tag == "!<tag:yaml.org,2002:str>"
}

// IsTypedOther tells whether a tag before the node says that it is something of YAML's own that is no string.
func (e Event) IsTypedOther(src []byte) bool {
	tag := string(src[e.Tag.Start:e.Tag.End])
	return !e.IsTypedString(src) && (strings.HasPrefix(tag, "!!") || strings.HasPrefix(tag, "!<tag:yaml.org,"))
}

// A SyntaxError says where and why a file is not YAML.
type SyntaxError struct {
	Line int
	What string
}

// Error returns one line: "line 3: mapping values are not allowed here".
func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.What) }

// An EncodingError says that a file is not text in UTF-8, so nothing of it can be read as YAML.
type EncodingError struct{ What string }

// Error returns what was found instead of UTF-8.
func (e *EncodingError) Error() string { return e.What }
