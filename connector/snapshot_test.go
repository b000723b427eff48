package connector_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// interrupted is a mirror to which something is written after each query.
type interrupted struct {
	*sqlite.Store
	write func()
}

func (m interrupted) Snapshot(ctx context.Context, f func(store.Rows) error) error {
	return m.Store.Snapshot(ctx, func(rows store.Rows) error {
		return f(func(ctx context.Context, q sq.Sqlizer) iter.Seq2[[]any, error] {
			return func(yield func([]any, error) bool) {
				defer m.write()
				rows(ctx, q)(yield)
			}
		})
	})
}

// TestAPageIsOfOneInstant moves a message from one end of the order to the other
// between the statements of a page: it must not be on the page twice, nor be missed,
// and the count must be of the same instant.
func TestAPageIsOfOneInstant(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC) }
	m, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	run, err := m.StartRun(t.Context(), store.Claim{Mode: store.All})
	if err != nil {
		t.Fatal(err)
	}
	e, _ := catalog.Default().Entity("messages")
	table := store.NewTable(e)
	write := func(record string) {
		t.Helper()
		row, err := store.NewDecoder(table).Decode([]byte(record), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := run.Write(t.Context(), table, []store.Row{row}); err != nil {
			t.Fatal(err)
		}
	}
	// The order by created has four stretches: below and beyond int64, between, absent.
	for i, created := range []string{"-99999999999999999999", "5", "99999999999999999999", "null"} {
		write(fmt.Sprintf(`{"id":"m%d","created":%s}`, i, created))
	}
	moves := 0
	source := interrupted{m, func() {
		created := []string{"99999999999999999999", "null", "-99999999999999999999", "6"}[moves%4]
		write(fmt.Sprintf(`{"id":"m0","created":%s}`, created))
		write(fmt.Sprintf(`{"id":"new%d","created":7}`, moves))
		moves++
	}}
	q, err := query.Parse([]byte(`{"query":{"sort":[{"created":"asc"}]},"fields":["id"],"count":true}`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := query.NewCompiler(catalog.Default(), query.SQLite{}).Compile("messages", q)
	if err != nil {
		t.Fatal(err)
	}
	a, err := query.Run(t.Context(), source, p, now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range a.Data {
		got = append(got, string(row))
	}
	if want := []string{`{"id":"m0"}`, `{"id":"m1"}`, `{"id":"m2"}`, `{"id":"m3"}`}; !slices.Equal(got, want) {
		t.Errorf("the page has %v, want %v", got, want)
	}
	if *a.Meta.Count != 4 || moves < 5 {
		t.Errorf("%d rows are counted, want 4; %d writes came between", *a.Meta.Count, moves)
	}
}

// TestAListWithoutPagesIsOfOneInstant has more records than one search reads, and a sync
// that adds one after each: the list is the one before all of that.
func TestAListWithoutPagesIsOfOneInstant(t *testing.T) {
	now := func() time.Time { return today }
	m := newMirror(t, now)
	run, err := m.StartRun(t.Context(), store.Claim{Mode: store.All})
	if err != nil {
		t.Fatal(err)
	}
	e, _ := catalog.Default().Entity("segments")
	table := store.NewTable(e)
	write := func(ids ...int) {
		t.Helper()
		var rows []store.Row
		for _, id := range ids {
			row, err := store.NewDecoder(table).Decode(fmt.Appendf(nil, `{"id":%d,"name":"s"}`, id), "")
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
		}
		if _, err := run.Write(t.Context(), table, rows); err != nil {
			t.Fatal(err)
		}
	}
	var ids []int
	for id := range query.MaxLimit + 10 {
		ids = append(ids, id+1)
	}
	write(ids...)
	added := len(ids)
	source := interrupted{m, func() { added++; write(added) }}
	cat := catalog.Default()
	c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{}), source, connector.Options{InstanceID: "source_id:test", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	env, err := c.Execute(t.Context(), connector.Request{Entity: "segments", Action: "list"})
	if err != nil {
		t.Fatal(err)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(env.Result, &list); err != nil {
		t.Fatal(err)
	}
	if added < len(ids)+2 {
		t.Errorf("only %d were added: one search read all", added-len(ids))
	}
	if len(list) != len(ids) {
		t.Errorf("the list has %d records, %d were there when it began", len(list), len(ids))
	}
}
