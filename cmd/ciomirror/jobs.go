package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"ciomirror/schedules"
	"ciomirror/store"
	syncer "ciomirror/sync"
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
	"backup":   (*app).backupJob,
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
	if p.exit == exitPartly {
		message = fmt.Errorf("%w; %s", message, printable(p.Hint))
	}
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
	opts.Stop, opts.Budget = stop, syncer.Budget(j.Budget)
	report, err := a.syncOnce(ctx, j.Entities, o, opts)
	budget := report.Paused && !closed(stop) // it did what it was asked to
	if err := verdict(report, err); err != nil && !budget {
		return "", err
	}
	var sum store.Change
	for _, e := range report.Entities {
		sum.Add(store.Change{New: e.New, Changed: e.Changed, Gone: e.Gone})
	}
	message := fmt.Sprintf("run %d: %d requests, %d new, %d changed, %d gone", report.Run, report.Requests, sum.New, sum.Changed, sum.Gone)
	if budget {
		message += "; the budget is used up, the next run goes on"
	}
	return message, nil
}

func closed(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
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

// snapshotJob names the last complete sync.
func (a *app) snapshotJob(ctx context.Context, _ <-chan struct{}, j jobConfig, _ time.Time) (string, error) {
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return "", err
	}
	defer m.Close()
	s, err := a.createSnapshot(ctx, m, "", j.Name)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s shows run %d", s.Name, s.Run), nil
}

// exportJob writes the newest snapshot to a file, in place of the one before.
func (a *app) exportJob(ctx context.Context, _ <-chan struct{}, j jobConfig, due time.Time) (string, error) {
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return "", err
	}
	defer m.Close()
	snapshots, err := m.Snapshots(ctx)
	if err != nil {
		return "", err
	}
	if len(snapshots) == 0 {
		return "", errors.New("there is no snapshot to export: a job of kind snapshot makes one")
	}
	path := filepath.Clean(j.target(due))
	x, err := m.ExportSnapshot(ctx, snapshots[0].Name, path, true)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w; make the folder first: mkdir -p %s", err, filepath.Dir(path))
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s to %s, %s", x.Snapshot, x.File, megabytes(x.Bytes)), nil
}

func (a *app) pruneJob(ctx context.Context, _ <-chan struct{}, _ jobConfig, _ time.Time) (string, error) {
	unlock, err := a.lockMirror()
	if err != nil {
		return "", err
	}
	defer unlock()
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return "", err
	}
	defer m.Close()
	p, err := m.Prune(ctx, store.Keep(a.settings.Keep), false)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("forgot %d snapshots and %d versions", len(p.Snapshots), p.Versions), nil
}

// target is the file that an export or a backup writes: the day is that of the firing, in the
// zone of the schedule.
func (j jobConfig) target(due time.Time) string {
	return strings.NewReplacer("{name}", j.Name, "{date}", due.In(j.When.Zone()).Format(time.DateOnly)).Replace(j.To)
}
