package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"

	"ciomirror/export"
	"ciomirror/internal/newfile"
)

type exportOptions struct {
	to, format  string
	safe, force bool
	limit       int
	exportQuestion
}

func (a *app) exportCommand() *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   "export [ENTITY] --to FILE",
		Short: "Write a table, a search or a statement's answer to a file",
		Long: `export writes all rows of an entity, or of any table or view (ciomirror schema lists them),
those that a search finds, the answer to a statement, or that of a saved query. The ending
of the file says how: .csv, .tsv, .jsonl, .md, .parquet, .db (SQLite); --format overrules
it, and --to - is stdout. The file appears whole or not at all, and a sync may go on
meanwhile. An entity has all its fields unless --fields names some, in the API's units; in
Parquet times are timestamps.

As JSON: {"file","format","rows","bytes","widened"}; widened are the columns of a Parquet
file that became text, because a value did not fit their type.`,
		Example: `  ciomirror export campaigns --to campaigns.parquet
  ciomirror export messages --filter '{"gte":{"created":"2026-11-01"}}' --fields id,created,subject --to november.csv --safe-csv
  ciomirror export segments --as-of before-launch --to segments.db
  ciomirror export --sql "select * from campaign_performance" --to performance.md
  ciomirror export --query stale-campaigns --param days=14 --to - --format jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return oneArg("entity")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.entity = strings.Join(args, "")
			o.empty = emptied(cmd.Flags(), "filter", "sort", "fields", "as-of")
			o.searches = slices.ContainsFunc([]string{"filter", "where", "sort", "fields"}, cmd.Flags().Changed)
			return a.runExport(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.to, "to", "", "the file to write; - for stdout")
	f.StringVar(&o.format, "format", "", "csv, tsv, jsonl, md, parquet or sqlite, whatever the file is called")
	f.StringVar(&o.sql, "sql", "", "export the answer to this statement; @FILE or - for stdin")
	f.StringVar(&o.query, "query", "", "export the answer of this saved query")
	f.StringArrayVar(&o.params, "param", nil, "bind a parameter of the statement or the saved query: name=value")
	f.StringVar(&o.filter, "filter", "", "only the rows that this filter finds (JSON)")
	f.StringArrayVar(&o.where, "where", nil, "FIELD=VALUE: only rows that have this value; may be repeated")
	f.StringVar(&o.sort, "sort", "", "fields to sort by, - for descending: -updated,name")
	f.StringSliceVar(&o.fields, "fields", nil, "the fields to export, in this order: id,name,actions.type")
	f.StringVar(&o.asOf, "as-of", "", "export what was there at this time, or what a snapshot shows")
	f.IntVar(&o.limit, "limit", 0, "stop after so many rows; 0 for all")
	f.DurationVar(&o.timeout, "timeout", time.Hour, "give up after this long")
	f.BoolVar(&o.safe, "safe-csv", false, "put an apostrophe before what a spreadsheet could take for a formula")
	f.BoolVar(&o.force, "force", false, "replace the file if there is one")
	return cmd
}

// check finds the format, and what is wrong with the options.
func (o *exportOptions) check(toTerminal bool) (export.Format, error) {
	f := export.Format(o.format)
	if o.format == "" {
		f = export.FormatOf(o.to)
	}
	known := "one of: csv, tsv, jsonl, md, parquet, sqlite"
	switch {
	case o.to == "":
		return f, usageError("export needs a file to write", "for example: --to campaigns.csv, or --to - for stdout")
	case o.format != "" && !slices.Contains(export.Formats, f):
		return f, usageError(fmt.Sprintf("unknown format %q", o.format), known)
	case f == "" && o.to == "-":
		return f, usageError("stdout has no ending that says the format", "name it: --format csv; "+known)
	case f == "":
		return f, usageError(fmt.Sprintf("the ending of %q names no format", o.to), "end it in .csv, .tsv, .jsonl, .md, .parquet or .db, or say --format")
	case o.safe && f != export.CSV && f != export.TSV:
		return f, usageError("--safe-csv is for csv and tsv", "leave it out: no other format is read by spreadsheets as formulas")
	case o.to == "-" && f.Binary() && toTerminal:
		return f, usageError(fmt.Sprintf("%s is not for a terminal", f), "name a file, or redirect stdout")
	case o.limit < 0:
		return f, usageError("--limit cannot be negative", "0 means all rows")
	case o.timeout <= 0:
		return f, usageError("--timeout must be more than nothing", "for example: --timeout 2h")
	}
	return f, o.exportQuestion.check()
}

func (a *app) runExport(ctx context.Context, o exportOptions) (err error) {
	f, err := o.check(a.terminal.out)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	m, reader, done, err := a.openAsOf(ctx, o.asOf)
	if err != nil {
		return err
	}
	defer done()
	defer func() { err = unfinished(err, o.timeout) }()
	result, err := a.exportResult(ctx, reader, o.exportQuestion)
	if err != nil {
		return err
	}
	more := false
	result.Rows = firstRows(result.Rows, o.limit, &more)
	progress := a.newRowsProgress(result.Name)
	options := export.Options{SafeCSV: o.safe, Progress: progress.update}
	written, err := a.writeExport(ctx, o, f, result, options)
	progress.done()
	if err != nil {
		return fileFailed(o.to, err)
	}
	if written.Rows == 0 && o.entity != "" {
		a.hintEmpty(ctx, m, o.entity)
	}
	for _, column := range written.Widened {
		a.say("%s: not every value fits the type of %s, so the column is text", result.Name, column)
	}
	if more {
		fmt.Fprintln(a.err, "more rows: raise --limit")
	}
	return a.tellExport(o.to, f, written)
}

// writeExport writes to the file, or to stdout.
func (a *app) writeExport(ctx context.Context, o exportOptions, f export.Format, r export.Result, options export.Options) (export.Written, error) {
	if o.to != "-" {
		return export.File(ctx, filepath.Clean(o.to), newfile.Options{Replace: o.force, Spare: a.settings.DB}, f, r, options)
	}
	options.Scratch = filepath.Dir(a.settings.DB) // where people's data already is
	if !a.terminal.out {
		return export.Write(ctx, a.out, f, r, options)
	}
	out := transform.NewWriter(a.out, runes.Map(printableRune))
	written, err := export.Write(ctx, out, f, r, options)
	return written, errors.Join(err, out.Close())
}

// fileFailed says what to do about a file that could not be written.
func fileFailed(path string, err error) error {
	p := &problem{Type: "error", Message: err.Error(), Status: 500, exit: exitGeneral}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.Hint = "make the folder first: mkdir -p " + filepath.Dir(path)
	case errors.Is(err, fs.ErrPermission):
		p.Hint = "name a folder in which you may write"
	case errors.Is(err, syscall.ENOSPC):
		p.Status, p.Hint = 507, "make room: nothing is left of the file"
	default:
		return err
	}
	return p
}

func (a *app) tellExport(path string, f export.Format, w export.Written) error {
	if path == "-" {
		return nil
	}
	if a.readable() {
		_, err := fmt.Fprintf(a.out, "%s  %d rows  %s\n", path, w.Rows, megabytes(w.Bytes))
		return err
	}
	return a.printJSON(struct {
		File    string        `json:"file"`
		Format  export.Format `json:"format"`
		Rows    int64         `json:"rows"`
		Bytes   int64         `json:"bytes"`
		Widened []string      `json:"widened"`
	}{path, f, w.Rows, w.Bytes, append([]string{}, w.Widened...)})
}

// rowsProgress tells a person on a terminal how many rows were read, once that takes
// more than a second.
type rowsProgress struct {
	app         *app
	name        string
	begun, last time.Time
	shown       bool
}

func (a *app) newRowsProgress(name string) *rowsProgress {
	return &rowsProgress{app: a, name: name, begun: a.now()}
}

func (p *rowsProgress) update(rows int64) {
	if !p.app.terminal.err || p.app.settings.quiet || envValue(p.app.env, "TERM") == "dumb" {
		return
	}
	now := p.app.now()
	if now.Sub(p.begun) < time.Second || now.Sub(p.last) < time.Second/10 {
		return
	}
	p.last, p.shown = now, true
	fmt.Fprintf(p.app.err, "\r%s: %d rows", printable(p.name), rows)
}

// done takes the line away.
func (p *rowsProgress) done() {
	if p.shown {
		fmt.Fprint(p.app.err, wipe)
	}
}
