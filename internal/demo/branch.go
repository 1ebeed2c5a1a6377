// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// lookEvery is how often the branch is looked at: on Gitea's own disk, so that the answer is the server's.
const lookEvery = 20 * time.Millisecond

// A bare is the repository on the disk of the Git server.
type bare struct{ git git }

func (b bare) head(ctx context.Context) (string, error) {
	return b.git.run(ctx, "-c", "safe.directory=*", "rev-parse", "refs/heads/"+branch)
}

// awaitCommit returns the head of the branch as soon as it is not before.
func (b bare) awaitCommit(ctx context.Context, before string) (string, error) {
	head, err := b.watch(ctx, before, patience)
	if err == nil && head == before {
		return "", fmt.Errorf("waiting for a commit on %s: none within %s", branch, patience)
	}
	return head, err
}

// rests looks at the branch for a while and complains when it moves.
func (b bare) rests(ctx context.Context, before string, look time.Duration) error {
	head, err := b.watch(ctx, before, look)
	if err == nil && head != before {
		return fmt.Errorf("%s moved from %.12s to %.12s, though nothing was to be written", branch, before, head)
	}
	return err
}

// watch returns the head as soon as it is not before, or before when it is still that after most.
func (b bare) watch(ctx context.Context, before string, most time.Duration) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, most, errLookedLongEnough)
	defer cancel()
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		head, err := b.head(ctx)
		switch {
		case errors.Is(context.Cause(ctx), errLookedLongEnough):
			return before, nil
		case err != nil:
			return "", err
		case head != before:
			return head, nil
		}
		select {
		case <-ctx.Done():
		case <-again.C:
		}
	}
}

var errLookedLongEnough = errors.New("looked long enough")
