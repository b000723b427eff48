package query_test

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Masterminds/squirrel"
	driver "modernc.org/sqlite"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/query"
	"ciomirror/query/match"
)

func TestMain(m *testing.M) {
	for _, f := range match.Functions() {
		err := driver.RegisterFunction(f.Name, &driver.FunctionImpl{NArgs: int32(f.Args), Deterministic: true, VolatileArgs: true, Scalar: func(_ *driver.FunctionContext, args []sqldriver.Value) (sqldriver.Value, error) {
			cells := make([]any, len(args))
			for i, a := range args {
				cells[i] = a
			}
			return f.Fn(cells)
		}})
		if err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// field is a shorthand for test catalogs.
func field(name string, marks catalog.Mark, types ...catalog.Kind) catalog.Field {
	return catalog.Field{Name: name, Types: types, Marks: marks, Doc: "a test field"}
}

func unix(f catalog.Field) catalog.Field { f.Unit = catalog.UnixSeconds; return f }

func stored(f catalog.Field, k catalog.Kind) catalog.Field { f.Store = k; return f }

// testCatalog has the entity of the contract's vectors, and two in the shape of
// Customer.io's: one with hosted and unhosted fields, one with ids of two types.
func testCatalog(t testing.TB) *catalog.Catalog {
	t.Helper()
	const (
		usual   = catalog.Listed | catalog.Hosted
		indexed = catalog.Indexed
	)
	things := &catalog.Entity{
		Name: "things", Doc: "Things of every type.", Key: []string{"id"},
		List: catalog.List{Path: "/v1/things", Items: "things", Complete: true},
		Fields: []catalog.Field{
			field("id", 0, catalog.Integer), field("name", 0, catalog.String), field("state", indexed, catalog.String),
			field("active", indexed, catalog.Boolean), unix(field("created", indexed, catalog.Integer)), field("score", 0, catalog.Number),
			field("tags", 0, catalog.Array), field("seg", 0, catalog.Array), field("steps", 0, catalog.Array), field("meta", 0, catalog.Object),
			field("code", 0, catalog.String),
		},
		Derived: []catalog.Derived{{Name: "meta_rev", From: "meta", Key: "rev", Doc: "a test column"}},
	}
	campaigns := &catalog.Entity{
		Name: "campaigns", Doc: "Campaigns.", Page: true, HostedStore: true, Key: []string{"id"},
		List: catalog.List{Path: "/v1/campaigns", Items: "campaigns", Complete: true},
		Fields: []catalog.Field{
			field("id", usual, catalog.Integer), field("type", usual, catalog.String), field("name", usual, catalog.String),
			field("tags", usual, catalog.Array, catalog.String), field("filter_segment_ids", catalog.Listed, catalog.Array),
			field("audience", 0, catalog.Object, catalog.String), field("expires_after", 0, catalog.Any),
		},
	}
	actions := &catalog.Entity{
		Name: "campaign_actions", Doc: "Steps.", Page: true, HostedStore: true, Key: []string{"campaign_id", "id"},
		List:   catalog.List{Path: "/v1/campaigns/{campaign_id}/actions", Items: "actions", Complete: true},
		Parent: &catalog.Parent{Entity: "campaigns", Param: "campaign_id", Field: "campaign_id"},
		Fields: []catalog.Field{
			stored(field("id", usual, catalog.Integer, catalog.String), catalog.String), field("campaign_id", usual, catalog.Integer),
			field("type", usual, catalog.String), stored(field("from_id", usual, catalog.Integer), catalog.String),
			field("headers", usual|catalog.NameValueList, catalog.String, catalog.Array), field("body", catalog.Listed, catalog.String),
			field("progress", 0, catalog.Integer, catalog.String),
		},
	}
	sends := &catalog.Entity{Name: "transactional_email", Doc: "Sends.", Page: true}
	cat, err := catalog.New(things, campaigns, actions, sends)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// cell keeps a JSON value as the mirror does.
func cell(t testing.TB, f catalog.Field, raw json.RawMessage) any {
	t.Helper()
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	v, err := canon.JSON(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	s := string(v)
	if f.Kind() == catalog.Array || f.Kind() == catalog.Object {
		return s
	}
	switch v[0] {
	case '[', '{':
		return s
	case 't':
		return int64(1)
	case 'f':
		return int64(0)
	case '"':
		s = canon.Text(s)
		if f.Kind() == catalog.Integer {
			if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s {
				return n
			}
		}
		return s
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil && match.FloatText(x) == s && strings.Contains(s, ".") {
		return x
	}
	return s
}

// mirror is a database with tables for the entities of a catalog.
type mirror struct {
	*sql.DB
	cat *catalog.Catalog
}

func newMirror(t testing.TB, cat *catalog.Catalog) *mirror {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "mirror.db")+"?_pragma=synchronous(off)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	m := &mirror{db, cat}
	for _, e := range cat.Mirrored() {
		var columns []string
		for _, f := range e.Fields {
			kind := "any"
			if slices.Contains(e.Key, f.Name) {
				kind = "any not null"
			}
			columns = append(columns, strconv.Quote(f.Name)+" "+kind)
		}
		for _, d := range e.Derived {
			columns = append(columns, strconv.Quote(d.Name)+" any")
		}
		m.exec(t, fmt.Sprintf("create table %q (%s, primary key (%s)) strict", e.Name, strings.Join(columns, ", "), `"`+strings.Join(e.Key, `", "`)+`"`))
		for _, f := range e.Fields {
			if f.Is(catalog.Indexed) {
				m.exec(t, fmt.Sprintf("create index %q on %q (%q)", e.Name+"_"+f.Name, e.Name, f.Name))
			}
		}
	}
	return m
}

func (m *mirror) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	if _, err := m.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func (m *mirror) insert(t testing.TB, entity, row string) {
	t.Helper()
	e, ok := m.cat.Entity(entity)
	if !ok {
		t.Fatalf("no entity %q", entity)
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal([]byte(row), &values); err != nil {
		t.Fatal(err)
	}
	var cells []any
	for _, f := range e.Fields {
		cells = append(cells, cell(t, f, values[f.Name]))
	}
	for _, d := range e.Derived {
		var object map[string]json.RawMessage
		_ = json.Unmarshal(values[d.From], &object)
		cells = append(cells, cell(t, field(d.Name, 0, catalog.Integer), object[d.Key]))
	}
	m.exec(t, fmt.Sprintf("insert into %q values (%s)", entity, squirrel.Placeholders(len(cells))), cells...)
}

// Rows runs one query.
func (m *mirror) Rows(ctx context.Context, q squirrel.Sqlizer) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		statement, args, err := q.ToSql()
		if err != nil {
			yield(nil, err)
			return
		}
		rows, err := m.QueryContext(ctx, statement, args...)
		if err != nil {
			yield(nil, fmt.Errorf("%s: %w", statement, err))
			return
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			yield(nil, err)
			return
		}
		cells := make([]any, len(columns))
		into := make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				yield(nil, err)
				return
			}
			if !yield(cells, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// Snapshot makes the mirror a query.Source. Nothing writes while these tests read.
func (m *mirror) Snapshot(_ context.Context, f func(rows query.Rows) error) error { return f(m.Rows) }

// clock is a clock that stands still.
func clock() time.Time { return time.Unix(1_700_000_000, 0) }

// search runs a request.
func (m *mirror) search(entity, params string) (query.Answer, error) {
	q, err := query.Parse([]byte(params))
	if err != nil {
		return query.Answer{}, err
	}
	p, err := query.NewCompiler(m.cat, query.SQLite{}).Compile(entity, q)
	if err != nil {
		return query.Answer{}, err
	}
	return query.Run(context.Background(), m, p, clock)
}

// ids are the ids of an answer, as text.
func ids(t testing.TB, a query.Answer) []string {
	t.Helper()
	list := []string{}
	for _, row := range a.Data {
		var r struct {
			ID json.RawMessage `json:"id"`
		}
		if err := json.Unmarshal(row, &r); err != nil {
			t.Fatalf("%s: %v", row, err)
		}
		list = append(list, string(r.ID))
	}
	return list
}

func (m *mirror) ids(t testing.TB, entity, params string) []string {
	t.Helper()
	a, err := m.search(entity, params)
	if err != nil {
		t.Fatalf("%s: %v", params, err)
	}
	return ids(t, a)
}

// vectors is the contract's file.
type vectors struct {
	Rows    []json.RawMessage
	Filters []struct {
		N      int
		Why    string
		Filter json.RawMessage
		IDs    []json.Number
	}
	Sorts []struct {
		Sort  json.RawMessage
		Limit *int
		IDs   []json.Number
	}
	Errors []struct {
		Filter json.RawMessage
		Code   string
	}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Rows) != 11 || len(v.Filters) != 50 || len(v.Sorts) != 5 || len(v.Errors) != 17 {
		t.Fatalf("the vectors are incomplete: %d rows, %d filters, %d sorts, %d errors", len(v.Rows), len(v.Filters), len(v.Sorts), len(v.Errors))
	}
	return v
}

// withThings is a mirror with the rows of the vectors.
func withThings(t testing.TB) *mirror {
	t.Helper()
	m := newMirror(t, testCatalog(t))
	for _, row := range readVectors(t).Rows {
		m.insert(t, "things", string(row))
	}
	return m
}

func texts(numbers []json.Number) []string {
	list := []string{}
	for _, n := range numbers {
		list = append(list, n.String())
	}
	return list
}
