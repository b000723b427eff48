package sync_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/sim"
	"ciomirror/store"
	syncer "ciomirror/sync"
)

// failer answers with an error where when says so. nth counts the walks of one list.
type failer struct {
	syncer.Source
	when func(w catalog.Walk, nth int) error
	mu   sync.Mutex
	n    map[string]int
}

func (f *failer) Pages(ctx context.Context, w catalog.Walk) iter.Seq2[catalog.Page, error] {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n == nil {
		f.n = map[string]int{}
	}
	list := w.Entity.Name + "/" + w.Parent
	f.n[list]++
	if err := f.when(w, f.n[list]); err != nil {
		return func(yield func(catalog.Page, error) bool) { yield(catalog.Page{}, err) }
	}
	return f.Source.Pages(ctx, w)
}

var errBroken = errors.New("broken")

// longList is a campaign whose actions fill two pages, one of its actions, and another
// campaign.
func (b *bundle) longList() (parent, action, other string) {
	b.Helper()
	for cells, err := range b.dst.Rows(b.Context(), sq.Expr(`select cast(campaign_id as text), cast(min(id) as text),
		(select cast(id as text) from campaigns where id <> campaign_id limit 1) from campaign_actions group by campaign_id having count(*) > 10`)) {
		if err != nil {
			b.Fatal(err)
		}
		parent, action, other = cells[0].(string), cells[1].(string), cells[2].(string)
	}
	if parent == "" {
		b.Fatal("no campaign has two pages of actions")
	}
	return parent, action, other
}

// A row that slipped over the edge of a page may be deleted by no run that did not
// look twice.
func TestNoRowIsDeletedUnconfirmed(t *testing.T) {
	for name, when := range map[string]func(w catalog.Walk, nth int, parent, other string) bool{
		"another parent's list fails": func(w catalog.Walk, _ int, _, other string) bool { return w.Parent == other },
		"the second walk fails":       func(w catalog.Walk, nth int, parent, _ string) bool { return w.Parent == parent && nth == 2 },
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t, sim.Options{Seed: 9})
			b.mustSync(syncer.Options{})
			parent, action, other := b.longList()
			src := &between{entity: "campaign_actions", parent: parent,
				do: func() {
					if err := b.sim.Delete("campaign_actions", parent, action); err != nil {
						t.Error(err)
					}
				},
				Source: &failer{Source: b.source("sim-key"), when: func(w catalog.Walk, nth int) error {
					if w.Entity.Name == "campaign_actions" && when(w, nth, parent, other) {
						return errBroken
					}
					return nil
				}}}
			report, err := b.run(t.Context(), src, b.dst, syncer.Options{Full: true, Walks: 1}, "campaign_actions")
			if e := of(t, report, "campaign_actions"); err != nil || e.Status != store.Partial || e.Gone != 0 {
				t.Errorf("%v\n%s", err, show(report))
			}
			// The next run makes up for it, though nothing is due but what failed.
			b.mustSync(syncer.Options{})
			b.mustSync(syncer.Options{Full: true})
			b.wantTruthOf(b.dst, "campaign_actions")
		})
	}
}

// slips hides the first record of the second page of a list, as a page that moved
// does, and calls kill when the next list is asked for.
type slips struct {
	syncer.Source
	parent string
	kill   func()
	hid    bool
}

func (s *slips) Pages(ctx context.Context, w catalog.Walk) iter.Seq2[catalog.Page, error] {
	if w.Entity.Name == "campaign_actions" && s.hid {
		s.kill()
	}
	return func(yield func(catalog.Page, error) bool) {
		n := 0
		for p, err := range s.Source.Pages(ctx, w) {
			if n++; n == 2 && w.Parent == s.parent && !s.hid {
				p.Items, s.hid = p.Items[1:], true
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

func TestWhatAKilledRunSetAsideIsConfirmed(t *testing.T) {
	b := setup(t, sim.Options{Seed: 9})
	b.mustSync(syncer.Options{})
	parent, _, _ := b.longList()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	src := &slips{Source: b.source("sim-key"), parent: parent, kill: cancel}
	if report, err := b.run(ctx, src, b.dst, syncer.Options{Walks: 1, Full: true}, "campaign_actions"); !errors.Is(err, context.Canceled) || !src.hid {
		t.Fatal(err, show(report))
	}
	if report, err := b.sync(syncer.Options{Walks: 1}, "campaign_actions"); err != nil || of(t, report, "campaign_actions").Gone != 0 {
		t.Errorf("%v\n%s", err, show(report))
	}
	b.wantTruthOf(b.dst, "campaign_actions")
}

// Windows that fail end the walk of windows, and a refused key the run.
func TestWindowsStopAtTheFirstFailure(t *testing.T) {
	b := setup(t, sim.Options{Seed: 9})
	b.mustSync(syncer.Options{})
	b.sim.Advance(31 * 24 * time.Hour) // all of them are due
	for _, class := range []error{errBroken, fmt.Errorf("refused: %w", catalog.ErrUnauthorized)} {
		src := &failer{Source: b.source("sim-key"), when: func(w catalog.Walk, _ int) error {
			if w.Entity.Name == "messages" {
				return class
			}
			return nil
		}}
		report, err := b.run(t.Context(), src, b.dst, syncer.Options{Full: true}, "messages")
		if refused := errors.Is(class, catalog.ErrUnauthorized); refused != (err != nil) || of(t, report, "messages").Status != store.Failed {
			t.Errorf("%v: %v\n%s", class, err, show(report))
		}
		if n := src.n["messages/"]; n > 1 {
			t.Errorf("%v: %d windows were asked for", class, n)
		}
	}
}

// blast makes the last hour look dense: its records come ten thousandfold.
type blast struct {
	syncer.Source
	mu    sync.Mutex
	walks int
}

func (s *blast) Pages(ctx context.Context, w catalog.Walk) iter.Seq2[catalog.Page, error] {
	s.mu.Lock()
	s.walks++
	second := s.walks == 2
	s.mu.Unlock()
	return func(yield func(catalog.Page, error) bool) {
		var have json.RawMessage
		for p, err := range s.Source.Pages(ctx, w) {
			if second && len(p.Items) > 0 {
				have = p.Items[0]
			}
			for second && have != nil && len(p.Items) < 10000 {
				p.Items = append(p.Items, have)
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

func TestWindowsGrowAgainAfterADenseHour(t *testing.T) {
	b := setup(t, sim.Options{Seed: 9})
	b.sim.Advance(90 * time.Minute)
	src := &blast{Source: b.source("sim-key")}
	if report, err := b.run(t.Context(), src, b.dst, syncer.Options{}, "messages"); err != nil {
		t.Fatal(err, show(report))
	}
	if src.walks > 100 {
		t.Errorf("%d windows for a sparse past behind one dense hour", src.walks)
	}
}

// Lists that always fail keep no other list from being read.
func TestBrokenListsStarveNoOther(t *testing.T) {
	b := setup(t, sim.Options{Seed: 24})
	if _, err := b.sync(syncer.Options{}, "campaigns"); err != nil {
		t.Fatal(err)
	}
	broken := ids(t, b.dst, "campaigns")[:3]
	good := map[string]bool{}
	for range 4 {
		src := &failer{Source: b.source("sim-key"), when: func(w catalog.Walk, _ int) error {
			if w.Entity.Name != "campaign_actions" {
				return nil
			}
			for _, id := range broken {
				if w.Parent == id {
					return &again{}
				}
			}
			good[w.Parent] = true
			return nil
		}}
		if _, err := b.run(t.Context(), src, b.dst, syncer.Options{Walks: 1}, "campaign_actions"); err != nil {
			t.Fatal(err)
		}
	}
	if want := len(ids(t, b.dst, "campaigns")) - len(broken); len(good) != want {
		t.Errorf("%d of %d good lists were read", len(good), want)
	}
}

// again is a failure after tries.
type again struct{}

func (*again) Error() string   { return "503 after six tries" }
func (*again) Temporary() bool { return true }

func TestListsThatDoNotExistAreNoCompleteEntity(t *testing.T) {
	b := setup(t, sim.Options{Seed: 24})
	b.mustSync(syncer.Options{})
	first := ids(t, b.dst, "campaigns")[0]
	missing := func(all bool) store.EntityReport {
		src := &failer{Source: b.source("sim-key"), when: func(w catalog.Walk, _ int) error {
			if w.Entity.Name == "campaign_actions" && (all || w.Parent == first) {
				return fmt.Errorf("404: %w", catalog.ErrNotFound)
			}
			return nil
		}}
		report, err := b.run(t.Context(), src, b.dst, syncer.Options{Full: true}, "campaign_actions")
		if err != nil {
			t.Fatal(err)
		}
		return of(t, report, "campaign_actions")
	}
	if e := missing(true); e.Status != store.Failed {
		t.Errorf("no list could be read, and it is %s", e.Status)
	}
	if e := missing(false); e.Status != store.Complete || e.Warning == nil {
		t.Errorf("one list could not be read: %s, warning %v", e.Status, e.Warning)
	}
}

// A fault in the program ends the run, not the process.
type panics struct{ syncer.Source }

func (panics) Pages(context.Context, catalog.Walk) iter.Seq2[catalog.Page, error] {
	panic("a fault on purpose")
}

func TestAPanicEndsTheRunAlone(t *testing.T) {
	b := setup(t, sim.Options{Seed: 24})
	for _, entity := range []string{"campaigns", "messages", "activities"} {
		report, err := b.run(t.Context(), panics{}, b.dst, syncer.Options{Budget: syncer.Budget{Requests: 100}}, entity)
		if err == nil || report.Status != store.Failed {
			t.Errorf("%s: %v\n%s", entity, err, show(report))
		}
	}
	b.mustSync(syncer.Options{})
	b.wantTruth(b.dst)
}
