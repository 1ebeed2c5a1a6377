// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/fairlead-dev/fairlead/api/reason"
	"github.com/fairlead-dev/fairlead/internal/commit"
	"github.com/fairlead-dev/fairlead/internal/fault"
	"github.com/fairlead-dev/fairlead/internal/gitwire"
)

// Push makes the branch of onto point at a commit that Build returned, if it still points at onto's commit; a zero one
// means that the branch must not exist yet. A nil error means that the commit is on the branch.
//
// After any failure the branch is looked at, and what it points at decides:
//
//	the commit itself, or it lies below the head   nil: the answer was lost, the push was not
//	still what onto says                           the error of the push, for example PushRejected
//	something else                                 PushRace, transient: plan again on the new head
//	it cannot be looked at, or not far enough      GitFailed, transient, with gitwire.ErrUnclear: settle before anything else
func (l *Lane) Push(ctx context.Context, id commit.ID, onto commit.Head) error {
	b, ok := l.pending[id]
	if !ok {
		return fmt.Errorf("pushing %s: it was not built in this lane", id)
	}
	m, err := l.open()
	if err != nil {
		return l.local(err)
	}
	pack, err := l.send(ctx, m, id, b, onto)
	if err != nil && pack != nil {
		err = l.look(ctx, id, onto, err)
	}
	if err != nil {
		return err
	}
	delete(l.pending, id)
	l.adopt(ctx, m, id, b, pack)
	return nil
}

// send pushes, and returns the pack if it got as far as sending one.
func (l *Lane) send(ctx context.Context, m *mirror, id commit.ID, b built, onto commit.Head) (pack []byte, err error) {
	ctx, cancel := l.within(ctx)
	defer cancel()
	err = l.wire.Push(ctx, gitwire.Update{Branch: onto.Branch, Old: onto.Commit, New: id}, func(thin bool) ([]byte, error) {
		read := m.read
		if !thin {
			read = nil
		}
		pack, err = encodePack(b.objects, read)
		if err != nil {
			return nil, l.blame(m, err)
		}
		return pack, nil
	})
	return pack, err
}

// look decides what became of a push that failed.
func (l *Lane) look(ctx context.Context, id commit.ID, onto commit.Head, failure error) error {
	inTime, cancel := l.within(ctx)
	defer cancel()
	head, err := l.wire.Head(inTime, onto.Branch)
	gone := fault.Of(err)
	switch {
	case gone != nil && gone.Reason == reason.BranchNotFound:
		if onto.Commit.IsZero() {
			return failure
		}
		return err
	case err != nil:
		return doubt(failure)
	case head.Commit == id:
		return nil
	case head.Commit == onto.Commit:
		return failure
	}
	if !errors.Is(failure, gitwire.ErrUnclear) {
		return race(failure)
	}
	commits, complete, err := l.Between(ctx, onto.Commit, head.Commit, maxDeepening)
	if err != nil {
		return doubt(failure)
	}
	if _, found := (commit.Intent{Commit: id}).In(commits); found {
		return nil
	}
	if !complete {
		return doubt(failure)
	}
	return race(failure)
}

func race(failure error) error {
	return fault.Retry(reason.PushRace, fmt.Errorf("somebody else pushed first: %w", failure))
}

// doubt makes sure that the caller settles: the push may have happened, and looking did not tell.
func doubt(failure error) error {
	if !errors.Is(failure, gitwire.ErrUnclear) {
		failure = fmt.Errorf("%w: %w", gitwire.ErrUnclear, failure)
	}
	return fault.Retry(reason.GitFailed, failure)
}

// adopt makes a pushed commit a part of the mirror, so that it need not be fetched. If that fails, the mirror is cloned
// again next time: the push is done all the same.
func (l *Lane) adopt(ctx context.Context, m *mirror, id commit.ID, b built, pack []byte) {
	err := m.take(context.WithoutCancel(ctx), bytes.NewReader(pack), nil)
	if err == nil {
		err = m.verify(context.WithoutCancel(ctx), id, b.base)
	}
	if err == nil {
		err = m.confirm(id)
	}
	if err == nil {
		err = m.settle(id)
	}
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.damaged = true
	}
}

// Between returns the commits that head has and base has not, children before parents and otherwise the newest first,
// at most most of them, and whether these are all. The history is deepened for it by at most 256 commits and is not
// kept. head was fetched in this lane or lies on top of what was; base need not be a commit of the branch, and then they
// are never all.
func (l *Lane) Between(ctx context.Context, base, head commit.ID, most int) (commits []commit.Commit, complete bool, err error) {
	if base == head {
		return nil, true, nil
	}
	ctx, cancel := l.within(ctx)
	defer cancel()
	m, err := l.open()
	if err != nil {
		return nil, false, l.local(err)
	}
	before := 0
	for _, depth := range []int{8, 64, maxDeepening} {
		known, err := l.deepen(ctx, m, head, depth)
		if err != nil {
			return nil, false, fmt.Errorf("looking at what happened since %s: %w", base, l.local(err))
		}
		commits, complete = known.between(base, head)
		if complete || len(known) == before || len(commits) > most {
			break // all of it; or there is no more; or no more is wanted
		}
		before = len(known)
	}
	if len(commits) > most {
		return commits[:most], false, nil
	}
	return commits, complete, nil
}

// deepen returns the history of head, depth commits deep.
func (l *Lane) deepen(ctx context.Context, m *mirror, head commit.ID, depth int) (history, error) {
	known := history{}
	ask := gitwire.Ask{Want: head, Depth: depth, Have: m.tip, CommitsOnly: true}
	err := l.wire.Fetch(ctx, ask, func(pack io.Reader) error { return m.peek(ctx, pack, known.see) })
	if err != nil {
		return nil, err
	}
	for id := range m.whole { // what we told the server that we have it did not send
		if c, err := m.commit(id); err == nil {
			known[id] = c
		}
	}
	return known, nil
}

// Settle tells what became of a push that was intended: it looks for its commit, or one with its update id, among those
// that head has on top of the intent's base. The commit is returned if it Arrived. Lost with the base still the head
// means that the same commit may be pushed again. As for Between, something was fetched before.
func (l *Lane) Settle(ctx context.Context, in commit.Intent, head commit.Head) (commit.Commit, commit.Fate, error) {
	commits, complete, err := l.Between(ctx, in.Base, head.Commit, maxDeepening)
	if err != nil {
		return commit.Commit{}, commit.Unknown, fmt.Errorf("settling a push: %w", err)
	}
	if c, found := in.In(commits); found {
		return c, commit.Arrived, nil
	}
	if complete {
		return commit.Commit{}, commit.Lost, nil
	}
	return commit.Commit{}, commit.Unknown, nil
}
