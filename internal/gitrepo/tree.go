// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/site"
)

const (
	maxName  = 255  // bytes of a name
	maxPath  = 4096 // bytes of a path
	maxDepth = 128  // folders in one another
)

// A Tree is the files of one commit, a site.Tree. It can be read until its lane fetches again or is released, by several goroutines at
// once, one of which reads at a time.
//
// Listing a folder that is not a tree a strict server takes (names like .git or .., duplicates, disorder), or that lies
// 128 folders deep, is site.ErrRefused. If the root itself is such a folder, it is a waiting fault, for nothing at all
// could be written. What has a name of more than 255 bytes, which no system can check out, is not listed.
type Tree struct {
	lane   *Lane
	mirror *mirror
	root   commit.ID
}

// treeID is a site.ID: the 20 bytes of an object's name, and zeros.
func treeID(id commit.ID) (wide site.ID) {
	copy(wide[:], id[:])
	return wide
}

func objectID(id site.ID) commit.ID { return commit.ID(id[:len(commit.ID{})]) }

// Root returns the entry of the tree itself.
func (t *Tree) Root() site.Entry {
	return site.Entry{Kind: site.Folder, ID: treeID(t.root), Size: -1}
}

// List returns what stands directly in folder, in the order of its names.
func (t *Tree) List(folder site.Entry) ([]site.Entry, error) {
	if strings.Count(folder.Path, "/") >= maxDepth-1 {
		return nil, refused(folder, errors.New("it lies too deep"))
	}
	children, err := t.mirror.children(objectID(folder.ID))
	if err != nil && !errors.Is(err, errTreeBytes) {
		return nil, t.failed(folder.Path, err)
	}
	if err == nil {
		err = checkTree(children)
	}
	if err != nil {
		return nil, refused(folder, err)
	}
	entries := make([]site.Entry, 0, len(children))
	for _, c := range children {
		path := c.name
		if folder.Path != "" {
			path = folder.Path + "/" + c.name
		}
		if len(c.name) > maxName || len(path) > maxPath {
			continue
		}
		entries = append(entries, site.Entry{Path: path, Kind: c.kind, ID: treeID(c.id), Size: -1})
	}
	slices.SortFunc(entries, func(a, b site.Entry) int { return strings.Compare(a.Path, b.Path) }) // Git sorts folders otherwise
	return entries, nil
}

// refused is the error of a folder that is left alone.
func refused(folder site.Entry, why error) error {
	if folder.Path == "" {
		return fault.Wait(reason.GitFailed, fmt.Errorf("reading the repository's root folder: %w; a commit with it would be refused", why))
	}
	return fmt.Errorf("%w: %w", site.ErrRefused, why)
}

// Read returns the content of file. Over maxBytes it is an error that is site.ErrTooLarge; it is not read then.
func (t *Tree) Read(file site.Entry, maxBytes int64) ([]byte, error) {
	id := objectID(file.ID)
	size, err := t.mirror.size(id)
	if err == nil && size > maxBytes {
		return nil, fmt.Errorf("reading %q of %d bytes: %w", file.Path, size, site.ErrTooLarge)
	}
	var content []byte
	if err == nil {
		content, err = t.mirror.read(blobKind, id)
	}
	if err != nil {
		return nil, t.failed(file.Path, err)
	}
	return content, nil
}

// failed takes note that something of the tree is not there.
func (t *Tree) failed(path string, err error) error {
	return fmt.Errorf("reading %q: %w", path, t.lane.blame(t.mirror, err))
}
