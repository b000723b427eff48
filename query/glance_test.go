package query_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
)

// withEvents is a mirror of an entity that grows without end, with more rows than
// are looked at in order. Some of created are absent, some are beyond int64.
func withEvents(t testing.TB, rows int) *mirror {
	t.Helper()
	cat, err := catalog.New(&catalog.Entity{
		Name: "events", Doc: "Events.", Key: []string{"id"}, List: catalog.List{Path: "/v1/events", Items: "events", Feed: &catalog.Feed{Field: "created", Days: 30}},
		Fields: []catalog.Field{
			field("id", 0, catalog.Integer), field("created", catalog.Indexed, catalog.Integer), field("kind", catalog.Indexed, catalog.String),
			field("n", 0, catalog.Integer), field("name", 0, catalog.String),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	m := newMirror(t, cat)
	m.exec(t, `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
		insert into events select i * 7919 % 1000003, case when i % 5000 = 0 then null when i % 5000 = 1 then '-99999999999999999999'
			when i % 5000 = 2 then '99999999999999999999' else i % 9000 end, case when i % 7 then 'k' || (i % 3) end, i, 'name ' || i from n`, rows)
	return m
}

func TestPagesOfWhatNoIndexFindsHaveEveryRowOnceInOrder(t *testing.T) {
	const rows = 24_000
	m := withEvents(t, rows)
	pairs := 0
	// The contract's order in SQL: numbers, of which those beyond int64 are text.
	created := func(desc string) string {
		return "created is null, case when created < '' then 0 when created < '.' then -1 else 1 end " + desc + ", created " + desc + ", id"
	}
	for sort, order := range map[string]string{
		``: "id", `{"id":"desc"}`: "id desc", `{"created":"asc"}`: created("asc"), `{"created":"desc"}`: created("desc"),
		`{"kind":"asc"}`: "kind nulls last, id", `{"kind":"desc"},{"n":"desc"}`: "kind desc nulls last, n desc", `{"kind":"asc"},{"id":"desc"}`: "kind nulls last, id desc",
	} {
		for filter, where := range map[string]string{
			`{}`:                   "1",
			`{"eq":{"kind":null}}`: "kind is null",
			`{"eq":{"n":23999}}`:   "n = 23999",
			`{"gte":{"n":21990}}`:  "n >= 21990",
			`{"neq":{"n":7}}`:      "n <> 7",
			`{"or":[{"lt":{"n":20}},{"gt":{"n":23980}}]}`:    "n < 20 or n > 23980",
			`{"and":[{"neq":{"kind":"k1"}},{"lt":{"n":9}}]}`: "kind <> 'k1' and n < 9",
		} {
			if pairs++; testing.Short() && pairs%4 > 0 {
				continue // the maps give other pairs each time
			}
			var want []string
			for cells, err := range m.Rows(t.Context(), squirrel.Expr("select id from events where "+where+" order by "+order)) {
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, fmt.Sprint(cells[0]))
			}
			limit := max(2, min(9_000, len(want)/2))
			var got []string
			for cursor := "null"; cursor != ""; {
				a, err := m.search("events", fmt.Sprintf(`{"query":{"filter":%s,"sort":[%s]},"limit":%d,"fields":["id"],"cursor":%s}`, filter, sort, limit, cursor))
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, ids(t, a)...)
				cursor = ""
				if a.Meta.HasMore {
					cursor = fmt.Sprintf("%q", *a.Meta.Cursor)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s sorted by [%s]: %d rows, want %d; they differ", filter, sort, len(got), len(want))
			}
		}
	}
}

func TestWhatNoIndexFindsIsNotLookedUpRowByRow(t *testing.T) {
	m := withEvents(t, 1000)
	plans := map[string]string{}
	for _, st := range compile(t, m, "events", `{"query":{"filter":{"eq":{"name":"x"}},"sort":[{"created":"desc"}]}}`).Statements() {
		plans[st.Part] = m.plan(t, st)
	}
	if p := plans["first rows"]; !strings.Contains(p, "USING INDEX events_created") || !strings.Contains(p, "USING COVERING INDEX events_created") {
		t.Errorf("first rows: %s", p)
	}
	if p := plans["the rest"]; !strings.HasPrefix(p, "SCAN events\n") || strings.Contains(p, "MULTI-INDEX OR") {
		t.Errorf("the rest: %s", p)
	}
	// What an index finds is not split.
	for _, st := range compile(t, m, "events", `{"query":{"filter":{"eq":{"name":"x","kind":"k1"}},"sort":[{"created":"desc"}]}}`).Statements() {
		if st.Part == "the rest" {
			t.Errorf("split: %s", st.SQL)
		}
	}
}
