package sync

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Every second lies in exactly one window, and no window is longer than asked.
func TestWindowsCoverEverySecondOnce(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("random start %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 10_000 {
		from := random.Int64N(2_000_000_000)
		to := from + random.Int64N(400*86400)
		length := time.Duration(1+random.Int64N(200*86400)) * time.Second
		spans := windows(from, to, length)
		next := to
		for _, s := range spans {
			if s.To != next || s.From > s.To || s.To-s.From+1 > int64(length/time.Second) {
				t.Fatalf("windows(%d, %d, %s): %v", from, to, length, spans)
			}
			next = s.From - 1
		}
		if next != from-1 {
			t.Fatalf("windows(%d, %d, %s) end at %d", from, to, length, next+1)
		}
	}
}

// The walks side by side are to end together: of what is left no span takes more than
// a third, until it is a fifth of the usual one, and every second is handed out once.
func TestTheLastSpansAreShort(t *testing.T) {
	for _, usual := range []int64{1, 4, 300} {
		const to = 10_000
		f := newFrontier([]span{{From: 1, To: to}}, nil, 100, time.Hour)
		f.learn(span{From: to + 1, To: to + usual}, held{rows: 100, page: 100})
		next, spans := int64(to), int64(0)
		for s, _, ok := f.next(); ok; s, _, ok = f.next() {
			if s.To != next || s.seconds() < 1 {
				t.Fatalf("%v does not end at %d", s, next)
			}
			if most := min(usual, max(1, next/3, usual/5)); s.seconds() > most {
				t.Errorf("%v of %d s that are left, %d s at most", s, next, most)
			}
			next, spans = s.From-1, spans+1
		}
		if next != 0 || spans > to/usual+6 {
			t.Errorf("%d s are left after %d spans", next, spans)
		}
	}
}
