package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"ciomirror/schedules"
	"ciomirror/store"
)

// work does what one kind of job is for. It returns a line for people. When stop
// closes it ends soon, with an error unless it was done.
type work func(a *app, ctx context.Context, stop <-chan struct{}, j jobConfig, due time.Time) (string, error)

// works says what each kind of job does.
var works = map[string]work{
	"sync":     (*app).syncJob,
	"check":    (*app).checkJob,
	"snapshot": (*app).snapshotJob,
	"export":   (*app).exportJob,
	"prune":    (*app).pruneJob,
}

// jobs are the configured jobs with what they do. They keep the settings of now.
func (a *app) jobs(stop <-chan struct{}, tell func(string)) []schedules.Job {
	// A job prints nothing: its outcome is a line in the log.
	silent := *a
	silent.out, silent.settings.quiet = io.Discard, true
	if silent.settings.Log == "" && !silent.settings.verbose {
		silent.settings.Log = "warn"
	}
	jobs := a.plans()
	for i, j := range a.settings.Jobs {
		jobs[i].Run = func(ctx context.Context, due time.Time) (string, error) {
			tell("running " + j.Name)
			message, err := works[j.Kind](&silent, ctx, stop, j, due)
			return message, jobError(ctx, err)
		}
	}
	return jobs
}

// jobError is an error as the log gets it: what a person would read, without the
// hint, and known as busy when it is.
func jobError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	p := problemOf(ctx, err)
	message := errors.New(printable(p.Message))
	if p.exit == exitBusy {
		return fmt.Errorf("%w: %w", schedules.ErrBusy, message)
	}
	return message
}

func (a *app) syncJob(ctx context.Context, stop <-chan struct{}, j jobConfig, _ time.Time) (string, error) {
	var o syncOptions
	opts, err := a.syncerOptions(o)
	if err != nil {
		return "", err
	}
	ctx, cancel := until(ctx, stop)
	defer cancel()
	report, err := a.syncOnce(ctx, j.Entities, o, opts)
	if err := verdict(report, err); err != nil {
		return "", err
	}
	var sum store.Change
	for _, e := range report.Entities {
		sum.Add(store.Change{New: e.New, Changed: e.Changed, Gone: e.Gone})
	}
	return fmt.Sprintf("run %d: %d requests, %d new, %d changed, %d gone", report.Run, report.Requests, sum.New, sum.Changed, sum.Gone), nil
}

// until ends a context when a channel closes.
func until(ctx context.Context, stop <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// checkJob fails when an entity is older than it may be.
func (a *app) checkJob(ctx context.Context, _ <-chan struct{}, j jobConfig, _ time.Time) (string, error) {
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return "", err
	}
	defer m.Close()
	s, err := m.Status(ctx)
	if err != nil {
		return "", err
	}
	if old := stale(s, j.MaxAge.Duration); len(old) > 0 {
		return "", fmt.Errorf("%d of %d entities were last read more than %s ago: %s", len(old), len(s.Entities), j.MaxAge, strings.Join(old, ", "))
	}
	return fmt.Sprintf("%d entities are fresh", len(s.Entities)), nil
}

// errNotBuiltIn is the outcome of jobs whose commands this build lacks.
var errNotBuiltIn = errors.New("not built in")

func (a *app) snapshotJob(context.Context, <-chan struct{}, jobConfig, time.Time) (string, error) {
	return "", fmt.Errorf("take a snapshot: %w", errNotBuiltIn)
}

func (a *app) exportJob(_ context.Context, _ <-chan struct{}, j jobConfig, due time.Time) (string, error) {
	return "", fmt.Errorf("export to %s: %w", j.target(due), errNotBuiltIn)
}

func (a *app) pruneJob(context.Context, <-chan struct{}, jobConfig, time.Time) (string, error) {
	return "", fmt.Errorf("prune: %w", errNotBuiltIn)
}

// target is the file that an export writes: the day is that of the firing, in the
// zone of the schedule.
func (j jobConfig) target(due time.Time) string {
	return strings.NewReplacer("{name}", j.Name, "{date}", due.In(j.When.Zone()).Format(time.DateOnly)).Replace(j.To)
}
