package sqlite_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// TestAReadOfADamagedPageSaysDamaged makes the first pages of one table and its indexes
// noise and reads what stands there. Whoever asks learns that the mirror is damaged, as whoever writes.
func TestAReadOfADamagedPageSaysDamaged(t *testing.T) {
	l := newLibrary(t)
	l.write("messages", `{"id":"m","subject":"word"}`)
	if err := l.run.Finish(t.Context(), store.Complete, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.s.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(l.path)
	if err != nil {
		t.Fatal(err)
	}
	const size = 4096
	db, err := sqlx.Open("sqlite", "file:"+l.path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	messages := l.table("messages")
	asOf := func(s *sqlite.Store) error { _, err := s.AsOf(t.Context(), time.Now()); return err }
	status := func(s *sqlite.Store) error { _, err := s.Status(t.Context()); return err }
	for name, c := range map[string]struct {
		table string
		read  func(s *sqlite.Store) error // nil for the opening
	}{
		"open":         {"goose_db_version", nil},
		"status":       {"runs", status},
		"its entities": {"run_entities", status},
		"as of":        {"runs", asOf},
		"totals":       {"run_entities", func(s *sqlite.Store) error { _, err := s.Totals(t.Context()); return err }},
		"jobs":         {"schedules_log", func(s *sqlite.Store) error { _, err := s.LastJobs(t.Context()); return err }},
		"snapshots":    {"snapshots", func(s *sqlite.Store) error { _, err := s.Snapshots(t.Context()); return err }},
		"reading":      {"windows", func(s *sqlite.Store) error { _, err := s.Reading(t.Context(), messages); return err }},
		"synced by":    {"run_entities", func(s *sqlite.Store) error { _, err := s.SyncedBy(t.Context(), "messages", time.Now()); return err }},
	} {
		var pages []int
		if err := db.SelectContext(t.Context(), &pages, "select rootpage from sqlite_master where tbl_name = ? and rootpage > 0", c.table); err != nil {
			t.Fatal(err)
		}
		file := bytes.Clone(whole)
		for _, page := range pages {
			for i := range size {
				file[(page-1)*size+i] ^= 0x55
			}
		}
		path := filepath.Join(t.TempDir(), "damaged.db")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: time.Now})
		if err == nil {
			defer s.Close()
			if c.read != nil {
				err = c.read(s)
			}
		}
		if !errors.Is(err, store.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
