package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"
	"github.com/google/go-cmp/cmp"

	"ciomirror/store"
	"ciomirror/store/sqlite"
	"ciomirror/store/storetest"
)

// contents is everything in a database: its schema, and every row of every table.
func contents(t *testing.T, path string) []string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all, tables []string
	all = append(all, rowsAsText(t, db, "select type, name, sql from sqlite_master order by 1, 2")...)
	found, err := db.Query("select name from pragma_table_list where type in ('table', 'shadow') and schema = 'main' order by 1")
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		var name string
		if err := found.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	found.Close()
	for _, name := range tables {
		for _, row := range rowsAsText(t, db, fmt.Sprintf("select * from %q", name)) {
			all = append(all, name+": "+row)
		}
	}
	return all
}

func rowsAsText(t *testing.T, db *sql.DB, statement string) (rows []string) {
	t.Helper()
	found, err := db.Query(statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	defer found.Close()
	columns, _ := found.Columns()
	for found.Next() {
		cells, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, fmt.Sprintf("%q", cells))
	}
	return rows
}

func TestABackupIsTheMirrorInOneFile(t *testing.T) {
	p := newPast(t, 300, 3)
	dir := t.TempDir()
	path := filepath.Join(dir, "backup.db")
	n, err := p.s.Backup(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%v stand there", left)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != n {
		t.Errorf("%v, %v, want %d bytes", info, err, n)
	}
	if b, err := os.ReadFile(path); err != nil || b[18] != 1 || b[19] != 1 {
		t.Errorf("its pages say that there is a log beside it: %v", err) // 2 in the file format
	}
	want, got := contents(t, p.path), contents(t, path)
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 1000 {
		t.Errorf("of %d rows and statements differ:\n%s", len(want), diff)
	}
	// It is a mirror, with its past, and goes on as one.
	s := open(t, path, sqlite.Options{Now: func() time.Time { return p.clock }, Migrations: steps(t, storetest.Catalog())})
	if snapshots, err := s.Snapshots(t.Context()); err != nil || len(snapshots) != 3 {
		t.Errorf("its snapshots are %v, %v", snapshots, err)
	}
	if err := s.Bind(t.Context(), "the key", false); err != nil {
		t.Errorf("the key is another one's: %v", err)
	}
	if _, err := p.s.Backup(t.Context(), path, false); !errors.Is(err, store.ErrFileExists) {
		t.Errorf("a file that is there: %v", err)
	}
	if _, err := p.s.Backup(t.Context(), p.path, true); !errors.Is(err, store.ErrItself) {
		t.Errorf("the mirror itself: %v", err)
	}
}

// TestABackupShowsOneInstant while another process writes page after page.
func TestABackupShowsOneInstant(t *testing.T) {
	const page = 500
	p := newPast(t, page, 1)
	other := open(t, p.path, sqlite.Options{Now: func() time.Time { return p.clock }, Migrations: steps(t, storetest.Catalog())})
	e, _ := storetest.Catalog().Entity("showers")
	table := store.NewTable(e)
	dec := store.NewDecoder(table)
	run, err := other.StartRun(t.Context(), store.Claim{Mode: "showers"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	written, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for n := 1; ctx.Err() == nil; n++ {
			var rows []store.Row
			for i := range page {
				row, err := dec.Decode(fmt.Appendf(nil, `{"id":"%d","created":%d}`, n*page+i, i), "")
				if err != nil {
					ended <- err
					return
				}
				rows = append(rows, row)
			}
			if _, err := run.Write(ctx, table, rows); err != nil && ctx.Err() == nil {
				ended <- err
				return
			}
			select {
			case written <- struct{}{}:
			case <-ctx.Done():
			}
		}
		ended <- nil
	}()
	last := 0
	for during, tries := 0, 0; (during < 3 || last < 2*page) && tries < 300; tries++ {
		path := filepath.Join(t.TempDir(), "backup.db")
		done := make(chan error, 1)
		go func() { _, err := p.s.Backup(ctx, path, false); done <- err }()
		for copied := false; !copied; {
			select {
			case <-written:
				during++
			case err := <-done:
				if copied = true; err != nil {
					t.Fatal(err)
				}
			}
		}
		var rows int
		db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
		if err == nil {
			err = db.QueryRow("select count(*) from showers").Scan(&rows)
		}
		if err != nil || rows%page != 0 || rows < last {
			t.Fatalf("the copy has %d rows, the one before %d; %v", rows, last, err)
		}
		last = rows
		db.Close()
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if last < 2*page {
		t.Errorf("nothing was written meanwhile: %d rows", last)
	}
}

func TestABackupThatIsStoppedLeavesNothing(t *testing.T) {
	p := newPast(t, 200, 2)
	dir := t.TempDir()
	stopped := 0
	for n := int64(1); n < 400; n += 3 {
		if _, err := p.s.Backup(dieAfter(t, n), filepath.Join(dir, "backup.db"), false); err == nil {
			break
		}
		stopped++
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Fatalf("stopped after %d looks it leaves %v", n, left)
		}
	}
	if stopped < 3 {
		t.Errorf("it was stopped %d times", stopped)
	}
}

func TestADamagedMirrorIsNoBackup(t *testing.T) {
	p := newPast(t, 500, 2)
	// A page that opening the mirror does not read.
	var page, size int64
	for cells, err := range p.s.Rows(t.Context(), sq.Expr("select rootpage, page_size from sqlite_master, pragma_page_size where name = 'showers_history'")) {
		if err != nil {
			t.Fatal(err)
		}
		page, size = cells[0].(int64), cells[1].(int64)
	}
	if err := p.s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(p.path)
	if err != nil {
		t.Fatal(err)
	}
	for i := (page - 1) * size; i < page*size; i++ {
		b[i] = 0xAA
	}
	if err := os.WriteFile(p.path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, p.path, sqlite.Options{Now: func() time.Time { return p.clock }, Migrations: steps(t, storetest.Catalog())})
	dir := t.TempDir()
	if _, err := s.Backup(t.Context(), filepath.Join(dir, "backup.db"), false); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("the error is %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}
