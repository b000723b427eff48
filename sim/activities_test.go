package sim

import (
	"fmt"
	"sort"
	"strings"
	"testing"
	"time"
)

func TestActivitiesComeNewestFirstWithULIDs(t *testing.T) {
	w := newWorld(t)
	all := w.walk("/v1/activities?limit=100", "activities")
	if !sort.SliceIsSorted(all, func(i, j int) bool { return num(t, all[i]["timestamp"]) > num(t, all[j]["timestamp"]) }) {
		t.Error("not newest first")
	}
	seen := map[any]bool{}
	for _, a := range all {
		text := a["id"].(string)
		ms := int64(0)
		for _, ch := range text[:10] {
			ms = ms<<5 | int64(strings.IndexRune(crockford, ch))
		}
		if len(text) != 26 || ms != num(t, a["timestamp"])*1000 {
			t.Fatalf("id %s says %d, timestamp %v", text, ms, a["timestamp"])
		}
		if seen[text] {
			t.Fatalf("%s came twice", text)
		}
		seen[text] = true
	}
	w.o.OldestFirst = true
	turned := w.walk("/v1/activities?limit=100", "activities")
	if len(turned) != len(all) || turned[0]["id"] != all[len(all)-1]["id"] {
		t.Error("OldestFirst does not turn the order round")
	}
}

func TestActivitiesAgeOutAfterThirtyDays(t *testing.T) {
	w := newWorld(t)
	horizon := func() int64 { return w.Now().Unix() - 30*86400 }
	for range 3 {
		all := w.walk("/v1/activities?limit=100", "activities")
		if last := num(t, all[len(all)-1]["timestamp"]); last < horizon() || last > horizon()+2*86400 {
			t.Errorf("the oldest is %d s from the horizon", last-horizon())
		}
		w.Advance(11 * 24 * time.Hour)
	}
}

// TestEveryLateOpenIsAnActivity guards the signal by which a mirror may learn that
// an old delivery changed.
func TestEveryLateOpenIsAnActivity(t *testing.T) {
	w := newWorld(t)
	w.Advance(49 * time.Hour)
	told := map[string]bool{}
	for _, a := range w.walk("/v1/activities?limit=100", "activities") {
		if d, _ := a["delivery_id"].(string); d != "" {
			told[fmt.Sprintf("%s %s %v", d, strings.Split(a["type"].(string), "_")[0], a["timestamp"])] = true
		}
	}
	since, opens := w.Now().Unix()-30*86400, 0
	for _, m := range w.walk("/v1/messages?limit=1000", "messages") {
		for _, name := range []string{"opened", "clicked", "converted"} {
			at, there := m["metrics"].(map[string]any)[name]
			if !there || num(t, at) < since {
				continue
			}
			opens++
			if !told[fmt.Sprintf("%s %s %v", m["id"], name, at)] {
				t.Fatalf("%v was %s at %v, and no activity says so", m["id"], name, at)
			}
		}
	}
	if opens < 100 {
		t.Errorf("only %d opens", opens)
	}
}

func TestDeletedPeopleHaveTheirOwnActivities(t *testing.T) {
	w := newWorld(t)
	live, dead := w.walk("/v1/activities?limit=100", "activities"), w.walk("/v1/activities?limit=100&deleted=true", "activities")
	if len(dead) == 0 || len(live)+len(dead) != len(strings.Split(strings.TrimSpace(w.get("/admin/records?entity=activities").raw), "\n")) {
		t.Errorf("%d live and %d dead", len(live), len(dead))
	}
	who := fmt.Sprint(live[0]["customer_id"])
	mine := w.walk("/v1/activities?customer_id="+who, "activities")
	if len(mine) == 0 || len(mine) == len(live) {
		t.Errorf("%d activities of person %s", len(mine), who)
	}
	if got := w.walk("/v1/activities?type=page&limit=100", "activities"); len(got) == 0 || len(got) == len(live) {
		t.Errorf("%d page views", len(got))
	}
}

func TestBackdatedActivitiesArriveLate(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Size = Medium })
	seen, late := map[any]bool{}, 0
	newest := int64(0)
	for range 20 {
		part := items(t, w.object("/v1/activities?limit=100"), "activities")
		last := newest
		for _, a := range part {
			if at := num(t, a["timestamp"]); !seen[a["id"]] && len(seen) > 0 && at < last {
				late++
			}
			seen[a["id"]] = true
			newest = max(newest, num(t, a["timestamp"]))
		}
		w.Advance(20 * time.Minute)
	}
	if late == 0 {
		t.Error("no activity arrived behind a newer one")
	}
}
