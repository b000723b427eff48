package sync_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"

	"ciomirror/catalog"
	"ciomirror/sim"
	"ciomirror/store"
	syncer "ciomirror/sync"
)

// refusing forbids one list of a nested entity while another of its lists is read,
// which ends as soon as it is told to.
type refusing struct {
	syncer.Source
	entity string
	first  sync.Once
	second chan struct{} // closed once a second list is under way
	begun  sync.Once
}

func (r *refusing) Pages(ctx context.Context, w catalog.Walk) iter.Seq2[catalog.Page, error] {
	if w.Entity.Name != r.entity {
		return r.Source.Pages(ctx, w)
	}
	return func(yield func(catalog.Page, error) bool) {
		refuse := false
		r.first.Do(func() { refuse = true })
		if refuse {
			<-r.second
			yield(catalog.Page{}, fmt.Errorf("GET /v1: 403 Forbidden: %w", catalog.ErrForbidden))
			return
		}
		r.begun.Do(func() { close(r.second) })
		<-ctx.Done()
		yield(catalog.Page{}, ctx.Err())
	}
}

func TestAListThatEndsBecauseAnotherWasForbiddenIsNotInterrupted(t *testing.T) {
	b := setup(t, sim.Options{Seed: 5})
	src := &refusing{Source: b.source("sim-key"), entity: "campaign_actions", second: make(chan struct{})}
	report, err := b.run(t.Context(), src, b.dst, syncer.Options{Walks: 4}, "campaign_actions")
	if err != nil {
		t.Fatal(err)
	}
	got := reportOf(report, "campaign_actions")
	if got.Status != store.Skipped || got.Error == nil || !strings.Contains(*got.Error, "403 Forbidden") || strings.Contains(*got.Error, "more") {
		t.Errorf("it is %s", show(report))
	}
}

func TestARunThatMayReadNothingIsNotComplete(t *testing.T) {
	b := setup(t, sim.Options{Seed: 5, Forbidden: []string{"newsletters", "segments"}})
	report, err := b.sync(syncer.Options{}, "newsletter_contents", "segments")
	if err != nil || report.Status != store.Failed {
		t.Errorf("status %s, %v", report.Status, err)
	}
	s, err := b.dst.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Runs[0]; r.Status != store.Failed || r.Error == nil || !strings.Contains(*r.Error, "newsletters is skipped: ") {
		t.Errorf("the mirror noted %+v", r)
	}
}
