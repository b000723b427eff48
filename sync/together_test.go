package sync_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/sim"
	"ciomirror/store"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

// handles opens a new mirror as often as so many processes would, by one clock.
func handles(t *testing.T, n int, now func() time.Time) (path string, all []*sqlite.Store) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "mirror.db")
	for range n {
		dst, err := sqlite.Open(t.Context(), path, sqlite.Options{Create: true, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dst.Close() })
		all = append(all, dst)
	}
	return path, all
}

// snippet is a row that any run can write.
func snippet(t *testing.T, name string) (*store.Table, []store.Row) {
	t.Helper()
	e, _ := catalog.Default().Entity("snippets")
	table := store.NewTable(e)
	row, err := store.NewDecoder(table).Decode(fmt.Appendf(nil, `{"name":%q,"value":"x","updated_at":1}`, name), "")
	if err != nil {
		t.Fatal(err)
	}
	return table, []store.Row{row}
}

func TestOfTwoThatStartTogetherOneRuns(t *testing.T) {
	_, both := handles(t, 2, time.Now)
	for i := range times(100, 100, 1000) {
		var (
			starts sync.WaitGroup
			gate   = make(chan struct{})
			runs   [2]store.Run
			errs   [2]error
		)
		for n, dst := range both {
			starts.Go(func() {
				<-gate
				runs[n], errs[n] = dst.StartRun(t.Context(), store.Claim{Mode: store.All, Holder: fmt.Sprint("host process ", n)})
			})
		}
		close(gate)
		starts.Wait()
		won := 0
		if errs[0] != nil {
			won = 1
		}
		var busy *store.BusyError
		if errs[won] != nil || !errors.As(errs[1-won], &busy) || busy.Holder != fmt.Sprint("host process ", won) {
			t.Fatalf("start %d: %v, %v", i, errs[0], errs[1])
		}
		if err := runs[won].Finish(t.Context(), store.Complete, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADeadHolderIsTakenOver(t *testing.T) {
	for name, c := range map[string]struct {
		wait  time.Duration
		ended func(string) bool
		busy  bool
	}{
		"its lease runs":              {store.Lease - 2*time.Second, nil, true},
		"its lease ran out":           {store.Lease + time.Second, nil, false},
		"it is known to have ended":   {0, func(holder string) bool { return holder == "first" }, false},
		"another is known to":         {0, func(holder string) bool { return holder == "third" }, true},
		"its lease runs, and no word": {time.Second, func(string) bool { return false }, true},
	} {
		t.Run(name, func(t *testing.T) {
			var clock atomic.Int64
			clock.Store(start.UnixMilli())
			_, both := handles(t, 2, func() time.Time { return time.UnixMilli(clock.Load()) })
			first, err := both[0].StartRun(t.Context(), store.Claim{Mode: store.All, Holder: "first"})
			if err != nil {
				t.Fatal(err)
			}
			clock.Add(c.wait.Milliseconds())
			second, err := both[1].StartRun(t.Context(), store.Claim{Mode: store.All, Holder: "second", Ended: c.ended})
			var busy *store.BusyError
			if c.busy {
				if !errors.As(err, &busy) || busy.Holder != "first" {
					t.Fatalf("got %v, want it to be busy", err)
				}
				wantWrites(t, first, nil)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantWrites(t, first, store.ErrTakenOver)
			wantWrites(t, second, nil)
			if n := number(t, both[0], "select count(*) from snippets"); n != 1 {
				t.Errorf("%d rows, want the second run's one", n)
			}
		})
	}
}

// wantWrites tries every way of writing through a run; each must end with want.
func wantWrites(t *testing.T, r store.Run, want error) {
	t.Helper()
	ctx := t.Context()
	table, rows := snippet(t, "one")
	messages, _ := catalog.Default().Entity("messages")
	one := func(_ any, err error) error { return err }
	for _, w := range []struct {
		name string
		err  error
	}{
		{"renew", r.Renew(ctx)},
		{"stage", r.Stage(ctx, table, rows, nil)},
		{"unseen", one(r.Unseen(ctx, table, store.Scope{All: true}))},
		{"apply", one(r.Apply(ctx, table, store.Scope{All: true}))},
		{"write", one(r.Write(ctx, table, rows))},
		{"attribute", one(r.Attribute(ctx, store.NewTable(messages), "1", nil))},
		{"closed", r.Closed(ctx, store.NewTable(messages), store.Window{From: 1, To: 2})},
		{"reached", r.Reached(ctx, table, store.Position{})},
		{"report", r.Report(ctx, store.EntityReport{Entity: "snippets"})},
		{"drift", r.Drift(ctx, table, []store.Drift{{Path: "/x", Kind: "unknown field", Got: "string", Count: 1}})},
		{"discard", r.Discard(ctx, table)},
		{"finish", r.Finish(ctx, store.Complete, nil)},
	} {
		if !errors.Is(w.err, want) {
			t.Errorf("%s: %v, want %v", w.name, w.err, want)
		}
	}
}

// TestEightThatWriteAndReadAtOnceDropNothing: each waits for its turn, again and
// again, writes a row of its own and reads meanwhile. No wait ends in an error
// other than that the mirror is busy, and every row is there in the end.
func TestEightThatWriteAndReadAtOnceDropNothing(t *testing.T) {
	const writers = 8
	each := int64(times(12, 4, 250))
	_, all := handles(t, writers, time.Now)
	var (
		group sync.WaitGroup
		tries atomic.Int64
	)
	for n, dst := range all {
		group.Go(func() {
			for i := int64(0); i < each && !t.Failed(); {
				tries.Add(1)
				r, err := dst.StartRun(t.Context(), store.Claim{Mode: store.All, Holder: fmt.Sprint("process ", n)})
				var busy *store.BusyError
				switch {
				case errors.As(err, &busy):
					number(t, dst, "select count(*) from snippets")
					continue
				case err != nil:
					t.Errorf("start: %v", err)
					return
				}
				table, rows := snippet(t, fmt.Sprintf("%d of %d", i, n))
				if c, err := r.Write(t.Context(), table, rows); err != nil || c.New != 1 {
					t.Errorf("write: %+v, %v", c, err)
				}
				if err := r.Finish(t.Context(), store.Complete, nil); err != nil {
					t.Errorf("finish: %v", err)
				}
				i++
			}
		})
	}
	group.Wait()
	t.Logf("%d tries for %d turns", tries.Load(), writers*each)
	for query, want := range map[string]int64{
		"select count(*) from snippets":                                                     writers * each,
		"select count(*) from runs where status = 'complete'":                               writers * each,
		"select count(*) from runs where status != 'complete'":                              0,
		"select count(distinct substr(name, -1)) from snippets":                             writers,
		"select max(n) from (select count(*) as n from snippets group by substr(name, -1))": each,
	} {
		if got := number(t, all[0], query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	wantIntact(t, all[0])
}

// TestALongReaderCostsDiskAndNothingElse: while somebody reads, the WAL cannot be
// emptied. It grows by what changes; a sync goes on all the same, and the next one
// after the reader left empties it.
func TestALongReaderCostsDiskAndNothingElse(t *testing.T) {
	b := setup(t, sim.Options{Seed: 6})
	b.mustSync(syncer.Options{})
	var before, most int64
	for _, err := range b.dst.Rows(t.Context(), sq.Expr("select id from messages")) { // held open
		if err != nil {
			t.Fatal(err)
		}
		before = number(t, b.dst, "select count(*) from messages")
		for range times(3, 2, 30) {
			b.sim.Advance(24 * time.Hour)
			b.mustSync(syncer.Options{})
			most = max(most, walOf(t, b))
		}
		break
	}
	if n := number(t, b.dst, "select count(*) from messages"); n <= before {
		t.Errorf("%d messages, %d before the reader came", n, before)
	}
	b.mustSync(syncer.Options{})
	t.Logf("the WAL grew to %d KiB beside a mirror of %d KiB; without the reader it has %d KiB", most>>10, pagesOf(t, b.dst)*4, walOf(t, b)>>10)
	if n := walOf(t, b); n > 0 {
		t.Errorf("the WAL still has %d bytes", n)
	}
}

func walOf(t *testing.T, b *bundle) int64 {
	t.Helper()
	info, err := os.Stat(b.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
