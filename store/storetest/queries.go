package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	sq "github.com/Masterminds/squirrel"
	"github.com/google/go-cmp/cmp"

	"ciomirror/store"
)

// linesOf are rows as texts, with a bar between their cells.
func linesOf(rows iter.Seq2[[]any, error]) ([]string, error) {
	lines := []string{}
	for cells, err := range rows {
		if err != nil {
			return nil, err
		}
		parts := make([]string, len(cells))
		for i, c := range cells {
			parts[i] = fmt.Sprint(c)
		}
		lines = append(lines, strings.Join(parts, "|"))
	}
	return lines, nil
}

func aSnapshotSeesNoLaterWrite(t *testing.T, b *bundle) {
	b.list("plants", `{"id":1,"name":"a"}`, `{"id":2,"name":"b"}`)
	then, err := b.s.AsOf(t.Context(), b.clock)
	b.must(err)
	defer func() { b.must(then.Close()) }()
	const all = "select id, name from plants order by id"
	read := func(rows store.Rows, text string) []string {
		lines, err := linesOf(rows(t.Context(), sq.Expr(text)))
		b.must(err)
		return lines
	}
	for what, r := range map[string]store.Reader{"now": b.s, "as of": then} {
		before := b.query(r, all)
		b.must(r.Snapshot(t.Context(), func(rows store.Rows) error {
			first := read(rows, "select id, name from plants where id < 2")
			b.list("plants", `{"id":1,"name":"`+what+`"}`, `{"id":3,"name":"c"}`)
			// A query that its own deadline ends ends nothing else.
			short, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := linesOf(rows(short, sq.Expr(all))); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: a cancelled query: %v", what, err)
			}
			if d := cmp.Diff(before, append(first, read(rows, "select id, name from plants where id > 1 order by id")...)); d != "" {
				t.Errorf("%s: two halves of one snapshot (-want +got):\n%s", what, d)
			}
			return nil
		}))
	}
	b.want("select id from plants order by id", "1", "3")
	broken := errors.New("broken")
	if err := b.s.Snapshot(t.Context(), func(store.Rows) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v, want what the function returned", err)
	}
}

func aStatementCannotWrite(t *testing.T, b *bundle) {
	b.list("plants", `{"id":1,"name":"fern"}`)
	for _, text := range []string{
		"delete from plants", "insert into plants (id) values (2)", "update plants set name = 'x'", "drop table plants",
		"create table t (a)", "create temp table t (a)", "attach 'other.db' as o", "pragma journal_mode = delete", "vacuum into 'copy.db'",
		"select 1; delete from plants", "with x as (select 1) delete from plants", "begin", "reindex", "analyze", "select load_extension('x')", "", "-- nothing", ";",
	} {
		_, rows, err := b.s.Statement(t.Context(), text, nil)
		if err == nil {
			for _, err = range rows {
				if err != nil {
					break
				}
			}
		}
		var wrong *store.StatementError
		if !errors.As(err, &wrong) {
			t.Errorf("%q: got %v, want a statement error", text, err)
		}
	}
	columns, rows, err := b.s.Statement(t.Context(), "select name, :n + 1 as n from plants; -- that is all", map[string]any{"n": 41})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"name", "n"}, columns); d != "" {
		t.Error(d)
	}
	for cells, err := range rows {
		if err != nil || cells[0] != "fern" || cells[1] != int64(42) {
			t.Errorf("got %v, %v", cells, err)
		}
	}
	b.want("select count(*) from plants", "1")
}

// aStatementIsTakenAtItsWord: a name that nothing has is no text, and a parameter that
// nothing has does not pass for one.
func aStatementIsTakenAtItsWord(t *testing.T, b *bundle) {
	b.list("plants", `{"id":1,"name":"fern"}`)
	for text, params := range map[string]map[string]any{
		`select "nam" from plants`:                       nil,
		`select name from plants where name = "fern"`:    nil,
		"select name from plants where name = :name":     {"name": "fern", "nam": "fern"},
		`select ':n', "name" from plants -- :n /* :n */`: {"n": 1},
		"select :n::text from plants":                    {"n": 1},
	} {
		_, rows, err := b.s.Statement(t.Context(), text, params)
		if err == nil {
			for _, err = range rows { // or they would hold their connection
				if err != nil {
					break
				}
			}
		}
		if wrong, ok := errors.AsType[*store.StatementError](err); !ok || wrong.Hint == "" {
			t.Errorf("%s with %v: got %v, want a statement error with a hint", text, params, err)
		}
	}
}
