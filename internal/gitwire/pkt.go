// SPDX-License-Identifier: Apache-2.0

package gitwire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// A packet's kind: data, or one of the three marks without content.
type mark uint8

const (
	data  mark = iota
	flush      // 0000: the end of a message
	delim      // 0001: the end of a section, protocol v2
	end        // 0002: the end of an answer, protocol v2
)

const maxPacket = 65520 // length digits included

// packets reads pkt-lines: four hexadecimal digits of length, then the content.
type packets struct {
	r   io.Reader
	buf [maxPacket]byte
}

// next returns the content of the next packet, valid until the next call. io.EOF means that the stream ended between
// packets; an end inside one is io.ErrUnexpectedEOF.
func (p *packets) next() ([]byte, mark, error) {
	if _, err := io.ReadFull(p.r, p.buf[:4]); err != nil {
		return nil, 0, err
	}
	size, err := strconv.ParseUint(string(p.buf[:4]), 16, 16)
	switch {
	case err != nil:
		return nil, 0, fmt.Errorf("packet of length %.20q", p.buf[:4])
	case size < 3:
		return nil, flush + mark(size), nil
	case size == 3 || size > maxPacket:
		return nil, 0, fmt.Errorf("packet of length %d", size)
	}
	content := p.buf[4:size]
	if _, err := io.ReadFull(p.r, content); err != nil {
		return nil, 0, early(err)
	}
	return content, data, nil
}

// early makes the end of a stream in the middle of an answer an error of its own: io.EOF would pass for success.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// line returns the content of the next packet without its line end, as text. A packet "ERR words" is an error.
func (p *packets) line() (string, mark, error) {
	content, m, err := p.next()
	if err != nil || m != data {
		return "", m, err
	}
	content = bytes.TrimSuffix(content, []byte("\n"))
	if words, ok := bytes.CutPrefix(content, []byte("ERR ")); ok {
		return "", data, refusal(words)
	}
	return string(content), data, nil
}

// A refusal is what a server says instead of an answer. Its text is not yet clean.
type refusal string

func (r refusal) Error() string { return string(r) }

// A request is a message of pkt-lines being written.
type request struct{ bytes.Buffer }

func (q *request) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...) + "\n"
	_, _ = fmt.Fprintf(q, "%04x%s", len(text)+4, text)
}

func (q *request) flush() { _, _ = q.WriteString("0000") } // a buffer takes everything
func (q *request) delim() { _, _ = q.WriteString("0001") }
