package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	lib "modernc.org/sqlite/lib"

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

func (s *Store) exportSnapshot(ctx context.Context, x *store.Exported, replace bool) error {
	if err := s.mayWrite(x.File, replace); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(x.File), "."+filepath.Base(x.File)+".*.part")
	if err != nil {
		return err
	}
	defer removeDatabase(part.Name()) // nothing is left of it once it has its name
	if err := part.Close(); err != nil {
		return err
	}
	if err := s.fill(ctx, part.Name(), x); err != nil {
		return err
	}
	if x.Bytes, err = flush(part.Name()); err != nil {
		return err
	}
	if err := s.mayWrite(x.File, replace); err != nil {
		return err
	}
	give := os.Rename
	if !replace {
		give = os.Link // which replaces nothing that appeared meanwhile
	}
	if err := give(part.Name(), x.File); err != nil {
		return err
	}
	// The name, too, outlives a power cut where the system can promise it.
	if dir, err := os.Open(filepath.Dir(x.File)); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
	return nil
}

// mayWrite refuses to replace the mirror itself, and a database that somebody has
// open: its log would be taken for the new file's.
func (s *Store) mayWrite(path string, replace bool) error {
	for _, beside := range []string{"-wal", "-journal"} {
		if log, err := os.Stat(path + beside); err == nil && log.Size() > 0 {
			return fmt.Errorf("%s lies beside it, somebody may have it open: %w", filepath.Base(path)+beside, store.ErrFileExists)
		}
	}
	there, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	mirror, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	if !replace || there.IsDir() || os.SameFile(there, mirror) {
		return store.ErrFileExists
	}
	return nil
}

func removeDatabase(path string) {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		_ = os.Remove(path + suffix)
	}
}

// flush hands a file to the disk and returns its size in bytes.
func flush(path string) (int64, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
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
	attach := func(parameters string) error {
		u := "file:" + (&url.URL{Path: s.path}).EscapedPath() + "?" + parameters
		if _, err := db.ExecContext(ctx, "attach ? as mirror", u); err != nil {
			return err
		}
		var n int
		err := db.QueryRowContext(ctx, "select count(*) from mirror.sqlite_master").Scan(&n)
		if err != nil {
			_, detachErr := db.ExecContext(ctx, "detach mirror")
			return errors.Join(err, detachErr)
		}
		return nil
	}
	err := attach("mode=ro")
	if c := code(err); (c == lib.SQLITE_CANTOPEN || c == lib.SQLITE_READONLY) && missing(s.path+"-wal") {
		err = attach("mode=ro&immutable=1") // see openReader
	}
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
