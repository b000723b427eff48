package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"time"

	"ciomirror/catalog"
	"ciomirror/export"
	"ciomirror/query"
	"ciomirror/server/page"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// openFunc gives the mirror of now, and what to call when one is done with it.
type openFunc = func(context.Context) (s *sqlite.Store, done func(), err error)

// newPage makes the web page over the mirror that open gives. It is asked at each
// request, so that a mirror can come into being while the page is served. Live views
// end when done closes.
func (a *app) newPage(open openFunc, done <-chan struct{}) (http.Handler, error) {
	m := &pageMirror{a: a, open: open, mostScratch: pageScratch}
	o := page.Options{
		Catalog: catalog.Default(), Mirror: m, Journal: m, Library: pageLibrary{a}, Exporter: m, Endings: pageEndings,
		Downloads: pageDownloads(),
		Now:       a.now, Log: a.daemonLog(), Version: version, Done: done,
	}
	if a.settings.DB != "" {
		file, err := filepath.Abs(a.settings.DB)
		if err != nil {
			return nil, fmt.Errorf("name the mirror's file: %w", err)
		}
		o.File = file
	}
	for _, op := range query.Operators() {
		if op.Kinds != nil && op.Name != "any" { // what a line of a form can say
			o.Operators = append(o.Operators, page.Operator{Name: op.Name, Doc: op.Doc})
		}
	}
	views, err := sqlite.Views()
	if err != nil {
		return nil, fmt.Errorf("read the views: %w", err)
	}
	for _, v := range views {
		o.Views = append(o.Views, page.View{Name: v.Name, Doc: v.Doc})
	}
	return page.New(o)
}

// pageMirror answers the page's questions. It implements page.Mirror and
// page.Journal.
type pageMirror struct {
	a    *app
	open openFunc
	// mostScratch is how many bytes a download may set aside on the disk.
	mostScratch int64
}

var (
	_ page.Mirror  = (*pageMirror)(nil)
	_ page.Journal = (*pageMirror)(nil)
)

// asked makes an error one that the page can show, if a person can do something
// about it.
func asked(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	p := problemOf(ctx, err)
	if p.Status >= http.StatusInternalServerError && p.Hint == "" || errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return err
	}
	return &page.Problem{Status: p.Status, Message: p.Message, Hint: p.Hint}
}

// at runs f on the mirror as of a time in words; "" is now.
func (m *pageMirror) at(ctx context.Context, asOf string, f func(store.Reader) error) error {
	s, done, err := m.open(ctx)
	if err != nil {
		return asked(ctx, err)
	}
	defer done()
	if asOf == "" {
		return asked(ctx, f(s))
	}
	at, err := m.instant(ctx, s, asOf)
	if err != nil {
		return err
	}
	r, err := s.AsOf(ctx, at)
	if err != nil {
		return asked(ctx, err)
	}
	return errors.Join(asked(ctx, f(r)), r.Close())
}

// instant reads a time in words. One that cannot be read is a fault of the address, not
// a page that is not there.
func (m *pageMirror) instant(ctx context.Context, s *sqlite.Store, text string) (time.Time, error) {
	at, err := m.a.instant(ctx, s, text)
	err = asked(ctx, err)
	if p, ok := errors.AsType[*page.Problem](err); ok && p.Status == http.StatusNotFound {
		p.Status = http.StatusBadRequest
	}
	return at, err
}

func compiled(s page.Search) (*query.Plan, error) {
	q, err := query.Parse(s.Params)
	if err != nil {
		return nil, err
	}
	return query.NewCompiler(catalog.Default(), query.SQLite{TextIndex: s.AsOf == ""}).Compile(s.Entity, q)
}

// Search implements page.Mirror.
func (m *pageMirror) Search(ctx context.Context, s page.Search) (found page.Found, err error) {
	plan, err := compiled(s)
	if err != nil {
		return found, asked(ctx, err)
	}
	err = m.at(ctx, s.AsOf, func(r store.Reader) error {
		answer, err := query.Run(ctx, r, plan, m.a.now)
		if err != nil {
			return err
		}
		found = page.Found{Rows: answer.Data, Count: answer.Meta.Count, CountPartial: answer.Meta.CountPartial, Facets: map[string]page.Facet{}}
		if answer.Meta.Cursor != nil {
			found.Cursor = *answer.Meta.Cursor
		}
		for name, values := range answer.Meta.Facets {
			facet := page.Facet{More: values.More, Partial: values.Partial}
			for _, v := range values.Values {
				facet.Values = append(facet.Values, page.FacetValue{Value: v.Value, Count: v.Count})
			}
			found.Facets[name] = facet
		}
		return nil
	})
	return found, err
}

// Explain implements page.Mirror.
func (m *pageMirror) Explain(ctx context.Context, s page.Search) (x page.Explained, err error) {
	plan, err := compiled(s)
	if err != nil {
		return x, asked(ctx, err)
	}
	err = m.at(ctx, s.AsOf, func(r store.Reader) error {
		e, err := explanationOf(ctx, r, plan, s.Params)
		if err != nil {
			return err
		}
		x.Hints = e.Hints
		for _, st := range e.Statements {
			x.Statements = append(x.Statements, page.Statement{SQL: st.SQL, Plan: st.Plan})
		}
		single, err := plan.Single()
		if err != nil {
			return err
		}
		if x.SQL, err = single.Literal(); err != nil {
			return err
		}
		body, err := json.Marshal(e.Request.Body)
		x.Path, x.Body = e.Request.Path, string(body)
		return err
	})
	return x, err
}

// Ask implements page.Mirror.
func (m *pageMirror) Ask(ctx context.Context, q page.Question) (g page.Grid, err error) {
	params, err := boundValues(q)
	if err != nil {
		return g, asked(ctx, err)
	}
	err = m.at(ctx, q.AsOf, func(r store.Reader) error {
		columns, rows, err := askStatement(ctx, r, q.SQL, params)
		if err != nil {
			return err
		}
		g.Columns = export.Distinct(columns)
		for cells, err := range rows {
			if err != nil {
				return err
			}
			if g.More = len(g.Rows) == q.Limit; g.More {
				return nil
			}
			g.Rows = append(g.Rows, plainCells(cells))
		}
		return nil
	})
	return g, err
}

// boundValues reads what people typed as the command line does, and adds what a
// saved query has bound.
func boundValues(q page.Question) (map[string]any, error) {
	params := map[string]any{}
	maps.Copy(params, q.Bound)
	for name, value := range q.Given {
		bound, err := bindings([]string{name + "=" + value})
		if err != nil {
			return nil, err
		}
		params[name] = bound[name]
	}
	return params, nil
}

// plainCells copies the cells of a row, which are valid until the next one. Bytes
// are shown as hexadecimal digits.
func plainCells(cells []any) []any {
	row := make([]any, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case []byte:
			row[i] = fmt.Sprintf("%x", c)
		case time.Time:
			row[i] = c.Format(time.RFC3339Nano)
		default:
			row[i] = c
		}
	}
	return row
}
