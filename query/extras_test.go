package query_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"

	"github.com/Masterminds/squirrel"

	"ciomirror/query"
)

func metaOf(t *testing.T, m *mirror, entity, params string) string {
	t.Helper()
	a, err := m.search(entity, params)
	if err != nil {
		t.Fatalf("%s: %v", params, err)
	}
	a.Meta.Cursor = nil
	b, err := json.Marshal(a.Meta)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestExtrasAreOfAllThatTheFilterFinds(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	for i := range 30 {
		m.insert(t, "things", fmt.Sprintf(`{"id":%d,"state":"s%d","active":%t,"score":%d.5,"code":"c%d"}`, i, i%3, i%2 == 0, i%4, i))
	}
	m.insert(t, "things", `{"id":30,"score":99999999999999999999}`)
	for params, want := range map[string]string{
		`{"limit":2}`: `{"has_more":true,"cursor":null,"took_ms":0}`,
		`{"limit":2,"count":false,"facets":null}`:                           `{"has_more":true,"cursor":null,"took_ms":0}`,
		`{"limit":2,"count":true}`:                                          `{"has_more":true,"cursor":null,"took_ms":0,"count":31}`,
		`{"query":{"filter":{"eq":{"state":"s1"}}},"limit":2,"count":true}`: `{"has_more":true,"cursor":null,"took_ms":0,"count":10}`,
		`{"query":{"filter":{"eq":{"state":"none"}}},"count":true}`:         `{"has_more":false,"cursor":null,"took_ms":0,"count":0}`,
		`{"query":{"filter":{"eq":{"state":"none"}}},"facets":["state"]}`:   `{"has_more":false,"cursor":null,"took_ms":0,"facets":{"state":{"values":[],"more":false,"partial":false}}}`,
		`{"query":{"filter":{"lt":{"id":4}}},"facets":["active","state"]}`:  `{"has_more":false,"cursor":null,"took_ms":0,"facets":{"active":{"values":[{"value":false,"count":2},{"value":true,"count":2}],"more":false,"partial":false},"state":{"values":[{"value":"s0","count":2},{"value":"s1","count":1},{"value":"s2","count":1}],"more":false,"partial":false}}}`,
		`{"query":{"filter":{"gte":{"id":29}}},"facets":["score","state"]}`: `{"has_more":false,"cursor":null,"took_ms":0,"facets":{"score":{"values":[{"value":1.5,"count":1},{"value":99999999999999999999,"count":1}],"more":false,"partial":false},"state":{"values":[{"value":"s2","count":1},{"value":null,"count":1}],"more":false,"partial":false}}}`,
	} {
		if got := metaOf(t, m, "things", params); got != want {
			t.Errorf("%s:\n got %s\nwant %s", params, got, want)
		}
	}
	a, err := m.search("things", `{"limit":1,"facets":["code"]}`)
	if v := a.Meta.Facets["code"]; err != nil || len(v.Values) != query.FacetValues || !v.More || v.Partial {
		t.Errorf("of 31 values: %+v, %v", v, err)
	}
	// A cursor does not narrow what is counted, and counting is no other query.
	first, err := m.search("things", `{"limit":2}`)
	if err != nil {
		t.Fatal(err)
	}
	if got := metaOf(t, m, "things", fmt.Sprintf(`{"limit":2,"count":true,"cursor":%q}`, *first.Meta.Cursor)); got != `{"has_more":true,"cursor":null,"took_ms":0,"count":31}` {
		t.Errorf("on the second page: %s", got)
	}
}

func TestTalliesBeyondTheFirstBoundAreExact(t *testing.T) {
	m := withEvents(t, 40_000)
	want := `{"has_more":true,"cursor":null,"took_ms":0,"count":39999,"facets":{"kind":{"values":[{"value":"k0","count":11429},{"value":"k1","count":11428},{"value":"k2","count":11428},{"value":null,"count":5714}],"more":false,"partial":false}}}`
	if got := metaOf(t, m, "events", `{"query":{"filter":{"neq":{"n":40000}}},"limit":1,"count":true,"facets":["kind"]}`); got != want {
		t.Errorf("got %s", got)
	}
}

func TestBadExtrasAreRefused(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	for params, want := range map[string][2]string{
		`{"count":1}`:               {query.InvalidFilter, "/count"},
		`{"facets":"state"}`:        {query.InvalidFilter, "/facets"},
		`{"facets":[1]}`:            {query.InvalidFilter, "/facets/0"},
		`{"facets":["id","stat"]}`:  {query.UnknownField, "/facets/1"},
		`{"facets":["tags"]}`:       {query.OperatorNotSupported, "/facets/0"},
		`{"facets":["meta.owner"]}`: {query.OperatorNotSupported, "/facets/0"},
		`{"facets":["id","id","id","id","id","id","id","id","id","id","id","id","id","id","id","id","id"]}`: {query.TooLarge, "/facets"},
	} {
		_, err := m.search("things", params)
		if f := wantCode(t, err, want[0]); f.At != want[1] || f.Hint == "" {
			t.Errorf("%s: at %s, hint %q", params, f.At, f.Hint)
		}
	}
}

// slow is a source whose tallies answer at once for so many, and then not before
// their time is over.
type slow struct {
	quick  int
	failed error
}

func (s *slow) Snapshot(_ context.Context, f func(query.Rows) error) error { return f(s.rows) }

func (s *slow) rows(ctx context.Context, q squirrel.Sqlizer) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		st, _ := q.(query.Statement)
		switch {
		case st.Part != "count" && st.Part != "facet":
			yield([]any{int64(1)}, nil)
			return
		case s.failed != nil:
			yield(nil, s.failed)
			return
		}
		if s.quick--; s.quick < 0 {
			<-ctx.Done()
			yield(nil, ctx.Err())
			return
		}
		bound := st.Args[len(st.Args)-1].(int64)
		if st.Part == "count" {
			yield([]any{bound}, nil)
			return
		}
		yield([]any{"a", bound, bound}, nil)
	}
}

func TestTalliesStopInTimeAndSayThatTheyArePartial(t *testing.T) {
	c := query.NewCompiler(testCatalog(t), query.SQLite{})
	run := func(ctx context.Context, s *slow, params string) (string, error) {
		q, err := query.Parse([]byte(params))
		if err != nil {
			t.Fatal(err)
		}
		p, err := c.Compile("things", q)
		if err != nil {
			t.Fatal(err)
		}
		a, err := query.Run(ctx, s, p, clock)
		b, _ := json.Marshal(a.Meta.Extras)
		return string(b), err
	}
	const both = `{"query":{"filter":{"gt":{"id":0}}},"fields":["id"],"count":true,"facets":["state"]}`
	for quick, want := range []string{
		`{"count":1,"count_partial":true,"facets":{"state":{"values":[],"more":false,"partial":true}}}`,
		`{"count":10000,"count_partial":true,"facets":{"state":{"values":[],"more":false,"partial":true}}}`,
		`{"count":160000,"count_partial":true,"facets":{"state":{"values":[],"more":false,"partial":true}}}`,
	} {
		synctest.Test(t, func(t *testing.T) {
			if got, err := run(t.Context(), &slow{quick: quick}, both); err != nil || got != want {
				t.Errorf("%d in time: %s, %v\nwant %s", quick, got, err, want)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		want := `{"facets":{"state":{"values":[{"value":"a","count":10000}],"more":false,"partial":true}}}`
		if got, err := run(t.Context(), &slow{quick: 1}, `{"fields":["id"],"facets":["state"]}`); err != nil || got != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
		// What ends the search itself is no partial answer.
		ctx, cancel := context.WithTimeout(t.Context(), query.TallyTime/2)
		defer cancel()
		if _, err := run(ctx, &slow{}, both); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the search to end", err)
		}
		broken := errors.New("disk I/O error")
		if _, err := run(t.Context(), &slow{failed: broken}, both); !errors.Is(err, broken) {
			t.Errorf("got %v, want the failure", err)
		}
	})
}
