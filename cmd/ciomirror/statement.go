package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"strings"
	"time"

	"ciomirror/internal/sqltext"
	"ciomirror/query"
	"ciomirror/store"
)

// askStatement is Reader.Statement, but a name that does not exist, of a table, a column
// or a parameter, is refused with the nearest one that does.
func askStatement(ctx context.Context, r store.Reader, text string, params map[string]any) ([]string, iter.Seq2[[]any, error], error) {
	columns, rows, err := r.Statement(ctx, text, params)
	if e, ok := errors.AsType[*store.StatementError](err); ok {
		err = withNearest(ctx, r, text, e)
	}
	return columns, rows, err
}

// unknownName is what SQLite says of a name that it does not know, or the store of a
// parameter. Behind the name of a column more can follow: what it takes the word for.
var unknownName = regexp.MustCompile(`^(?:no such|the statement has no) (table|column|parameter):? [:"]?(?:[\pL\pN_]+\.)?([\pL\pN_]+)`)

func withNearest(ctx context.Context, r store.Reader, statement string, e *store.StatementError) error {
	if msg, ok := strings.CutSuffix(e.Msg, " - should this be a string literal in single-quotes?"); ok {
		_, name, _ := strings.Cut(msg, `"`)
		e = &store.StatementError{Msg: msg, Hint: fmt.Sprintf("a text stands in single quotes: '%s'; %s", strings.ReplaceAll(strings.TrimSuffix(name, `"`), "'", "''"), e.Hint)}
	}
	m := unknownName.FindStringSubmatch(e.Msg)
	if m == nil {
		return e
	}
	known := sqltext.Parameters(statement)
	if m[1] != "parameter" {
		names, err := namesIn(ctx, r)
		if err != nil {
			return e // the hint was a courtesy
		}
		if known = names.all(); m[1] == "column" {
			known = names.fieldsOf(statement)
		}
	}
	if near := query.Nearest(m[2], known); len(near) > 0 {
		return &store.StatementError{Msg: e.Msg, Hint: fmt.Sprintf("did you mean %q? %s", near[0], e.Hint)}
	}
	return e
}

// unfinished says in plain words that the time for an answer was up.
func unfinished(err error, timeout time.Duration) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &problem{Type: "timeout", Status: 504, exit: exitGeneral,
		Message: "there is no answer after " + strings.TrimSuffix(strings.TrimSuffix(timeout.String(), "0s"), "0m"),
		Hint:    "raise --timeout, or ask for less"}
}
