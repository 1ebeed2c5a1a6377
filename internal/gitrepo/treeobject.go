// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// A child is an entry of a tree object.
type child struct {
	mode string // octal digits as they stand there
	kind site.Kind
	name string
	id   commit.ID
	at   int // where the id stands in the tree's bytes
}

var errTreeBytes = errors.New("the bytes of a folder are not those of a tree")

// parseTree reads the bytes of a tree: "mode name NUL id", again and again. Names and order are not judged.
func parseTree(raw []byte) ([]child, error) {
	children := make([]child, 0, len(raw)/40)
	for at := 0; at < len(raw); {
		space := bytes.IndexByte(raw[at:], ' ')
		if space < 0 {
			return nil, errTreeBytes
		}
		name := at + space + 1
		end := bytes.IndexByte(raw[name:], 0)
		if end < 0 || len(raw)-name-end-1 < len(commit.ID{}) {
			return nil, errTreeBytes
		}
		mode, err := strconv.ParseUint(string(raw[at:at+space]), 8, 32)
		if err != nil {
			return nil, errTreeBytes
		}
		id := name + end + 1
		children = append(children, child{
			mode: string(raw[at : at+space]), kind: kindOf(mode), name: string(raw[name : name+end]),
			id: commit.ID(raw[id:]), at: id,
		})
		at = id + len(commit.ID{})
	}
	return children, nil
}

// kindOf reads a mode as Git does: the type's bits, and of the permissions whether the owner may run it.
func kindOf(mode uint64) site.Kind {
	switch mode & 0o170000 {
	case 0o040000:
		return site.Folder
	case 0o120000:
		return site.Symlink
	case 0o160000:
		return site.Submodule
	}
	if mode&0o100 != 0 {
		return site.Executable
	}
	return site.File
}

// checkTree says why a tree with these children is not one that a strict server takes, or nil. A commit with such a
// folder, though the folder itself comes from others, is not made: its changed copy would be ours.
func checkTree(children []child) error {
	seen := make(map[string]bool, len(children))
	for i, c := range children {
		switch {
		case c.name == "" || c.name == "." || c.name == ".." || strings.Contains(c.name, "/"):
			return fmt.Errorf("an entry is named %.40q", c.name)
		case isDotGit(c.name):
			return fmt.Errorf("an entry is named %.40q, which some systems take for .git", c.name)
		case seen[c.name]:
			return fmt.Errorf("%.40q stands in it twice", c.name)
		case i > 0 && order(children[i-1]) > order(c):
			return fmt.Errorf("%.40q is out of order", c.name)
		case strings.HasPrefix(c.mode, "0"):
			return fmt.Errorf("the mode %.10q of %.40q is padded", c.mode, c.name)
		case c.id.IsZero():
			return fmt.Errorf("%.40q names no object", c.name)
		case c.kind == site.Symlink && strings.EqualFold(c.name, ".gitmodules"):
			return errors.New(".gitmodules is a symbolic link")
		}
		seen[c.name] = true
	}
	return nil
}

// order is what Git sorts a tree's entries by: a folder as if its name ended in a slash.
func order(c child) string {
	if c.kind == site.Folder {
		return c.name + "/"
	}
	return c.name
}

// ignorable removes the characters that HFS+ passes over when it compares names.
var ignorable = strings.NewReplacer("\u200c", "", "\u200d", "", "\u200e", "", "\u200f", "", "\u202a", "", "\u202b", "", "\u202c", "",
	"\u202d", "", "\u202e", "", "\u206a", "", "\u206b", "", "\u206c", "", "\u206d", "", "\u206e", "", "\u206f", "", "\ufeff", "")

// isDotGit tells whether some file system takes name for .git: by case, by ignored characters, by a short name, by a
// stream, or by dots and spaces at its end.
func isDotGit(name string) bool {
	name = strings.ToLower(ignorable.Replace(name))
	if end := strings.IndexAny(name, `:\`); end >= 0 {
		name = name[:end]
	}
	name = strings.TrimRight(name, " .")
	return name == ".git" || name == "git~1"
}

// verify makes sure that the whole tree of a commit is there. What it shares with like, a commit whose tree is known
// to be whole, is not looked at again, so that a small change costs little; a zero like shares nothing.
func (m *mirror) verify(ctx context.Context, id, like commit.ID) error {
	todo := []pair{{}}
	var err error
	if todo[0].tree, err = m.root(id); err != nil {
		return err
	}
	if !like.IsZero() {
		if todo[0].like, err = m.root(like); err != nil {
			return err
		}
	}
	seen := map[commit.ID]bool{}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if p.tree == p.like || seen[p.tree] {
			continue
		}
		seen[p.tree] = true
		if err := ctx.Err(); err != nil {
			return err
		}
		below, err := m.verifyFolder(p)
		if err != nil {
			return err
		}
		todo = append(todo, below...)
	}
	return nil
}

// A pair is a tree to be verified and one like it.
type pair struct{ tree, like commit.ID }

// verifyFolder looks for what stands directly in a tree, and returns the folders among it.
func (m *mirror) verifyFolder(p pair) ([]pair, error) {
	children, err := m.children(p.tree)
	if errors.Is(err, errTreeBytes) {
		return nil, nil // it is there, and that is all there is to it
	}
	if err != nil {
		return nil, err
	}
	like := map[string]commit.ID{}
	if !p.like.IsZero() {
		old, err := m.children(p.like)
		if err != nil && !errors.Is(err, errTreeBytes) {
			return nil, err
		}
		for _, c := range old {
			like[c.name] = c.id
		}
	}
	var below []pair
	for _, c := range children {
		switch {
		case c.kind == site.Submodule || c.id == like[c.name]:
		case c.kind == site.Folder:
			below = append(below, pair{c.id, like[c.name]})
		case !m.has(c.id):
			return nil, broken("looking for %q: %w", c.name, errMissing)
		}
	}
	return below, nil
}

// root returns the tree of a commit that is there.
func (m *mirror) root(id commit.ID) (commit.ID, error) {
	raw, err := m.read(commitKind, id)
	if err != nil {
		return commit.ID{}, err
	}
	c, err := commit.Parse(id, raw)
	return c.Tree, err
}

// children returns the entries of a tree that is there.
func (m *mirror) children(id commit.ID) ([]child, error) {
	raw, err := m.read(treeKind, id)
	if err != nil {
		return nil, err
	}
	return parseTree(raw)
}
