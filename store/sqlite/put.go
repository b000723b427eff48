package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"ciomirror/store"
)

// ourRun is the _run of a version that no sync read: a write's answer. Runs count
// from 1.
const ourRun = 0

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, t *store.Table, row store.Row) (store.Change, error) {
	var c store.Change
	err := s.write(ctx, func(tx *sql.Tx, at int64) error {
		var err error
		if c, err = writeRows(ctx, tx, t, []store.Row{row}, ourRun, at); err != nil {
			return err
		}
		return putStaged(ctx, tx, t, row)
	})
	if err != nil {
		return store.Change{}, fmt.Errorf("put a record of %s: %w", t.Entity.Name, err)
	}
	return c, nil
}

// putStaged enters the row, as one that did not change, in a list that is set aside
// or about to be: what the list has of the row is older, or nothing at all, and when
// it is applied the row would be gone.
func putStaged(ctx context.Context, tx *sql.Tx, t *store.Table, row store.Row) error {
	if !staged(t.Entity) {
		return nil
	}
	list := ""
	if p := t.Entity.Parent; p != nil {
		for i, c := range t.Columns {
			if c.Name == p.Field {
				list = fmt.Sprint(row.Cells[i])
			}
		}
	}
	var awaited bool
	if err := tx.QueryRowContext(ctx, `select exists (select 1 from runs where status = ?)
		or exists (select 1 from positions where entity = ? and list = ? and staged)`,
		store.Running, t.Entity.Name, list).Scan(&awaited); err != nil || !awaited {
		return err
	}
	names := quoteAll(allColumns(t))
	cells := row.Cells
	if !hasVolatile(t) {
		cells = keyOnly(t, cells)
	}
	_, err := tx.ExecContext(ctx, fmt.Sprintf("insert or replace into %s (%s, _hash, _change) values (%s?, ?)",
		quote(stageOf(t.Entity.Name)), strings.Join(names, ", "), strings.Repeat("?, ", len(names))),
		append(append(make([]any, 0, len(cells)+2), cells...), row.Hash[:], isSame)...)
	return err
}

// putSince is true of rows of e that were put after the run began. A page of a list
// may have been read before one of them, and come later.
func putSince(run int64) string {
	return fmt.Sprintf("e._run = %d and e._changed_at > (select started from runs where id = %d)", ourRun, run)
}

// putKeys are the keys of those rows.
func putKeys(ctx context.Context, tx *sql.Tx, t *store.Table, run int64) (map[any]bool, error) {
	found, err := tx.QueryContext(ctx, fmt.Sprintf("select %s from %s as e where %s",
		strings.Join(keyColumns(t), ", "), quote(t.Entity.Name), putSince(run)))
	if err != nil {
		return nil, err
	}
	defer found.Close()
	keys := map[any]bool{}
	cells := make([]any, len(t.Columns))
	into := make([]any, len(t.Key))
	for i, k := range t.Key {
		into[i] = &cells[k]
	}
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		keys[keyOf(t, cells)] = true
	}
	return keys, found.Err()
}

// Synced implements store.Store.
func (s *Store) Synced(ctx context.Context, entity string) (time.Time, error) {
	return s.SyncedBy(ctx, entity, unixMilli(math.MaxInt64))
}

// SyncedBy implements store.Store.
func (s *Store) SyncedBy(ctx context.Context, entity string, at time.Time) (time.Time, error) {
	var synced sql.NullInt64
	if err := s.db.GetContext(ctx, &synced, "select max(finished) from run_entities where entity = ? and status = ? and finished <= ?",
		entity, store.Complete, at.UnixMilli()); err != nil {
		return time.Time{}, fmt.Errorf("when %s was read: %w", entity, onDisk(err))
	}
	if !synced.Valid {
		return time.Time{}, nil
	}
	return unixMilli(synced.Int64), nil
}
