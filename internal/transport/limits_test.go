// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestBudget_asksAHostTenTimesASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool, _ := newWire(t, Config{}, func(http.ResponseWriter, *http.Request) {}, nil)
		start := time.Now()
		for i := range 50 {
			if _, err := get(t.Context(), pool, plain, "http://8.8.8.8/"); err != nil {
				t.Fatal(err)
			}
			want := time.Duration(max(0, i-19)) * 100 * time.Millisecond
			if got := time.Since(start); got < want || got > want+time.Millisecond {
				t.Fatalf("request %d was sent after %v, want %v", i, got, want)
			}
		}
		before := time.Now()
		if _, err := get(t.Context(), pool, plain, "http://8.8.4.4/"); err != nil || time.Since(before) != 0 {
			t.Errorf("another host waited %v, %v", time.Since(before), err)
		}
	})
}

func TestBudget_lets4AnswersBeReadAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		pool, _ := newWire(t, Config{}, func(http.ResponseWriter, *http.Request) {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second) // of the bubble
			now.Add(-1)
		}, nil)
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() {
				if _, err := get(t.Context(), pool, plain, "http://8.8.8.8/"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if most.Load() != 4 {
			t.Errorf("%d requests at once, want 4", most.Load())
		}
	})
}

func TestBudget_aBodyHoldsItsPlaceUntilItIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool, _ := newWire(t, Config{Budget: Budget{AtOnce: 1}}, func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "x") }, nil)
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://8.8.8.8/", nil)
		first, err := pool.RoundTripper(plain).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := get(ctx, pool, plain, "http://8.8.8.8/"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "waiting for a turn") {
			t.Errorf("the second request did not wait: %v", err)
		}
		_ = first.Body.Close()
		_ = first.Body.Close() // twice is once
		if _, err := get(t.Context(), pool, plain, "http://8.8.8.8/"); err != nil {
			t.Error(err)
		}
	})
}

func TestBudget_aTurnThatComesTooLateIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pool, _ := newWire(t, Config{Budget: Budget{PerSecond: 0.1, Burst: 1}}, func(http.ResponseWriter, *http.Request) {}, nil)
		var seen []Exchange
		way := plain
		way.Observe = func(e Exchange) { seen = append(seen, e) }
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, first := get(ctx, pool, way, "http://8.8.8.8/")
		_, second := get(ctx, pool, way, "http://8.8.8.8/")
		if first != nil || !errors.Is(second, context.DeadlineExceeded) {
			t.Errorf("got %v, %v", first, second)
		}
		if len(seen) != 2 || seen[0].Status != 200 || seen[1].Status != 0 {
			t.Errorf("observed %+v", seen)
		}
		if n := len(pool.budgets.hosts["8.8.8.8:80"].places); n != 0 {
			t.Errorf("%d places are lost", n)
		}
	})
}

func TestBudgets_forgetHostsAtRest(t *testing.T) {
	t.Parallel()
	b := newBudgets(Budget{PerSecond: 1e-9, Burst: 1})
	for i := range 3 * fewHosts {
		leave, _, err := b.enter(t.Context(), fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		leave()
	}
	if len(b.hosts) != 3*fewHosts {
		t.Error("a host that is not at rest was forgotten: it could be asked more than its budget")
	}
	b = newBudgets(Budget{PerSecond: 1e9})
	for i := range 10 * fewHosts {
		leave, _, err := b.enter(t.Context(), fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		leave()
	}
	if len(b.hosts) > 2*fewHosts {
		t.Errorf("%d hosts are kept", len(b.hosts))
	}
}

func TestPause_isWhatTheHostAskedFor(t *testing.T) {
	t.Parallel()
	header := func(pairs ...string) http.Header {
		h := http.Header{}
		for i := 0; i < len(pairs); i += 2 {
			h.Set(pairs[i], pairs[i+1])
		}
		return h
	}
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // where a bubble's clock begins
	date := func(d time.Duration) string { return start.Add(d).Format(http.TimeFormat) }
	for _, tc := range []struct {
		name, why string
		status    int
		header    http.Header
		want      time.Duration
	}{
		{"believes seconds", "the usual form", 429, header("Retry-After", "30"), 30 * time.Second},
		{"believes a date", "the other form", 429, header("Retry-After", date(90*time.Second)), 90 * time.Second},
		{"reads a date by the server's clock", "clocks differ", 429, header("Retry-After", date(25*time.Hour), "Date", date(25*time.Hour-time.Minute)), time.Minute},
		{"waits a minute when nothing is said", "asking on at once made it worse", 429, nil, time.Minute},
		{"waits a minute when nonsense is said", "the same", 429, header("Retry-After", "soon"), time.Minute},
		{"waits a second at least", "a date may have passed", 429, header("Retry-After", date(-time.Hour)), time.Second},
		{"waits a second for zero", "429 was said all the same", 429, header("Retry-After", "0"), time.Second},
		{"believes an hour", "the limit itself", 429, header("Retry-After", "3600"), time.Hour},
		{"believes no more than an hour", "a registry once said 55 years", 429, header("Retry-After", "1746032400"), time.Hour},
		{"believes no more than an hour of a number no type holds", "nor of this", 429, header("Retry-After", strings.Repeat("9", 60)), time.Hour},
		{"believes no more than an hour of a date", "the same", 429, header("Retry-After", date(1000*time.Hour)), time.Hour},
		{"honors a 503 that names a time", "it is the header's first use", 503, header("Retry-After", "7"), 7 * time.Second},
		{"has nothing to honor in a plain 503", "the caller's backoff does", 503, nil, 0},
		{"ignores the header elsewhere", "a redirect may carry it", 200, header("Retry-After", "30"), 0},
		{"stops when nothing remains", "the next request would be a 429", 200, header("RateLimit-Remaining", "0", "RateLimit-Reset", "12"), 12 * time.Second},
		{"reads a reset as a time", "GitLab sends Unix time", 200, header("RateLimit-Remaining", "0", "RateLimit-Reset", fmt.Sprint(9_999_999_999)), time.Hour},
		{"does not wait for a time that has passed", "the window is over", 200, header("RateLimit-Remaining", "0", "RateLimit-Reset", fmt.Sprint(900_000_000)), 0},
		{"waits for one share of the window", "Docker Hub gives no reset", 200, header("RateLimit-Remaining", "0;w=21600", "RateLimit-Limit", "100;w=21600"), 216 * time.Second},
		{"goes on while something remains", "that is what it is for", 200, header("RateLimit-Remaining", "1;w=21600", "RateLimit-Limit", "100;w=21600"), 0},
		{"goes on when there is no time to wait for", "0 alone names none", 200, header("RateLimit-Remaining", "0"), 0},
		{"survives a limit of zero", "it divides", 200, header("RateLimit-Remaining", "0;w=60", "RateLimit-Limit", "0"), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int32
				pool, _ := newWire(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					if r.Host != "8.8.8.8" {
						return
					}
					w.Header()["Date"] = nil
					maps.Copy(w.Header(), tc.header)
					w.WriteHeader(tc.status)
				}, nil)
				resp, err := get(t.Context(), pool, plain, "http://8.8.8.8/")
				if err != nil || resp.StatusCode != tc.status {
					t.Fatalf("%v, %v", resp, err)
				}
				if pause := PauseOf(resp); (pause != nil) != (tc.want > 0) || pause != nil && !pause.Until.Equal(start.Add(tc.want)) {
					t.Errorf("%s: the pause is %v, want %v", tc.why, pause, tc.want)
				}
				if tc.want == 0 {
					_, err := get(t.Context(), pool, plain, "http://8.8.8.8/")
					if err != nil || asked.Load() != 2 {
						t.Errorf("%s: %v, asked %d times", tc.why, err, asked.Load())
					}
					return
				}
				time.Sleep(tc.want - time.Millisecond) // of the bubble
				_, err = get(t.Context(), pool, plain, "http://8.8.8.8/v2/?x=1")
				if paused := (*Paused)(nil); !errors.As(err, &paused) || !paused.Until.Equal(start.Add(tc.want)) || asked.Load() != 1 {
					t.Errorf("%s: asked %d times before the time, %v", tc.why, asked.Load(), err)
				}
				other := plain
				other.Credential = "another"
				if _, err := get(t.Context(), pool, other, "http://8.8.8.8/"); err != nil || asked.Load() != 2 {
					t.Errorf("another login was stopped too: %v", err)
				}
				if _, err := get(t.Context(), pool, plain, "http://8.8.4.4/"); err != nil || asked.Load() != 3 {
					t.Errorf("another host was stopped too: %v", err)
				}
				time.Sleep(time.Millisecond)
				if _, err := get(t.Context(), pool, plain, "http://8.8.8.8/"); err != nil || asked.Load() != 4 {
					t.Errorf("%s: after the time: %v", tc.why, err)
				}
			})
		})
	}
}

func TestPause_stopsThoseWhoWaitForATurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int32
		pool, _ := newWire(t, Config{Budget: Budget{AtOnce: 1}}, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			time.Sleep(time.Second)
			w.WriteHeader(http.StatusTooManyRequests)
		}, nil)
		var all sync.WaitGroup
		var paused atomic.Int32
		for range 5 {
			all.Go(func() {
				_, err := get(t.Context(), pool, plain, "http://8.8.8.8/")
				if p := (*Paused)(nil); errors.As(err, &p) {
					paused.Add(1)
				}
			})
		}
		all.Wait()
		if asked.Load() != 1 || paused.Load() != 4 {
			t.Errorf("asked %d times, %d stopped; want 1 and 4", asked.Load(), paused.Load())
		}
	})
}

func TestPauses_areForgottenWhenOver(t *testing.T) {
	t.Parallel()
	p := newPauses()
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	resp := &http.Response{StatusCode: 429, Header: http.Header{"Retry-After": {"10"}}}
	for i := range 10 * fewHosts {
		p.learn(fmt.Sprint(i), "", resp, now.Add(time.Duration(i)*time.Second))
	}
	if len(p.until) > 2*fewHosts {
		t.Errorf("%d pauses are kept", len(p.until))
	}
	last := fmt.Sprint(10*fewHosts - 1)
	if p.at(last, "", now.Add(-10*time.Hour)) != nil {
		t.Error("a clock that went back makes a pause of many hours")
	}
}
