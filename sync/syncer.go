package sync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"ciomirror/catalog"
	"ciomirror/store"
)

// Source pages through lists. *cio.Client is one.
type Source interface {
	// Pages yields the pages of one walk, from the first to the last. After an
	// error the sequence ends; the error matches one of the catalog's classes
	// where it has one.
	Pages(ctx context.Context, w catalog.Walk) iter.Seq2[catalog.Page, error]
}

// Options say how to sync.
type Options struct {
	Catalog *catalog.Catalog // required
	// Now is the clock; required. A run asks for what was created until then.
	Now func() time.Time
	// Since is how far back windowed lists are read. Zero means as far as before, and
	// 180 days on a first sync.
	Since time.Duration
	// Reread are the ages at which a window is read once more, rising: what happens to
	// a delivery is written into it for weeks. The first is also how long a window
	// runs before it is closed. None means DefaultReread.
	Reread []time.Duration
	// Everything is how long a nested list is left alone while its parent does not
	// change. Zero means a day.
	Everything time.Duration
	// Full reads every list from its start, whatever is known of it.
	Full bool
	// Budget bounds the run; the zero Budget does not.
	Budget Budget
	// Stop, when closed, ends the run after the pages under way; nil never does.
	Stop <-chan struct{}
	// Holder names this machine and process in the mirror's lease, and Ended tells of
	// another holder that its process is known to have ended; see store.Claim.
	Holder string
	Ended  func(holder string) bool
	// Spent are the requests that were sent for this run before it began: they count.
	Spent int64
	// Walks is how many lists are walked at the same time, at most, which hides
	// latency; the source keeps the rate limit. Zero means 12, enough for answers that
	// take a second.
	Walks int
	// Guard holds back an entity's deletions when too many rows vanish at once; the
	// zero Guard means 10 rows or 30 %, whichever is more.
	Guard store.Guard
	// AcceptDeletions names entities whose deletions pass the guard.
	AcceptDeletions []string
	// Progress, when set, is told after every page. Calls come from several
	// goroutines.
	Progress func(Progress)
	// Log gets a line per entity at info; nil for none.
	Log *slog.Logger
}

// Progress is how far an entity's walks are.
type Progress struct {
	Entity string
	Pages  int64
	Rows   int64
	// Status is empty while the entity is being read.
	Status   string
	Requests int64
	Waited   time.Duration
	Took     time.Duration // since the entity began
	// Left is how many requests are expected still; -1 when nobody knows.
	Left int64
}

// The defaults of Options.
const (
	DefaultSince      = 180 * 24 * time.Hour
	DefaultEverything = 24 * time.Hour
	DefaultWalks      = 12
)

// DefaultReread are the ages at which a window of deliveries is read again.
func DefaultReread() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{time.Hour, day, 7 * day, 30 * day}
}

// DefaultGuard is the largest loss that passes unasked.
var DefaultGuard = store.Guard{Rows: 10, Share: 0.30}

func (o Options) validate() (Options, error) {
	var faults []error
	if o.Catalog == nil {
		faults = append(faults, errors.New("no catalog"))
	}
	if o.Now == nil {
		faults = append(faults, errors.New("no clock"))
	}
	if o.Since < 0 || o.Walks < 0 || o.Everything < 0 || o.Budget.Requests < 0 || o.Budget.Time < 0 {
		faults = append(faults, errors.New("no length of time or number can be negative"))
	}
	if len(o.Reread) == 0 {
		o.Reread = DefaultReread()
	}
	if !slices.IsSorted(o.Reread) || o.Reread[0] < time.Minute {
		faults = append(faults, errors.New("the ages at which windows are read again rise, from a minute at least"))
	}
	if o.Everything == 0 {
		o.Everything = DefaultEverything
	}
	if o.Walks == 0 {
		o.Walks = DefaultWalks
	}
	if o.Guard == (store.Guard{}) {
		o.Guard = DefaultGuard
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := errors.Join(faults...); err != nil {
		return o, fmt.Errorf("sync options: %w", err)
	}
	return o, nil
}

// Syncer copies one workspace into one store.
type Syncer struct {
	src        Source
	dst        store.Store
	o          Options
	sinceGiven bool
}

// New returns a syncer. It reports all faults of the options.
func New(src Source, dst store.Store, o Options) (*Syncer, error) {
	o, err := o.validate()
	if err != nil {
		return nil, err
	}
	s := &Syncer{src: src, dst: dst, o: o, sinceGiven: o.Since > 0}
	if !s.sinceGiven {
		s.o.Since = DefaultSince
	}
	return s, nil
}

// Run syncs the entities, or all when none is named. An entity whose list is
// nested brings its parent along.
//
// The report says how each entity fared. The error is nil when the run is
// complete or partial; otherwise it says why the run failed: the key was refused,
// the context ended, the store could not be written.
func (s *Syncer) Run(ctx context.Context, entities ...string) (store.RunReport, error) {
	scope, err := s.scope(entities)
	if err != nil {
		return store.RunReport{}, err
	}
	mode := store.All
	if len(entities) > 0 {
		mode = strings.Join(entities, " ")
	}
	pen, err := s.dst.StartRun(ctx, store.Claim{Mode: mode, Requests: s.o.Spent, Holder: s.o.Holder, Ended: s.o.Ended})
	if err != nil {
		return store.RunReport{}, err
	}
	r := s.newRun(pen, scope)
	reports, failure := r.all(ctx)

	report := store.RunReport{Run: pen.ID(), Started: r.started.UTC().Truncate(time.Millisecond), Requests: s.o.Spent, Entities: reports}
	for _, e := range reports {
		report.Requests += e.Requests
	}
	report.Status = status(reports, failure)
	report.Paused = failure == nil && r.onPurpose()
	// The end of a run is recorded even when the run was interrupted.
	if err := pen.Finish(context.WithoutCancel(ctx), report.Status, cmp.Or(failure, firstFailure(reports))); err != nil && !errors.Is(failure, store.ErrTakenOver) {
		failure = errors.Join(failure, err)
	}
	report.Seconds = seconds(s.o.Now().Sub(r.started))
	return report, failure
}

// scope is the entities asked for with their parents, in the catalog's order.
func (s *Syncer) scope(names []string) ([]*catalog.Entity, error) {
	wanted := map[string]bool{}
	for _, name := range names {
		for name != "" && !wanted[name] {
			e, ok := s.o.Catalog.Entity(name)
			if !ok || !e.Mirrored() {
				return nil, &UnknownEntityError{Name: name}
			}
			wanted[name] = true
			name = ""
			if e.Parent != nil {
				name = e.Parent.Entity
			}
		}
	}
	return slices.DeleteFunc(s.o.Catalog.Mirrored(), func(e *catalog.Entity) bool {
		return len(names) > 0 && !wanted[e.Name]
	}), nil
}

// UnknownEntityError names an entity that the mirror does not have.
type UnknownEntityError struct{ Name string }

func (e *UnknownEntityError) Error() string {
	return fmt.Sprintf("the mirror has no entity %q", e.Name)
}

// seconds is a length of time to the millisecond.
func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }

// firstFailure is why a run is not complete. What the key may not read is a reason only
// where it may read nothing.
func firstFailure(reports []store.EntityReport) error {
	nothing := allSkipped(reports)
	for _, r := range reports {
		if r.Error != nil && (nothing || r.Status != store.Skipped) {
			return fmt.Errorf("%s is %s: %s", r.Entity, r.Status, *r.Error)
		}
	}
	return nil
}

func allSkipped(reports []store.EntityReport) bool {
	return !slices.ContainsFunc(reports, func(r store.EntityReport) bool { return r.Status != store.Skipped })
}

// status sums up a run. One that read nothing, since the key may not, copied nothing and
// is not complete.
func status(reports []store.EntityReport, failure error) string {
	count := map[string]int{}
	for _, r := range reports {
		count[r.Status]++
	}
	switch good := count[store.Complete] + count[store.Skipped]; {
	case failure == nil && good == len(reports) && !allSkipped(reports):
		return store.Complete
	case count[store.Complete]+count[store.Partial]+count[store.Held] == 0:
		return store.Failed
	default:
		return store.Partial
	}
}

// run is one sync under way.
type run struct {
	*Syncer
	pen     store.Run // nil while a run is only planned
	started time.Time
	gate    *gate
	lanes   *lanes
	walkers []*walker
	meters  []*catalog.Meter         // of the walkers
	done    map[string]chan struct{} // by entity; closed once it has its report
	stop    context.CancelCauseFunc
}

func (s *Syncer) newRun(pen store.Run, scope []*catalog.Entity) *run {
	r := &run{Syncer: s, pen: pen, started: s.o.Now(), lanes: newLanes(s.o.Walks), done: map[string]chan struct{}{}}
	for _, e := range scope {
		w := r.newWalker(e)
		r.walkers, r.meters = append(r.walkers, w), append(r.meters, &w.meter)
		r.done[e.Name] = make(chan struct{})
	}
	r.gate = newGate(s.o, r.started, func() int64 {
		n := s.o.Spent
		for _, m := range r.meters {
			n += m.Requests()
		}
		return n
	})
	return r
}

// await returns when an entity has its report, at once if it is not in the run.
func (r *run) await(entity string) {
	if done, ok := r.done[entity]; ok {
		<-done
	}
}

// all syncs the entities side by side; a child waits for its parent. It returns
// when every entity has a report. The error says what stopped the whole run.
func (r *run) all(ctx context.Context) ([]store.EntityReport, error) {
	ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(nil)
	defer r.keepLease(ctx)()
	reports := make([]store.EntityReport, len(r.walkers))
	status := map[string]*store.EntityReport{}
	for i, w := range r.walkers {
		var err error
		if w.reading, err = r.dst.Reading(context.WithoutCancel(ctx), w.table); err != nil {
			r.stop(storeError{err})
		}
		status[w.of.Name] = &reports[i]
	}
	before := r.turns()
	var wg sync.WaitGroup
	for i, w := range r.walkers {
		wg.Go(func() {
			defer close(r.done[w.of.Name])
			r.await(before[w.of.Name])
			if w.of.Parent != nil {
				r.await(w.of.Parent.Entity)
				w.parentStatus = status[w.of.Parent.Entity].Status
			}
			err := safely(func() error { return w.entity(ctx) })
			if stops(err) {
				r.stop(err)
			}
			var fault *panicError
			if errors.As(err, &fault) {
				r.o.Log.Error("a fault in the program", slog.String("entity", w.of.Name), slog.Any("panic", fault.value), slog.String("stack", string(fault.stack)))
			}
			reports[i] = w.report(err)
			if err := r.pen.Report(context.WithoutCancel(ctx), reports[i]); err != nil {
				r.stop(err)
			}
		})
	}
	wg.Wait()
	return reports, context.Cause(ctx)
}

// turns says which entity each has to wait for; none when there is no budget.
//
// With a budget they take turns, and the one that had none for the longest time
// comes first. So each gets all of a budget once in a while, and what cannot be gone
// on with in the middle, a feed, is read to its end if only a budget allows it.
func (r *run) turns() map[string]string {
	before := map[string]string{}
	if r.o.Budget == (Budget{}) {
		return before
	}
	order := slices.Clone(r.walkers)
	slices.SortStableFunc(order, func(a, b *walker) int { return a.reading.Tried.Compare(b.reading.Tried) })
	last, had := "", map[string]bool{}
	var take func(w *walker)
	take = func(w *walker) {
		if had[w.of.Name] {
			return
		}
		had[w.of.Name] = true
		for _, needed := range r.walkers {
			if w.of.Parent != nil && needed.of.Name == w.of.Parent.Entity || w.of.Attribution != nil && needed.of.Name == w.of.Attribution.By {
				take(needed)
			}
		}
		before[w.of.Name], last = last, w.of.Name
	}
	for _, w := range order {
		take(w)
	}
	return before
}

// onPurpose reports whether the run was cut short by its budget or a stop, and for no
// other reason.
func (r *run) onPurpose() bool {
	cut := false
	for _, w := range r.walkers {
		switch {
		case !w.failed() || w.refused() && !errors.Is(errors.Join(w.failures...), catalog.ErrUnauthorized):
		case slices.ContainsFunc(w.failures, func(err error) bool { return !pauses(err) && !errors.Is(err, errParent) }):
			return false
		default:
			cut = true
		}
	}
	return cut
}

// keepLease renews the lease while the run waits for the API. The function that it
// returns ends that.
func (r *run) keepLease(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(store.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				switch err := safely(func() error { return r.pen.Renew(ctx) }); {
				case errors.Is(err, store.ErrTakenOver):
					r.stop(storeError{err})
				case err != nil && ctx.Err() == nil:
					// Another process may be writing for long; the next try is in time.
					r.o.Log.WarnContext(ctx, "the lease was not renewed", slog.String("error", err.Error()))
				}
			}
		}
	})
	return func() { cancel(); wg.Wait() }
}

// storeError marks a failure of our own store, which ends the run: what cannot be
// written need not be asked for.
type storeError struct{ error }

func (e storeError) Unwrap() error { return e.error }

// panicError is a panic of ours. A daemon goes on after it, the run does not.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("a fault in the program: %v", e.value) }

// safely turns a panic into an error: what runs in goroutines of its own would end
// the whole process.
func safely(f func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = storeError{&panicError{value, debug.Stack()}}
		}
	}()
	return f()
}

func stops(err error) bool {
	var s storeError
	var held *store.HeldError
	return errors.Is(err, catalog.ErrUnauthorized) || errors.As(err, &s) && !errors.As(err, &held)
}
