package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// TestNoStatementChangesWhatWasDone: not even who may write to the file can make the
// log of actions say something else.
func TestNoStatementChangesWhatWasDone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	s := open(t, path, sqlite.Options{Create: true})
	for _, p := range []string{"/v1/a", "/v1/b"} {
		if _, err := s.StartAction(t.Context(), store.Action{At: time.Unix(1_800_000_000, 0), Face: "cli", Method: "POST", Path: p}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndAction(t.Context(), 1, store.Outcome{At: time.Unix(1_800_000_001, 0), Outcome: store.Done, Status: 200}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := func() (text string) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), "select json_group_array(json_array(id, at, face, method, path, body, outcome, finished, status)) from actions").Scan(&text); err != nil {
			t.Fatal(err)
		}
		return text
	}
	before := all()
	for _, statement := range []string{
		"delete from actions", "delete from actions where id = 2",
		"update actions set outcome = 'refused'", "update actions set outcome = 'unknown', finished = null where id = 1",
		"update actions set outcome = 'done' where id = 2", // without saying when
		"update actions set finished = 5, path = '/v1/c' where id = 2", "update actions set finished = 5, body = '{}' where id = 2",
		"update actions set finished = 5, id = 7 where id = 2", "update or replace actions set id = 1, finished = 5 where id = 2",
		"insert or replace into actions (id, at, face, entity, action, method, path) values (1, 1, '', '', '', '', '')",
		"insert into actions (at, face, entity, action, method, path, outcome, finished) values (1, '', '', '', '', '', 'done', 1)",
		"insert into actions (at, face, entity, action, method, path, outcome) values (1, '', '', '', '', '', 'done')",
	} {
		if _, err := db.ExecContext(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", statement, err)
		}
		if after := all(); after != before {
			t.Fatalf("%s:\n  %s\nwas %s", statement, after, before)
		}
	}
}

// TestAnActionIsSeenByOthersAtOnce: its row does not wait for its outcome.
func TestAnActionIsSeenByOthersAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	s := open(t, path, sqlite.Options{Create: true})
	if _, err := s.StartAction(t.Context(), store.Action{At: time.Unix(1_800_000_000, 0), Path: "/v1/a"}); err != nil {
		t.Fatal(err)
	}
	other := open(t, path, sqlite.Options{})
	if err := other.EndAction(t.Context(), 1, store.Outcome{At: time.Unix(1_800_000_001, 0), Outcome: store.Unknown}); err != nil {
		t.Errorf("another process does not know of the action: %v", err)
	}
}
