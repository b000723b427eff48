package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ciomirror/store"
)

// reading tests what a run leaves for the next.
func reading() map[string]func(t *testing.T, b *bundle) {
	return map[string]func(t *testing.T, b *bundle){
		"AnotherHolderIsKeptOut":          anotherHolderIsKeptOut,
		"ALeaseRunsOutUnlessRenewed":      aLeaseRunsOutUnlessRenewed,
		"ALeaseRunsOutThoughClocksGoBack": aLeaseRunsOutThoughClocksGoBack,
		"WindowsDoNotOverlap":             windowsDoNotOverlap,
		"PositionsAreReadBack":            positionsAreReadBack,
		"AListSetAsideAgainIsReplaced":    aListSetAsideAgainIsReplaced,
		"DiscardForgetsWhatWasSetAside":   discardForgetsWhatWasSetAside,
		"OrphansHaveNoLiveParent":         orphansHaveNoLiveParent,
		"AttributionMakesNoVersion":       attributionMakesNoVersion,
		"UnattributedRowsAreThoseOfNoOne": unattributedRowsAreThoseOfNoOne,
	}
}

func (b *bundle) claim(holder string, ended func(string) bool) (store.Run, error) {
	b.Helper()
	return b.s.StartRun(b.Context(), store.Claim{Mode: store.All, Holder: holder, Ended: ended})
}

func (b *bundle) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func anotherHolderIsKeptOut(t *testing.T, b *bundle) {
	first, err := b.claim("a", nil)
	b.must(err)
	var busy *store.BusyError
	if _, err := b.claim("b", nil); !errors.As(err, &busy) || busy.Holder != "a" || busy.Until.Before(b.clock) {
		t.Fatalf("got %v", err)
	}
	if _, err := b.claim("b", func(holder string) bool { return holder == "c" }); !errors.As(err, &busy) {
		t.Errorf("another's end opened the mirror: %v", err)
	}
	b.must(first.Finish(t.Context(), store.Complete, nil))
	second, err := b.claim("b", nil)
	b.must(err)
	third, err := b.claim("c", func(holder string) bool { return holder == "b" })
	b.must(err)
	if err := second.Renew(t.Context()); !errors.Is(err, store.ErrTakenOver) {
		t.Errorf("the run that was taken over goes on: %v", err)
	}
	if _, err := second.Write(t.Context(), b.table("showers"), b.rows("showers", "", `{"id":"x"}`)); !errors.Is(err, store.ErrTakenOver) {
		t.Errorf("the run that was taken over writes: %v", err)
	}
	b.must(third.Finish(t.Context(), store.Complete, nil))
	b.want("select status from runs order by id", store.Complete, store.Interrupted, store.Complete)
	b.want("select count(*) from showers", "0")
}

func aLeaseRunsOutUnlessRenewed(t *testing.T, b *bundle) {
	first, err := b.claim("a", nil)
	b.must(err)
	b.clock = b.clock.Add(store.Lease - time.Second)
	b.must(first.Renew(t.Context()))
	b.clock = b.clock.Add(store.Lease - time.Second)
	var busy *store.BusyError
	if _, err := b.claim("b", nil); !errors.As(err, &busy) {
		t.Fatalf("got %v", err)
	}
	b.clock = b.clock.Add(2 * time.Second)
	if _, err := b.claim("b", nil); err != nil {
		t.Errorf("the lease has run out: %v", err)
	}
}

func aLeaseRunsOutThoughClocksGoBack(t *testing.T, b *bundle) {
	first, err := b.claim("a", nil)
	b.must(err)
	b.clock = b.clock.Add(-24 * time.Hour)
	var busy *store.BusyError
	if _, err := b.claim("b", nil); !errors.As(err, &busy) {
		t.Fatalf("got %v", err)
	}
	b.clock = b.clock.Add(store.Lease - time.Second)
	b.must(first.Renew(t.Context())) // it lives
	if _, err := b.claim("b", nil); !errors.As(err, &busy) {
		t.Fatalf("got %v", err)
	}
	b.clock = b.clock.Add(store.Lease)
	if _, err := b.claim("b", nil); err != nil {
		t.Errorf("nothing was heard of the holder for a minute: %v", err)
	}
}

func windowsDoNotOverlap(t *testing.T, b *bundle) {
	r, showers := b.start(), b.table("showers")
	closed := func(from, to, rows int64) {
		t.Helper()
		b.must(r.Closed(t.Context(), showers, store.Window{From: from, To: to, Rows: rows, ReadAt: b.clock}))
	}
	want := func(want ...[3]int64) {
		t.Helper()
		reading, err := b.s.Reading(t.Context(), showers)
		b.must(err)
		var got [][3]int64
		for _, w := range reading.Windows {
			got = append(got, [3]int64{w.From, w.To, w.Rows})
			if !w.ReadAt.Equal(b.clock) {
				t.Errorf("read at %s", w.ReadAt)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("windows (-want +got):\n%s", d)
		}
	}
	closed(100, 199, 1)
	closed(200, 299, 2)
	closed(300, 399, 3)
	want([3]int64{100, 199, 1}, [3]int64{200, 299, 2}, [3]int64{300, 399, 3})
	closed(150, 349, 4) // cuts two, replaces one
	want([3]int64{100, 149, 1}, [3]int64{150, 349, 4}, [3]int64{350, 399, 3})
	closed(100, 399, 5)
	want([3]int64{100, 399, 5})
	closed(200, 210, 6) // what lies behind it is open again
	want([3]int64{100, 199, 5}, [3]int64{200, 210, 6})
	if reading, err := b.s.Reading(t.Context(), b.table("plants")); err != nil || len(reading.Windows) > 0 {
		t.Errorf("another entity has %v, %v", reading.Windows, err)
	}
}

func positionsAreReadBack(t *testing.T, b *bundle) {
	r, showers := b.start(), b.table("showers")
	at := func(list string, mark int64) store.Position {
		return store.Position{List: list, Mark: mark, ReadAt: b.clock, WholeAt: b.clock.Add(-time.Hour)}
	}
	b.must(r.Reached(t.Context(), showers, at("", 1), at("a", 2)))
	b.must(r.Reached(t.Context(), showers, at("a", 3)))
	reading, err := b.s.Reading(t.Context(), showers)
	b.must(err)
	if d := cmp.Diff(map[string]store.Position{"": at("", 1), "a": at("a", 3)}, reading.Positions); d != "" {
		t.Error(d)
	}
}

// garden has three plants, whose lists of leaves are set aside and applied.
func (b *bundle) garden() (r store.Run, leaves *store.Table) {
	b.Helper()
	b.list("plants", `{"id":1}`, `{"id":2}`, `{"id":3}`)
	r, leaves = b.start(), b.table("leaves")
	for _, parent := range []string{"1", "2", "3"} {
		b.must(r.Stage(b.Context(), leaves, b.rows("leaves", parent, `{"id":1}`, `{"id":2}`), &store.Position{List: parent, Mark: 7, ReadAt: b.clock, WholeAt: b.clock}))
	}
	return r, leaves
}

func aListSetAsideAgainIsReplaced(t *testing.T, b *bundle) {
	_, leaves := b.garden()
	// A later run goes on with what this one left.
	r := b.start()
	reading, err := b.s.Reading(t.Context(), leaves)
	b.must(err)
	if p := reading.Positions["2"]; !p.Staged || p.Mark != 7 || len(reading.Positions) != 3 {
		t.Errorf("set aside: %+v", reading.Positions)
	}
	b.must(r.Stage(t.Context(), leaves, b.rows("leaves", "2", `{"id":2}`), &store.Position{List: "2", Mark: 8, ReadAt: b.clock, WholeAt: b.clock}))
	// Without a position rows are added: a list that moved is read twice.
	b.must(r.Stage(t.Context(), leaves, b.rows("leaves", "3", `{"id":3}`), nil))
	c, err := r.Apply(t.Context(), leaves, store.Scope{Parents: []string{"1", "2", "3"}})
	b.must(err)
	b.wantChange(c, store.Change{New: 6})
	b.want("select plant_id, id from leaves order by 1, 2", "1|1", "1|2", "2|2", "3|1", "3|2", "3|3")
	b.want("select list, mark, staged from positions order by 1", "1|7|0", "2|8|0", "3|7|0")
}

func discardForgetsWhatWasSetAside(t *testing.T, b *bundle) {
	r, leaves := b.garden()
	b.must(r.Discard(t.Context(), leaves))
	b.want("select count(*) from positions", "0")
	c, err := r.Apply(t.Context(), leaves, store.Scope{All: true})
	b.must(err)
	b.wantChange(c, store.Change{})
	// A position that was live stays.
	b.must(r.Reached(t.Context(), leaves, store.Position{List: "1", ReadAt: b.clock, WholeAt: b.clock}))
	b.must(r.Discard(t.Context(), leaves))
	b.want("select count(*) from positions", "1")
}

func orphansHaveNoLiveParent(t *testing.T, b *bundle) {
	r, leaves := b.garden()
	_, err := r.Apply(t.Context(), leaves, store.Scope{All: true})
	b.must(err)
	none, err := b.s.Orphans(t.Context(), leaves, b.table("plants"))
	b.must(err)
	b.list("plants", `{"id":2}`)
	two, err := b.s.Orphans(t.Context(), leaves, b.table("plants"))
	b.must(err)
	if d := cmp.Diff([][]string{nil, {"1", "3"}}, [][]string{none, two}); d != "" {
		t.Error(d)
	}
}

func attributionMakesNoVersion(t *testing.T, b *bundle) {
	r, showers := b.start(), b.table("showers")
	_, err := r.Write(t.Context(), showers, b.rows("showers", "", `{"id":"a","created":5}`, `{"id":"b","created":6}`))
	b.must(err)
	// The other list says less of the record; that is no news of it.
	c, err := r.Attribute(t.Context(), showers, "12", b.rows("showers", "", `{"id":"b"}`, `{"id":"c","created":7}`))
	b.must(err)
	b.wantChange(c, store.Change{New: 1, Same: 1})
	b.want("select id, created, gardener from showers order by id", "a|5|<nil>", "b|6|12", "c|7|12")
	b.want("select count(*) from showers_history", "0")
	// Nor does a walk of the entity's own list take it away.
	_, err = r.Write(t.Context(), showers, b.rows("showers", "", `{"id":"b","created":66}`))
	b.must(err)
	b.want("select created, gardener from showers where id = 'b'", "66|12")
}

func unattributedRowsAreThoseOfNoOne(t *testing.T, b *bundle) {
	showers := b.table("showers")
	want := func(since time.Time, want ...int64) {
		t.Helper()
		n, from, to, err := b.s.Unattributed(t.Context(), showers, since)
		b.must(err)
		if d := cmp.Diff(want, []int64{n, from, to}); d != "" {
			t.Errorf("since %s (-want +got):\n%s", since, d)
		}
	}
	want(time.Time{}, 0, 0, 0)
	r := b.start()
	_, err := r.Write(t.Context(), showers, b.rows("showers", "", `{"id":"a","created":5}`, `{"id":"b","created":9}`, `{"id":"c","created":6,"cloud":1}`, `{"id":"d"}`))
	b.must(err)
	want(time.Time{}, 2, 5, 9)
	first := b.clock.Add(time.Minute)
	b.clock = b.clock.Add(time.Hour)
	_, err = r.Write(t.Context(), showers, b.rows("showers", "", `{"id":"a","created":50}`, `{"id":"e","created":8}`))
	b.must(err)
	want(first, 1, 8, 8) // a changed, but was seen before
	_, err = r.Attribute(t.Context(), showers, "1", b.rows("showers", "", `{"id":"e"}`))
	b.must(err)
	want(first, 0, 0, 0)
}
