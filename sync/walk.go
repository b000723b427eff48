package sync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"ciomirror/catalog"
	"ciomirror/store"
)

// walker reads one entity's lists.
type walker struct {
	*run
	of           *catalog.Entity
	table        *store.Table
	parentStatus string
	reading      store.Reading // as it was when the run began
	meter        catalog.Meter
	began        time.Time
	calendar     *calendar // of a windowed list

	mu       sync.Mutex // guards what follows: walks run side by side
	pages    int64
	rows     int64
	left     int64 // requests still expected; -1 when nobody knows
	change   store.Change
	applied  bool // a complete list was made live
	failures []error
	warnings []string
	drift    []store.Drift
}

func (r *run) newWalker(e *catalog.Entity) *walker {
	return &walker{run: r, of: e, table: store.NewTable(e), parentStatus: store.Complete, left: -1}
}

// entity reads all of the entity's lists. The error joins what went wrong.
func (w *walker) entity(ctx context.Context) error {
	w.began = w.o.Now()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if w.parentStatus == store.Skipped {
		return &parentError{w.of.Parent.Entity}
	}
	switch l := w.of.List; {
	case l.Complete && w.of.Parent != nil:
		w.nested(ctx)
	case l.Complete:
		w.list(ctx)
	case l.Window != nil:
		w.windowed(ctx)
		w.attribute(ctx)
	default:
		w.feed(ctx)
	}
	if w.parentStatus != store.Complete && !w.failed() {
		w.fail(fmt.Errorf("its parent %s is %s: %w", w.of.Parent.Entity, w.parentStatus, errParent))
	}
	if err := w.pen.Drift(context.WithoutCancel(ctx), w.table, merge(w.drift)); err != nil {
		w.fail(storeError{err})
	}
	return errors.Join(w.failures...)
}

// errParent fails an entity whose parent is not complete.
var errParent = errors.New("some lists may be missing")

// parentError says that an entity cannot be read because its parent cannot.
type parentError struct{ entity string }

func (e *parentError) Error() string {
	return "its parent " + e.entity + " cannot be read: " + catalog.ErrForbidden.Error()
}

func (e *parentError) Unwrap() error { return catalog.ErrForbidden }

// lane waits for the turn of one more walk; false when the context ended first,
// also where a lane is free at that moment.
func (w *walker) lane(ctx context.Context) bool {
	select {
	case w.lanes.enter <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	if ctx.Err() != nil {
		w.lanes.leave()
		return false
	}
	return true
}

// read walks one list and hands its rows over, page by page, until it ends or take
// wants no more. A page with a broken record is handed over not at all.
func (w *walker) read(ctx context.Context, walk catalog.Walk, take func(rows []store.Row) (more bool, err error)) error {
	dec := store.NewDecoder(w.table)
	under := false // a page is on its way
	defer func() {
		w.addDrift(dec.Drift())
		if under {
			w.gate.arrived()
		}
	}()
	if err := w.gate.pass(); err != nil {
		return err
	}
	under = true
	for page, err := range w.src.Pages(ctx, walk) {
		w.gate.arrived()
		under = false
		if err != nil {
			return err
		}
		rows, err := decode(dec, page, walk.Parent)
		if err != nil {
			return err
		}
		if walk.Attributing {
			w.page(0) // they are counted where they were read first
		} else {
			w.page(len(rows))
		}
		more, err := take(rows)
		if err != nil || !more || page.Last {
			return err
		}
		if err := w.gate.pass(); err != nil {
			return err
		}
		under = true
	}
	return errors.New("the list ended without its last page")
}

func decode(dec *store.Decoder, page catalog.Page, parent string) ([]store.Row, error) {
	rows := make([]store.Row, len(page.Items))
	for i, raw := range page.Items {
		row, err := dec.Decode(raw, parent)
		if err != nil {
			return nil, err
		}
		rows[i] = row
	}
	return rows, nil
}

// write stores rows of a list that only grows.
func (w *walker) write(ctx context.Context, rows []store.Row) (store.Change, error) {
	if len(rows) == 0 {
		return store.Change{}, nil
	}
	c, err := w.pen.Write(context.WithoutCancel(ctx), w.table, rows)
	if err != nil {
		return c, storeError{err}
	}
	w.changed(c)
	return c, nil
}

func (w *walker) changed(c store.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.change.Add(c)
}

// column is the index of a field's cells.
func (w *walker) column(field string) int {
	for i, c := range w.table.Columns {
		if c.Name == field {
			return i
		}
	}
	panic("sync: " + w.of.Name + " has no field " + field) // the catalog refuses such an entity
}

func (w *walker) page(rows int) {
	w.mu.Lock()
	w.pages++
	w.rows += int64(rows)
	w.left = max(w.left-1, min(w.left, 0))
	p := w.progress("")
	w.mu.Unlock()
	w.lanes.page(w.o.Now(), w.meters)
	w.o.Progress(p)
}

// expect notes how many requests a windowed list is thought to need still.
func (w *walker) expect(f *frontier) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = f.requests(int64(w.of.List.Size))
}

func (w *walker) expectRequests(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left = int64(n)
}

func (w *walker) progress(status string) Progress {
	return Progress{Entity: w.of.Name, Pages: w.pages, Rows: w.rows, Status: status,
		Requests: w.meter.Requests(), Waited: w.meter.Waited(), Took: w.o.Now().Sub(w.began), Left: w.left}
}

// failWith notes what ended a walk, and stops the run where nothing can go on.
func (w *walker) failWith(err error) {
	w.fail(err)
	if stops(err) {
		w.stop(err)
	}
}

func (w *walker) failStore(err error) {
	if err != nil {
		w.fail(storeError{err})
	}
}

func (w *walker) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, had := range w.failures {
		if pauses(err) && errors.Is(had, err) || errors.Is(err, context.Canceled) && errors.Is(had, context.Canceled) {
			return // every walk says so
		}
	}
	w.failures = append(w.failures, err)
}

func (w *walker) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.failures) > 0
}

// refused reports whether the key may not read the entity, or nothing at all.
func (w *walker) refused() bool {
	err := errors.Join(w.failures...)
	return errors.Is(err, catalog.ErrForbidden) || errors.Is(err, catalog.ErrUnauthorized)
}

// cutShort reports whether the entity was ended from outside, and the next run is to
// go on with it.
func (w *walker) cutShort() bool {
	err := errors.Join(w.failures...)
	return pauses(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func (w *walker) warn(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.warnings = append(w.warnings, text)
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
		Entity: w.of.Name, Status: store.Complete,
		Requests: w.meter.Requests(), Pages: w.pages, Rows: w.rows,
		New: w.change.New, Changed: w.change.Changed, Same: w.change.Same, Gone: w.change.Gone,
		Waited: w.meter.Waited(), Seconds: seconds(w.o.Now().Sub(w.began)),
	}
	if err != nil {
		rep.Status = w.failedStatus(err)
		text := firstOf(err)
		rep.Error = &text
	}
	if len(w.warnings) > 0 {
		text := strings.Join(w.warnings, "; ")
		rep.Warning = &text
	}
	w.o.Progress(w.progress(rep.Status))
	w.o.Log.Info("entity synced", slog.String("entity", rep.Entity), slog.String("status", rep.Status),
		slog.Int64("rows", rep.Rows), slog.Int64("new", rep.New), slog.Int64("changed", rep.Changed), slog.Int64("gone", rep.Gone),
		slog.Int64("requests", rep.Requests), slog.Float64("seconds", rep.Seconds))
	for _, text := range w.warnings {
		w.o.Log.Warn("entity synced, but", slog.String("entity", rep.Entity), slog.String("warning", text))
	}
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
	case w.of.Parent != nil && (w.parentStatus == store.Partial || w.parentStatus == store.Held):
		return store.Partial
	case w.applied || w.change != store.Change{} || w.cutShort():
		return store.Partial
	}
	return store.Failed
}

// firstOf is the text of the first of several errors, and how many more there are.
func firstOf(err error) string {
	if errors.Is(err, context.Canceled) {
		return "interrupted; the next sync goes on from here"
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		if errs := many.Unwrap(); len(errs) > 1 {
			return errs[0].Error() + " (and " + strconv.Itoa(len(errs)-1) + " more)"
		}
	}
	return err.Error()
}
