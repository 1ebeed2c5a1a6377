// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"compress/zlib"
	"errors"
	"io"
)

// A stream is a pack being read: byte by byte, as inflating wants it, while all that was read goes to sinks in long
// pieces.
type stream struct {
	in             io.Reader
	sink           func([]byte) error
	buf            []byte
	mark, pos, end int   // of buf: given to sink, read, filled
	offset         int64 // of mark
	err            error // of in; io.EOF is an end that came too early, or not
}

func newStream(in io.Reader, sink func([]byte) error) *stream {
	return &stream{in: in, sink: sink, buf: make([]byte, 64<<10)}
}

// at returns how many bytes were read.
func (s *stream) at() int64 { return s.offset + int64(s.pos-s.mark) }

// settle gives the sink what was read.
func (s *stream) settle() error {
	piece := s.buf[s.mark:s.pos]
	s.offset += int64(len(piece))
	s.mark = s.pos
	if len(piece) == 0 {
		return nil
	}
	return s.sink(piece)
}

func (s *stream) fill() error {
	if err := s.settle(); err != nil {
		s.err = err
		return err
	}
	s.mark, s.pos, s.end = 0, 0, 0
	for range 100 { // as bufio does: a reader that gives nothing for ever is broken
		n, err := s.in.Read(s.buf)
		s.end = n
		if n > 0 {
			return nil
		}
		if err != nil {
			s.err = err
			return err
		}
	}
	s.err = io.ErrNoProgress
	return s.err
}

func (s *stream) ReadByte() (byte, error) {
	if s.pos == s.end {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	b := s.buf[s.pos]
	s.pos++
	return b, nil
}

func (s *stream) Read(p []byte) (int, error) {
	if s.pos == s.end {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, s.buf[s.pos:s.end])
	s.pos += n
	return n, nil
}

// blame returns the reader's own error in place of what inflating made of it, or says that the content is broken.
func (s *stream) blame(err error) error {
	switch {
	case s.err == nil:
		return broken("reading a pack: %w", err)
	case errors.Is(s.err, io.EOF):
		return io.ErrUnexpectedEOF
	default:
		return s.err
	}
}

// An inflater inflates one entry after another.
type inflater struct {
	z       io.ReadCloser
	scratch []byte
}

func (f *inflater) reset(in io.Reader) error {
	if f.z == nil {
		z, err := zlib.NewReader(in)
		f.z, f.scratch = z, make([]byte, 32<<10)
		return err
	}
	return f.z.(zlib.Resetter).Reset(in, nil)
}

// copy inflates exactly size bytes from in into out.
func (f *inflater) copy(out io.Writer, in io.Reader, size int64) error {
	if err := f.reset(in); err != nil {
		return err
	}
	n, err := io.CopyBuffer(out, onlyReader{io.LimitReader(f.z, size+1)}, f.scratch)
	if err == nil && n != size {
		err = errors.New("an object is not as long as it says")
	}
	return err
}

// onlyReader hides other methods, so that CopyBuffer uses its buffer.
type onlyReader struct{ io.Reader }
