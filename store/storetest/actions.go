package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/store"
)

func actions() map[string]func(t *testing.T, b *bundle) {
	return map[string]func(t *testing.T, b *bundle){
		"AnActionIsUnknownUntilItEnds":      anActionIsUnknownUntilItEnds,
		"AnActionEndsOnce":                  anActionEndsOnce,
		"ActionsKeepTheirDistance":          actionsKeepTheirDistance,
		"APutRowIsANewVersion":              aPutRowIsANewVersion,
		"APutRowSurvivesAListReadBefore":    aPutRowSurvivesAListReadBefore,
		"APutRowSurvivesAListSetAside":      aPutRowSurvivesAListSetAside,
		"APutRowYieldsToAListReadAfter":     aPutRowYieldsToAListReadAfter,
		"SyncedIsTheLastCompleteReading":    syncedIsTheLastCompleteReading,
		"APutRowOfAParentStaysInItsOwnList": aPutRowOfAParentStaysInItsOwnList,
		"APutRowIsNotAmongWhatWouldBeLost":  aPutRowIsNotAmongWhatWouldBeLost,
		"APutRowOfAWindowedListShowsAtOnce": aPutRowOfAWindowedListShowsAtOnce,
		"AnActionIsNotedDuringARunToo":      anActionIsNotedDuringARun,
	}
}

func (b *bundle) action(path string, every time.Duration) (int64, error) {
	return b.s.StartAction(b.Context(), store.Action{At: b.clock, Face: "cli", Entity: "plants", Action: "create",
		Method: "POST", Path: path, Body: []byte(`{"name":"[text]"}`), Every: every})
}

func (b *bundle) mustAct(path string) int64 {
	b.Helper()
	id, err := b.action(path, 0)
	if err != nil {
		b.Fatal(err)
	}
	return id
}

func (b *bundle) put(table, parent, record string) store.Change {
	b.Helper()
	c, err := b.s.Put(b.Context(), b.table(table), b.rows(table, parent, record)[0])
	if err != nil {
		b.Fatal(err)
	}
	return c
}

const allActions = "select id, at, face, entity, action, method, path, body, outcome, finished, status, answer_id, message from actions order by id"

func anActionIsUnknownUntilItEnds(t *testing.T, b *bundle) {
	first, second := b.mustAct("/v1/plants"), b.mustAct("/v1/seeds")
	at := b.clock.UnixMilli()
	b.want(allActions,
		fmt.Sprintf(`%d|%d|cli|plants|create|POST|/v1/plants|{"name":"[text]"}|unknown|<nil>|<nil>|<nil>|<nil>`, first, at),
		fmt.Sprintf(`%d|%d|cli|plants|create|POST|/v1/seeds|{"name":"[text]"}|unknown|<nil>|<nil>|<nil>|<nil>`, second, at))
	if err := b.s.EndAction(t.Context(), second, store.Outcome{At: b.clock.Add(time.Second), Outcome: store.Refused, Status: 422, Message: "no"}); err != nil {
		t.Fatal(err)
	}
	if err := b.s.EndAction(t.Context(), first, store.Outcome{At: b.clock.Add(2 * time.Second), Outcome: store.Done, Status: 200, AnswerID: "RPx"}); err != nil {
		t.Fatal(err)
	}
	b.want("select outcome, finished, status, answer_id, message from actions order by id",
		fmt.Sprintf("done|%d|200|RPx|<nil>", at+2000), fmt.Sprintf("refused|%d|422|<nil>|no", at+1000))
}

func anActionEndsOnce(t *testing.T, b *bundle) {
	id := b.mustAct("/v1/plants")
	if err := b.s.EndAction(t.Context(), id+1, store.Outcome{At: b.clock, Outcome: store.Done}); err == nil {
		t.Error("an action that does not exist ended")
	}
	if err := b.s.EndAction(t.Context(), id, store.Outcome{At: b.clock, Outcome: store.Unknown}); err != nil {
		t.Fatal(err)
	}
	before := b.query(b.s, allActions)
	if err := b.s.EndAction(t.Context(), id, store.Outcome{At: b.clock, Outcome: store.Done}); err == nil {
		t.Error("an action ended twice")
	}
	b.want(allActions, before...)
}

func actionsKeepTheirDistance(t *testing.T, b *bundle) {
	const every = 10 * time.Second
	refused := func(after, want time.Duration, path string) {
		t.Helper()
		b.clock = b.clock.Add(after)
		id, err := b.action(path, every)
		soon, ok := errors.AsType[*store.TooSoonError](err)
		switch {
		case want == 0 && err != nil:
			t.Errorf("%s: %v", path, err)
		case want > 0 && (!ok || soon.Wait != want || id != 0):
			t.Errorf("%s: action %d, %v; want a wait of %s", path, id, err, want)
		}
	}
	refused(0, 0, "/v1/a")
	refused(0, 0, "/v1/b")
	refused(9*time.Second, time.Second, "/v1/a")
	refused(time.Second, 0, "/v1/a")
	b.want("select count(*) from actions", "3")

	// It counts from the end of the one before, and not at all if that did not leave.
	end := func(outcome string) {
		t.Helper()
		id := b.mustAct("/v1/c")
		b.clock = b.clock.Add(4 * time.Second)
		if err := b.s.EndAction(t.Context(), id, store.Outcome{At: b.clock, Outcome: outcome}); err != nil {
			t.Fatal(err)
		}
	}
	end(store.Unsent)
	refused(0, 0, "/v1/c")
	b.clock = b.clock.Add(time.Minute)
	end(store.Refused)
	refused(7*time.Second, 3*time.Second, "/v1/c")

	// Of two at once the one that is noted second may have looked at its clock first.
	refused(0, 0, "/v1/d")
	refused(-time.Millisecond, every, "/v1/d")

	// What lies far in the future was noted by a clock that was set back since.
	refused(-time.Hour, 0, "/v1/c")
}

func aPutRowIsANewVersion(_ *testing.T, b *bundle) {
	b.list("plants", `{"id":1,"name":"fern"}`)
	b.clock = b.clock.Add(time.Hour)
	b.wantChange(b.put("plants", "", `{"id":1,"name":"moss","hue":"green"}`), store.Change{Changed: 1})
	b.wantChange(b.put("plants", "", `{"id":2,"name":"ivy"}`), store.Change{New: 1})
	b.wantChange(b.put("plants", "", `{"id":2,"name":"ivy"}`), store.Change{Same: 1})
	b.want("select id, name, extra, _run from plants order by id", `1|moss|{"hue":"green"}|0`, "2|ivy|<nil>|0")
	b.want("select id, name, _change from plants_history", "1|fern|changed")
	b.wantChange(b.list("plants", `{"id":1,"name":"moss","hue":"green"}`, `{"id":2,"name":"ivy"}`), store.Change{Same: 2})
}

// A page is read, then a row is put, then the page is staged.
func aPutRowSurvivesAListReadBefore(t *testing.T, b *bundle) {
	b.list("plants", `{"id":1,"name":"fern"}`, `{"id":2,"name":"ivy"}`)
	for _, early := range []bool{true, false} { // the put comes before the page is staged, or after
		r := b.start()
		plants := b.table("plants")
		write := func() {
			b.put("plants", "", fmt.Sprintf(`{"id":1,"name":"moss %t"}`, early))
			b.put("plants", "", `{"id":3,"name":"new"}`)
		}
		if early {
			write()
		}
		if err := r.Stage(t.Context(), plants, b.rows("plants", "", `{"id":1,"name":"fern"}`, `{"id":2,"name":"oak"}`, `{"id":4,"name":"elm"}`), nil); err != nil {
			t.Fatal(err)
		}
		if !early {
			write()
			b.put("plants", "", `{"id":4,"name":"elm"}`)
		}
		if _, err := r.Apply(t.Context(), plants, store.Scope{All: true}); err != nil {
			t.Fatal(err)
		}
		if err := r.Finish(t.Context(), store.Complete, nil); err != nil {
			t.Fatal(err)
		}
		b.want("select id, name from plants order by id", fmt.Sprintf("1|moss %t", early), "2|oak", "3|new", "4|elm")
	}
}

// A list that was read to its end waits for the next run, and meanwhile rows are put.
func aPutRowSurvivesAListSetAside(t *testing.T, b *bundle) {
	leaves := b.table("leaves")
	b.put("leaves", "1", `{"id":1,"colour":"green"}`)
	r := b.start()
	page := b.rows("leaves", "1", `{"id":1,"colour":"green"}`)
	if err := r.Stage(t.Context(), leaves, page, &store.Position{List: "1", ReadAt: b.clock}); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(t.Context(), store.Partial, nil); err != nil {
		t.Fatal(err)
	}
	b.put("leaves", "1", `{"id":1,"colour":"red"}`)
	b.put("leaves", "1", `{"id":2,"colour":"blue"}`)
	r = b.start()
	if _, err := r.Apply(t.Context(), leaves, store.Scope{Parents: []string{"1"}}); err != nil {
		t.Fatal(err)
	}
	b.want("select plant_id, id, colour from leaves order by id", "1|1|red", "1|2|blue")
}

func aPutRowYieldsToAListReadAfter(_ *testing.T, b *bundle) {
	b.list("plants", `{"id":1,"name":"fern"}`)
	b.put("plants", "", `{"id":1,"name":"moss"}`)
	b.put("plants", "", `{"id":2,"name":"ivy"}`)
	b.wantChange(b.list("plants", `{"id":1,"name":"oak"}`), store.Change{Changed: 1, Gone: 1})
	b.want("select id, name from plants", "1|oak")
}

func aPutRowOfAParentStaysInItsOwnList(t *testing.T, b *bundle) {
	leaves := b.table("leaves")
	r := b.start()
	b.put("leaves", "1", `{"id":1,"colour":"red"}`)
	for parent, record := range map[string]string{"1": `{"id":1,"colour":"old"}`, "2": `{"id":5,"colour":"green"}`} {
		if err := r.Stage(t.Context(), leaves, b.rows("leaves", parent, record), &store.Position{List: parent, ReadAt: b.clock}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Apply(t.Context(), leaves, store.Scope{Parents: []string{"1", "2"}}); err != nil {
		t.Fatal(err)
	}
	b.want("select plant_id, id, colour from leaves order by plant_id", "1|1|red", "2|5|green")
}

func aPutRowIsNotAmongWhatWouldBeLost(t *testing.T, b *bundle) {
	r := b.start()
	b.put("plants", "", `{"id":3,"name":"new"}`)
	lost, err := r.Unseen(t.Context(), b.table("plants"), store.Scope{All: true})
	if err != nil || len(lost) > 0 {
		t.Errorf("lost are %v, %v", lost, err)
	}
}

func aPutRowOfAWindowedListShowsAtOnce(_ *testing.T, b *bundle) {
	b.wantChange(b.put("showers", "", `{"id":"a","created":5,"note":"cats and dogs"}`), store.Change{New: 1})
	b.want("select id, note from showers", "a|cats and dogs")
}

func syncedIsTheLastCompleteReading(t *testing.T, b *bundle) {
	synced := func(want time.Time) {
		t.Helper()
		got, err := b.s.Synced(t.Context(), "plants")
		if err != nil || !got.Truncate(time.Second).Equal(want) {
			t.Errorf("synced %s, %v; want %s", got, err, want)
		}
	}
	synced(time.Time{})
	var complete time.Time
	for _, status := range []string{store.Failed, store.Complete, store.Partial} {
		r := b.start()
		if err := r.Report(t.Context(), store.EntityReport{Entity: "plants", Status: status}); err != nil {
			t.Fatal(err)
		}
		if status == store.Complete {
			complete = b.clock
		}
		synced(complete)
		if err := r.Finish(t.Context(), status, nil); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[time.Time]bool{complete.Add(-time.Second): false, complete.Add(time.Second): true} {
		got, err := b.s.SyncedBy(t.Context(), "plants", at)
		if err != nil || got.IsZero() == want {
			t.Errorf("by %s it was synced %s, %v; the complete reading was %s", at, got, err, complete)
		}
	}
}

func anActionIsNotedDuringARun(t *testing.T, b *bundle) {
	r := b.start()
	id := b.mustAct("/v1/plants")
	if _, err := r.Write(t.Context(), b.table("showers"), b.rows("showers", "", `{"id":"a","created":5}`)); err != nil {
		t.Fatal(err)
	}
	if err := b.s.EndAction(t.Context(), id, store.Outcome{At: b.clock, Outcome: store.Done, Status: 200}); err != nil {
		t.Fatal(err)
	}
	if err := r.Finish(t.Context(), store.Complete, nil); err != nil {
		t.Fatal(err)
	}
	lines, err := linesOf(b.s.Rows(t.Context(), sq.Expr("select outcome from actions")))
	if err != nil || len(lines) != 1 || lines[0] != "done" {
		t.Errorf("%v, %v", lines, err)
	}
}
