package sync

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
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
	// Since is how far back windowed lists are read; zero means 180 days.
	Since time.Duration
	// Walks is how many lists are walked at the same time, which hides latency; the
	// source keeps the rate limit. Zero means 4.
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
}

// The defaults of Options.
const (
	DefaultSince = 180 * 24 * time.Hour
	DefaultWalks = 4
)

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
	if o.Since < 0 || o.Walks < 0 {
		faults = append(faults, errors.New("since and walks cannot be negative"))
	}
	if o.Since == 0 {
		o.Since = DefaultSince
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
	src Source
	dst store.Store
	o   Options
}

// New returns a syncer. It reports all faults of the options.
func New(src Source, dst store.Store, o Options) (*Syncer, error) {
	o, err := o.validate()
	if err != nil {
		return nil, err
	}
	return &Syncer{src: src, dst: dst, o: o}, nil
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
	mode := "all"
	if len(entities) > 0 {
		mode = strings.Join(entities, " ")
	}
	pen, err := s.dst.StartRun(ctx, mode)
	if err != nil {
		return store.RunReport{}, err
	}
	r := &run{Syncer: s, pen: pen, started: s.o.Now(), slots: make(chan struct{}, s.o.Walks)}
	reports, failure := r.all(ctx, scope)

	report := store.RunReport{Run: pen.ID(), Started: r.started.UTC().Truncate(time.Millisecond), Entities: reports}
	for _, e := range reports {
		report.Requests += e.Requests
	}
	report.Status = status(reports, failure)
	// The end of a run is recorded even when the run was interrupted.
	if err := pen.Finish(context.WithoutCancel(ctx), report.Status, failure); err != nil {
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

// status sums up a run.
func status(reports []store.EntityReport, failure error) string {
	count := map[string]int{}
	for _, r := range reports {
		count[r.Status]++
	}
	switch good := count[store.Complete] + count[store.Skipped]; {
	case failure == nil && good == len(reports):
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
	pen     store.Run
	started time.Time
	slots   chan struct{} // one for each walk that may be under way
	stop    context.CancelCauseFunc
}

// all syncs the entities side by side; a child waits for its parent. It returns
// when every entity has a report. The error says what stopped the whole run.
func (r *run) all(ctx context.Context, scope []*catalog.Entity) ([]store.EntityReport, error) {
	ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(nil)
	reports := make([]store.EntityReport, len(scope))
	index := map[string]int{}
	done := make([]chan struct{}, len(scope)) // closed once the entity has its report
	for i, e := range scope {
		index[e.Name], done[i] = i, make(chan struct{})
	}
	var wg sync.WaitGroup
	for i, e := range scope {
		wg.Go(func() {
			defer close(done[i])
			parent := store.Complete
			if e.Parent != nil {
				up := index[e.Parent.Entity]
				<-done[up]
				parent = reports[up].Status
			}
			w := r.newWalker(e, parent)
			err := w.entity(ctx)
			if stops(err) {
				r.stop(err)
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

// storeError marks a failure of our own store, which ends the run: what cannot be
// written need not be asked for.
type storeError struct{ error }

func (e storeError) Unwrap() error { return e.error }

func stops(err error) bool {
	var s storeError
	var held *store.HeldError
	return errors.Is(err, catalog.ErrUnauthorized) || errors.As(err, &s) && !errors.As(err, &held)
}
