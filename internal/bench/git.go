// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/fairlead-dev/fairlead/internal/testserver"
)

// The repository that is measured on: small files in folders, each fourth with a marker, 300 policies.
const (
	treeFiles, treeFolders, treePolicies = 20_000, 200, 300
	treeMarked                           = treeFiles / 4
)

func treePath(i int) string { return fmt.Sprintf("clusters/c%03d/app-%05d.yaml", i%treeFolders, i) }

// treePolicy returns the number of the policy of a marked file.
func treePolicy(i int) int { return i / 4 % treePolicies }

func treeContent(i int, tag string) string {
	s := fmt.Sprintf("apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-%d\n  labels: {team: t%d}\nspec:\n  image: registry.example.com/shop/p%d:%s",
		i, i%17, treePolicy(i), tag)
	if i%4 == 0 {
		s += fmt.Sprintf(" # {\"$imagepolicy\": \"shop:p%d\"}", treePolicy(i))
	}
	return s + "\n"
}

// A gitBench is a server of two equal repositories, one for Fairlead and one for git, and what they were sent.
type gitBench struct {
	*bench
	dir            string
	server         *testserver.GitHTTP
	requests, sent atomic.Int64 // since the last reset; bytes of bodies
	best           map[string]float64
}

const ours, theirs = "ours.git", "theirs.git"

// gitEngine measures a commit on a large repository, without Kubernetes around it: what runs is what the controller
// calls, in a process of its own.
func gitEngine(ctx context.Context, b *bench) ([]figure, error) {
	g := &gitBench{bench: b, dir: filepath.Join(b.dir, "git"), best: map[string]float64{}}
	if err := os.MkdirAll(g.dir, 0o700); err != nil {
		return nil, err
	}
	var err error
	if g.server, err = testserver.StartGitHTTP(g.dir, testserver.GitHTTPConfig{Wrap: g.counting}); err != nil {
		return nil, err
	}
	defer g.server.Stop()
	if err := g.makeRepositories(ctx); err != nil {
		return nil, err
	}
	for round := range b.rounds {
		b.say("round %d of %d", round+1, b.rounds)
		if err := g.round(ctx, round); err != nil {
			return nil, err
		}
	}
	return g.figures(), nil
}

// counting counts requests and what is sent with them.
func (g *gitBench) counting(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.requests.Add(1)
		g.sent.Add(max(r.ContentLength, 0))
		next.ServeHTTP(w, r)
	})
}

func (g *gitBench) reset() {
	g.requests.Store(0)
	g.sent.Store(0)
}

func (g *gitBench) makeRepositories(ctx context.Context) error {
	files := make(map[string]string, treeFiles)
	for i := range treeFiles {
		files[treePath(i)] = treeContent(i, "1.0.0")
	}
	repositories := g.server.Repositories()
	if err := repositories.Create(ctx, ours, files); err != nil {
		return err
	}
	if _, err := repositories.Git(ctx, ours, "gc", "--quiet"); err != nil {
		return err
	}
	return os.CopyFS(repositories.Path(theirs), os.DirFS(repositories.Path(ours)))
}

// round measures each kind of work once, ours and git's by turns.
func (g *gitBench) round(ctx context.Context, round int) error {
	folder := filepath.Join(g.dir, fmt.Sprintf("round-%d", round))
	mirrors, clone := filepath.Join(folder, "mirrors"), filepath.Join(folder, "clone")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	cold, err := g.child(ctx, "cold", mirrors, fmt.Sprintf("2.%d.0", round))
	if err != nil {
		return err
	}
	if err := g.checkPushed(ctx, fmt.Sprintf("2.%d.0", round), treeMarked); err != nil {
		return err
	}
	g.note("cold: CPU", cold.CPU)
	g.note("cold: memory at most", cold.Peak)
	g.note("cold: bytes sent", float64(g.sent.Load()))
	plumbing, reading, err := g.plumbing(ctx, clone, fmt.Sprintf("2.%d.0", round))
	if err != nil {
		return err
	}
	g.note("git: CPU", plumbing)
	g.note("git: reading CPU", reading)
	restart, err := g.child(ctx, "restart", mirrors, fmt.Sprintf("2.%d.0", round))
	if err != nil {
		return err
	}
	g.note("restart: CPU", restart.CPU)
	idle, err := g.child(ctx, "idle", mirrors, "")
	if err != nil {
		return err
	}
	g.note("idle: CPU", idle.CPU)
	g.note("idle: requests", float64(g.requests.Load())/idleLooks)
	g.note("idle: bytes sent", float64(g.sent.Load())/idleLooks)
	few, err := g.child(ctx, "few", mirrors, fmt.Sprintf("3.%d.0", round))
	if err != nil {
		return err
	}
	g.note("few: CPU", few.CPU)
	g.note("few: wall", few.Wall)
	g.note("few: bytes sent", float64(g.sent.Load()))
	return g.checkPushed(ctx, fmt.Sprintf("3.%d.0", round), treeMarked/treePolicies+1)
}

// checkPushed checks that the newest commit brought tag into so many files.
func (g *gitBench) checkPushed(ctx context.Context, tag string, files int) error {
	out, err := g.server.Repositories().Git(ctx, ours, "diff", "--numstat", "-S:"+tag, "main^", "main")
	if err != nil {
		return err
	}
	if n := len(strings.Split(out, "\n")); n != files {
		return fmt.Errorf("the push brought %s into %d files, want %d", tag, n, files)
	}
	return nil
}

// note keeps the least value of each name.
func (g *gitBench) note(name string, value float64) {
	if old, ok := g.best[name]; !ok || value < old {
		g.best[name] = value
	}
}

func (g *gitBench) figures() []figure {
	of := fmt.Sprintf("git, %d files, %d marked, best of %d", treeFiles, treeMarked, g.rounds)
	best := g.best
	return []figure{
		{Of: of, What: "cold: clone, edit all marked, push: CPU", Value: best["cold: CPU"], Unit: "s"},
		{Of: of, What: "git's own plumbing for the same: CPU", Value: best["git: CPU"], Unit: "s"},
		{Of: of, What: "cold against git's own plumbing", Value: best["cold: CPU"] / best["git: CPU"], Unit: "×", Target: 1.3},
		{Of: of, What: "cold: memory at most (VmHWM)", Value: best["cold: memory at most"], Unit: "MB", Target: 200},
		{Of: of, What: "cold: sent", Value: best["cold: bytes sent"] / 1000, Unit: "kB"},
		{Of: of, What: "restart on a mirror, nothing changed: CPU", Value: best["restart: CPU"], Unit: "s"},
		{Of: of, What: "restart against git reading the blobs once", Value: best["restart: CPU"] / best["git: reading CPU"], Unit: "×", Target: 1.5},
		{Of: of, What: "warm, nothing changed: CPU", Value: best["idle: CPU"] * 1000, Unit: "ms", Target: 2},
		{Of: of, What: "warm, nothing changed: requests", Value: best["idle: requests"], Target: 1},
		{Of: of, What: "warm, nothing changed: sent", Value: best["idle: bytes sent"] / 1000, Unit: "kB", Target: 1},
		{Of: of, What: "warm, one policy in 17 files: CPU", Value: best["few: CPU"], Unit: "s", Target: 0.05},
		{Of: of, What: "warm, one policy in 17 files: to pushed", Value: best["few: wall"], Unit: "s", Target: 0.5},
		{Of: of, What: "warm, one policy in 17 files: sent", Value: best["few: bytes sent"] / 1000, Unit: "kB", Target: 10},
	}
}
