package sync

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"

	"ciomirror/catalog"
	"ciomirror/store"
)

// list reads a complete list, with its views, and makes it live.
func (w *walker) list(ctx context.Context) {
	keep := context.WithoutCancel(ctx)
	if err := w.pen.Discard(keep, w.table); err != nil {
		w.fail(storeError{err})
		return
	}
	var walks []catalog.Walk
	for _, q := range views(w.of) {
		walks = append(walks, catalog.Walk{Entity: w.of, Query: q, Meter: &w.meter})
	}
	w.expectRequests(len(walks))
	var long atomic.Bool // some walk had more than one page
	read := func(ctx context.Context, walk catalog.Walk) error {
		rows, pages, err := w.whole(ctx, walk)
		if err != nil {
			return err
		}
		if pages > 1 {
			long.Store(true)
		}
		if err := w.pen.Stage(keep, w.table, rows, nil); err != nil {
			return storeError{err}
		}
		return nil
	}
	scope := store.Scope{All: true, Guard: w.guard()}
	w.all(ctx, walks, read)
	if long.Load() && !w.failed() {
		w.confirm(ctx, walks, scope, read)
	}
	if w.failed() {
		w.failStore(w.pen.Discard(keep, w.table))
		return
	}
	w.apply(keep, scope)
}

// confirm walks a list of several pages once more when it would lose rows. A page
// token is a position: a record deleted during the walk moves those behind it up,
// and one slips over the page's edge unseen. What is missing from both walks is
// gone; what was seen in either stays.
func (w *walker) confirm(ctx context.Context, walks []catalog.Walk, scope store.Scope, read func(context.Context, catalog.Walk) error) {
	lost, err := w.pen.Unseen(context.WithoutCancel(ctx), w.table, scope)
	if err != nil {
		w.fail(storeError{err})
		return
	}
	if len(lost) > 0 {
		w.all(ctx, walks, read)
	}
}

// views are the query parameters of the walks that together show a list: the
// plain walk and its further views.
func views(e *catalog.Entity) []url.Values {
	queries := []url.Values{nil}
	for _, v := range e.List.Views {
		queries = append(queries, url.Values{v.Param: {v.Value}})
	}
	return queries
}

// mostFailures is how many lists of an entity may fail one after the other although
// they were tried again and again: each costs minutes, and what three have in common
// the next will too.
const mostFailures = 3

// all reads lists side by side, as far as there are lanes, and returns when that has
// ended.
func (w *walker) all(ctx context.Context, walks []catalog.Walk, read func(context.Context, catalog.Walk) error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var (
		wg     sync.WaitGroup
		failed atomic.Int64 // in a row
	)
	for _, walk := range walks {
		if err := w.gate.closed(); err != nil {
			w.fail(err)
			break
		}
		if !w.lane(ctx) {
			break
		}
		if failed.Load() >= mostFailures {
			w.lanes.leave()
			w.fail(fmt.Errorf("%d lists failed in a row: the rest was not asked for", mostFailures))
			break
		}
		wg.Go(func() {
			defer w.lanes.leave()
			err := safely(func() error { return read(ctx, walk) })
			switch {
			case err == nil:
				failed.Store(0)
				return
			case errors.Is(err, context.Canceled) && errors.Is(context.Cause(ctx), catalog.ErrForbidden):
				return // ended with the list that was refused, which says so
			case temporary(err):
				failed.Add(1)
			}
			w.failWith(err)
			// What the key may not read, it may not read for any parent.
			if errors.Is(err, catalog.ErrForbidden) {
				stop(err)
			}
		})
	}
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil && !w.failed() {
		w.fail(cause)
	}
}

// temporary reports whether the source had tried again before it gave up.
func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// whole reads one list to its end.
func (w *walker) whole(ctx context.Context, walk catalog.Walk) (rows []store.Row, pages int, err error) {
	err = w.read(ctx, walk, func(page []store.Row) (bool, error) {
		pages++
		rows = append(rows, page...)
		return true, nil
	})
	return rows, pages, err
}

// guard is what holds deletions back. Whoever accepts the loss of parents accepts
// that of what hung below them.
func (w *walker) guard() store.Guard {
	if slices.Contains(w.o.AcceptDeletions, w.of.Name) || w.of.Parent != nil && slices.Contains(w.o.AcceptDeletions, w.of.Parent.Entity) {
		return store.Guard{}
	}
	return w.o.Guard
}

// apply makes what is set aside live.
func (w *walker) apply(ctx context.Context, scope store.Scope) {
	c, err := w.pen.Apply(ctx, w.table, scope)
	if err != nil {
		var held *store.HeldError
		if errors.As(err, &held) {
			w.fail(held)
		} else {
			w.fail(storeError{err})
		}
		w.failStore(w.pen.Discard(ctx, w.table))
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.applied, w.change = true, c
	w.rows = c.New + c.Changed + c.Same
}
