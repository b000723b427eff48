package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"time"

	"ciomirror/store"
)

// Status implements store.Store. An entity without a table of its own is not
// listed; one that was never synced has no Synced time.
func (s *Store) Status(ctx context.Context) (store.Status, error) {
	st := store.Status{Path: s.path, Entities: []store.EntityStatus{}, Runs: []store.RunSummary{}, Drift: []store.DriftStatus{}}
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(s.path + suffix); err == nil {
			st.Bytes += info.Size()
		}
	}
	for _, part := range []func(context.Context, *store.Status) error{s.entities, s.runs, s.drift} {
		if err := part(ctx, &st); err != nil {
			return store.Status{}, fmt.Errorf("status: %w", onDisk(err))
		}
	}
	return st, nil
}

func (s *Store) entities(ctx context.Context, st *store.Status) error {
	names, err := s.entityNames(ctx)
	if err != nil {
		return err
	}
	now := s.now()
	for _, name := range names {
		e := store.EntityStatus{Entity: name}
		if err := s.db.GetContext(ctx, &e.Rows, "select count(*) from "+quote(name)); err != nil {
			return err
		}
		var synced sql.NullInt64
		if err := s.db.GetContext(ctx, &synced, "select max(finished) from run_entities where entity = ? and status = 'complete'", name); err != nil {
			return err
		}
		if synced.Valid {
			t := unixMilli(synced.Int64)
			age := int64(now.Sub(t).Seconds())
			e.Synced, e.AgeSeconds = &t, &age
		}
		var last []struct {
			Status string
			Error  *string
		}
		if err := s.db.SelectContext(ctx, &last, "select status, error from run_entities where entity = ? order by run desc limit 1", name); err != nil {
			return err
		}
		for _, l := range last {
			e.Last, e.Error = l.Status, l.Error
		}
		st.Entities = append(st.Entities, e)
	}
	return nil
}

// entityNames are the entities that the file has tables for.
func (s *Store) entityNames(ctx context.Context) (names []string, err error) {
	err = s.db.SelectContext(ctx, &names, `select substr(name, 1, length(name) - length('_history'))
		from sqlite_master where type = 'table' and name glob '*_history' order by rowid`)
	return names, err
}

// shownRuns is how many runs a status lists.
const shownRuns = 5

func (s *Store) runs(ctx context.Context, st *store.Status) error {
	var runs []struct {
		ID, Started, Requests int64
		Mode, Status          string
		Finished              sql.NullInt64
		Error                 *string
	}
	if err := s.db.SelectContext(ctx, &runs, `select id, mode, iif(status = 'running' and lease <= ?, 'interrupted', status) as status, started, finished, requests, error
		from runs order by id desc limit ?`, s.now().UnixMilli(), shownRuns); err != nil {
		return err
	}
	for _, r := range runs {
		sum := store.RunSummary{Run: r.ID, Mode: r.Mode, Status: r.Status, Started: unixMilli(r.Started), Requests: r.Requests, Error: r.Error}
		if r.Finished.Valid {
			t := unixMilli(r.Finished.Int64)
			sum.Finished = &t
		}
		st.Runs = append(st.Runs, sum)
	}
	return nil
}

func (s *Store) drift(ctx context.Context, st *store.Status) error {
	var drift []struct {
		Entity, Path, Kind, Got string
		Count                   int64
		LastSeen                int64 `db:"last_seen"`
	}
	if err := s.db.SelectContext(ctx, &drift, "select entity, path, kind, got, count, last_seen from drift order by entity, path, kind, got"); err != nil {
		return err
	}
	for _, d := range drift {
		st.Drift = append(st.Drift, store.DriftStatus{Entity: d.Entity, Path: d.Path, Kind: d.Kind, Got: d.Got, Count: d.Count, LastSeen: unixMilli(d.LastSeen)})
	}
	return nil
}

// Totals implements store.Store.
func (s *Store) Totals(ctx context.Context) ([]store.EntityTotals, error) {
	var sums []struct {
		Entity, Status           string
		N, Requests, Waited      int64
		New, Changed, Same, Gone int64
		Seconds                  float64
	}
	if err := s.db.SelectContext(ctx, &sums, `select entity, status, count(*) as n, sum(requests) as requests, sum(waited) as waited, sum(seconds) as seconds,
		sum(new) as new, sum(changed) as changed, sum(same) as same, sum(gone) as gone
		from run_entities group by entity, status order by entity, status`); err != nil {
		return nil, fmt.Errorf("totals of the runs: %w", onDisk(err))
	}
	totals := []store.EntityTotals{}
	for _, x := range sums {
		if n := len(totals); n == 0 || totals[n-1].Entity != x.Entity {
			totals = append(totals, store.EntityTotals{Entity: x.Entity, Runs: map[string]int64{}})
		}
		t := &totals[len(totals)-1]
		t.Runs[x.Status] += x.N
		t.Change.Add(store.Change{New: x.New, Changed: x.Changed, Same: x.Same, Gone: x.Gone})
		t.Requests += x.Requests
		t.Seconds += x.Seconds
		t.Waited += time.Duration(x.Waited) * time.Millisecond
	}
	return totals, nil
}
