package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	sq "github.com/Masterminds/squirrel"
	"github.com/jmoiron/sqlx"

	"ciomirror/store"
)

// AsOf implements store.Store. Each entity's name becomes a temporary view of the
// versions that were live then, so that whatever is asked of the tables can be
// asked of any time in the same words.
func (s *Store) AsOf(ctx context.Context, at time.Time) (store.Reader, error) {
	if err := s.knows(ctx, at); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(s.path, "mode=ro", "temp_store(memory)"))
	if err != nil {
		return nil, err
	}
	// One connection that stays: the views belong to it.
	db.SetMaxOpenConns(1)
	db.SetConnMaxLifetime(0)
	db.SetConnMaxIdleTime(0)
	r := reader{db: sqlx.NewDb(db, "sqlite3")}
	fail := func(err error) (store.Reader, error) {
		return nil, errors.Join(fmt.Errorf("open the mirror as of %s: %w", at.UTC().Format(time.RFC3339), err), db.Close())
	}
	var entities []string
	if err := r.db.SelectContext(ctx, &entities, `select substr(name, 1, length(name) - length('_history'))
		from sqlite_master where type = 'table' and name glob '*_history'`); err != nil {
		return fail(err)
	}
	for _, e := range entities {
		view, err := viewAsOf(ctx, r.db, e, at.UnixMilli())
		if err != nil {
			return fail(err)
		}
		if _, err := r.db.ExecContext(ctx, view); err != nil {
			return fail(err)
		}
	}
	if _, err := r.db.ExecContext(ctx, "pragma query_only(1)"); err != nil {
		return fail(err)
	}
	return r, nil
}

// knows fails for a time before the first run wrote anything.
func (s *Store) knows(ctx context.Context, at time.Time) error {
	var first sql.NullInt64
	if err := s.db.GetContext(ctx, &first, "select min(started) from runs"); err != nil {
		return fmt.Errorf("look for the first run: %w", err)
	}
	if !first.Valid {
		return store.ErrNoMirror
	}
	if at.UnixMilli() < first.Int64 {
		return fmt.Errorf("as of %s: the first sync was at %s: %w",
			at.UTC().Format(time.RFC3339), unixMilli(first.Int64).Format(time.RFC3339), store.ErrBeforeFirst)
	}
	return nil
}

func viewAsOf(ctx context.Context, db *sqlx.DB, entity string, at int64) (string, error) {
	var columns []string
	if err := db.SelectContext(ctx, &columns, "select name from pragma_table_info(?, 'main')", entity); err != nil {
		return "", err
	}
	live := strings.Join(quoteAll(columns), ", ")
	ended := strings.Replace(live, `"_changed_at"`, "_valid_from", 1)
	return fmt.Sprintf(`create temp view %[1]s (%[2]s) as
		select %[2]s from main.%[1]s where _changed_at <= %[5]d
		union all
		select %[3]s from main.%[4]s where _valid_to > %[5]d and _valid_from <= %[5]d`,
		quote(entity), live, ended, quote(historyOf(entity)), at), nil
}

// Diff implements store.Store.
func (s *Store) Diff(ctx context.Context, t *store.Table, from, to time.Time) iter.Seq2[store.Difference, error] {
	return func(yield func(store.Difference, error) bool) {
		n := len(t.Columns)
		for row, err := range s.Rows(ctx, sq.Expr(diffQuery(t), diffArgs(from.UnixMilli(), to.UnixMilli())...)) {
			if err != nil {
				yield(store.Difference{}, fmt.Errorf("diff %s: %w", t.Entity.Name, err))
				return
			}
			d := store.Difference{Change: store.Changed, Old: row[:n], New: row[n : 2*n]}
			key := d.New
			switch oldHash, newHash := row[2*n], row[2*n+1]; {
			case oldHash == nil:
				d.Change, d.Old = store.Added, nil
			case newHash == nil:
				d.Change, d.New, key = store.Removed, nil, d.Old
			}
			d.Key = keyCells(t, key)
			if !yield(d, nil) {
				return
			}
		}
	}
}

// diffQuery joins the versions that were live at from and no longer at to with
// those that were live at to and not yet at from. A key on both sides changed.
func diffQuery(t *store.Table) string {
	columns := quoteAll(allColumns(t))
	list := strings.Join(columns, ", ")
	live, history := quote(t.Entity.Name), quote(historyOf(t.Entity.Name))
	var order []string
	for _, k := range keyColumns(t) {
		order = append(order, fmt.Sprintf("coalesce(b.%s, a.%s)", k, k))
	}
	return fmt.Sprintf(`with
		a as (select %[1]s, _hash from %[3]s where _valid_to > ? and _valid_to <= ? and _valid_from <= ?),
		b as (select %[1]s, _hash from %[2]s where _changed_at > ? and _changed_at <= ?
			union all select %[1]s, _hash from %[3]s where _valid_from > ? and _valid_from <= ? and _valid_to > ?)
		select %[4]s, %[5]s, a._hash, b._hash from a full join b on %[6]s
		where a._hash is not b._hash order by %[7]s`,
		list, live, history, prefixed("a.", columns), prefixed("b.", columns),
		matchKey(t, "a.", "b."), strings.Join(order, ", "))
}

func diffArgs(from, to int64) []any {
	return []any{from, to, from, from, to, from, to, to}
}
