package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"ciomirror/internal/newfile"
	"ciomirror/store"
)

// ExportSnapshot writes what a snapshot shows into a file of its own (mode 0600):
// a mirror with the same schema whose tables hold the rows of that instant, with
// their run of everything, the snapshot and no other past. It is one file, with
// nothing beside it, and it knows nothing of the key.
//
// The file appears at path whole or not at all. With replace it takes the place of
// what is there; without, that is store.ErrFileExists. Other errors:
// store.ErrNoSnapshot. The mirror is read in one transaction, which no sync waits
// for.
func (s *Store) ExportSnapshot(ctx context.Context, name, path string, replace bool) (store.Exported, error) {
	x := store.Exported{Snapshot: name, File: path}
	err := s.exportSnapshot(ctx, &x, replace)
	if err != nil {
		return store.Exported{}, fmt.Errorf("export snapshot %s to %s: %w", name, path, err)
	}
	return x, nil
}

func (s *Store) exportSnapshot(ctx context.Context, x *store.Exported, replace bool) (err error) {
	x.Bytes, err = s.newFile(x.File, replace, func(part string) error { return s.fill(ctx, part, x) })
	return err
}

// newFile makes a file beside the mirror, which it never replaces.
func (s *Store) newFile(path string, replace bool, fill func(part string) error) (bytes int64, err error) {
	return newfile.Write(path, newfile.Options{Replace: replace, Spare: s.path}, fill)
}

// fill makes the file at path a mirror of one instant.
func (s *Store) fill(ctx context.Context, path string, x *store.Exported) error {
	empty, err := Open(ctx, path, Options{Create: true, Now: s.now, Migrations: s.steps})
	if err != nil {
		return err
	}
	if err := empty.Close(); err != nil {
		return err
	}
	// Without a journal: a file that is not finished is thrown away.
	db, err := sql.Open("sqlite", dsn(path, "", "journal_mode(OFF)", "synchronous(OFF)", "cache_size(-65536)"))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1) // what is attached is the connection's
	return errors.Join(s.copyInto(ctx, db, x), db.Close())
}

func (s *Store) copyInto(ctx context.Context, db *sql.DB, x *store.Exported) error {
	if err := s.attach(ctx, db); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	var at, run int64
	err = tx.QueryRowContext(ctx, "select at, run from mirror.snapshots where name = ?", x.Snapshot).Scan(&at, &run)
	if errors.Is(err, sql.ErrNoRows) {
		return store.ErrNoSnapshot
	}
	if err != nil {
		return err
	}
	indexes, err := dropIndexes(ctx, tx)
	if err != nil {
		return err
	}
	if err := s.copyRows(ctx, tx, at, x); err != nil {
		return err
	}
	args := []any{sql.Named("at", at), sql.Named("run", run), sql.Named("name", x.Snapshot)}
	for _, statement := range append(indexes,
		`insert into main.runs (id, mode, status, started, finished, requests, error)
			select id, mode, status, started, finished, requests, error from mirror.runs where id = :run`,
		"insert into main.run_entities select * from mirror.run_entities where run = :run",
		"insert into main.snapshots select * from mirror.snapshots where name = :name",
		// No other time can be asked for: that of the run is not whole.
		"insert or replace into main._mirror (name, value) values ('clock', :at), ('horizon', :at)",
		"analyze main",
	) {
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// attach opens the mirror beside the new file, to be read only.
func (s *Store) attach(ctx context.Context, db *sql.DB) error {
	u := "file:" + (&url.URL{Path: s.path}).EscapedPath() + "?" + s.only
	_, err := db.ExecContext(ctx, "attach ? as mirror", u)
	return err
}

// dropIndexes drops the indexes of the new file, which are made faster at the end,
// and returns the statements that make them.
func dropIndexes(ctx context.Context, tx *sql.Tx) (create []string, err error) {
	rows, err := tx.QueryContext(ctx, "select name, sql from main.sqlite_master where type = 'index' and sql is not null order by rowid")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var drop []string
	for rows.Next() {
		var name, statement string
		if err := rows.Scan(&name, &statement); err != nil {
			return nil, err
		}
		drop, create = append(drop, "drop index main."+quote(name)), append(create, statement)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, statement := range drop {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	return create, nil
}

func (s *Store) copyRows(ctx context.Context, tx *sql.Tx, at int64, x *store.Exported) error {
	entities, err := s.entityNames(ctx)
	if err != nil {
		return err
	}
	for _, e := range entities {
		columns, err := s.tableColumns(ctx, e)
		if err != nil {
			return err
		}
		done, err := tx.ExecContext(ctx, fmt.Sprintf("insert into main.%s (%s) %s",
			quote(e), strings.Join(quoteAll(columns), ", "), versionsAsOf("mirror", e, columns, at)))
		if err != nil {
			return fmt.Errorf("%s: %w", e, err)
		}
		n, err := done.RowsAffected()
		if err != nil {
			return err
		}
		texts, err := s.indexedTexts(ctx, e)
		if err != nil {
			return err
		}
		if texts != nil {
			if _, err := tx.ExecContext(ctx, enterText(e, texts, "true")); err != nil {
				return fmt.Errorf("%s: %w", e, err)
			}
		}
		x.Entities = append(x.Entities, store.EntityRows{Entity: e, Rows: n})
	}
	return nil
}
