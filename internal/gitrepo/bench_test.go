// SPDX-License-Identifier: Apache-2.0

package gitrepo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/gitrepo"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// large makes a repository of 20,000 files in 200 folders; each fourth file has a marker.
func large(b *testing.B) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "fleet.git")
	git(b, ".", "init", "-q", "--bare", "-b", "main", dir)
	git(b, dir, "config", "http.receivepack", "true")
	var stream strings.Builder
	stream.WriteString("commit refs/heads/main\ncommitter Ann <ann@example.com> 1800000000 +0000\ndata 1\nx\n")
	for i := range 20_000 {
		content := manifest(i, "1.0.0")
		fmt.Fprintf(&stream, "M 100644 inline %s\ndata %d\n%s\n", manifestPath(i), len(content), content)
	}
	gitWith(b, dir, stream.String(), "fast-import", "--quiet")
	git(b, dir, "gc", "-q")
	return dir
}

func manifestPath(i int) string { return fmt.Sprintf("clusters/c%03d/app-%05d.yaml", i%200, i) }

func manifest(i int, version string) string {
	s := fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-%d\n  labels: {team: t%d}\nspec:\n  image: registry.example.com/shop/app:%s", i, i%17, version)
	if i%4 == 0 {
		s += ` # {"$imagepolicy": "shop:app"}`
	}
	return s + "\n"
}

// cpu is what this process has used, without the server's git.
func cpu(b *testing.B) float64 {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// measured runs do and reports its own CPU seconds.
func measured(b *testing.B, do func()) {
	b.Helper()
	before := cpu(b)
	for b.Loop() {
		do()
	}
	b.ReportMetric((cpu(b)-before)/float64(b.N), "cpu-s/op")
}

// scan reads every file.
func scan(b *testing.B, l *gitrepo.Lane, id commit.ID) {
	b.Helper()
	tree, err := l.Tree(id)
	if err != nil {
		b.Fatal(err)
	}
	for todo := []site.Entry{tree.Root()}; len(todo) > 0; {
		e := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if e.Kind == site.Folder {
			below, err := tree.List(e)
			if err != nil {
				b.Fatal(err)
			}
			todo = append(todo, below...)
		} else if _, err := tree.Read(e, 5<<20); err != nil {
			b.Fatal(err)
		}
	}
}

func edit(b *testing.B, l *gitrepo.Lane, head commit.Head, every, most int, version string) {
	b.Helper()
	var files []commit.File
	for i := 0; i < 20_000 && len(files) < most; i += every {
		files = append(files, commit.File{Path: manifestPath(i), Content: []byte(manifest(i, version))})
	}
	id, err := l.Build(head.Commit, files, update(version))
	if err != nil {
		b.Fatal(err)
	}
	if err := l.Push(b.Context(), id, head); err != nil {
		b.Fatal(err)
	}
}

// Clone, read 20,000 files, change 5,000, push.
func BenchmarkCold(b *testing.B) {
	w := worldOf(b, large(b), nil)
	round := 0
	measured(b, func() {
		if err := os.RemoveAll(w.store); err != nil {
			b.Fatal(err)
		}
		w.reopen(b)
		l, release := w.lane(b)
		head := look(b, l)
		scan(b, l, head.Commit)
		round++
		edit(b, l, head, 4, 5000, fmt.Sprintf("1.0.%d", round))
		release()
	})
}

// Clone alone.
func BenchmarkClone(b *testing.B) {
	w := worldOf(b, large(b), nil)
	measured(b, func() {
		if err := os.RemoveAll(w.store); err != nil {
			b.Fatal(err)
		}
		w.reopen(b)
		l, release := w.lane(b)
		look(b, l)
		release()
	})
}

// Read 20,000 files of a mirror.
func BenchmarkRead(b *testing.B) {
	w := worldOf(b, large(b), nil)
	l, release := w.lane(b)
	head := look(b, l)
	release()
	measured(b, func() {
		l, release := w.lane(b)
		scan(b, l, head.Commit)
		release()
	})
}

// Ask for the head, find nothing new.
func BenchmarkIdle(b *testing.B) {
	w := worldOf(b, large(b), nil)
	l, release := w.lane(b)
	look(b, l)
	release()
	measured(b, func() {
		l, release, err := w.mirrors.Lane(b.Context(), w.remote)
		if err != nil {
			b.Fatal(err)
		}
		look(b, l)
		release()
	})
}

// Change 17 files and push.
func BenchmarkPush17(b *testing.B) {
	w := worldOf(b, large(b), nil)
	l, release := w.lane(b)
	look(b, l)
	release()
	round := 0
	w.received.Store(0)
	measured(b, func() {
		l, release, err := w.mirrors.Lane(b.Context(), w.remote)
		if err != nil {
			b.Fatal(err)
		}
		round++
		edit(b, l, look(b, l), 1200, 17, fmt.Sprintf("2.0.%d", round))
		release()
	})
	b.ReportMetric(float64(w.received.Load())/float64(b.N), "B-up/op")
}
