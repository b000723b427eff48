package sync

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"ciomirror/catalog"
	"ciomirror/store"
)

const (
	// overlap is how much of what is known is read again: events come in late, with
	// the time at which they happened.
	overlap = time.Hour
	// wholeFeed is how often a feed is read to its end all the same.
	wholeFeed = 7 * 24 * time.Hour
)

// feed reads a list of what happened lately, and its views, each from the newest
// record back to those that are known. The position's mark is the time (Unix
// seconds) of the newest record of the last reading that came to its end.
func (w *walker) feed(ctx context.Context) {
	var wg sync.WaitGroup
	for _, q := range views(w.of) {
		if !w.mayStart(ctx) {
			break
		}
		wg.Go(func() {
			defer w.lanes.leave()
			if err := safely(func() error { return w.feedList(ctx, q) }); err != nil {
				w.failWith(err)
			}
		})
	}
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil {
		w.fail(cause)
	}
}

// tail follows a feed from its newest record back.
type tail struct {
	mark     int64 // the newest record of the last reading; 0 for none
	whole    bool  // read it to its end
	pages    int
	newest   int64 // of this reading
	oldest   int64
	last     int64 // the newest record of the page before
	unsorted bool  // the list is not in the order of time, or not the newest first
}

// page takes in a page's times, and how many of its rows were not known. It reports
// whether the rest of the list is known: the page is, it is older than the overlap,
// and the list has shown that it is the newest first.
func (t *tail) page(times []int64, unknown int64) (known bool) {
	if len(times) == 0 {
		return false
	}
	top := times[0]
	for _, at := range times {
		top = max(top, at)
		if t.oldest == 0 || at < t.oldest {
			t.oldest = at
		}
	}
	t.pages++
	// The record that was the newest is still shown, so a list that begins with an
	// older one begins elsewhere.
	if t.pages == 1 && top < t.mark || t.pages > 1 && top > t.last {
		t.unsorted = true
	}
	t.last, t.newest = top, max(t.newest, top)
	return !t.whole && !t.unsorted && t.mark > 0 && unknown == 0 && top <= t.mark-int64(overlap.Seconds())
}

// feedList reads one view of a feed.
func (w *walker) feedList(ctx context.Context, q url.Values) error {
	began, list := w.o.Now(), q.Encode()
	before, read := w.reading.Positions[list]
	t := &tail{mark: before.Mark, whole: w.o.Full || !read || !recent(before.WholeAt, began, wholeFeed)}
	times := w.column(w.of.List.Feed.Field)
	batch := w.newBatch()
	known := false
	err := w.read(ctx, catalog.Walk{Entity: w.of, Query: q, Meter: &w.meter}, func(rows []store.Row) (bool, error) {
		var at []int64
		for _, row := range rows {
			if n, ok := row.Cells[times].(int64); ok {
				at = append(at, n)
			}
		}
		if t.whole {
			t.page(at, int64(len(rows)))
			return true, batch.add(ctx, rows)
		}
		// Each page is written by itself, because what was new on it decides.
		change, err := w.write(ctx, rows)
		if err != nil {
			return false, err
		}
		known = t.page(at, change.New+change.Changed)
		return !known, nil
	})
	if t.whole && pauses(err) {
		w.warn(fmt.Sprintf("this list cannot be gone on with in the middle: the next sync begins it again, and needs more than %d requests for it", t.pages))
	}
	if flushed := batch.flush(ctx); flushed != nil || err != nil {
		return cmp.Or(err, flushed)
	}
	p := store.Position{List: list, Mark: max(t.newest, before.Mark), ReadAt: began, WholeAt: before.WholeAt}
	if !known {
		p.WholeAt = began
		w.lookForGap(before, t, read)
	}
	if err := w.pen.Reached(context.WithoutCancel(ctx), w.table, p); err != nil {
		return storeError{err}
	}
	return nil
}

// lookForGap warns when the feed no longer reaches back to the last reading.
func (w *walker) lookForGap(before store.Position, t *tail, read bool) {
	horizon := time.Duration(w.of.List.Feed.Days) * 24 * time.Hour
	if !read || recent(before.ReadAt, w.started, horizon) || t.oldest > 0 && t.oldest <= before.ReadAt.Unix() {
		return
	}
	until := w.started.Add(-horizon)
	if t.oldest > 0 {
		until = time.Unix(t.oldest, 0)
	}
	w.warn(fmt.Sprintf("what happened between %s and %s is lost: the API shows about %d days, and the last sync is longer ago",
		before.ReadAt.UTC().Format(time.RFC3339), until.UTC().Format(time.RFC3339), w.of.List.Feed.Days))
}
