package sqlite

import (
	"context"
	"fmt"
	"strings"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/store"
)

// mostFaults is how many faults of a file are looked for.
const mostFaults = 20

// CheckFile lets SQLite look through the whole file: that every page is there and
// used once, that every index has the rows of its table, that every text index hangs
// together. It returns what it finds wrong, in SQLite's words. It cannot tell
// whether a value is the one that was written, see CheckRows.
func (s *Store) CheckFile(ctx context.Context) (faults []string, err error) {
	if err := s.db.SelectContext(ctx, &faults, fmt.Sprintf("pragma integrity_check(%d)", mostFaults)); err != nil {
		return nil, fmt.Errorf("check the file: %w", onDisk(err))
	}
	if len(faults) == 1 && faults[0] == "ok" {
		return nil, nil
	}
	return faults, nil
}

// Schema is the version of the file's schema. Since the file was opened it is that of
// this program.
func (s *Store) Schema(ctx context.Context) (int64, error) { return s.version(ctx) }

// CheckRows counts the rows and earlier versions of an entity that are no longer
// what their records made them, each being held against its hash.
func (s *Store) CheckRows(ctx context.Context, t *store.Table) (wrong int64, err error) {
	columns := strings.Join(quoteAll(allColumns(t)), ", ")
	d := store.NewDecoder(t)
	for _, table := range []string{t.Entity.Name, historyOf(t.Entity.Name)} {
		for cells, err := range s.Rows(ctx, sq.Expr("select "+columns+", _hash from "+quote(table))) {
			if err != nil {
				return wrong, fmt.Errorf("check the rows of %s: %w", t.Entity.Name, err)
			}
			n := len(t.Columns)
			if hash, ok := cells[n].([]byte); !ok || !d.Intact(cells[:n], hash) {
				wrong++
			}
		}
	}
	return wrong, nil
}
