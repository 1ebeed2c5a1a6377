// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/gitrepo"
	"github.com/fairlead-dev/fairlead/internal/image"
	"github.com/fairlead-dev/fairlead/internal/plan"
	"github.com/fairlead-dev/fairlead/internal/site"
	"github.com/fairlead-dev/fairlead/internal/site/markers"
)

// childCommand makes the program the process that is measured: only the work runs in it, neither servers nor git.
const childCommand = "child"

// idleLooks is how often the child looks at a repository at rest.
const idleLooks = 200

// A cost is what one piece of work took.
type cost struct {
	CPU  float64 // seconds
	Wall float64 // seconds
	Peak float64 // MB of memory, of the whole process
}

// child runs one piece of work in a process of its own and returns its cost. The counters of the server start when
// the work itself starts.
func (g *gitBench) child(ctx context.Context, work, mirrors, tag string) (cost, error) {
	program, err := os.Executable()
	if err != nil {
		return cost{}, err
	}
	cmd := exec.CommandContext(ctx, program, childCommand, work, g.server.URL(ours), mirrors, tag)
	cmd.Stderr = os.Stderr
	begin, err := cmd.StdinPipe()
	if err != nil {
		return cost{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return cost{}, err
	}
	if err := cmd.Start(); err != nil {
		return cost{}, err
	}
	told := bufio.NewReader(out)
	var c cost
	if _, err = told.ReadString('\n'); err == nil {
		g.reset()
		if _, err = io.WriteString(begin, "\n"); err == nil {
			err = json.NewDecoder(told).Decode(&c)
		}
	}
	if ended := cmd.Wait(); ended != nil {
		return cost{}, fmt.Errorf("%s: %w", work, ended)
	}
	return c, err
}

// A worker is what the child works with.
type worker struct {
	mirrors *gitrepo.Mirrors
	remote  gitrepo.Remote
	memo    *site.Memo
	wanted  string // the tag that all policies want
}

// child does the work that args name and prints its cost.
func child(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	const work, url, dir, tag, count = 0, 1, 2, 3, 4
	if len(args) != count {
		return errUsage
	}
	mirrors, err := gitrepo.Open(gitrepo.Config{Dir: args[dir]})
	if err != nil {
		return err
	}
	w := worker{mirrors: mirrors, remote: gitrepo.Remote{URL: args[url], Branch: "main", Insecure: true}, memo: site.NewMemo(64 << 20), wanted: args[tag]}
	todo, err := w.prepare(ctx, args[work])
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "ready"); err != nil {
		return err
	}
	if _, err := bufio.NewReader(in).ReadString('\n'); err != nil {
		return err
	}
	c, err := measured(todo)
	if err != nil {
		return err
	}
	if args[work] == "idle" {
		c.CPU, c.Wall = c.CPU/idleLooks, c.Wall/idleLooks
	}
	return json.NewEncoder(out).Encode(c)
}

func measured(do func() error) (cost, error) {
	before, err := ownCPU()
	if err != nil {
		return cost{}, err
	}
	start := time.Now()
	if err := do(); err != nil {
		return cost{}, err
	}
	wall := time.Since(start)
	after, err := ownCPU()
	if err != nil {
		return cost{}, err
	}
	all, err := usageOf(os.Getpid())
	return cost{CPU: after - before, Wall: wall.Seconds(), Peak: all.peak}, err
}

// prepare does what comes before the work and returns the work.
func (w *worker) prepare(ctx context.Context, work string) (func() error, error) {
	switch work {
	case "cold":
		return func() error { return w.write(ctx, treePolicies, treeMarked) }, nil
	case "restart":
		return func() error { return w.write(ctx, treePolicies, 0) }, nil
	case "idle":
		return func() error { return w.look(ctx, idleLooks) }, w.look(ctx, 1)
	case "few":
		return func() error { return w.write(ctx, 1, treeMarked/treePolicies+1) }, w.read(ctx)
	}
	return nil, errUsage
}

// look asks for the head so many times.
func (w *worker) look(ctx context.Context, times int) error {
	for range times {
		lane, release, err := w.mirrors.Lane(ctx, w.remote)
		if err != nil {
			return err
		}
		_, err = lane.Head(ctx)
		release()
		if err != nil {
			return err
		}
	}
	return nil
}

// read finds the places of the head and remembers them.
func (w *worker) read(ctx context.Context) error {
	lane, release, err := w.mirrors.Lane(ctx, w.remote)
	if err != nil {
		return err
	}
	defer release()
	_, tree, err := newest(ctx, lane)
	if err != nil {
		return err
	}
	_, err = w.sites(tree)
	return err
}

// newest returns the head and its files.
func newest(ctx context.Context, lane *gitrepo.Lane) (commit.Head, site.Tree, error) {
	head, err := lane.Head(ctx)
	if err != nil {
		return head, nil, err
	}
	if err := lane.Fetch(ctx, head); err != nil {
		return head, nil, err
	}
	tree, err := lane.Tree(head.Commit)
	return head, tree, err
}

// write makes the repository agree with what the first policies want, as the controller does: head, fetch, find,
// plan, build, push. So many files have to change.
func (w *worker) write(ctx context.Context, policies, files int) error {
	lane, release, err := w.mirrors.Lane(ctx, w.remote)
	if err != nil {
		return err
	}
	defer release()
	head, tree, err := newest(ctx, lane)
	if err != nil {
		return err
	}
	planned, err := w.plan(tree, policies)
	if err != nil {
		return err
	}
	if len(planned.Files) != files {
		return fmt.Errorf("%d files change, want %d", len(planned.Files), files)
	}
	if planned.Empty() {
		return nil
	}
	var edits []commit.File
	for _, f := range planned.Files {
		edits = append(edits, commit.File{Path: f.Entry.Path, Content: f.Content})
	}
	by := commit.Signature{Name: "Bench", Email: "bench@example.com", When: time.Now()}
	id, err := lane.Build(head.Commit, edits, commit.Meta{Author: by, Committer: by, Message: "Update to " + w.wanted})
	if err != nil {
		return err
	}
	return lane.Push(ctx, id, head)
}

// sites finds the places of a tree.
func (w *worker) sites(tree site.Tree) (site.Found, error) {
	return site.Scan(tree, w.memo, site.Selection{Path: "clusters", Strategy: markers.Strategy()})
}

func (w *worker) plan(tree site.Tree, policies int) (plan.Plan, error) {
	found, err := w.sites(tree)
	if err != nil {
		return plan.Plan{}, err
	}
	in := plan.Input{Files: found.Files, Namespace: "shop", Read: func(e site.Entry) ([]byte, error) { return tree.Read(e, site.MaxFileBytes) }}
	for i := range policies {
		name := fmt.Sprintf("p%d", i)
		in.Policies = append(in.Policies, plan.Policy{Name: site.Policy{Namespace: "shop", Name: name},
			Latest: image.Ref{Name: image.Name{Registry: "registry.example.com", Repository: "shop/" + name}, Tag: w.wanted}})
	}
	return plan.New(in)
}
