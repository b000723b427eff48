package sync_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/sim"
	"ciomirror/store"
	syncer "ciomirror/sync"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// wantTruthOf is wantTruth of one entity.
func (b *bundle) wantTruthOf(dst store.Reader, entity string) {
	b.Helper()
	e, _ := catalog.Default().Entity(entity)
	b.wantTruthOfEntity(dst, e)
}

func TestABudgetIsKeptAndTheNextRunGoesOn(t *testing.T) {
	clean := setup(t, sim.Options{Seed: 21})
	all := clean.mustSync(syncer.Options{}).Requests
	budgets := []int64{40, 25, 60}
	if testing.Short() {
		budgets = budgets[:1]
	}
	for _, budget := range budgets {
		b := setup(t, sim.Options{Seed: 21})
		var total, runs int64
		for {
			report, err := b.sync(syncer.Options{Budget: syncer.Budget{Requests: budget}})
			if err != nil {
				t.Fatal(err)
			}
			total, runs = total+report.Requests, runs+1
			if report.Requests > budget {
				t.Errorf("%d requests with a budget of %d", report.Requests, budget)
			}
			if report.Status == store.Complete {
				break
			}
			if report.Status != store.Partial || runs > 60 {
				t.Fatalf("budget %d, run %d: %s\n%s", budget, runs, report.Status, show(report))
			}
			for _, e := range report.Entities {
				if e.Status != store.Complete && e.Status != store.Partial || e.Gone > 0 {
					t.Errorf("budget %d: %s is %s, %d gone", budget, e.Entity, e.Status, e.Gone)
				}
			}
		}
		t.Logf("budget %d: %d runs, %d requests; without, %d", budget, runs, total, all)
		b.wantTruth(b.dst)
		b.wantAttribution()
	}
}

func TestABudgetOfTime(t *testing.T) {
	b := setup(t, sim.Options{Seed: 21})
	var pages atomic.Int64
	report, err := b.sync(syncer.Options{Walks: 1, Budget: syncer.Budget{Time: time.Minute}, Progress: func(p syncer.Progress) {
		if p.Status == "" && pages.Add(1) == 5 {
			b.sim.Advance(2 * time.Minute) // as if the pages had taken so long
		}
	}})
	if err != nil || report.Status != store.Partial || pages.Load() != 5 {
		t.Errorf("%s after %d pages, %v", report.Status, pages.Load(), err)
	}
}

func TestAStopEndsTheRunBetweenTwoPages(t *testing.T) {
	b := setup(t, sim.Options{Seed: 22})
	stop := make(chan struct{})
	var once sync.Once
	var pages atomic.Int64
	report, err := b.sync(syncer.Options{Walks: 1, Stop: stop, Progress: func(p syncer.Progress) {
		if p.Status == "" && pages.Add(1) == 30 {
			once.Do(func() { close(stop) })
		}
	}})
	if err != nil || report.Status != store.Partial || pages.Load() != 30 {
		t.Fatalf("%s after %d pages, %v", report.Status, pages.Load(), err)
	}
	b.mustSync(syncer.Options{})
	b.wantTruth(b.dst)
}

func TestARunGoesOnWithTheNestedListsThatAreLeft(t *testing.T) {
	b := setup(t, sim.Options{Seed: 23})
	b.mustSync(syncer.Options{}) // so that the campaigns are known
	lists := b.number("select count(*) from campaigns")
	ctx, cancel := context.WithCancel(t.Context())
	var pages atomic.Int64
	report, err := b.run(ctx, b.source("sim-key"), b.dst, syncer.Options{Walks: 1, Full: true, Progress: func(p syncer.Progress) {
		if p.Entity == "campaign_actions" && p.Status == "" && pages.Add(1) == lists/2 {
			cancel()
		}
	}}, "campaign_actions")
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err, show(report))
	}
	staged := b.number("select count(*) from positions where entity = 'campaign_actions' and staged")
	if staged == 0 || staged == lists {
		t.Fatalf("%d of %d lists are set aside", staged, lists)
	}
	src := &asked{Source: b.source("sim-key")}
	if report, err := b.run(t.Context(), src, b.dst, syncer.Options{}, "campaign_actions"); err != nil || report.Status != store.Complete {
		t.Fatal(err, show(report))
	}
	// Those that were read are not due; those that were not were read by the sync
	// before, so they are not due either.
	if n := src.walks["campaign_actions"]; n != 0 {
		t.Errorf("%d lists were read again", n)
	}
	if n := b.number("select count(*) from positions where staged"); n != 0 {
		t.Errorf("%d lists are still set aside", n)
	}
	b.wantTruth(b.dst)
}

// A month of days with faults: at its end the mirror is what a clean sync makes.
func TestAMonthOfFaultsLeavesATrueMirror(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("random start %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	days := 30
	if testing.Short() {
		days = 5
	}
	b := setup(t, sim.Options{Seed: random.Uint64(), Faults: faults(t, "500=0.02,truncate=0.02,reset=0.02,html=0.02,503=0.02,duplicate=0.02")})
	for range days {
		for range 1 + random.IntN(3) {
			b.sim.Advance(time.Duration(random.Int64N(int64(12 * time.Hour))))
			o := syncer.Options{Full: random.IntN(10) == 0}
			ctx, cancel := context.WithCancel(t.Context())
			switch random.IntN(4) {
			case 0:
				o.Budget.Requests = 1 + random.Int64N(80)
			case 1:
				var pages atomic.Int64
				last := random.Int64N(80)
				o.Progress = func(syncer.Progress) {
					if pages.Add(1) == last {
						cancel()
					}
				}
			}
			report, err := b.run(ctx, b.patient(), b.dst, o)
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err, show(report))
			}
		}
	}
	b.finish(syncer.Options{})
	for _, e := range catalog.Default().Mirrored() {
		// What was made and what is gone is known without reading everything; a
		// delivery's metrics, and nested lists within a day, may be older.
		if e.Parent == nil && e.List.Complete {
			b.wantTruthOfEntity(b.dst, e)
		}
	}
	b.wantAllOf(entityOf(t, "activities"))
	if have, want := b.number("select count(*) from messages"), int64(len(b.truth(entityOf(t, "messages")))); have != want {
		t.Errorf("%d deliveries, the workspace has %d", have, want)
	}
	b.finish(syncer.Options{Full: true})
	for _, e := range catalog.Default().Mirrored() {
		if e.List.Feed == nil { // what the API no longer shows is kept
			b.wantTruthOfEntity(b.dst, e)
		}
	}
	b.wantAllOf(entityOf(t, "activities"))
	b.wantAttribution()
}

// patient is a source that tries again, and waits no time before it does.
func (b *bundle) patient() *cio.Client {
	b.Helper()
	c, err := cio.New("sim-key", cio.Options{BaseURL: "http://sim.test", Transport: b.sim.Transport(), Rate: 1e6, Jitter: func() float64 { return 0 }})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

// wantAllOf wants every record of an entity in the mirror.
func (b *bundle) wantAllOf(e *catalog.Entity) {
	b.Helper()
	have := map[string]bool{}
	for _, r := range records(b.T, b.dst, e) {
		have[r] = true
	}
	for _, r := range b.truth(e) {
		if !have[r] {
			b.Errorf("%s: the mirror lacks %s", e.Name, r)
			return
		}
	}
}

func entityOf(t *testing.T, name string) *catalog.Entity {
	t.Helper()
	e, ok := catalog.Default().Entity(name)
	if !ok {
		t.Fatalf("no entity %s", name)
	}
	return e
}

// finish syncs until a run is complete.
func (b *bundle) finish(o syncer.Options) {
	b.Helper()
	var report store.RunReport
	for range 30 {
		var err error
		if report, err = b.run(b.Context(), b.patient(), b.dst, o); err != nil {
			b.Fatal(err)
		}
		if report.Status == store.Complete {
			return
		}
	}
	b.Fatalf("no run is complete\n%s", show(report))
}

// A fault that hits every nested list costs the tries of a few, not of all.
func TestListsThatFailInARowAreGivenUp(t *testing.T) {
	b := setup(t, sim.Options{Seed: 24})
	b.mustSync(syncer.Options{})
	bad := setup(t, sim.Options{Seed: 24, Faults: faults(t, "500=1@/v1/campaigns/")})
	report, err := b.run(t.Context(), bad.source("sim-key"), b.dst, syncer.Options{Full: true, Walks: 1}, "campaign_actions")
	if err != nil {
		t.Fatal(err)
	}
	actions := of(t, report, "campaign_actions")
	if lists := b.number("select count(*) from campaigns"); actions.Status != store.Failed || lists < 8 || actions.Requests > 3*3 {
		t.Errorf("%s after %d requests for %d lists", actions.Status, actions.Requests, lists)
	}
	b.wantTruth(b.dst)
}
