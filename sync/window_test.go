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
