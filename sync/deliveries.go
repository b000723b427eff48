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
	// ahead is how far the running window reaches into the future: this machine's
	// clock may be behind the API's.
	ahead = 25 * time.Hour
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
	type result struct {
		span  span
		rows  int64
		fixed bool
		err   error
	}
	results := make(chan result, w.o.Walks)
	for under := 0; ; {
		// Beside a window that tells how dense its time is, others may be read.
		if under == 0 || f.sure {
			if s, fixed, ok := f.next(); ok && w.mayStart(ctx) {
				under++
				go func() {
					rows, err := w.window(ctx, s, s == running, fixed)
					<-w.slots
					results <- result{s, rows, fixed, err}
				}()
				continue
			}
		}
		if under == 0 {
			break
		}
		r := <-results
		under--
		switch {
		case errors.Is(r.err, errTooLong):
			f.back(r.span)
		case r.err != nil:
			w.failWith(r.err)
		case !r.fixed:
			f.learn(r.span, r.rows)
		}
		w.expect(f)
	}
	if cause := context.Cause(ctx); cause != nil {
		w.fail(cause)
	}
	if at := w.newest.Load(); at > w.reading.Positions[newest].Mark && !w.failed() {
		p := store.Position{List: newest, Mark: at, ReadAt: w.started, WholeAt: w.started}
		w.failStore(w.pen.Reached(context.WithoutCancel(ctx), w.table, p))
	}
}

// mayStart waits for the turn of one more walk. It is false when the entity has
// failed, or the run pauses or ends; then nothing more is started.
func (w *walker) mayStart(ctx context.Context) bool {
	if w.failed() {
		return false
	}
	if err := w.gate.closed(); err != nil {
		w.fail(err)
		return false
	}
	return w.slot(ctx)
}

// windowsToRead is the running window, and the rest in the order in which it is to
// be read.
func (w *walker) windowsToRead(ctx context.Context) (running span, f *frontier, err error) {
	list, now := w.of.List, w.started.Unix()
	quiet := int64(w.o.Reread[0].Seconds())
	// Windows ahead of us were noted while the clock was wrong, and hold rows that
	// did not exist then.
	if n := len(w.reading.Windows); n > 0 && w.reading.Windows[n-1].To > now {
		if w.pen != nil {
			if err := w.pen.Reopen(ctx, w.table, now-quiet); err != nil {
				return running, nil, err
			}
		}
		w.reading.Windows = cut(w.reading.Windows, now-quiet)
	}
	w.newest.Store(w.reading.Positions[newest].Mark)
	floor, err := w.floor(ctx)
	if err != nil {
		return running, nil, err
	}
	closed := w.reading.Windows
	start := now - quiet + 1
	if n := len(closed); n > 0 && closed[n-1].To+1 > now-2*quiet {
		start = closed[n-1].To + 1 // not worth a window of its own yet
	}
	running = span{From: max(start, floor), To: now + int64(ahead.Seconds())}

	longest := time.Duration(list.Window.MaxDays) * 24 * time.Hour
	want := int64(wantedPages * list.Size)
	if w.o.Full {
		f = newFrontier(gaps(nil, floor, running.From-1), nil, want, longest)
	} else {
		f = newFrontier(gaps(closed, floor, running.From-1), due(closed, w.o.Reread, w.started, want, longest), want, longest)
	}
	if n := len(closed); n > 0 {
		f.learn(span{closed[n-1].From, closed[n-1].To}, closed[n-1].Rows)
	}
	return running, f, nil
}

// cut leaves out what windows cover from an instant on.
func cut(closed []store.Window, from int64) []store.Window {
	var kept []store.Window
	for _, c := range closed {
		if c.From < from {
			c.To = min(c.To, from-1)
			kept = append(kept, c)
		}
	}
	return kept
}

// floor is how far back the list is read: what was asked for at first, or more when
// more is asked for now.
func (w *walker) floor(ctx context.Context) (int64, error) {
	asked := w.started.Unix() - int64(w.o.Since.Seconds()) + 1
	known, ok := w.reading.Positions[since]
	if ok && (!w.sinceGiven || known.Mark <= asked) {
		return known.Mark, nil
	}
	if w.pen == nil {
		return asked, nil
	}
	return asked, w.pen.Reached(ctx, w.table, store.Position{List: since, Mark: asked, ReadAt: w.started, WholeAt: w.started})
}

// standsStill is the instant (Unix seconds) up to which nothing new comes in any
// more. By our clock that is a while ago. But a clock may be wrong, and then only
// the newest record tells how late it is where the records are made.
func (w *walker) standsStill() int64 {
	quiet := int64(w.o.Reread[0].Seconds())
	seen, known := w.newest.Load(), w.reading.Positions[newest]
	if known.Mark != seen || recent(known.ReadAt, w.started, w.o.Reread[0]) {
		seen -= quiet
	}
	return min(seen, w.started.Unix()-quiet)
}

// sees notes the newest record of a page.
func (w *walker) sees(rows []store.Row) {
	created := w.column(w.of.List.Window.Field)
	for _, row := range rows {
		at, ok := row.Cells[created].(int64)
		for seen := w.newest.Load(); ok && at > seen && !w.newest.CompareAndSwap(seen, at); {
			seen = w.newest.Load()
		}
	}
}

// window reads one window to its end, and notes it as far as it stands still.
func (w *walker) window(ctx context.Context, s span, running, fixed bool) (rows int64, err error) {
	began := w.o.Now()
	walk := catalog.Walk{Entity: w.of, Query: w.bounds(s), Meter: &w.meter}
	batch := w.newBatch()
	pages := 0
	err = w.read(ctx, walk, func(page []store.Row) (bool, error) {
		pages++
		rows += int64(len(page))
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
		return rows, errors.Join(err, flushed)
	}
	s.To = min(s.To, w.standsStill())
	if err != nil || running || s.From > s.To {
		return rows, err
	}
	if err := w.pen.Closed(context.WithoutCancel(ctx), w.table, store.Window{From: s.From, To: s.To, Rows: rows, ReadAt: began}); err != nil {
		return rows, storeError{err}
	}
	return rows, nil
}

// bounds are the query parameters of a window.
func (w *walker) bounds(s span) url.Values {
	by := w.of.List.Window
	return url.Values{by.From: {strconv.FormatInt(s.From, 10)}, by.To: {strconv.FormatInt(s.To, 10)}}
}

// batchSize is how many rows of a growing list are stored in one transaction: ten
// full pages of messages would hold the writer too long, one page costs a third
// more.
const batchSize = 5000

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
