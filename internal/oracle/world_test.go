package oracle_test

import (
	"fmt"
	"io/fs"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"ciomirror/catalog"
	"ciomirror/connector"
	"ciomirror/internal/oracle"
	"ciomirror/migrations"
	"ciomirror/query"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// things has a field of every type; it is the entity of the contract's vectors.
func things() *catalog.Entity {
	field := func(name string, k catalog.Kind, marks catalog.Mark) catalog.Field {
		return catalog.Field{Name: name, Types: []catalog.Kind{k}, Marks: marks, Doc: "a field of the vectors"}
	}
	created := field("created", catalog.Integer, catalog.Indexed)
	created.Unit = catalog.UnixSeconds
	return &catalog.Entity{
		Name: "things", Doc: "Things of every type.", Key: []string{"id"},
		List: catalog.List{Path: "/v1/things", Items: "things", Complete: true},
		Fields: []catalog.Field{
			field("id", catalog.Integer, 0), field("name", catalog.String, 0), field("state", catalog.String, catalog.Indexed),
			field("active", catalog.Boolean, catalog.Indexed), created, field("score", catalog.Number, catalog.Indexed),
			field("tags", catalog.Array, 0), field("seg", catalog.Array, 0), field("steps", catalog.Array, 0),
			field("meta", catalog.Object, 0), field("code", catalog.String, 0), field("rank", catalog.Integer, catalog.Indexed),
		},
	}
}

// world is a mirror of random records and the same records in memory.
type world struct {
	cat     *catalog.Catalog
	asked   *connector.Connector
	store   *sqlite.Store
	records map[string][]record // by entity
}

// record is one record as it was sent and as a search sees it.
type record struct {
	sent, parent string
	seen         oracle.Object
}

func wholeCatalog(t testing.TB) *catalog.Catalog {
	t.Helper()
	cat, err := catalog.New(append(slices.Clone(catalog.Default().Entities()), things())...)
	if err != nil {
		t.Fatal(err)
	}
	return cat
}

// newWorld makes an empty world, in which searches use the text index or not.
func newWorld(t testing.TB, indexed bool) *world {
	t.Helper()
	cat := wholeCatalog(t)
	steps := fstest.MapFS{}
	product, err := fs.Sub(migrations.SQLite, "sqlite")
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(product, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		data, err := fs.ReadFile(product, n)
		if err != nil {
			t.Fatal(err)
		}
		steps[n] = &fstest.MapFile{Data: data}
	}
	steps["9000_things.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + strings.Join(sqlite.Tables(things()), ";\n") + ";\n")}
	clock := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	now := func() time.Time { return clock }
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: now, Migrations: steps})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{TextIndex: indexed}), s, connector.Options{InstanceID: "source_id:oracle", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return &world{cat: cat, asked: c, store: s, records: map[string][]record{}}
}

// write puts an entity's records into the mirror by the way that a sync takes.
func (w *world) write(t testing.TB, e *catalog.Entity, records []record) {
	t.Helper()
	table := store.NewTable(e)
	d := store.NewDecoder(table)
	rows := make([]store.Row, 0, len(records))
	for _, r := range records {
		row, err := d.Decode([]byte(r.sent), r.parent)
		if err != nil {
			t.Fatalf("decode %s %s: %v", e.Name, r.sent, err)
		}
		rows = append(rows, row)
	}
	run, err := w.store.StartRun(t.Context(), store.Claim{Mode: store.All, Holder: "oracle"})
	if err != nil {
		t.Fatal(err)
	}
	if e.List.Complete {
		if err = run.Stage(t.Context(), table, rows, nil); err == nil {
			_, err = run.Apply(t.Context(), table, store.Scope{All: true})
		}
	} else {
		_, err = run.Write(t.Context(), table, rows)
	}
	if err == nil {
		err = run.Finish(t.Context(), store.Complete, nil)
	}
	if err != nil {
		t.Fatalf("write %s: %v", e.Name, err)
	}
	w.records[e.Name] = records
}

// sound checks that what doctor looks for is not found in a sound mirror, whatever was
// sent.
func (w *world) sound(t testing.TB, e *catalog.Entity) {
	t.Helper()
	n, err := w.store.CheckRows(t.Context(), store.NewTable(e))
	if n > 0 || err != nil {
		t.Errorf("%d rows of %s are not what they were made of, %v", n, e.Name, err)
	}
}

// declared is what the catalog says of an entity, in the oracle's words.
func declared(e *catalog.Entity) *oracle.Entity {
	o := &oracle.Entity{Name: e.Name, Key: e.Key}
	for _, f := range e.Fields {
		field := oracle.Field{Name: f.Name, Type: oracle.Type(f.SearchKind().String()), Time: f.Unit == catalog.UnixSeconds,
			Counted: f.Kind() == catalog.Integer && f.SearchKind() == catalog.String}
		for _, k := range f.Types[1:] {
			if k == catalog.String || f.Kind() == catalog.Object || f.Is(catalog.NameValueList) {
				field.Also = append(field.Also, oracle.Type(k.String()))
			}
		}
		o.Fields = append(o.Fields, field)
	}
	for _, d := range e.Derived {
		o.Fields = append(o.Fields, oracle.Field{Name: d.Name, Type: oracle.Integer, Time: d.Unit == catalog.UnixSeconds})
	}
	return o
}

// seen is a record as a search sees it: what the mirror is to make of it, said once
// more and without its code.
func seen(e *catalog.Entity, sent oracle.Object, parent string) oracle.Object {
	var o oracle.Object
	for _, f := range e.Fields {
		v := seenAs(f, sent.Get(f.Name))
		for _, a := range f.Aliases {
			// The other name counts when the own one is missing; that of another field
			// already when the own one has nothing that fits.
			if _, own := e.Field(a); sent.Get(f.Name) == nil || own && v == nil {
				v = seenAs(f, sent.Get(a))
			}
		}
		if e.Parent != nil && e.Parent.Field == f.Name && v == nil {
			v = number(parent)
		}
		if n, ok := v.(*big.Rat); ok && f.SearchKind() == catalog.String {
			v = oracle.Number(n)
		}
		o = append(o, oracle.Member{Name: f.Name, Value: v})
	}
	for _, d := range e.Derived {
		from, _ := o.Get(d.From).(oracle.Object)
		n, _ := from.Get(d.Key).(*big.Rat)
		var v any
		if n != nil && n.IsInt() {
			v = n
		}
		o = append(o, oracle.Member{Name: d.Name, Value: v})
	}
	return o
}

func number(s string) *big.Rat {
	n, ok := new(big.Rat).SetString(s)
	if !ok {
		panic("no number: " + s)
	}
	return n
}

// seenAs is one value: absent when it does not fit the field.
func seenAs(f catalog.Field, v any) any {
	accepts := func(k catalog.Kind) bool { return slices.Contains(f.Types, k) }
	n, isNumber := v.(*big.Rat)
	s, isString := v.(string)
	list, isArray := v.([]any)
	_, isObject := v.(oracle.Object)
	_, isBool := v.(bool)
	var fits bool
	switch f.Kind() {
	case catalog.String:
		if isNumber {
			return oracle.Number(n)
		}
		if isString && f.Is(catalog.Upper) {
			return strings.ToUpper(s)
		}
		fits = isString
	case catalog.Integer:
		switch {
		case isNumber && f.Is(catalog.ZeroIsNever) && n.Sign() == 0:
			return nil
		case isString:
			whole, ok := new(big.Int).SetString(s, 10)
			if ok && whole.IsInt64() && whole.String() == s {
				return new(big.Rat).SetInt(whole)
			}
			fits = accepts(catalog.String)
		case isArray && accepts(catalog.Array):
			var last *big.Rat
			for _, v := range list {
				if at, ok := v.(*big.Rat); ok && at.IsInt() && at.Num().IsInt64() && at.Sign() != 0 && (last == nil || at.Cmp(last) > 0) {
					last = at
				}
			}
			if last == nil {
				return nil
			}
			return last
		default:
			fits = isNumber && n.IsInt()
		}
	case catalog.Number:
		fits = isNumber
	case catalog.Boolean:
		fits = isBool
	case catalog.Array:
		fits = isArray || isString && accepts(catalog.String)
	case catalog.Object:
		fits = isObject || isArray && accepts(catalog.Array) || isString && accepts(catalog.String)
	default:
		fits = true
	}
	if !fits {
		return nil
	}
	return v
}

// usual are the fields of a row when a request names none.
func usual(e *catalog.Entity) []string {
	var hosted, listed, all []string
	for _, f := range e.Fields {
		all = append(all, f.Name)
		if f.Is(catalog.Hosted) {
			hosted = append(hosted, f.Name)
		}
		if f.Is(catalog.Listed) {
			listed = append(listed, f.Name)
		}
	}
	switch {
	case hosted != nil:
		return hosted
	case listed != nil:
		return listed
	}
	return all
}

// pick is the part of a record that has the named fields. When absent is true,
// what is absent is null; otherwise it is left out.
func pick(r oracle.Object, names []string, absent bool) oracle.Object {
	o := oracle.Object{}
	for _, m := range r {
		if slices.Contains(names, m.Name) && (absent || m.Value != nil) {
			o = append(o, m)
		}
	}
	return o
}

// show is a value as JSON: equal values have equal text.
func show(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case *big.Rat:
		return oracle.Number(x)
	case string:
		return quote(x)
	case []any:
		parts := make([]string, len(x))
		for i := range x {
			parts[i] = show(x[i])
		}
		return "[" + strings.Join(parts, ",") + "]"
	case oracle.Object:
		parts := make([]string, len(x))
		for i, m := range x {
			parts[i] = quote(m.Name) + ":" + show(m.Value)
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ",") + "}"
	}
	return fmt.Sprint(v)
}
