package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"ciomirror/store"
)

// Backup copies the mirror, page by page as it is, into a file of its own (mode
// 0600) with nothing beside it, and checks the copy. A sync may go on meanwhile: the
// copy shows the instant at which it began. The file appears at path whole or not at
// all; with replace it takes the place of what is there, without that is
// store.ErrFileExists, and the mirror itself store.ErrItself. A mirror that is damaged is store.ErrDamaged. It returns the
// size in bytes.
func (s *Store) Backup(ctx context.Context, path string, replace bool) (bytes int64, err error) {
	bytes, err = s.newFile(path, replace, func(part string) error {
		if err := s.copyPages(ctx, part); err != nil {
			return err
		}
		return checkCopy(ctx, part)
	})
	if err != nil {
		return 0, fmt.Errorf("back up to %s: %w", path, onDisk(err))
	}
	return bytes, nil
}

// pagesAtOnce are copied before somebody may stop it: 16 MiB of pages of 4 KiB.
const pagesAtOnce = 4096

// copyPages copies all pages as they are in one transaction. Without the transaction
// every write of another process would have it begin anew.
func (s *Store) copyPages(ctx context.Context, part string) error {
	conn, err := s.db.Connx(ctx)
	if err != nil {
		return err
	}
	defer rollback(ctx, conn)
	if _, err := conn.ExecContext(ctx, "begin"); err != nil {
		return err
	}
	var n int // a transaction begins with its first read
	if err := conn.GetContext(ctx, &n, "select count(*) from sqlite_master"); err != nil {
		return err
	}
	return conn.Raw(func(c any) error {
		source, ok := c.(interface {
			NewBackup(uri string) (*driver.Backup, error)
		})
		if !ok {
			return errors.New("the SQLite driver has no backup")
		}
		backup, err := source.NewBackup(dsn(part, "", "journal_mode(OFF)", "synchronous(OFF)"))
		if err != nil {
			return err
		}
		more := true
		for more && err == nil {
			if err = ctx.Err(); err == nil {
				more, err = backup.Step(pagesAtOnce)
			}
		}
		return errors.Join(err, backup.Finish())
	})
}

// checkCopy has SQLite look through the whole copy, and makes it one file: the pages
// say that there is a log beside it.
func checkCopy(ctx context.Context, part string) error {
	db, err := sql.Open("sqlite", dsn(part, "", "cache_size(-65536)"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var mode, found string
	if err := db.QueryRowContext(ctx, "pragma journal_mode = delete").Scan(&mode); err != nil {
		return err
	}
	err = db.QueryRowContext(ctx, "pragma integrity_check(1)").Scan(&found)
	if code(err) == lib.SQLITE_CORRUPT {
		found = err.Error()
	} else if err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("%w: %s", store.ErrDamaged, found)
	}
	return db.Close()
}
