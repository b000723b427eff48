package sync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"ciomirror/catalog"
	"ciomirror/store"
)

// walker reads one entity's lists.
type walker struct {
	*run
	entityOf     *catalog.Entity
	table        *store.Table
	parentStatus string
	meter        catalog.Meter
	began        time.Time

	mu       sync.Mutex // guards what follows: walks run side by side
	pages    int64
	rows     int64
	change   store.Change
	walked   []string       // parents whose lists were walked to the end
	vanished int            // parents that were gone when their list was asked for
	long     []catalog.Walk // walks of several pages
	failures []error
	drift    []store.Drift
}

func (r *run) newWalker(e *catalog.Entity, parentStatus string) *walker {
	return &walker{run: r, entityOf: e, table: store.NewTable(e), parentStatus: parentStatus, began: r.o.Now()}
}

// entity walks all of the entity's lists. The error joins what went wrong.
func (w *walker) entity(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if w.parentStatus == store.Skipped {
		return fmt.Errorf("its parent %s cannot be read: %w", w.entityOf.Parent.Entity, catalog.ErrForbidden)
	}
	walks, err := w.walks(context.WithoutCancel(ctx))
	if err != nil {
		return storeError{err}
	}
	w.all(ctx, walks)
	if w.entityOf.List.Complete {
		w.confirm(ctx)
		if err := w.apply(context.WithoutCancel(ctx)); err != nil {
			w.fail(storeError{err})
		}
	}
	if w.parentStatus != store.Complete && len(w.failures) == 0 {
		w.fail(fmt.Errorf("its parent %s is %s: some lists may be missing", w.entityOf.Parent.Entity, w.parentStatus))
	}
	if err := w.pen.Drift(context.WithoutCancel(ctx), w.table, merge(w.drift)); err != nil {
		w.fail(storeError{err})
	}
	return errors.Join(w.failures...)
}

// all does the walks side by side, as far as there are slots, and returns when
// they have ended.
func (w *walker) all(ctx context.Context, walks []catalog.Walk) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	for _, walk := range walks {
		if !w.slot(ctx) {
			break
		}
		wg.Go(func() {
			defer func() { <-w.slots }()
			if err := w.walk(ctx, walk); err != nil {
				w.fail(err)
				if stops(err) {
					w.stop(err)
				}
				// What the key may not read, it may not read for any parent.
				if errors.Is(err, catalog.ErrForbidden) {
					stop(err)
				}
			}
		})
	}
	wg.Wait()
	if cause := context.Cause(ctx); cause != nil && len(w.failures) == 0 {
		w.fail(cause)
	}
}

// confirm walks lists of several pages once more when they would lose rows. A page
// token is a position: a record deleted during the walk moves those behind it up,
// and one slips over the page's edge unseen. What is missing from both walks is
// gone; what was seen in either stays.
func (w *walker) confirm(ctx context.Context) {
	if len(w.failures) > 0 || len(w.long) == 0 {
		return
	}
	unseen, err := w.pen.Unseen(context.WithoutCancel(ctx), w.table, w.scope())
	if err != nil {
		w.fail(storeError{err})
		return
	}
	if unseen > 0 {
		w.all(ctx, slices.Clone(w.long))
	}
}

// slot waits for the turn of one more walk; false when the context ended first,
// also where a slot is free at that moment.
func (w *walker) slot(ctx context.Context) bool {
	select {
	case w.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if ctx.Err() != nil {
		<-w.slots
		return false
	}
	return true
}

// walks lists the walks that show all of the entity: one for each parent, view
// and window.
func (w *walker) walks(ctx context.Context) ([]catalog.Walk, error) {
	parents := []string{""}
	if p := w.entityOf.Parent; p != nil {
		e, _ := w.o.Catalog.Entity(p.Entity)
		var err error
		if parents, err = w.dst.Keys(ctx, store.NewTable(e)); err != nil {
			return nil, err
		}
	}
	queries := w.queries(w.entityOf, w.started.Unix())
	var walks []catalog.Walk
	for _, p := range parents {
		for _, q := range queries {
			walks = append(walks, catalog.Walk{Entity: w.entityOf, Parent: p, Query: q, Meter: &w.meter})
		}
	}
	return walks, nil
}

// ahead is how far the newest window reaches into the future: this machine's clock
// may be behind the API's.
const ahead = 25 * time.Hour

// queries are the parameters of the walks that together show a list: the plain
// walk and its further views, or one walk for each window until to.
func (s *Syncer) queries(e *catalog.Entity, to int64) []url.Values {
	if w := e.List.Window; w != nil {
		var queries []url.Values
		for _, span := range windows(to-int64(s.o.Since.Seconds())+1, to, windowLength(w)) {
			if span.To == to {
				span.To += int64(ahead.Seconds())
			}
			queries = append(queries, url.Values{
				w.From: {strconv.FormatInt(span.From, 10)},
				w.To:   {strconv.FormatInt(span.To, 10)},
			})
		}
		return queries
	}
	queries := []url.Values{nil}
	for _, v := range e.List.Views {
		queries = append(queries, url.Values{v.Param: {v.Value}})
	}
	return queries
}

// batch is how many rows of a windowed list are stored in one transaction: ten
// full pages of messages would hold the writer too long, one page costs a third
// more.
const batch = 5000

// walk reads one list to its end and stores or stages it.
func (w *walker) walk(ctx context.Context, walk catalog.Walk) error {
	dec := store.NewDecoder(w.table)
	defer func() { w.addDrift(dec.Drift()) }()
	pages := 0
	var rows []store.Row
	var failure error
	for page, err := range w.src.Pages(ctx, walk) {
		if err == nil {
			rows, err = w.decode(dec, rows, page, walk.Parent)
		}
		if err != nil {
			failure = err
			break
		}
		pages++
		w.page(len(page.Items))
		if !w.entityOf.List.Complete && len(rows) >= batch {
			if err := w.write(context.WithoutCancel(ctx), rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	switch {
	case !w.entityOf.List.Complete:
		// Pages that came whole are worth keeping, whatever came after them.
		if err := w.write(context.WithoutCancel(ctx), rows); err != nil {
			return errors.Join(failure, err)
		}
	case failure == nil:
		if err := w.pen.Stage(context.WithoutCancel(ctx), w.table, rows); err != nil {
			return storeError{err}
		}
		w.ended(walk, pages)
	case w.entityOf.Parent != nil && errors.Is(failure, catalog.ErrNotFound):
		// The parent seems to be deleted since its own list was read. Its rows stay
		// until that list says so too.
		w.mu.Lock()
		w.vanished++
		w.mu.Unlock()
		return nil
	}
	return failure
}

// ended notes that a complete list was walked to its end.
func (w *walker) ended(walk catalog.Walk, pages int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if walk.Parent != "" {
		w.walked = append(w.walked, walk.Parent)
	}
	if pages > 1 {
		w.long = append(w.long, walk)
	}
}

// decode appends a page's rows. A page with a broken record is stored not at all.
func (w *walker) decode(dec *store.Decoder, rows []store.Row, page catalog.Page, parent string) ([]store.Row, error) {
	whole := len(rows)
	for _, raw := range page.Items {
		row, err := dec.Decode(raw, parent)
		if err != nil {
			return rows[:whole], err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (w *walker) write(ctx context.Context, rows []store.Row) error {
	if len(rows) == 0 {
		return nil
	}
	c, err := w.pen.Write(ctx, w.table, rows)
	if err != nil {
		return storeError{err}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.change.Add(c)
	return nil
}

// scope is the live rows that the walks which came to their end were to show.
func (w *walker) scope() store.Scope {
	s := store.Scope{All: true, Guard: w.o.Guard}
	if slices.Contains(w.o.AcceptDeletions, w.entityOf.Name) {
		s.Guard = store.Guard{}
	}
	if w.entityOf.Parent != nil && (len(w.failures) > 0 || w.vanished > 0 || w.parentStatus != store.Complete) {
		s.All, s.Parents = false, w.walked // other parents' rows stay as they are
	}
	return s
}

// apply makes a complete list live, as far as its walks came to their end.
func (w *walker) apply(ctx context.Context) error {
	if len(w.failures) > 0 && (w.entityOf.Parent == nil || len(w.walked) == 0 || w.refused()) {
		return w.pen.Discard(ctx, w.table)
	}
	c, err := w.pen.Apply(ctx, w.table, w.scope())
	if err != nil {
		return errors.Join(err, w.pen.Discard(ctx, w.table))
	}
	w.change = c
	w.rows = c.New + c.Changed + c.Same
	return nil
}

// refused reports whether the key may not read the entity, or nothing at all.
func (w *walker) refused() bool {
	err := errors.Join(w.failures...)
	return errors.Is(err, catalog.ErrForbidden) || errors.Is(err, catalog.ErrUnauthorized)
}

func (w *walker) page(rows int) {
	w.mu.Lock()
	w.pages++
	w.rows += int64(rows)
	p := w.progress("")
	w.mu.Unlock()
	w.o.Progress(p)
}

func (w *walker) progress(status string) Progress {
	return Progress{Entity: w.entityOf.Name, Pages: w.pages, Rows: w.rows, Status: status, Requests: w.meter.Requests(), Waited: w.meter.Waited()}
}

func (w *walker) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, err)
}

func (w *walker) addDrift(d []store.Drift) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drift = append(w.drift, d...)
}

// merge adds up the drift that several walks counted.
func merge(drift []store.Drift) []store.Drift {
	at := map[store.Drift]int{}
	var sum []store.Drift
	for _, d := range drift {
		n := d.Count
		d.Count = 0
		if _, ok := at[d]; !ok {
			at[d] = len(sum)
			sum = append(sum, d)
		}
		sum[at[d]].Count += n
	}
	return sum
}

// report sums up the entity, whose walks ended with err.
func (w *walker) report(err error) store.EntityReport {
	rep := store.EntityReport{
		Entity: w.entityOf.Name, Status: store.Complete,
		Requests: w.meter.Requests(), Pages: w.pages, Rows: w.rows,
		New: w.change.New, Changed: w.change.Changed, Same: w.change.Same, Gone: w.change.Gone,
		Waited: w.meter.Waited(), Seconds: seconds(w.o.Now().Sub(w.began)),
	}
	if err != nil {
		rep.Status = w.failedStatus(err)
		text := firstOf(err)
		rep.Error = &text
	}
	w.o.Progress(w.progress(rep.Status))
	w.o.Log.Info("entity synced", slog.String("entity", rep.Entity), slog.String("status", rep.Status),
		slog.Int64("rows", rep.Rows), slog.Int64("requests", rep.Requests))
	return rep
}

func (w *walker) failedStatus(err error) string {
	var held *store.HeldError
	switch {
	case errors.As(err, &held):
		return store.Held
	case errors.Is(err, catalog.ErrUnauthorized):
		return store.Failed
	case errors.Is(err, catalog.ErrForbidden):
		return store.Skipped
	case w.change != store.Change{} || len(w.walked) > 0:
		return store.Partial
	}
	return store.Failed
}

// firstOf is the text of the first of several errors, and how many more there are.
func firstOf(err error) string {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		if errs := many.Unwrap(); len(errs) > 1 {
			return errs[0].Error() + " (and " + strconv.Itoa(len(errs)-1) + " more)"
		}
	}
	return err.Error()
}
