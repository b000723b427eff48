package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ciomirror/store"
)

// horizon is the instant before which only snapshots are remembered; 0 when
// nothing was pruned.
const horizon = "(select coalesce(max(value), 0) from _mirror where name = 'horizon')"

// CreateSnapshot implements store.Archive. An instant that stands in the table
// stays readable, so one that was pruned must not get in.
func (s *Store) CreateSnapshot(ctx context.Context, name, madeBy string) (store.NewSnapshot, error) {
	var made store.NewSnapshot
	err := s.write(ctx, func(tx *sql.Tx, now int64) error {
		var at, run int64
		err := tx.QueryRowContext(ctx, `select finished, id from runs where mode = 'all' and status = ? order by id desc limit 1`,
			store.Complete).Scan(&at, &run)
		if errors.Is(err, sql.ErrNoRows) {
			return store.ErrNoCompleteRun
		}
		if err != nil {
			return err
		}
		if err := shows(ctx, tx, at); err != nil {
			return err
		}
		taken := false
		for n := 1; ; n++ {
			candidate := name
			if name == "" {
				candidate = nameOf(at, n)
			}
			if err := tx.QueryRowContext(ctx, "select exists (select 1 from snapshots where name = ?)", candidate).Scan(&taken); err != nil {
				return err
			}
			if !taken || name != "" {
				made.Name = candidate
				break
			}
		}
		if taken {
			return store.ErrSnapshotExists
		}
		made.At, made.Run, made.Created, made.MadeBy = unixMilli(at), run, unixMilli(now), madeBy
		if _, err := tx.ExecContext(ctx, "insert into snapshots (name, at, run, created, made_by) values (?, ?, ?, ?, ?)",
			made.Name, at, run, now, madeBy); err != nil {
			return err
		}
		made.After, err = lastAfter(ctx, tx, run)
		return err
	})
	if err != nil {
		return store.NewSnapshot{}, fmt.Errorf("create snapshot: %w", err)
	}
	return made, nil
}

// nameOf is the n-th name made for an instant. The word in front keeps it from
// being read as a time.
func nameOf(at int64, n int) string {
	name := unixMilli(at).Format("at-20060102-150405")
	if n > 1 {
		name += fmt.Sprintf("-%d", n)
	}
	return name
}

// shows fails when the versions of an instant may be gone.
func shows(ctx context.Context, tx *sql.Tx, at int64) error {
	var ok bool
	if err := tx.QueryRowContext(ctx, "select ?1 >= "+horizon+" or exists (select 1 from snapshots where at = ?1)", at).Scan(&ok); err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("the last complete run ended at %s: %w", unixMilli(at).Format(time.RFC3339), store.ErrPruned)
	}
	return nil
}

// lastAfter is the last run after one, nil for none.
func lastAfter(ctx context.Context, tx *sql.Tx, run int64) (*store.RunSummary, error) {
	var after store.RunSummary
	var started int64
	err := tx.QueryRowContext(ctx, "select id, mode, status, started, requests, error from runs where id > ? order by id desc limit 1", run).
		Scan(&after.Run, &after.Mode, &after.Status, &started, &after.Requests, &after.Error)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	after.Started = unixMilli(started)
	return &after, err
}

// Snapshots implements store.Archive.
func (s *Store) Snapshots(ctx context.Context) ([]store.Snapshot, error) {
	snapshots, err := snapshotsOf(ctx, s.db)
	if err != nil {
		return nil, fmt.Errorf("list snapshots: %w", onDisk(err))
	}
	return snapshots, nil
}

// queryer is a pool, a connection or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func snapshotsOf(ctx context.Context, q queryer) ([]store.Snapshot, error) {
	rows, err := q.QueryContext(ctx, "select name, at, run, created, made_by from snapshots order by at desc, created desc, name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	snapshots := []store.Snapshot{}
	for rows.Next() {
		var s store.Snapshot
		var at, created int64
		if err := rows.Scan(&s.Name, &at, &s.Run, &created, &s.MadeBy); err != nil {
			return nil, err
		}
		s.At, s.Created = unixMilli(at), unixMilli(created)
		snapshots = append(snapshots, s)
	}
	return snapshots, rows.Err()
}

// RemoveSnapshot implements store.Archive.
func (s *Store) RemoveSnapshot(ctx context.Context, name string) error {
	err := s.write(ctx, func(tx *sql.Tx, _ int64) error {
		done, err := tx.ExecContext(ctx, "delete from snapshots where name = ?", name)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, store.ErrNoSnapshot)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove snapshot: %w", err)
	}
	return nil
}
