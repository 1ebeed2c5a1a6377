// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/gitwire"
)

// A Lane is a branch of a repository, held by one user until it is released. Its methods are called one after another;
// trees it gave out may be read meanwhile.
//
// Faults are those of gitwire. What is wrong with the mirror is a transient GitFailed: the next Fetch clones it again.
type Lane struct {
	wire    *gitwire.Remote
	parent  string // the folder of all mirrors
	dir     string // the mirror's
	branch  string
	timeout time.Duration
	disk    int64 // bytes and packs of a mirror before it is cloned again
	packs   int
	pending map[commit.ID]built // what was built and not pushed

	mu      sync.Mutex
	mirror  *mirror // nil: not opened yet, or there is none
	damaged bool    // something was missing in it
}

// close lets go of the mirror, and removes it if it is damaged: whoever comes next would not know.
func (l *Lane) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mirror != nil {
		_ = l.mirror.close() // it was only read
	}
	if l.damaged {
		_ = os.RemoveAll(l.dir) // what is left of it is damaged still, and found to be
	}
}

// within limits a network operation in time.
func (l *Lane) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, l.timeout)
}

// Head asks the server what the branch points at. It is one small request and touches no file.
func (l *Lane) Head(ctx context.Context) (commit.Head, error) {
	ctx, cancel := l.within(ctx)
	defer cancel()
	return l.wire.Head(ctx, l.branch)
}

// Fetch makes the whole tree of head readable, and of the commits in keep those that the server still gives; Has tells
// which. What is there already is not fetched again, and without anything to fetch nobody is asked.
func (l *Lane) Fetch(ctx context.Context, head commit.Head, keep ...commit.ID) error {
	ctx, cancel := l.within(ctx)
	defer cancel()
	m, err := l.open()
	if err == nil {
		err = l.advance(ctx, m, head.Commit, keep)
	}
	if errors.Is(err, errBroken) || errors.Is(err, gitwire.ErrRefused) { // some servers understand nothing but a clone
		err = l.clone(ctx, head.Commit, keep)
	}
	if err != nil {
		return fmt.Errorf("fetching %s: %w", head.Branch, l.local(err))
	}
	return nil
}

// local classifies an error of the disk or of a mirror.
func (l *Lane) local(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	return fault.Retry(reason.GitFailed, err)
}

// open returns the mirror, if there is one that can be used.
func (l *Lane) open() (*mirror, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.damaged {
		return nil, errBroken
	}
	if l.mirror == nil {
		m, err := loadMirror(l.dir)
		if err != nil {
			return nil, err
		}
		l.mirror = m
	}
	return l.mirror, nil
}

// advance fetches into the mirror what it lacks. errBroken: the mirror must be cloned again.
func (l *Lane) advance(ctx context.Context, m *mirror, head commit.ID, keep []commit.ID) error {
	size, err := m.measure()
	if err != nil {
		return err
	}
	if !m.whole[head] {
		if size.crowded(l.disk, l.packs) {
			return broken("it is crowded")
		}
		if err := l.fetchWhole(ctx, m, head, m.tip); err != nil {
			return err
		}
	}
	if err := m.settle(head); err != nil {
		return err
	}
	return l.fetchKept(ctx, m, keep)
}

// fetchWhole fetches one commit with its whole tree; the mirror has that of like, or like is zero.
func (l *Lane) fetchWhole(ctx context.Context, m *mirror, id, like commit.ID) error {
	err := l.wire.Fetch(ctx, gitwire.Ask{Want: id, Depth: 1, Have: like}, func(pack io.Reader) error {
		return m.take(ctx, pack, nil)
	})
	if err != nil {
		return err
	}
	if err := m.verify(ctx, id, like); err != nil {
		return err
	}
	return m.confirm(id)
}

// maxDeepening is how many commits a history is deepened by.
const maxDeepening = 256

// fetchKept fetches what is to be kept beside the tip: by its name, or, from a server that gives away no commit by its
// name, by asking for more and more history. A commit that is not to be had is no error.
func (l *Lane) fetchKept(ctx context.Context, m *mirror, keep []commit.ID) error {
	for _, id := range keep {
		if id.IsZero() || m.whole[id] {
			continue
		}
		err := l.fetchWhole(ctx, m, id, m.tip)
		for depth := 2; errors.Is(err, gitwire.ErrNotThere) && depth <= maxDeepening; depth *= 2 {
			err = l.fetchDeep(ctx, m, id, depth)
		}
		if err != nil && !errors.Is(err, gitwire.ErrNotThere) {
			return err
		}
	}
	return nil
}

// fetchDeep fetches history of the tip in the hope that id is in it; if not, it is ErrNotThere.
func (l *Lane) fetchDeep(ctx context.Context, m *mirror, id commit.ID, depth int) error {
	found := false
	err := l.wire.Fetch(ctx, gitwire.Ask{Want: m.tip, Depth: depth, Have: m.tip}, func(pack io.Reader) error {
		return m.take(ctx, pack, func(seen commit.ID, _ []byte) error {
			found = found || seen == id
			return nil
		})
	})
	if err != nil {
		return err
	}
	if !found {
		return gitwire.ErrNotThere
	}
	if err := m.verify(ctx, id, m.tip); err != nil {
		return err
	}
	return m.confirm(id)
}

// clone makes a mirror afresh beside the old one, and puts it in its place when it is whole.
func (l *Lane) clone(ctx context.Context, head commit.ID, keep []commit.ID) error {
	dir, err := os.MkdirTemp(l.parent, freshName)
	if err != nil {
		return err
	}
	m, err := createMirror(dir)
	if err == nil {
		err = l.fetchWhole(ctx, m, head, commit.ID{})
	}
	if err == nil {
		err = m.settle(head)
	}
	if err == nil {
		err = l.fetchKept(ctx, m, keep)
	}
	if err == nil {
		err = l.swap(m)
	}
	if err != nil {
		if m != nil {
			err = errors.Join(err, m.close())
		}
		return errors.Join(err, os.RemoveAll(dir))
	}
	return nil
}

// swap puts a fresh mirror in the place of the lane's. A crash in between leaves none, which is as good.
func (l *Lane) swap(fresh *mirror) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mirror != nil {
		_ = l.mirror.close() // it is thrown away
	}
	l.mirror = nil
	old, err := os.MkdirTemp(l.parent, oldName)
	if err != nil {
		return err
	}
	if err := os.Rename(l.dir, filepath.Join(old, "mirror")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, os.RemoveAll(old))
	}
	if err := fresh.close(); err != nil {
		return err
	}
	if err := os.Rename(fresh.dir, l.dir); err != nil {
		return err
	}
	fresh.dir = l.dir
	l.mirror, l.damaged = fresh, false
	return os.RemoveAll(old)
}

// Has tells whether the whole tree of a commit is readable.
func (l *Lane) Has(id commit.ID) bool {
	m, err := l.open()
	return err == nil && m.whole[id]
}

// Commit returns a commit that Has.
func (l *Lane) Commit(id commit.ID) (commit.Commit, error) {
	m, err := l.open()
	if err != nil {
		return commit.Commit{}, l.local(err)
	}
	c, err := m.commit(id)
	if err != nil {
		return commit.Commit{}, l.blame(m, err)
	}
	return c, nil
}

// Tree returns the files of a commit that Has.
func (l *Lane) Tree(id commit.ID) (*Tree, error) {
	c, err := l.Commit(id)
	if err != nil {
		return nil, fmt.Errorf("opening the tree of %s: %w", id, err)
	}
	m, err := l.open()
	if err != nil {
		return nil, l.local(err)
	}
	return &Tree{lane: l, mirror: m, root: c.Tree}, nil
}

// blame takes note that a mirror is damaged, so that the next Fetch clones it again, and classifies err.
func (l *Lane) blame(m *mirror, err error) error {
	if errors.Is(err, errBroken) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.damaged = l.damaged || l.mirror == m
	}
	return l.local(err)
}

// Build makes a commit on base, which Has, that gives files new content. It is kept in memory until the lane is
// released; nothing is written anywhere. Equal arguments give the same commit.
//
// A file keeps its mode. A path that is not a file of base, or that stands in a folder a strict server refuses, is an
// error; a commit that would change nothing is ErrNothingChanges.
func (l *Lane) Build(base commit.ID, files []commit.File, meta commit.Meta) (commit.ID, error) {
	m, err := l.open()
	if err != nil {
		return commit.ID{}, l.local(err)
	}
	id, b, err := m.build(base, files, meta)
	if err != nil {
		return commit.ID{}, fmt.Errorf("building a commit on %s: %w", base, l.blame(m, err))
	}
	l.pending[id] = b
	return id, nil
}
