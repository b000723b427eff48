package main

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"ciomirror/catalog"
	"ciomirror/export"
	"ciomirror/query"
	"ciomirror/store"
)

// exportQuestion is what to export: an entity or a search in it, a table, a
// statement, or a saved query.
type exportQuestion struct {
	entity, sql, query    string
	filter, sort, asOf    string
	params, where, fields []string
	searches              bool     // some flag is a part of a search
	empty                 []string // flags that were given without a value
	timeout               time.Duration
}

func (q *exportQuestion) check() error {
	given := 0
	for _, what := range []string{q.entity, q.sql, q.query} {
		if what != "" {
			given++
		}
	}
	switch {
	case len(q.empty) > 0:
		return emptyFlag(q.empty[0])
	case given != 1:
		return usageError("export takes one of: an entity, --sql, --query", "for example: ciomirror export campaigns --to campaigns.csv")
	case strings.HasPrefix(q.query, "{"):
		return usageError("--query is the name of a saved query here", "a search is an entity with --filter and --sort")
	case q.searches && q.entity == "":
		return usageError("--filter, --where, --sort and --fields are for an entity", "leave them out: a statement says itself which rows and columns")
	case len(q.params) > 0 && q.entity != "":
		return usageError("--param is for --sql and --query", "a filter has its values in itself")
	}
	return nil
}

func (a *app) exportResult(ctx context.Context, r store.Reader, q exportQuestion) (export.Result, error) {
	switch {
	case q.sql != "":
		params, err := bindings(q.params)
		if err != nil {
			return export.Result{}, err
		}
		statement, err := a.input(q.sql)
		if err != nil {
			return export.Result{}, err
		}
		return statementResult(ctx, r, "result", statement, params)
	case q.query != "":
		return a.savedResult(ctx, r, q)
	}
	if e, ok := catalog.Default().Entity(q.entity); ok && e.Mirrored() {
		return a.entityResult(ctx, r, e, q)
	}
	return tableResult(ctx, r, q)
}

func statementResult(ctx context.Context, r store.Reader, name, statement string, params map[string]any) (export.Result, error) {
	columns, rows, err := askStatement(ctx, r, statement, params)
	if err != nil {
		return export.Result{}, err
	}
	return export.Statement(name, columns, rows), nil
}

// entityResult is a search in an entity; without fields it has all that there are.
func (a *app) entityResult(ctx context.Context, r store.Reader, e *catalog.Entity, q exportQuestion) (export.Result, error) {
	fields := q.fields
	if len(fields) == 0 {
		fields = export.Fields(e)
	}
	params, err := a.searchParams(searchOptions{filter: q.filter, where: q.where, sort: q.sort, fields: fields})
	if err != nil {
		return export.Result{}, err
	}
	return searchResult(ctx, r, e.Name, params, false, len(q.fields) > 0, q.asOf)
}

// searchResult is the whole result of a search, or that of its own limit.
func searchResult(ctx context.Context, r store.Reader, entity string, params []byte, limited, sparse bool, asOf string) (export.Result, error) {
	q, err := query.Parse(params)
	if err != nil {
		return export.Result{}, err
	}
	if !limited {
		q.Limit = query.NoLimit
	}
	plan, err := query.NewCompiler(catalog.Default(), query.SQLite{TextIndex: asOf == ""}).Compile(entity, q)
	if err != nil {
		return export.Result{}, err
	}
	return export.Search(ctx, r, plan, sparse), nil
}

func (a *app) savedResult(ctx context.Context, r store.Reader, q exportQuestion) (export.Result, error) {
	saved, err := a.savedQuery(q.query)
	if err != nil {
		return export.Result{}, err
	}
	bound, err := a.bindSaved(saved, q.params)
	if err != nil {
		return export.Result{}, err
	}
	if saved.Search == nil {
		return statementResult(ctx, r, q.query, saved.SQL, bound)
	}
	params, err := saved.Arguments(bound)
	if err != nil {
		return export.Result{}, err
	}
	s := saved.Search
	return searchResult(ctx, r, s.Entity, params, s.Limit > 0, len(s.Fields) > 0, q.asOf)
}

// tableResult is a table that is no entity: a view, a history, a table of the runs.
func tableResult(ctx context.Context, r store.Reader, q exportQuestion) (export.Result, error) {
	names, err := tableNames(ctx, r)
	if err != nil {
		return export.Result{}, err
	}
	switch known := slices.Contains(names, q.entity); {
	case !known:
		hint := "all entities and views: ciomirror schema"
		if near := nearest(q.entity, append(entityNames(), names...)); near != "" {
			hint = fmt.Sprintf("did you mean %q? %s", near, hint)
		}
		return export.Result{}, usageError(fmt.Sprintf("there is no entity, table or view %q", q.entity), hint)
	case q.searches:
		return export.Result{}, usageError(q.entity+" is a table and no entity: it cannot be searched",
			fmt.Sprintf(`ask in SQL: --sql "select … from %s where …"`, q.entity))
	}
	return statementResult(ctx, r, q.entity, `select * from "`+q.entity+`"`, nil)
}

// tableNames are the tables and views that a statement may read.
func tableNames(ctx context.Context, r store.Reader) (names []string, err error) {
	_, rows, err := r.Statement(ctx, `select name from sqlite_master where type in ('table', 'view') and name not like 'sqlite%' and name not like '\_%' escape '\' order by name`, nil)
	if err != nil {
		return nil, err
	}
	for cells, err := range rows {
		if err != nil {
			return nil, err
		}
		name, _ := cells[0].(string)
		names = append(names, name)
	}
	return names, nil
}

// firstRows are the first n rows, all for 0; more tells afterwards whether there were
// others.
func firstRows(rows iter.Seq2[[]any, error], n int, more *bool) iter.Seq2[[]any, error] {
	if n == 0 {
		return rows
	}
	return func(yield func([]any, error) bool) {
		i := 0
		for values, err := range rows {
			if *more = i == n && err == nil; *more {
				return
			}
			i++
			if !yield(values, err) {
				return
			}
		}
	}
}
