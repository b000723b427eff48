package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ciomirror/export"
	"ciomirror/store"
)

type sqlOptions struct {
	params []string
	file   string
	sqlBounds
}

// sqlBounds are when a statement is asked about, and what it may take.
type sqlBounds struct {
	asOf    string
	limit   int
	timeout time.Duration
}

func (a *app) sqlCommand() *cobra.Command {
	var o sqlOptions
	cmd := &cobra.Command{
		Use:   "sql [STATEMENT | -]",
		Short: "Ask the mirror one question in SQL, or open its shell",
		Long: `sql runs one read-only SQLite statement on the mirror. The tables are the entities
(ciomirror schema lists them, and views that answer usual questions); deleted and earlier
versions are in ENTITY_history. - reads the statement from stdin.

Without a statement, on a terminal, sql is a shell: statements end with a semicolon,
.help lists its commands, Tab completes names, Ctrl-D leaves.`,
		Example: `  ciomirror sql "select state, count(*) from campaigns group by state"
  ciomirror sql "select name from campaigns where state = :state" --param state=running
  ciomirror sql "select name, sent, open_rate from campaign_performance" --as-of 7d -o csv
  ciomirror sql --file report.sql`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return oneArg("statement")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.runSQL(cmd.Context(), args, o) },
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		unknown, ok := errors.AsType[*pflag.NotExistError](err)
		if ok && strings.ContainsAny(unknown.GetSpecifiedName(), " \t\n") {
			return usageError("a statement that begins with -- is taken for a flag", "put -- before it: ciomirror sql -- '-- remark …'   or give it in a file: --file F")
		}
		return flagError(cmd, err)
	})
	f := cmd.Flags()
	f.StringArrayVar(&o.params, "param", nil, "bind a parameter: name=value (:name in the statement); a number is bound as one, 'name=\"007\"' as text")
	f.StringVar(&o.file, "file", "", "read the statement from this file")
	o.addFlags(f)
	return ofRows(cmd)
}

func (b *sqlBounds) addFlags(f *pflag.FlagSet) {
	f.StringVar(&b.asOf, "as-of", "", "ask the mirror as it was at this time, or as a snapshot shows it")
	f.IntVar(&b.limit, "limit", 10000, "stop after so many rows; 0 for all")
	f.DurationVar(&b.timeout, "timeout", time.Minute, "give up after this long")
}

func (b *sqlBounds) check() error {
	if b.limit < 0 {
		return usageError("--limit cannot be negative", "0 means all rows")
	}
	if b.timeout <= 0 {
		return usageError("--timeout must be more than nothing", "for example: --timeout 5m")
	}
	return nil
}

func (a *app) runSQL(ctx context.Context, args []string, o sqlOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	params, err := bindings(o.params)
	if err != nil {
		return err
	}
	if len(args) == 0 && o.file == "" {
		if !a.terminal.in || !a.terminal.out || a.settings.noInput {
			return usageError("sql takes one statement, got 0", "give it in quotes, in a file (--file F) or on stdin (-); on a terminal, sql without one is a shell")
		}
		return a.runShell(ctx, params, o.sqlBounds)
	}
	statement, err := a.statement(args, o.file)
	if err != nil {
		return err
	}
	more, err := a.ask(ctx, statement, params, o.sqlBounds)
	if more {
		fmt.Fprintln(a.err, "more rows: raise --limit")
	}
	return err
}

// statement is the statement of the arguments, of a file or of stdin.
func (a *app) statement(args []string, file string) (string, error) {
	switch {
	case len(args) == 1 && file != "":
		return "", usageError("there are two statements", "give one, or --file F alone")
	case file != "":
		return a.statementFile(file)
	case args[0] == "-":
		return a.input("-")
	}
	return args[0], nil
}

func (a *app) statementFile(path string) (string, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", usageError(fmt.Sprintf("there is no file %s", path), "give the path of a file with one statement, or the statement itself in quotes")
	}
	return a.input("@" + path)
}

// ask prints the answer to one statement; more is whether rows were left out.
func (a *app) ask(ctx context.Context, statement string, params map[string]any, b sqlBounds) (more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	defer func() { err = unfinished(err, b.timeout) }()
	_, r, done, err := a.openAsOf(ctx, b.asOf)
	if err != nil {
		return false, err
	}
	defer done()
	columns, rows, err := askStatement(ctx, r, statement, params)
	if err != nil {
		return false, err
	}
	err = a.printRows(a.forRows(), export.Distinct(columns), func(yield func(row, error) bool) {
		n := 0
		for cells, err := range rows {
			if more = b.limit > 0 && n == b.limit && err == nil; more {
				return
			}
			n++
			line := make(row, len(cells))
			for i, c := range cells {
				line[i] = cell(c)
			}
			if !yield(line, err) || err != nil {
				return
			}
		}
	})
	return more, err
}

// openAsOf opens the mirror and, to read from it, the mirror as of a time in words or
// of a snapshot; the mirror itself for none. done closes both.
func (a *app) openAsOf(ctx context.Context, text string) (m store.Store, r store.Reader, done func(), err error) {
	o, err := a.openAt(ctx, text)
	return o.mirror, o.reader, o.done, err
}

// opened is a mirror and what to read from it: itself, or as it was at a time.
type opened struct {
	mirror store.Store
	reader store.Reader
	at     time.Time // zero for as it is
	done   func()
}

// openAt is openAsOf for those who have to know the time.
func (a *app) openAt(ctx context.Context, text string) (opened, error) {
	mirror, err := a.openMirror(ctx, false)
	if err != nil {
		return opened{}, err
	}
	if text == "" {
		return opened{mirror: mirror, reader: mirror, done: func() { _ = mirror.Close() }}, nil
	}
	var r store.Reader
	at, err := a.instant(ctx, mirror, text)
	if err == nil {
		r, err = mirror.AsOf(ctx, at)
	}
	if err != nil {
		return opened{}, errors.Join(err, mirror.Close())
	}
	return opened{mirror: mirror, reader: r, at: at, done: func() { _, _ = r.Close(), mirror.Close() }}, nil
}

// bindings reads name=value. A value that is a number is bound as a number: a
// column of numbers is never equal to text. In double quotes it is text: ids of
// people are.
func bindings(params []string) (map[string]any, error) {
	bound := map[string]any{}
	for _, p := range params {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, notNameValue(p)
		}
		if _, twice := bound[name]; twice {
			return nil, givenTwice(name)
		}
		var quoted string
		if len(value) > 1 && value[0] == '"' && json.Unmarshal([]byte(value), &quoted) == nil {
			bound[name] = quoted
		} else if n, err := strconv.ParseInt(value, 10, 64); err == nil && strconv.FormatInt(n, 10) == value {
			bound[name] = n
		} else if x, err := strconv.ParseFloat(value, 64); err == nil && strconv.FormatFloat(x, 'f', -1, 64) == value {
			bound[name] = x
		} else {
			bound[name] = value
		}
	}
	return bound, nil
}

func notNameValue(param string) error {
	return usageError(fmt.Sprintf("--param %q is not name=value", param), "for example: --param state=running")
}

func givenTwice(name string) error {
	return usageError(fmt.Sprintf("the parameter %s is given twice", name), "give it one value")
}
