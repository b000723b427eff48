package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ciomirror/catalog"
	"ciomirror/store"
	"ciomirror/store/sqlite"
	"ciomirror/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, cat *catalog.Catalog, now func() time.Time) store.Store {
		s := open(t, filepath.Join(t.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: now, Migrations: steps(t, cat)})
		// Whatever a test does, the text indexes go along.
		t.Cleanup(func() {
			if wrong, err := s.CheckText(context.WithoutCancel(t.Context())); wrong != nil || err != nil {
				t.Errorf("text indexes out of step: %v, %v", wrong, err)
			}
		})
		return s
	})
}

// steps are the product's steps with the tables of another catalog.
func steps(t *testing.T, cat *catalog.Catalog) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{"0002_entities.sql": {Data: []byte("-- +goose Up\n" + sqlite.Draft(cat))}}
	for _, name := range []string{"0001_runs.sql", "0003_continuity.sql", "0006_actions.sql"} {
		text, err := os.ReadFile("../../migrations/sqlite/" + name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = &fstest.MapFile{Data: text}
	}
	return all
}

func open(t *testing.T, path string, o sqlite.Options) *sqlite.Store {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return time.Unix(1_800_000_000, 0) }
	}
	s, err := sqlite.Open(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// schemaOf is the SQL of every table and index of ours, without comments.
func schemaOf(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "select name, sql from sqlite_master where sql is not null")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	schema := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		schema[name] = plainSQL(text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return schema
}

func plainSQL(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "--")
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return strings.TrimSpace(strings.Join(lines, " "))
}

func TestMigrationsMakeTheTablesThatTheCatalogCallsFor(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	open(t, path, sqlite.Options{Create: true})
	have := schemaOf(t, path)
	want := map[string]bool{}
	for _, e := range catalog.Default().Mirrored() {
		for _, statement := range sqlite.Tables(e) {
			statement = plainSQL(statement)
			name := strings.Trim(strings.Fields(strings.Replace(statement, "virtual ", "", 1))[2], `"`)
			want[name] = true
			if d := cmp.Diff(normal(statement), normal(have[name])); d != "" {
				t.Errorf("%s: a migration is missing (-catalog +migrated):\n%s", name, d)
			}
		}
	}
	for name := range have {
		if strings.HasSuffix(name, "_history") && !want[name] {
			t.Errorf("table %s has no entity", name)
		}
	}
}

func normal(statement string) string {
	return strings.NewReplacer("CREATE VIRTUAL TABLE", "create virtual table", "CREATE TABLE", "create table", "CREATE INDEX", "create index").Replace(statement)
}

func TestTheFileIsTheOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "er", "mirror.db")
	s := open(t, path, sqlite.Options{Create: true})
	if _, err := s.StartRun(t.Context(), store.Claim{Mode: store.All}); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("mirror.db%s has mode %o", suffix, mode)
		}
	}
}

func TestOpenRefusesWhatIsNoMirrorAndLeavesItAsItWas(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	database := func(name string, statements ...string) string {
		path := filepath.Join(dir, name)
		db, err := sql.Open("sqlite", "file:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, s := range statements {
			if _, err := db.ExecContext(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	newer := filepath.Join(dir, "newer.db")
	open(t, newer, sqlite.Options{Create: true, Migrations: fstest.MapFS{"9999_later.sql": {Data: []byte("-- +goose Up\ncreate table later (a);")}}})
	for _, c := range []struct {
		name, path string
		want       error
	}{
		{"nothing", filepath.Join(dir, "none.db"), store.ErrNoMirror},
		{"a text", file("a.txt", "this is no database at all, and long enough to be one"), store.ErrForeign},
		{"a folder", dir, store.ErrForeign},
		{"another program's database", database("other.db", "create table t (a)"), store.ErrForeign},
		{"a database with another mark", database("marked.db", "pragma application_id = 7"), store.ErrForeign},
		{"a newer schema", newer, store.ErrNewer},
	} {
		t.Run(c.name, func(t *testing.T) {
			before, _ := os.ReadFile(c.path)
			s, err := sqlite.Open(t.Context(), c.path, sqlite.Options{Now: time.Now})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err == nil {
				s.Close()
			}
			if after, _ := os.ReadFile(c.path); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestEveryConnectionHasItsPragmas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a mirror?#%.db") // characters that a DSN must escape
	s := open(t, path, sqlite.Options{Create: true})
	for who, want := range map[string]map[string]string{
		"writer": {"journal_mode": "wal", "synchronous": "1", "foreign_keys": "1", "busy_timeout": "5000", "cache_size": "-65536", "query_only": "0"},
		"reader": {"journal_mode": "wal", "busy_timeout": "5000", "query_only": "1"},
	} {
		for name, value := range want {
			got, err := s.Pragmas(t.Context(), who, name, 3)
			if err != nil {
				t.Fatal(err)
			}
			for i, g := range got {
				if g != value {
					t.Errorf("%s connection %d: %s is %s, want %s", who, i, name, g, value)
				}
			}
		}
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file is not where it was asked for: %v", err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	s := open(t, path, sqlite.Options{Create: true})
	err := s.ReaderExec(t.Context(), "create table t (a)")
	if err == nil || !strings.Contains(err.Error(), "readonly") && !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a reader could write: %v", err)
	}
}

func TestOpenTwiceAtOnceMigratesOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	const openers = 4
	errs := make(chan error, openers)
	for range openers {
		go func() {
			s, err := sqlite.Open(context.WithoutCancel(t.Context()), path, sqlite.Options{Create: true, Now: time.Now})
			if err == nil {
				err = s.Close()
			}
			errs <- err
		}()
	}
	for range openers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestInstantsRiseWhenTheClockDoesNot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	s := open(t, path, sqlite.Options{Create: true, Now: func() time.Time { return time.Unix(5, 0) }})
	for range 3 {
		if _, err := s.StartRun(t.Context(), store.Claim{Mode: store.All}); err != nil {
			t.Fatal(err)
		}
	}
	var starts []any
	_, rows, err := s.Statement(t.Context(), "select started from runs order by id", nil)
	if err != nil {
		t.Fatal(err)
	}
	for cells, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		starts = append(starts, cells[0])
	}
	if got := fmt.Sprint(starts); got != "[5000 5001 5002]" {
		t.Errorf("runs started at %s", got)
	}
}
