package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"ciomirror/store"
)

// What a row is to the live version that has its key.
const (
	isNew     = "new"
	isChanged = "changed"
	isSame    = "same"
)

// pageSize is how many rows are compared at once.
const pageSize = 1000

// pagesOf cuts rows into pages of which none holds a key twice: the later row is
// to be compared with the earlier one, which must be written by then.
func pagesOf(t *store.Table, rows []store.Row) iter.Seq[[]store.Row] {
	return func(yield func([]store.Row) bool) {
		seen := make(map[any]bool, min(pageSize, len(rows)))
		start := 0
		for i, row := range rows {
			key := keyOf(t, row.Cells)
			if seen[key] || len(seen) == pageSize {
				if !yield(rows[start:i]) {
					return
				}
				start = i
				clear(seen)
			}
			seen[key] = true
		}
		if start < len(rows) {
			yield(rows[start:])
		}
	}
}

// keyOf is a row's key as a value that maps can hold: 7 and "7" are two keys.
func keyOf(t *store.Table, cells []any) any {
	key := cells[t.Key[0]]
	for _, k := range t.Key[1:] {
		key = [2]any{key, cells[k]}
	}
	return key
}

// compare says of each row of a page what it is to the live version that has its
// key. SQLite compares the hashes and answers with the rows that differ, in most
// pages few: to fetch the hashes and compare them here takes twice as long.
func compare(ctx context.Context, tx *sql.Tx, t *store.Table, page []store.Row) ([]string, error) {
	keys, err := keysJSON(t, page)
	if err != nil {
		return nil, err
	}
	const size = len(store.Row{}.Hash)
	hashes := make([]byte, 0, size*len(page))
	for _, row := range page {
		hashes = append(hashes, row.Hash[:]...)
	}
	on := keyColumns(t)
	for i, c := range on {
		on[i] = fmt.Sprintf("e.%s = k.value ->> %d", c, i)
		if len(on) == 1 {
			on[i] = fmt.Sprintf("e.%s = k.value", c)
		}
	}
	// The left join also makes SQLite look into the table by key; it must not walk
	// the table and look into the keys.
	found, err := tx.QueryContext(ctx, fmt.Sprintf(`select k.key, e._hash is null
		from json_each(?1) as k left join %s as e on %s
		where e._hash is not substr(?2, 1 + k.key * %[3]d, %[3]d)`, quote(t.Entity.Name), strings.Join(on, " and "), size), keys, hashes)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	changes := slices.Repeat([]string{isSame}, len(page))
	for found.Next() {
		var row int
		var missing bool
		if err := found.Scan(&row, &missing); err != nil {
			return nil, err
		}
		changes[row] = isChanged
		if missing {
			changes[row] = isNew
		}
	}
	return changes, found.Err()
}

// keysJSON is the keys of rows as a JSON array: of cells, or of arrays of cells
// for a key of several columns.
func keysJSON(t *store.Table, rows []store.Row) (string, error) {
	keys := make([]any, len(rows))
	for i, row := range rows {
		keys[i] = row.Cells[t.Key[0]]
		if len(t.Key) > 1 {
			keys[i] = keyCells(t, row.Cells)
		}
	}
	text, err := json.Marshal(keys)
	return string(text), err
}

func keyColumns(t *store.Table) []string {
	columns := make([]string, len(t.Key))
	for i, k := range t.Key {
		columns[i] = quote(t.Columns[k].Name)
	}
	return columns
}

func keyCells(t *store.Table, cells []any) []any {
	key := make([]any, len(t.Key))
	for i, k := range t.Key {
		key[i] = cells[k]
	}
	return key
}
