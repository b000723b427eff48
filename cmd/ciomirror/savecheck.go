package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"ciomirror/catalog"
	"ciomirror/query"
	"ciomirror/saved"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// checkSaved refuses a query that could not be run, before it is kept.
func (a *app) checkSaved(ctx context.Context, q *saved.Query) error {
	if q.Search != nil {
		return a.checkSearch(q)
	}
	r, done, err := a.openForCheck(ctx)
	if err != nil {
		return fmt.Errorf("check the statement: %w", err)
	}
	defer done()
	params := map[string]any{}
	for _, p := range q.Params {
		params[p.Name] = nil
	}
	_, rows, err := askStatement(ctx, r, prepared(q.SQL), params)
	if err != nil {
		return err
	}
	for _, err := range rows {
		return err // it was prepared
	}
	return nil
}

var explains = regexp.MustCompile(`(?i)^\s*(--[^\n]*\n\s*)*explain\b`)

// prepared has a statement prepared and not run.
func prepared(statement string) string {
	if explains.MatchString(statement) {
		return statement
	}
	return "explain " + statement
}

// openForCheck opens the mirror or, where there is none that can be read, an empty one.
func (a *app) openForCheck(ctx context.Context) (r store.Reader, done func(), err error) {
	if m, err := a.openMirror(ctx, false); err == nil {
		return m, func() { _ = m.Close() }, nil
	}
	dir, err := os.MkdirTemp("", "ciomirror-")
	if err != nil {
		return nil, nil, err
	}
	m, err := sqlite.Open(ctx, filepath.Join(dir, "empty.db"), sqlite.Options{Create: true, Now: a.now})
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	return m, func() { _, _ = m.Close(), os.RemoveAll(dir) }, nil
}

// checkSearch compiles a search. Where a value is still to come, what is wrong with
// the one in its place does not matter.
func (a *app) checkSearch(q *saved.Query) error {
	inPlace := map[saved.Type]string{saved.Text: "x", saved.Integer: "1", saved.Number: "1", saved.Boolean: "true", saved.Time: "2026-01-01"}
	given := map[string]string{}
	for _, p := range q.Params {
		if p.Default == nil {
			given[p.Name] = inPlace[p.Type]
		}
	}
	bound, err := a.bind(q, given)
	if err != nil {
		return err
	}
	params, err := q.Arguments(bound)
	if err != nil {
		return err
	}
	compiler := query.NewCompiler(catalog.Default(), query.SQLite{TextIndex: true})
	search, err := query.Parse(params)
	if err != nil {
		return compiler.Illustrate(q.Search.Entity, err)
	}
	_, err = compiler.Compile(q.Search.Entity, search)
	wrong, ok := errors.AsType[*query.Error](err)
	if ok && len(given) > 0 && slices.Contains([]string{query.TypeMismatch, query.InvalidOperand}, wrong.Code) {
		return nil
	}
	return err
}

// checkName refuses a name that is none, and one of a query that comes with the program
// unless it is to be replaced.
func (a *app) checkName(name string, force bool) error {
	if strings.TrimSpace(name) == "" {
		return usageError("a saved query needs a name", "for example: ciomirror query save by-state --sql …")
	}
	all, _, err := a.loadQueries()
	if err != nil {
		return err
	}
	if !force && slices.ContainsFunc(all, func(q *saved.Query) bool { return q.Name == name && q.File == "" }) {
		return &problem{Type: "validation_error", Status: 409, exit: exitUsage,
			Message: fmt.Sprintf("a query %s comes with the program", name), Hint: "choose another name, or have yours in its place: --force"}
	}
	return nil
}
