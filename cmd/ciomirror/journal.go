package main

import (
	"context"
	"errors"

	"ciomirror/schedules"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// journal keeps the scheduler's firings in the mirror, which it opens for each: a
// daemon holds nothing between jobs. Before the first sync there is no mirror, and a
// firing is noted when it has made one.
type journal struct {
	a  *app
	id int64 // of the firing that was begun; 0 when it could not be noted
}

var _ schedules.Journal = (*journal)(nil)

// with opens the mirror for f, unless there is none.
func (j *journal) with(ctx context.Context, f func(m *sqlite.Store) error) error {
	m, err := j.a.openMirror(ctx, false)
	if errors.Is(err, store.ErrNoMirror) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f(m), m.Close())
}

// Last implements schedules.Journal.
func (j *journal) Last(ctx context.Context) (map[string]schedules.Firing, error) {
	last := map[string]schedules.Firing{}
	return last, j.with(ctx, func(m *sqlite.Store) error {
		if err := m.InterruptJobs(ctx); err != nil {
			return err
		}
		runs, err := m.LastJobs(ctx)
		for _, r := range runs {
			last[r.Job] = schedules.Firing{Job: r.Job, Kind: r.Kind, Due: r.Due, Started: r.Started, Status: r.Status}
		}
		return err
	})
}

// Begin implements schedules.Journal.
func (j *journal) Begin(ctx context.Context, f schedules.Firing) error {
	j.id = 0
	return j.with(ctx, func(m *sqlite.Store) (err error) {
		j.id, err = m.StartJob(ctx, store.JobRun{Job: f.Job, Kind: f.Kind, Due: f.Due, Started: f.Started})
		return err
	})
}

// End implements schedules.Journal.
func (j *journal) End(ctx context.Context, f schedules.Firing) error {
	r := store.JobRun{ID: j.id, Job: f.Job, Kind: f.Kind, Due: f.Due, Started: f.Started, Finished: &f.Finished, Status: f.Status, Message: &f.Message}
	return j.with(ctx, func(m *sqlite.Store) (err error) {
		if r.ID == 0 {
			if r.ID, err = m.StartJob(ctx, r); err != nil {
				return err
			}
		}
		return m.EndJob(ctx, r)
	})
}
