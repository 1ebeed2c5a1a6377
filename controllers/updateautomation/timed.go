// SPDX-License-Identifier: Apache-2.0

package updateautomation

import (
	"context"
	"time"

	"github.com/fairlead-dev/fairlead/internal/commit"
)

// A timed lane counts what is asked of the server.
type timed struct {
	Lane
	metrics *Metrics
	clock   func() time.Time
}

// Head counts as "head".
func (t timed) Head(ctx context.Context) (commit.Head, error) {
	start := t.clock()
	head, err := t.Lane.Head(ctx)
	t.metrics.operated("head", t.clock().Sub(start), err)
	return head, err
}

// Fetch counts as "fetch".
func (t timed) Fetch(ctx context.Context, head commit.Head, keep ...commit.ID) error {
	start := t.clock()
	err := t.Lane.Fetch(ctx, head, keep...)
	t.metrics.operated("fetch", t.clock().Sub(start), err)
	return err
}

// Push counts as "push".
func (t timed) Push(ctx context.Context, id commit.ID, onto commit.Head) error {
	start := t.clock()
	err := t.Lane.Push(ctx, id, onto)
	t.metrics.operated("push", t.clock().Sub(start), err)
	return err
}

// Between counts as "history".
func (t timed) Between(ctx context.Context, base, head commit.ID, most int) ([]commit.Commit, bool, error) {
	start := t.clock()
	commits, complete, err := t.Lane.Between(ctx, base, head, most)
	t.metrics.operated("history", t.clock().Sub(start), err)
	return commits, complete, err
}

// Settle counts as "settle".
func (t timed) Settle(ctx context.Context, intended commit.Intent, head commit.Head) (commit.Commit, commit.Fate, error) {
	start := t.clock()
	found, fate, err := t.Lane.Settle(ctx, intended, head)
	t.metrics.operated("settle", t.clock().Sub(start), err)
	return found, fate, err
}
