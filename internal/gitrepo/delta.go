// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"encoding/binary"
	"errors"
)

var errDelta = errors.New("a difference between objects makes no sense")

// A difference is two lengths, of the base and of the result, and then instructions: copy a range of the base, or
// insert the bytes that follow.

// patch applies a difference to base. The result may be at most most bytes.
func patch(base, diff []byte, most int64) ([]byte, error) {
	from, n := binary.Uvarint(diff)
	if n <= 0 || from != uint64(len(base)) {
		return nil, errDelta
	}
	diff = diff[n:]
	size, n := binary.Uvarint(diff)
	if n <= 0 || size > uint64(most) {
		return nil, errDelta
	}
	diff = diff[n:]
	out := make([]byte, 0, min(size, uint64(len(base)+64*len(diff))+1<<16)) // believed as far as it is likely
	for len(diff) > 0 {
		op := diff[0]
		diff = diff[1:]
		var piece []byte
		switch {
		case op&0x80 != 0:
			var start, length int
			var ok bool
			if start, length, diff, ok = copyRange(op, diff); !ok || start > len(base) || length > len(base)-start {
				return nil, errDelta
			}
			piece = base[start : start+length]
		case op != 0 && int(op) <= len(diff):
			piece, diff = diff[:op], diff[op:]
		default:
			return nil, errDelta
		}
		if uint64(len(out)+len(piece)) > size {
			return nil, errDelta
		}
		out = append(out, piece...)
	}
	if uint64(len(out)) != size {
		return nil, errDelta
	}
	return out, nil
}

// copyRange reads the operands of a copy: four bytes of start and three of length, of which those that are zero are
// left out. A length of zero means 64 KiB.
func copyRange(op byte, diff []byte) (start, length int, rest []byte, ok bool) {
	for i := range 7 {
		if op&(1<<i) == 0 {
			continue
		}
		if len(diff) == 0 {
			return 0, 0, nil, false
		}
		if i < 4 {
			start |= int(diff[0]) << (8 * i)
		} else {
			length |= int(diff[0]) << (8 * (i - 4))
		}
		diff = diff[1:]
	}
	if length == 0 {
		length = 0x10000
	}
	return start, length, diff, true
}

// diff returns a difference that makes to out of from. It finds what is equal at the ends and, where the lengths are
// equal, in between: enough for an edit of a few values and for a tree whose entries got new ids.
func diff(from, to []byte) []byte {
	out := binary.AppendUvarint(nil, uint64(len(from)))
	out = binary.AppendUvarint(out, uint64(len(to)))
	head := commonPrefix(from, to)
	tail := commonSuffix(from[head:], to[head:])
	out = appendCopy(out, 0, head)
	if len(from) == len(to) {
		out = diffAligned(out, from, to, head, len(to)-tail)
	} else {
		out = appendInsert(out, to[head:len(to)-tail])
	}
	return appendCopy(out, len(from)-tail, tail)
}

// worthCopying is the shortest run of equal bytes for which a copy is shorter than inserting them.
const worthCopying = 12

// diffAligned writes the difference of [start, end) of two contents of one length, position by position.
func diffAligned(out, from, to []byte, start, end int) []byte {
	inserted := start // what lies before it has been written
	for i := start; i < end; {
		run := commonPrefix(from[i:end], to[i:end])
		if run < worthCopying {
			i += run + 1
			continue
		}
		out = appendInsert(out, to[inserted:i])
		out = appendCopy(out, i, run)
		i += run
		inserted = i
	}
	return appendInsert(out, to[inserted:end])
}

func commonPrefix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func commonSuffix(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[len(a)-1-i] != b[len(b)-1-i] {
			return i
		}
	}
	return n
}

func appendInsert(out, bytes []byte) []byte {
	for len(bytes) > 0 {
		n := min(len(bytes), 0x7f)
		out = append(append(out, byte(n)), bytes[:n]...)
		bytes = bytes[n:]
	}
	return out
}

func appendCopy(out []byte, start, length int) []byte {
	for length > 0 {
		n := min(length, 0xffff)
		at := len(out)
		out = append(out, 0x80)
		for i := range 4 {
			if b := byte(start >> (8 * i)); b != 0 {
				out[at] |= 1 << i
				out = append(out, b)
			}
		}
		for i := range 2 {
			if b := byte(n >> (8 * i)); b != 0 {
				out[at] |= 1 << (4 + i)
				out = append(out, b)
			}
		}
		start, length = start+n, length-n
	}
	return out
}
