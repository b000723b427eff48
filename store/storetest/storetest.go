// Package storetest states the store's contract as tests. Every store runs Run.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"
	"github.com/google/go-cmp/cmp"

	"ciomirror/catalog"
	"ciomirror/store"
)

// Catalog has the kinds of entity that a store treats differently.
func Catalog() *catalog.Catalog {
	kinds := func(k ...catalog.Kind) []catalog.Kind { return k }
	c, err := catalog.New(
		&catalog.Entity{
			Name: "plants", Key: []string{"id"},
			List: catalog.List{Path: "/v1/plants", Items: "plants", Complete: true},
			Fields: []catalog.Field{
				{Name: "id", Types: kinds(catalog.Integer), Doc: "key"},
				{Name: "name", Types: kinds(catalog.String), Marks: catalog.FullText, Doc: "name"},
				{Name: "from", Types: kinds(catalog.String), Doc: "a word that SQL has taken"},
				{Name: "watered", Types: kinds(catalog.Integer), Marks: catalog.Volatile, Doc: "counter"},
			},
		},
		&catalog.Entity{
			Name: "leaves", Key: []string{"plant_id", "id"},
			Parent: &catalog.Parent{Entity: "plants", Param: "plant_id", Field: "plant_id"},
			List:   catalog.List{Path: "/v1/plants/{plant_id}/leaves", Items: "leaves", Complete: true},
			Fields: []catalog.Field{
				{Name: "plant_id", Types: kinds(catalog.Integer), Marks: catalog.FromParent, Doc: "parent"},
				{Name: "id", Types: kinds(catalog.Integer, catalog.String), Doc: "key"},
				{Name: "colour", Types: kinds(catalog.String), Marks: catalog.FullText, Doc: "colour"},
			},
		},
		&catalog.Entity{
			Name: "showers", Key: []string{"id"},
			List: catalog.List{Path: "/v1/showers", Items: "showers", Window: &catalog.Window{Field: "created", From: "from", To: "to", MaxDays: 180}},
			Fields: []catalog.Field{
				{Name: "id", Types: kinds(catalog.String), Doc: "key"},
				{Name: "created", Types: kinds(catalog.Integer), Marks: catalog.Indexed, Unit: catalog.UnixSeconds, Doc: "time"},
				{Name: "litres", Types: kinds(catalog.Object), Doc: "by bed"},
				{Name: "note", Types: kinds(catalog.String), Marks: catalog.FullText, Doc: "what was said of it"},
				{Name: "cloud", Types: kinds(catalog.Integer), Doc: "where it came from"},
				{Name: "gardener", Types: kinds(catalog.Integer), Marks: catalog.FromMirror, Doc: "learnt elsewhere"},
			},
			Attribution: &catalog.Attribution{By: "plants", Path: "/v1/plants/{plant_id}/showers", Param: "plant_id", Field: "gardener", Others: []string{"cloud"}},
			Derived:     []catalog.Derived{{Name: "litres_north", From: "litres", Key: "north", Doc: "one bed"}},
		},
	)
	if err != nil {
		panic(err)
	}
	return c
}

// Open makes an empty store for the catalog, whose clock is now.
type Open func(t *testing.T, cat *catalog.Catalog, now func() time.Time) store.Store

// Run tests one kind of store.
func Run(t *testing.T, open Open) {
	tests := map[string]func(t *testing.T, b *bundle){
		"StagedRowsShowOnlyWhenApplied":          stagedRowsShowOnlyWhenApplied,
		"ApplyTwiceChangesNothing":               applyTwiceChangesNothing,
		"UnseenRowsBecomeDeletedVersions":        unseenRowsBecomeDeletedVersions,
		"ADeletedRowCanComeBack":                 aDeletedRowCanComeBack,
		"OtherParentsStay":                       otherParentsStay,
		"TheGuardHoldsALargeLoss":                theGuardHoldsALargeLoss,
		"VolatileFieldsMakeNoVersion":            volatileFieldsMakeNoVersion,
		"WriteShowsAtOnceAndCountsEachRow":       writeShowsAtOnceAndCountsEachRow,
		"AWalkLeavesTheMirrorsFieldsAlone":       aWalkLeavesTheMirrorsFieldsAlone,
		"AsOfShowsEachInstant":                   asOfShowsEachInstant,
		"DiffAgreesWithAsOf":                     diffAgreesWithAsOf,
		"ARunLeftOpenIsInterrupted":              aRunLeftOpenIsInterrupted,
		"ASnapshotSeesNoLaterWrite":              aSnapshotSeesNoLaterWrite,
		"AStatementCannotWrite":                  aStatementCannotWrite,
		"AStatementIsTakenAtItsWord":             aStatementIsTakenAtItsWord,
		"CancelledWriteLeavesNothing":            cancelledWriteLeavesNothing,
		"KeysOfOneKindAreNotThoseOfTheOther":     keysOfOneKindAreNotThoseOfTheOther,
		"ReportsAndDriftAreReadBackAsWritten":    reportsAndDriftAreReadBack,
		"AnotherKeyIsRefusedUntilAccepted":       anotherKeyIsRefusedUntilAccepted,
		"AsOfOutlivesACancelledQuery":            asOfOutlivesACancelledQuery,
		"UnseenCountsWhatApplyWouldDelete":       unseenCountsWhatApplyWouldDelete,
		"ApplyKeepsToItsScope":                   applyKeepsToItsScope,
		"ARowTwiceInAPageIsComparedWithTheFirst": aRowTwiceInAPageIsComparedWithTheFirst,
		"ManyRowsAreCountedOneByOne":             manyRowsAreCountedOneByOne,
		"ANumberAndItsTextAreTwoKeys":            aNumberAndItsTextAreTwoKeys,
		"JobsAreReadBackAsTheyEnded":             jobsAreReadBackAsTheyEnded,
		"TotalsAddUpAllRuns":                     totalsAddUpAllRuns,
	}
	maps.Copy(tests, archive())
	maps.Copy(tests, reading())
	maps.Copy(tests, actions())
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := &bundle{T: t, cat: Catalog(), clock: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
			b.s = open(t, b.cat, func() time.Time { return b.clock })
			test(t, b)
		})
	}
}

// bundle is a store with what a test needs around it.
type bundle struct {
	*testing.T
	cat   *catalog.Catalog
	s     store.Store
	clock time.Time
}

func (b *bundle) table(name string) *store.Table {
	e, ok := b.cat.Entity(name)
	if !ok {
		b.Fatalf("no entity %s", name)
	}
	return store.NewTable(e)
}

// rows decodes records, one a line.
func (b *bundle) rows(table, parent string, records ...string) []store.Row {
	b.Helper()
	dec := store.NewDecoder(b.table(table))
	var rows []store.Row
	for _, r := range records {
		row, err := dec.Decode([]byte(r), parent)
		if err != nil {
			b.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// start opens a run, an hour after what was before.
func (b *bundle) start() store.Run {
	b.Helper()
	b.clock = b.clock.Add(time.Hour)
	r, err := b.s.StartRun(b.Context(), store.Claim{Mode: store.All})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// list applies a complete list in a run of its own.
func (b *bundle) list(table string, records ...string) store.Change {
	b.Helper()
	r := b.start()
	if err := r.Stage(b.Context(), b.table(table), b.rows(table, "", records...), nil); err != nil {
		b.Fatal(err)
	}
	c, err := r.Apply(b.Context(), b.table(table), store.Scope{All: true})
	if err != nil {
		b.Fatal(err)
	}
	if err := r.Finish(b.Context(), store.Complete, nil); err != nil {
		b.Fatal(err)
	}
	return c
}

func (b *bundle) query(r store.Reader, text string) []string {
	b.Helper()
	lines, err := linesOf(r.Rows(b.Context(), sq.Expr(text)))
	if err != nil {
		b.Fatal(err)
	}
	return lines
}

func (b *bundle) want(text string, want ...string) {
	b.Helper()
	if want == nil {
		want = []string{}
	}
	if d := cmp.Diff(want, b.query(b.s, text)); d != "" {
		b.Errorf("%s (-want +got):\n%s", text, d)
	}
}

func (b *bundle) wantChange(got, want store.Change) {
	b.Helper()
	if got != want {
		b.Errorf("change %+v, want %+v", got, want)
	}
}

func stagedRowsShowOnlyWhenApplied(t *testing.T, b *bundle) {
	r := b.start()
	plants := b.table("plants")
	if err := r.Stage(t.Context(), plants, b.rows("plants", "", `{"id":1,"name":"fern"}`, `{"id":2,"name":"moss"}`), nil); err != nil {
		t.Fatal(err)
	}
	b.want("select id from plants")
	if err := r.Stage(t.Context(), plants, b.rows("plants", "", `{"id":2,"name":"lichen"}`), nil); err != nil {
		t.Fatal(err)
	}
	c, err := r.Apply(t.Context(), plants, store.Scope{All: true})
	if err != nil {
		t.Fatal(err)
	}
	b.wantChange(c, store.Change{New: 2})
	b.want("select id, name from plants order by id", "1|fern", "2|lichen")
	if err := r.Stage(t.Context(), plants, b.rows("plants", "", `{"id":3}`), nil); err != nil {
		t.Fatal(err)
	}
	if err := r.Discard(t.Context(), plants); err != nil {
		t.Fatal(err)
	}
	b.want("select id from plants order by id", "1", "2")
}

func applyTwiceChangesNothing(_ *testing.T, b *bundle) {
	records := []string{`{"id":1,"name":"fern","from":"Kew"}`, `{"id":2,"name":"moss","hue":"green"}`}
	b.wantChange(b.list("plants", records...), store.Change{New: 2})
	before := b.query(b.s, "select * from plants order by id")
	b.wantChange(b.list("plants", records...), store.Change{Same: 2})
	b.want("select * from plants order by id", before...)
	b.want("select count(*) from plants_history", "0")
}

func unseenRowsBecomeDeletedVersions(_ *testing.T, b *bundle) {
	b.list("plants", `{"id":1,"name":"fern"}`, `{"id":2,"name":"moss"}`, `{"id":3,"name":"ivy"}`)
	c := b.list("plants", `{"id":1,"name":"fern"}`, `{"id":2,"name":"lichen"}`, `{"id":4,"name":"oak"}`)
	b.wantChange(c, store.Change{New: 1, Changed: 1, Same: 1, Gone: 1})
	b.want("select id, name from plants order by id", "1|fern", "2|lichen", "4|oak")
	b.want("select id, name, _change, _valid_to > _valid_from from plants_history order by id", "2|moss|changed|1", "3|ivy|deleted|1")
	b.want("select h._valid_to = p._changed_at from plants_history h join plants p using (id)", "1")
}

func aDeletedRowCanComeBack(_ *testing.T, b *bundle) {
	b.list("plants", `{"id":1,"name":"fern"}`)
	b.list("plants")
	b.want("select count(*) from plants", "0")
	b.wantChange(b.list("plants", `{"id":1,"name":"fern"}`), store.Change{New: 1})
	b.want("select name, _first_seen = _changed_at from plants", "fern|1")
	b.want("select name, _change from plants_history", "fern|deleted")
}

func otherParentsStay(t *testing.T, b *bundle) {
	leaves := b.table("leaves")
	r := b.start()
	for _, parent := range []string{"1", "2"} {
		if err := r.Stage(t.Context(), leaves, b.rows("leaves", parent, `{"id":1,"colour":"green"}`, `{"id":"b","colour":"red"}`), nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Apply(t.Context(), leaves, store.Scope{All: true}); err != nil {
		t.Fatal(err)
	}
	b.want("select plant_id, id from leaves order by plant_id, id", "1|1", "1|b", "2|1", "2|b")
	if err := r.Stage(t.Context(), leaves, b.rows("leaves", "2", `{"id":1,"colour":"brown"}`), nil); err != nil {
		t.Fatal(err)
	}
	c, err := r.Apply(t.Context(), leaves, store.Scope{Parents: []string{"2"}})
	if err != nil {
		t.Fatal(err)
	}
	b.wantChange(c, store.Change{Changed: 1, Gone: 1})
	b.want("select plant_id, id, colour from leaves order by plant_id, id", "1|1|green", "1|b|red", "2|1|brown")
}

func theGuardHoldsALargeLoss(t *testing.T, b *bundle) {
	var records []string
	for i := range 40 {
		records = append(records, fmt.Sprintf(`{"id":%d}`, i+1))
	}
	b.list("plants", records...)
	plants, guard := b.table("plants"), store.Guard{Rows: 10, Share: 0.3}
	r := b.start()
	stage := func(n int) {
		t.Helper()
		if err := r.Stage(t.Context(), plants, b.rows("plants", "", records[:n]...), nil); err != nil {
			t.Fatal(err)
		}
	}
	stage(27)
	_, err := r.Apply(t.Context(), plants, store.Scope{All: true, Guard: guard})
	var held *store.HeldError
	if !errors.As(err, &held) || held.Gone != 13 || held.Live != 40 {
		t.Fatalf("a loss of 13 of 40: got %v", err)
	}
	b.want("select count(*) from plants", "40")
	if err := r.Discard(t.Context(), plants); err != nil {
		t.Fatal(err)
	}
	stage(28)
	c, err := r.Apply(t.Context(), plants, store.Scope{All: true, Guard: guard})
	if err != nil {
		t.Fatalf("a loss of 12 of 40: %v", err)
	}
	b.wantChange(c, store.Change{Same: 28, Gone: 12})
}

func volatileFieldsMakeNoVersion(_ *testing.T, b *bundle) {
	b.list("plants", `{"id":1,"name":"fern","watered":1}`)
	b.wantChange(b.list("plants", `{"id":1,"name":"fern","watered":7}`), store.Change{Same: 1})
	b.want("select watered from plants", "7")
	b.want("select count(*) from plants_history", "0")
}

func writeShowsAtOnceAndCountsEachRow(t *testing.T, b *bundle) {
	r, showers := b.start(), b.table("showers")
	write := func(records ...string) store.Change {
		t.Helper()
		c, err := r.Write(t.Context(), showers, b.rows("showers", "", records...))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	b.wantChange(write(`{"id":"a","created":1}`, `{"id":"b","created":2,"litres":{"north":5}}`), store.Change{New: 2})
	b.want("select id, created, litres_north from showers order by id", "a|1|<nil>", "b|2|5")
	b.wantChange(write(`{"id":"a","created":1}`, `{"id":"b","created":2,"litres":{"north":6}}`, `{"id":"c"}`, `{"id":"c"}`),
		store.Change{New: 1, Changed: 1, Same: 2})
	b.want("select id, litres_north from showers order by id", "a|<nil>", "b|6", "c|<nil>")
	b.want("select id, litres_north, _change from showers_history", "b|5|changed")
}

func aWalkLeavesTheMirrorsFieldsAlone(t *testing.T, b *bundle) {
	r, showers := b.start(), b.table("showers")
	first := b.rows("showers", "", `{"id":"a","created":1}`)
	if _, err := r.Write(t.Context(), showers, first); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Write(t.Context(), showers, b.rows("showers", "", `{"id":"a","created":2}`)); err != nil {
		t.Fatal(err)
	}
	b.want("select created, gardener from showers", "2|<nil>")
}

func asOfShowsEachInstant(t *testing.T, b *bundle) {
	type instant struct {
		at   time.Time
		want []string
	}
	var instants []instant
	for _, names := range [][]string{{"fern", "moss"}, {"fern", "lichen"}, {"oak"}, {"oak", "moss", "ivy"}} {
		var records []string
		for i, n := range names {
			records = append(records, fmt.Sprintf(`{"id":%d,"name":%q}`, i+1, n))
		}
		b.list("plants", records...)
		instants = append(instants, instant{b.clock.Add(time.Minute), b.query(b.s, "select id, name, _changed_at from plants order by id")})
	}
	for _, i := range instants {
		r, err := b.s.AsOf(t.Context(), i.at)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(i.want, b.query(r, "select id, name, _changed_at from plants order by id")); d != "" {
			t.Errorf("as of %s (-then +now):\n%s", i.at, d)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := b.s.AsOf(t.Context(), instants[0].at.Add(-24*time.Hour)); !errors.Is(err, store.ErrBeforeFirst) {
		t.Errorf("a day before the first run: %v", err)
	}
}

func diffAgreesWithAsOf(t *testing.T, b *bundle) {
	b.list("plants", `{"id":1,"name":"fern"}`, `{"id":2,"name":"moss"}`, `{"id":3,"name":"ivy"}`, `{"id":5,"name":"elm"}`)
	from := b.clock.Add(time.Minute)
	b.list("plants", `{"id":1,"name":"bracken"}`, `{"id":2,"name":"lichen"}`, `{"id":4,"name":"oak"}`, `{"id":5,"name":"elm"}`)
	b.list("plants", `{"id":1,"name":"fern"}`, `{"id":2,"name":"sphagnum"}`, `{"id":4,"name":"oak"}`, `{"id":5,"name":"elm"}`)
	to := b.clock.Add(time.Minute)
	b.list("plants", `{"id":9,"name":"later"}`)
	var got []string
	plants := b.table("plants")
	for d, err := range b.s.Diff(t.Context(), plants, from, to) {
		if err != nil {
			t.Fatal(err)
		}
		name := func(cells []any) any {
			if cells == nil {
				return "-"
			}
			return cells[1]
		}
		got = append(got, fmt.Sprintf("%v %s %v→%v", d.Key, d.Change, name(d.Old), name(d.New)))
	}
	// 1 changed and changed back; 5 never changed; 9 came later.
	want := []string{"[2] changed moss→sphagnum", "[3] removed ivy→-", "[4] added -→oak"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("differences (-want +got):\n%s", d)
	}
}

func aRunLeftOpenIsInterrupted(t *testing.T, b *bundle) {
	left := b.start()
	if err := left.Stage(t.Context(), b.table("plants"), b.rows("plants", "", `{"id":1}`), nil); err != nil {
		t.Fatal(err)
	}
	b.wantChange(b.list("plants", `{"id":2}`), store.Change{New: 1}) // half a list is worth nothing
	b.want("select id from plants", "2")
	b.want("select status from runs order by id", store.Interrupted, store.Complete)
	if err := left.Discard(t.Context(), b.table("plants")); !errors.Is(err, store.ErrTakenOver) {
		t.Errorf("the run that was left open goes on: %v", err)
	}
}

func cancelledWriteLeavesNothing(t *testing.T, b *bundle) {
	r := b.start()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Write(ctx, b.table("showers"), b.rows("showers", "", `{"id":"a"}`)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	b.want("select count(*) from showers", "0")
}

func keysOfOneKindAreNotThoseOfTheOther(t *testing.T, b *bundle) {
	b.list("plants", `{"id":10}`, `{"id":9}`, `{"id":9007199254740993}`)
	parents, err := b.s.Parents(t.Context(), b.table("plants"))
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, p := range parents {
		keys = append(keys, p.Key)
		if late := p.Changed.Sub(b.clock); late < 0 || late > time.Second {
			t.Errorf("%s changed at %s, and it was %s", p.Key, p.Changed, b.clock)
		}
	}
	if d := cmp.Diff([]string{"9", "10", "9007199254740993"}, keys); d != "" {
		t.Error(d)
	}
	r := b.start()
	if err := r.Stage(t.Context(), b.table("leaves"), b.rows("leaves", "1", `{"id":7}`, `{"id":"007"}`), nil); err != nil {
		t.Fatal(err)
	}
	c, err := r.Apply(t.Context(), b.table("leaves"), store.Scope{All: true})
	if err != nil {
		t.Fatal(err)
	}
	b.wantChange(c, store.Change{New: 2})
}

func reportsAndDriftAreReadBack(t *testing.T, b *bundle) {
	r := b.start()
	why := "the list was cut"
	if err := r.Report(t.Context(), store.EntityReport{Entity: "plants", Status: store.Partial, Requests: 3, Error: &why}); err != nil {
		t.Fatal(err)
	}
	if err := r.Report(t.Context(), store.EntityReport{Entity: "leaves", Status: store.Complete, Requests: 4}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Drift(t.Context(), b.table("plants"), []store.Drift{{Path: "hue", Kind: store.UnknownField, Got: "string", Count: 2}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Finish(t.Context(), store.Partial, errors.New("half done")); err != nil {
		t.Fatal(err)
	}
	b.clock = b.clock.Add(90 * time.Second)
	s, err := b.s.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Runs) != 1 || s.Runs[0].Status != store.Partial || s.Runs[0].Requests != 7 || *s.Runs[0].Error != "half done" {
		t.Errorf("runs: %+v", s.Runs)
	}
	if len(s.Drift) != 1 || s.Drift[0].Count != 4 {
		t.Errorf("drift: %+v", s.Drift)
	}
	for _, e := range s.Entities {
		switch e.Entity {
		case "plants":
			if e.Last != store.Partial || e.Synced != nil || *e.Error != why {
				t.Errorf("plants: %+v", e)
			}
		case "leaves":
			if e.Last != store.Complete || *e.AgeSeconds != 89 && *e.AgeSeconds != 90 {
				t.Errorf("leaves: %+v", e)
			}
		}
	}
}

func anotherKeyIsRefusedUntilAccepted(t *testing.T, b *bundle) {
	b.must(b.s.BoundTo(t.Context(), "any"))
	for i, step := range []struct {
		key    string
		accept bool
		want   error
	}{
		{"first", false, nil}, {"first", false, nil}, {"second", false, store.ErrOtherKey},
		{"second", true, nil}, {"second", false, nil}, {"first", false, store.ErrOtherKey},
	} {
		if err := b.s.Bind(t.Context(), step.key, step.accept); !errors.Is(err, step.want) {
			t.Errorf("step %d: %v, want %v", i, err, step.want)
		}
		if err := b.s.BoundTo(t.Context(), step.key); !errors.Is(err, step.want) {
			t.Errorf("after step %d it is bound so: %v, want %v", i, err, step.want)
		}
	}
}

func asOfOutlivesACancelledQuery(t *testing.T, b *bundle) {
	b.list("plants", `{"id":1}`)
	then := b.clock.Add(time.Minute)
	b.list("plants", `{"id":1}`, `{"id":2}`)
	r, err := b.s.AsOf(t.Context(), then)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range r.Rows(ctx, sq.Expr("with recursive c (i) as (select 1 union all select i + 1 from c where i < 100000) select i from c")) {
		if n++; n == 3 {
			cancel()
		}
		if err != nil && n < 3 {
			t.Fatal(err)
		}
	}
	if got := b.query(r, "select count(*) from plants"); got[0] != "1" {
		t.Errorf("after a cancelled query the reader sees %s plants, want the 1 of then", got[0])
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func unseenCountsWhatApplyWouldDelete(t *testing.T, b *bundle) {
	b.list("plants", `{"id":1}`, `{"id":2}`, `{"id":3}`)
	r, plants := b.start(), b.table("plants")
	if err := r.Stage(t.Context(), plants, b.rows("plants", "", `{"id":1}`, `{"id":9}`), nil); err != nil {
		t.Fatal(err)
	}
	lost, err := r.Unseen(t.Context(), plants, store.Scope{All: true})
	b.must(err)
	if d := cmp.Diff(map[string]int64{"": 2}, lost); d != "" {
		t.Errorf("unseen plants: %s", d)
	}
	r, leaves := b.garden()
	_, err = r.Apply(t.Context(), leaves, store.Scope{All: true})
	b.must(err)
	b.must(r.Stage(t.Context(), leaves, b.rows("leaves", "1", `{"id":1}`), nil))
	lost, err = r.Unseen(t.Context(), leaves, store.Scope{Parents: []string{"1", "2"}})
	b.must(err)
	if d := cmp.Diff(map[string]int64{"1": 1, "2": 2}, lost); d != "" {
		t.Errorf("unseen leaves: %s", d)
	}
}

func applyKeepsToItsScope(t *testing.T, b *bundle) {
	r, leaves := b.garden()
	c, err := r.Apply(t.Context(), leaves, store.Scope{Parents: []string{"2"}})
	b.must(err)
	b.wantChange(c, store.Change{New: 2})
	b.want("select distinct plant_id from leaves", "2")
	b.want("select list, staged from positions order by 1", "1|1", "2|0", "3|1")
	// What is left goes with its own scope, in a later run.
	c, err = b.start().Apply(t.Context(), leaves, store.Scope{Parents: []string{"1", "3"}})
	b.must(err)
	b.wantChange(c, store.Change{New: 4})
	b.want("select count(*) from positions where staged", "0")
}
