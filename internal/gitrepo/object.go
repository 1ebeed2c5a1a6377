// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"crypto"
	"errors"
	"fmt"
	stdhash "hash"

	"github.com/go-git/go-git/v5/plumbing/hash"

	"github.com/fairlead-dev/fairlead/internal/commit"
)

// A kind is the type of an object, as a pack writes it.
type kind uint8

const (
	commitKind kind = 1
	treeKind   kind = 2
	blobKind   kind = 3
	tagKind    kind = 4
	offsetDiff kind = 6 // a difference to an earlier object of the pack
	namedDiff  kind = 7 // a difference to an object named by its id
)

func (k kind) String() string {
	switch k {
	case commitKind:
		return "commit"
	case treeKind:
		return "tree"
	case blobKind:
		return "blob"
	case tagKind:
		return "tag"
	default:
		return fmt.Sprintf("kind %d", uint8(k))
	}
}

func (k kind) isDiff() bool { return k == offsetDiff || k == namedDiff }

// errBroken is in the chain of an error when the content of a pack or a mirror cannot be right. A mirror that gave it
// is cloned again.
var errBroken = errors.New("the copy of the repository is damaged")

func broken(format string, args ...any) error {
	return fmt.Errorf("%w: %w", errBroken, fmt.Errorf(format, args...))
}

// newHash returns a hash for the id of an object. It notices attempts to make two objects with one id.
func newHash(k kind, size int64) stdhash.Hash {
	h := hash.New(crypto.SHA1)
	_, _ = fmt.Fprintf(h, "%s %d\x00", k, size)
	return h
}

// idOf returns the id of an object.
func idOf(k kind, content []byte) commit.ID {
	h := newHash(k, int64(len(content)))
	h.Write(content)
	return commit.ID(h.Sum(nil))
}
