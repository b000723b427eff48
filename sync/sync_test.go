package sync_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"
	"github.com/google/go-cmp/cmp"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/internal/canon"
	"ciomirror/sim"
	"ciomirror/store"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

// bundle is a simulated workspace and a mirror of it.
type bundle struct {
	*testing.T
	sim  *sim.Sim
	dst  *sqlite.Store
	path string // of dst
}

var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func setup(t *testing.T, o sim.Options) *bundle {
	t.Helper()
	o.Start, o.Now = start, func() time.Time { return start }
	if o.Size == "" {
		o.Size = sim.Small
	}
	s, err := sim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{T: t, sim: s}
	b.dst = b.mirror()
	return b
}

func (b *bundle) mirror() *sqlite.Store {
	b.Helper()
	return b.open(filepath.Join(b.TempDir(), "mirror.db"))
}

// copyOf returns a maker of copies of the mirror's file as it is now.
func (b *bundle) copyOf() func() string {
	b.Helper()
	content, err := os.ReadFile(b.path)
	if err != nil {
		b.Fatal(err)
	}
	return func() string {
		path := filepath.Join(b.TempDir(), "copy.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
		return path
	}
}

func (b *bundle) open(path string) *sqlite.Store {
	b.Helper()
	b.path = path
	dst, err := sqlite.Open(b.Context(), path, sqlite.Options{Create: true, Now: b.sim.Now})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := dst.Close(); err != nil {
			b.Error(err)
		}
	})
	return dst
}

func (b *bundle) source(key string) *cio.Client {
	b.Helper()
	c, err := cio.New(key, cio.Options{BaseURL: "http://sim.test", Transport: b.sim.Transport(), Rate: 1e6, MaxWait: time.Nanosecond})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (b *bundle) sync(o syncer.Options, entities ...string) (store.RunReport, error) {
	b.Helper()
	return b.run(b.Context(), b.source("sim-key"), b.dst, o, entities...)
}

func (b *bundle) run(ctx context.Context, src syncer.Source, dst store.Store, o syncer.Options, entities ...string) (store.RunReport, error) {
	b.Helper()
	o.Catalog, o.Now = catalog.Default(), b.sim.Now
	s, err := syncer.New(src, dst, o)
	if err != nil {
		b.Fatal(err)
	}
	return s.Run(ctx, entities...)
}

func (b *bundle) mustSync(o syncer.Options) store.RunReport {
	b.Helper()
	report, err := b.sync(o)
	if err != nil || report.Status != store.Complete {
		b.Fatalf("sync: %v\n%s", err, show(report))
	}
	return report
}

func show(r store.RunReport) string {
	var lines []string
	for _, e := range r.Entities {
		line := fmt.Sprintf("%-30s %-8s %d rows, %d new, %d changed, %d gone", e.Entity, e.Status, e.Rows, e.New, e.Changed, e.Gone)
		if e.Error != nil {
			line += ": " + *e.Error
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func statuses(r store.RunReport) map[string]string {
	m := map[string]string{}
	for _, e := range r.Entities {
		m[e.Entity] = e.Status
	}
	return m
}

// records rebuilds the mirror's records of an entity, canonical, by key.
func records(t *testing.T, dst store.Reader, e *catalog.Entity) map[string]string {
	t.Helper()
	table := store.NewTable(e)
	var names []string
	for _, c := range table.Columns {
		names = append(names, `"`+c.Name+`"`)
	}
	found := map[string]string{}
	for cells, err := range dst.Rows(t.Context(), sq.Expr("select "+strings.Join(names, ", ")+` from "`+e.Name+`"`)) {
		if err != nil {
			t.Fatal(err)
		}
		record, err := table.Record(cells)
		if err != nil {
			t.Fatal(err)
		}
		var key []string
		for _, k := range table.Key {
			key = append(key, fmt.Sprint(cells[k]))
		}
		found[strings.Join(key, "/")] = plain(t, e, record)
	}
	return found
}

// plain is a record in canonical form, without nulls and volatile fields.
func plain(t *testing.T, e *catalog.Entity, record []byte) string {
	t.Helper()
	text, err := canon.JSON(record)
	if err != nil {
		t.Fatalf("%s: %v", record, err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	for k, v := range members {
		f, _ := e.Field(k)
		if string(v) == "null" || f.Is(catalog.Volatile) {
			delete(members, k)
		}
	}
	out, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// truth is the simulator's own records of an entity, as plain.
func (b *bundle) truth(e *catalog.Entity) []string {
	b.Helper()
	var all []string
	for record := range b.sim.Records(e.Name) {
		all = append(all, plain(b.T, e, record))
	}
	slices.Sort(all)
	return all
}

func (b *bundle) wantTruth(dst store.Reader) {
	b.Helper()
	for _, e := range catalog.Default().Mirrored() {
		b.wantTruthOfEntity(dst, e)
	}
}

func (b *bundle) wantTruthOfEntity(dst store.Reader, e *catalog.Entity) {
	b.Helper()
	var have []string
	for _, r := range records(b.T, dst, e) {
		have = append(have, r)
	}
	slices.Sort(have)
	if d := cmp.Diff(b.truth(e), have); d != "" {
		if len(d) > 2000 {
			d = d[:2000] + "…"
		}
		b.Errorf("%s (-workspace +mirror):\n%s", e.Name, d)
	}
}

func TestASyncCopiesEveryRecordFieldByField(t *testing.T) {
	for _, seed := range []uint64{1, 7} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			b := setup(t, sim.Options{Seed: seed})
			report := b.mustSync(syncer.Options{})
			for _, e := range report.Entities {
				if e.Rows == 0 && e.Entity != "exports" {
					t.Errorf("%s: no rows", e.Entity)
				}
			}
			b.wantTruth(b.dst)
			if report.Requests > 80 {
				t.Errorf("%d requests for the small workspace", report.Requests)
			}
		})
	}
}

func TestASecondSyncOfTheSameWorkspaceWritesNothing(t *testing.T) {
	b := setup(t, sim.Options{Seed: 2})
	b.mustSync(syncer.Options{})
	again := b.mustSync(syncer.Options{})
	for _, e := range again.Entities {
		if e.New+e.Changed+e.Gone != 0 {
			t.Errorf("%s: %+v", e.Entity, e)
		}
	}
	for _, e := range catalog.Default().Mirrored() {
		for cells, err := range b.dst.Rows(t.Context(), sq.Expr(`select count(*) from "`+e.Name+`_history"`)) {
			if err != nil || cells[0] != int64(0) {
				t.Errorf("%s has %v old versions, %v", e.Name, cells, err)
			}
		}
	}
}

func TestAfterADayTheMirrorFollowsAndRemembers(t *testing.T) {
	b := setup(t, sim.Options{Seed: 3})
	b.mustSync(syncer.Options{})
	before := map[string]map[string]string{}
	for _, e := range catalog.Default().Mirrored() {
		before[e.Name] = records(t, b.dst, e)
	}
	then := b.sim.Now().Add(time.Hour)
	b.sim.Advance(24 * time.Hour)
	report := b.mustSync(syncer.Options{})
	var changed, gone, fresh int64
	for _, e := range report.Entities {
		changed, gone, fresh = changed+e.Changed, gone+e.Gone, fresh+e.New
	}
	if changed == 0 || gone == 0 || fresh == 0 {
		t.Errorf("a day brought %d new, %d changed, %d gone rows", fresh, changed, gone)
	}
	old, err := b.dst.AsOf(t.Context(), then)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	for _, e := range catalog.Default().Mirrored() {
		if hasVolatile(e) {
			continue
		}
		if d := cmp.Diff(before[e.Name], records(t, old, e)); d != "" {
			t.Errorf("%s as of yesterday (-yesterday +now):\n%.1000s", e.Name, d)
		}
	}
}

func hasVolatile(e *catalog.Entity) bool {
	return slices.ContainsFunc(e.Fields, func(f catalog.Field) bool { return f.Is(catalog.Volatile) })
}

func faults(t *testing.T, spec string) sim.Faults {
	t.Helper()
	f, err := sim.ParseFaults(spec)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOneBrokenListStopsNoOtherAndDeletesNothing(t *testing.T) {
	good := setup(t, sim.Options{Seed: 4})
	good.mustSync(syncer.Options{})
	full := good.copyOf()
	specs := []string{
		"500=1@/v1/segments", "truncate=1@/v1/segments", "html=1@/v1/segments", "reset=1@/v1/segments",
		"loop=1@/v1/newsletters", "429=1@/v1/segments", "html=1@/v1/snippets", "truncate=1@/v1/messages", "html=1@/v1/activities",
	}
	if testing.Short() {
		specs = []string{specs[1], specs[4], specs[7]}
	}
	for _, spec := range specs {
		t.Run(spec, func(t *testing.T) {
			bad := setup(t, sim.Options{Seed: 4, Faults: faults(t, spec)})
			broken := spec[strings.LastIndex(spec, "/")+1:]
			bad.dst = bad.open(full()) // the mirror is full before the list breaks
			report, err := bad.sync(syncer.Options{})
			if err != nil || report.Status != store.Partial {
				t.Fatalf("status %s, %v\n%s", report.Status, err, show(report))
			}
			for _, e := range report.Entities {
				if e.Gone != 0 {
					t.Errorf("%s lost %d rows", e.Entity, e.Gone)
				}
				entity, _ := catalog.Default().Entity(e.Entity)
				hit := e.Entity == broken || entity.Parent != nil && entity.Parent.Entity == broken
				if failed := e.Status != store.Complete; failed != hit {
					t.Errorf("%s is %s", e.Entity, e.Status)
				}
				if e.Status != store.Complete && e.Error == nil {
					t.Errorf("%s is %s and does not say why", e.Entity, e.Status)
				}
			}
			bad.wantTruth(bad.dst)
		})
	}
}

func TestAKeyWithoutAScopeSkipsTheEntity(t *testing.T) {
	b := setup(t, sim.Options{Seed: 5, Forbidden: []string{"reporting_webhooks", "campaign_actions"}})
	report, err := b.sync(syncer.Options{})
	if err != nil || report.Status != store.Complete {
		t.Fatalf("status %s, %v", report.Status, err)
	}
	for _, e := range report.Entities {
		want := store.Complete
		if e.Entity == "reporting_webhooks" || e.Entity == "campaign_actions" {
			want = store.Skipped
		}
		if e.Status != want {
			t.Errorf("%s is %s, want %s", e.Entity, e.Status, want)
		}
		if e.Status == store.Skipped && e.Requests > 4 {
			t.Errorf("%s: %d requests to learn that it is forbidden", e.Entity, e.Requests)
		}
	}
}

func TestARefusedKeyStopsTheRun(t *testing.T) {
	b := setup(t, sim.Options{Seed: 5})
	report, err := b.run(t.Context(), b.source("another-key"), b.dst, syncer.Options{Walks: 4})
	if !errors.Is(err, catalog.ErrUnauthorized) || report.Status != store.Failed {
		t.Fatalf("status %s, %v", report.Status, err)
	}
	if report.Requests > 8 {
		t.Errorf("%d requests with a key that is refused", report.Requests)
	}
	for _, e := range report.Entities {
		if e.Status != store.Failed || e.Error == nil {
			t.Errorf("%s: %+v", e.Entity, e)
		}
	}
}

func TestAnInterruptedSyncIsFinishedByTheNext(t *testing.T) {
	points := 8
	if testing.Short() {
		points = 2
	}
	for n := range points {
		b := setup(t, sim.Options{Seed: 6})
		ctx, cancel := context.WithCancel(t.Context())
		var pages atomic.Int64
		s, err := syncer.New(b.source("sim-key"), b.dst, syncer.Options{Catalog: catalog.Default(), Now: b.sim.Now, Walks: 1, Progress: func(syncer.Progress) {
			if pages.Add(1) == int64(1+n*5) {
				cancel()
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		report, err := s.Run(ctx)
		if !errors.Is(err, context.Canceled) || report.Status == store.Complete {
			t.Fatalf("stopped after %d pages: status %s, %v", 1+n*5, report.Status, err)
		}
		for _, e := range report.Entities {
			if e.Gone != 0 {
				t.Errorf("%s lost %d rows", e.Entity, e.Gone)
			}
		}
		b.mustSync(syncer.Options{})
		b.wantTruth(b.dst)
	}
}

func TestALargeLossIsHeldUntilAccepted(t *testing.T) {
	b := setup(t, sim.Options{Seed: 8})
	b.mustSync(syncer.Options{})
	empty := setup(t, sim.Options{Seed: 8})
	for _, e := range []string{"segments"} {
		for _, id := range ids(t, b.dst, e) {
			if err := empty.sim.Delete(e, "", id); err != nil {
				t.Fatal(err)
			}
		}
	}
	report, err := b.run(t.Context(), empty.source("sim-key"), b.dst, syncer.Options{}, "segments")
	if err != nil || report.Status != store.Partial || report.Entities[0].Status != store.Held {
		t.Fatalf("status %s, %v\n%s", report.Status, err, show(report))
	}
	if n := len(ids(t, b.dst, "segments")); n == 0 {
		t.Fatal("the segments are gone")
	}
	report, err = b.run(t.Context(), empty.source("sim-key"), b.dst, syncer.Options{AcceptDeletions: []string{"segments"}}, "segments")
	if err != nil || report.Status != store.Complete {
		t.Fatalf("status %s, %v", report.Status, err)
	}
	if n := len(ids(t, b.dst, "segments")); n != 0 {
		t.Errorf("%d segments are left", n)
	}
}

func ids(t *testing.T, dst store.Store, entity string) []string {
	t.Helper()
	e, _ := catalog.Default().Entity(entity)
	parents, err := dst.Parents(t.Context(), store.NewTable(e))
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, p := range parents {
		keys = append(keys, p.Key)
	}
	return keys
}

func TestAnUnknownEntityIsNamed(t *testing.T) {
	b := setup(t, sim.Options{Seed: 1})
	_, err := b.sync(syncer.Options{}, "campaigms")
	var unknown *syncer.UnknownEntityError
	if !errors.As(err, &unknown) || unknown.Name != "campaigms" {
		t.Errorf("got %v", err)
	}
}

func TestANestedListBringsItsParentAlong(t *testing.T) {
	b := setup(t, sim.Options{Seed: 1})
	report, err := b.sync(syncer.Options{}, "campaign_actions")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"campaigns": store.Complete, "campaign_actions": store.Complete}
	if d := cmp.Diff(want, statuses(report)); d != "" {
		t.Error(d)
	}
}

// between does something once, after the first page of a walk that has more.
type between struct {
	syncer.Source
	entity, parent string
	do             func()
}

func (b *between) Pages(ctx context.Context, w catalog.Walk) iter.Seq2[catalog.Page, error] {
	return func(yield func(catalog.Page, error) bool) {
		for page, err := range b.Source.Pages(ctx, w) {
			if !yield(page, err) {
				return
			}
			if w.Entity.Name == b.entity && w.Parent == b.parent && b.do != nil {
				do := b.do
				b.do = nil
				do()
			}
		}
	}
}

func TestARowDeletedDuringAWalkHidesNoOther(t *testing.T) {
	b := setup(t, sim.Options{Seed: 9})
	b.mustSync(syncer.Options{})
	var parent, first string
	for cells, err := range b.dst.Rows(t.Context(), sq.Expr("select cast(campaign_id as text), cast(min(id) as text) from campaign_actions group by 1 having count(*) > 10")) {
		if err != nil {
			t.Fatal(err)
		}
		parent, first = cells[0].(string), cells[1].(string)
	}
	if parent == "" {
		t.Fatal("no campaign has two pages of actions")
	}
	src := &between{Source: b.source("sim-key"), entity: "campaign_actions", parent: parent, do: func() {
		if err := b.sim.Delete("campaign_actions", parent, first); err != nil {
			t.Error(err)
		}
	}}
	report, err := b.run(t.Context(), src, b.dst, syncer.Options{Full: true}, "campaign_actions")
	if err != nil || report.Status != store.Complete {
		t.Fatalf("%v\n%s", err, show(report))
	}
	if src.do != nil {
		t.Fatal("nothing was deleted during the walk")
	}
	for _, e := range report.Entities {
		if e.Gone > 0 {
			t.Errorf("%s lost %d rows to a page that moved", e.Entity, e.Gone)
		}
	}
	b.mustSync(syncer.Options{Full: true})
	b.wantTruth(b.dst)
}

func TestChildrenOfAListThatCannotBeReadAreNotComplete(t *testing.T) {
	skipped := setup(t, sim.Options{Seed: 5, Forbidden: []string{"newsletters"}})
	report, err := skipped.sync(syncer.Options{}, "newsletter_contents")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"newsletters": store.Skipped, "newsletter_contents": store.Skipped}
	if d := cmp.Diff(want, statuses(report)); d != "" {
		t.Error(d)
	}
	broken := setup(t, sim.Options{Seed: 5, Faults: faults(t, "html=1@/v1/newsletters")})
	report, err = broken.sync(syncer.Options{}, "newsletter_contents")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range report.Entities {
		if e.Status == store.Complete {
			t.Errorf("%s is complete", e.Entity)
		}
	}
}
