package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"ciomirror/store"
)

// StartJob implements store.JobLog.
func (s *Store) StartJob(ctx context.Context, r store.JobRun) (id int64, err error) {
	err = s.write(ctx, func(tx *sql.Tx, _ int64) error {
		again := tx.QueryRowContext(ctx, `update schedules_log set status = ?, started = ?, finished = null, message = null
			where job = ? and due = ? and status not in (?, ?) returning id`,
			store.Running, r.Started.UnixMilli(), r.Job, r.Due.UnixMilli(), store.OK, store.Failed).Scan(&id)
		if !errors.Is(again, sql.ErrNoRows) {
			return again
		}
		return tx.QueryRowContext(ctx, `insert into schedules_log (job, kind, due, started, status) values (?, ?, ?, ?, ?) returning id`,
			r.Job, r.Kind, r.Due.UnixMilli(), r.Started.UnixMilli(), store.Running).Scan(&id)
	})
	if err != nil {
		return 0, fmt.Errorf("note the start of job %s: %w", r.Job, err)
	}
	return id, nil
}

// EndJob implements store.JobLog.
func (s *Store) EndJob(ctx context.Context, r store.JobRun) error {
	err := s.write(ctx, func(tx *sql.Tx, at int64) error {
		if r.Finished != nil {
			at = r.Finished.UnixMilli()
		}
		_, err := tx.ExecContext(ctx, `update schedules_log set status = ?, finished = ?, message = ? where id = ?`, r.Status, at, r.Message, r.ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("note the end of job %s: %w", r.Job, err)
	}
	return nil
}

// InterruptJobs implements store.JobLog.
func (s *Store) InterruptJobs(ctx context.Context) error {
	err := s.write(ctx, func(tx *sql.Tx, at int64) error {
		_, err := tx.ExecContext(ctx, `update schedules_log set status = ?, finished = ? where status = ?`, store.Interrupted, at, store.Running)
		return err
	})
	if err != nil {
		return fmt.Errorf("close interrupted jobs: %w", err)
	}
	return nil
}

// LastJobs implements store.JobLog.
func (s *Store) LastJobs(ctx context.Context) ([]store.JobRun, error) {
	var rows []struct {
		ID, Due, Started  int64
		Job, Kind, Status string
		Finished          sql.NullInt64
		Message           *string
	}
	if err := s.db.SelectContext(ctx, &rows, `select id, job, kind, due, started, finished, status, message
		from schedules_log where id in (select max(id) from schedules_log group by job) order by job`); err != nil {
		return nil, fmt.Errorf("read the scheduler's log: %w", onDisk(err))
	}
	runs := []store.JobRun{}
	for _, r := range rows {
		run := store.JobRun{ID: r.ID, Job: r.Job, Kind: r.Kind, Due: unixMilli(r.Due), Started: unixMilli(r.Started), Status: r.Status, Message: r.Message}
		if r.Finished.Valid {
			t := unixMilli(r.Finished.Int64)
			run.Finished = &t
		}
		runs = append(runs, run)
	}
	return runs, nil
}
