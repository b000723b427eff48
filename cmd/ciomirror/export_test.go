package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"ciomirror/catalog"
)

// cellsOf asks the mirror, behind the program's back, for the fields of an entity as
// CSV shows them.
func cellsOf(t *testing.T, db string, e *catalog.Entity) (names []string, rows [][]string) {
	t.Helper()
	var shown []string
	for _, f := range e.Fields {
		names = append(names, f.Name)
		column := fmt.Sprintf("%q", f.Name)
		if f.SearchKind() == catalog.Boolean {
			column = "case " + column + " when 1 then 'true' when 0 then 'false' else " + column + " end"
		}
		shown = append(shown, column)
	}
	for _, d := range e.Derived {
		names = append(names, d.Name)
		shown = append(shown, fmt.Sprintf("%q", d.Name))
	}
	rows, err := queryFile(t.Context(), db, fmt.Sprintf("select %s from %q order by %s", strings.Join(shown, ", "), e.Name, `"`+strings.Join(e.Key, `", "`)+`"`))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for i, f := range e.Fields {
			if k := f.Kind(); k == catalog.Array || k == catalog.Object {
				row[i] = plain(json.RawMessage(row[i])) // a text in their place is bare
			}
		}
	}
	return names, rows
}

// TestEveryEntityIsExportedWhole: each format has every row and every field, which
// the mirror's file says by itself.
func TestEveryEntityIsExportedWhole(t *testing.T) {
	db, dir := filepath.Join(newFixture(t).dir, "day.db"), t.TempDir()
	total := 0
	for _, e := range catalog.Default().Mirrored() {
		names, want := cellsOf(t, db, e)
		total += len(want)
		for _, format := range []string{"csv", "jsonl", "parquet", "db"} {
			file := filepath.Join(dir, e.Name+"."+format)
			code, stdout, stderr := inProcess(t, db, "export", e.Name, "--to", file)
			if code != exitOK || stderr != "" && len(want) > 0 {
				t.Fatalf("%s as %s: exit code %d, %s", e.Name, format, code, stderr)
			}
			var report struct{ Rows int }
			if err := json.Unmarshal([]byte(stdout), &report); err != nil || report.Rows != len(want) {
				t.Errorf("%s as %s: %s, want %d rows", e.Name, format, stdout, len(want))
			}
			readers := map[string]func(*testing.T, string, string) ([]string, [][]string){"csv": readCSV, "jsonl": readLines, "parquet": readParquet, "db": readTable}
			head, got := readers[format](t, file, e.Name)
			if !slices.Equal(head, names) {
				t.Errorf("%s as %s: the columns are %q, want %q", e.Name, format, head, names)
			}
			if len(got) != len(want) {
				t.Errorf("%s as %s: %d rows, want %d", e.Name, format, len(got), len(want))
			}
			for i := range min(len(got), len(want)) {
				if !slices.Equal(got[i], want[i]) {
					t.Fatalf("%s as %s, row %d is\n%q\nwant\n%q", e.Name, format, i, got[i], want[i])
				}
			}
		}
	}
	if total < 1000 {
		t.Errorf("only %d rows in all: they prove little", total)
	}
}

func readCSV(t *testing.T, file, _ string) ([]string, [][]string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %v", file, err)
	}
	return all[0], all[1:]
}

func readLines(t *testing.T, file, name string) (head []string, rows [][]string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		columns, records, err := columnsOf([]json.RawMessage{json.RawMessage(line)})
		if err != nil {
			t.Fatal(err)
		}
		head = columns
		row := make([]string, len(columns))
		for i, c := range columns {
			row[i] = plain(records[0][c])
		}
		rows = append(rows, row)
	}
	if head == nil { // nothing says what an empty file would have had
		e, _ := catalog.Default().Entity(name)
		for _, f := range e.Fields {
			head = append(head, f.Name)
		}
		for _, d := range e.Derived {
			head = append(head, d.Name)
		}
	}
	return head, rows
}

func readTable(t *testing.T, file, name string) (head []string, rows [][]string) {
	t.Helper()
	e, _ := catalog.Default().Entity(name)
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := queryDB(t.Context(), db, fmt.Sprintf("select name from pragma_table_info(%q)", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		head = append(head, f[0])
	}
	_, rows = cellsOf(t, file, e)
	return head, rows
}

func readParquet(t *testing.T, file, _ string) (head []string, rows [][]string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	fields := p.Schema().Fields()
	for _, f := range fields {
		head = append(head, f.Name())
	}
	for _, group := range p.RowGroups() {
		reader, buffer := group.Rows(), make([]parquet.Row, 100)
		for err = nil; err == nil; {
			var n int
			n, err = reader.ReadRows(buffer)
			for _, values := range buffer[:n] {
				row := make([]string, len(values))
				for i, v := range values {
					switch {
					case v.IsNull():
					case strings.HasPrefix(fields[i].Type().String(), "TIMESTAMP"):
						row[i] = fmt.Sprint(v.Int64() / 1000)
					case fields[i].Type().String() == "JSON":
						row[i] = plain(v.ByteArray())
					default:
						row[i] = v.String()
					}
				}
				rows = append(rows, row)
			}
		}
		if err != io.EOF {
			t.Fatal(err)
		}
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return head, rows
}

// endless is a statement of many rows.
const endless = "with recursive r(n) as (select 1 union all select n + 1 from r where n < 1000000) select n from r"

// exporting is the program on a clock of its own, which tick moves on.
func exporting(db string, tick func() time.Time) (a *app, out, problems *bytes.Buffer) {
	out, problems = &bytes.Buffer{}, &bytes.Buffer{}
	return &app{in: strings.NewReader(""), out: out, err: problems, now: tick, env: func(name string) (string, bool) {
		v, ok := map[string]string{"CIOMIRROR_DB": db, "TERM": "xterm"}[name]
		return v, ok
	}}, out, problems
}

func TestAnInterruptedExportLeavesNothing(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	asked := 0
	a, _, problems := exporting(filepath.Join(newFixture(t).dir, "day.db"), func() time.Time {
		if asked++; asked == 20 {
			stop()
		}
		return time.Unix(1_790_000_000, 0)
	})
	a.terminal.err = true // so that it looks at the clock as it goes
	dir := t.TempDir()
	if code := a.run(ctx, []string{"export", "--sql", endless, "--to", filepath.Join(dir, "x.parquet")}); code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, problems)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

func TestProgressIsForTerminalsAndLongExports(t *testing.T) {
	db := filepath.Join(newFixture(t).dir, "day.db")
	for _, c := range []struct {
		name     string
		step     time.Duration // of the clock, each time it is looked at
		terminal bool
		flags    []string
		told     bool
	}{
		{"long, on a terminal", time.Second, true, nil, true},
		{"short, on a terminal", time.Microsecond, true, nil, false},
		{"long, elsewhere", time.Second, false, nil, false},
		{"long, but quiet", time.Second, true, []string{"-q"}, false},
	} {
		now := time.Unix(1_790_000_000, 0)
		a, _, problems := exporting(db, func() time.Time { now = now.Add(c.step); return now })
		a.terminal.err = c.terminal
		args := append([]string{"export", "--sql", endless, "--limit", "50000", "--to", filepath.Join(t.TempDir(), "x.csv")}, c.flags...)
		if code := a.run(t.Context(), args); code != exitOK {
			t.Fatalf("%s: exit code %d: %s", c.name, code, problems)
		}
		if got := strings.Contains(problems.String(), "\rresult: 5000 rows"); got != c.told {
			t.Errorf("%s: %q", c.name, problems)
		}
		if c.told != strings.Contains(problems.String(), "\r\x1b[K") {
			t.Errorf("%s: the line is not taken away: %q", c.name, problems)
		}
	}
}

// TestATerminalGetsNoControlCodes: of an export too, though a file gets every byte.
func TestATerminalGetsNoControlCodes(t *testing.T) {
	db := filepath.Join(newFixture(t).dir, "day.db")
	statement := `select char(27) || '[2J' || char(155) || char(8238) || 'ü' as x`
	a, out, problems := exporting(db, time.Now)
	a.terminal.out = true
	if code := a.run(t.Context(), []string{"export", "--sql", statement, "--to", "-", "--format", "csv"}); code != exitOK || out.String() != "x\n\uFFFD[2J\uFFFD\uFFFDü\n" {
		t.Errorf("exit code %d, %q, %s", code, out, problems)
	}
	a, out, _ = exporting(db, time.Now)
	if code := a.run(t.Context(), []string{"export", "--sql", statement, "--to", "-", "--format", "csv"}); code != exitOK || out.String() != "x\n\x1b[2J\u009b\u202eü\n" {
		t.Errorf("in a pipe: exit code %d, %q", code, out)
	}
	for _, format := range []string{"parquet", "sqlite"} {
		a, out, problems = exporting(db, time.Now)
		a.terminal.out = true
		if code := a.run(t.Context(), []string{"export", "segments", "--to", "-", "--format", format}); code != exitUsage || out.Len() > 0 || !strings.Contains(problems.String(), "not for a terminal") {
			t.Errorf("%s on a terminal: exit code %d, %d bytes, %s", format, code, out.Len(), problems)
		}
	}
}
