// SPDX-License-Identifier: Apache-2.0

package commit

import (
	"encoding/hex"
	"fmt"
)

// An ID is the SHA-1 name of a Git object. The zero ID names nothing.
type ID [20]byte

// ParseID reads 40 hexadecimal digits, lower or upper case.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != hex.EncodedLen(len(id)) {
		return ID{}, fmt.Errorf("object id of %d characters, want %d", len(s), hex.EncodedLen(len(id)))
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return ID{}, fmt.Errorf("object id %.60q is not hexadecimal", s)
	}
	return id, nil
}

// String returns 40 lower-case hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// IsZero tells whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// A Head is what a branch points at.
type Head struct {
	Branch string // without refs/heads/
	Commit ID
}

// A File is the new content of a path.
type File struct {
	Path    string // from the root of the tree, with slashes
	Content []byte
}
