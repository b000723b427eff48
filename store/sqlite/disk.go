package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"ciomirror/store"
)

// onDisk marks an error that the disk is to blame for as store.ErrDisk, one of a file
// that is not whole as store.ErrDamaged, and one of a file that may not be written as
// fs.ErrPermission.
func onDisk(err error) error {
	var e *driver.Error
	if !errors.As(err, &e) {
		return err
	}
	if code(err) == lib.SQLITE_CORRUPT {
		return fmt.Errorf("%w: %w", store.ErrDamaged, err)
	}
	if code(err) == lib.SQLITE_READONLY {
		return fmt.Errorf("%w: %w", fs.ErrPermission, err)
	}
	switch e.Code() {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR_WRITE, lib.SQLITE_IOERR_FSYNC, lib.SQLITE_IOERR_TRUNCATE, lib.SQLITE_IOERR_SHMSIZE:
		return fmt.Errorf("%w: %w", store.ErrDisk, err)
	}
	return err
}

// stillThere fails with store.ErrFileGone when the path leads to another file than
// the one that is open, or to none. SQLite would go on writing to a file without a
// name and report success.
func (s *Store) stillThere() error {
	now, err := os.Stat(s.path)
	if err != nil || !os.SameFile(s.file, now) {
		return fmt.Errorf("%s: %w", s.path, store.ErrFileGone)
	}
	return nil
}
