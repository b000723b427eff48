package sync

import (
	"context"
	"errors"
	"fmt"
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
	scope := func() store.Scope { return store.Scope{All: true, Guard: w.guard()} }
	w.expectRequests(len(walks))
	w.all(ctx, walks)
	w.confirm(ctx, scope)
	if w.failed() {
		w.failStore(w.pen.Discard(keep, w.table))
		return
	}
	w.apply(keep, scope())
}

// nested reads the lists of those parents that changed since theirs was read, or
// whose list was read too long ago, and makes them live together.
//
// What is read is set aside with the parent's position, so that a run which is cut
// short loses nothing: the next goes on with the parents that are left.
//
// The position's mark is the instant (Unix ms) at which the parent's version began.
func (w *walker) nested(ctx context.Context) {
	keep := context.WithoutCancel(ctx)
	walks, err := w.listsToRead(keep)
	if err != nil {
		w.fail(storeError{err})
		return
	}
	w.expectRequests(len(walks))
	w.all(ctx, walks)
	w.confirm(ctx, w.nestedScope)
	switch {
	case w.refused():
		w.failStore(w.pen.Discard(keep, w.table))
	case w.paused():
		// What is set aside waits for the next run.
	case len(w.walked) > 0:
		w.apply(keep, w.nestedScope())
	}
}

// listsToRead are the nested lists that are due. Those that an earlier run set
// aside and that are not due again count as walked, as do those of parents that no
// longer exist: they are empty.
func (w *walker) listsToRead(ctx context.Context) ([]catalog.Walk, error) {
	up, _ := w.o.Catalog.Entity(w.of.Parent.Entity)
	parents, err := w.dst.Parents(ctx, store.NewTable(up))
	if err != nil {
		return nil, err
	}
	var walks []catalog.Walk
	live := make(map[string]bool, len(parents))
	for _, p := range parents {
		live[p.Key] = true
		w.marks[p.Key] = p.Changed.UnixMilli()
		at, read := w.reading.Positions[p.Key]
		if w.o.Full || !read || at.Mark != p.Changed.UnixMilli() || !recent(at.ReadAt, w.started, w.o.Everything) {
			walks = append(walks, catalog.Walk{Entity: w.of, Parent: p.Key, Meter: &w.meter})
		} else if at.Staged {
			w.walked = append(w.walked, p.Key)
		}
	}
	if w.parentStatus != store.Complete {
		return walks, nil // a parent that is missing there may still exist
	}
	gone, err := w.dst.Orphans(ctx, w.table, store.NewTable(up))
	if err != nil {
		return nil, err
	}
	for _, p := range w.reading.Positions {
		if p.Staged && !live[p.List] && !slices.Contains(gone, p.List) {
			gone = append(gone, p.List)
		}
	}
	for _, id := range gone {
		if w.pen == nil {
			break
		}
		if err := w.pen.Stage(ctx, w.table, nil, &store.Position{List: id, ReadAt: w.started, WholeAt: w.started}); err != nil {
			return nil, err
		}
	}
	w.walked = append(w.walked, gone...)
	return walks, nil
}

// mostFailures is how many lists of an entity may fail one after the other: each
// costs minutes of trying again, and what three have in common the next will too.
const mostFailures = 3

// all does the walks side by side, as far as there are slots, and returns when
// they have ended.
func (w *walker) all(ctx context.Context, walks []catalog.Walk) {
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
		if !w.slot(ctx) {
			break
		}
		if failed.Load() >= mostFailures {
			<-w.slots
			w.fail(fmt.Errorf("%d lists failed in a row: the rest was not asked for", mostFailures))
			break
		}
		wg.Go(func() {
			defer func() { <-w.slots }()
			err := w.whole(ctx, walk)
			if err == nil {
				failed.Store(0)
				return
			}
			failed.Add(1)
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

// whole reads one list to its end and sets it aside.
func (w *walker) whole(ctx context.Context, walk catalog.Walk) error {
	var rows []store.Row
	began, pages := w.o.Now(), 0
	err := w.read(ctx, walk, func(page []store.Row) (bool, error) {
		pages++
		rows = append(rows, page...)
		return true, nil
	})
	if w.of.Parent != nil && errors.Is(err, catalog.ErrNotFound) {
		// The parent seems to be deleted since its own list was read. Its rows stay
		// until that list says so too.
		w.mu.Lock()
		defer w.mu.Unlock()
		w.vanished++
		return nil
	}
	if err != nil {
		return err
	}
	var p *store.Position
	if walk.Parent != "" && !w.confirming {
		p = &store.Position{List: walk.Parent, Mark: w.marks[walk.Parent], ReadAt: began, WholeAt: began}
	}
	if err := w.pen.Stage(context.WithoutCancel(ctx), w.table, rows, p); err != nil {
		return storeError{err}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if p != nil {
		w.walked = append(w.walked, walk.Parent)
	}
	if pages > 1 {
		w.long = append(w.long, walk)
	}
	return nil
}

// confirm walks lists of several pages once more when they would lose rows. A page
// token is a position: a record deleted during the walk moves those behind it up,
// and one slips over the page's edge unseen. What is missing from both walks is
// gone; what was seen in either stays.
func (w *walker) confirm(ctx context.Context, scope func() store.Scope) {
	if w.failed() || len(w.long) == 0 {
		return
	}
	unseen, err := w.pen.Unseen(context.WithoutCancel(ctx), w.table, scope())
	if err != nil {
		w.fail(storeError{err})
		return
	}
	if unseen > 0 {
		w.confirming = true
		w.all(ctx, slices.Clone(w.long))
	}
}

// nestedScope is the live rows of the parents whose lists were walked.
func (w *walker) nestedScope() store.Scope {
	return store.Scope{Parents: w.walked, Guard: w.guard()}
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
