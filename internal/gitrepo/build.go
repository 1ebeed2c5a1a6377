// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// ErrNothingChanges is what Build returns when the commit would have the tree of its base.
var ErrNothingChanges = errors.New("nothing changes")

// A built is a commit that exists in memory only.
type built struct {
	base    commit.ID
	objects []object // the commit last
}

// build makes a commit on base that gives files new content.
func (m *mirror) build(base commit.ID, files []commit.File, meta commit.Meta) (commit.ID, built, error) {
	c, err := m.commit(base)
	if err != nil {
		return commit.ID{}, built{}, err
	}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b commit.File) int { return strings.Compare(a.Path, b.Path) })
	w := writer{mirror: m, made: map[commit.ID]bool{}}
	tree, err := w.folder(c.Tree, "", files)
	if err != nil {
		return commit.ID{}, built{}, err
	}
	if tree == c.Tree {
		return commit.ID{}, built{}, ErrNothingChanges
	}
	raw, err := meta.Encode(tree, base)
	if err != nil {
		return commit.ID{}, built{}, err
	}
	id := idOf(commitKind, raw)
	return id, built{base: base, objects: append(w.objects, object{kind: commitKind, id: id, content: raw})}, nil
}

// A writer collects the objects of a commit.
type writer struct {
	mirror  *mirror
	objects []object
	made    map[commit.ID]bool // the ids of objects
}

// folder returns the id of a copy of the tree in which files, sorted by path, have new content. prefix is the path of
// the tree with a slash at its end; every path begins with it.
//
// Only the ids in the tree's bytes are replaced: modes, names and order stay what they are, even where Git would
// write them in another way today.
func (w *writer) folder(id commit.ID, prefix string, files []commit.File) (commit.ID, error) {
	raw, err := w.mirror.read(treeKind, id)
	if err != nil {
		return commit.ID{}, err
	}
	children, err := parseTree(raw)
	if err == nil {
		err = checkTree(children)
	}
	if err != nil {
		return commit.ID{}, fmt.Errorf("changing folder %q: %w", prefix, err)
	}
	changed := bytes.Clone(raw)
	byName := make(map[string]int, len(children))
	for i, c := range children {
		byName[c.name] = i
	}
	for len(files) > 0 {
		name, _, below := strings.Cut(files[0].Path[len(prefix):], "/")
		i, found := byName[name]
		if !found {
			return commit.ID{}, fmt.Errorf("changing %q: there is no such file", files[0].Path)
		}
		var next commit.ID
		if n := 1; below {
			inside := prefix + name + "/"
			for n < len(files) && strings.HasPrefix(files[n].Path, inside) {
				n++
			}
			next, err = w.subfolder(children[i], inside, files[:n])
			files = files[n:]
		} else {
			next, err = w.file(children[i], files)
			files = files[1:]
		}
		if err != nil {
			return commit.ID{}, err
		}
		copy(changed[children[i].at:], next[:])
	}
	return w.add(object{kind: treeKind, content: changed, was: id}), nil
}

func (w *writer) subfolder(c child, inside string, files []commit.File) (commit.ID, error) {
	if c.kind != site.Folder {
		return commit.ID{}, fmt.Errorf("changing %q: %q is not a folder", files[0].Path, strings.TrimSuffix(inside, "/"))
	}
	return w.folder(c.id, inside, files)
}

// file returns the id of the first of files.
func (w *writer) file(c child, files []commit.File) (commit.ID, error) {
	if c.kind != site.File && c.kind != site.Executable {
		return commit.ID{}, fmt.Errorf("changing %q: it is not a file", files[0].Path)
	}
	if len(files) > 1 && files[1].Path == files[0].Path {
		return commit.ID{}, fmt.Errorf("changing %q: it is changed twice", files[0].Path)
	}
	return w.add(object{kind: blobKind, content: files[0].Content, was: c.id}), nil
}

// add takes in an object unless it is the same as before or as another, and returns its id.
func (w *writer) add(o object) commit.ID {
	o.id = idOf(o.kind, o.content)
	if o.id != o.was && !w.made[o.id] {
		w.made[o.id] = true
		w.objects = append(w.objects, o)
	}
	return o.id
}
