package export

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// tableWriter writes a database with one table. It makes the file aside, since a
// database is not written from its beginning to its end.
type tableWriter struct {
	out    io.Writer
	path   string
	db     *sql.DB
	tx     *sql.Tx
	insert *sql.Stmt
	cells  []any
}

func newTable(ctx context.Context, w io.Writer, r Result, scratch string) (*tableWriter, error) {
	file, err := os.CreateTemp(scratch, ".ciomirror-*.part")
	if err != nil {
		return nil, fmt.Errorf("set rows aside: %w", err)
	}
	t := &tableWriter{out: w, path: file.Name(), cells: make([]any, len(r.Columns))}
	if err = file.Close(); err == nil {
		err = t.begin(ctx, r)
	}
	if err != nil {
		t.drop()
		return nil, err
	}
	return t, nil
}

// begin makes the table. Its columns take any value as it is: a type would have a
// number that does not fit the type changed into one that does.
func (t *tableWriter) begin(ctx context.Context, r Result) (err error) {
	// Without a journal: a file that is not finished is thrown away.
	t.db, err = sql.Open("sqlite", "file:"+(&url.URL{Path: t.path}).EscapedPath()+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)")
	if err != nil {
		return err
	}
	t.db.SetMaxOpenConns(1)
	if t.tx, err = t.db.BeginTx(ctx, nil); err != nil {
		return err
	}
	var columns []string
	for _, c := range r.Columns {
		columns = append(columns, quoted(c.Name)+" any")
	}
	if _, err = t.tx.ExecContext(ctx, fmt.Sprintf("create table %s (%s) strict", quoted(r.Name), strings.Join(columns, ", "))); err != nil {
		return err
	}
	t.insert, err = t.tx.PrepareContext(ctx, fmt.Sprintf("insert into %s values (%s)", quoted(r.Name), strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")))
	return err
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (t *tableWriter) write(ctx context.Context, values []any) error {
	for i, v := range values {
		if raw, ok := v.(json.RawMessage); ok {
			v = string(raw)
		}
		t.cells[i] = v
	}
	_, err := t.insert.ExecContext(ctx, t.cells...)
	return err
}

func (t *tableWriter) close(ctx context.Context) error {
	if err := t.tx.Commit(); err != nil {
		return err
	}
	if err := t.db.Close(); err != nil {
		return err
	}
	file, err := os.Open(t.path)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err = io.Copy(t.out, file)
	return err
}

func (t *tableWriter) drop() {
	if t.tx != nil {
		_ = t.tx.Rollback() // otherwise the file stays open, and its room on the disk taken, until ctx ends
	}
	if t.db != nil {
		_ = t.db.Close()
	}
	_ = os.Remove(t.path)
}
