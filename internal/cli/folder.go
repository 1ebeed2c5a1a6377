// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// A folder is a folder of this machine as the tree that Git would make of it. No path in it leads outside, and
// links are not followed. What Git does not keep is not there: its own folder, sockets, devices.
type folder struct{ root *os.Root }

// Root returns the folder itself.
func (f folder) Root() site.Entry { return site.Entry{Kind: site.Folder} }

// List returns what stands directly in dir.
func (f folder) List(dir site.Entry) ([]site.Entry, error) {
	opened, err := f.root.Open(cmp.Or(dir.Path, "."))
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }() // it was only read
	names, err := opened.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	entries := make([]site.Entry, 0, len(names))
	for _, name := range names {
		entry, ok, err := f.entry(dir, name)
		if err != nil {
			return nil, err
		}
		if ok {
			entries = append(entries, entry)
		}
	}
	slices.SortFunc(entries, func(a, b site.Entry) int { return strings.Compare(a.Path, b.Path) })
	return entries, nil
}

// entry describes one name of dir; ok is false for what Git does not keep.
func (f folder) entry(dir site.Entry, name fs.DirEntry) (entry site.Entry, ok bool, err error) {
	entry = site.Entry{Path: path.Join(dir.Path, name.Name()), Size: -1}
	switch {
	case name.Name() == ".git":
		return entry, false, nil
	case name.IsDir():
		entry.Kind = site.Folder
		if _, err := f.root.Lstat(path.Join(entry.Path, ".git")); err == nil {
			entry.Kind = site.Submodule
		}
		return entry, true, nil
	case name.Type() == fs.ModeSymlink:
		entry.Kind = site.Symlink
		return entry, true, nil
	case !name.Type().IsRegular():
		return entry, false, nil
	}
	info, err := name.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return entry, false, nil // it went away since
	}
	if err != nil {
		return entry, false, err
	}
	entry.Kind, entry.Size = site.File, info.Size()
	if info.Mode()&0o111 != 0 {
		entry.Kind = site.Executable
	}
	return entry, true, nil
}

// Read returns the content of file.
func (f folder) Read(file site.Entry, maxBytes int64) ([]byte, error) {
	opened, err := f.root.Open(file.Path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = opened.Close() }() // it was only read
	content, err := io.ReadAll(io.LimitReader(opened, maxBytes+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(content)) > maxBytes:
		return nil, site.ErrTooLarge
	}
	return content, nil
}

// writeFiles replaces files one after the other, each at once: whoever reads one sees the old or the new content.
// Modes are kept. After an error the files before it are written, and planning again finds the rest.
func writeFiles(root *os.Root, files []plan.File) error {
	for _, f := range files {
		if err := replace(root, f.Entry.Path, f.Content); err != nil {
			return fmt.Errorf("writing %q: %w", f.Entry.Path, err)
		}
	}
	return nil
}

// replace writes beside the file and renames.
func replace(root *os.Root, name string, content []byte) error {
	info, err := root.Lstat(name)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("is no ordinary file any more")
	}
	beside := path.Join(path.Dir(name), ".fairlead-"+rand.Text())
	if err := writeNew(root, beside, content, info.Mode().Perm()); err != nil {
		return errors.Join(err, removeIfThere(root, beside))
	}
	if err := root.Rename(beside, name); err != nil {
		return errors.Join(err, removeIfThere(root, beside))
	}
	return nil
}

func writeNew(root *os.Root, name string, content []byte, mode fs.FileMode) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Chmod(mode) // exactly this one, whatever the umask
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func removeIfThere(root *os.Root, name string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
