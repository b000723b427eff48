package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	lib "modernc.org/sqlite/lib"
)

// The text index of an entity holds, for each live row, the stretches of three
// characters of its marked fields. It proposes rows, and the search's predicates
// decide. The row's own statements do not touch it: one more at the end of their
// transaction does, because FTS5 writes out what it has at the end of every
// statement; a trigger took three times as long.

func textOf(entity string) string { return "_" + entity + "_text" }

// createText is the text index of an entity. It knows neither places nor fields of
// its words, which is a third of the room: each tells its field itself.
func createText(entity string, fields []string) string {
	return fmt.Sprintf("create virtual table %s using fts5(%s, content='', contentless_delete=1, detail=none, tokenize='ascii')",
		quote(textOf(entity)), strings.Join(quoteAll(fields), ", "))
}

// enterText enters those of an entity's rows in its text index for which where
// holds. They must not be in it.
func enterText(entity string, fields []string, where string) string {
	columns := quoteAll(fields)
	texts := make([]string, len(columns))
	for i, c := range columns {
		texts[i] = fmt.Sprintf("text_terms(%s, %d)", c, i)
	}
	return fmt.Sprintf("insert into %s (rowid, %s) select rowid, %s from %s where %s",
		quote(textOf(entity)), strings.Join(columns, ", "), strings.Join(texts, ", "), quote(entity), where)
}

// dropText takes rows out of an entity's text index: those whose row ids rows
// selects. Rows that are not in it are let be.
func dropText(entity, rows string) string {
	return fmt.Sprintf("delete from %s where rowid in (%s)", quote(textOf(entity)), rows)
}

// unindexed are the rows of a transaction that the text index does not know yet.
type unindexed struct {
	fields []string
	first  int64   // row id of the first new row; the others follow it. 0: none
	stale  []int64 // row ids of rows that may have another text than before
}

func (u *unindexed) added(row int64) {
	if u.first == 0 {
		u.first = row
	}
}

// index brings the text index up to date with the rows. A row can be both new and
// stale: the new come first.
func (u *unindexed) index(ctx context.Context, tx *sql.Tx, entity string) error {
	if u.fields == nil {
		return nil
	}
	if u.first != 0 {
		if _, err := tx.ExecContext(ctx, enterText(entity, u.fields, "rowid >= ?"), u.first); err != nil {
			return fmt.Errorf("index texts: %w", err)
		}
	}
	if len(u.stale) == 0 {
		return nil
	}
	rows, err := json.Marshal(u.stale)
	if err != nil {
		return err
	}
	const listed = "select value from json_each(?)"
	for _, statement := range []string{dropText(entity, listed), enterText(entity, u.fields, "rowid in ("+listed+")")} {
		if _, err := tx.ExecContext(ctx, statement, string(rows)); err != nil {
			return fmt.Errorf("index texts: %w", err)
		}
	}
	return nil
}

// CheckText looks whether the text indexes are what the rows call for: that they
// have the same rows and, in all, as many entries with the same sum of row ids, each
// times the place of its field. It returns the entities of which that is not so, and
// those whose index cannot be read.
// Of a million messages it takes some seconds; nobody waits for it.
func (s *Store) CheckText(ctx context.Context) (wrong []string, err error) {
	entities, err := s.entityNames(ctx)
	if err != nil {
		return nil, fmt.Errorf("check the text indexes: %w", onDisk(err))
	}
	// The index of an index can only be read through a temporary table, which a
	// connection with query_only may not have.
	db, err := sql.Open("sqlite", dsn(s.path, s.only, "temp_store(memory)"))
	if err != nil {
		return nil, fmt.Errorf("check the text indexes: %w", onDisk(err))
	}
	defer db.Close()
	for _, e := range entities {
		ok, err := s.checkText(ctx, db, e)
		if err != nil && code(err) != lib.SQLITE_CORRUPT {
			return nil, fmt.Errorf("check the text index of %s: %w", e, err)
		}
		if !ok {
			wrong = append(wrong, e)
		}
	}
	return wrong, nil
}

// checkText checks one index against the rows of one instant.
func (s *Store) checkText(ctx context.Context, db *sql.DB, entity string) (ok bool, err error) {
	fields, err := s.indexedTexts(ctx, entity)
	if err != nil || fields == nil {
		return true, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer tx.Rollback() //nolint:errcheck // it only reads, but for what is temporary
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("create virtual table temp.entries using fts5vocab(main, %s, instance)", quote(textOf(entity)))); err != nil {
		return false, err
	}
	// A term begins with a letter for its field: a for the first, which is 97.
	live, known := quote(entity), quote(textOf(entity)+"_docsize")
	texts := make([]string, len(fields))
	for i, f := range quoteAll(fields) {
		texts[i] = fmt.Sprintf("select rowid as row, %d as place, text_count(%s) as n from %s", i+1, f, live)
	}
	err = tx.QueryRowContext(ctx, fmt.Sprintf(`select
		(select count(*), coalesce(sum(doc * (unicode(term) - 96)), 0) from temp.entries) = (select coalesce(sum(n), 0), coalesce(sum(row * place * n), 0) from (%s))
		and not exists (select rowid from %[2]s except select id from %[3]s)
		and not exists (select id from %[3]s except select rowid from %[2]s)`, strings.Join(texts, " union all "), live, known)).Scan(&ok)
	return ok, err
}

// indexedTexts are the fields that the file's text index of an entity has.
func (s *Store) indexedTexts(ctx context.Context, entity string) (fields []string, err error) {
	err = s.db.SelectContext(ctx, &fields, "select name from pragma_table_info(?, 'main')", textOf(entity))
	return fields, err
}

// RepairText makes the text index of an entity anew from its rows, in one
// transaction: a search has the old one until then, and a sync waits.
func (s *Store) RepairText(ctx context.Context, entity string) error {
	fields, err := s.indexedTexts(ctx, entity)
	if err == nil && fields != nil {
		err = s.write(ctx, func(tx *sql.Tx, _ int64) error {
			index := quote(textOf(entity))
			for _, statement := range []string{fmt.Sprintf("insert into %s (%[1]s) values ('delete-all')", index), enterText(entity, fields, "true")} {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("repair the text index of %s: %w", entity, err)
	}
	return nil
}
