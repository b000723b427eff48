package schedules_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"ciomirror/schedules"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run is one call of a job.
type run struct {
	job     string
	due, at time.Time
}

// rig is a loop in a bubble of time, with a wall clock that can be set.
type rig struct {
	t       *testing.T
	shift   time.Duration // of the wall clock against the bubble's
	mu      sync.Mutex
	runs    []run
	under   int // runs under way
	journal *memory
	log     bytes.Buffer
	stop    chan struct{}
	ended   chan error
	loop    *schedules.Loop
}

// newRig sets the wall clock.
func newRig(t *testing.T, at string) *rig {
	r := &rig{t: t, journal: &memory{last: map[string]schedules.Firing{}}}
	r.shift = time.Until(moment(t, at))
	return r
}

func moment(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Add(r.shift).Round(0).UTC()
}

func (r *rig) jump(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.shift += d
}

// job is one that notes its runs and then does what it is told.
func (r *rig) job(name, expr string, jitter time.Duration, do func(context.Context) error) schedules.Job {
	r.t.Helper()
	when, err := schedules.Parse(expr)
	if err != nil {
		r.t.Fatal(err)
	}
	return schedules.Job{Name: name, Kind: "test", When: when, Jitter: jitter, Run: func(ctx context.Context, due time.Time) (string, error) {
		at := r.now()
		r.mu.Lock()
		r.runs = append(r.runs, run{name, due.UTC(), at})
		r.under++
		if r.under > 1 {
			r.t.Errorf("%s runs beside another job", name)
		}
		r.mu.Unlock()
		defer func() {
			r.mu.Lock()
			r.under--
			r.mu.Unlock()
		}()
		if do == nil {
			return "done", nil
		}
		return "done", do(ctx)
	}}
}

func (r *rig) start(jobs ...schedules.Job) {
	r.t.Helper()
	loop, err := schedules.NewLoop(schedules.Options{Profile: "default", Jobs: jobs, Journal: r.journal, Now: r.now,
		Log: slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		r.t.Fatal(err)
	}
	r.loop, r.stop, r.ended = loop, make(chan struct{}), make(chan error, 1)
	go func() { r.ended <- loop.Run(r.t.Context(), r.stop) }()
}

// pass lets time pass and waits until the loop rests.
func (r *rig) pass(d time.Duration) {
	time.Sleep(d) // the bubble's time: it takes none
	synctest.Wait()
}

func (r *rig) end() {
	r.t.Helper()
	close(r.stop)
	if err := <-r.ended; err != nil {
		r.t.Errorf("the loop ended with %v", err)
	}
}

// did are the runs so far.
func (r *rig) did() []run {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.runs)
}

// dues are the firings that a job answered.
func (r *rig) dues(job string) []string {
	var dues []string
	for _, run := range r.did() {
		if run.job == job {
			dues = append(dues, run.due.Format("2006-01-02T15:04"))
		}
	}
	return dues
}

func (r *rig) wantDues(job string, want ...string) {
	r.t.Helper()
	if got := r.dues(job); !slices.Equal(got, want) {
		r.t.Errorf("%s ran for %v, want %v", job, got, want)
	}
}

// memory is a journal that keeps the latest firing of each job.
type memory struct {
	last map[string]schedules.Firing
	all  []string // job and status of every End
	fail error
}

func (m *memory) Last(context.Context) (map[string]schedules.Firing, error) { return m.last, nil }

func (m *memory) Begin(_ context.Context, f schedules.Firing) error {
	if f.Status != schedules.Running {
		return fmt.Errorf("%s begins as %s", f.Job, f.Status)
	}
	m.last[f.Job] = f
	return m.fail
}

func (m *memory) End(_ context.Context, f schedules.Firing) error {
	m.last[f.Job] = f
	m.all = append(m.all, f.Job+" "+f.Status)
	return m.fail
}

func TestMissedFiringsRunOnceAndNewJobsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "2026-11-22T10:30:00Z")
		answered := schedules.Firing{Job: "old", Due: moment(t, "2026-11-22T05:00:00Z"), Status: schedules.OK}
		r.journal.last["old"] = answered
		r.start(r.job("old", "0 * * * *", 0, nil), r.job("new", "0 * * * *", 0, nil))
		synctest.Wait()
		r.wantDues("old", "2026-11-22T10:00")
		r.pass(time.Hour)
		r.wantDues("old", "2026-11-22T10:00", "2026-11-22T11:00")
		r.wantDues("new", "2026-11-22T11:00")
		r.end()
	})
}

func TestJobsDoNotOverlapAndFiringsMeanwhileRunOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "2026-11-22T09:59:00Z")
		long := func(ctx context.Context) error {
			time.Sleep(150 * time.Minute)
			return nil
		}
		r.start(r.job("long", "0 10 * * *", 0, long), r.job("short", "30 * * * *", 0, nil))
		r.pass(4 * time.Hour)
		r.wantDues("long", "2026-11-22T10:00")
		// 10:30 and 11:30 passed during the long run; 12:30 came at its end.
		r.wantDues("short", "2026-11-22T12:30", "2026-11-22T13:30")
		r.end()
	})
}

func TestAPanicIsRecordedAndTheLoopGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "2026-11-22T09:59:00Z")
		bad := r.job("bad", "0 * * * *", 0, func(context.Context) error {
			var none []int
			_ = none[len(r.dues("bad"))]
			return nil
		})
		worse := r.job("worse", "0 * * * *", 0, func(context.Context) error { panic("jane@example.com") })
		r.start(bad, worse, r.job("good", "0 * * * *", 0, nil))
		r.pass(2 * time.Hour)
		r.end()
		want := []string{"bad failed", "worse failed", "good ok", "bad failed", "worse failed", "good ok"}
		if !slices.Equal(r.journal.all, want) {
			t.Errorf("the journal has %v, want %v", r.journal.all, want)
		}
		if m := r.journal.last["bad"].Message; !strings.Contains(m, "index out of range") {
			t.Errorf("the panic is told as %q", m)
		}
		log := r.log.String()
		if !strings.Contains(log, "level=DEBUG msg=panic job=bad stack=") || !strings.Contains(log, "loop_test.go") {
			t.Errorf("the log has no stack:\n%s", log)
		}
		if strings.Contains(log, "jane@") {
			t.Error("the log has what the panic carried")
		}
	})
}

func TestABusyMirrorIsTriedAgainUntilTheNextFiring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "2026-11-22T09:59:00Z")
		var busy atomic.Bool
		busy.Store(true)
		r.start(r.job("sync", "0 * * * *", 0, func(context.Context) error {
			if busy.Load() {
				return fmt.Errorf("lock: %w", schedules.ErrBusy)
			}
			return nil
		}))
		r.pass(10 * time.Minute) // until 10:09: at :00:00, :00:30, :01:30, :03:30, :07:30
		if got := len(r.did()); got != 5 {
			t.Errorf("%d tries in nine minutes, want 5", got)
		}
		r.pass(55 * time.Minute)
		if d := r.dues("sync"); d[len(d)-1] != "2026-11-22T11:00" {
			t.Errorf("the last try is for %s: the newer firing did not take over", d[len(d)-1])
		}
		busy.Store(false)
		r.pass(5 * time.Minute)
		n := len(r.did())
		r.pass(45 * time.Minute)
		if len(r.did()) != n {
			t.Error("an answered firing is tried again")
		}
		r.end()
		if all := r.journal.all; all[0] != "sync busy" || all[len(all)-1] != "sync ok" {
			t.Errorf("the journal has %v", all)
		}
	})
}

func TestWhatTheEndCutShortRunsAgainAtTheNextStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "2026-11-22T09:59:00Z")
		r.start(r.job("sync", "0 10 * * *", 0, func(context.Context) error {
			<-r.stop
			return errors.New("stopped after the page")
		}))
		r.pass(2 * time.Minute)
		r.end()
		if got := r.journal.last["sync"].Status; got != schedules.Interrupted {
			t.Errorf("the journal says %s", got)
		}
		r.start(r.job("sync", "0 10 * * *", 0, nil))
		r.pass(time.Hour)
		r.end()
		r.wantDues("sync", "2026-11-22T10:00", "2026-11-22T10:00")

		// A killed program leaves a firing that runs for ever.
		f := r.journal.last["sync"]
		f.Status, f.Finished = schedules.Running, time.Time{}
		r.journal.last["sync"] = f
		r.start(r.job("sync", "0 10 * * *", 0, nil))
		r.pass(time.Hour)
		r.end()
		r.wantDues("sync", "2026-11-22T10:00", "2026-11-22T10:00", "2026-11-22T10:00")
	})
}

func TestReloadInTheMiddleOfARun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "2026-11-22T09:59:00Z")
		release := make(chan struct{})
		r.start(r.job("a", "0 * * * *", 0, func(context.Context) error {
			<-release
			return nil
		}), r.job("gone", "5 * * * *", 0, nil))
		r.pass(2 * time.Minute)
		// Its new clock time has passed today: it waits for tomorrow's.
		r.loop.Reload([]schedules.Job{r.job("a", "30 9 * * *", 0, nil), r.job("b", "0 * * * *", 0, nil)})
		r.loop.Reload([]schedules.Job{r.job("a", "30 9 * * *", 0, nil), r.job("b", "0 * * * *", 0, nil)})
		r.pass(30 * time.Minute)
		if len(r.did()) != 1 {
			t.Errorf("%d runs beside the one under way", len(r.did())-1)
		}
		close(release)
		r.pass(24 * time.Hour)
		r.end()
		r.wantDues("a", "2026-11-22T10:00", "2026-11-23T09:30")
		r.wantDues("gone")
		if got := len(r.dues("b")); got != 24 {
			t.Errorf("the new job ran %d times in a day", got)
		}
	})
}

func TestAJournalThatFailsKeepsNoJobFromItsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "2026-11-22T09:59:00Z")
		r.journal.fail = errors.New("disk full")
		r.start(r.job("sync", "0 * * * *", 0, nil))
		r.pass(2 * time.Hour)
		r.end()
		r.wantDues("sync", "2026-11-22T10:00", "2026-11-22T11:00")
		if !strings.Contains(r.log.String(), "the journal cannot be written") {
			t.Error("the log does not say so")
		}
	})
}

func TestJitterIsStableAndSmallerThanItsBound(t *testing.T) {
	r := &rig{t: t}
	seen := map[time.Duration]bool{}
	after := moment(t, "2026-11-22T00:00:00Z")
	for i := range 50 {
		j := r.job(fmt.Sprint("job", i), "0 * * * *", 5*time.Minute, nil)
		next := schedules.Next("default", []schedules.Job{j}, after, 24)
		if len(next) != 24 {
			t.Fatalf("%d firings", len(next))
		}
		delay := next[0].At.Sub(next[0].Due)
		for _, f := range next {
			if got := f.At.Sub(f.Due); got != delay || got < 0 || got >= 5*time.Minute || !f.At.After(after) {
				t.Errorf("job %d: a firing at %s is delayed by %s, one before by %s", i, f.Due, got, delay)
			}
		}
		seen[delay] = true
	}
	if len(seen) < 20 {
		t.Errorf("50 jobs share %d delays", len(seen))
	}
}
