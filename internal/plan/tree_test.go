// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/fairlead-dev/fairlead/internal/site"
)

// A memoryTree is a tree of files by path.
type memoryTree map[string]string

func (m memoryTree) Root() site.Entry { return site.Entry{Kind: site.Folder, ID: m.id("")} }

// id hashes what is below dir.
func (m memoryTree) id(dir string) site.ID {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if dir == "" || strings.HasPrefix(name, dir+"/") {
			fmt.Fprintf(h, "%q %q", name, m[name])
		}
	}
	return site.ID(h.Sum(nil))
}

func (m memoryTree) List(folder site.Entry) ([]site.Entry, error) {
	seen := map[string]site.Entry{}
	for name, content := range m {
		rel, ok := strings.CutPrefix(name, folder.Path+"/")
		if folder.Path == "" {
			rel, ok = name, true
		}
		if !ok {
			continue
		}
		child, _, deeper := strings.Cut(rel, "/")
		full := path.Join(folder.Path, child)
		if deeper {
			seen[child] = site.Entry{Path: full, Kind: site.Folder, ID: m.id(full), Size: -1}
		} else {
			seen[child] = site.Entry{Path: full, Kind: site.File, ID: sha256.Sum256([]byte(content)), Size: int64(len(content))}
		}
	}
	var entries []site.Entry
	for _, child := range slices.Sorted(maps.Keys(seen)) {
		entries = append(entries, seen[child])
	}
	return entries, nil
}

func (m memoryTree) Read(file site.Entry, maxBytes int64) ([]byte, error) {
	content, ok := m[file.Path]
	switch {
	case !ok:
		return nil, fmt.Errorf("no file %q", file.Path)
	case int64(len(content)) > maxBytes:
		return nil, site.ErrTooLarge
	}
	return []byte(content), nil
}
