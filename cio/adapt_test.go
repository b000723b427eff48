package cio

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ciomirror/catalog"
)

// walkUntil keeps n walks under way until ctx ends.
func walkUntil(ctx context.Context, t *testing.T, c *Client, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := collect(ctx, c, catalog.Walk{Entity: things()}); err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// course is how the limit of 10 requests per second moves: it falls to 2 and rises
// again.
type course struct {
	falls, rises, end time.Duration
	latency           time.Duration
	speaks, header    bool
}

// run walks along the course. It returns what share of the allowed requests was
// taken, and the largest share of refused ones in a phase, without the first 10 s
// after each change.
func (c course) run(t *testing.T) (goodput, refused float64) {
	synctest.Test(t, func(t *testing.T) {
		b := &bucket{start: time.Now(), last: time.Now(), tokens: 10, speaks: c.speaks, header: c.header, latency: c.latency,
			rate: func(since time.Duration) int {
				if since >= c.falls && since < c.rises {
					return 2
				}
				return 10
			}}
		ctx, cancel := context.WithTimeout(t.Context(), c.end)
		defer cancel()
		walkUntil(ctx, t, newClient(t, b), 4)
		goodput = float64(len(b.taken)) / (10*c.falls.Seconds() + 2*(c.rises-c.falls).Seconds() + 10*(c.end-c.rises).Seconds())
		for _, p := range [][2]time.Duration{{0, c.falls}, {c.falls + 10*time.Second, c.rises}, {c.rises + 10*time.Second, c.end}} {
			yes, no := countIn(b.taken, p[0], p[1]), countIn(b.refused, p[0], p[1])
			refused = max(refused, float64(no)/float64(yes+no))
		}
	})
	return goodput, refused
}

// API-13 over a whole run: whenever the limit falls and rises, nine tenths of what
// the API allows are used, and from 10 s after each change on fewer than one
// request in a hundred is refused. Both at once need phases of seven minutes: that a
// limit rose shows only by trying, and a try that fails is a 429.
func TestARunUsesWhatAMovingLimitAllows(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	rounds := 30
	if testing.Short() {
		rounds = 5
	}
	least, most := 1.0, 0.0
	for range rounds {
		phase := func() time.Duration { return 7*time.Minute + time.Duration(r.Int64N(int64(4*time.Minute))) }
		c := course{falls: phase(), latency: time.Duration(20+r.IntN(280)) * time.Millisecond, speaks: r.IntN(2) == 0, header: r.IntN(2) == 0}
		c.rises = c.falls + phase()
		c.end = c.rises + phase()
		goodput, refused := c.run(t)
		if goodput < 0.9 || refused >= 0.01 {
			t.Errorf("%.1f %% of what was allowed, %.2f %% refused: %+v (start value %d)", 100*goodput, 100*refused, c, seed)
		}
		least, most = min(least, goodput), max(most, refused)
	}
	t.Logf("at least %.1f %% of what was allowed, at most %.2f %% refused", 100*least, 100*most)
}

// The same key in another program that takes half of the limit: what is left is
// used, though the 429s go on naming the whole.
func TestTheHalfThatAnotherClientLeavesIsUsed(t *testing.T) {
	const end = 10 * time.Minute
	for _, speaks := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			b := &bucket{start: time.Now(), last: time.Now(), tokens: 10, speaks: speaks, header: true, latency: 150 * time.Millisecond,
				rate: func(time.Duration) int { return 10 }}
			ctx, cancel := context.WithTimeout(t.Context(), end)
			defer cancel()
			other := time.NewTicker(time.Second / 5)
			defer other.Stop()
			var wg sync.WaitGroup
			wg.Go(func() {
				for ctx.Err() == nil {
					<-other.C
					b.take()
				}
			})
			walkUntil(ctx, t, newClient(t, b), 4)
			wg.Wait()
			goodput := float64(len(b.taken)) / (5 * end.Seconds())
			refused := countIn(b.refused, 10*time.Second, end)
			share := float64(refused) / float64(refused+countIn(b.taken, 10*time.Second, end))
			if goodput < 0.9 || share >= 0.01 {
				t.Errorf("named %v: %.1f %% of the half, %.2f %% refused", speaks, 100*goodput, 100*share)
			}
		})
	}
}
