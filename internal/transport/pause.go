// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// longestPause is how much of a Retry-After is believed.
	longestPause = time.Hour
	// usualPause is the pause after a 429 that names none.
	usualPause = time.Minute
)

// A Paused is a request that was not made because the host asked, of this login, to be left alone until a time.
type Paused struct {
	Host   string
	Until  time.Time // in whole seconds
	Status int       // of the answer that asked for it; 200 when it said that the limit is used up
}

// Error says what the host answered and until when it is not asked, the same each time until then.
func (p *Paused) Error() string {
	what := fmt.Sprintf("%d %s", p.Status, http.StatusText(p.Status))
	if p.Status < 400 {
		what = "the request limit is used up"
	}
	return fmt.Sprintf("%s, %s is not asked again before %s", what, p.Host, p.Until.UTC().Format(time.RFC3339))
}

// pauses remembers who asked to be left alone, per host and login.
type pauses struct {
	mu    sync.Mutex
	until map[pauseKey]Paused
	sweep int
}

type pauseKey struct{ host, credential string }

func newPauses() *pauses { return &pauses{until: map[pauseKey]Paused{}, sweep: fewHosts} }

// at returns the pause that holds for host and credential at now, if there is one.
func (p *pauses) at(host, credential string, now time.Time) *Paused {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := pauseKey{host, credential}
	pause, ok := p.until[key]
	switch {
	case !ok:
		return nil
	case !now.Before(pause.Until):
		delete(p.until, key)
		return nil
	case pause.Until.Sub(now) > longestPause+time.Second:
		delete(p.until, key) // the clock went back
		return nil
	}
	return &pause
}

// learn reads what resp says about the next request, keeps it, and returns it; nil when resp asks for nothing.
func (p *pauses) learn(host, credential string, resp *http.Response, now time.Time) *Paused {
	wait := pauseOf(resp, now)
	if wait <= 0 {
		return nil
	}
	pause := Paused{Host: host, Status: resp.StatusCode, Until: now.Add(wait + time.Second - 1).Truncate(time.Second)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.until) >= p.sweep {
		for key, old := range p.until {
			if !now.Before(old.Until) {
				delete(p.until, key)
			}
		}
		p.sweep = max(fewHosts, 2*len(p.until))
	}
	p.until[pauseKey{host, credential}] = pause
	return &pause
}

// pauseOf returns how long resp asks us to wait, at most an hour; 0: not at all.
func pauseOf(resp *http.Response, now time.Time) time.Duration {
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		wait, ok := retryAfter(resp.Header, now)
		if !ok {
			wait = usualPause
		}
		return clampPause(max(wait, time.Second))
	case resp.StatusCode == http.StatusServiceUnavailable:
		wait, _ := retryAfter(resp.Header, now)
		return clampPause(wait)
	case resp.StatusCode < 400:
		return clampPause(usedUp(resp.Header, now))
	}
	return 0
}

func clampPause(d time.Duration) time.Duration { return max(0, min(d, longestPause)) }

// retryAfter reads a Retry-After header: seconds, or a date, which is read by the server's own clock when it sent
// one. A header that is neither counts as absent.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, ok := wholeSeconds(text); ok {
		return seconds, true
	}
	date, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	if sent, err := http.ParseTime(h.Get("Date")); err == nil {
		now = sent
	}
	return date.Sub(now), true
}

// wholeSeconds reads a number of seconds; one too large for a duration is as long as is believed.
func wholeSeconds(text string) (time.Duration, bool) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n > int64(longestPause/time.Second) {
		return longestPause, true
	}
	return time.Duration(n) * time.Second, true
}

// usedUp reads RateLimit-Remaining: when nothing remains, the wait is RateLimit-Reset, in seconds or as Unix time, or
// else the share of one request in the window, as in "100;w=21600". Without either there is no time to wait for.
func usedUp(h http.Header, now time.Time) time.Duration {
	remaining, params, _ := strings.Cut(h.Get("RateLimit-Remaining"), ";")
	if left, ok := wholeSeconds(strings.TrimSpace(remaining)); !ok || left > 0 {
		return 0
	}
	const longAgo = 500_000_000 // as Unix time; as a wait it would be decades
	reset := strings.TrimSpace(h.Get("RateLimit-Reset"))
	if at, err := strconv.ParseInt(reset, 10, 64); err == nil && at > longAgo {
		return time.Unix(at, 0).Sub(now)
	}
	if wait, ok := wholeSeconds(reset); ok {
		return wait
	}
	window, ok := windowOf(params)
	limit, err := strconv.Atoi(strings.TrimSpace(beforeSemicolon(h.Get("RateLimit-Limit"))))
	if !ok || err != nil || limit <= 0 {
		return 0
	}
	return window / time.Duration(limit)
}

func beforeSemicolon(text string) string {
	first, _, _ := strings.Cut(text, ";")
	return first
}

// windowOf reads w=SECONDS, at most a day.
func windowOf(params string) (time.Duration, bool) {
	for param := range strings.SplitSeq(params, ";") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(param), "w="); ok {
			n, err := strconv.Atoi(text)
			return time.Duration(min(n, 24*60*60)) * time.Second, err == nil && n > 0
		}
	}
	return 0, false
}
