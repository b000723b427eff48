package sync

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ciomirror/store"
)

// history is a workspace whose deliveries come into being over time, and the
// windows that runs noted of it.
type history struct {
	rows   []delivery // by created
	closed []store.Window
	newest store.Position
	reads  int
	ages   []time.Duration
}

type delivery struct {
	created, visible int64
	read             []int64 // the true times at which it was read
}

const longest = 180 * 24 * time.Hour

// sync is one run at the true time now, with a clock that is off by skew seconds.
func (h *history) sync(now, skew, floor int64) {
	c := &calendar{closed: slices.Clone(h.closed), newest: h.newest, floor: floor, ages: h.ages, want: 40, longest: longest, now: time.Unix(now+skew, 0)}
	c.seen.Store(h.newest.Mark)
	running, f := c.plan(false)
	h.read(c, running, now)
	for {
		s, fixed, ok := f.next()
		if !ok {
			break
		}
		n := h.read(c, s, now)
		if !fixed {
			f.learn(s, held{rows: n, page: n})
		}
		if s.To = min(s.To, c.standsStill()); s.From <= s.To {
			h.close(store.Window{From: s.From, To: s.To, Rows: n, ReadAt: c.now})
		}
	}
	if at := c.seen.Load(); at > h.newest.Mark {
		h.newest = store.Position{Mark: at, ReadAt: c.now}
	}
}

// read serves a window as the API does: what is visible, and no more than six
// months before its end.
func (h *history) read(c *calendar, s span, now int64) (n int64) {
	h.reads++
	from := max(s.From, s.To-int64(longest/time.Second)+1)
	for i := range h.rows {
		if r := &h.rows[i]; r.visible <= now && r.created >= from && r.created <= s.To {
			r.read = append(r.read, now)
			c.sees(r.created)
			n++
		}
	}
	return n
}

// close is what the store does.
func (h *history) close(w store.Window) {
	var kept []store.Window
	for _, o := range h.closed {
		switch {
		case o.From >= w.From && o.To <= w.To:
			continue
		case o.From < w.From && o.To >= w.From:
			o.To = w.From - 1
		case o.From <= w.To && o.From >= w.From:
			o.From = w.To + 1
		}
		kept = append(kept, o)
	}
	h.closed = append(kept, w)
	slices.SortFunc(h.closed, func(a, b store.Window) int { return int(a.From - b.From) })
}

// Whatever the schedule of the runs and the lateness of deliveries: every delivery
// is read, and once more past each age. A clock that is wrong by a day may take a
// day off the ages, and nothing else.
func TestWindowsMissNoDelivery(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("random start %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	schedules := 10_000
	if testing.Short() {
		schedules = 1000
	}
	const hour, day = int64(3600), int64(86400)
	for range schedules {
		h := &history{ages: DefaultReread()}
		begin := int64(1_800_000_000)
		floor := begin - day*int64(random.IntN(200))
		end := begin + day*int64(1+random.IntN(40))
		type run struct{ at, skew int64 }
		var runs []run
		wrong, skew := random.IntN(2) == 0, int64(0)
		for now := begin; now < end; now += 1 + random.Int64N([]int64{60, 2 * hour, day, 20 * day}[random.IntN(4)]) {
			if wrong && random.IntN(6) == 0 {
				skew = []int64{0, 0, day, -day, 2 * hour, -2 * hour, random.Int64N(60)}[random.IntN(7)]
			}
			runs = append(runs, run{now, skew})
		}
		// The clock is put right, and the runs go on for as long as a delivery changes.
		for _, after := range []int64{0, hour, 2 * hour, 3 * hour, 2 * day, 8 * day, 31 * day, 33 * day} {
			runs = append(runs, run{end + after, 0})
		}
		for range random.IntN(60) {
			created := floor + random.Int64N(end-floor)
			if random.IntN(2) == 0 { // at a bound of a window
				r := runs[random.IntN(len(runs))]
				created = max(floor, r.at+r.skew-hour*int64(random.IntN(3))+int64(random.IntN(5)-2))
			}
			late := int64(0)
			if !wrong && random.IntN(4) == 0 {
				late = random.Int64N(55 * 60)
			}
			h.rows = append(h.rows, delivery{created: created, visible: created + late})
		}
		for _, r := range runs {
			h.sync(r.at, r.skew, floor)
		}
		for _, r := range h.rows {
			if r.created > end {
				continue
			}
			first := runs[slices.IndexFunc(runs, func(u run) bool { return u.at >= r.visible })].at
			if len(r.read) == 0 || r.read[0] != first {
				t.Fatalf("the delivery of %d, visible at %d, was first read at %v, not by the run at %d\nruns %v\nwindows %v", r.created, r.visible, r.read, first, runs, h.closed)
			}
			for _, age := range h.ages[1:] {
				slack := int64(0)
				if wrong {
					slack = day
				}
				if !slices.ContainsFunc(r.read, func(at int64) bool { return at >= r.created+int64(age.Seconds())-slack }) {
					t.Fatalf("the delivery of %d, visible at %d, was not read when older than %s: %v\nruns %v\nwindows %v", r.created, r.visible, age, r.read, runs, h.closed)
				}
			}
		}
		for i, w := range h.closed {
			if w.From > w.To || i == 0 && w.From != floor || i > 0 && h.closed[i-1].To+1 != w.From {
				t.Fatalf("windows overlap or leave a gap: %v", h.closed)
			}
		}
		if most := (len(runs) + 12) * 14; h.reads > most {
			t.Fatalf("%d windows read by %d runs", h.reads, len(runs))
		}
	}
}
