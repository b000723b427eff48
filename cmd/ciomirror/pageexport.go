package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"

	"ciomirror/export"
	"ciomirror/server/page"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

var _ page.Exporter = (*pageMirror)(nil)

// pageEndings are the files that a browser can be sent. A database is none that one
// opens by a click.
var pageEndings = []page.Ending{
	{Name: "csv", Type: "text/csv; charset=utf-8"}, {Name: "jsonl", Type: "application/jsonl"},
	{Name: "parquet", Type: "application/vnd.apache.parquet"}, {Name: "md", Type: "text/markdown; charset=utf-8"},
}

// pageDownloads is how many files the page sends at a time. At least one question can
// be asked meanwhile.
func pageDownloads() int { return min(4, sqlite.Readers()-1) }

// pageScratch is how many bytes of rows a download sets aside on the disk, which is
// shared with the mirror; all of them together four times as much.
const pageScratch = 1 << 30

// ExportSearch implements page.Exporter.
func (m *pageMirror) ExportSearch(ctx context.Context, w io.Writer, ending string, s page.Search) error {
	return m.at(ctx, s.AsOf, func(r store.Reader) error {
		result, err := searchResult(ctx, r, s.Entity, s.Params, false, s.Named, s.AsOf)
		if err != nil {
			return err
		}
		return m.write(ctx, w, ending, result, "ciomirror export "+s.Entity+" --to "+s.Entity+"."+ending)
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
		return m.write(ctx, w, ending, result, "ciomirror export --sql STATEMENT --to answer."+ending)
	})
}

// ExportSaved implements page.Exporter.
func (m *pageMirror) ExportSaved(ctx context.Context, w io.Writer, ending string, q page.SavedQuestion) error {
	question := exportQuestion{query: q.Name, asOf: q.AsOf}
	for name, value := range q.Given {
		question.params = append(question.params, name+"="+value)
	}
	return m.at(ctx, q.AsOf, func(r store.Reader) error {
		result, err := m.a.savedResult(ctx, r, question)
		if err != nil {
			return err
		}
		return m.write(ctx, w, ending, result, "ciomirror export --query "+q.Name+" --to "+q.Name+"."+ending)
	})
}

// write keeps spreadsheets from taking names for formulas: a download is opened by
// a click. command writes the same file whatever its size.
func (m *pageMirror) write(ctx context.Context, w io.Writer, ending string, r export.Result, command string) error {
	o := export.Options{SafeCSV: ending == string(export.CSV), Scratch: filepath.Dir(m.a.settings.DB), MostScratch: m.mostScratch}
	_, err := export.Write(ctx, w, export.FormatOf("x."+ending), r, o)
	if errors.Is(err, export.ErrTooLarge) {
		return &page.Problem{Status: http.StatusRequestEntityTooLarge, Message: "the rows are too many for a download in this format", Hint: "the command line writes a file of any size: " + command + "; or ask for fewer rows or columns, or for csv"}
	}
	if err != nil {
		return fmt.Errorf("send %s: %w", r.Name, err)
	}
	return nil
}
