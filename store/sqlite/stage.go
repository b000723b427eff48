package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ciomirror/catalog"
	"ciomirror/store"
)

// Stage implements store.Run. A row that did not change is staged as its key
// alone, so that a sync of an unchanged workspace writes little.
func (r *run) Stage(ctx context.Context, t *store.Table, rows []store.Row, p *store.Position) error {
	err := r.write(ctx, func(tx *sql.Tx, _ int64) error {
		if p != nil {
			if err := r.beginList(ctx, tx, t, *p); err != nil {
				return err
			}
		}
		names := quoteAll(allColumns(t))
		insert, err := tx.PrepareContext(ctx, fmt.Sprintf("insert or replace into %s (%s, _hash, _change) values (%s?, ?)",
			quote(stageOf(t.Entity.Name)), strings.Join(names, ", "), strings.Repeat("?, ", len(names))))
		if err != nil {
			return err
		}
		defer insert.Close()
		volatile := hasVolatile(t)
		put, err := putKeys(ctx, tx, t, r.id)
		if err != nil {
			return err
		}
		for page := range pagesOf(t, rows) {
			changes, err := compare(ctx, tx, t, page)
			if err != nil {
				return err
			}
			for i, row := range page {
				if put[keyOf(t, row.Cells)] {
					continue // it is staged as it was put, and the page may be older
				}
				cells := row.Cells
				if changes[i] == isSame && !volatile {
					cells = keyOnly(t, row.Cells)
				}
				args := append(append(make([]any, 0, len(cells)+2), cells...), row.Hash[:], changes[i])
				if _, err := insert.ExecContext(ctx, args...); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("stage %s: %w", t.Entity.Name, err)
	}
	return nil
}

// beginList makes room for all the rows of one parent. Those that were put during
// the run stay: the list may have been read before.
func (r *run) beginList(ctx context.Context, tx *sql.Tx, t *store.Table, p store.Position) error {
	if t.Entity.Parent == nil {
		return errors.New("it has no parents")
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("delete from %s as s where %s = ? and not exists (select 1 from %s as e where %s and %s)",
		quote(stageOf(t.Entity.Name)), quote(t.Entity.Parent.Field), quote(t.Entity.Name), matchKey(t, "s.", "e."), putSince(r.id)),
		store.IDCell(p.List)); err != nil {
		return err
	}
	p.Staged = true
	return note(ctx, tx, t, p)
}

func hasVolatile(t *store.Table) bool {
	for _, c := range t.Columns {
		if c.Marks&catalog.Volatile != 0 {
			return true
		}
	}
	return false
}

func keyOnly(t *store.Table, cells []any) []any {
	only := make([]any, len(cells))
	for _, k := range t.Key {
		only[k] = cells[k]
	}
	return only
}

// Discard implements store.Run.
func (r *run) Discard(ctx context.Context, t *store.Table) error {
	err := r.write(ctx, func(tx *sql.Tx, _ int64) error {
		if _, err := tx.ExecContext(ctx, "delete from "+quote(stageOf(t.Entity.Name))); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "delete from positions where entity = ? and staged", t.Entity.Name)
		return err
	})
	if err != nil {
		return fmt.Errorf("discard %s: %w", t.Entity.Name, err)
	}
	return nil
}

// Apply implements store.Run.
func (r *run) Apply(ctx context.Context, t *store.Table, scope store.Scope) (store.Change, error) {
	var c store.Change
	err := r.write(ctx, func(tx *sql.Tx, at int64) error {
		a := apply{ctx: ctx, tx: tx, t: t, at: at, run: r.id}
		if err := a.limitTo(scope); err != nil {
			return err
		}
		c = a.count()
		if live := a.number("select count(*) from " + a.live); a.err == nil && scope.Guard.Stops(c.Gone, live) {
			a.err = &store.HeldError{Gone: c.Gone, Live: live}
		}
		a.changed()
		a.added()
		a.refreshed()
		a.indexed()
		a.gone()
		a.finish(scope)
		return a.err
	})
	if err != nil {
		return store.Change{}, fmt.Errorf("apply %s: %w", t.Entity.Name, err)
	}
	return c, nil
}

// Unseen implements store.Run.
func (r *run) Unseen(ctx context.Context, t *store.Table, scope store.Scope) (map[string]int64, error) {
	unseen := map[string]int64{}
	err := r.write(ctx, func(tx *sql.Tx, at int64) error {
		a := apply{ctx: ctx, tx: tx, t: t, at: at, run: r.id}
		if err := a.limitTo(scope); err != nil {
			return err
		}
		parent := "''"
		if t.Entity.Parent != nil {
			parent = "cast(e." + quote(t.Entity.Parent.Field) + " as text)"
		}
		rows, err := tx.QueryContext(ctx, fmt.Sprintf("select %s, count(*) from %s as e where %s group by 1", parent, a.live, a.unseen()), a.parents)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var (
				parent string
				n      int64
			)
			if err := rows.Scan(&parent, &n); err != nil {
				return err
			}
			unseen[parent] = n
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("look for what %s lost: %w", t.Entity.Name, err)
	}
	return unseen, nil
}

// apply is one Apply. After an error its steps do nothing.
type apply struct {
	ctx         context.Context
	tx          *sql.Tx
	t           *store.Table
	at, run     int64
	live, stage string
	scope       string       // which rows of e the staged list was to show
	staged      string       // which rows of s it does show
	parents     sql.NamedArg // of the scope
	err         error
}

func (a *apply) limitTo(s store.Scope) error {
	a.live, a.stage = quote(a.t.Entity.Name), quote(stageOf(a.t.Entity.Name))
	a.scope, a.staged, a.parents = "true", "true", sql.Named("parents", "[]")
	if s.All {
		return nil
	}
	if a.t.Entity.Parent == nil {
		return fmt.Errorf("%s has no parents to apply by", a.t.Entity.Name)
	}
	parents := make([]any, len(s.Parents))
	for i, p := range s.Parents {
		parents[i] = store.IDCell(p)
	}
	list, err := json.Marshal(parents)
	if err != nil {
		return err
	}
	field := quote(a.t.Entity.Parent.Field)
	a.scope = fmt.Sprintf("e.%s in (select value from json_each(:parents))", field)
	a.staged = fmt.Sprintf("s.%s in (select value from json_each(:parents))", field)
	a.parents = sql.Named("parents", string(list))
	return nil
}

func (a *apply) do(query string, args ...any) {
	if a.err == nil {
		args = append(args, a.parents, sql.Named("at", a.at), sql.Named("run", a.run))
		_, a.err = a.tx.ExecContext(a.ctx, query, args...)
	}
}

func (a *apply) number(query string, args ...any) (n int64) {
	if a.err == nil {
		a.err = a.tx.QueryRowContext(a.ctx, query, append(args, a.parents)...).Scan(&n)
	}
	return n
}

func (a *apply) unseen() string {
	return fmt.Sprintf("%s and not exists (select 1 from %s as s where %s)", a.scope, a.stage, matchKey(a.t, "s.", "e."))
}

func (a *apply) count() (c store.Change) {
	for change, n := range map[string]*int64{"new": &c.New, "changed": &c.Changed, "same": &c.Same} {
		*n = a.number("select count(*) from "+a.stage+" as s where "+a.staged+" and _change = :change", sql.Named("change", change))
	}
	c.Gone = a.number("select count(*) from " + a.live + " as e where " + a.unseen())
	return c
}

func (a *apply) changed() {
	these := fmt.Sprintf("%s and s._change = 'changed' and %s", matchKey(a.t, "s.", "e."), a.staged)
	a.do(endVersions(a.t, "changed", ":at", fmt.Sprintf("exists (select 1 from %s as s where %s)", a.stage, these)))
	a.do(fmt.Sprintf("update %s as e set %s, _hash = s._hash, _changed_at = :at, _run = :run from %s as s where %s",
		a.live, assign(columnsWithout(a.t, catalog.FromMirror)), a.stage, these))
}

func (a *apply) added() {
	columns := strings.Join(quoteAll(allColumns(a.t)), ", ")
	a.do(fmt.Sprintf(`insert into %s (%s, _hash, _first_seen, _changed_at, _run)
		select %s, _hash, :at, :at, :run from %s as s where _change = 'new' and %s`, a.live, columns, columns, a.stage, a.staged))
}

func (a *apply) refreshed() {
	var volatile []string
	for _, c := range a.t.Columns {
		if c.Marks&catalog.Volatile != 0 {
			volatile = append(volatile, quote(c.Name))
		}
	}
	if len(volatile) == 0 {
		return
	}
	a.do(fmt.Sprintf("update %s as e set %s from %s as s where %s and s._change = 'same' and %s and (%s) is not (%s)",
		a.live, assign(volatile), a.stage, matchKey(a.t, "s.", "e."), a.staged, prefixed("e.", volatile), prefixed("s.", volatile)))
}

// indexed enters what changed or came in the text index: the rows that bear this
// transaction's instant.
func (a *apply) indexed() {
	fields := a.t.Entity.FullTexts()
	if fields == nil {
		return
	}
	a.do(dropText(a.t.Entity.Name, "select rowid from "+a.live+" where _changed_at = :at"))
	a.do(enterText(a.t.Entity.Name, fields, "_changed_at = :at"))
}

func (a *apply) gone() {
	if a.t.Entity.FullTexts() != nil {
		a.do(dropText(a.t.Entity.Name, "select rowid from "+a.live+" as e where "+a.unseen()))
	}
	a.do(endVersions(a.t, "deleted", ":at", a.unseen()))
	a.do("delete from " + a.live + " as e where " + a.unseen())
}

// finish empties the stage of what was applied.
func (a *apply) finish(s store.Scope) {
	a.do("delete from " + a.stage + " as s where " + a.staged)
	lists := "true"
	if !s.All {
		lists = "list in (select cast(value as text) from json_each(:parents))"
	}
	a.do("update positions set staged = 0 where entity = :entity and staged and "+lists, sql.Named("entity", a.t.Entity.Name))
}

func columnsWithout(t *store.Table, m catalog.Mark) []string {
	var names []string
	for _, c := range t.Columns {
		if c.Marks&m == 0 {
			names = append(names, quote(c.Name))
		}
	}
	return names
}

func assign(columns []string) string {
	var parts []string
	for _, c := range columns {
		parts = append(parts, c+" = s."+c)
	}
	return strings.Join(parts, ", ")
}
