// SPDX-License-Identifier: Apache-2.0

package references

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// fromUTF16 returns what src says if a mark at its beginning says that it is UTF-16. It is not edited, but whoever
// keeps images in such a file should hear of it.
func fromUTF16(src []byte) (text []byte, wide bool) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(src, []byte{0xFF, 0xFE}):
		order = binary.LittleEndian
	case bytes.HasPrefix(src, []byte{0xFE, 0xFF}):
		order = binary.BigEndian
	default:
		return nil, false
	}
	for at := 2; at+1 < len(src); at += 2 {
		r := rune(order.Uint16(src[at:]))
		if utf16.IsSurrogate(r) {
			r = utf8.RuneError // no image is written with those
		}
		text = utf8.AppendRune(text, r)
	}
	return text, true
}
