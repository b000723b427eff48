package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ciomirror/store"
)

// archive are the tests of store.Archive.
func archive() map[string]func(t *testing.T, b *bundle) {
	return map[string]func(t *testing.T, b *bundle){
		"ASnapshotShowsTheLastCompleteRunOfEverything": aSnapshotShowsTheLastCompleteRun,
		"SnapshotsHaveNamesOfTheirOwn":                 snapshotsHaveNamesOfTheirOwn,
		"WhatLiesAheadIsTheLastCommit":                 whatLiesAheadIsTheLastCommit,
		"PruneForgetsWhatNothingShows":                 pruneForgetsWhatNothingShows,
		"APruneBetweenQuestionAndAnswerIsTold":         aPruneBetweenQuestionAndAnswerIsTold,
		"APrunedInstantGetsNoName":                     aPrunedInstantGetsNoName,
		"WhatCameBeforeNamesTheFirstWholeTime":         whatCameBeforeNamesTheFirstWholeTime,
	}
}

const day = 24 * time.Hour

func (b *bundle) snapshot(name string) store.NewSnapshot {
	b.Helper()
	s, err := b.s.CreateSnapshot(b.Context(), name, "")
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func (b *bundle) closes(r store.Reader) {
	b.Helper()
	if err := r.Close(); err != nil {
		b.Error(err)
	}
}

// plantsAsOf are the plants of an instant; an error is its answer.
func (b *bundle) plantsAsOf(at time.Time) []string {
	b.Helper()
	r, err := b.s.AsOf(b.Context(), at)
	for _, known := range []error{store.ErrPruned, store.ErrBeforeFirst} {
		if errors.Is(err, known) {
			return []string{known.Error()}
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	defer b.closes(r)
	return b.query(r, "select id, name, _first_seen, _changed_at, _run from plants order by id")
}

func aSnapshotShowsTheLastCompleteRun(t *testing.T, b *bundle) {
	none := func() {
		t.Helper()
		if _, err := b.s.CreateSnapshot(t.Context(), "early", ""); !errors.Is(err, store.ErrNoCompleteRun) {
			t.Errorf("got %v, want ErrNoCompleteRun", err)
		}
	}
	run := func(mode, status, record string) store.Run {
		t.Helper()
		b.clock = b.clock.Add(time.Hour)
		r, err := b.s.StartRun(t.Context(), store.Claim{Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Stage(t.Context(), b.table("plants"), b.rows("plants", "", record), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Apply(t.Context(), b.table("plants"), store.Scope{All: true}); err != nil {
			t.Fatal(err)
		}
		if status != store.Running {
			if err := r.Finish(t.Context(), status, nil); err != nil {
				t.Fatal(err)
			}
		}
		return r
	}
	none()
	run(store.All, store.Partial, `{"id":1,"name":"moss"}`)
	run("plants", store.Complete, `{"id":1,"name":"ivy"}`)
	none()
	whole := run(store.All, store.Complete, `{"id":1,"name":"fern"}`)
	after := func(name, want string) {
		t.Helper()
		s := b.snapshot(name)
		if s.Run != whole.ID() || !strings.HasPrefix(b.plantsAsOf(s.At)[0], "1|fern") {
			t.Errorf("%s is of run %d, want %d; it shows %v", name, s.Run, whole.ID(), b.plantsAsOf(s.At))
		}
		got := ""
		if s.After != nil {
			got = s.After.Mode + " " + s.After.Status
		}
		if got != want {
			t.Errorf("after %s came %q, want %q", name, got, want)
		}
	}
	after("a", "")
	run("plants", store.Complete, `{"id":1,"name":"elm"}`)
	after("b", "plants complete")
	run(store.All, store.Partial, `{"id":1,"name":"oak"}`)
	after("c", "all partial")
	run(store.All, store.Running, `{"id":1,"name":"yew"}`)
	after("d", "all running")
}

func snapshotsHaveNamesOfTheirOwn(t *testing.T, b *bundle) {
	b.list("plants", `{"id":1}`)
	first, second := b.snapshot("").Name, b.snapshot("").Name
	if first == "" || first == second {
		t.Errorf("two names were made: %q and %q", first, second)
	}
	b.clock = b.clock.Add(time.Minute)
	if _, err := b.s.CreateSnapshot(t.Context(), "mine", "nightly"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.CreateSnapshot(t.Context(), "mine", ""); !errors.Is(err, store.ErrSnapshotExists) {
		t.Errorf("the name again: %v", err)
	}
	list, err := b.s.Snapshots(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatalf("%d snapshots, %v", len(list), err)
	}
	if s := list[0]; s.Name != "mine" || s.MadeBy != "nightly" || !s.Created.Equal(b.clock) || s.Run != 1 || !s.At.Before(b.clock) {
		t.Errorf("got %+v", s)
	}
	if err := b.s.RemoveSnapshot(t.Context(), "mine"); err != nil {
		t.Error(err)
	}
	if err := b.s.RemoveSnapshot(t.Context(), "mine"); !errors.Is(err, store.ErrNoSnapshot) {
		t.Errorf("removed twice: %v", err)
	}
	if list, err := b.s.Snapshots(t.Context()); err != nil || len(list) != 2 {
		t.Errorf("%d snapshots are left, %v", len(list), err)
	}
}

func whatLiesAheadIsTheLastCommit(t *testing.T, b *bundle) {
	b.list("plants", `{"id":1,"name":"fern"}`)
	ahead, err := b.s.AsOf(t.Context(), b.clock.Add(1000*day))
	if err != nil {
		t.Fatal(err)
	}
	defer b.closes(ahead)
	instant, err := b.s.Instant(t.Context(), b.clock.Add(1000*day))
	if err != nil {
		t.Fatal(err)
	}
	b.list("plants", `{"id":1,"name":"moss"}`, `{"id":2}`)
	if got := b.plantsAsOf(instant); len(got) != 1 || !strings.HasPrefix(got[0], "1|fern") {
		t.Errorf("the instant a sync later: %v, want the fern of then", got)
	}
	if same, err := b.s.Instant(t.Context(), instant); err != nil || !same.Equal(instant) {
		t.Errorf("the instant %s is %s a sync later, %v", instant, same, err)
	}
	if got := b.query(ahead, "select name from plants"); len(got) != 1 || got[0] != "fern" {
		t.Errorf("a sync later: %v, want the fern of then", got)
	}
}

// weeks makes a mirror of so many weeks, in each of which the first plant gets
// another name and a second one comes or goes, and a snapshot of each week. It
// returns an instant of each week, a day after its snapshot.
func (b *bundle) weeks(n int) (instants []time.Time) {
	b.Helper()
	for week := range n {
		records := []string{fmt.Sprintf(`{"id":1,"name":"week %d"}`, week), `{"id":3,"name":"always"}`}
		if week%2 == 0 {
			records = append(records, `{"id":2,"name":"now and then"}`)
		}
		b.list("plants", records...)
		b.snapshot(fmt.Sprintf("week-%02d", week))
		instants = append(instants, b.clock.Add(day))
		b.clock = b.clock.Add(7 * day)
	}
	return instants
}

func pruneForgetsWhatNothingShows(t *testing.T, b *bundle) {
	instants := b.weeks(10)
	snapshots, err := b.s.Snapshots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var times []time.Time // of the snapshots, the newest first, then of the weeks
	for _, s := range snapshots {
		times = append(times, s.At)
	}
	times = append(times, instants...)
	dump := func() (all [][]string) {
		for _, at := range times {
			all = append(all, b.plantsAsOf(at))
		}
		return all
	}
	before := dump()
	versions := b.query(b.s, "select count(*) from plants_history")[0]
	if _, err := b.s.Prune(t.Context(), store.Keep{}, false); !errors.Is(err, store.ErrKeepNothing) {
		t.Errorf("with no rule: %v", err)
	}
	keep := store.Keep{Last: 2, Days: 20, Monthly: 2}
	would, err := b.s.Prune(t.Context(), keep, true)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, dump()); d != "" {
		t.Errorf("a dry run changed the past:\n%s", d)
	}
	b.want("select count(*) from plants_history", versions)
	did, err := b.s.Prune(t.Context(), keep, false)
	if err != nil {
		t.Fatal(err)
	}
	would.DryRun = false
	if d := cmp.Diff(would, did); d != "" {
		t.Errorf("the dry run reported something else (-would +did):\n%s", d)
	}
	if want := b.clock.Add(-20 * day); !did.Horizon.Equal(want) || did.Versions == 0 || len(did.Snapshots) == 0 {
		t.Errorf("horizon %s, want %s; %d versions, %d snapshots", did.Horizon, want, did.Versions, len(did.Snapshots))
	}
	kept, removed := keep.Split(snapshots, b.clock)
	if len(removed) != len(did.Snapshots) {
		t.Errorf("%d snapshots went, want %d", len(did.Snapshots), len(removed))
	}
	old := false
	for i, at := range times {
		want := before[i]
		named := i < len(snapshots)
		switch {
		case !at.Before(did.Horizon):
		case named && contains(kept, snapshots[i].Name):
			old = true // shown although it lies before the horizon
		default:
			want = []string{store.ErrPruned.Error()}
		}
		if d := cmp.Diff(want, b.plantsAsOf(at)); d != "" {
			t.Errorf("as of %s (-before +after the prune):\n%s", at, d)
		}
	}
	if !old {
		t.Error("no kept snapshot lies before the horizon, so nothing is proved")
	}
	// Nothing is left to forget, and the horizon does not move back.
	again, err := b.s.Prune(t.Context(), store.Keep{Last: 2, Days: 1000, Monthly: 2}, false)
	if err != nil || again.Versions != 0 || len(again.Snapshots) != 0 || !again.Horizon.Equal(did.Horizon) {
		t.Errorf("a second prune: %+v, %v", again, err)
	}
	all, err := b.s.Prune(t.Context(), store.Keep{Last: 1}, false)
	if err != nil || len(all.Snapshots) == 0 {
		t.Errorf("with one snapshot kept: %+v, %v", all, err)
	}
	if got := b.plantsAsOf(b.clock); len(got) != 2 {
		t.Errorf("the present is %v", got)
	}
}

func contains(snapshots []store.Snapshot, name string) bool {
	for _, s := range snapshots {
		if s.Name == name {
			return true
		}
	}
	return false
}

func aPruneBetweenQuestionAndAnswerIsTold(t *testing.T, b *bundle) {
	instants := b.weeks(4)
	r, err := b.s.AsOf(t.Context(), instants[0])
	if err != nil {
		t.Fatal(err)
	}
	defer b.closes(r)
	if _, err := b.s.Prune(t.Context(), store.Keep{Last: 1}, false); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Statement(t.Context(), "select * from plants", nil); !errors.Is(err, store.ErrPruned) {
		t.Errorf("a statement: %v, want ErrPruned", err)
	}
	for _, err := range b.s.Diff(t.Context(), b.table("plants"), instants[0], b.clock) {
		if !errors.Is(err, store.ErrPruned) {
			t.Errorf("a diff: %v, want ErrPruned", err)
		}
	}
}

func aPrunedInstantGetsNoName(t *testing.T, b *bundle) {
	b.weeks(2)
	if _, err := b.s.Prune(t.Context(), store.Keep{Last: 1}, false); err != nil {
		t.Fatal(err)
	}
	b.snapshot("same-instant") // the kept snapshot holds it
	for _, name := range []string{"week-01", "same-instant"} {
		if err := b.s.RemoveSnapshot(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.s.CreateSnapshot(t.Context(), "late", ""); !errors.Is(err, store.ErrPruned) {
		t.Errorf("got %v, want ErrPruned", err)
	}
}

func whatCameBeforeNamesTheFirstWholeTime(t *testing.T, b *bundle) {
	began := b.clock.Add(time.Hour)
	var ended []time.Time
	for _, r := range []struct{ mode, status string }{
		{store.All, store.Failed}, {"plants", store.Complete}, {store.All, store.Complete}, {store.All, store.Complete},
	} {
		b.clock = b.clock.Add(time.Hour)
		run, err := b.s.StartRun(t.Context(), store.Claim{Mode: r.mode})
		b.must(err)
		b.clock = b.clock.Add(time.Minute)
		b.must(run.Finish(t.Context(), r.status, nil))
		ended = append(ended, b.clock)
	}
	_, err := b.s.AsOf(t.Context(), began.Add(-day))
	early, ok := errors.AsType[*store.BeforeFirstError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if !early.First.Equal(began) || !early.Whole.Equal(ended[2]) {
		t.Errorf("the first run at %s and whole at %s, want %s and %s", early.First, early.Whole, began, ended[2])
	}
}
