package query_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/Masterminds/squirrel"

	"ciomirror/query"
)

// written asks with one statement that has its values written in.
func (m *mirror) written(t *testing.T, params string) (ids []string) {
	t.Helper()
	q, err := query.Parse([]byte(params))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := query.NewCompiler(m.cat, query.SQLite{}).Compile("things", q)
	if err != nil {
		t.Fatal(err)
	}
	st, err := plan.Single()
	if err != nil {
		t.Fatal(err)
	}
	text, err := st.Literal()
	if err != nil {
		t.Fatal(err)
	}
	for cells, err := range m.Rows(t.Context(), squirrel.Expr(text)) {
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		row, err := plan.Row(cells)
		if err != nil {
			t.Fatal(err)
		}
		var r struct{ ID json.Number }
		if err := json.Unmarshal(row, &r); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, r.ID.String())
	}
	return ids
}

// The statement that people are shown gives the rows of the search.
func TestTheWrittenStatementAsksTheSame(t *testing.T) {
	m := withThings(t)
	v := readVectors(t)
	all := []string{`{"query":{},"limit":3}`, `{"query":{"sort":[{"score":"desc"},{"id":"asc"}]},"limit":2}`}
	for _, f := range v.Filters {
		all = append(all, fmt.Sprintf(`{"query":{"filter":%s}}`, f.Filter))
	}
	for _, s := range v.Sorts {
		all = append(all, fmt.Sprintf(`{"query":{"sort":%s}}`, s.Sort))
	}
	for _, params := range all {
		if got, want := m.written(t, params), m.ids(t, "things", params); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", params, got, want)
		}
	}
	first, err := m.search("things", `{"query":{"sort":[{"score":"desc"}]},"limit":3}`)
	if err != nil {
		t.Fatal(err)
	}
	next := fmt.Sprintf(`{"query":{"sort":[{"score":"desc"}]},"limit":3,"cursor":%q}`, *first.Meta.Cursor)
	if got, want := m.written(t, next), m.ids(t, "things", next); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("the next page: %v, want %v", got, want)
	}
}

// A database reads every literal as the value that would have been bound.
func TestLiteralsAreTheirValues(t *testing.T) {
	m := withThings(t)
	values := []any{nil, int64(7), int64(-7), int64(math.MinInt64), int64(math.MaxInt64), 0.1, 1e300, -5.0, 3.0, "it's", "", "a\nb\x1b", "\u202etxt"}
	for _, h := range hostile {
		values = append(values, h)
	}
	for _, v := range values {
		text, err := query.Statement{SQL: `SELECT ?, 'it''s ?', "?" FROM (SELECT 1 AS "?")`, Args: []any{v}}.Literal()
		if err != nil {
			t.Fatal(err)
		}
		for cells, err := range m.Rows(t.Context(), squirrel.Expr(text)) {
			if err != nil || cells[0] != v || cells[1] != "it's ?" {
				t.Errorf("%q: %s: %v %v", v, text, cells, err)
			}
		}
	}
	if _, err := (query.Statement{SQL: "SELECT ?", Args: nil}).Literal(); err == nil {
		t.Error("a variable without a value is written out")
	}
}
