package sync

import (
	"errors"
	"sync"
	"time"
)

// Budget bounds a run. A run that reaches it stops between two pages, is partial,
// and is gone on with by the next. A page that had to be asked for again may exceed
// it by its tries. The zero Budget bounds nothing.
type Budget struct {
	Requests int64
	Time     time.Duration
}

// What ends a run between two pages.
var (
	errBudget  = errors.New("the budget is used up; the next sync goes on from here")
	errStopped = errors.New("it was asked to stop; the next sync goes on from here")
)

// pauses reports whether err ends a walk that the next run goes on with.
func pauses(err error) bool { return errors.Is(err, errBudget) || errors.Is(err, errStopped) }

// gate stands before every page.
type gate struct {
	stop   <-chan struct{}
	budget Budget
	spent  func() int64 // requests sent so far
	now    func() time.Time
	began  time.Time

	mu      sync.Mutex
	came    *sync.Cond // a page arrived
	waiting int64      // pages that were let through and have not arrived
}

func newGate(o Options, began time.Time, spent func() int64) *gate {
	g := &gate{stop: o.Stop, budget: o.Budget, spent: spent, now: o.Now, began: began}
	g.came = sync.NewCond(&g.mu)
	return g
}

// closed says why no further page may be asked for; nil while one may.
func (g *gate) closed() error {
	select {
	case <-g.stop:
		return errStopped
	default:
	}
	if g.budget.Time > 0 && g.now().Sub(g.began) >= g.budget.Time || g.budget.Requests > 0 && g.spent() >= g.budget.Requests {
		return errBudget
	}
	return nil
}

// pass lets one page through, whose arrival calls arrived. The request of a page on
// its way may be counted in spent already or not: at the end of the budget, where
// that matters, the next page waits for it.
func (g *gate) pass() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for {
		if err := g.closed(); err != nil {
			return err
		}
		if g.budget.Requests == 0 || g.spent()+g.waiting < g.budget.Requests {
			g.waiting++
			return nil
		}
		g.came.Wait()
	}
}

func (g *gate) arrived() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting--
	g.came.Broadcast()
}
