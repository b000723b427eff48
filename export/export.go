package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"ciomirror/internal/newfile"
)

// Format is how rows are written.
type Format string

// The formats. In those of text a time is Unix seconds, as the API has it, but for
// Markdown, and what is no UTF-8 has U+FFFD in its place.
const (
	// CSV has a head, a comma between cells, and lists and objects as JSON. Nothing
	// stands for null, and for an empty text too.
	CSV Format = "csv"
	// TSV is CSV with tabs.
	TSV Format = "tsv"
	// JSONL is an object a line, as a search prints it.
	JSONL Format = "jsonl"
	// Markdown is a table for people: times in words, line breaks as <br>, control
	// codes as U+FFFD, nothing that a renderer would take for a mark.
	Markdown Format = "md"
	// Parquet has times as timestamps (ms, UTC) and lists and objects as JSON. It is
	// compressed with zstd.
	Parquet Format = "parquet"
	// SQLite is a database with one table. Booleans are 0 and 1, times Unix seconds,
	// and numbers beyond 64 bits text.
	SQLite Format = "sqlite"
)

// Formats are all of them.
var Formats = []Format{CSV, TSV, JSONL, Markdown, Parquet, SQLite}

// FormatOf is the format that a file's name ends in, "" for none.
func FormatOf(path string) Format {
	switch ext := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), ".")); ext {
	case "db", "sqlite3":
		return SQLite
	case "ndjson":
		return JSONL
	case "markdown":
		return Markdown
	default:
		if f := Format(ext); slices.Contains(Formats, f) {
			return f
		}
		return ""
	}
}

// Binary reports whether the format is none for a terminal.
func (f Format) Binary() bool { return f == Parquet || f == SQLite }

// Type is the type of a column. Integer, Number, Boolean and Time are promises that
// the values may break: see the package.
type Type uint8

// The types. A column without one (0) gets the narrowest that all its values fit.
const (
	Text    Type = iota + 1
	Integer      // int64
	Number       // float64
	Boolean
	Time  // int64, Unix seconds
	JSON  // any value
	Bytes // []byte
)

// Column is one column of the rows.
type Column struct {
	Name string
	Type Type
}

// Result is what there is to write.
type Result struct {
	// Name is what the rows are: the table in SQLite.
	Name    string
	Columns []Column
	// Sparse: a nil value is not there, rather than null. JSON lines leave it out.
	Sparse bool
	// Rows yields the values of each row, valid until the next one: nil, bool, int64,
	// float64, string, []byte, or JSON text as json.RawMessage. Whatever happens it
	// is ranged over once, so that it may hold what it lets go of then.
	Rows iter.Seq2[[]any, error]
}

// Options say how to write.
type Options struct {
	// SafeCSV keeps spreadsheets from taking texts for formulas, which changes them.
	// It is for CSV and TSV.
	SafeCSV bool
	// Scratch is the folder for what Parquet and SQLite set aside while they write,
	// about as much as the rows; "" is the system's for temporary files.
	Scratch string
	// MostScratch is how many bytes of rows Parquet may set aside; more is ErrTooLarge.
	// 0 is no bound.
	MostScratch int64
	// Progress is told now and then how many rows were read.
	Progress func(rows int64)
}

// Written is what was written.
type Written struct {
	Rows  int64
	Bytes int64 // of a file
	// Widened are the columns that became text, because some value did not fit.
	Widened []string
}

// writer takes rows in one format.
type writer interface {
	// write takes the values of one row and keeps none of them.
	write(ctx context.Context, values []any) error
	// close writes what is left. It is not called after an error.
	close(ctx context.Context) error
}

// dropper is a writer that sets files aside. drop removes them; it is called once,
// however the writing ended.
type dropper interface{ drop() }

func newWriter(ctx context.Context, w io.Writer, f Format, r Result, o Options) (writer, error) {
	switch f {
	case CSV, TSV:
		return newCSV(w, r.Columns, f == TSV, o.SafeCSV)
	case JSONL:
		return newLines(w, r), nil
	case Markdown:
		return newMarkdown(w, r.Columns)
	case Parquet:
		return newParquet(w, r.Columns, o)
	case SQLite:
		return newTable(ctx, w, r, o.Scratch)
	}
	return nil, fmt.Errorf("there is no format %q", f)
}

// Write writes a result. What was written when an error ended it is not whole.
func Write(ctx context.Context, w io.Writer, f Format, r Result, o Options) (Written, error) {
	written, err := write(ctx, w, f, r, o)
	if err != nil {
		if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
			err = errors.Join(ctx.Err(), err) // SQLite has its own word for it
		}
		return Written{}, fmt.Errorf("export %s: %w", r.Name, err)
	}
	return written, nil
}

func write(ctx context.Context, w io.Writer, f Format, r Result, o Options) (Written, error) {
	out, err := newWriter(ctx, w, f, r, o)
	if err != nil {
		letGo(r.Rows)
		return Written{}, err
	}
	if d, ok := out.(dropper); ok {
		defer d.drop()
	}
	n, err := copyRows(ctx, out, r.Rows, o.Progress)
	if err != nil {
		return Written{}, err
	}
	if err := out.close(ctx); err != nil {
		return Written{}, err
	}
	written := Written{Rows: n}
	if p, ok := out.(*parquetWriter); ok {
		written.Widened = p.widened
	}
	return written, nil
}

// letGo ranges over rows that nobody wants.
func letGo(rows iter.Seq2[[]any, error]) {
	rows(func([]any, error) bool { return false })
}

// told is how often, in rows, progress is told and an end is looked for.
const told = 1000

func copyRows(ctx context.Context, out writer, rows iter.Seq2[[]any, error], progress func(int64)) (n int64, err error) {
	for values, err := range rows {
		if err == nil {
			err = out.write(ctx, values)
		}
		if err != nil {
			return n, err
		}
		if n++; n%told != 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if progress != nil {
			progress(n)
		}
	}
	return n, ctx.Err()
}

// File writes a result to a file, which appears whole or not at all, for its owner
// alone. What it may replace o says; otherwise the error is newfile.ErrExists.
func File(ctx context.Context, path string, replace newfile.Options, f Format, r Result, o Options) (Written, error) {
	var written Written
	if o.Scratch == "" {
		o.Scratch = filepath.Dir(path)
	}
	begun := false
	bytes, err := newfile.Write(path, replace, func(part string) error {
		out, err := newfile.Open(part)
		if err != nil {
			return err
		}
		begun = true
		written, err = Write(ctx, out, f, r, o)
		return errors.Join(err, out.Close())
	})
	if !begun {
		letGo(r.Rows)
	}
	if err != nil {
		return Written{}, fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	written.Bytes = bytes
	return written, nil
}
