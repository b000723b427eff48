package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"ciomirror/export"
	"ciomirror/server/page"
	"ciomirror/store"
)

var _ page.Exporter = (*pageMirror)(nil)

// pageEndings are the files that a browser can be sent. A database is none that one
// opens by a click.
var pageEndings = []page.Ending{
	{Name: "csv", Type: "text/csv; charset=utf-8"}, {Name: "jsonl", Type: "application/jsonl"},
	{Name: "parquet", Type: "application/vnd.apache.parquet"}, {Name: "md", Type: "text/markdown; charset=utf-8"},
}

// ExportSearch implements page.Exporter.
func (m *pageMirror) ExportSearch(ctx context.Context, w io.Writer, ending string, s page.Search) error {
	return m.at(ctx, s.AsOf, func(r store.Reader) error {
		result, err := searchResult(ctx, r, s.Entity, s.Params, false, true, s.AsOf) // its fields are named, as by --fields
		if err != nil {
			return err
		}
		return m.write(ctx, w, ending, result)
	})
}

// ExportQuestion implements page.Exporter.
func (m *pageMirror) ExportQuestion(ctx context.Context, w io.Writer, ending string, q page.Question) error {
	params, err := boundValues(q)
	if err != nil {
		return asked(ctx, err)
	}
	return m.at(ctx, q.AsOf, func(r store.Reader) error {
		result, err := statementResult(ctx, r, "answer", q.SQL, params)
		if err != nil {
			return err
		}
		return m.write(ctx, w, ending, result)
	})
}

// write keeps spreadsheets from taking names for formulas: a download is opened by
// a click.
func (m *pageMirror) write(ctx context.Context, w io.Writer, ending string, r export.Result) error {
	o := export.Options{SafeCSV: ending == string(export.CSV), Scratch: filepath.Dir(m.a.settings.DB)}
	if _, err := export.Write(ctx, w, export.FormatOf("x."+ending), r, o); err != nil {
		return fmt.Errorf("send %s: %w", r.Name, err)
	}
	return nil
}
