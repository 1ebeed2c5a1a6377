// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"cmp"
	"context"
	"crypto/sha1" // #nosec G505 -- as Git does
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/credentials"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/site"
)

// A repo is a Git server in memory with one branch, main, and the lane to it. Histories are straight lines. What
// happens around a call is the test's: before is called with the name of each operation, and its error fails it.
type repo struct {
	commits map[commit.ID]stored
	head    commit.ID
	calls   []string
	before  func(operation string) error
	// unanswered makes Push succeed and say that nobody knows.
	unanswered bool
	fetched    map[commit.ID]bool
	fetches    int
	built      map[commit.ID]stored
	lanes      int                // taken and not released
	login      credentials.Git    // of who took the lane last
	hidden     map[commit.ID]bool // commits that the server does not give away
}

type stored struct {
	commit.Commit
	files map[string]string
}

func newRepo(files map[string]string) *repo {
	g := &repo{commits: map[commit.ID]stored{}, fetched: map[commit.ID]bool{}, built: map[commit.ID]stored{}, hidden: map[commit.ID]bool{}}
	g.write("Ann", "first", files)
	return g
}

func sum(text string) commit.ID { return commit.ID(sha1.Sum([]byte(text))) } // #nosec G401 -- as Git does

// made returns the commit that changes files of parent. Equal arguments give the same commit.
func made(parent stored, meta commit.Meta, change map[string]string) stored {
	files := maps.Clone(parent.files)
	if files == nil {
		files = map[string]string{}
	}
	for path, content := range change {
		files[path] = content
		if content == "" {
			delete(files, path)
		}
	}
	var tree strings.Builder
	for _, path := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&tree, "%q %q\n", path, files[path])
	}
	var parents []commit.ID
	if !parent.ID.IsZero() {
		parents = append(parents, parent.ID)
	}
	raw, err := meta.Encode(sum(tree.String()), parents...)
	if err != nil {
		panic(err)
	}
	return stored{commit.Commit{ID: sum(string(raw)), Tree: sum(tree.String()), Parents: parents, Meta: meta}, files}
}

// write pushes a commit of a person, or of an automation that message signs, and returns its id.
func (g *repo) write(author, message string, change map[string]string) commit.ID {
	by := commit.Signature{Name: author, Email: "x@example.com", When: noon}
	c := made(g.commits[g.head], commit.Meta{Author: by, Committer: by, Message: message}, change)
	g.commits[c.ID], g.head = c, c.ID
	return c.ID
}

// log returns the subjects of main, newest first.
func (g *repo) log() []string {
	var all []string
	for id := g.head; !id.IsZero(); id = g.parent(id) {
		all = append(all, g.commits[id].Subject())
	}
	return all
}

func (g *repo) parent(id commit.ID) commit.ID {
	if c := g.commits[id]; len(c.Parents) > 0 {
		return c.Parents[0]
	}
	return commit.ID{}
}

func (g *repo) file(path string) string { return g.commits[g.head].files[path] }

func (g *repo) called(operation string) error {
	g.calls = append(g.calls, operation)
	if g.before == nil {
		return nil
	}
	return g.before(operation)
}

// asked returns the operations since it was called last.
func (g *repo) asked() string {
	calls := strings.Join(g.calls, " ")
	g.calls = nil
	return calls
}

func (g *repo) Lane(_ context.Context, remote Remote) (Lane, func(), error) {
	g.lanes++
	g.login = remote.Login
	return g, func() { g.lanes-- }, nil
}

func (g *repo) Head(context.Context) (commit.Head, error) {
	return commit.Head{Branch: "main", Commit: g.head}, g.called("head")
}

func (g *repo) Fetch(_ context.Context, head commit.Head, keep ...commit.ID) error {
	if err := g.called("fetch"); err != nil {
		return err
	}
	g.fetches++
	for _, id := range append(keep, head.Commit) {
		if _, known := g.commits[id]; known && !g.hidden[id] {
			g.fetched[id] = true
		}
	}
	return nil
}

func (g *repo) Has(id commit.ID) bool { return g.fetched[id] }

func (g *repo) Tree(id commit.ID) (site.Tree, error) {
	if !g.fetched[id] {
		return nil, fmt.Errorf("commit %s is not fetched", id)
	}
	return tree{g.commits[id].files, g, g.fetches}, nil
}

func (g *repo) Build(base commit.ID, files []commit.File, meta commit.Meta) (commit.ID, error) {
	change := map[string]string{}
	for _, f := range files {
		change[f.Path] = string(f.Content)
	}
	c := made(g.commits[base], meta, change)
	g.built[c.ID] = c
	return c.ID, g.called("build")
}

func (g *repo) Push(_ context.Context, id commit.ID, onto commit.Head) error {
	if err := g.called("push"); err != nil {
		return err
	}
	if g.head != onto.Commit {
		return fault.Retry(reason.PushRace, errors.New("somebody else pushed first"))
	}
	g.commits[id], g.head = g.built[id], id
	if g.unanswered {
		return fault.Retry(reason.GitFailed, errors.New("the answer was lost"))
	}
	return nil
}

func (g *repo) Between(_ context.Context, base, head commit.ID, most int) (commits []commit.Commit, complete bool, err error) {
	if err := g.called("history"); err != nil {
		return nil, false, err
	}
	for id := head; id != base; id = g.parent(id) {
		if id.IsZero() {
			return commits, false, nil
		}
		commits = append(commits, g.commits[id].Commit)
	}
	return commits[:min(len(commits), most)], len(commits) <= most, nil
}

func (g *repo) Settle(ctx context.Context, in commit.Intent, head commit.Head) (commit.Commit, commit.Fate, error) {
	commits, complete, err := g.Between(ctx, in.Base, head.Commit, 256)
	if c, found := in.In(commits); found {
		return c, commit.Arrived, err
	}
	if complete {
		return commit.Commit{}, commit.Lost, err
	}
	return commit.Commit{}, commit.Unknown, err
}

// A tree is files by their paths, all in one folder deep at most. It can be read until the lane fetches again.
type tree struct {
	files map[string]string
	of    *repo
	born  int
}

func (t tree) Root() site.Entry { return site.Entry{Kind: site.Folder, Size: -1} }

func (t tree) List(folder site.Entry) ([]site.Entry, error) {
	var all []site.Entry
	for _, path := range slices.Sorted(maps.Keys(t.files)) {
		dir, _, deep := strings.Cut(path, "/")
		switch {
		case folder.Path == "" && deep:
			all = append(all, site.Entry{Path: dir, Kind: site.Folder, Size: -1})
		case folder.Path == "" || deep && dir == folder.Path:
			all = append(all, site.Entry{Path: path, Kind: site.File, Size: int64(len(t.files[path]))})
		}
	}
	all = slices.CompactFunc(all, func(a, b site.Entry) bool { return a.Path == b.Path })
	slices.SortFunc(all, func(a, b site.Entry) int { return cmp.Compare(a.Path, b.Path) })
	return all, t.fresh()
}

func (t tree) Read(file site.Entry, _ int64) ([]byte, error) {
	return []byte(t.files[file.Path]), t.fresh()
}

func (t tree) fresh() error {
	if t.born != t.of.fetches {
		return errors.New("the lane has fetched since this tree was opened")
	}
	return nil
}

var noon = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
