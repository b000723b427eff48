package main

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"ciomirror/store"
)

// fail is a first run of some campaigns that did not come to its end.
func (h *history) fail(status string) {
	h.Helper()
	h.write("campaigns", `{"id":1,"name":"Of a run that failed"}`)
	run, err := h.m.StartRun(h.Context(), store.Claim{Mode: store.All})
	if err != nil {
		h.Fatal(err)
	}
	if err := run.Report(h.Context(), store.EntityReport{Entity: "campaigns", Status: status, Requests: 1, Rows: 1}); err != nil {
		h.Fatal(err)
	}
	if err := run.Finish(h.Context(), status, errors.New("the network went away")); err != nil {
		h.Fatal(err)
	}
}

// What a run found that did not come to its end is nothing to compare with: the rest
// of the workspace would look new.
func TestAFailedFirstRunIsNoBeginning(t *testing.T) {
	for _, status := range []string{store.Failed, store.Partial} {
		v := &visitor{history: newHistory(t, 1)}
		v.h, _ = v.pageOf(v.open, nil)
		v.fail(status)
		v.sim.Advance(time.Minute)
		v.see("/diff?from=7d", "does not reach back")
		v.sim.Advance(time.Hour)
		v.sync(t.Context(), "campaigns")
		v.sim.Advance(time.Hour)
		v.write("campaigns", `{"id":90,"name":"Written later"}`)
		root := v.see("/diff?from=7d", "does not reach back", "Written later")
		if !strings.Contains(textOf(root), "campaigns +1 ") {
			t.Errorf("after a %s run more than one campaign is new: %s", status, textOf(root))
		}
	}
}

// A table that was first read later than others is compared with what it was then.
func TestATableBeginsWithItsOwnFirstReading(t *testing.T) {
	v := &visitor{history: newHistory(t, 1)}
	v.h, _ = v.pageOf(v.open, nil)
	v.sync(t.Context(), "segments")
	v.sim.Advance(time.Hour)
	v.sync(t.Context(), "campaigns")
	v.sim.Advance(time.Minute)
	if text := textOf(v.see("/diff?from=90m&to=now")); !strings.Contains(text, "No differences") {
		t.Errorf("a first reading is a change: %s", text)
	}
	v.sim.Advance(time.Hour)
	v.write("campaigns", `{"id":90,"name":"Written later"}`)
	root := v.see("/diff?from=150m&to=now", "Written later", "first read as a whole")
	if names := v.column("select name from campaigns where id < 90 limit 1"); slices.ContainsFunc(names, func(n string) bool { return strings.Contains(textOf(root), n) }) {
		t.Errorf("what the first reading found is told as new: %s", textOf(root))
	}
}

// Home counts as a change what the Changes view shows: not what a table is first read
// with.
func TestHomeCountsWhatTheChangesViewShows(t *testing.T) {
	v := &visitor{history: newHistory(t, 1)}
	v.h, _ = v.pageOf(v.open, nil)
	v.fail(store.Failed)
	v.sim.Advance(time.Minute)
	v.sync(t.Context(), "segments")
	v.sim.Advance(time.Hour)
	v.sync(t.Context(), "campaigns")
	v.sim.Advance(time.Minute)
	home := v.see("/", "no change in 24 h", "The syncs found no change")
	if i := slices.IndexFunc(textsOf(home, "span"), func(s string) bool { return strings.Contains(s, "▁") || strings.Contains(s, "█") }); i >= 0 {
		t.Errorf("a first reading is drawn as a change: %s", textsOf(home, "span")[i])
	}
	v.sim.Delete("campaigns", "", "1")
	v.sync(t.Context(), "campaigns")
	home = v.see("/", "1 new, changed or gone in 24 h")
	if head := textsOf(v.see("/diff?from=24h&to=now&entity=campaigns"), "h2"); !slices.Contains(head, "campaigns −1") || !slices.Contains(textsOf(home, "li"), "campaigns −1") {
		t.Errorf("Home says %q, Changes %q", textsOf(home, "li"), head)
	}
}

// textsOf are those of the elements of a kind.
func textsOf(root *html.Node, kind string) (all []string) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == kind {
			all = append(all, textOf(n))
		}
	}
	return all
}

// What execute did is told on the home page for a day, with what nobody knows of.
func TestHomeTellsWhatWasWrittenFromHere(t *testing.T) {
	v := newVisitor(t, "segments")
	for outcome, times := range map[string]int{store.Done: 1, store.Refused: 2, store.Unknown: 3} {
		for range times {
			id, err := v.m.StartAction(t.Context(), store.Action{At: v.sim.Now(), Face: "mcp", Entity: "messages", Action: "send", Method: http.MethodPost, Path: "/v1/send/email"})
			if err != nil {
				t.Fatal(err)
			}
			if err := v.m.EndAction(t.Context(), id, store.Outcome{At: v.sim.Now(), Outcome: outcome}); err != nil {
				t.Fatal(err)
			}
		}
	}
	home := v.see("/", "Written from here", "messages, send 1 done 3 unknown")
	v.see(linked(home, "messages, send"), "6 rows", "/v1/send/email")
	v.sim.Advance(25 * time.Hour)
	if text := textOf(v.see("/")); strings.Contains(text, "Written from here") {
		t.Errorf("writes of before yesterday are told as those of today: %s", text)
	}
}
