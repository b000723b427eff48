package sync

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"time"

	"ciomirror/catalog"
	"ciomirror/store"
)

// A windowed list is read in closed windows of time. The running window, up to now,
// is read by every run; a window behind it is read once it is old enough to stand
// still, and again as it passes each of Options.Reread.

const (
	// wantedPages is how many list pages a window should hold: as much as a killed
	// run reads twice at most.
	wantedPages = 10
	// mostPages is where a window that holds far more than thought is given up, and
	// read in pieces.
	mostPages = 3 * wantedPages
)

// The positions of a windowed list.
const (
	since  = "since"  // its mark is how far back the list is read, in Unix seconds
	newest = "newest" // its mark is the time of the newest record, its ReadAt when that was first seen
)

// errTooLong ends the walk of a window that holds more than mostPages.
var errTooLong = errors.New("the window holds too many pages")

// windowed reads what the windows call for.
func (w *walker) windowed(ctx context.Context) {
	running, f, err := w.windowsToRead(context.WithoutCancel(ctx))
	if err != nil {
		w.fail(storeError{err})
		return
	}
	f.again = append(f.again, planned{running, 0})
	w.expect(f)
	w.readWindows(ctx, running, f)
	if cause := context.Cause(ctx); cause != nil {
		w.fail(cause)
	}
	if at := w.calendar.seen.Load(); at > w.calendar.newest.Mark && !w.failed() {
		p := store.Position{List: newest, Mark: at, ReadAt: w.started, WholeAt: w.started}
		w.failStore(w.pen.Reached(context.WithoutCancel(ctx), w.table, p))
	}
}

// readWindows reads what the frontier hands out: one window after the other at first,
// and side by side once it is known how dense the time is.
func (w *walker) readWindows(ctx context.Context, running span, f *frontier) {
	type result struct {
		span
		held
		fixed bool
		err   error
	}
	results := make(chan result, w.o.Walks)
	take := func(r result) {
		switch {
		case errors.Is(r.err, errTooLong):
			f.back(r.span, r.held)
		case r.err != nil:
			w.failWith(r.err)
		case !r.fixed:
			f.learn(r.span, r.held)
		}
		w.expect(f)
	}
	for under := 0; ; {
		var enter chan<- struct{} // nil while no window is to be begun
		if f.more() && (under == 0 || f.sure) && w.goesOn(ctx) {
			enter = w.lanes.enter
		} else if under == 0 {
			return
		}
		// What is known by now decides what comes next, so it is heard first.
		select {
		case r := <-results:
			under--
			take(r)
			continue
		default:
		}
		select {
		case r := <-results:
			under--
			take(r)
		case enter <- struct{}{}:
			if !w.goesOn(ctx) {
				w.lanes.leave()
				continue
			}
			s, fixed, _ := f.next()
			under++
			go func() {
				var h held
				err := safely(func() (err error) {
					h, err = w.window(ctx, s, s == running, fixed)
					return err
				})
				results <- result{s, h, fixed, err}
				w.lanes.leave()
			}()
		}
	}
}

// goesOn is false once the entity has failed, or the run is to end; then nothing more
// is begun.
func (w *walker) goesOn(ctx context.Context) bool {
	if w.failed() || ctx.Err() != nil {
		return false
	}
	if err := w.gate.closed(); err != nil {
		w.fail(err)
		return false
	}
	return true
}

// mayStart waits for the turn of one more walk. It is false when nothing more is to
// be begun.
func (w *walker) mayStart(ctx context.Context) bool { return w.goesOn(ctx) && w.lane(ctx) }

// windowsToRead is the running window, and the rest in the order in which it is to
// be read.
func (w *walker) windowsToRead(ctx context.Context) (running span, f *frontier, err error) {
	list := w.of.List
	c := &calendar{
		closed: w.reading.Windows, newest: w.reading.Positions[newest], ages: w.o.Reread, now: w.started,
		want: int64(wantedPages * list.Size), longest: time.Duration(list.Window.MaxDays) * 24 * time.Hour,
	}
	c.seen.Store(c.newest.Mark)
	w.calendar = c
	if c.floor, err = w.floor(ctx); err != nil {
		return running, nil, err
	}
	running, f = c.plan(w.o.Full)
	return running, f, nil
}

// floor is how far back the list is read: what was asked for at first, or more when
// more is asked for now, or less when all is to be read again.
func (w *walker) floor(ctx context.Context) (int64, error) {
	asked := w.started.Unix() - int64(w.o.Since.Seconds()) + 1
	known, ok := w.reading.Positions[since]
	// To read all from a later time on is asked for in so many words.
	if narrowed := w.o.Full && w.sinceGiven; ok && !narrowed && (!w.sinceGiven || known.Mark <= asked) {
		return known.Mark, nil
	}
	if w.pen == nil {
		return asked, nil
	}
	return asked, w.pen.Reached(ctx, w.table, store.Position{List: since, Mark: asked, ReadAt: w.started, WholeAt: w.started})
}

// sees notes the newest record of a page.
func (w *walker) sees(rows []store.Row) {
	created := w.column(w.of.List.Window.Field)
	for _, row := range rows {
		if at, ok := row.Cells[created].(int64); ok {
			w.calendar.sees(at)
		}
	}
}

// window reads one window to its end, and notes it as far as it stands still.
func (w *walker) window(ctx context.Context, s span, running, fixed bool) (h held, err error) {
	began := w.o.Now()
	walk := catalog.Walk{Entity: w.of, Query: w.bounds(s), Meter: &w.meter}
	batch := w.newBatch()
	pages := 0
	err = w.read(ctx, walk, func(page []store.Row) (bool, error) {
		pages++
		h.rows += int64(len(page))
		h.page = max(h.page, int64(len(page)))
		w.sees(page)
		if err := batch.add(ctx, page); err != nil {
			return false, err
		}
		if !running && !fixed && pages >= mostPages && s.seconds() > 1 {
			return false, errTooLong
		}
		return true, nil
	})
	// Pages that came whole are worth keeping, whatever came after them.
	if flushed := batch.flush(ctx); flushed != nil {
		return h, errors.Join(err, flushed)
	}
	s.To = min(s.To, w.calendar.standsStill())
	if err != nil || running || s.From > s.To {
		return h, err
	}
	if err := w.pen.Closed(context.WithoutCancel(ctx), w.table, store.Window{From: s.From, To: s.To, Rows: h.rows, ReadAt: began}); err != nil {
		return h, storeError{err}
	}
	return h, nil
}

// bounds are the query parameters of a window.
func (w *walker) bounds(s span) url.Values {
	by := w.of.List.Window
	return url.Values{by.From: {strconv.FormatInt(s.From, 10)}, by.To: {strconv.FormatInt(s.To, 10)}}
}

// batchSize is how many rows of a growing list are stored in one transaction: one
// page of messages costs more by itself, and many hold the writer, and memory for
// each of the walks, too long.
const batchSize = 2000

// batch gathers rows of a growing list.
type batch struct {
	w    *walker
	rows []store.Row
}

func (w *walker) newBatch() *batch { return &batch{w: w} }

func (b *batch) add(ctx context.Context, rows []store.Row) error {
	b.rows = append(b.rows, rows...)
	if len(b.rows) < batchSize {
		return nil
	}
	return b.flush(ctx)
}

func (b *batch) flush(ctx context.Context) error {
	_, err := b.w.write(ctx, b.rows)
	b.rows = b.rows[:0]
	return err
}
