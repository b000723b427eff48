package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"
	"github.com/google/go-cmp/cmp"

	"ciomirror/store"
	"ciomirror/store/sqlite"
	"ciomirror/store/storetest"
)

// dying is a context that ends when it has been looked at n times, which is
// anywhere between two steps of what it is given to.
type dying struct {
	context.Context
	left   atomic.Int64
	cancel context.CancelFunc
}

func dieAfter(t *testing.T, n int64) *dying {
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	d := &dying{Context: ctx, cancel: cancel}
	d.left.Store(n)
	return d
}

func (d *dying) Done() <-chan struct{} {
	if d.left.Add(-1) == 0 {
		d.cancel()
	}
	return d.Context.Done()
}

// past is a mirror with days of changes to many showers, and a snapshot of each day.
type past struct {
	*testing.T
	s     *sqlite.Store
	path  string
	clock time.Time
	days  []time.Time // an instant of each day, with its snapshot
}

func newPast(t *testing.T, rows, days int) *past {
	t.Helper()
	p := &past{T: t, path: filepath.Join(t.TempDir(), "mirror.db"), clock: time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)}
	p.reopen()
	e, _ := storetest.Catalog().Entity("showers")
	table := store.NewTable(e)
	dec := store.NewDecoder(table)
	if err := p.s.Bind(t.Context(), "the key", false); err != nil {
		t.Fatal(err)
	}
	for day := range days {
		p.clock = p.clock.Add(24 * time.Hour)
		var records []store.Row
		for i := range rows {
			row, err := dec.Decode(fmt.Appendf(nil, `{"id":"%d","created":%d,"litres":{"north":%d}}`, i, i, day), "")
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, row)
		}
		r, err := p.s.StartRun(t.Context(), store.Claim{Mode: store.All})
		if err == nil {
			_, err = r.Write(t.Context(), table, records)
		}
		if err == nil {
			err = r.Report(t.Context(), store.EntityReport{Entity: "showers", Status: store.Complete})
		}
		if err == nil {
			err = r.Finish(t.Context(), store.Complete, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.s.CreateSnapshot(t.Context(), fmt.Sprint("day-", day), "")
		if err != nil {
			t.Fatal(err)
		}
		p.days = append(p.days, s.At)
	}
	return p
}

func (p *past) reopen() {
	p.Helper()
	if p.s != nil {
		if err := p.s.Close(); err != nil {
			p.Fatal(err)
		}
	}
	p.s = open(p.T, p.path, sqlite.Options{Create: true, Now: func() time.Time { return p.clock }, Migrations: steps(p.T, storetest.Catalog())})
}

const (
	everyShower = "select id, created, litres, litres_north, hex(_hash), _first_seen, _changed_at, _run from showers order by id"
	allShowers  = "select count(*), count(distinct id), sum(litres_north), sum(_changed_at), sum(_run) from showers"
)

// dump asks for the showers of an instant; nil is the answer for a pruned one.
func (p *past) dump(s *sqlite.Store, at time.Time, statement string) (lines []string) {
	p.Helper()
	r, err := s.AsOf(p.Context(), at)
	if errors.Is(err, store.ErrPruned) {
		return nil
	}
	if err != nil {
		p.Fatal(err)
	}
	defer r.Close()
	for cells, err := range r.Rows(p.Context(), sq.Expr(statement)) {
		if err != nil {
			p.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(cells))
	}
	return lines
}

// TestAPruneStoppedAnywhereShowsNothingHalf: whatever moment a prune ends at, every
// instant is as it was or forgotten, and the next prune forgets the rest.
func TestAPruneStoppedAnywhereShowsNothingHalf(t *testing.T) {
	p := newPast(t, 6000, 4) // three days of versions are four chunks
	var before [][]string
	for _, at := range p.days {
		before = append(before, p.dump(p.s, at, allShowers))
	}
	p.clock = p.clock.Add(25 * time.Hour)
	keep := store.Keep{Days: 1, Monthly: 1}
	kept := len(p.days) - 1 // the snapshot of that day alone
	stopped := 0
	var last store.Pruned
	for n := int64(1); ; n += 1 + n/3 {
		pruned, err := p.s.Prune(dieAfter(t, n), keep, false)
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		p.reopen()
		for i, at := range p.days {
			got := p.dump(p.s, at, allShowers)
			if got == nil && i != kept {
				continue
			}
			if d := cmp.Diff(before[i], got); d != "" {
				t.Fatalf("stopped after %d looks, day %d is not what it was (-before +after):\n%s", n, i, d)
			}
		}
		if last = pruned; err == nil {
			break
		}
		stopped++
	}
	var left int64
	for cells, err := range p.s.Rows(t.Context(), sq.Expr("select count(*) from showers_history")) {
		if err != nil {
			t.Fatal(err)
		}
		left, _ = cells[0].(int64)
	}
	if stopped < 3 || left != 0 || last.Horizon.IsZero() {
		t.Errorf("stopped %d times; %d versions are left; the last prune: %+v", stopped, left, last)
	}
}

func TestAnExportIsAMirrorOfThatInstantAlone(t *testing.T) {
	p := newPast(t, 500, 3)
	path := filepath.Join(t.TempDir(), "day-1.db")
	x, err := p.s.ExportSnapshot(t.Context(), "day-1", path, false)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() != x.Bytes || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v; %d bytes reported", info, err, x.Bytes)
	}
	if d := cmp.Diff([]store.EntityRows{{Entity: "plants"}, {Entity: "leaves"}, {Entity: "showers", Rows: 500}}, x.Entities); d != "" {
		t.Error(d)
	}
	alone(t, path)
	if d := cmp.Diff(schemaOf(t, p.path), schemaOf(t, path), cmp.FilterPath(func(path cmp.Path) bool {
		return len(path) > 1 && path.Index(1).String() == `["sqlite_stat4"]`
	}, cmp.Ignore())); d != "" {
		t.Errorf("the schema (-mirror +export):\n%s", d)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for statement, want := range map[string]string{
		"select count(*) from showers_history":                                    "0",
		"select group_concat(id) from runs":                                       "2",
		"select group_concat(run || entity) from run_entities":                    "2showers",
		"select group_concat(name) from snapshots":                                "day-1",
		"select group_concat(name) from (select name from _mirror order by name)": "clock,horizon",
		"select count(*) > 0 from sqlite_stat1":                                   "1",
		"select * from pragma_integrity_check":                                    "ok",
		"select * from pragma_journal_mode":                                       "delete",
	} {
		var got string
		if err := db.QueryRowContext(t.Context(), statement).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %s, want %s; %v", statement, got, want, err)
		}
	}
	copied := open(t, path, sqlite.Options{Now: func() time.Time { return p.clock }, Migrations: steps(t, storetest.Catalog())})
	want := p.dump(p.s, p.days[1], everyShower)
	for _, at := range []time.Time{p.days[1], p.clock} {
		if d := cmp.Diff(want, p.dump(copied, at, everyShower)); d != "" {
			t.Errorf("as of %s (-mirror +export):\n%s", at, d)
		}
	}
	if p.dump(copied, p.days[1].Add(-time.Millisecond), everyShower) != nil {
		t.Error("the export tells of a time before its own")
	}
}

// alone fails when anything lies beside a file.
func alone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(path) {
			t.Errorf("%s lies beside the export", e.Name())
		}
	}
}

func TestAnExportStoppedAnywhereLeavesNothing(t *testing.T) {
	p := newPast(t, 20, 2)
	dir := t.TempDir()
	stopped, step := 0, int64(7)
	if testing.Short() {
		step = 40
	}
	for n := int64(1); ; n += step {
		_, err := p.s.ExportSnapshot(dieAfter(t, n), "day-0", filepath.Join(dir, "day-0.db"), false)
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
			t.Fatalf("stopped after %d looks: %v is left, %v", n, entries, err)
		}
		stopped++
	}
	if stopped < 3 {
		t.Errorf("stopped %d times only", stopped)
	}
}

func TestAnExportReplacesOnlyWhatItMay(t *testing.T) {
	p := newPast(t, 1, 1)
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	busy := file("busy.db", "")
	file("busy.db-wal", "somebody writes")
	for _, refused := range []struct {
		path    string
		replace bool
		want    error
	}{{file("there.db", "dear diary"), false, store.ErrFileExists}, {busy, true, store.ErrFileExists}, {p.path, true, store.ErrItself}, {dir, true, store.ErrFileExists}} {
		if _, err := p.s.ExportSnapshot(t.Context(), "day-0", refused.path, refused.replace); !errors.Is(err, refused.want) {
			t.Errorf("%s: %v, want %v", refused.path, err, refused.want)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "there.db")); err != nil || string(text) != "dear diary" {
		t.Errorf("what was there is %q now, %v", text, err)
	}
	if _, err := p.s.ExportSnapshot(t.Context(), "day-0", filepath.Join(dir, "there.db"), true); err != nil {
		t.Error(err)
	}
	if _, err := p.s.ExportSnapshot(t.Context(), "day-9", filepath.Join(dir, "none.db"), false); !errors.Is(err, store.ErrNoSnapshot) {
		t.Errorf("an unknown name: %v", err)
	}
	if _, err := p.s.ExportSnapshot(t.Context(), "day-0", filepath.Join(dir, "none", "x.db"), false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
}
