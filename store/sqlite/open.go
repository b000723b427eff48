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
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"ciomirror/migrations"
	"ciomirror/query/match"
	"ciomirror/store"
)

// Options say how to open a mirror.
type Options struct {
	// Create makes the file (mode 0600) and its folder (0700) when there is none.
	// Without it a missing file is store.ErrNoMirror.
	Create bool
	// Now is the clock; required.
	Now func() time.Time
	// Migrations are the schema's steps; nil means those of the product.
	Migrations fs.FS
}

// Store is a mirror in one SQLite file. It implements store.Store.
type Store struct {
	reader
	path  string
	only  string      // the parameters with which the file can be opened to read only
	file  fs.FileInfo // as it was opened
	now   func() time.Time
	steps fs.FS // of the schema; an export takes them too

	mu     sync.Mutex // one write transaction at a time
	writer *sql.DB    // opened by the first write
}

var _ store.Store = (*Store)(nil)

// Open opens the mirror at path and brings its schema up to date. Several
// processes may have it open; a write waits up to 5 s for another's.
//
// Errors: store.ErrNoMirror, store.ErrForeign for another program's file,
// store.ErrNewer for a schema that this version does not know.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	if o.Now == nil {
		return nil, errors.New("open mirror: no clock")
	}
	if err := registerFunctions(); err != nil {
		return nil, err
	}
	if o.Create {
		if err := create(path); err != nil {
			return nil, fmt.Errorf("create mirror: %w", err)
		}
	}
	file, err := looksRight(path)
	if err != nil {
		return nil, err
	}
	steps := o.Migrations
	if steps == nil {
		steps, _ = fs.Sub(migrations.SQLite, "sqlite")
	}
	s := &Store{path: path, file: file, now: o.Now, steps: steps}
	if err := s.migrate(ctx, steps, o.Create); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.db, s.only, err = openReader(ctx, path); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close closes the mirror. It is safe to call twice.
func (s *Store) Close() error {
	var errs []error
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	return errors.Join(errs...)
}

// create makes an empty file that only its owner can read, before SQLite would
// make one that everybody can: it will hold people's addresses.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// noFile is the store.ErrNoMirror of a path where no file is.
type noFile string

func (path noFile) Error() string { return "there is no file " + string(path) }

func (noFile) Unwrap() error { return store.ErrNoMirror }

// looksRight looks at the file before SQLite does, so that a wrong file is never
// written to.
func looksRight(path string) (fs.FileInfo, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open mirror: %w", noFile(path))
	}
	if err != nil {
		return nil, fmt.Errorf("open mirror: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return nil, fmt.Errorf("open mirror %s: %w", path, store.ErrForeign)
	}
	head := make([]byte, 16)
	n, _ := f.Read(head)
	if n > 0 && string(head[:n]) != "SQLite format 3\x00"[:n] {
		return nil, fmt.Errorf("open mirror %s: no SQLite database: %w", path, store.ErrForeign)
	}
	return info, nil
}

// busyTimeout is how long one waits for another's write, in milliseconds.
const busyTimeout = 5000

// dsn names the file with what every connection needs. Settings stand here and
// not in an Exec, because an Exec reaches one connection of a pool. _dqs=0: a name in
// double quotes that nothing has is an error and no text.
func dsn(path string, parameters string, pragmas ...string) string {
	u := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_dqs=0&" + parameters
	for _, p := range append([]string{fmt.Sprintf("busy_timeout(%d)", busyTimeout)}, pragmas...) {
		u += "&_pragma=" + url.QueryEscape(p)
	}
	return u
}

func openWriter(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, "_txlock=immediate",
		"journal_mode(WAL)", "synchronous(NORMAL)", "foreign_keys(1)",
		"cache_size(-65536)",           // KiB; 22 % faster than the default at 1 M rows
		"journal_size_limit(67108864)", // bytes; the WAL file shrinks back to this
		"wal_autocheckpoint(16384)",    // pages of 4 KiB, so as much; a tenth faster than the default
	))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// Readers is how many queries a mirror answers at the same time; others wait.
func Readers() int { return max(2, runtime.NumCPU()) }

// openReader opens a pool of connections that cannot write, and returns the parameters
// for others of the kind.
func openReader(ctx context.Context, path string) (db *sqlx.DB, only string, err error) {
	open := func(parameters string) (*sqlx.DB, error) {
		db, err := sql.Open("sqlite", dsn(path, parameters, "query_only(1)", "cache_size(-16384)"))
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(Readers())
		x := sqlx.NewDb(db, "sqlite3") // the name that sqlx knows to use "?"
		var n int
		if err := x.GetContext(ctx, &n, "select count(*) from sqlite_master"); err != nil {
			return nil, errors.Join(err, db.Close())
		}
		return x, nil
	}
	only = "mode=ro"
	db, err = open(only)
	if c := code(err); (c == lib.SQLITE_CANTOPEN || c == lib.SQLITE_READONLY) && missing(path+"-wal") {
		// In a folder where we may not make the WAL's index, and with no WAL that
		// it would index, the file itself is all there is.
		only = "mode=ro&immutable=1"
		db, err = open(only)
	}
	if err != nil {
		return nil, "", fmt.Errorf("open mirror %s: %w", path, foreign(err))
	}
	return db, only, nil
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// code is SQLite's primary result code in err, 0 for none.
func code(err error) int {
	var e *driver.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// foreign tells a file of another kind from a mirror that is not whole.
func foreign(err error) error {
	switch code(err) {
	case lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", store.ErrForeign, err)
	case lib.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %w", store.ErrDamaged, err)
	}
	return err
}

// migrate checks whose file it is and which schema it has, and takes the missing
// steps.
func (s *Store) migrate(ctx context.Context, steps fs.FS, create bool) error {
	latest, err := latestStep(steps)
	if err != nil {
		return err
	}
	have, err := s.version(ctx)
	if err != nil {
		return err
	}
	if have > latest {
		return fmt.Errorf("open mirror %s: schema %d, this version knows %d: %w", s.path, have, latest, store.ErrNewer)
	}
	if have == latest {
		return nil
	}
	if have == 0 && !create {
		return fmt.Errorf("open mirror %s: %w", s.path, store.ErrNoMirror) // an empty file stays one
	}
	// Another process may take the same steps at the same time; then ours fail, and
	// are looked at again once it had time for one more.
	for tries := 0; ; tries++ {
		err := s.takeSteps(ctx, steps)
		if err == nil {
			return nil
		}
		now, again := s.version(ctx)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("migrate mirror %s: %w", s.path, ctx.Err())
		case again == nil && now == latest:
			return nil
		case code(err) != lib.SQLITE_BUSY && now == have, tries == mostTries:
			return fmt.Errorf("migrate mirror %s: %w", s.path, onDisk(err))
		}
		have = now
		pause := time.NewTimer(50 * time.Millisecond)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return fmt.Errorf("migrate mirror %s: %w", s.path, ctx.Err())
		}
	}
}

// mostTries is how often a migration is looked at again, twenty times a second.
const mostTries = 200

func (s *Store) takeSteps(ctx context.Context, steps fs.FS) error {
	w, err := s.openForWriting()
	if err != nil {
		return err
	}
	if _, err := w.ExecContext(ctx, "pragma application_id = "+strconv.Itoa(ApplicationID)); err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, w, steps)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

func latestStep(steps fs.FS) (int64, error) {
	names, err := fs.Glob(steps, "*.sql")
	if err != nil || len(names) == 0 {
		return 0, fmt.Errorf("migrate mirror: no steps: %w", err)
	}
	slices.Sort(names)
	return goose.NumericComponent(names[len(names)-1])
}

// version is the file's schema: 0 for an empty file.
func (s *Store) version(ctx context.Context) (int64, error) {
	db, _, err := openReader(ctx, s.path)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	var is struct {
		Application int64 `db:"application"`
		Tables      int64 `db:"tables"`
		Goose       bool  `db:"goose"`
	}
	if err := db.GetContext(ctx, &is, `select
		(select application_id from pragma_application_id) as application,
		(select count(*) from sqlite_master) as tables,
		exists (select 1 from sqlite_master where name = 'goose_db_version') as goose`); err != nil {
		return 0, fmt.Errorf("open mirror %s: %w", s.path, foreign(err))
	}
	if fresh := is.Application == 0 && is.Tables == 0; is.Application != ApplicationID && !fresh {
		return 0, fmt.Errorf("open mirror %s: %w", s.path, store.ErrForeign)
	}
	if !is.Goose {
		return 0, nil
	}
	var version int64
	if err := db.GetContext(ctx, &version, `select coalesce(max(version_id), 0) from goose_db_version where is_applied`); err != nil {
		return 0, fmt.Errorf("open mirror %s: %w", s.path, foreign(err))
	}
	return version, nil
}

// openForWriting returns the one writing connection.
func (s *Store) openForWriting() (*sql.DB, error) {
	if s.writer == nil {
		w, err := openWriter(s.path)
		if err != nil {
			return nil, fmt.Errorf("open mirror for writing: %w", err)
		}
		s.writer = w
	}
	return s.writer, nil
}

// write runs f in one transaction. at is the transaction's instant in Unix
// milliseconds, later than that of every one before.
func (s *Store) write(ctx context.Context, f func(tx *sql.Tx, at int64) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.stillThere(); err != nil {
		return err
	}
	return onDisk(s.transact(ctx, f))
}

// durably is write with a commit that waits until the disk has it.
func (s *Store) durably(ctx context.Context, f func(tx *sql.Tx, at int64) error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.stillThere(); err != nil {
		return err
	}
	w, err := s.openForWriting()
	if err != nil {
		return err
	}
	var before int // a run that is about to finish has raised it for itself
	if err := w.QueryRowContext(ctx, "pragma synchronous").Scan(&before); err != nil {
		return err
	}
	set := func(mode string) error {
		_, err := w.ExecContext(context.WithoutCancel(ctx), "pragma synchronous = "+mode)
		return err
	}
	if err := set("full"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, set(strconv.Itoa(before))) }()
	return onDisk(s.transact(ctx, f))
}

func (s *Store) transact(ctx context.Context, f func(tx *sql.Tx, at int64) error) error {
	w, err := s.openForWriting()
	if err != nil {
		return err
	}
	tx, err := w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	var at int64
	if err := tx.QueryRowContext(ctx, `update _mirror set value = max(value + 1, ?) where name = 'clock' returning value`,
		s.now().UnixMilli()).Scan(&at); err != nil {
		return err
	}
	if err := f(tx, at); err != nil {
		return err
	}
	return tx.Commit()
}

// registerFunctions gives SQLite the exact predicates of the search. They keep no
// argument, so it lends them: that is faster, and a text that is not lent would be
// cut off at its first NUL.
var registerFunctions = sync.OnceValue(func() error {
	for _, f := range match.Functions() {
		if err := driver.RegisterFunction(f.Name, &driver.FunctionImpl{NArgs: int32(f.Args), Deterministic: true, VolatileArgs: true, Scalar: scalar(f.Fn)}); err != nil {
			return fmt.Errorf("register %s: %w", f.Name, err)
		}
	}
	return registerLinear()
})
