package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ciomirror/store"
)

func jobsAreReadBackAsTheyEnded(t *testing.T, b *bundle) {
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	want := func(what string, runs ...store.JobRun) {
		t.Helper()
		got, err := b.s.LastJobs(ctx)
		must(err)
		if runs == nil {
			runs = []store.JobRun{}
		}
		if d := cmp.Diff(runs, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	want("before the first")
	begin := func(r store.JobRun) store.JobRun {
		t.Helper()
		var err error
		r.ID, err = b.s.StartJob(ctx, r)
		must(err)
		r.Status, r.Finished, r.Message = store.Running, nil, nil
		return r
	}
	end := func(r store.JobRun, status, message string) store.JobRun {
		t.Helper()
		finished := r.Started.Add(time.Second)
		r.Status, r.Message, r.Finished = status, &message, &finished
		must(b.s.EndJob(ctx, r))
		return r
	}
	hourly := store.JobRun{Job: "hourly", Kind: "sync", Due: b.clock.Add(-time.Minute), Started: b.clock}
	daily := store.JobRun{Job: "daily", Kind: "check", Due: b.clock.Add(-time.Hour), Started: b.clock}

	r := begin(hourly)
	want("while it runs", r)
	first := r.ID
	r = end(r, store.Busy, "another sync is running")
	want("when the mirror was busy", r)

	if r = begin(hourly); r.ID != first {
		t.Errorf("another try is run %d, the first was %d", r.ID, first)
	}
	r = end(r, store.OK, "done")
	d := begin(daily)
	want("two jobs", d, r)

	if again := begin(hourly); again.ID == first {
		t.Error("a run that ended as ok was taken up again")
	} else {
		r = end(again, store.Failed, "no network")
	}
	b.clock = b.clock.Add(time.Minute)
	must(b.s.InterruptJobs(ctx))
	got, err := b.s.LastJobs(ctx)
	must(err)
	if len(got) != 2 || got[0].Status != store.Interrupted || got[0].Finished == nil || got[0].Finished.Before(b.clock) {
		t.Errorf("what ran is %+v", got)
	}
	if d := cmp.Diff(r, got[1]); d != "" {
		t.Errorf("what had ended was changed (-want +got):\n%s", d)
	}
	if taken := begin(daily); taken.ID != d.ID {
		t.Error("an interrupted run was not taken up again")
	}
}

// totalsAddUpAllRuns reports on one entity in two runs and looks for the sums.
func totalsAddUpAllRuns(t *testing.T, b *bundle) {
	for i, status := range []string{store.Partial, store.Complete} {
		r := b.start()
		report := store.EntityReport{Entity: "plants", Status: status, Requests: 3, New: 5, Changed: 2, Same: 40, Gone: int64(i), Waited: 1500 * time.Millisecond, Seconds: 2.5}
		if err := r.Report(t.Context(), report); err != nil {
			t.Fatal(err)
		}
		if err := r.Finish(t.Context(), status, nil); err != nil {
			t.Fatal(err)
		}
	}
	got, err := b.s.Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []store.EntityTotals{{Entity: "plants", Runs: map[string]int64{store.Partial: 1, store.Complete: 1},
		Change: store.Change{New: 10, Changed: 4, Same: 80, Gone: 1}, Requests: 6, Waited: 3 * time.Second, Seconds: 5}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
