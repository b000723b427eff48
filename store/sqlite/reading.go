package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"ciomirror/store"
)

// Parents implements store.Store.
func (s *Store) Parents(ctx context.Context, t *store.Table) ([]store.Parent, error) {
	if len(t.Key) != 1 {
		return nil, fmt.Errorf("parents in %s: the key has %d fields", t.Entity.Name, len(t.Key))
	}
	column := quote(t.Columns[t.Key[0]].Name)
	var found []struct {
		Key     string
		Changed int64
	}
	if err := s.db.SelectContext(ctx, &found, fmt.Sprintf("select cast(%s as text) as key, _changed_at as changed from %s order by %s",
		column, quote(t.Entity.Name), column)); err != nil {
		return nil, fmt.Errorf("parents in %s: %w", t.Entity.Name, onDisk(err))
	}
	parents := make([]store.Parent, len(found))
	for i, f := range found {
		parents[i] = store.Parent{Key: f.Key, Changed: unixMilli(f.Changed)}
	}
	return parents, nil
}

// Orphans implements store.Store.
func (s *Store) Orphans(ctx context.Context, t, up *store.Table) ([]string, error) {
	if t.Entity.Parent == nil || len(up.Key) != 1 {
		return nil, fmt.Errorf("orphans of %s: it has no parent with one key", t.Entity.Name)
	}
	field := quote(t.Entity.Parent.Field)
	var orphans []string
	if err := s.db.SelectContext(ctx, &orphans, fmt.Sprintf("select distinct cast(%[1]s as text) from %[2]s where %[1]s not in (select %[3]s from %[4]s) order by 1",
		field, quote(t.Entity.Name), quote(up.Columns[up.Key[0]].Name), quote(up.Entity.Name))); err != nil {
		return nil, fmt.Errorf("orphans of %s: %w", t.Entity.Name, onDisk(err))
	}
	return orphans, nil
}

// Reading implements store.Store.
func (s *Store) Reading(ctx context.Context, t *store.Table) (store.Reading, error) {
	r := store.Reading{Positions: map[string]store.Position{}}
	var windows []struct {
		From, To, Rows int64
		ReadAt         int64 `db:"read_at"`
	}
	if err := s.db.SelectContext(ctx, &windows, `select "from", "to", rows, read_at from windows where entity = ? order by "from"`, t.Entity.Name); err != nil {
		return r, fmt.Errorf("reading of %s: %w", t.Entity.Name, onDisk(err))
	}
	for _, w := range windows {
		r.Windows = append(r.Windows, store.Window{From: w.From, To: w.To, Rows: w.Rows, ReadAt: unixMilli(w.ReadAt)})
	}
	var positions []struct {
		List    string
		Mark    int64
		ReadAt  int64 `db:"read_at"`
		WholeAt int64 `db:"whole_at"`
		Staged  bool
	}
	if err := s.db.SelectContext(ctx, &positions, `select list, mark, read_at, whole_at, staged from positions where entity = ?`, t.Entity.Name); err != nil {
		return r, fmt.Errorf("reading of %s: %w", t.Entity.Name, onDisk(err))
	}
	for _, p := range positions {
		r.Positions[p.List] = store.Position{List: p.List, Mark: p.Mark, ReadAt: unixMilli(p.ReadAt), WholeAt: unixMilli(p.WholeAt), Staged: p.Staged}
	}
	var tried sql.NullInt64
	if err := s.db.GetContext(ctx, &tried, `select max(finished) from run_entities where entity = ? and requests > 0`, t.Entity.Name); err != nil {
		return r, fmt.Errorf("reading of %s: %w", t.Entity.Name, onDisk(err))
	}
	if tried.Valid {
		r.Tried = unixMilli(tried.Int64)
	}
	return r, nil
}

// Unattributed implements store.Store. A row that was first seen after since also
// changed after it, which is what has an index.
func (s *Store) Unattributed(ctx context.Context, t *store.Table, since time.Time) (n, from, to int64, err error) {
	a, w := t.Entity.Attribution, t.Entity.List.Window
	if a == nil || w == nil {
		return 0, 0, 0, fmt.Errorf("unattributed rows of %s: it has no attribution", t.Entity.Name)
	}
	unclaimed := quote(a.Field) + " is null"
	for _, other := range a.Others {
		unclaimed += " and " + quote(other) + " is null"
	}
	var found struct{ N, First, Last int64 }
	if err := s.db.GetContext(ctx, &found, fmt.Sprintf(`select count(*) as n, coalesce(min(%[1]s), 0) as first, coalesce(max(%[1]s), 0) as last
		from %[2]s where _changed_at > ? and _first_seen > ? and typeof(%[1]s) = 'integer' and %[3]s`,
		quote(w.Field), quote(t.Entity.Name), unclaimed), since.UnixMilli(), since.UnixMilli()); err != nil {
		return 0, 0, 0, fmt.Errorf("unattributed rows of %s: %w", t.Entity.Name, err)
	}
	return found.N, found.First, found.Last, nil
}

// Attribute implements store.Run.
func (r *run) Attribute(ctx context.Context, t *store.Table, id string, rows []store.Row) (store.Change, error) {
	var c store.Change
	a := t.Entity.Attribution
	if a == nil || len(t.Key) != 1 {
		return c, fmt.Errorf("attribute %s: it has no attribution", t.Entity.Name)
	}
	err := r.write(ctx, func(tx *sql.Tx, at int64) error {
		w, err := prepareWriter(ctx, tx, t, r.id, at)
		if err != nil {
			return err
		}
		defer w.close()
		claim := fmt.Sprintf("update %s set %s = ? where %s in (select value from json_each(?)) and %[2]s is not ?1",
			quote(t.Entity.Name), quote(a.Field), keyColumns(t)[0])
		for page := range pagesOf(t, rows) {
			changes, err := compare(ctx, tx, t, page)
			if err != nil {
				return err
			}
			keys := make([]any, len(page))
			for i, row := range page {
				keys[i] = row.Cells[t.Key[0]]
				if changes[i] != isNew {
					c.Same++
					continue
				}
				c.New++
				if err := w.add(ctx, row); err != nil {
					return err
				}
			}
			list, err := json.Marshal(keys)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, claim, store.IDCell(id), string(list)); err != nil {
				return err
			}
		}
		return w.text.index(ctx, tx, t.Entity.Name)
	})
	if err != nil {
		return store.Change{}, fmt.Errorf("attribute %s: %w", t.Entity.Name, err)
	}
	return c, nil
}

// Closed implements store.Run.
func (r *run) Closed(ctx context.Context, t *store.Table, w store.Window) error {
	err := r.write(ctx, func(tx *sql.Tx, _ int64) error {
		args := []any{sql.Named("entity", t.Entity.Name), sql.Named("from", w.From), sql.Named("to", w.To),
			sql.Named("rows", w.Rows), sql.Named("read_at", w.ReadAt.UnixMilli())}
		for _, step := range []string{
			`delete from windows where entity = :entity and "from" >= :from and "to" <= :to`,
			// A window that reaches beyond both ends leaves its older part.
			`update windows set "to" = :from - 1 where entity = :entity and "from" < :from and "to" >= :from`,
			`update windows set "from" = :to + 1 where entity = :entity and "from" between :from and :to and "to" > :to`,
			`insert into windows (entity, "from", "to", rows, read_at) values (:entity, :from, :to, :rows, :read_at)`,
		} {
			if _, err := tx.ExecContext(ctx, step, args...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("close a window of %s: %w", t.Entity.Name, err)
	}
	return nil
}

// Reached implements store.Run.
func (r *run) Reached(ctx context.Context, t *store.Table, positions ...store.Position) error {
	err := r.write(ctx, func(tx *sql.Tx, _ int64) error {
		for _, p := range positions {
			if err := note(ctx, tx, t, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note how far %s was read: %w", t.Entity.Name, err)
	}
	return nil
}

func note(ctx context.Context, tx *sql.Tx, t *store.Table, p store.Position) error {
	_, err := tx.ExecContext(ctx, `insert or replace into positions (entity, list, mark, read_at, whole_at, staged) values (?, ?, ?, ?, ?, ?)`,
		t.Entity.Name, p.List, p.Mark, p.ReadAt.UnixMilli(), p.WholeAt.UnixMilli(), p.Staged)
	return err
}
