// SPDX-License-Identifier: Apache-2.0

package tagstore

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// files keeps each scan in a file of its own:
//
//	fairlead scan 1
//	ghcr.io/acme/web anonymous            the key
//	sha256:…                              the revision of the list, by which a damaged file is known
//	1.4.0                                 the tags, in byte order
//	1.4.1
//
// The time of the scan is the file's time of modification, so that a scan that changed nothing writes no content.
type files struct {
	dir string
	// writing is held for reading by each write, so that a sweep meets none that is half done.
	writing sync.RWMutex
}

const (
	heading   = "fairlead scan 1"
	extension = ".scan"
	temporary = ".tmp"
	// mostBytes is the largest list that is read back; what is over the limits of a scan is none of ours.
	mostBytes = 256 << 20
)

func (f *files) path(key string) string {
	sum := sha256.Sum256([]byte(key))
	return filepath.Join(f.dir, hex.EncodeToString(sum[:])+extension)
}

// read returns the scan kept for key. A file that is missing, damaged or another's is no scan.
func (f *files) read(key string) (taglist.Scan, bool) {
	if f.dir == "" {
		return taglist.Scan{}, false
	}
	file, err := os.Open(f.path(key))
	if err != nil {
		return taglist.Scan{}, false
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || info.Size() > mostBytes {
		return taglist.Scan{}, false
	}
	list, err := decode(file, key)
	return taglist.Scan{}.Next(list, info.ModTime()), err == nil
}

func decode(r io.Reader, key string) (taglist.List, error) {
	b := bufio.NewReader(r)
	var head [3]string
	for i := range head {
		line, err := b.ReadString('\n')
		if err != nil {
			return taglist.List{}, err
		}
		head[i] = strings.TrimSuffix(line, "\n")
	}
	list, err := taglist.Read(b, mostBytes)
	if err == nil && (head[0] != heading || head[1] != key || head[2] != list.Revision()) {
		err = errors.New("the file is damaged")
	}
	return list, err
}

// write keeps scan; only its time when the list is there already.
func (f *files) write(key string, scan taglist.Scan, there bool) error {
	if f.dir == "" {
		return nil
	}
	if there && os.Chtimes(f.path(key), scan.At, scan.At) == nil {
		return nil
	}
	if strings.Contains(key, "\n") {
		return errors.New("the key has more than one line")
	}
	f.writing.RLock()
	defer f.writing.RUnlock()
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(f.dir, "*"+temporary)
	if err != nil {
		return err
	}
	// Nothing is synced: after a loss of power the revision tells whether the file is whole.
	err = encode(file, key, scan.List)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Chtimes(file.Name(), scan.At, scan.At)
	}
	if err == nil {
		err = os.Rename(file.Name(), f.path(key))
	}
	if err != nil {
		return errors.Join(err, removeFile(file.Name())) // an older scan stays, and is known by its time
	}
	return nil
}

func encode(w io.Writer, key string, list taglist.List) error {
	b := bufio.NewWriter(w)
	if _, err := fmt.Fprintf(b, "%s\n%s\n%s\n", heading, key, list.Revision()); err != nil {
		return err
	}
	if _, err := list.WriteTo(b); err != nil {
		return err
	}
	return b.Flush()
}

func (f *files) remove(key string) error {
	if f.dir == "" {
		return nil
	}
	return removeFile(f.path(key))
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// removeBefore removes scans older than a time, and what interrupted writes left behind.
func (f *files) removeBefore(before time.Time) error {
	if f.dir == "" {
		return nil
	}
	f.writing.Lock()
	defer f.writing.Unlock()
	entries, err := os.ReadDir(f.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, entry := range entries {
		old := strings.HasSuffix(entry.Name(), temporary)
		if info, infoErr := entry.Info(); infoErr == nil && strings.HasSuffix(entry.Name(), extension) {
			old = info.ModTime().Before(before)
		}
		if old && entry.Type().IsRegular() {
			err = errors.Join(err, removeFile(filepath.Join(f.dir, entry.Name())))
		}
	}
	return err
}
