// SPDX-License-Identifier: Apache-2.0

package tagstore

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/taglist"
)

// A Store keeps scans. It is safe for concurrent use.
type Store struct {
	files *files
	// failed is told of a scan that could not be kept on disk; it is kept in memory all the same.
	failed func(error)

	mu      sync.Mutex
	entries map[string]*entry
	now     time.Time // the latest time anyone gave
	swept   time.Time
}

// An entry is what is kept under one key. used is guarded by Store.mu, the rest by its own lock.
type entry struct {
	used time.Time

	mu     sync.Mutex
	loaded bool // the disk was asked
	saved  bool // the disk has the list of scan
	scan   taglist.Scan
	doubt  taglist.Scan // a shrunken list that is not believed yet, and when it was first seen
}

// New returns a store that keeps its scans below dir, which need not exist; with an empty dir, in memory alone.
// failed, which may be nil, is told when the disk cannot be written. New reads nothing yet.
func New(dir string, failed func(error)) *Store {
	if failed == nil {
		failed = func(error) {}
	}
	return &Store{files: &files{dir: dir}, failed: failed, entries: map[string]*entry{}}
}

// Last returns the scan kept under key; ok is false when there is none. It reads the disk the first time.
func (s *Store) Last(key string) (scan taglist.Scan, ok bool) {
	e := s.entry(key, time.Time{})
	e.mu.Lock()
	defer e.mu.Unlock()
	e.load(s.files, key)
	return e.scan, !e.scan.At.IsZero()
}

// Put keeps list as the complete scan of key at a time.
//
// A list that has none of the tags where there were some, or has lost more than 30 % and more than 10 of them, is not
// believed: the old one stays, and the error is a transient fault with reason SuspiciousShrink, until a scan at least
// confirmAfter after the first one like it has not shrunk any further. Nothing else is an error.
func (s *Store) Put(key string, list taglist.List, at time.Time, confirmAfter time.Duration) error {
	e := s.entry(key, at)
	if err := s.keep(e, key, list, at, confirmAfter); err != nil {
		return err
	}
	if s.sweepDue(at) {
		s.sweep(at)
	}
	return nil
}

func (s *Store) keep(e *entry, key string, list taglist.List, at time.Time, confirmAfter time.Duration) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.load(s.files, key)
	if err := e.judge(list, at, confirmAfter); err != nil {
		return err
	}
	same := !e.scan.At.IsZero() && e.scan.List.Revision() == list.Revision()
	e.scan, e.doubt = e.scan.Next(list, at), taglist.Scan{}
	err := s.files.write(key, e.scan, same && e.saved)
	if e.saved = err == nil; err != nil {
		s.failed(fmt.Errorf("keeping the scan of %s on disk: %w", imageOf(key), err))
	}
	return nil
}

// judge returns the fault for a list that is not believed yet.
func (e *entry) judge(list taglist.List, at time.Time, confirmAfter time.Duration) error {
	old := e.scan.List.Len()
	switch {
	case !suspicious(old, list.Len()):
		return nil
	case e.doubt.At.IsZero(), at.Before(e.doubt.At), suspicious(e.doubt.List.Len(), list.Len()):
		e.doubt = taglist.Scan{List: list, At: at}
	case at.Sub(e.doubt.At) >= confirmAfter:
		return nil
	}
	decides := e.doubt.At.Add(confirmAfter)
	return fault.RetryAfter(reason.SuspiciousShrink, decides.Sub(at), fmt.Errorf("%d tags where there were %d, believed when a scan at %s or later finds no more",
		e.doubt.List.Len(), old, decides.UTC().Format(time.RFC3339)))
}

// suspicious tells whether a list of so many tags may be a registry's mistake.
func suspicious(before, after int) bool {
	gone := before - after
	return before > 0 && after == 0 || gone > 10 && gone*10 > before*3
}

// Forget drops what is kept under key, on disk too.
func (s *Store) Forget(key string) {
	s.mu.Lock()
	delete(s.entries, key)
	s.mu.Unlock()
	if err := s.files.remove(key); err != nil {
		s.failed(fmt.Errorf("removing the scan of %s: %w", imageOf(key), err))
	}
}

func (s *Store) entry(key string, at time.Time) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at.After(s.now) {
		s.now = at
	}
	e := s.entries[key]
	if e == nil {
		e = &entry{}
		s.entries[key] = e
	}
	e.used = s.now
	return e
}

// load reads the disk once. An entry that was scanned needs no file.
func (e *entry) load(f *files, key string) {
	if e.loaded {
		return
	}
	e.loaded = true
	if scan, ok := f.read(key); ok {
		e.scan, e.saved = scan, true
	}
}

const (
	// sweepEvery is how often unused scans are looked for.
	sweepEvery = time.Hour
	// keepInMemory is how long a scan nobody asks for stays in memory. It can be read from the disk again.
	keepInMemory = 24 * time.Hour
	// keepOnDisk is how long a scan nobody repeats stays on disk. Logins that rotate leave some behind.
	keepOnDisk = 30 * 24 * time.Hour
)

func (s *Store) sweepDue(at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := at.Sub(s.swept); d >= 0 && d < sweepEvery {
		return false
	}
	s.swept = at
	return true
}

func (s *Store) sweep(at time.Time) {
	s.mu.Lock()
	for key, e := range s.entries {
		if at.Sub(e.used) > keepInMemory {
			delete(s.entries, key)
		}
	}
	s.mu.Unlock()
	if err := s.files.removeBefore(at.Add(-keepOnDisk)); err != nil {
		s.failed(fmt.Errorf("removing old scans: %w", err))
	}
}

// imageOf returns the part of a key that may be shown: the image. The rest is a hash over a login, and whoever reads a
// log need not have even that.
func imageOf(key string) string {
	name, _, _ := strings.Cut(key, " ")
	return name
}
