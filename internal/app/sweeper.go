// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"time"

	"github.com/go-logr/logr"

	"github.com/fairlead-dev/fairlead/internal/gitrepo"
)

const (
	// sweepEvery is how often mirrors that nobody uses are looked for.
	sweepEvery = time.Hour
	// keepMirrors is how long one stays that nobody uses. It is cloned again when it is wanted after all.
	keepMirrors = 3 * 24 * time.Hour
)

// newSweeper returns the sweeper of mirrors, which logs what cannot be removed.
func newSweeper(mirrors *gitrepo.Mirrors, log logr.Logger) sweeper {
	return sweeper{sweep: mirrors.Sweep, every: sweepEvery, failed: func(err error) { log.Error(err, "sweeping the mirrors") }}
}

// A sweeper removes old mirrors now and then. Like all runnables it works in the leader alone, if one is elected.
type sweeper struct {
	sweep  func(idle time.Duration) error
	every  time.Duration
	failed func(error)
}

// Start sweeps until ctx ends. What cannot be removed is told, and tried again.
func (s sweeper) Start(ctx context.Context) error {
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if err := s.sweep(keepMirrors); err != nil {
				s.failed(err)
			}
		}
	}
}
