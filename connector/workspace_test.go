package connector_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/query"
	"ciomirror/sim"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

// TestEveryEntityOfAWorkspacePagesWhole searches each entity of a simulated
// workspace page by page, in the order of its key and by a field, and asks plain
// SQL whether every row came once and has the fields it should.
func TestEveryEntityOfAWorkspacePagesWhole(t *testing.T) {
	start := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	now := func() time.Time { return start }
	workspace, err := sim.New(sim.Options{Size: sim.Small, Seed: 11, Start: start, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	api, err := cio.New("sim-key", cio.Options{BaseURL: "http://sim.test", Transport: workspace.Transport(), Rate: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	mirror, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer mirror.Close()
	s, err := syncer.New(api, mirror, syncer.Options{Catalog: catalog.Default(), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	compiler := query.NewCompiler(catalog.Default(), query.SQLite{})
	for _, e := range catalog.Default().Mirrored() {
		t.Run(e.Name, func(t *testing.T) {
			var rows int64
			for cells, err := range mirror.Rows(t.Context(), sq.Expr(`select count(*) from "`+e.Name+`"`)) {
				if err != nil {
					t.Fatal(err)
				}
				rows = cells[0].(int64)
			}
			limit := max(1, min(int(rows)/3, 10_000))
			for _, sort := range sorts(e) {
				seen, pages, cursor := map[string]bool{}, 0, ""
				for {
					params := fmt.Sprintf(`{"query":{"sort":%s},"limit":%d%s}`, sort, limit, cursor)
					q, err := query.Parse([]byte(params))
					if err != nil {
						t.Fatal(err)
					}
					plan, err := compiler.Compile(e.Name, q)
					if err != nil {
						t.Fatal(err)
					}
					answer, err := query.Run(t.Context(), mirror, plan, now)
					if err != nil {
						t.Fatal(err)
					}
					pages++
					for _, row := range answer.Data {
						seen[checkRow(t, e, row)] = true
					}
					if answer.Meta.HasMore != (answer.Meta.Cursor != nil) || answer.Meta.HasMore && len(answer.Data) != limit {
						t.Fatalf("page %d: %d rows, has_more %v, cursor %v", pages, len(answer.Data), answer.Meta.HasMore, answer.Meta.Cursor)
					}
					if !answer.Meta.HasMore {
						break
					}
					cursor = fmt.Sprintf(`,"cursor":%q`, *answer.Meta.Cursor)
				}
				if int64(len(seen)) != rows {
					t.Errorf("sort %s: %d different rows on %d pages, the table has %d", sort, len(seen), pages, rows)
				}
				if want := int(rows)/limit - 1; pages < want {
					t.Errorf("sort %s: %d pages of %d for %d rows", sort, pages, limit, rows)
				}
			}
		})
	}
}

// sorts are the orders to page in: none, and a field that has equal and absent
// values, both ways.
func sorts(e *catalog.Entity) []string {
	list := []string{"[]"}
	for _, name := range []string{"state", "type", "campaign_id", "created", "updated_at", "name"} {
		if _, ok := e.Field(name); ok {
			list = append(list, fmt.Sprintf(`[{%q:"asc"}]`, name), fmt.Sprintf(`[{%q:"desc"}]`, name))
		}
	}
	return list
}

// checkRow checks the shape of a row without fields asked for, and returns its key.
func checkRow(t *testing.T, e *catalog.Entity, row json.RawMessage) string {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(row, &members); err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, f := range e.Fields {
		shown := f.Is(catalog.Hosted) || !e.HostedStore && f.Is(catalog.Listed) || !e.Page
		if !shown {
			continue
		}
		want++
		v, ok := members[f.Name]
		if !ok {
			t.Fatalf("a row of %s lacks %s: %s", e.Name, f.Name, row)
		}
		if string(v) != "null" && f.Store == catalog.String && v[0] != '"' {
			t.Fatalf("%s.%s is %s, the hosted store says string", e.Name, f.Name, v)
		}
	}
	if len(members) != want {
		t.Fatalf("a row of %s has %d keys, want %d", e.Name, len(members), want)
	}
	var key []string
	for _, k := range e.Key {
		v := members[k]
		if v == nil {
			return string(row) // the key is not among the listed fields: the whole row stands for it
		}
		key = append(key, string(v))
	}
	return strings.Join(key, "/")
}
