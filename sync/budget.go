package sync

import (
	"errors"
	"sync"
	"time"
)

// Budget bounds a run. A run that reaches it stops between two pages, is partial,
// and is gone on with by the next. The zero Budget bounds nothing.
type Budget struct {
	Requests int64
	Time     time.Duration
}

// What ends a run between two pages.
var (
	ErrBudget  = errors.New("the budget is used up; the next sync goes on from here")
	ErrStopped = errors.New("it was asked to stop; the next sync goes on from here")
)

// pauses reports whether err ends a walk that the next run goes on with.
func pauses(err error) bool { return errors.Is(err, ErrBudget) || errors.Is(err, ErrStopped) }

// gate stands before every page.
type gate struct {
	stop   <-chan struct{}
	budget Budget
	spent  func() int64 // requests sent so far
	now    func() time.Time
	began  time.Time

	mu      sync.Mutex
	waiting int64 // passed, and their page is not there yet
}

// closed says why no further page may be asked for; nil while one may.
func (g *gate) closed() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reason()
}

func (g *gate) reason() error {
	select {
	case <-g.stop:
		return ErrStopped
	default:
	}
	if g.budget.Time > 0 && g.now().Sub(g.began) >= g.budget.Time {
		return ErrBudget
	}
	// A page on its way may be counted in spent already or not: so as never to
	// exceed the budget, it counts as not.
	if g.budget.Requests > 0 && g.spent()+g.waiting >= g.budget.Requests {
		return ErrBudget
	}
	return nil
}

// pass lets one page through, whose arrival calls arrived.
func (g *gate) pass() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.reason(); err != nil {
		return err
	}
	g.waiting++
	return nil
}

func (g *gate) arrived() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting--
}
