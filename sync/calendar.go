package sync

import (
	"sync/atomic"
	"time"

	"ciomirror/store"
)

// calendar says which windows of a list a run is to read. It knows no list and no
// store. Times without a zone are Unix seconds.
type calendar struct {
	closed  []store.Window // oldest first; as they were when the run began
	newest  store.Position // the mark is the newest record's time, ReadAt when it was first seen
	floor   int64          // how far back to read
	ages    []time.Duration
	want    int64 // rows in a window
	longest time.Duration
	now     time.Time

	seen atomic.Int64 // the newest record so far
}

// quiet is how long a window runs before it is closed, in seconds.
func (c *calendar) quiet() int64 { return int64(c.ages[0].Seconds()) }

// plan is the running window, which reaches beyond now, and the windows behind it.
func (c *calendar) plan(full bool) (running span, f *frontier) {
	now := c.now.Unix()
	start := now - c.quiet() + 1
	n := len(c.closed)
	if n > 0 && c.closed[n-1].To+1 > now-2*c.quiet() {
		start = c.closed[n-1].To + 1 // what lies between is not worth a window of its own yet
	}
	// As far into the future as the API serves at once: this machine's clock may be
	// behind the API's.
	running.From = max(start, c.floor)
	running.To = running.From + int64(c.longest/time.Second) - 1
	if full {
		f = newFrontier(gaps(nil, c.floor, running.From-1), nil, c.want, c.longest)
	} else {
		f = newFrontier(gaps(c.closed, c.floor, running.From-1), due(c.closed, c.ages, c.now, c.want, c.longest), c.want, c.longest)
	}
	if n > 0 {
		f.learn(span{c.closed[n-1].From, c.closed[n-1].To}, held{rows: c.closed[n-1].Rows, page: c.closed[n-1].Rows})
	}
	return running, f
}

// sees takes in a record's time.
func (c *calendar) sees(at int64) {
	for seen := c.seen.Load(); at > seen; seen = c.seen.Load() {
		if c.seen.CompareAndSwap(seen, at) {
			return
		}
	}
}

// standsStill is the instant up to which nothing new comes in any more, inclusively.
// By our clock that is a while ago. But a clock may be wrong, and then only the
// newest record tells how late it is where the records are made.
func (c *calendar) standsStill() int64 {
	seen := c.seen.Load()
	if c.newest.Mark != seen || recent(c.newest.ReadAt, c.now, c.ages[0]) {
		seen -= c.quiet()
	}
	return min(seen, c.now.Unix()-c.quiet())
}
