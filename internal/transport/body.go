// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"errors"
	"io"
)

// ErrTooLarge is in the chain of an error that says that more bytes came than were allowed.
var ErrTooLarge = errors.New("the answer is too large")

// Capped reads r up to limit bytes and fails with ErrTooLarge when there are more. Bytes are counted as they are
// read, so a small compressed body that unpacks to a large one is stopped at the limit too.
func Capped(r io.Reader, limit int64) io.Reader { return &capped{r: r, left: limit} }

type capped struct {
	r    io.Reader
	left int64 // -1: one byte more than allowed was seen
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1] // one more, to tell an end from a limit
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	if c.left < 0 {
		return n - 1, ErrTooLarge
	}
	return n, err
}

// ReadAll reads all of r, at most limit bytes; more is ErrTooLarge.
func ReadAll(r io.Reader, limit int64) ([]byte, error) { return io.ReadAll(Capped(r, limit)) }
