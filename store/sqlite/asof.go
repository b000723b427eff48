package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	sq "github.com/Masterminds/squirrel"
	"github.com/jmoiron/sqlx"
	driver "modernc.org/sqlite"

	"ciomirror/store"
)

// AsOf implements store.Store. Each entity's name becomes a temporary view of the
// versions that were live then, so that whatever is asked of the tables can be
// asked of any time in the same words.
func (s *Store) AsOf(ctx context.Context, at time.Time) (store.Reader, error) {
	at, err := s.knows(ctx, s.db, at)
	if err != nil {
		return nil, err
	}
	views, err := s.viewsAsOf(ctx, at.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("open the mirror as of %s: %w", at.UTC().Format(time.RFC3339), onDisk(err))
	}
	c, err := driver.NewConnector(dsn(s.path, s.only))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(withViews{c, append(views, "pragma query_only(1)")})
	db.SetMaxOpenConns(Readers())
	return reader{db: sqlx.NewDb(db, "sqlite3"), remembers: s.remembers(at)}, nil
}

// Instant implements store.Store.
func (s *Store) Instant(ctx context.Context, at time.Time) (time.Time, error) {
	return s.knows(ctx, s.db, at)
}

// withViews makes the views on every connection that the pool opens: one that was
// cancelled is replaced, and without them the new one would answer of today.
type withViews struct {
	sqldriver.Connector
	statements []string
}

// Connect implements driver.Connector.
func (w withViews) Connect(ctx context.Context) (sqldriver.Conn, error) {
	conn, err := w.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	exec, ok := conn.(sqldriver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver cannot execute"), conn.Close())
	}
	for _, statement := range w.statements {
		if _, err := exec.ExecContext(ctx, statement, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("make the views of that time: %w", err), conn.Close())
		}
	}
	return conn, nil
}

// knows turns a time into an instant of the mirror's. It fails for a time before
// the first run wrote anything, and for one that was pruned.
//
// The present, and what lies ahead, is the last commit, so that it stays the same
// while a sync goes on; also where the last commit seems to lie ahead, because the
// clock was set back since.
func (s *Store) knows(ctx context.Context, q sqlx.QueryerContext, at time.Time) (time.Time, error) {
	var known struct {
		First, Ended   sql.NullInt64
		Clock, Horizon int64
	}
	// A run that failed, or that read one list, shows no whole mirror.
	if err := sqlx.GetContext(ctx, q, &known, `select (select min(started) from runs) as first,
		(select coalesce(min(finished) filter (where mode = 'all' and status = 'complete'),
			min(finished) filter (where mode = 'all' and status = 'partial'), min(finished)) from runs) as ended,
		(select value from _mirror where name = 'clock') as clock, `+horizon+" as horizon"); err != nil {
		return at, fmt.Errorf("look for the first run: %w", onDisk(err))
	}
	if !known.First.Valid {
		return at, store.ErrNoMirror
	}
	if at.UnixMilli() < known.First.Int64 {
		whole := max(known.First.Int64, known.Ended.Int64, known.Horizon)
		return at, &store.BeforeFirstError{At: at, First: unixMilli(known.First.Int64), Whole: unixMilli(whole)}
	}
	if !at.Before(s.now()) || at.UnixMilli() > known.Clock {
		at = unixMilli(known.Clock)
	}
	if at.UnixMilli() >= known.Horizon {
		return at, nil
	}
	var kept bool
	if err := sqlx.GetContext(ctx, q, &kept, "select exists (select 1 from snapshots where at = ?)", at.UnixMilli()); err != nil {
		return at, fmt.Errorf("look for the snapshots: %w", onDisk(err))
	}
	if !kept {
		return at, fmt.Errorf("as of %s: pruned up to %s: %w",
			at.UTC().Format(time.RFC3339), unixMilli(known.Horizon).Format(time.RFC3339), store.ErrPruned)
	}
	return at, nil
}

// remembers asks knows again, for each of some instants.
func (s *Store) remembers(at ...time.Time) func(ctx context.Context, q sqlx.QueryerContext) error {
	return func(ctx context.Context, q sqlx.QueryerContext) error {
		for _, t := range at {
			if _, err := s.knows(ctx, q, t); err != nil {
				return err
			}
		}
		return nil
	}
}

// viewsAsOf are the statements that make an entity's name stand for its versions
// of one instant.
func (s *Store) viewsAsOf(ctx context.Context, at int64) ([]string, error) {
	entities, err := s.entityNames(ctx)
	if err != nil {
		return nil, err
	}
	var views []string
	for _, e := range entities {
		columns, err := s.tableColumns(ctx, e)
		if err != nil {
			return nil, err
		}
		views = append(views, viewAsOf(e, columns, at))
	}
	// A view of the mirror's own knows the tables of today alone: its text, made
	// anew beside the views above, knows those.
	var ready []string
	if err := s.db.SelectContext(ctx, &ready, "select sql from sqlite_master where type = 'view' order by rowid"); err != nil {
		return nil, err
	}
	for _, text := range ready {
		views = append(views, strings.Replace(text, "CREATE VIEW ", "create temp view ", 1))
	}
	return views, nil
}

// tableColumns are the columns of an entity's table, ours included.
func (s *Store) tableColumns(ctx context.Context, entity string) (names []string, err error) {
	err = s.db.SelectContext(ctx, &names, "select name from pragma_table_info(?, 'main')", entity)
	return names, err
}

func viewAsOf(entity string, columns []string, at int64) string {
	return fmt.Sprintf("create temp view %s (%s) as %s",
		quote(entity), strings.Join(quoteAll(columns), ", "), versionsAsOf("main", entity, columns, at))
}

// versionsAsOf selects an entity's versions of one instant from a schema: main, or
// what is attached.
func versionsAsOf(schema, entity string, columns []string, at int64) string {
	live := strings.Join(quoteAll(columns), ", ")
	ended := strings.Replace(live, `"_changed_at"`, "_valid_from", 1)
	return fmt.Sprintf(`select %[2]s from %[6]s.%[1]s where _changed_at <= %[5]d
		union all
		select %[3]s from %[6]s.%[4]s where _valid_to > %[5]d and _valid_from <= %[5]d`,
		quote(entity), live, ended, quote(historyOf(entity)), at, schema)
}

// Diff implements store.Store.
func (s *Store) Diff(ctx context.Context, t *store.Table, from, to time.Time) iter.Seq2[store.Difference, error] {
	return func(yield func(store.Difference, error) bool) {
		from, err := s.knows(ctx, s.db, from)
		if err != nil {
			yield(store.Difference{}, err)
			return
		}
		to, err := s.knows(ctx, s.db, to)
		if err != nil {
			yield(store.Difference{}, err)
			return
		}
		n := len(t.Columns)
		then := reader{db: s.db, remembers: s.remembers(from, to)}
		for row, err := range then.Rows(ctx, sq.Expr(diffQuery(t), diffArgs(from.UnixMilli(), to.UnixMilli())...)) {
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
