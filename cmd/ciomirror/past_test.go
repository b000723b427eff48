package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"
	"github.com/google/go-cmp/cmp"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/query"
	"ciomirror/sim"
	"ciomirror/store"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

// history is a mirror with a random past: syncs of everything, of a few entities,
// and interrupted ones, of a workspace in which things are made, changed and
// deleted.
type history struct {
	*testing.T
	rand *rand.Rand
	sim  *sim.Sim
	m    *sqlite.Store
	// seen is what a reader saw with his own eyes, by instant.
	seen map[time.Time]rowsOf
}

// rowsOf are all rows of a mirror: the entity and the key, then the row.
type rowsOf map[string]string

func newHistory(t *testing.T, seed uint64) *history {
	t.Helper()
	start := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	s, err := sim.New(sim.Options{Seed: seed, Size: sim.Small, Start: start, Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	m, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return &history{T: t, rand: rand.New(rand.NewPCG(seed, 1)), sim: s, m: m, seen: map[time.Time]rowsOf{}}
}

// live lets days go by, with a sync at the end of each stretch.
func (h *history) live(stretches int) {
	h.Helper()
	h.sync(h.Context())
	h.snapshot()
	for n := range stretches {
		h.sim.Advance(time.Duration(1+h.rand.IntN(72)) * time.Hour)
		ctx, entities := h.Context(), []string{}
		switch h.rand.IntN(4) {
		case 0:
			entities = []string{"segments", "newsletters"}
		case 1:
			var cancel context.CancelFunc
			ctx, cancel = context.WithCancel(ctx)
			h.sim.Delete("segments", "", h.segment())
			h.sync(ctx, "campaigns")
			cancel()
		}
		h.sync(ctx, entities...)
		if ctx.Err() == nil && len(entities) == 0 || n == stretches-1 {
			h.snapshot()
		}
	}
}

func (h *history) segment() string {
	h.Helper()
	e, _ := catalog.Default().Entity("segments")
	segments, err := h.m.Parents(h.Context(), store.NewTable(e))
	if err != nil || len(segments) == 0 {
		h.Fatal(err)
	}
	return segments[h.rand.IntN(len(segments))].Key
}

func (h *history) sync(ctx context.Context, entities ...string) {
	h.Helper()
	c, err := cio.New("sim-key", cio.Options{BaseURL: "http://sim.test", Transport: h.sim.Transport(), Rate: 1e6, MaxWait: time.Nanosecond})
	if err != nil {
		h.Fatal(err)
	}
	s, err := syncer.New(c, h.m, syncer.Options{Catalog: catalog.Default(), Now: h.sim.Now})
	if err != nil {
		h.Fatal(err)
	}
	if _, err := s.Run(ctx, entities...); err != nil && ctx.Err() == nil {
		h.Fatal(err)
	}
	var clock int64
	for cells, err := range h.m.Rows(h.Context(), sq.Expr("select value from _mirror where name = 'clock'")) {
		if err != nil {
			h.Fatal(err)
		}
		clock, _ = cells[0].(int64)
	}
	h.seen[time.UnixMilli(clock)] = h.dump(h.m, false)
}

func (h *history) snapshot() {
	h.Helper()
	if _, err := h.m.CreateSnapshot(h.Context(), "", "test"); err != nil {
		h.Fatal(err)
	}
}

// instants picks n instants at which versions ended, each with the millisecond
// before, and n others, besides those of the snapshots.
func (h *history) instants(n int) []time.Time {
	h.Helper()
	var ended []int64
	for _, e := range catalog.Default().Mirrored() {
		for cells, err := range h.m.Rows(h.Context(), sq.Expr(fmt.Sprintf("select distinct _valid_to from %q", e.Name+"_history"))) {
			if err != nil {
				h.Fatal(err)
			}
			ms, _ := cells[0].(int64)
			ended = append(ended, ms)
		}
	}
	slices.Sort(ended)
	times := map[time.Time]bool{}
	for range n {
		at := time.UnixMilli(ended[h.rand.IntN(len(ended))])
		times[at], times[at.Add(-time.Millisecond)] = true, true
		times[time.UnixMilli(ended[0]+h.rand.Int64N(ended[len(ended)-1]-ended[0]))] = true
	}
	for _, s := range h.snapshots() {
		times[time.UnixMilli(s.At.UnixMilli())] = true
	}
	return slices.SortedFunc(maps.Keys(times), time.Time.Compare)
}

func (h *history) snapshots() []store.Snapshot {
	h.Helper()
	snapshots, err := h.m.Snapshots(h.Context())
	if err != nil {
		h.Fatal(err)
	}
	return snapshots
}

// dump reads everything with SQL, with our own columns when they are asked for.
// Volatile values have no past, so they are left out without them.
func (h *history) dump(r store.Reader, ours bool) rowsOf {
	h.Helper()
	d := rowsOf{}
	for _, e := range catalog.Default().Mirrored() {
		t := store.NewTable(e)
		columns := t.Columns
		text := "select " + names(columns)
		if ours {
			text += ", hex(_hash), _first_seen, _changed_at, _run"
		}
		_, rows, err := r.Statement(h.Context(), text+` from "`+e.Name+`"`, nil)
		if err != nil {
			h.Fatal(err)
		}
		for cells, err := range rows {
			if err != nil {
				h.Fatal(err)
			}
			d.add(h.T, t, cells, ours)
		}
	}
	return d
}

func names(columns []store.Column) string {
	var quoted []string
	for _, c := range columns {
		quoted = append(quoted, `"`+c.Name+`"`)
	}
	return strings.Join(quoted, ", ")
}

func (d rowsOf) add(t *testing.T, table *store.Table, cells []any, ours bool) {
	t.Helper()
	key := keyOf(table, cells)
	if _, double := d[key]; double {
		t.Fatalf("%s is there twice", key)
	}
	var row []any
	for i, c := range cells {
		if ours || table.Columns[i].Marks&(catalog.Volatile|catalog.FromMirror) == 0 {
			row = append(row, c)
		}
	}
	d[key] = fmt.Sprintf("%#v", row)
}

func keyOf(table *store.Table, cells []any) string {
	key := table.Entity.Name
	for _, k := range table.Key {
		key += fmt.Sprintf("/%v", cells[k])
	}
	return key
}

// asOf opens an instant; nil when it was pruned.
func (h *history) asOf(at time.Time) store.Reader {
	h.Helper()
	r, err := h.m.AsOf(h.Context(), at)
	if errors.Is(err, store.ErrPruned) {
		return nil
	}
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = r.Close() })
	return r
}

// wantSearch pages through every entity and compares field by field with SQL.
func (h *history) wantSearch(at time.Time, r store.Reader) {
	h.Helper()
	for _, e := range catalog.Default().Mirrored() {
		t := store.NewTable(e)
		// A search knows no extra, and shows a list of names and values as texts.
		columns := slices.DeleteFunc(slices.Clone(t.Columns), func(c store.Column) bool {
			return c.Name == store.Extra || c.Marks&catalog.NameValueList != 0
		})
		want := rowsOf{}
		for cells, err := range r.Rows(h.Context(), sq.Expr("select "+names(columns)+` from "`+e.Name+`"`)) {
			if err != nil {
				h.Fatal(err)
			}
			row := map[string]json.RawMessage{}
			for i, c := range columns {
				v, err := store.AppendJSON(nil, c, cells[i])
				if err != nil {
					h.Fatal(err)
				}
				row[c.Name] = v
			}
			want[keyOf(t, cells)] = h.canonical(row)
		}
		got := rowsOf{}
		for _, row := range h.search(e, columns, r) {
			key := e.Name
			for _, k := range e.Key {
				key += "/" + plain(row[k])
			}
			if _, double := got[key]; double {
				h.Fatalf("as of %s: a search finds %s twice", at, key)
			}
			got[key] = h.canonical(row)
		}
		h.same(fmt.Sprintf("as of %s, %s (-sql +search)", at, e.Name), want, got)
	}
}

func (h *history) search(e *catalog.Entity, columns []store.Column, r store.Reader) (rows []map[string]json.RawMessage) {
	h.Helper()
	var fields []string
	for _, c := range columns {
		fields = append(fields, c.Name)
	}
	params := map[string]any{"query": map[string]any{}, "fields": fields, "limit": 1 + h.rand.IntN(20)}
	if e.Name == "messages" || e.Name == "activities" {
		params["limit"] = 500 + h.rand.IntN(1000)
	}
	for {
		text, err := json.Marshal(params)
		if err != nil {
			h.Fatal(err)
		}
		q, err := query.Parse(text)
		if err != nil {
			h.Fatal(err)
		}
		plan, err := query.NewCompiler(catalog.Default(), query.SQLite{}).Compile(e.Name, q)
		if err != nil {
			h.Fatal(err)
		}
		answer, err := query.Run(h.Context(), r, plan, h.sim.Now)
		if err != nil {
			h.Fatal(err)
		}
		for _, record := range answer.Data {
			var row map[string]json.RawMessage
			if err := json.Unmarshal(record, &row); err != nil {
				h.Fatal(err)
			}
			rows = append(rows, row)
		}
		if answer.Meta.Cursor == nil {
			return rows
		}
		params["cursor"] = *answer.Meta.Cursor
	}
}

// canonical writes a row without its nulls.
func (h *history) canonical(row map[string]json.RawMessage) string {
	h.Helper()
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(row)) {
		var v any
		dec := json.NewDecoder(strings.NewReader(string(row[name])))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			h.Fatalf("%s: %v", row[name], err)
		}
		if v != nil {
			parts = append(parts, fmt.Sprintf("%s=%v", name, v))
		}
	}
	return strings.Join(parts, " ")
}

func (h *history) same(what string, want, got rowsOf) {
	h.Helper()
	if len(want) == len(got) && maps.Equal(want, got) {
		return
	}
	h.Errorf("%s:\n%.3000s", what, cmp.Diff(want, got))
}

// wantDiff applies a diff to the rows of one instant, which must give those of the
// other.
func (h *history) wantDiff(from, to time.Time, before, after rowsOf) {
	h.Helper()
	got := maps.Clone(before)
	for _, e := range catalog.Default().Mirrored() {
		t := store.NewTable(e)
		for d, err := range h.m.Diff(h.Context(), t, from, to) {
			if err != nil {
				h.Fatal(err)
			}
			if d.Old != nil {
				old := rowsOf{}
				old.add(h.T, t, d.Old, false)
				for k, row := range old {
					if before[k] != row || got[k] == "" {
						h.Errorf("the diff from %s says that %s was\n%s, it was\n%s", from, k, row, before[k])
					}
					delete(got, k)
				}
			}
			if d.New != nil {
				got.add(h.T, t, d.New, false)
			}
		}
	}
	h.same(fmt.Sprintf("from %s to %s (-as of +as of and diff)", from, to), after, got)
}

// TestThePastIsTheSameForEveryReader: SQL, searches, diffs and exports tell the same
// of every instant, and a prune takes instants away and changes none.
func TestThePastIsTheSameForEveryReader(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	h := newHistory(t, seed)
	stretches, n := 4, 2
	if testing.Short() {
		stretches, n = 3, 1
	}
	h.live(stretches)
	for at, want := range h.seen {
		h.same(fmt.Sprintf("as of %s (-then +now)", at), want, h.dump(h.asOf(at), false))
	}
	instants := h.instants(n)
	before := map[time.Time]rowsOf{}
	agree := func() {
		t.Helper()
		var last time.Time
		var lastRows rowsOf
		for _, at := range instants {
			r := h.asOf(at)
			if r == nil {
				continue
			}
			if h.rand.IntN(2) == 0 {
				h.wantSearch(at, r)
			}
			rows, whole := h.dump(r, false), h.dump(r, true)
			if lastRows != nil {
				h.wantDiff(last, at, lastRows, rows)
			}
			if then, ok := before[at]; ok {
				h.same(fmt.Sprintf("as of %s (-before +after the prune)", at), then, whole)
			}
			before[at], last, lastRows = whole, at, rows
		}
		for _, s := range h.snapshots() {
			h.same("the export of "+s.Name+" (-as of +export)", h.dump(h.asOf(s.At), true), h.export(s))
		}
	}
	agree()
	pruned, err := h.m.Prune(t.Context(), store.Keep{Last: 3 + h.rand.IntN(2), Days: 1, Monthly: h.rand.IntN(2)}, false)
	if err != nil {
		t.Fatal(err)
	}
	var kept []int64
	for _, s := range h.snapshots() {
		kept = append(kept, s.At.UnixMilli())
	}
	for _, at := range instants {
		known := !at.Before(pruned.Horizon) || slices.Contains(kept, at.UnixMilli())
		if (h.asOf(at) != nil) != known {
			t.Errorf("after a prune up to %s, %s is known: %t", pruned.Horizon, at, !known)
		}
	}
	agree()
}

func (h *history) export(s store.Snapshot) rowsOf {
	h.Helper()
	path := filepath.Join(h.TempDir(), s.Name+".db")
	if _, err := h.m.ExportSnapshot(h.Context(), s.Name, path, false); err != nil {
		h.Fatal(err)
	}
	m, err := sqlite.Open(h.Context(), path, sqlite.Options{Now: h.sim.Now})
	if err != nil {
		h.Fatal(err)
	}
	defer m.Close()
	return h.dump(m, true)
}
