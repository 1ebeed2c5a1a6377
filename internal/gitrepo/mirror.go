// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"

	"github.com/fairlead-dev/fairlead/internal/commit"
)

const (
	cacheSize = cache.FileSize(32 << 20) // bytes of objects kept by an open mirror
	tipRef    = "refs/heads/tip"
	packs     = "objects/pack"
)

// A mirror is a bare repository on disk that holds whole trees of a few commits and no history:
//
//	HEAD, config, refs/heads/tip    so that git itself can read it; tip is the commit last fetched or pushed
//	shallow                         every commit whose whole tree is there
//	objects/pack                    packs; nothing is ever stored otherwise
//
// Its files are opened when they are first needed, and kept open until close.
type mirror struct {
	dir   string
	whole map[commit.ID]bool // what shallow lists
	tip   commit.ID

	mu    sync.Mutex // the storage is not safe for concurrent use when it keeps files open
	store *filesystem.Storage
}

// createMirror makes an empty mirror in dir, which exists and is empty.
func createMirror(dir string) (*mirror, error) {
	for _, sub := range []string{packs, "refs/heads"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, err
		}
	}
	for name, content := range map[string]string{
		"HEAD":   "ref: " + tipRef + "\n",
		"config": "[core]\n\trepositoryformatversion = 0\n\tbare = true\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return nil, err
		}
	}
	return &mirror{dir: dir, whole: map[commit.ID]bool{}}, nil
}

// loadMirror reads what a mirror says about itself. One that does not make sense is errBroken; so is none.
func loadMirror(dir string) (*mirror, error) {
	tip, err := readIDs(filepath.Join(dir, tipRef))
	if err != nil {
		return nil, err
	}
	whole, err := readIDs(filepath.Join(dir, "shallow"))
	if err != nil {
		return nil, err
	}
	m := &mirror{dir: dir, whole: map[commit.ID]bool{}}
	for _, id := range whole {
		m.whole[id] = true
	}
	if len(tip) != 1 || !m.whole[tip[0]] {
		return nil, broken("the mirror names no tip that is whole")
	}
	m.tip = tip[0]
	return m, nil
}

func readIDs(file string) ([]commit.ID, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, broken("reading a mirror: %w", err)
	}
	var ids []commit.ID
	for line := range strings.Lines(string(text)) {
		id, err := commit.ParseID(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, broken("reading a mirror: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// close closes the mirror's files. It can still be used: they are opened again.
func (m *mirror) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.shut()
}

func (m *mirror) shut() error {
	if m.store == nil {
		return nil
	}
	store := m.store
	m.store = nil
	return store.Close()
}

// objects returns the storage, opened. The caller holds mu.
func (m *mirror) objects() *filesystem.Storage {
	if m.store == nil {
		m.store = filesystem.NewStorageWithOptions(packsOnly{osfs.New(m.dir)}, cache.NewObjectLRU(cacheSize),
			filesystem.Options{KeepDescriptors: true})
	}
	return m.store
}

// packsOnly is the files of a mirror as the storage sees them: it looks for each object in a file of its own first, and
// there never is one, so the disk need not be asked.
type packsOnly struct{ billy.Filesystem }

func (f packsOnly) Open(name string) (billy.File, error) {
	if strings.HasPrefix(name, "objects/") && !strings.HasPrefix(name, packs) {
		return nil, &os.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
	}
	return f.Filesystem.Open(name)
}

// any returns the kind and the content of an object. errMissing: it is not there.
func (m *mirror) any(id commit.ID) (kind, []byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o, err := m.objects().EncodedObject(plumbing.AnyObject, plumbing.Hash(id))
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return 0, nil, broken("reading object %s: %w", id, errMissing)
	}
	if err != nil {
		return 0, nil, broken("reading object %s: %w", id, err)
	}
	content := make([]byte, o.Size())
	r, err := o.Reader()
	if err == nil {
		_, err = io.ReadFull(r, content)
		err = errors.Join(err, r.Close())
	}
	if err != nil {
		return 0, nil, broken("reading object %s: %w", id, err)
	}
	return kind(o.Type()), content, nil
}

// read returns the content of an object of a known kind.
func (m *mirror) read(want kind, id commit.ID) ([]byte, error) {
	got, content, err := m.any(id)
	if err == nil && got != want {
		err = broken("object %s is a %s, not a %s", id, got, want)
	}
	return content, err
}

// size returns the length of an object's content without reading it.
func (m *mirror) size(id commit.ID) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, err := m.objects().EncodedObjectSize(plumbing.Hash(id))
	if err != nil {
		return 0, broken("reading object %s: %w", id, err)
	}
	return n, nil
}

// has tells whether an object is there.
func (m *mirror) has(id commit.ID) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.objects().HasEncodedObject(plumbing.Hash(id)) == nil
}

// commit returns a commit whose whole tree is there.
func (m *mirror) commit(id commit.ID) (commit.Commit, error) {
	if !m.whole[id] {
		return commit.Commit{}, broken("reading commit %s: %w", id, errMissing)
	}
	raw, err := m.read(commitKind, id)
	if err != nil {
		return commit.Commit{}, err
	}
	return commit.Parse(id, raw)
}

// take takes in a pack. see is called for each commit in it and may be nil.
func (m *mirror) take(ctx context.Context, in io.Reader, see func(commit.ID, []byte) error) error {
	return m.intake(ctx, in, see, true)
}

// peek shows see each commit of a pack and keeps nothing.
func (m *mirror) peek(ctx context.Context, in io.Reader, see func(commit.ID, []byte) error) error {
	return m.intake(ctx, in, see, false)
}

func (m *mirror) intake(ctx context.Context, in io.Reader, see func(commit.ID, []byte) error, keep bool) (err error) {
	file, err := os.CreateTemp(filepath.Join(m.dir, packs), "tmp_pack_")
	if err != nil {
		return fmt.Errorf("storing a pack: %w", err)
	}
	defer func() {
		err = errors.Join(err, file.Close())
		if removal := os.Remove(file.Name()); !errors.Is(removal, os.ErrNotExist) {
			err = errors.Join(err, removal)
		}
	}()
	t := intake{file: file, base: m.any, see: see, stop: ctx.Err}
	if err := t.scan(in); err != nil {
		return err
	}
	if err := t.resolve(); err != nil {
		return err
	}
	if !keep || len(t.entries) == 0 {
		return nil
	}
	return m.install(&t)
}

// install makes a pack that was taken in a part of the mirror. Index and pack are on disk before either gets its
// name, so that a power cut leaves the pack or nothing.
func (m *mirror) install(t *intake) error {
	sum, err := t.complete()
	if err != nil {
		return fmt.Errorf("completing a pack: %w", err)
	}
	index, err := t.index(sum)
	if err != nil {
		return err
	}
	if err := t.file.Sync(); err != nil {
		return fmt.Errorf("storing a pack: %w", err)
	}
	name := filepath.Join(m.dir, packs, fmt.Sprintf("pack-%x", [sha1.Size]byte(sum)))
	if err := replace(name+".idx", index); err != nil {
		return fmt.Errorf("storing an index: %w", err)
	}
	if err := os.Rename(t.file.Name(), name+".pack"); err != nil {
		return fmt.Errorf("storing a pack: %w", err)
	}
	return m.close() // the storage lists packs once
}

// replace writes a file that is seen whole or not at all.
func replace(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "tmp_file_")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// confirm adds a commit to those whose whole tree is there.
func (m *mirror) confirm(id commit.ID) error {
	if m.whole[id] {
		return nil
	}
	m.whole[id] = true
	var text strings.Builder
	for _, id := range sortedIDs(m.whole) {
		text.WriteString(id.String() + "\n")
	}
	if err := replace(filepath.Join(m.dir, "shallow"), []byte(text.String())); err != nil {
		delete(m.whole, id)
		return fmt.Errorf("marking commit %s as whole: %w", id, err)
	}
	return nil
}

// settle makes a whole commit the tip.
func (m *mirror) settle(id commit.ID) error {
	if m.tip == id {
		return nil
	}
	if err := replace(filepath.Join(m.dir, tipRef), []byte(id.String()+"\n")); err != nil {
		return fmt.Errorf("moving the tip: %w", err)
	}
	m.tip = id
	return nil
}

// A footprint is what a mirror takes up.
type footprint struct {
	packs           int
	bytes, greatest int64 // of all packs; of the largest
}

// measure looks at the mirror's packs. A mirror that is gone is errBroken.
func (m *mirror) measure() (footprint, error) {
	files, err := os.ReadDir(filepath.Join(m.dir, packs))
	if err != nil {
		return footprint{}, broken("looking at a mirror: %w", err)
	}
	var f footprint
	for _, file := range slices.DeleteFunc(files, func(e os.DirEntry) bool { return filepath.Ext(e.Name()) != ".pack" }) {
		info, err := file.Info()
		if err != nil {
			return footprint{}, broken("looking at a mirror: %w", err)
		}
		f.packs++
		f.bytes += info.Size()
		f.greatest = max(f.greatest, info.Size())
	}
	return f, nil
}

// crowded tells whether the mirror should be cloned again to make it small: many packs make every read slow.
func (f footprint) crowded(disk int64, packs int) bool {
	const slack = 8 << 20
	return f.packs > packs || f.bytes > 2*f.greatest+slack || f.bytes > disk
}
