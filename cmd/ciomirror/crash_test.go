package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/sim"
	syncer "ciomirror/sync"
)

// TestKilledFirstSyncsEndLikeACleanOne kills first syncs (kill -9) at random
// points, several times each, and compares what they end with to a mirror that was
// made in one go.
func TestKilledFirstSyncsEndLikeACleanOne(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	const killsOfAMirror = 5
	mirrors, seeds := times(8, 2, 100), times(3, 1, 3)
	o := sim.Options{Start: time.Now()}
	if *soak > 0 {
		o.Size = sim.Medium
	}
	clean := make([]cleanRun, seeds)
	for i := range seeds {
		o.Seed = uint64(i + 1)
		clean[i] = runClean(t, newWorkspace(t, o))
	}
	took := &latencies{}
	t.Cleanup(func() { took.log(t) })
	for i := range mirrors {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			want, o := clean[i%seeds], o
			o.Seed = uint64(i%seeds + 1)
			m := newWorkspace(t, o).mirror(t)
			truth := truthOf(t, m.of)
			starts := 1
			for kills := 0; kills < killsOfAMirror; starts++ {
				b := randomBlow(r, want.requests["total"])
				if !m.sync(b) {
					continue // it had ended before; the next is a sync of what is known
				}
				kills++
				if left := m.intact(); left != "" {
					truth.wantStored(t, left)
				}
				if t.Failed() {
					t.Fatalf("killed %v", b)
				}
			}
			m.mustSync()
			took.add(m.of.killer)
			wantSame(t, want.content, dumpOf(t, m.db))
			wantNoRunOpen(t, m.db)
			wantFewRequests(t, m.of.requests(nil), want.requests, starts)
		})
	}
}

// TestKilledLaterSyncsEndLikeACleanOne lets days pass, in which windows close, fall
// due again and rows change and go, and kills the syncs that follow. Beside it a
// mirror of the same workspace is kept in peace: in the end both are equal, their
// histories too.
func TestKilledLaterSyncsEndLikeACleanOne(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	killsOfADay := times(2, 1, 3)
	days := []time.Duration{90 * time.Minute, 23 * time.Hour, 3 * 24 * time.Hour, 5 * 24 * time.Hour, 26 * 24 * time.Hour}
	mirrors := times(2, 1, 50)
	days = days[:times(len(days), 3, len(days))]
	took := &latencies{}
	t.Cleanup(func() { took.log(t) })
	for i := range mirrors {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, uint64(i)))
			w := newWorkspace(t, sim.Options{Seed: uint64(i + 1), Start: time.Now().Add(-40 * 24 * time.Hour)})
			peaceful, m := w.mirror(t), w.mirror(t)
			peaceful.mustSync()
			if err := copyFile(peaceful.db, m.db); err != nil {
				t.Fatal(err)
			}
			for day, d := range days {
				w.advance(d)
				counted := w.sim.Requests()
				peaceful.mustSync()
				clean := w.requests(counted)
				counted = w.sim.Requests()
				truth := truthOf(t, w)
				starts := 1
				for kills := 0; kills < killsOfADay; starts++ {
					b := randomBlow(r, clean["total"])
					if !m.sync(b) {
						continue
					}
					kills++
					truth.wantStored(t, m.intact())
					if t.Failed() {
						t.Fatalf("killed %v, after %v", b, d)
					}
				}
				m.mustSync()
				took.add(w.killer)
				if !testing.Short() || day == len(days)-1 {
					wantSame(t, dumpOf(t, peaceful.db), dumpOf(t, m.db))
				}
				wantNoRunOpen(t, m.db)
				wantFewRequests(t, w.requests(counted), clean, starts)
				if t.Failed() {
					t.Fatalf("after %v", d)
				}
			}
			if n := dumpOf(t, m.db).count("_history"); n < 20 {
				t.Errorf("%d old versions: too little happened in the days", n)
			}
		})
	}
}

// cleanRun is what a first sync in one go makes, and what it asks.
type cleanRun struct {
	content  dump
	requests map[string]int
}

func runClean(t *testing.T, w *workspace) cleanRun {
	t.Helper()
	m := w.mirror(t)
	m.mustSync()
	c := cleanRun{dumpOf(t, m.db), w.requests(nil)}
	if n := c.content.count("_history") + c.content.count("_stage"); n != 0 {
		t.Fatalf("a first sync leaves %d old versions and rows set aside", n)
	}
	return c
}

// wantNoRunOpen: what was killed is noted as interrupted, and only that.
func wantNoRunOpen(t *testing.T, path string) {
	t.Helper()
	if got := texts(t, readOnly(t, path), `select count(*) from runs where status not in ('complete', 'interrupted')`); got[0] != "0" {
		t.Errorf("%s runs are neither complete nor interrupted", got[0])
	}
	if got := texts(t, readOnly(t, path), `select count(*) from positions where staged`); got[0] != "0" {
		t.Errorf("%s lists are still set aside", got[0])
	}
}

// wantFewRequests bounds what the starts after the first asked again, by route:
// a twentieth of a clean run's requests, and for each start
//
//   - of a list that is not nested, and of activities, the whole walk: it starts
//     again at every run, killed or not, and so does the probe of the key;
//   - of a nested list, as many lists as there are walks side by side: those that
//     were under way when the process was killed are read again;
//   - of the deliveries, as many windows of ten pages, and the running window with
//     the short ones behind it from which the next ones learn how dense their time
//     is: each is 16 times as long as the one before, so four reach six months;
//   - of the deliveries of a transactional message, all: which rows still lack
//     theirs is looked up anew.
func wantFewRequests(t *testing.T, got, clean map[string]int, starts int) {
	t.Helper()
	const windowPages, ramp = 10, 5
	again := map[string]int{}
	for _, e := range catalog.Default().Mirrored() {
		route := "GET " + strings.NewReplacer("{"+parentParam(e)+"}", "{id}").Replace(e.List.Path)
		switch {
		case e.Parent != nil:
			longest := min(clean[route], 3) // no parent of the simulator's has more pages
			again[route] = syncer.DefaultWalks * longest
		case e.List.Window != nil:
			again[route] = ramp + min(syncer.DefaultWalks*windowPages, clean[route])
		default:
			again[route] = clean[route]
		}
	}
	again["GET /v1/transactional/{id}/messages"] = clean["GET /v1/transactional/{id}/messages"]
	again["GET /v1/workspaces"] = clean["GET /v1/workspaces"]
	again["total"] = math.MaxInt / (starts + 1) // each of its parts is bounded
	for route, n := range got {
		if most := clean[route] + int(math.Ceil(float64(clean[route])/20)) + (starts-1)*again[route]; n > most {
			t.Errorf("%s: %d requests in %d starts, %d in a clean run, at most %d allowed", route, n, starts, clean[route], most)
		}
	}
	more := func(route string) float64 { return float64(got[route]-clean[route]) / float64(starts-1) }
	t.Logf("%d requests in %d starts, %d in a clean run; each further start asked %.1f again, of deliveries %.1f, to attribute them %.1f, of activities %.1f",
		got["total"], starts, clean["total"], more("total"), more("GET /v1/messages"), more("GET /v1/transactional/{id}/messages"), more("GET /v1/activities"))
}

func parentParam(e *catalog.Entity) string {
	if e.Parent == nil {
		return ""
	}
	return e.Parent.Param
}

// truth is what the simulator holds at an instant.
type truth struct {
	at         time.Time
	deliveries []delivery
	activities []event
}

type delivery struct {
	ID      string          `json:"id"`
	Created int64           `json:"created"`
	Metrics json.RawMessage `json:"metrics"`
}

type event struct {
	ID        string `json:"id"`
	Timestamp int64  `json:"timestamp"`
}

func truthOf(t *testing.T, w *workspace) truth {
	t.Helper()
	now := truth{at: w.sim.Now()}
	for raw := range w.sim.Records("messages") {
		var d delivery
		if err := json.Unmarshal(raw, &d); err != nil {
			t.Fatal(err)
		}
		canonical, err := canon.JSON(d.Metrics)
		if err != nil {
			t.Fatal(err)
		}
		d.Metrics = canonical
		now.deliveries = append(now.deliveries, d)
	}
	for raw := range w.sim.Records("activities") {
		var a event
		if err := json.Unmarshal(raw, &a); err != nil {
			t.Fatal(err)
		}
		now.activities = append(now.activities, a)
	}
	if len(now.deliveries) == 0 || len(now.activities) == 0 {
		t.Fatal("the workspace is empty")
	}
	return now
}

// wantStored checks that nothing is noted as read that is not stored: every
// delivery in a noted window is in the mirror, as the workspace has it now if the
// window was read since it became so; and so is every activity that is no newer
// than the marks of all readings that came to their end.
func (now truth) wantStored(t *testing.T, path string) {
	t.Helper()
	db := readOnly(t, path)
	if n := texts(t, db, `select count(*) from sqlite_master where name in ('windows', 'messages', 'positions')`); n[0] != "3" {
		return // killed while it made the tables
	}
	stored := map[string]string{}
	for _, pair := range texts(t, db, `select id || '|' || coalesce(metrics, '') from messages`) {
		id, metrics, _ := strings.Cut(pair, "|")
		stored[id] = metrics
	}
	windows := windowsOf(t, db)
	for _, d := range now.deliveries {
		at := slices.IndexFunc(windows, func(w window) bool { return w.from <= d.Created && d.Created <= w.to })
		if at < 0 {
			continue
		}
		metrics, ok := stored[d.ID]
		switch {
		case !ok:
			t.Errorf("delivery %s lies in a window that was read, %+v, and is not stored", d.ID, windows[at])
			return
		case windows[at].readAt >= now.at.UnixMilli() && metrics != string(d.Metrics):
			t.Errorf("delivery %s lies in a window that was read since it changed, %+v: stored %s, want %s", d.ID, windows[at], metrics, d.Metrics)
			return
		}
	}
	now.wantActivities(t, db)
}

func (now truth) wantActivities(t *testing.T, db *sql.DB) {
	t.Helper()
	e, _ := catalog.Default().Entity("activities")
	var readings, mark int64
	if err := db.QueryRowContext(t.Context(), `select count(*), coalesce(min(mark), 0) from positions where entity = 'activities'`).Scan(&readings, &mark); err != nil {
		t.Fatal(err)
	}
	if readings <= int64(len(e.List.Views)) {
		return // one of them never came to its end
	}
	stored := map[string]bool{}
	for _, id := range texts(t, db, `select id from activities`) {
		stored[id] = true
	}
	// What comes in late, with a time before the mark, is found by the next reading that
	// ends: it reads an hour of what is known again.
	const late = 3600
	oldest := now.at.Add(-time.Duration(e.List.Feed.Days) * 24 * time.Hour).Unix()
	for _, a := range now.activities {
		if a.Timestamp > oldest && a.Timestamp <= mark-late && !stored[a.ID] {
			t.Errorf("activity %s at %d is not stored, and the mark is %d", a.ID, a.Timestamp, mark)
			return
		}
	}
}

type window struct{ from, to, readAt int64 }

func windowsOf(t *testing.T, db *sql.DB) (all []window) {
	t.Helper()
	for _, text := range texts(t, db, `select "from" || ' ' || "to" || ' ' || read_at from windows where entity = 'messages'`) {
		var w window
		if _, err := fmt.Sscan(text, &w.from, &w.to, &w.readAt); err != nil {
			t.Fatal(err)
		}
		all = append(all, w)
	}
	return all
}
