package sync

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"ciomirror/catalog"
	"ciomirror/store"
)

// settling is how long a record may be missing from the list that claims it.
const settling = time.Hour

// attribute learns whose the records are that nothing claims yet: it reads, for
// each record of the Attribution's entity, that record's own list over the time of
// the unclaimed ones. Where there are none it asks nothing.
//
// The position of each such list has, as its mark, the instant (Unix ms) up to
// which rows that were first seen are attributed.
func (w *walker) attribute(ctx context.Context) {
	if w.of.Attribution == nil || w.failed() {
		return
	}
	w.await(w.of.Attribution.By)
	lists, err := w.unclaimed(context.WithoutCancel(ctx))
	if err != nil {
		w.fail(storeError{err})
		return
	}
	var (
		wg        sync.WaitGroup
		forbidden atomic.Bool
	)
	for _, l := range lists {
		if forbidden.Load() || !w.mayStart(ctx) {
			break
		}
		wg.Go(func() {
			defer w.lanes.leave()
			switch err := safely(func() error { return w.claim(ctx, l) }); {
			case errors.Is(err, catalog.ErrNotFound): // deleted since its own list was read
			case errors.Is(err, catalog.ErrForbidden):
				w.warn("which " + w.of.Attribution.By + " sent a delivery cannot be learnt: " + err.Error())
				forbidden.Store(true)
			case err != nil:
				w.failWith(err)
			}
		})
	}
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		w.fail(cause)
	}
}

// claims is one list that claims records, and the time over which to read it.
type claims struct {
	id   string
	over span
}

// unclaimed are the lists to read.
func (w *walker) unclaimed(ctx context.Context) ([]claims, error) {
	by, _ := w.o.Catalog.Entity(w.of.Attribution.By)
	senders, err := w.dst.Parents(ctx, store.NewTable(by))
	if err != nil {
		return nil, err
	}
	spans := map[int64]span{} // by mark: nearly all lists have the same
	var lists []claims
	for _, sender := range senders {
		mark := int64(0)
		if !w.o.Full {
			mark = w.reading.Positions[w.claimList(sender.Key)].Mark
		}
		s, ok := spans[mark]
		if !ok {
			n, from, to, err := w.dst.Unattributed(ctx, w.table, time.UnixMilli(mark))
			if err != nil {
				return nil, err
			}
			if s = (span{From: from, To: to}); n == 0 {
				s = span{From: 1, To: 0}
			}
			spans[mark] = s
		}
		if s.From <= s.To {
			lists = append(lists, claims{id: sender.Key, over: s})
		}
	}
	return lists, nil
}

func (w *walker) claimList(id string) string { return w.of.Attribution.By + "/" + id }

// claim reads one list that claims records.
func (w *walker) claim(ctx context.Context, c claims) error {
	longest := time.Duration(w.of.List.Window.MaxDays) * 24 * time.Hour
	for _, s := range windows(c.over.From, c.over.To, longest) {
		walk := catalog.Walk{Entity: w.of, Attributing: true, Parent: c.id, Query: w.bounds(s), Meter: &w.meter}
		if err := w.read(ctx, walk, func(rows []store.Row) (bool, error) {
			change, err := w.pen.Attribute(context.WithoutCancel(ctx), w.table, c.id, rows)
			if err != nil {
				return false, storeError{err}
			}
			w.changed(store.Change{New: change.New})
			return true, nil
		}); err != nil {
			return err
		}
	}
	p := store.Position{List: w.claimList(c.id), Mark: w.started.Add(-settling).UnixMilli(), ReadAt: w.started, WholeAt: w.started}
	if err := w.pen.Reached(context.WithoutCancel(ctx), w.table, p); err != nil {
		return storeError{err}
	}
	return nil
}
