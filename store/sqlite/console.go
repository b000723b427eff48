package sqlite

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"

	lib "modernc.org/sqlite/lib"

	"ciomirror/internal/sqltext"
	"ciomirror/store"
)

// Statement implements store.Reader. Locks stand one behind the other: the file is
// opened read-only, query_only is on, no database can be attached, an authorizer
// refuses whatever is not reading, and the size of values and the growth of the
// process have limits. Time is the context's to limit.
func (r reader) Statement(ctx context.Context, text string, params map[string]any) ([]string, iter.Seq2[[]any, error], error) {
	if err := oneStatement(text); err != nil {
		return nil, nil, err
	}
	conn, err := r.connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	lock, err := seal(conn)
	watched, stop := guarded(ctx)
	giveBack := func() {
		stop()
		if lock.open() != nil {
			_ = conn.Raw(func(any) error { return sqldriver.ErrBadConn }) // the pool drops it
		}
		r.release(ctx, conn)
	}
	wrong := func(err error) error {
		if cause, ok := errors.AsType[*store.StatementError](context.Cause(watched)); ok {
			return cause
		}
		if lock.why != nil {
			return lock.why
		}
		return statementError(err)
	}
	if err != nil {
		giveBack()
		return nil, nil, wrong(err)
	}
	args, err := named(text, params)
	if err != nil {
		giveBack()
		return nil, nil, err
	}
	rows, err := conn.QueryxContext(watched, text, args...)
	if err != nil {
		giveBack()
		return nil, nil, wrong(err)
	}
	columns, err := rows.Columns()
	if err != nil {
		rows.Close()
		giveBack()
		return nil, nil, wrong(err)
	}
	return columns, func(yield func([]any, error) bool) {
		defer giveBack()
		defer rows.Close()
		for rows.Next() {
			cells, err := rows.SliceScan()
			if err != nil {
				yield(nil, wrong(err))
				return
			}
			if !yield(cells, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, wrong(err))
		}
	}, nil
}

var paramName = regexp.MustCompile(`^\pL[\pL\pN_]*$`)

// named are a statement's parameters as the driver takes them, in a steady order. The
// driver would pass over one that the statement does not have.
func named(statement string, params map[string]any) (args []any, err error) {
	known := sqltext.Parameters(statement)
	for _, name := range known {
		if before, kind, cast := strings.Cut(name, "::"); cast {
			return nil, &store.StatementError{
				Msg:  fmt.Sprintf("SQLite takes :%s for one parameter", name),
				Hint: fmt.Sprintf("it has no :: to convert with: cast(:%s as %s)", before, kind),
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if !paramName.MatchString(name) {
			return nil, &store.StatementError{
				Msg:  fmt.Sprintf("%q is no name of a parameter", name),
				Hint: "parameters have names that begin with a letter: write :x in the statement where ? stands, and give it a value: --param x=5",
			}
		}
		if !slices.Contains(known, name) {
			hint := fmt.Sprintf("it has none: write :%s in the statement where the value belongs", name)
			if len(known) > 0 {
				hint = "its parameters: :" + strings.Join(known, ", :")
			}
			return nil, &store.StatementError{Msg: "the statement has no parameter :" + name, Hint: hint}
		}
		args = append(args, sql.Named(name, params[name]))
	}
	return args, nil
}

func wouldWrite() error {
	return &store.StatementError{
		Msg:  "the statement would do more than read the mirror",
		Hint: "sql answers questions: SELECT, WITH, VALUES and EXPLAIN",
	}
}

// statementError turns SQLite's word on a statement into ours.
func statementError(err error) error {
	switch code(err) {
	case lib.SQLITE_AUTH, lib.SQLITE_READONLY:
		return wouldWrite()
	case lib.SQLITE_NOMEM:
		return &store.StatementError{Msg: "the statement is too large to be prepared", Hint: "split it, or join with a table instead of a list"}
	case lib.SQLITE_TOOBIG:
		return &store.StatementError{
			Msg:  fmt.Sprintf("a value, a row or the statement itself is too big: %d MiB is the most", maxValue>>20),
			Hint: "take less of it: substr(body, 1, 1000), or fewer rows in one value",
		}
	case lib.SQLITE_ERROR:
		text := strings.TrimSuffix(strings.TrimPrefix(err.Error(), "SQL logic error: "), " (1)")
		if strings.HasPrefix(text, "cannot modify ") { // of the past, a table is a view
			return wouldWrite()
		}
		hint := "the tables and their fields: ciomirror schema"
		if strings.HasPrefix(text, "no such function: ") {
			hint = "all functions: select distinct name from pragma_function_list"
		}
		return &store.StatementError{Msg: text, Hint: hint}
	}
	if strings.Contains(err.Error(), "missing named argument") || strings.Contains(err.Error(), "missing argument") {
		return &store.StatementError{Msg: err.Error(), Hint: "give every :name a value: --param name=value"}
	}
	return queryError(err)
}

// oneStatement refuses an empty text and a second statement. SQLite itself would
// run one after the other.
func oneStatement(text string) error {
	end := sqltext.End(text)
	switch {
	case sqltext.Blank(text[:end]):
		return &store.StatementError{Msg: "there is no statement", Hint: `for example: ciomirror sql "select name, state from campaigns"`}
	case end < len(text) && !sqltext.Blank(strings.TrimLeft(text[end:], ";")):
		return &store.StatementError{Msg: "more than one statement", Hint: "run them one at a time"}
	case strings.ContainsRune(text, 0):
		return &store.StatementError{Msg: "the statement holds a NUL character", Hint: "bind it as a parameter: --param k=v"}
	}
	return nil
}
