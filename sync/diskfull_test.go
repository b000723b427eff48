package sync_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"
	"github.com/google/go-cmp/cmp"
	driver "modernc.org/sqlite"

	"ciomirror/catalog"
	"ciomirror/sim"
	"ciomirror/store"
	syncer "ciomirror/sync"
)

// disk is as large as the test says, for the files in one folder.
type disk struct {
	folder string
	pages  atomic.Int64 // 0 for no limit; read when a file is opened
}

// newDisk sets up a disk. The driver keeps its hook for as long as the tests run.
func newDisk(folder string) *disk {
	d := &disk{folder: folder}
	driver.RegisterConnectionHook(func(conn driver.ExecQuerierContext, dsn string) error {
		if n := d.pages.Load(); n > 0 && strings.Contains(dsn, d.folder) {
			_, err := conn.ExecContext(context.Background(), fmt.Sprintf("pragma max_page_count = %d", n), nil)
			return err
		}
		return nil
	})
	return d
}

// TestADiskThatFillsUpCostsNothing runs syncs into a disk that is full at random
// points. What was there is served, list by list of before or of after; once there
// is room, the next run ends where one that always had room does.
func TestADiskThatFillsUpCostsNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	b := setup(t, sim.Options{Seed: 11})
	since := syncer.Options{Since: 20 * 24 * time.Hour} // enough to fill a disk with
	b.mustSync(since)
	first := b.copyOf()
	before, small := contents(t, b.dst), pagesOf(t, b.dst)
	b.sim.Advance(20 * 24 * time.Hour)
	b.mustSync(since)
	after, large := contents(t, b.dst), pagesOf(t, b.dst)
	versions := versionsIn(t, b.dst)
	if large-small < 50 {
		t.Fatalf("the mirror grows from %d to %d pages only", small, large)
	}
	for range times(10, 2, 100) {
		path, room := first(), small+r.Int64N((large-small)/2)
		full := newDisk(path)
		full.pages.Store(room)
		dst := b.open(path)
		report, err := b.run(t.Context(), b.source("sim-key"), dst, since)
		if !errors.Is(err, store.ErrDisk) || report.Status == store.Complete {
			t.Fatalf("full at %d pages: status %s, %v", room, report.Status, err)
		}
		wantIntact(t, dst)
		now := contents(t, dst)
		for _, e := range catalog.Default().Mirrored() {
			if len(now[e.Name]) == 0 && len(before[e.Name]) > 0 {
				t.Errorf("%s is empty", e.Name)
			}
			wantListsOfOneTime(t, e, now[e.Name], before[e.Name], after[e.Name])
		}
		for id := range before["messages"] {
			if _, ok := now["messages"][id]; !ok {
				t.Errorf("message %s is gone", id)
				break
			}
		}
		if err := dst.Close(); err != nil {
			t.Fatal(err)
		}
		full.pages.Store(0)
		again := b.open(path)
		report, err = b.run(t.Context(), b.source("sim-key"), again, since)
		if err != nil || report.Status != store.Complete {
			t.Fatalf("with room: %v\n%s", err, show(report))
		}
		if d := cmp.Diff(after, contents(t, again)); d != "" {
			t.Errorf("with room (-always had it +had it now):\n%.2000s", d)
		}
		if d := cmp.Diff(versions, versionsIn(t, again)); d != "" {
			t.Errorf("old versions (-always had room +had it now):\n%s", d)
		}
		if t.Failed() {
			t.Fatalf("it was full at %d pages, between %d and %d", room, small, large)
		}
	}
}

// wantListsOfOneTime: each complete list, of a nested entity each parent's, is as it
// was before or as it is after.
func wantListsOfOneTime(t *testing.T, e *catalog.Entity, now, before, after map[string]string) {
	t.Helper()
	if !e.List.Complete {
		return
	}
	lists := func(records map[string]string) map[string]map[string]string {
		by := map[string]map[string]string{}
		for key, record := range records {
			parent := ""
			if e.Parent != nil {
				parent, _, _ = strings.Cut(key, "/")
			}
			if by[parent] == nil {
				by[parent] = map[string]string{}
			}
			by[parent][key] = record
		}
		return by
	}
	was, is := lists(before), lists(after)
	for parent, list := range lists(now) {
		if !cmp.Equal(list, was[parent]) && !cmp.Equal(list, is[parent]) {
			t.Errorf("%s of %q is neither as before nor as after", e.Name, parent)
		}
	}
}

// contents are the records of every entity.
func contents(t *testing.T, from store.Reader) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	for _, e := range catalog.Default().Mirrored() {
		all[e.Name] = records(t, from, e)
	}
	return all
}

// versionsIn counts the old versions by entity.
func versionsIn(t *testing.T, from store.Reader) map[string]int64 {
	t.Helper()
	n := map[string]int64{}
	for _, e := range catalog.Default().Mirrored() {
		n[e.Name] = number(t, from, `select count(*) from "`+e.Name+`_history"`)
	}
	return n
}

func pagesOf(t *testing.T, from store.Reader) int64 {
	return number(t, from, "select page_count from pragma_page_count")
}

// number is the one cell of a query's one row. Any goroutine may ask.
func number(t *testing.T, from store.Reader, query string) (n int64) {
	t.Helper()
	for cells, err := range from.Rows(t.Context(), sq.Expr(query)) {
		if err != nil {
			t.Error(err)
			return 0
		}
		n = cells[0].(int64)
	}
	return n
}

func wantIntact(t *testing.T, from store.Reader) {
	t.Helper()
	for cells, err := range from.Rows(t.Context(), sq.Expr("select integrity_check from pragma_integrity_check")) {
		if err != nil || cells[0] != "ok" {
			t.Errorf("integrity check: %v, %v", cells, err)
		}
	}
}

// TestAFileTakenAwayEndsTheRun: whoever moves or deletes the mirror while a sync
// has it open must not be told that all is well: nobody would find the rows again.
func TestAFileTakenAwayEndsTheRun(t *testing.T) {
	for name, take := range map[string]func(path string) error{
		"deleted":  os.Remove,
		"moved":    func(path string) error { return os.Rename(path, path+".bak") },
		"replaced": func(path string) error { return errors.Join(os.Remove(path), os.WriteFile(path, nil, 0o600)) },
	} {
		t.Run(name, func(t *testing.T) {
			b := setup(t, sim.Options{Seed: 1})
			var took atomic.Bool
			report, err := b.sync(syncer.Options{Progress: func(p syncer.Progress) {
				if p.Entity == "campaign_actions" && took.CompareAndSwap(false, true) {
					if err := take(b.path); err != nil {
						t.Error(err)
					}
				}
			}})
			if !errors.Is(err, store.ErrFileGone) || report.Status == store.Complete {
				t.Errorf("status %s, %v", report.Status, err)
			}
		})
	}
}
