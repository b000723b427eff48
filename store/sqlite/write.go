package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"ciomirror/catalog"
	"ciomirror/store"
)

// Write implements store.Run. Rows that did not change cost a look, not a write.
func (r *run) Write(ctx context.Context, t *store.Table, rows []store.Row) (store.Change, error) {
	var c store.Change
	err := r.write(ctx, func(tx *sql.Tx, at int64) error {
		w, err := prepareWriter(ctx, tx, t, r.id, at)
		if err != nil {
			return err
		}
		defer w.close()
		// A page may hold a row twice, so each page is looked up after the page
		// before it was written.
		for page := range pagesOf(rows) {
			known, err := hashes(ctx, tx, t, page)
			if err != nil {
				return err
			}
			for _, row := range page {
				key := keyText(t, row.Cells)
				hash, ok := known[key]
				switch {
				case !ok:
					c.New++
					err = w.add(ctx, row)
				case hash != row.Hash:
					c.Changed++
					err = w.change(ctx, row)
				default:
					c.Same++
					err = w.refresh(ctx, row)
				}
				if err != nil {
					return err
				}
				known[key] = row.Hash
			}
		}
		return nil
	})
	if err != nil {
		return store.Change{}, fmt.Errorf("write %s: %w", t.Entity.Name, err)
	}
	return c, nil
}

// probeSize is how many rows are looked up at once.
const probeSize = 1000

func pagesOf(rows []store.Row) func(yield func([]store.Row) bool) {
	return func(yield func([]store.Row) bool) {
		for start := 0; start < len(rows); start += probeSize {
			if !yield(rows[start:min(start+probeSize, len(rows))]) {
				return
			}
		}
	}
}

// hashes looks up the live versions of the rows: the hash by keyText.
func hashes(ctx context.Context, tx *sql.Tx, t *store.Table, rows []store.Row) (map[string][16]byte, error) {
	keys, err := keysJSON(t, rows)
	if err != nil {
		return nil, err
	}
	columns := keyColumns(t)
	on := make([]string, len(columns))
	for i, c := range columns {
		on[i] = fmt.Sprintf("e.%s = k.value ->> %d", c, i)
	}
	// cross join keeps SQLite from walking the table and looking into the keys.
	found, err := tx.QueryContext(ctx, fmt.Sprintf("select %s, e._hash from json_each(?) k cross join %s e on %s",
		prefixed("e.", columns), quote(t.Entity.Name), strings.Join(on, " and ")), keys)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	known := make(map[string][16]byte, len(rows))
	key := make([]any, len(columns))
	var hash []byte
	into := []any{}
	for i := range key {
		into = append(into, &key[i])
	}
	into = append(into, &hash)
	for found.Next() {
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		known[cellsText(key)] = [16]byte(hash)
	}
	return known, found.Err()
}

func keyColumns(t *store.Table) []string {
	columns := make([]string, len(t.Key))
	for i, k := range t.Key {
		columns[i] = quote(t.Columns[k].Name)
	}
	return columns
}

func prefixed(prefix string, columns []string) string {
	return prefix + strings.Join(columns, ", "+prefix)
}

// keysJSON is the keys of rows as a JSON array of arrays.
func keysJSON(t *store.Table, rows []store.Row) (string, error) {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, row := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(keyCells(t, row.Cells))
		if err != nil {
			return "", err
		}
		b.Write(key)
	}
	b.WriteByte(']')
	return b.String(), nil
}

func keyCells(t *store.Table, cells []any) []any {
	key := make([]any, len(t.Key))
	for i, k := range t.Key {
		key[i] = cells[k]
	}
	return key
}

func keyText(t *store.Table, cells []any) string { return cellsText(keyCells(t, cells)) }

// cellsText tells keys apart: 7 and "7" are two keys.
func cellsText(key []any) string {
	if len(key) == 1 {
		if s, ok := key[0].(string); ok {
			return s
		}
	}
	return fmt.Sprintf("%#v", key)
}

// rowWriter holds the statements that write versions of one table.
type rowWriter struct {
	t                            *store.Table
	insert, end, update, inPlace *sql.Stmt
	written                      []int // columns that a walk of the list writes
	volatile                     []int
	stamps                       []any // at, run
}

func prepareWriter(ctx context.Context, tx *sql.Tx, t *store.Table, run, at int64) (*rowWriter, error) {
	w := &rowWriter{t: t, stamps: []any{at, run}}
	for i, c := range t.Columns {
		if c.Marks&catalog.FromMirror == 0 {
			w.written = append(w.written, i)
		}
		if c.Marks&catalog.Volatile != 0 {
			w.volatile = append(w.volatile, i)
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
	w.update = prepare(fmt.Sprintf("update %s set %s = ?, _hash = ?, _changed_at = ?, _run = ? where %s",
		table, strings.Join(names, " = ?, "), match))
	if len(w.volatile) > 0 {
		v := columnNames(t, w.volatile)
		w.inPlace = prepare(fmt.Sprintf("update %s set %s = ? where %s and (%s) is not (%s)",
			table, strings.Join(v, " = ?, "), match, strings.Join(v, ", "), strings.TrimSuffix(strings.Repeat("?, ", len(v)), ", ")))
	}
	if err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

func (w *rowWriter) close() {
	for _, s := range []*sql.Stmt{w.insert, w.end, w.update, w.inPlace} {
		if s != nil {
			s.Close()
		}
	}
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
	_, err := w.insert.ExecContext(ctx, cellsAt(row.Cells, w.written, row.Hash[:], w.stamps[0], w.stamps[0], w.stamps[1])...)
	return err
}

// change ends the live version of a row and writes the next.
func (w *rowWriter) change(ctx context.Context, row store.Row) error {
	key := keyCells(w.t, row.Cells)
	if _, err := w.end.ExecContext(ctx, append([]any{w.stamps[0]}, key...)...); err != nil {
		return err
	}
	args := cellsAt(row.Cells, w.written, row.Hash[:], w.stamps[0], w.stamps[1])
	_, err := w.update.ExecContext(ctx, append(args, key...)...)
	return err
}

// refresh brings volatile values up to date in place.
func (w *rowWriter) refresh(ctx context.Context, row store.Row) error {
	if w.inPlace == nil {
		return nil
	}
	args := cellsAt(row.Cells, w.volatile)
	args = append(args, keyCells(w.t, row.Cells)...)
	args = append(args, cellsAt(row.Cells, w.volatile)...)
	_, err := w.inPlace.ExecContext(ctx, args...)
	return err
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
