package cio

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ciomirror/catalog"
)

// mostInASecond is the largest number of times in any window [t, t+1s).
func mostInASecond(times []time.Time) int {
	most, first := 0, 0
	for i := range times {
		for times[i].Sub(times[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// API-1: whoever asks, and however late they wake up, no second holds an eleventh.
func TestNoSecondHoldsMoreThanTenRequests(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("start value %d", seed)
	synctest.Test(t, func(t *testing.T) {
		r := rand.New(rand.NewPCG(seed, 0))
		limiter := NewLimiter(10)
		s := times(3, says(200, `{"things":[]}`), says(503, ""), says(200, `{"things":[]}`), says(429, "", "Retry-After", "1"), says(200, `{"things":[]}`))
		var wg sync.WaitGroup
		for range 8 {
			own := rand.New(rand.NewPCG(r.Uint64(), 0))
			c := newClient(t, s, func(o *Options) { o.Limiter, o.Jitter = limiter, own.Float64 })
			pauses := []time.Duration{time.Duration(r.IntN(900)), 0, time.Duration(r.IntN(50)), time.Duration(r.IntN(2500))}
			wg.Go(func() {
				for _, pause := range pauses {
					if err := sleep(t.Context(), pause*time.Millisecond); err != nil {
						t.Error(err)
					}
					for range 8 {
						if _, err := collect(t.Context(), c, catalog.Walk{Entity: things()}); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		if most := mostInASecond(s.times); most > 10 {
			t.Errorf("%d requests in a second (start value %d)", most, seed)
		}
		if s.count() < 256 {
			t.Errorf("%d requests", s.count())
		}
	})
}

// A goroutine that wakes up late must not leave just before the next one.
func TestLateRequestPushesTheNextOneBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(10)
		var at []time.Duration
		start := time.Now()
		leave := func() {
			if _, err := p.wait(t.Context()); err != nil {
				t.Error(err)
			}
			at = append(at, time.Since(start))
		}
		leave()
		// The turn is held up, as by a machine under load, past the next slot.
		p.turn <- struct{}{}
		time.AfterFunc(180*time.Millisecond, func() { <-p.turn })
		leave()
		leave()
		// The last one makes up for a tenth of the time between two, and no more.
		if fmt.Sprint(at) != "[0s 180ms 270ms]" {
			t.Errorf("left at %v", at)
		}
	})
}

// Timers fire late, each of them a little. The lateness must not add up.
func TestLateTimersSlowNothingDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(10 * margin)
		var left []time.Time
		start := time.Now()
		for range 301 {
			p.turn <- struct{}{}
			if err := sleep(t.Context(), time.Until(p.last.Add(p.gap()))+2*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			<-p.turn
			if _, err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			left = append(left, time.Now())
		}
		if took := time.Since(start); took > 300*p.gap()+5*time.Millisecond {
			t.Errorf("300 requests took %v, %v each", took, took/300)
		}
		if most := mostInASecond(left); most > 10 {
			t.Errorf("%d requests in a second", most)
		}
	})
}

func TestLimitedCallHoldsBackEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter := NewLimiter(10)
		s := inTurn(says(429, "", "Retry-After", "30"), says(200, `{"things":[]}`))
		start := time.Now()
		var wg sync.WaitGroup
		for range 3 {
			c := newClient(t, s, func(o *Options) { o.Limiter = limiter })
			wg.Go(func() {
				if _, err := collect(t.Context(), c, catalog.Walk{Entity: things()}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for i, at := range s.times {
			if after := at.Sub(start); i > 0 && after < 30*time.Second {
				t.Errorf("request %d left after %v", i, after)
			}
		}
		if s.count() != 4 {
			t.Errorf("%d requests", s.count())
		}
	})
}

func TestOneBurstOf429sCutsTheRateOnce(t *testing.T) {
	p := newPacer(9.6)
	var tickets []ticket
	for range 5 {
		tickets = append(tickets, ticket(p.control.cuts))
	}
	for _, at := range tickets {
		p.limited(at, time.Millisecond, 0)
	}
	if p.control.cuts != 1 || p.control.rate < 6 {
		t.Errorf("%d cuts, rate %v", p.control.cuts, p.control.rate)
	}
	if p.limited(ticket(p.control.cuts), time.Millisecond, 2); p.control.rate != 2*margin {
		t.Errorf("rate %v, though the API named 2", p.control.rate)
	}
}

func TestRateStaysWithinItsBounds(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 200 {
		c := newControl([]float64{0.01, 0.096, 9.6, 192, 1e9}[r.IntN(5)])
		for range 2000 {
			switch r.IntN(20) {
			case 0:
				c.limited([]float64{0, 0, 0.001, 2, 10, 1e6}[r.IntN(6)])
			default:
				c.answered()
			}
			if c.rate > c.max || c.rate < min(minRate, c.max) {
				t.Fatalf("rate %v of at most %v (start value %d)", c.rate, c.max, seed)
			}
		}
		for range 10_000 {
			c.answered()
		}
		if c.rate != c.max {
			t.Fatalf("rate %v did not come back to %v (start value %d)", c.rate, c.max, seed)
		}
	}
}

// bucket is a server's own idea of the limit: a bucket of tokens, or a count per
// clock second. It is not the client's arithmetic.
type bucket struct {
	mu      sync.Mutex
	start   time.Time
	rate    func(since time.Duration) int
	latency time.Duration
	tokens  float64
	last    time.Time
	speaks  bool // the 429 names the limit
	header  bool // and says when to come back
	taken   []time.Duration
	refused []time.Duration
}

func (b *bucket) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := sleep(r.Context(), b.latency); err != nil {
		return nil, err
	}
	since, rate, ok := b.take()
	b.mu.Lock()
	defer b.mu.Unlock()
	if ok {
		b.taken = append(b.taken, since)
		return reply(200, `{"things":[]}`), nil
	}
	b.refused = append(b.refused, since)
	resp := reply(429, "")
	if b.speaks {
		resp = reply(429, fmt.Sprintf(`{"errors":[{"detail":"rate limited to %v requests per 1s (reference a1b2c3)","status":"429"}]}`, rate))
	}
	if b.header {
		resp.Header.Set("Retry-After", "1")
	}
	return resp, nil
}

// take takes a token, if there is one. It returns when that was, and the limit.
func (b *bucket) take() (since time.Duration, rate float64, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	since = now.Sub(b.start)
	rate = float64(b.rate(since))
	b.tokens = min(rate, b.tokens+rate*now.Sub(b.last).Seconds())
	b.last = now
	if ok = b.tokens >= 1; ok {
		b.tokens--
	}
	return since, rate, ok
}

func countIn(times []time.Duration, from, to time.Duration) int {
	n := 0
	for _, at := range times {
		if at >= from && at < to {
			n++
		}
	}
	return n
}

// API-13: the limit falls from 10 to 2 and comes back.
func TestLimiterLearnsALimitThatChanges(t *testing.T) {
	const phase = 3 * time.Minute
	for _, speaks := range []bool{true, false} {
		for _, header := range []bool{true, false} {
			t.Run(fmt.Sprintf("named %v, Retry-After %v", speaks, header), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := &bucket{start: time.Now(), last: time.Now(), tokens: 10, speaks: speaks, header: header, latency: 150 * time.Millisecond,
						rate: func(since time.Duration) int {
							if since >= phase && since < 2*phase {
								return 2
							}
							return 10
						}}
					ctx, cancel := context.WithTimeout(t.Context(), 3*phase)
					defer cancel()
					c := newClient(t, b)
					var wg sync.WaitGroup
					for range 4 {
						wg.Go(func() {
							for ctx.Err() == nil {
								if _, err := collect(ctx, c, catalog.Walk{Entity: things()}); err != nil && !errors.Is(err, context.DeadlineExceeded) {
									t.Error(err)
								}
							}
						})
					}
					wg.Wait()
					most := 0.01
					if !speaks {
						most = 0.02 // the limit must be found by halves: a few more 429s
					}
					for i, allowed := range []float64{10, 2, 10} {
						from, to := time.Duration(i)*phase, time.Duration(i+1)*phase
						settled := from + 10*time.Second
						if i == 2 {
							// That a limit rose shows only by trying, and a try costs a 429:
							// under one in a hundred, tries are a minute apart.
							settled = from + 80*time.Second
						}
						taken, refused := countIn(b.taken, settled, to), countIn(b.refused, settled, to)
						goodput := float64(taken) / (to - settled).Seconds() / allowed
						share := float64(refused) / float64(taken+refused)
						t.Logf("limit %v: goodput %.1f %%, 429s %.2f %%; whole phase %d taken, %d refused", allowed, 100*goodput, 100*share,
							countIn(b.taken, from, to), countIn(b.refused, from, to))
						if goodput < 0.9 || share >= most {
							t.Errorf("limit %v: goodput %.1f %%, 429s %.2f %%", allowed, 100*goodput, 100*share)
						}
					}
				})
			})
		}
	}
}

// The figure to publish: at the documented limit, 95 % of it is used.
func TestFullRateIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		b := &bucket{start: start, last: start, tokens: 10, rate: func(time.Duration) int { return 10 }, speaks: true, header: true}
		c := newClient(t, b)
		for range 600 {
			if _, err := collect(t.Context(), c, catalog.Walk{Entity: things()}); err != nil {
				t.Fatal(err)
			}
		}
		if rate := 600 / time.Since(start).Seconds(); rate < 9.5 || len(b.refused) != 0 {
			t.Errorf("%.2f requests/s, %d refused", rate, len(b.refused))
		}
	})
}

func TestAPauseThatNobodySatOutIsStillOneForTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPacer(10)
		p.limited(0, 10*time.Second, 0)
		p.limited(0, 3*time.Second, 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		if _, err := p.wait(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if _, err := p.wait(t.Context()); err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
