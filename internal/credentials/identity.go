// SPDX-License-Identifier: Apache-2.0

package credentials

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// identity hashes parts so that no two lists of them are confused: each is preceded by its length.
func identity(kind string, parts ...string) string {
	h := sha256.New()
	for _, part := range append([]string{"fairlead.dev/credentials/" + kind}, parts...) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// text returns the value of key, empty when there is none.
func (s Secret) text(key string) string { return string(s.Data[key]) }

// line returns the value of key without the line end that editors and echo put there.
func (s Secret) line(key string) string { return strings.TrimRight(s.text(key), "\r\n") }

// has tells whether s has the key at all.
func (s Secret) has(key string) bool {
	_, ok := s.Data[key]
	return ok
}

// checkSizes refuses a Secret with a value that is too large to be parsed.
func (s Secret) checkSizes() error {
	for _, key := range slices.Sorted(maps.Keys(s.Data)) {
		if len(s.Data[key]) > maxValue {
			return s.invalid("the key %s is larger than %d bytes", key, maxValue)
		}
	}
	return nil
}
