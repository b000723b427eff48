package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ciomirror/catalog"
	"ciomirror/sim"
)

// dump is the content of a mirror by table: each entity's live rows, and its
// history with the kind of change. A row is its cells as text. Volatile columns
// and those of the mirror's own book-keeping, whose names begin with an
// underscore, are left out: two mirrors of one workspace differ in them.
type dump map[string][]string

// dumpOf reads a mirror that nobody writes to.
func dumpOf(t *testing.T, path string) dump {
	t.Helper()
	return contentIn(t, readOnly(t, path))
}

func contentIn(t *testing.T, db *sql.DB) dump {
	t.Helper()
	d := dump{}
	for _, e := range catalog.Default().Mirrored() {
		columns := contentOf(t, db, e)
		d[e.Name] = texts(t, db, fmt.Sprintf(`select %s from %q`, columns, e.Name))
		d[e.Name+"_history"] = texts(t, db, fmt.Sprintf(`select %s || '|' || _change from %q`, columns, e.Name+"_history"))
		if !e.List.Complete {
			continue // nothing of it is ever set aside
		}
		d["_"+e.Name+"_stage"] = texts(t, db, fmt.Sprintf(`select %s from %q`, columns, "_"+e.Name+"_stage"))
	}
	return d
}

// contentOf is the SQL for one text out of an entity's columns.
func contentOf(t *testing.T, db *sql.DB, e *catalog.Entity) string {
	t.Helper()
	var columns []string
	for _, name := range texts(t, db, fmt.Sprintf(`select name from pragma_table_info(%q) order by cid`, e.Name)) {
		if f, ok := e.Field(name); strings.HasPrefix(name, "_") || ok && f.Is(catalog.Volatile) {
			continue
		}
		columns = append(columns, fmt.Sprintf(`quote(%q)`, name))
	}
	return strings.Join(columns, ` || '|' || `)
}

// count is the number of rows in the tables whose names end so.
func (d dump) count(suffix string) (n int) {
	for table, rows := range d {
		if strings.HasSuffix(table, suffix) {
			n += len(rows)
		}
	}
	return n
}

// differences says which rows got lacks and which it has too many, per table and
// as often as they occur.
func (want dump) differences(got dump) []string {
	var found []string
	for _, table := range tablesOf(want, got) {
		surplus := map[string]int{}
		for _, row := range got[table] {
			surplus[row]++
		}
		for _, row := range want[table] {
			surplus[row]--
		}
		for row, n := range surplus {
			switch {
			case n < 0:
				found = append(found, fmt.Sprintf("%s: %d of %s are lost", table, -n, shortened(row)))
			case n > 0:
				found = append(found, fmt.Sprintf("%s: %d of %s are too many", table, n, shortened(row)))
			}
		}
	}
	slices.Sort(found)
	return found
}

func tablesOf(dumps ...dump) []string {
	var names []string
	for _, d := range dumps {
		for name := range d {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func shortened(row string) string {
	if len(row) > 200 {
		return row[:200] + "…"
	}
	return row
}

// wantSame compares two mirrors.
func wantSame(t *testing.T, want, got dump) {
	t.Helper()
	if d := want.differences(got); len(d) > 0 {
		t.Errorf("%d differences, among them:\n%s", len(d), strings.Join(d[:min(len(d), 10)], "\n"))
	}
}

func readOnly(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(5000)&_pragma=query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// texts are the rows of a query of one column.
func texts(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		found = append(found, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return found
}

// remains copies what a killed process left of a mirror, the WAL with it, so that
// looking at it recovers nothing that the next run should have to recover. It
// returns the copy's path.
func remains(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "mirror.db")
	for _, end := range []string{"", "-wal"} {
		if err := copyFile(path+end, to+end); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return to
}

// TestTheComparisonSeesOneRow: what the crash tests compare by must turn red for
// the smallest loss and the smallest surplus.
func TestTheComparisonSeesOneRow(t *testing.T) {
	t.Parallel()
	m := newWorkspace(t, sim.Options{Seed: 1}).mirror(t)
	m.mustSync("campaign_actions", "segments", "snippets")
	want := dumpOf(t, m.db)
	if d := want.differences(dumpOf(t, m.db)); len(d) != 0 {
		t.Fatalf("a mirror differs from itself: %v", d)
	}
	// The schema itself refuses a row's exact double.
	double := `insert into snippets select * from snippets limit 1`
	if _, err := damaged(t, m.db).ExecContext(t.Context(), double); err == nil {
		t.Error("a key can be there twice")
	}
	for name, c := range map[string]struct{ damage, told string }{
		"a row is dropped": {`delete from campaign_actions where rowid = (select max(rowid) from campaign_actions)`, "campaign_actions: 1 of"},
		"a row is there twice": {`insert into snippets (name, value, updated_at, _hash, _first_seen, _changed_at, _run)
			select name || ' ', value, updated_at, _hash, _first_seen, _changed_at, _run from snippets limit 1`, "snippets: 1 of"},
		"a version is there twice": {`insert into segments_history (id, _hash, _first_seen, _valid_from, _valid_to, _change, _run)
			select id, _hash, _first_seen, 1, 2, 'changed', _run from segments limit 1`, "segments_history: 1 of"},
		"a value is dropped":   {`update campaign_actions set campaign_id = 0 where rowid = 1`, "campaign_actions: 1 of"},
		"a row was left aside": {`insert into _snippets_stage (name, _hash, _change) select name, _hash, 'same' from snippets limit 1`, "_snippets_stage: 1 of"},
	} {
		t.Run(name, func(t *testing.T) {
			db := damaged(t, m.db)
			if r, err := db.ExecContext(t.Context(), c.damage); err != nil {
				t.Fatal(err)
			} else if n, _ := r.RowsAffected(); n != 1 {
				t.Fatalf("%d rows damaged, want 1", n)
			}
			if d := strings.Join(want.differences(contentIn(t, db)), "\n"); !strings.Contains(d, c.told) {
				t.Errorf("told %q, want %q in it", d, c.told)
			}
		})
	}
}

// damaged opens a copy of a mirror for writing, behind the program's back.
func damaged(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", remains(t, path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
