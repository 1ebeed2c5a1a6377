// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"fmt"

	"github.com/fairlead-dev/fairlead/internal/commit"
)

// An object is one that was made here.
type object struct {
	kind    kind
	id      commit.ID
	content []byte
	was     commit.ID // the object it takes the place of; zero: none
}

// encodePack returns a pack of objects. read gives the content of the objects that they take the place of, so that
// an object can be written as the difference; nil: each is written whole.
func encodePack(objects []object, read func(kind, commit.ID) ([]byte, error)) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("PACK")
	b.Write(binary.BigEndian.AppendUint32(nil, 2))
	b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(objects))))
	z := zlib.NewWriter(&b)
	for _, o := range objects {
		k, content := o.kind, o.content
		if read != nil && !o.was.IsZero() {
			old, err := read(o.kind, o.was)
			if err != nil {
				return nil, err
			}
			if d := diff(old, o.content); len(d) < len(o.content)/2 {
				k, content = namedDiff, d
			}
		}
		writeEntryHead(&b, k, len(content))
		if k == namedDiff {
			b.Write(o.was[:])
		}
		if err := deflate(z, &b, content); err != nil {
			return nil, fmt.Errorf("packing %s: %w", o.id, err)
		}
	}
	sum := sha1.Sum(b.Bytes())
	b.Write(sum[:])
	return b.Bytes(), nil
}

func deflate(z *zlib.Writer, b *bytes.Buffer, content []byte) error {
	z.Reset(b)
	if _, err := z.Write(content); err != nil {
		return err
	}
	return z.Close()
}

// writeEntryHead writes the type of an entry and its length: four bits in the first byte, seven in each that follows.
func writeEntryHead(b *bytes.Buffer, k kind, size int) {
	c := byte(k)<<4 | byte(size&0x0f)
	for size >>= 4; size > 0; size >>= 7 {
		b.WriteByte(c | 0x80)
		c = byte(size & 0x7f)
	}
	b.WriteByte(c)
}
