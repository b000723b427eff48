package main

import (
	"context"
	"time"

	"ciomirror/saved"
	"ciomirror/server/page"
)

// pageLibrary reads the saved queries anew for each request: they are files that
// people edit.
type pageLibrary struct{ a *app }

var _ page.Library = pageLibrary{}

// Queries implements page.Library.
func (l pageLibrary) Queries() (all []page.Saved, broken []page.Problem, err error) {
	queries, faults, err := l.a.loadQueries()
	if err != nil {
		return nil, nil, err
	}
	for _, q := range queries {
		s := page.Saved{Name: q.Name, Title: first(q.Title, q.Name), Doc: q.Description, Text: q.Text, Search: q.Search != nil}
		for _, p := range q.Params {
			param := page.Param{Name: p.Name, Type: string(p.Type), Doc: p.Doc, Required: p.Default == nil}
			if p.Default != nil {
				param.Default = *p.Default
			}
			s.Params = append(s.Params, param)
		}
		all = append(all, s)
	}
	for _, f := range faults {
		p := problemOf(context.Background(), f)
		broken = append(broken, page.Problem{Status: p.Status, Message: p.Message, Hint: p.Hint})
	}
	return all, broken, nil
}

// Bind implements page.Library.
func (l pageLibrary) Bind(name string, given map[string]string) (b page.Bound, err error) {
	ctx := context.Background() // nothing here waits
	q, err := l.a.savedQuery(name)
	if err != nil {
		return b, asked(ctx, err)
	}
	values, err := q.Bind(given, func(text string) (time.Time, error) { return when(text, l.a.now()) })
	if err != nil {
		return b, asked(ctx, err)
	}
	if q.Search == nil {
		return page.Bound{SQL: q.SQL, Values: values}, nil
	}
	return boundSearch(q, values)
}

func boundSearch(q *saved.Query, values map[string]any) (page.Bound, error) {
	params, err := q.Arguments(values)
	if err != nil {
		return page.Bound{}, asked(context.Background(), err)
	}
	return page.Bound{Search: &page.Search{Entity: q.Search.Entity, Params: params}, Fields: q.Search.Fields}, nil
}
