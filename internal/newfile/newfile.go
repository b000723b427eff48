// Package newfile makes files that hold people's data: they appear whole or not at
// all, only their owner may read them, and they replace nothing unasked.
package newfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

var (
	// ErrExists: there is something that the file would replace.
	ErrExists = errors.New("there is something already")
	// ErrSpared: the file would replace the one that is spared.
	ErrSpared = errors.New("that is the mirror itself")
)

// Options say what a new file may replace.
type Options struct {
	// Replace lets it take the place of a file.
	Replace bool
	// Spare is the path of the mirror, whose file is never replaced; "" for none.
	Spare string

	link func(old, name string) error // nil for os.Link; a test's file system has none
}

// Write makes the file at path (mode 0600) and returns its size in bytes. fill is
// given the name of an empty file beside it and leaves there what the file shall
// hold. Whatever goes wrong, and when fill is told to stop, nothing is left of it.
func Write(path string, o Options, fill func(part string) error) (bytes int64, err error) {
	if err := o.allow(path); err != nil {
		return 0, err
	}
	part, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return 0, err
	}
	defer remove(part.Name()) // once it has its name, nothing is left to remove
	if err := part.Close(); err != nil {
		return 0, err
	}
	if err := fill(part.Name()); err != nil {
		return 0, err
	}
	if bytes, err = flush(part.Name()); err != nil {
		return 0, err
	}
	if err := o.allow(path); err != nil {
		return 0, err
	}
	if err := o.give(part.Name(), path); err != nil {
		return 0, err
	}
	// The name, too, outlives a power cut where the system can promise it.
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
	return bytes, nil
}

// give gives a finished file its name. A link replaces nothing that appeared meanwhile.
// Some file systems (exFAT, some of networks) have none, and say so in many ways.
func (o Options) give(part, path string) error {
	if o.Replace {
		return os.Rename(part, path)
	}
	link := o.link
	if link == nil {
		link = os.Link
	}
	err := link(part, path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return ErrExists
	case err != nil:
		return claim(part, path)
	}
	return nil
}

// claim takes a name that nothing has by an empty file, and then puts the finished one
// in its place.
func claim(part, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return ErrExists
	}
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	if err := os.Rename(part, path); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// Open opens the part that fill is given, to be written from its beginning.
func Open(part string) (*os.File, error) { return os.OpenFile(part, os.O_RDWR|os.O_TRUNC, 0o600) }

// allow refuses to replace what is spared, what is no file, and a database that
// somebody has open: its log would be taken for the new file's.
func (o Options) allow(path string) error {
	if o.spares(path) {
		return ErrSpared
	}
	for _, beside := range []string{"-wal", "-journal"} {
		if log, err := os.Stat(path + beside); err == nil && log.Size() > 0 {
			return fmt.Errorf("%s lies beside it, somebody may have it open: %w", filepath.Base(path)+beside, ErrExists)
		}
	}
	there, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !o.Replace || !there.Mode().IsRegular() {
		return ErrExists
	}
	return nil
}

// spares reports whether path leads to the spared file, by whatever name.
func (o Options) spares(path string) bool {
	if o.Spare == "" {
		return false
	}
	there, err := os.Stat(path)
	spare, none := os.Stat(o.Spare)
	return err == nil && none == nil && os.SameFile(there, spare)
}

// remove removes an unfinished file, with what SQLite may have put beside it.
func remove(path string) {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		_ = os.Remove(path + suffix)
	}
}

// flush hands a file to the disk and returns its size.
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
