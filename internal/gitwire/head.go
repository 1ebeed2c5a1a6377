// SPDX-License-Identifier: Apache-2.0

package gitwire

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/fault"
)

const heads = "refs/heads/"

// Head returns what branch points at; an empty branch means the remote's default, the one its HEAD names.
//
// With protocol v2 this is one request, and request and answer together are below 1 KB however many refs there are
// (but for those whose names begin with the name of branch). A branch that does not exist, an empty repository and
// a HEAD that names no branch are a stalled fault, BranchNotFound.
func (r *Remote) Head(ctx context.Context, branch string) (commit.Head, error) {
	if err := checkBranch(branch); err != nil && branch != "" {
		return commit.Head{}, err
	}
	head, err := r.head(ctx, branch)
	if err != nil {
		r.forget(uploadPack)
		return commit.Head{}, fmt.Errorf("asking %s for its head: %w", r, err)
	}
	return head, nil
}

func (r *Remote) head(ctx context.Context, branch string) (commit.Head, error) {
	want := sought{branch: branch}
	t, err := r.open(ctx, uploadPack)
	if err != nil {
		return commit.Head{}, err
	}
	defer t.close()
	a, err := t.advert(ctx, want.see)
	if err != nil {
		return commit.Head{}, err
	}
	want.target = a.caps["symref"]
	if a.v2 {
		if err := r.listRefs(ctx, t, a, &want); err != nil {
			return commit.Head{}, err
		}
	}
	return want.found()
}

// listRefs asks for one ref with the command ls-refs of protocol v2.
func (r *Remote) listRefs(ctx context.Context, t talk, a advert, want *sought) error {
	var q request
	q.command("ls-refs", r.agent, a)
	q.line("symrefs")
	q.line("ref-prefix %s", want.ref())
	q.flush()
	body, err := t.ask(ctx, q.Bytes(), r.limits.Refs)
	if err != nil {
		return err
	}
	defer body.Close()
	p := &packets{r: body}
	for {
		line, m, err := p.line()
		if err != nil {
			return r.told(fmt.Errorf("reading its refs: %w", early(err)))
		}
		if m != data {
			return nil
		}
		want.line(line)
	}
}

// command writes the head of a command of protocol v2, up to its arguments.
func (q *request) command(name, agent string, a advert) {
	q.line("command=%s", name)
	if a.has("agent") {
		q.line("agent=%s", agent)
	}
	if a.has("object-format") {
		q.line("object-format=sha1")
	}
	q.delim()
}

// sought is the one ref that is looked for in a list, and what was found.
type sought struct {
	branch string // empty: the default
	id     commit.ID
	target string // what HEAD names
}

func (s *sought) ref() string {
	if s.branch == "" {
		return "HEAD"
	}
	return heads + s.branch
}

// see takes note of a ref of a v0 list.
func (s *sought) see(ref string, id commit.ID) {
	if ref == s.ref() {
		s.id = id
	}
}

// line takes note of a ref of a v2 list: "id name attribute…".
func (s *sought) line(line string) {
	id, rest, ok := parseRef(line)
	if !ok {
		return // "unborn HEAD …"
	}
	fields := strings.Fields(rest)
	if len(fields) == 0 || fields[0] != s.ref() {
		return
	}
	s.id = id
	for _, attribute := range fields[1:] {
		if target, ok := strings.CutPrefix(attribute, "symref-target:"); ok {
			s.target = target
		}
	}
}

func (s *sought) found() (commit.Head, error) {
	missing := func(err error) (commit.Head, error) { return commit.Head{}, fault.Stall(reason.BranchNotFound, err) }
	if s.branch != "" {
		if s.id.IsZero() {
			return missing(fmt.Errorf("there is no branch %q", s.branch))
		}
		return commit.Head{Branch: s.branch, Commit: s.id}, nil
	}
	branch, ok := strings.CutPrefix(s.target, heads)
	switch {
	case s.id.IsZero():
		return missing(errors.New("the repository has no default branch, or it is empty; set git.branch"))
	case !ok:
		return missing(errors.New("its HEAD names no branch; set git.branch"))
	}
	return commit.Head{Branch: branch, Commit: s.id}, checkBranch(branch)
}

// checkBranch refuses names that Git does not allow. A space or a NUL in one would become part of a command.
func checkBranch(name string) error {
	bad := name == "" || name == "@" || strings.HasPrefix(name, "-") || strings.HasSuffix(name, ".") ||
		strings.Contains(name, "..") || strings.Contains(name, "@{") || len(name) > 255 ||
		strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune(`~^:?*[\`, c) })
	for part := range strings.SplitSeq(name, "/") {
		bad = bad || part == "" || strings.HasPrefix(part, ".") || strings.HasSuffix(part, ".lock")
	}
	if bad {
		return fault.Stall(reason.InvalidSpec, fmt.Errorf("%.60q is not the name of a branch", name))
	}
	return nil
}
