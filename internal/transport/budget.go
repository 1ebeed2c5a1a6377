// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A Budget is how much a host is asked. Zero fields mean the defaults.
type Budget struct {
	PerSecond float64 // requests a second over time; default 10
	Burst     int     // requests at once after a rest; default 20
	AtOnce    int     // requests whose answers are still being read; default 4
}

func (b Budget) orDefault() Budget {
	return Budget{PerSecond: cmp.Or(b.PerSecond, 10), Burst: cmp.Or(b.Burst, 20), AtOnce: cmp.Or(b.AtOnce, 4)}
}

// budgets keeps the budget of each host. Hosts may be named by strangers (in a redirect), so one that is at rest is
// forgotten when there are many: a fresh budget is the same.
type budgets struct {
	each Budget

	mu    sync.Mutex
	hosts map[string]*hostBudget
	sweep int // number of hosts at which those at rest are forgotten
}

type hostBudget struct {
	turns  *rate.Limiter
	places chan struct{}
	users  int // guarded by budgets.mu
}

const fewHosts = 1024

func newBudgets(each Budget) *budgets {
	return &budgets{each: each.orDefault(), hosts: map[string]*hostBudget{}, sweep: fewHosts}
}

// enter waits for a turn and a place at host. leave gives the place back and must be called once; waited is how
// long the turn took.
func (b *budgets) enter(ctx context.Context, host string) (leave func(), waited time.Duration, err error) {
	h := b.take(host)
	start := time.Now()
	if err := h.wait(ctx); err != nil {
		b.give(h)
		return nil, time.Since(start), fmt.Errorf("waiting for a turn at %s: %w", host, err)
	}
	leave = sync.OnceFunc(func() {
		<-h.places
		b.give(h)
	})
	return leave, time.Since(start), nil
}

func (h *hostBudget) wait(ctx context.Context) error {
	select {
	case h.places <- struct{}{}:
	default:
		select {
		case h.places <- struct{}{}:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err := h.turns.Wait(ctx)
	if err == nil {
		return nil
	}
	<-h.places
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return context.DeadlineExceeded // the turn would come too late, so it is not waited for
}

func (b *budgets) take(host string) *hostBudget {
	b.mu.Lock()
	defer b.mu.Unlock()
	h := b.hosts[host]
	if h == nil {
		b.forgetRested()
		h = &hostBudget{turns: rate.NewLimiter(rate.Limit(b.each.PerSecond), b.each.Burst), places: make(chan struct{}, b.each.AtOnce)}
		b.hosts[host] = h
	}
	h.users++
	return h
}

func (b *budgets) give(h *hostBudget) {
	b.mu.Lock()
	defer b.mu.Unlock()
	h.users--
}

// forgetRested drops hosts nobody uses whose bucket is full. It looks at all of them only when their number has
// doubled, so that the cost per request stays small.
func (b *budgets) forgetRested() {
	if len(b.hosts) < b.sweep {
		return
	}
	for host, h := range b.hosts {
		if h.users == 0 && h.turns.Tokens() >= float64(b.each.Burst) {
			delete(b.hosts, host)
		}
	}
	b.sweep = max(fewHosts, 2*len(b.hosts))
}
