// SPDX-License-Identifier: Apache-2.0

package site

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

const (
	// MaxFileBytes is the size of the largest file that is looked into.
	MaxFileBytes = 5 << 20
	// MaxFiles is how many files one selection may look at.
	MaxFiles = 100_000
	// MaxFolders is how many folders one selection may lead through. A few that hold each other many times would make
	// a tree without end.
	MaxFolders = 100_000
	// MaxPathBytes is the length of the longest path that is looked at: no system can check out a longer one.
	MaxPathBytes = 4096
)

// A Strategy is a way to find sites.
type Strategy struct {
	Name    string   // as the API spells it; what is remembered is remembered under it
	Include []string // globs of the files it looks at by default
	// Find returns the sites of one file in the order of their bytes. It keeps no reference to src, decides by src
	// alone, and gives up on a file by returning one site with the reason.
	Find func(src []byte) []Site
}

// A Selection says which files of a tree are looked at, and how.
type Selection struct {
	Path     string   // a folder; "" and "." are the whole tree
	Include  []string // globs below Path, with ** for any number of folders; none: those of the strategy
	Exclude  []string // globs of files and folders below Path that are left out
	Strategy Strategy
}

// Found is what a scan came upon.
type Found struct {
	Files []FileSites // those with sites, in byte order of their paths
	Seen  int         // how many files the selection covers
}

// Scan finds the sites of the files that sel selects. A memo of nil remembers nothing.
//
// A folder that is not there, a path that leaves the tree, a glob that is none and more than MaxFiles files or
// MaxFolders folders are Stalled faults, InvalidSpec. What the tree cannot give is its own error. A file that cannot be
// looked into - too large, a link, of another encoding - and a folder that the tree refuses are sites with the reason.
func Scan(tree Tree, memo *Memo, sel Selection) (Found, error) {
	w, err := newWalk(tree, memo, sel)
	if err != nil {
		return Found{}, err
	}
	start, err := w.enter(sel.Path)
	if err != nil {
		return Found{}, err
	}
	if err := w.folder(start, ""); err != nil {
		return Found{}, err
	}
	slices.SortFunc(w.found.Files, func(a, b FileSites) int { return strings.Compare(a.Entry.Path, b.Entry.Path) })
	return w.found, nil
}

// A walk is one scan under way.
type walk struct {
	tree             Tree
	memo             *Memo
	strategy         Strategy
	include, exclude []string
	scope            string // strategy and globs, for the memo
	found            Found
	folders          int
}

func newWalk(tree Tree, memo *Memo, sel Selection) (*walk, error) {
	include := sel.Include
	if len(include) == 0 {
		include = sel.Strategy.Include
	}
	for _, glob := range slices.Concat(include, sel.Exclude) {
		if !doublestar.ValidatePattern(glob) {
			return nil, invalid("%q is not a glob", glob)
		}
	}
	scope := fmt.Sprintf("%q %q %q", sel.Strategy.Name, include, sel.Exclude)
	return &walk{tree: tree, memo: memo, strategy: sel.Strategy, include: include, exclude: sel.Exclude, scope: scope}, nil
}

func invalid(format string, args ...any) error {
	return fault.Stall(reason.InvalidSpec, fmt.Errorf(format, args...))
}

// enter returns the folder at dir. Links are not followed, so a path through one is not there.
func (w *walk) enter(dir string) (Entry, error) {
	clean := path.Clean("./" + dir)
	if path.IsAbs(dir) || clean == ".." || strings.HasPrefix(clean, "../") || strings.ContainsRune(dir, 0) {
		return Entry{}, invalid("path %q leaves the repository", dir)
	}
	at := w.tree.Root()
	if clean == "." {
		return at, nil
	}
	for name := range strings.SplitSeq(clean, "/") {
		entries, err := w.tree.List(at)
		if errors.Is(err, ErrRefused) {
			return Entry{}, invalid("path %q leads through %q: %w", dir, at.Path, err)
		}
		if err != nil {
			return Entry{}, fmt.Errorf("listing folder %q: %w", at.Path, err)
		}
		i := slices.IndexFunc(entries, func(e Entry) bool { return e.Kind == Folder && path.Base(e.Path) == name })
		if i < 0 {
			return Entry{}, invalid("path %q is not a folder of the repository", dir)
		}
		at = entries[i]
	}
	return at, nil
}

// A folder is what is remembered of one: what of it has to be visited again. Folders without sites and files
// without sites are only counted.
type folder struct {
	seen    int // files looked at in it and below
	files   []folderFile
	folders []Entry // with their names as paths
}

type folderFile struct {
	entry Entry // with its name as path
	sites []Site
}

// folder adds what is in e, which is rel below the start.
func (w *walk) folder(e Entry, rel string) error {
	if w.folders++; w.folders > MaxFolders {
		return invalid("more than %d folders are selected; narrow path, or exclude some", MaxFolders)
	}
	key := memoKey{as: w.scope + rel, id: e.ID}
	if known, ok := w.memo.get(key); ok {
		return w.revisit(e, rel, known.folder)
	}
	entries, err := w.tree.List(e)
	if errors.Is(err, ErrRefused) {
		w.found.Files = append(w.found.Files, FileSites{Entry: e, Sites: []Site{{Why: reason.InvalidFolder, Note: err.Error()}}})
		return nil
	}
	if err != nil {
		return fmt.Errorf("listing folder %q: %w", e.Path, err)
	}
	before := w.found.Seen
	var seen folder
	for _, child := range entries {
		if err := w.entry(child, path.Join(rel, path.Base(child.Path)), &seen); err != nil {
			return err
		}
	}
	seen.seen = w.found.Seen - before
	w.memo.put(key, remembered{folder: &seen})
	return nil
}

// revisit adds what is remembered of e.
func (w *walk) revisit(e Entry, rel string, known *folder) error {
	before := w.found.Seen
	for _, f := range known.files {
		f.entry.Path = path.Join(e.Path, f.entry.Path)
		w.found.Files = append(w.found.Files, FileSites{Entry: f.entry, Sites: f.sites})
	}
	for _, child := range known.folders {
		name := child.Path
		child.Path = path.Join(e.Path, name)
		if err := w.folder(child, path.Join(rel, name)); err != nil {
			return err
		}
	}
	w.found.Seen = before + known.seen
	return w.checkCount()
}

func (w *walk) checkCount() error {
	if w.found.Seen > MaxFiles {
		return invalid("more than %d files are selected; narrow path or include", MaxFiles)
	}
	return nil
}

// entry adds one child of a folder, and says in seen what to visit next time.
func (w *walk) entry(e Entry, rel string, seen *folder) error {
	name := path.Base(e.Path)
	if len(e.Path) > MaxPathBytes || matches(w.exclude, rel) {
		return nil
	}
	if e.Kind == Folder {
		before := len(w.found.Files)
		if err := w.folder(e, rel); err != nil {
			return err
		}
		if len(w.found.Files) > before {
			seen.folders = append(seen.folders, Entry{Path: name, Kind: e.Kind, ID: e.ID, Size: e.Size})
		}
		return nil
	}
	if e.Kind != Submodule && !matches(w.include, rel) {
		return nil
	}
	w.found.Seen++
	if err := w.checkCount(); err != nil {
		return err
	}
	sites, err := w.sites(e)
	if err != nil {
		return err
	}
	if len(sites) > 0 {
		w.found.Files = append(w.found.Files, FileSites{Entry: e, Sites: sites})
		seen.files = append(seen.files, folderFile{Entry{Path: name, Kind: e.Kind, ID: e.ID, Size: e.Size}, sites})
	}
	return nil
}

func matches(globs []string, rel string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, rel) })
}

// sites returns the sites of one file.
func (w *walk) sites(e Entry) ([]Site, error) {
	switch {
	case e.Kind == Symlink || e.Kind == Submodule:
		return left(reason.Link), nil
	case e.Size > MaxFileBytes:
		return left(reason.TooLarge), nil
	}
	key := memoKey{as: w.strategy.Name, id: e.ID}
	if known, ok := w.memo.get(key); ok {
		return known.sites, nil
	}
	src, err := w.tree.Read(e, MaxFileBytes)
	if errors.Is(err, ErrTooLarge) {
		return left(reason.TooLarge), nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", e.Path, err)
	}
	sites := left(reason.Link)
	if !bytes.HasPrefix(src, []byte("version https://git-lfs.github.com/spec/")) {
		sites = w.strategy.Find(src)
	}
	w.memo.put(key, remembered{sites: sites})
	return sites, nil
}

// left is a file that is left alone as a whole.
func left(why reason.Reason) []Site { return []Site{{Why: why}} }
