package sync

import (
	"math"
	"sync"
	"time"

	"ciomirror/catalog"
)

// lanes are how many lists may be walked at the same time. More of them hide the
// latency of answers; more than that only makes the queue before the rate limit
// longer, in which a list that can be walked by one alone, a feed, falls behind and
// is left over at the end. So their number follows how long requests wait.
type lanes struct {
	enter chan struct{} // has room for one more walk while a lane is free

	mu     sync.Mutex
	open   int // lanes in use or free
	most   int
	excess int // of the open ones, to be closed when their walk ends

	look struct {
		pages    int // since then
		at       time.Time
		requests int64
		waited   time.Duration
	}
}

const (
	fewestLanes = 2
	// lanesLook is how many pages there are between two looks at the waiting.
	lanesLook = 8
	// Below shortWait a request the limit is not reached, and there could be more;
	// above longWait there are too many.
	shortWait = 30 * time.Millisecond
	longWait  = 150 * time.Millisecond
)

func newLanes(most int) *lanes {
	return &lanes{enter: make(chan struct{}, most), most: most, open: most}
}

// leave ends a walk that had entered.
func (l *lanes) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.excess > 0 {
		l.excess--
		l.open--
		return
	}
	<-l.enter
}

// page takes in, after a page, what all requests so far waited.
func (l *lanes) page(now time.Time, meters []*catalog.Meter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.look.pages++; l.look.pages < lanesLook {
		return
	}
	var requests int64
	var waited time.Duration
	for _, m := range meters {
		requests, waited = requests+m.Requests(), waited+m.Waited()
	}
	n, took, each := requests-l.look.requests, now.Sub(l.look.at), time.Duration(0)
	if n > 0 {
		each = (waited - l.look.waited) / time.Duration(n)
	}
	first := l.look.at.IsZero()
	l.look.pages, l.look.at, l.look.requests, l.look.waited = 0, now, requests, waited
	open := l.open - l.excess
	switch {
	case first || n <= 0 || took <= 0:
	case each < shortWait:
		l.set(2 * open)
	case each > longWait:
		// A lane has one request after the other: each waits, and then is answered.
		// As many lanes as there are answers under way at the limit keep it busy.
		round := took * time.Duration(open) / time.Duration(n)
		l.set(int(math.Ceil(float64(open)*float64(max(0, round-each))/float64(round))) + 1)
	}
}

// set opens lanes, or closes them as their walks end.
func (l *lanes) set(n int) {
	n = max(min(fewestLanes, l.most), min(n, l.most))
	for ; l.open < n; l.open++ {
		<-l.enter // a closed lane stands in it as a walk does
	}
	l.excess = l.open - n
}
