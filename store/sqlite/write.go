package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ciomirror/catalog"
	"ciomirror/store"
)

// Write implements store.Run. Rows that did not change cost a look, not a write.
func (r *run) Write(ctx context.Context, t *store.Table, rows []store.Row) (store.Change, error) {
	var c store.Change
	err := r.write(ctx, func(tx *sql.Tx, at int64) (err error) {
		c, err = writeRows(ctx, tx, t, rows, r.id, at)
		return err
	})
	if err != nil {
		return store.Change{}, fmt.Errorf("write %s: %w", t.Entity.Name, err)
	}
	return c, nil
}

// writeRows makes rows live, each as a new version if it is one.
func writeRows(ctx context.Context, tx *sql.Tx, t *store.Table, rows []store.Row, run, at int64) (c store.Change, err error) {
	w, err := prepareWriter(ctx, tx, t, run, at)
	if err != nil {
		return c, err
	}
	defer w.close()
	for page := range pagesOf(t, rows) {
		changes, err := compare(ctx, tx, t, page)
		if err != nil {
			return c, err
		}
		for i, row := range page {
			switch changes[i] {
			case isNew:
				c.New++
				err = w.add(ctx, row)
			case isChanged:
				c.Changed++
				err = w.change(ctx, row)
			default:
				c.Same++
				err = w.refresh(ctx, row)
			}
			if err != nil {
				return c, err
			}
		}
	}
	return c, w.text.index(ctx, tx, t.Entity.Name)
}

// rowWriter holds the statements that write versions of one table.
type rowWriter struct {
	t                                     *store.Table
	insert, end, update, reindex, inPlace *sql.Stmt
	written                               []int // columns that a walk of the list writes
	plain, indexed                        []int // of them those that no index has, and the others but the key
	volatile                              []int
	stamps                                []any // at, run
	text                                  unindexed
}

func prepareWriter(ctx context.Context, tx *sql.Tx, t *store.Table, run, at int64) (*rowWriter, error) {
	w := &rowWriter{t: t, stamps: []any{at, run}, text: unindexed{fields: t.Entity.FullTexts()}}
	for i, c := range t.Columns {
		if c.Marks&catalog.Volatile != 0 {
			w.volatile = append(w.volatile, i)
		}
		if c.Marks&catalog.FromMirror != 0 {
			continue
		}
		w.written = append(w.written, i)
		switch {
		case slices.Contains(t.Key, i):
		case c.Marks&(catalog.Indexed|catalog.FullText) != 0:
			w.indexed = append(w.indexed, i)
		default:
			w.plain = append(w.plain, i)
		}
	}
	names := columnNames(t, w.written)
	match := matchKey(t, "", "")
	var err error
	prepare := func(query string) *sql.Stmt {
		if err != nil {
			return nil
		}
		var s *sql.Stmt
		s, err = tx.PrepareContext(ctx, query)
		return s
	}
	table := quote(t.Entity.Name)
	w.insert = prepare(fmt.Sprintf("insert into %s (%s, _hash, _first_seen, _changed_at, _run) values (%s?, ?, ?, ?)",
		table, strings.Join(names, ", "), strings.Repeat("?, ", len(names))))
	w.end = prepare(endVersions(t, "changed", "?", match))
	w.update = prepare(fmt.Sprintf("update %s set %s = ? where %s",
		table, strings.Join(append(columnNames(t, w.plain), "_hash", "_changed_at", "_run"), " = ?, "), match))
	differing := func(columns []int) *sql.Stmt {
		if len(columns) == 0 {
			return nil
		}
		c := columnNames(t, columns)
		return prepare(fmt.Sprintf("update %s set %s = ? where %s and (%s) is not (%s) returning rowid",
			table, strings.Join(c, " = ?, "), match, strings.Join(c, ", "), strings.TrimSuffix(strings.Repeat("?, ", len(c)), ", ")))
	}
	w.reindex = differing(w.indexed)
	w.inPlace = differing(w.volatile)
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *rowWriter) close() {
	for _, s := range []*sql.Stmt{w.insert, w.end, w.update, w.reindex, w.inPlace} {
		if s != nil {
			s.Close()
		}
	}
}

func prefixed(prefix string, columns []string) string {
	return prefix + strings.Join(columns, ", "+prefix)
}

func columnNames(t *store.Table, columns []int) []string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = quote(t.Columns[c].Name)
	}
	return names
}

func cellsAt(cells []any, columns []int, more ...any) []any {
	args := make([]any, 0, len(columns)+len(more))
	for _, c := range columns {
		args = append(args, cells[c])
	}
	return append(args, more...)
}

// add writes the first version of a row.
func (w *rowWriter) add(ctx context.Context, row store.Row) error {
	done, err := w.insert.ExecContext(ctx, cellsAt(row.Cells, w.written, row.Hash[:], w.stamps[0], w.stamps[0], w.stamps[1])...)
	if err != nil {
		return err
	}
	id, err := done.LastInsertId()
	w.text.added(id)
	return err
}

// change ends the live version of a row and writes the next. SQLite rewrites an
// index for every column that an update names, even to the value it had, so the
// indexed columns are named only where they differ: most often they do not.
func (w *rowWriter) change(ctx context.Context, row store.Row) error {
	key := keyCells(w.t, row.Cells)
	if _, err := w.end.ExecContext(ctx, append([]any{w.stamps[0]}, key...)...); err != nil {
		return err
	}
	args := cellsAt(row.Cells, w.plain, row.Hash[:], w.stamps[0], w.stamps[1])
	if _, err := w.update.ExecContext(ctx, append(args, key...)...); err != nil {
		return err
	}
	id, err := w.differing(ctx, w.reindex, w.indexed, row)
	if id != 0 {
		w.text.stale = append(w.text.stale, id)
	}
	return err
}

// refresh brings volatile values up to date in place.
func (w *rowWriter) refresh(ctx context.Context, row store.Row) error {
	_, err := w.differing(ctx, w.inPlace, w.volatile, row)
	return err
}

// differing writes some cells of a row if they are not what the row has, and then
// returns its row id. The statement is nil when there are none.
func (w *rowWriter) differing(ctx context.Context, s *sql.Stmt, columns []int, row store.Row) (id int64, err error) {
	if s == nil {
		return 0, nil
	}
	cells := cellsAt(row.Cells, columns)
	err = s.QueryRowContext(ctx, slices.Concat(cells, keyCells(w.t, row.Cells), cells)...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return id, err
}

// endVersions copies live rows into the history: as they end at the instant at,
// for the reason change, where where holds.
func endVersions(t *store.Table, change, at, where string) string {
	columns := strings.Join(quoteAll(allColumns(t)), ", ")
	return fmt.Sprintf(`insert into %s (%s, _hash, _first_seen, _valid_from, _valid_to, _change, _run)
		select %s, _hash, _first_seen, _changed_at, %s, '%s', _run from %s as e where %s`,
		quote(historyOf(t.Entity.Name)), columns, columns, at, change, quote(t.Entity.Name), where)
}

func allColumns(t *store.Table) []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// matchKey compares the key columns of two tables, or of one with parameters when
// right is empty.
func matchKey(t *store.Table, left, right string) string {
	var parts []string
	for _, c := range keyColumns(t) {
		other := "?"
		if right != "" {
			other = right + c
		}
		parts = append(parts, left+c+" = "+other)
	}
	return strings.Join(parts, " and ")
}
