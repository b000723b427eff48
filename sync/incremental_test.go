package sync_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/sim"
	"ciomirror/store"
	syncer "ciomirror/sync"
)

// number is what a query of one cell finds.
func (b *bundle) number(query string) (n int64) {
	b.Helper()
	for cells, err := range b.dst.Rows(b.Context(), sq.Expr(query)) {
		if err != nil {
			b.Fatal(err)
		}
		n, _ = cells[0].(int64)
	}
	return n
}

// of is an entity's report.
func of(t *testing.T, r store.RunReport, entity string) store.EntityReport {
	t.Helper()
	for _, e := range r.Entities {
		if e.Entity == entity {
			return e
		}
	}
	t.Fatalf("%s is not in the report", entity)
	return store.EntityReport{}
}

// The promise: the cheap lists, and 40 requests besides at most.
func TestAnUnchangedWorkspaceCostsLittle(t *testing.T) {
	b := setup(t, sim.Options{Seed: 11, Size: sim.Small})
	first := b.mustSync(syncer.Options{})
	again := b.mustSync(syncer.Options{})
	var cheap, rest int64
	for _, e := range again.Entities {
		entity, _ := catalog.Default().Entity(e.Entity)
		if entity.List.Complete && entity.Parent == nil {
			cheap += e.Requests
			continue
		}
		rest += e.Requests
	}
	t.Logf("first %d requests; again %d, of which %d for the cheap lists", first.Requests, again.Requests, cheap)
	if rest > 40 || again.Requests != cheap+rest {
		t.Errorf("%d requests besides the cheap lists, %d in all\n%s", rest, again.Requests, show(again))
	}
	for _, e := range again.Entities {
		if entity, _ := catalog.Default().Entity(e.Entity); entity.Parent != nil && e.Requests != 0 {
			t.Errorf("%s: %d requests though no parent changed", e.Entity, e.Requests)
		}
	}
}

func TestNestedListsAreReadWhenTheirParentChangesAndOnceADay(t *testing.T) {
	b := setup(t, sim.Options{Seed: 12})
	b.mustSync(syncer.Options{})
	b.sim.Advance(9 * time.Hour)
	report := b.mustSync(syncer.Options{})
	campaigns, actions := of(t, report, "campaigns"), of(t, report, "campaign_actions")
	if campaigns.New+campaigns.Changed == 0 {
		t.Fatal("no campaign changed in nine hours: the test shows nothing")
	}
	if actions.Requests == 0 || actions.Requests > 3*(campaigns.New+campaigns.Changed) {
		t.Errorf("%d requests for the actions of %d changed campaigns", actions.Requests, campaigns.New+campaigns.Changed)
	}
	b.sim.Advance(16 * time.Hour)
	report = b.mustSync(syncer.Options{})
	if n := b.number("select count(*) from campaigns"); of(t, report, "campaign_actions").Requests < n {
		t.Errorf("%d requests for the actions of %d campaigns after a day", of(t, report, "campaign_actions").Requests, n)
	}
	for _, entity := range []string{"campaigns", "campaign_actions", "newsletter_contents", "transactional_message_contents"} {
		b.wantTruthOf(b.dst, entity)
	}
}

// asked counts the walks of a source by entity and parent.
type asked struct {
	syncer.Source
	mu    sync.Mutex
	walks map[string]int
}

func (a *asked) Pages(ctx context.Context, w catalog.Walk) iter.Seq2[catalog.Page, error] {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.walks == nil {
		a.walks = map[string]int{}
	}
	name := w.Entity.Name
	if w.Attributing {
		name += " of " + w.Entity.Attribution.By
	}
	a.walks[name]++
	a.walks[name+"/"+w.Parent]++
	return a.Source.Pages(ctx, w)
}

// sent are the deliveries of one transactional message, asked of the simulator
// without the client, until it answers.
func (b *bundle) sent(id string) []string {
	b.Helper()
	found := map[string]bool{}
	for start, tries := "", 0; ; tries++ {
		var page struct {
			Messages []struct{ ID string }
			Next     string
		}
		if err := b.get("/v1/transactional/"+id+"/messages?limit=1000&start="+start, &page); err != nil {
			if tries > 1000 {
				b.Fatal(err)
			}
			continue
		}
		for _, m := range page.Messages {
			found[m.ID] = true
		}
		if start = page.Next; start == "" {
			return slices.Sorted(maps.Keys(found))
		}
	}
}

func (b *bundle) get(path string, into any) error {
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://sim.test"+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer sim-key")
	answer, err := b.sim.Transport().RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return errors.New(answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

func (b *bundle) wantAttribution() {
	b.Helper()
	total := 0
	for _, id := range ids(b.T, b.dst, "transactional_messages") {
		deliveries := b.sent(id)
		total += len(deliveries)
		if got := b.number("select count(*) from messages where transactional_id = " + id); got != int64(len(deliveries)) {
			b.Errorf("%d deliveries belong to transactional message %s, which sent %d", got, id, len(deliveries))
		}
		for _, d := range deliveries {
			if b.number("select transactional_id from messages where id = '"+d+"'") != b.number("select "+id) {
				b.Fatalf("delivery %s is not attributed to %s", d, id)
			}
		}
	}
	if n := b.number("select count(*) from messages where transactional_id is not null"); total == 0 || n != int64(total) {
		b.Errorf("%d deliveries are attributed, %d were sent", n, total)
	}
}

func TestDeliveriesLearnWhichTransactionalMessageSentThem(t *testing.T) {
	b := setup(t, sim.Options{Seed: 13})
	b.mustSync(syncer.Options{})
	b.wantAttribution()
	if n := b.number("select count(*) from messages_history"); n != 0 {
		t.Errorf("%d versions of deliveries that did not change", n)
	}
	b.sim.Advance(30 * time.Hour)
	src := &asked{Source: b.source("sim-key")}
	if report, err := b.run(t.Context(), src, b.dst, syncer.Options{}); err != nil || report.Status != store.Complete {
		t.Fatal(err, show(report))
	}
	b.wantAttribution()
	if n := src.walks["messages of transactional_messages"]; n == 0 {
		t.Error("nothing was asked, though a day went by")
	}
	// An hour after, all that could be learnt is: nothing more is asked.
	b.sim.Advance(61 * time.Minute)
	b.mustSync(syncer.Options{})
	src.walks = nil
	if report, err := b.run(t.Context(), src, b.dst, syncer.Options{}); err != nil || report.Status != store.Complete {
		t.Fatal(err, show(report))
	}
	unclaimed := b.number("select count(*) from messages where transactional_id is null and campaign_id is null and newsletter_id is null and broadcast_id is null")
	if n := src.walks["messages of transactional_messages"]; n != 0 && unclaimed == 0 {
		t.Errorf("%d lists were asked for, though every delivery is attributed", n)
	}
}

func TestAFeedIsReadBackToWhatIsKnown(t *testing.T) {
	for name, o := range map[string]sim.Options{"newest first": {Seed: 14}, "oldest first": {Seed: 14, OldestFirst: true}} {
		t.Run(name, func(t *testing.T) {
			b := setup(t, o)
			first := of(t, b.mustSync(syncer.Options{}), "activities")
			for range 3 {
				b.sim.Advance(3 * time.Hour)
				report := of(t, b.mustSync(syncer.Options{}), "activities")
				if report.New == 0 {
					t.Fatal("nothing happened in three hours: the test shows nothing")
				}
				if o.OldestFirst == (report.Requests < first.Requests/2) {
					t.Errorf("%d requests, %d on the first sync", report.Requests, first.Requests)
				}
				b.wantAllOf(entityOf(t, "activities"))
			}
			// Once a week it is read to its end all the same.
			for range 8 {
				b.sim.Advance(24 * time.Hour)
				b.mustSync(syncer.Options{})
			}
			var most int64
			for cells, err := range b.dst.Rows(t.Context(), sq.Expr("select max(requests) from run_entities where entity = 'activities' and run > 5")) {
				if err != nil {
					t.Fatal(err)
				}
				most = cells[0].(int64)
			}
			if most < first.Requests {
				t.Errorf("%d requests at most in eight days, %d on the first sync", most, first.Requests)
			}
		})
	}
}

func TestALostMonthIsSaid(t *testing.T) {
	for days, lost := range map[int]bool{20: false, 40: true} {
		b := setup(t, sim.Options{Seed: 15})
		b.mustSync(syncer.Options{})
		b.sim.Advance(time.Duration(days) * 24 * time.Hour)
		report := of(t, b.mustSync(syncer.Options{}), "activities")
		if said := report.Warning != nil; said != lost {
			t.Errorf("after %d days: warning %v", days, report.Warning)
		}
		if lost && report.Warning != nil && !strings.Contains(*report.Warning, "2026-11-20T09:00:00Z") {
			t.Errorf("the warning does not say since when: %s", *report.Warning)
		}
		if n := b.number("select count(*) from run_entities where warning is not null"); lost != (n > 0) {
			t.Errorf("%d warnings are kept", n)
		}
		if again := of(t, b.mustSync(syncer.Options{}), "activities"); again.Warning != nil {
			t.Errorf("said twice: %s", *again.Warning)
		}
	}
}

func TestADeliveryIsReadAgainAsItAges(t *testing.T) {
	b := setup(t, sim.Options{Seed: 16})
	days := 30
	if testing.Short() {
		days = 7
	}
	b.mustSync(syncer.Options{})
	for range days + 2 {
		b.sim.Advance(24 * time.Hour)
		b.mustSync(syncer.Options{})
	}
	// Whatever was made in the first days is older than that by now, and was read
	// since: nothing is known wrongly of it but what happened to it after.
	report := b.mustSync(syncer.Options{Full: true})
	stale := b.number("select count(*) from messages where _changed_at >= (select started from runs where id = " + itoa(report.Run) + ") and created between " +
		itoa(start.Add(-24*time.Hour).Unix()) + " and " + itoa(start.Add(24*time.Hour).Unix()) + " and metric_opened is not null and metric_opened < " + itoa(start.Add(time.Duration(days)*24*time.Hour).Unix()))
	if stale != 0 {
		t.Errorf("%d deliveries had changed within %d days and it was not seen", stale, days)
	}
	b.wantTruthOf(b.dst, "messages")
	if n := b.number("select count(*) from messages_history"); n == 0 {
		t.Error("no delivery changed: the test shows nothing")
	}
}
