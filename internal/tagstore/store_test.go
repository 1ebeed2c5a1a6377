// SPDX-License-Identifier: Apache-2.0

package tagstore_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/taglist"
	"github.com/fairlead-dev/fairlead/internal/tagstore"
)

const (
	web      = "ghcr.io/acme/web anonymous"
	interval = 10 * time.Minute
)

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// tags returns n tags, from number first on.
func tags(first, n int) taglist.List {
	var b taglist.Builder
	for i := range n {
		b.Add(fmt.Sprintf("1.%06d", first+i))
	}
	return b.List()
}

func newStore(t *testing.T, dir string) *tagstore.Store {
	t.Helper()
	return tagstore.New(dir, func(err error) { t.Error(err) })
}

func put(t *testing.T, s *tagstore.Store, list taglist.List, at time.Time) {
	t.Helper()
	if err := s.Put(web, list, at, interval); err != nil {
		t.Fatal(err)
	}
}

func expectLast(t *testing.T, s *tagstore.Store, want taglist.List, at time.Time) {
	t.Helper()
	got, ok := s.Last(web)
	if !ok || got.List.Revision() != want.Revision() || !got.At.Equal(at) {
		t.Errorf("got %d tags of %v, %v; want %d of %v", got.List.Len(), got.At, ok, want.Len(), at)
	}
}

func TestStore_keepsTheLastScan(t *testing.T) {
	t.Parallel()
	for name, dir := range map[string]string{"in memory": "", "on disk": filepath.Join(t.TempDir(), "a", "b")} {
		s := newStore(t, dir)
		if _, ok := s.Last(web); ok {
			t.Errorf("%s: a scan before the first", name)
		}
		put(t, s, tags(0, 3), noon)
		expectLast(t, s, tags(0, 3), noon)
		put(t, s, tags(0, 3), noon.Add(interval))
		expectLast(t, s, tags(0, 3), noon.Add(interval))
		put(t, s, tags(1, 3), noon.Add(2*interval))
		expectLast(t, s, tags(1, 3), noon.Add(2*interval))
		if _, ok := s.Last("ghcr.io/acme/web 1234"); ok {
			t.Errorf("%s: another way of asking sees it", name)
		}
		s.Forget(web)
		if _, ok := s.Last(web); ok {
			t.Errorf("%s: not forgotten", name)
		}
	}
}

func TestStore_surviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newStore(t, dir)
	put(t, s, tags(0, 100), noon)
	put(t, s, tags(0, 100), noon.Add(interval))
	expectLast(t, newStore(t, dir), tags(0, 100), noon.Add(interval))
	put(t, newStore(t, dir), tags(0, 101), noon.Add(2*interval))
	expectLast(t, newStore(t, dir), tags(0, 101), noon.Add(2*interval))
	if err := newStore(t, dir).Put(web, tags(0, 0), noon.Add(3*interval), interval); err == nil {
		t.Error("after a restart an empty list was believed at once")
	}
	put(t, newStore(t, dir), tags(0, 100), noon.Add(4*interval))
}

func TestStore_anUnchangedScanWritesNoContent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newStore(t, dir)
	put(t, s, tags(0, 100), noon)
	before := fileIn(t, dir)
	for i := range 5 {
		put(t, s, tags(0, 100), noon.Add(time.Duration(i)*interval))
	}
	if !os.SameFile(before, fileIn(t, dir)) {
		t.Error("the file was written anew")
	}
}

func fileIn(t *testing.T, dir string) os.FileInfo {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("files %q, %v", files, err)
	}
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestStore_aShrinkIsConfirmedFirst(t *testing.T) {
	t.Parallel()
	type scan struct {
		count   int
		after   time.Duration // since the first
		believe bool
	}
	for _, tc := range []struct {
		name, why string
		scans     []scan
	}{
		{"believes 30 % less", "the rule says more than 30 %", []scan{{100, 0, true}, {70, interval, true}}},
		{"doubts 31 % less", "a registry has lost tags for an hour before", []scan{{100, 0, true}, {69, interval, false}}},
		{"believes ten less of few", "the rule says more than ten", []scan{{20, 0, true}, {10, interval, true}}},
		{"doubts eleven less of few", "over both bounds", []scan{{20, 0, true}, {9, interval, false}}},
		{"doubts nothing where there was one", "an emptied list is suspicious at any size", []scan{{1, 0, true}, {0, interval, false}}},
		{"believes nothing where there was nothing", "no change", []scan{{0, 0, true}, {0, interval, true}}},
		{"believes a second scan", "one interval later it is a fact", []scan{{100, 0, true}, {0, interval, false}, {0, 2 * interval, true}}},
		{"does not believe a second scan too soon", "a webhook asks again within seconds", []scan{{100, 0, true}, {0, interval, false}, {0, 2*interval - 1, false}, {0, 2 * interval, true}}},
		{"believes a second scan that grew", "it went down all the same", []scan{{100, 0, true}, {0, interval, false}, {50, 2 * interval, true}}},
		{"doubts anew what shrinks further", "the second is another mistake", []scan{{100, 0, true}, {60, interval, false}, {0, 2 * interval, false}, {0, 3*interval - 1, false}, {0, 3 * interval, true}}},
		{"forgets its doubt when the tags are back", "the next shrink is a new one", []scan{{100, 0, true}, {0, interval, false}, {100, 2 * interval, true}, {0, 3 * interval, false}, {0, 4 * interval, true}}},
		{"begins again when the clock goes back", "an old time proves nothing", []scan{{100, 0, true}, {0, interval, false}, {0, -interval, false}, {0, 0, true}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, t.TempDir())
			var kept scan
			for i, scan := range tc.scans {
				err := s.Put(web, tags(0, scan.count), noon.Add(scan.after), interval)
				if (err == nil) != scan.believe {
					t.Fatalf("%s: scan %d: %v", tc.why, i, err)
				}
				if scan.believe {
					kept = scan
				} else if f := fault.Of(err); f.Reason != reason.SuspiciousShrink || f.Class != fault.Transient || f.After <= 0 || f.After > interval {
					t.Errorf("scan %d: %v, class %d, reason %s, after %v", i, err, f.Class, f.Reason, f.After)
				}
				expectLast(t, s, tags(0, kept.count), noon.Add(kept.after))
			}
		})
	}
}

func TestStore_theTextOfADoubtIsStable(t *testing.T) {
	t.Parallel()
	s := newStore(t, "")
	put(t, s, tags(0, 100), noon)
	const want = "12 tags where there were 100, believed when a scan at 2030-01-01T12:20:00Z or later finds no more"
	for i := range 3 {
		err := s.Put(web, tags(0, 12), noon.Add(interval+time.Duration(i)*time.Minute), interval)
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestStore_aDamagedFileIsNoScan(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(string) string{
		"empty":            func(string) string { return "" },
		"cut in the head":  func(s string) string { return s[:30] },
		"cut in the tags":  func(s string) string { return s[:len(s)-3] },
		"cut after a tag":  func(s string) string { return s[:strings.LastIndexByte(s[:len(s)-1], '\n')+1] },
		"a changed tag":    func(s string) string { return strings.Replace(s, "1.000001", "1.000009", 1) },
		"one tag more":     func(s string) string { return s + "9\n" },
		"zeros":            func(s string) string { return strings.Repeat("\x00", len(s)) },
		"another version":  func(s string) string { return strings.Replace(s, "scan 1", "scan 2", 1) },
		"another's":        func(s string) string { return strings.Replace(s, "acme", "evil", 1) },
		"another revision": func(s string) string { return strings.Replace(s, "sha256:", "sha256:0", 1) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			put(t, newStore(t, dir), tags(0, 5), noon)
			path := filepath.Join(dir, fileIn(t, dir).Name())
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(damage(string(content))), 0o600); err != nil {
				t.Fatal(err)
			}
			s := newStore(t, dir)
			if scan, ok := s.Last(web); ok {
				t.Errorf("read %d tags", scan.List.Len())
			}
			put(t, s, tags(0, 6), noon.Add(interval))
			expectLast(t, newStore(t, dir), tags(0, 6), noon.Add(interval))
		})
	}
}

func TestStore_theDirectoryMayVanish(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "scans")
	s := newStore(t, dir)
	put(t, s, tags(0, 3), noon)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	expectLast(t, s, tags(0, 3), noon)
	put(t, s, tags(0, 3), noon.Add(interval)) // unchanged, and not there any more
	expectLast(t, newStore(t, dir), tags(0, 3), noon.Add(interval))
}

func TestStore_aDiskThatCannotBeWrittenDoesNotStopIt(t *testing.T) {
	t.Parallel()
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var failures []error
	s := tagstore.New(filepath.Join(blocked, "scans"), func(err error) { failures = append(failures, err) })
	put(t, s, tags(0, 3), noon)
	expectLast(t, s, tags(0, 3), noon)
	if len(failures) == 0 || !strings.HasPrefix(failures[0].Error(), "keeping the scan of ghcr.io/acme/web on disk: ") {
		t.Errorf("told of %q, want the image and not the whole key, which is a hash over a login", failures)
	}
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	put(t, s, tags(0, 3), noon.Add(interval)) // the same list, which the disk does not have yet
	expectLast(t, newStore(t, filepath.Join(blocked, "scans")), tags(0, 3), noon.Add(interval))
}

func TestStore_forgetsWhatNobodyAsksFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newStore(t, dir)
	old := noon
	for i := range 5 {
		if err := s.Put(fmt.Sprint("old ", i), tags(0, 3), old, interval); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "half.tmp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "README"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, "README"), noon, noon); err != nil {
		t.Fatal(err)
	}
	put(t, s, tags(0, 3), noon.Add(25*time.Hour))
	if n := tagstore.Entries(s); n != 1 {
		t.Errorf("%d scans in memory", n)
	}
	if _, ok := s.Last("old 1"); !ok {
		t.Error("a scan that left the memory is not read from the disk")
	}
	put(t, s, tags(0, 3), noon.Add(31*24*time.Hour))
	var left []string
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		left = append(left, filepath.Ext(f.Name()))
	}
	if diff := cmp.Diff([]string{".scan", ""}, left); diff != "" {
		t.Errorf("files left (-want +got):\n%s", diff)
	}
}

func TestStore_isSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := newStore(t, t.TempDir())
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 50 {
				key := fmt.Sprint("key ", i%5)
				if err := s.Put(key, tags(0, 20+i%3), noon.Add(time.Duration(i)*time.Hour), interval); err != nil {
					t.Error(err)
				}
				if scan, ok := s.Last(key); !ok || scan.List.Len() < 20 {
					t.Errorf("worker %d: %d tags, %v", worker, scan.List.Len(), ok)
				}
			}
		})
	}
	all.Wait()
}

func TestStore_readingAllocatesNothingPerTag(t *testing.T) {
	s := newStore(t, "")
	put(t, s, tags(0, 10_000), noon)
	if n := testing.AllocsPerRun(10, func() {
		scan, _ := s.Last(web)
		for tag := range scan.List.All() {
			_ = tag
		}
	}); n > 2 {
		t.Errorf("reading allocates %v times", n)
	}
}

// BenchmarkStore reports what 10,000 repositories of 100 tags cost in memory, and what a scan costs.
func BenchmarkStore(b *testing.B) {
	const repositories = 10_000
	var before, after runtime.MemStats
	s := tagstore.New(b.TempDir(), func(err error) { b.Error(err) })
	keys := make([]string, repositories)
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range keys {
		keys[i] = fmt.Sprintf("registry.example.com/team/repository-%d anonymous", i)
		if err := s.Put(keys[i], tags(i, 100), noon, interval); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	unchanged := tags(7, 100)
	b.ResetTimer()
	for i := range b.N {
		if err := s.Put(keys[7], unchanged, noon.Add(time.Duration(i)*time.Second), interval); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/repositories, "B/repository")
}
