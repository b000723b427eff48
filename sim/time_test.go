package sim

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestSameSeedSameWorkspaceAndAnotherSeedAnother(t *testing.T) {
	a, b := newWorld(t), newWorld(t)
	// Time in one jump and in many must lead to the same.
	a.Advance(5 * 24 * time.Hour)
	for range 40 {
		b.Advance(3 * time.Hour)
	}
	one, two := a.dump(), b.dump()
	if one != two {
		t.Error("the same seed gave two workspaces")
	}
	c := newWorld(t, func(o *Options) { o.Seed = 8 })
	c.Advance(5 * 24 * time.Hour)
	if c.dump() == one {
		t.Error("another seed gave the same workspace")
	}
}

// TestADayChangesSomethingOfEachKind is what the demo shows.
func TestADayChangesSomethingOfEachKind(t *testing.T) {
	for _, hours := range []time.Duration{0, 5, 11, 19, 23} {
		w := newWorld(t, func(o *Options) { o.Start = start.Add(hours * time.Hour) })
		before := records(t, w)
		w.Advance(24 * time.Hour)
		after := records(t, w)
		added, gone, changed := map[string]int{}, 0, map[string]int{}
		for k, v := range after {
			entity, _, _ := strings.Cut(k, " ")
			if was, there := before[k]; !there {
				added[entity]++
			} else if was != v {
				changed[entity]++
			}
		}
		for k := range before {
			if _, there := after[k]; !there && !strings.HasPrefix(k, "activities") {
				gone++
			}
		}
		if added["messages"] < 10 || added["activities"] < 10 || added["campaigns"] != 1 || added["newsletters"] != 1 || gone == 0 {
			t.Errorf("from %d h: added %v, gone %d", hours, added, gone)
		}
		for _, entity := range []string{"campaigns", "campaign_actions", "segments", "snippets", "newsletters", "messages", "collections", "transactional_messages"} {
			if changed[entity] == 0 {
				t.Errorf("from %d h: no change among %s", hours, entity)
			}
		}
	}
}

// records is everything by entity and key.
func records(t *testing.T, w *world) map[string]string {
	m := map[string]string{}
	for _, entity := range mirrored {
		for r := range w.Records(entity) {
			var k struct {
				ID   json.RawMessage
				Name string
			}
			if err := json.Unmarshal(r, &k); err != nil {
				t.Fatalf("%s: %v: %s", entity, err, r)
			}
			key := string(k.ID)
			if key == "" {
				key = k.Name
			}
			m[entity+" "+key] = string(r)
		}
	}
	return m
}

func TestAMonthLeavesTheWorkspaceWhole(t *testing.T) {
	w := newWorld(t)
	w.Advance(90 * 24 * time.Hour)
	for _, c := range w.tables["campaigns"].rows {
		var list []struct{ ID int64 }
		if err := json.Unmarshal(c.o.get("actions"), &list); err != nil {
			t.Fatal(err)
		}
		if n := len(w.tables["campaign_actions"].of(c.id)); n != len(list) || n == 0 {
			t.Errorf("campaign %d lists %d actions and has %d", c.id, len(list), n)
		}
	}
	if n := len(w.tables["campaigns"].rows); n < 12 || n > 120 {
		t.Errorf("%d campaigns after three months", n)
	}
}

func TestDeleteIsSeenByEveryList(t *testing.T) {
	w := newWorld(t)
	c := w.tables["campaigns"].rows[0]
	first := items(t, w.object("/v1/messages"), "messages")[0]["id"].(string)
	for _, d := range [][3]string{{"campaigns", "", id(c.id)}, {"messages", "", first}, {"snippets", "", "footer"}} {
		if err := w.Delete(d[0], d[1], d[2]); err != nil {
			t.Fatal(err)
		}
		if err := w.Delete(d[0], d[1], d[2]); err == nil {
			t.Errorf("%v was deleted twice", d)
		}
	}
	w.get("/v1/campaigns/"+id(c.id)+"/actions").want(t, 404)
	w.get("/v1/messages/"+first).want(t, 404)
	if n := len(w.walk("/v1/messages?limit=999", "messages")); n != 3999 {
		t.Errorf("%d deliveries, want 3999", n)
	}
	w.Advance(48 * time.Hour)
	for _, m := range w.walk("/v1/messages?limit=1000", "messages") {
		if m["campaign_id"] != nil && num(t, m["campaign_id"]) == c.id && num(t, m["created"]) > start.Unix() {
			t.Fatal("a deleted campaign still sends")
		}
	}
	if err := w.Delete("pigeons", "", "1"); err == nil {
		t.Error("pigeons were deleted")
	}
}

// TestReadingChangesNothing deletes what sends in the middle of a day whose
// activities one of two workspaces was asked for before.
func TestReadingChangesNothing(t *testing.T) {
	a, b := newWorld(t), newWorld(t)
	for i, w := range []*world{a, b} {
		w.Advance(time.Hour)
		if i == 0 {
			w.dump()
		}
		for _, entity := range []string{"campaigns", "newsletters"} {
			for _, r := range slices.Clone(w.tables[entity].rows) {
				if err := w.Delete(entity, "", id(r.id)); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.Advance(49 * time.Hour)
	}
	if a.dump() != b.dump() {
		t.Error("a workspace that was read differs from one that was not")
	}
}

func TestTheClockFollowsNowAndAdvance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{Start: start, Now: time.Now, Latency: 3 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{t: t, Sim: s, http: httpClient(s)}
		w.get("/v1/campaigns").want(t, 200)
		if got := s.Now(); !got.Equal(start.Add(3 * time.Second)) {
			t.Errorf("after a slow answer it is %s", got)
		}
		s.Advance(time.Hour)
		s.Advance(-time.Hour)
		if got := s.Now(); !got.Equal(start.Add(time.Hour + 3*time.Second)) {
			t.Errorf("after an hour it is %s", got)
		}
	})
}

// TestManyCallersAtOnce is for the race detector: readers, writers and the clock
// together must leave what one caller would have found.
func TestManyCallersAtOnce(t *testing.T) {
	w := newWorld(t)
	var g sync.WaitGroup
	for i := range 4 {
		g.Go(func() {
			for k := range 15 {
				switch (i + k) % 5 {
				case 0:
					w.get("/v1/messages?limit=200")
				case 1:
					w.get("/v1/activities?limit=50")
				case 2:
					w.do("POST", "/v1/send/email", `{`+email+`,"transactional_message_id":1}`).want(t, 200)
				case 3:
					w.Advance(time.Hour)
				case 4:
					w.get("/v1/workspaces")
					for range w.Records("messages") {
						break
					}
				}
			}
		})
	}
	g.Wait()
	if got := w.Now(); !got.Equal(start.Add(12 * time.Hour)) {
		t.Errorf("the clock says %s", got)
	}
	if n := w.Requests()["POST /v1/send/email"]; n != 12 {
		t.Errorf("%d sends were counted, want 12", n)
	}
	if n := len(w.sent); n != 12 {
		t.Errorf("%d sends were kept, want 12", n)
	}
}

func TestAdminPaths(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/admin/advance?seconds=3600", "").want(t, 200, `{"now":"2026-11-21T08:30:00Z"}`)
	w.do("POST", "/admin/advance?seconds=x", "").want(t, 400)
	w.do("POST", "/admin/delete?entity=snippets&id=footer", "").want(t, 200)
	w.do("POST", "/admin/delete?entity=snippets&id=footer", "").want(t, 404, "there is no record")
	w.get("/v1/snippets").want(t, 200)
	w.get("/v1/nothing")
	w.get("/admin/requests").want(t, 200, `"GET /v1/snippets":1`, `"total":2`, `"unrouted":1`)
	w.get("/admin/nothing").want(t, 404)
}
