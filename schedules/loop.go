package schedules

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Options say how to run jobs. All but Jobs are required.
type Options struct {
	// Profile is the workspace: with a job's name it decides the job's delay.
	Profile string
	Jobs    []Job
	Journal Journal
	Now     func() time.Time
	// Log gets a line for every run, and what went wrong.
	Log *slog.Logger
}

func (o Options) validate() error {
	var faults []error
	if o.Journal == nil {
		faults = append(faults, errors.New("no journal"))
	}
	if o.Now == nil {
		faults = append(faults, errors.New("no clock"))
	}
	if o.Log == nil {
		faults = append(faults, errors.New("no log"))
	}
	if err := errors.Join(faults...); err != nil {
		return fmt.Errorf("schedule options: %w", err)
	}
	return nil
}

const (
	// glance is the longest that the loop sleeps, so that it notices that the
	// machine slept or that its clock was set.
	glance = time.Minute
	// A busy job is tried again after the first delay, and then twice as late each
	// time up to the last.
	firstRetry, lastRetry = 30 * time.Second, 5 * time.Minute
	// believable is how far in the future the last firing may lie. Up to this the
	// clock was set back, and firings that come again were answered; beyond it the
	// clock had been wrong, and waiting for it could take years.
	believable = 25 * time.Hour
)

// Loop runs jobs when they are due, one at a time. A firing that was missed, because
// nothing ran or because another job did, is answered late, and of several of one
// job only the latest. A job that never fired waits for its next firing.
type Loop struct {
	o      Options
	reload chan struct{}

	mu   sync.Mutex
	jobs []Job

	states map[string]*state // of the goroutine in Run
}

// state is how far a job's firings are answered.
type state struct {
	expr    string
	after   time.Time // every firing until then has been begun or passed over
	next    time.Time // the first one later, when it is known
	open    time.Time // one of them that is to be begun again; zero for none
	retries int       // how often it was
	retry   time.Time // not before
	told    bool      // that the clock went back
}

// NewLoop returns a loop over the jobs.
func NewLoop(o Options) (*Loop, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	return &Loop{o: o, jobs: slices.Clone(o.Jobs), reload: make(chan struct{}, 1), states: map[string]*state{}}, nil
}

// Reload replaces the jobs. A run under way ends as it began. A job whose expression
// changed waits for its next firing. It may be called at any time.
func (l *Loop) Reload(jobs []Job) {
	l.mu.Lock()
	l.jobs = slices.Clone(jobs)
	l.mu.Unlock()
	select {
	case l.reload <- struct{}{}:
	default: // the loop has yet to notice the reload before
	}
}

// Run runs jobs until stop is closed or the context ends; a run under way is waited
// for, with a context that only ctx ends. What it does not finish for that reason is
// run again at the next start. The error is the journal's at the start or the
// context's; nothing that a job does ends the loop.
func (l *Loop) Run(ctx context.Context, stop <-chan struct{}) error {
	last, err := l.o.Journal.Last(ctx)
	if err != nil {
		return fmt.Errorf("read the journal: %w", err)
	}
	for name, f := range last {
		l.states[name] = &state{after: f.Due}
		if !f.answered() {
			l.states[name].open = f.Due
		}
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-stop:
			return nil
		default:
		}
		job, due, wait := l.next()
		if wait <= 0 {
			l.answer(ctx, stop, job, due)
			continue
		}
		timer.Reset(min(wait, glance))
		select {
		case <-ctx.Done():
		case <-stop:
		case <-l.reload:
			l.forget()
		case <-timer.C:
		}
	}
}

// forget drops what is known of jobs that are gone: one that comes back begins anew,
// and does not catch up on the time it was not there.
func (l *Loop) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name := range l.states {
		if !slices.ContainsFunc(l.jobs, func(j Job) bool { return j.Name == name }) {
			delete(l.states, name)
		}
	}
}

// Upcoming is a firing to come.
type Upcoming struct {
	Job Job
	Due time.Time
	At  time.Time // when it runs: Due and the job's delay
}

// Next returns the first n firings of the jobs after a time, in order. Those of one
// instant are in the order of the jobs.
func Next(profile string, jobs []Job, after time.Time, n int) []Upcoming {
	var all []Upcoming
	for _, j := range jobs {
		delay := offset(profile, j)
		due := j.When.Next(after.Add(-delay))
		for range n {
			if due.IsZero() {
				break
			}
			all = append(all, Upcoming{Job: j, Due: due, At: due.Add(delay)})
			due = j.When.Next(due)
		}
	}
	slices.SortStableFunc(all, func(a, b Upcoming) int { return a.At.Compare(b.At) })
	return all[:min(n, len(all))]
}

// next is the firing to answer next, and how long to wait for it: not at all when it
// is due. Of several due firings the oldest comes first, and of those of one instant
// the job that stands first.
func (l *Loop) next() (job Job, due time.Time, wait time.Duration) {
	l.mu.Lock()
	jobs := l.jobs
	l.mu.Unlock()
	now := l.o.Now()
	best, wait := time.Time{}, glance
	for _, j := range jobs {
		d, at := l.firing(j, now)
		if at.IsZero() || !best.IsZero() && !at.Before(best) {
			continue
		}
		job, due, best = j, d, at
		wait = at.Sub(now)
	}
	return job, due, wait
}

// firing is a job's due firing, or else its next one, and when to run it.
func (l *Loop) firing(j Job, now time.Time) (due, at time.Time) {
	st := l.states[j.Name]
	switch {
	case st == nil:
		st = &state{expr: j.When.String(), after: now}
		l.states[j.Name] = st
	case st.expr == "": // first seen since the start
		st.expr = j.When.String()
	case st.expr != j.When.String():
		*st = state{expr: j.When.String(), after: now}
	}
	l.believe(st, j, now)
	if st.next.IsZero() {
		if st.next = j.When.Next(st.after); st.next.IsZero() {
			return time.Time{}, time.Time{}
		}
	}
	delay := offset(l.o.Profile, j)
	switch {
	case !st.next.Add(delay).After(now):
		latest := j.When.Latest(st.after, now.Add(-delay))
		return latest, latest.Add(delay)
	case st.open.IsZero():
		return st.next, st.next.Add(delay)
	case st.retry.Sub(now) > lastRetry: // a clock that was set back must not stretch the wait
		st.retry = now
	}
	return st.open, maxTime(st.retry, st.open.Add(delay))
}

// believe copes with a clock that was set back.
func (l *Loop) believe(st *state, j Job, now time.Time) {
	switch ahead := st.after.Sub(now).Round(time.Second); {
	case ahead <= 0:
		st.told = false
	case ahead > believable:
		l.o.Log.Warn("the clock went back, or had been wrong: firings are reckoned anew", "job", j.Name, "ahead", ahead.String())
		*st = state{expr: st.expr, after: now}
	case !st.told:
		l.o.Log.Warn("the clock went back: firings that come again were answered", "job", j.Name, "ahead", ahead.String())
		st.told = true
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// answer runs a job for one firing and notes what came of it.
func (l *Loop) answer(ctx context.Context, stop <-chan struct{}, j Job, due time.Time) {
	st := l.states[j.Name]
	if !due.Equal(st.open) {
		st.retries = 0
	}
	st.after, st.next, st.open = due, time.Time{}, time.Time{}
	f := Firing{Job: j.Name, Kind: j.Kind, Due: due, Started: l.o.Now(), Status: Running}
	// A journal that cannot be written keeps no job from its work.
	if err := l.o.Journal.Begin(ctx, f); err != nil {
		l.o.Log.Error("the journal cannot be written", "job", j.Name, "error", err.Error())
	}
	message, err := l.run(ctx, j, due)
	f.Finished, f.Status, f.Message = l.o.Now(), OK, message
	switch {
	case err == nil:
	case errors.Is(err, ErrBusy):
		f.Status = Busy
		st.open, st.retry = due, f.Finished.Add(min(firstRetry<<min(st.retries, 10), lastRetry))
		st.retries++
	case ended(ctx, stop):
		f.Status = Interrupted // the next start reads it in the journal
	default:
		f.Status = Failed
	}
	if err != nil {
		f.Message = err.Error()
	}
	if err := l.o.Journal.End(context.WithoutCancel(ctx), f); err != nil {
		l.o.Log.Error("the journal cannot be written", "job", j.Name, "error", err.Error())
	}
	l.report(ctx, f)
}

func ended(ctx context.Context, stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return ctx.Err() != nil
	}
}

// report logs a run in one line.
func (l *Loop) report(ctx context.Context, f Firing) {
	level := slog.LevelInfo
	switch f.Status {
	case Failed:
		level = slog.LevelError
	case Busy, Interrupted:
		level = slog.LevelWarn
	}
	l.o.Log.Log(ctx, level, "job", "job", f.Job, "kind", f.Kind, "due", f.Due.UTC().Format(time.RFC3339),
		"seconds", float64(f.Finished.Sub(f.Started).Milliseconds())/1000, "status", f.Status, "message", f.Message)
}

// run runs a job and turns its panic into an error.
func (l *Loop) run(ctx context.Context, j Job, due time.Time) (message string, err error) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		l.o.Log.Debug("panic", "job", j.Name, "stack", string(debug.Stack()))
		// What a panic carries may be data; what the runtime says is not.
		err = errors.New("it panicked; the log has the stack at debug")
		if fault, ok := r.(runtime.Error); ok {
			err = fmt.Errorf("it panicked: %w; the log has the stack at debug", fault)
		}
	}()
	return j.Run(ctx, due)
}
