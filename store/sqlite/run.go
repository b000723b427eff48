package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ciomirror/store"
)

// run is one sync's pen. It implements store.Run.
type run struct {
	s  *Store
	id int64
}

var _ store.Run = (*run)(nil)

// StartRun implements store.Store.
func (s *Store) StartRun(ctx context.Context, c store.Claim) (store.Run, error) {
	r := &run{s: s}
	var busy *store.BusyError
	err := s.write(ctx, func(tx *sql.Tx, at int64) (err error) {
		if busy, err = s.busy(ctx, tx, c, at); err != nil || busy != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `update runs set status = ?, finished = ?, lease = 0,
			requests = requests + (select coalesce(sum(requests), 0) from run_entities where run = runs.id) where status = ?`,
			store.Interrupted, at, store.Running); err != nil {
			return err
		}
		if err := dropStrays(ctx, tx); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `insert into runs (mode, status, started, holder, lease, requests) values (?, ?, ?, ?, ?, ?) returning id`,
			c.Mode, store.Running, at, c.Holder, at+store.Lease.Milliseconds(), c.Requests).Scan(&r.id)
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("start run: %w", err)
	case busy != nil:
		return nil, fmt.Errorf("start run: %w", busy)
	}
	return r, nil
}

// busy reports whether another holder's run keeps this one out; nil when none does.
//
// A lease cannot be measured with a clock that was set back. So who is kept out
// notes the lease that it saw, and when by its own clock: one that was not renewed
// for its length since then has run out, whatever it says.
func (s *Store) busy(ctx context.Context, tx *sql.Tx, c store.Claim, at int64) (*store.BusyError, error) {
	var (
		holder string
		lease  int64
	)
	err := tx.QueryRowContext(ctx, `select holder, lease from runs where status = ? order by id desc limit 1`, store.Running).Scan(&holder, &lease)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if lease <= at || holder == c.Holder || c.Ended != nil && c.Ended(holder) {
		return nil, nil
	}
	now := s.now().UnixMilli()
	var seen int64 // when this lease was first seen
	if err := tx.QueryRowContext(ctx, `insert into _mirror (name, value) values ('lease_seen', json_array(?1, ?2))
		on conflict do update set value = iif(value ->> 0 = ?1 and value ->> 1 <= ?2, value, excluded.value)
		returning value ->> 1`, lease, now).Scan(&seen); err != nil {
		return nil, err
	}
	if now-seen >= store.Lease.Milliseconds() {
		return nil, nil
	}
	return &store.BusyError{Holder: holder, Until: unixMilli(lease)}, nil
}

// dropStrays empties the stages of entities of which no list is noted as set aside:
// what is in them belongs to a list that was not read to its end.
func dropStrays(ctx context.Context, tx *sql.Tx) error {
	stages, err := stageTables(ctx, tx)
	if err != nil {
		return err
	}
	for _, name := range stages {
		if _, err := tx.ExecContext(ctx, "delete from "+quote(name)+" where not exists (select 1 from positions where staged and '_' || entity || '_stage' = ?)", name); err != nil {
			return err
		}
	}
	return nil
}

func stageTables(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, `select name from sqlite_master where type = 'table' and name glob '_*_stage'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// write is Store.write for as long as the run has the mirror. It renews the lease.
func (r *run) write(ctx context.Context, f func(tx *sql.Tx, at int64) error) error {
	return r.s.write(ctx, func(tx *sql.Tx, at int64) error {
		renewed, err := tx.ExecContext(ctx, `update runs set lease = ? where id = ? and status = ?`, at+store.Lease.Milliseconds(), r.id, store.Running)
		if err != nil {
			return err
		}
		if n, err := renewed.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, store.ErrTakenOver)
		}
		return f(tx, at)
	})
}

// Renew implements store.Run.
func (r *run) Renew(ctx context.Context) error {
	if err := r.write(ctx, func(*sql.Tx, int64) error { return nil }); err != nil {
		return fmt.Errorf("renew the lease: %w", err)
	}
	return nil
}

// ID implements store.Run.
func (r *run) ID() int64 { return r.id }

// Report implements store.Run.
func (r *run) Report(ctx context.Context, e store.EntityReport) error {
	err := r.write(ctx, func(tx *sql.Tx, at int64) error {
		_, err := tx.ExecContext(ctx, `insert or replace into run_entities
			(run, entity, status, requests, pages, rows, new, changed, same, gone, waited, seconds, finished, error, warning)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			r.id, e.Entity, e.Status, e.Requests, e.Pages, e.Rows, e.New, e.Changed, e.Same, e.Gone,
			e.Waited.Milliseconds(), e.Seconds, at, e.Error, e.Warning)
		return err
	})
	if err != nil {
		return fmt.Errorf("report %s: %w", e.Entity, err)
	}
	return nil
}

// Drift implements store.Run.
func (r *run) Drift(ctx context.Context, t *store.Table, drift []store.Drift) error {
	if len(drift) == 0 {
		return nil
	}
	err := r.write(ctx, func(tx *sql.Tx, at int64) error {
		for _, d := range drift {
			if _, err := tx.ExecContext(ctx, `insert into drift (entity, path, kind, got, count, first_seen, last_seen, run)
				values (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)
				on conflict do update set
					count = excluded.count + iif(run = excluded.run, count, 0), last_seen = excluded.last_seen, run = excluded.run`,
				t.Entity.Name, d.Path, d.Kind, d.Got, d.Count, at, r.id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note drift of %s: %w", t.Entity.Name, err)
	}
	return nil
}

// Finish implements store.Run.
func (r *run) Finish(ctx context.Context, status string, failure error) error {
	var message *string
	if failure != nil {
		m := failure.Error()
		message = &m
	}
	first := false
	// The last commit waits for the disk, and with it everything before. The
	// checkpoint that follows is housekeeping: a reader may keep it from syncing.
	if err := r.s.synchronous(ctx, "full"); err != nil {
		return fmt.Errorf("finish run: %w", err)
	}
	err := r.write(ctx, func(tx *sql.Tx, at int64) error {
		if _, err := tx.ExecContext(ctx, `update runs set status = ?, finished = ?, lease = 0, error = ?,
			requests = requests + (select coalesce(sum(requests), 0) from run_entities where run = runs.id)
			where id = ?`, status, at, message, r.id); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `select not exists (select 1 from sqlite_master where name = 'sqlite_stat1')`).Scan(&first)
	})
	if err := errors.Join(err, r.s.synchronous(ctx, "normal")); err != nil {
		return fmt.Errorf("finish run: %w", onDisk(err))
	}
	return onDisk(r.s.settle(ctx, first))
}

// synchronous sets how long a commit waits: normal for none of the disk's time,
// full until the disk has it.
func (s *Store) synchronous(ctx context.Context, mode string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, err := s.openForWriting()
	if err != nil {
		return err
	}
	_, err = w.ExecContext(ctx, "pragma synchronous = "+mode)
	return err
}

// settle gathers statistics for the query planner and moves the WAL into the
// file.
func (s *Store) settle(ctx context.Context, first bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	statistics := "pragma optimize"
	if first {
		// Without statistics the planner takes a wrong index, up to 40 times slower.
		statistics = "analyze"
	}
	if _, err := s.writer.ExecContext(ctx, statistics); err != nil {
		return fmt.Errorf("gather statistics: %w", err)
	}
	// A reader may hold the WAL open for as long as it likes. To wait for it would
	// keep this run from ending and everybody from writing; the next run moves the
	// WAL.
	for _, step := range []string{"pragma busy_timeout = 0", "pragma wal_checkpoint(truncate)", fmt.Sprintf("pragma busy_timeout = %d", busyTimeout)} {
		if _, err := s.writer.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
	}
	return nil
}

func unixMilli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
