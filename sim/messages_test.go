package sim

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

func num(t testing.TB, v any) int64 {
	t.Helper()
	n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64)
	if err != nil {
		t.Fatalf("%v is no number", v)
	}
	return n
}

func TestWindowBoundsAreInclusive(t *testing.T) {
	w := newWorld(t)
	all := w.walk("/v1/messages?limit=1000", "messages")
	at := num(t, all[1000]["created"])
	next := num(t, all[999]["created"])
	same := 0
	for _, m := range all {
		if num(t, m["created"]) == at {
			same++
		}
	}
	count := func(from, to int64) int {
		return len(w.walk(fmt.Sprintf("/v1/messages?start_ts=%d&end_ts=%d", from, to), "messages"))
	}
	if n := count(at, at); n != same {
		t.Errorf("[at, at] has %d deliveries, want %d", n, same)
	}
	if n := count(at, next); n <= same {
		t.Errorf("[at, next] has %d deliveries, want more than %d", n, same)
	}
	if n := count(at+1, next-1); n != 0 && next > at+1 {
		t.Errorf("between two deliveries there are %d", n)
	}
	if n := count(at, at-1); n != 0 {
		t.Errorf("an empty window has %d", n)
	}
	// Adjacent windows neither lose nor repeat.
	if n := count(0+start.Unix()-180*86400, at) + count(at+1, start.Unix()); n != len(all) {
		t.Errorf("two windows have %d together, want %d", n, len(all))
	}
	w.get("/v1/messages?start_ts=yesterday").want(t, 400)
}

func TestWiderWindowsAreNarrowedInSilence(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Days = 500 })
	oldest := func(path string) int64 {
		all := w.walk(path, "messages")
		return num(t, all[len(all)-1]["created"])
	}
	six := start.AddDate(0, -6, 0).Unix()
	for _, query := range []string{"", "&start_ts=0", fmt.Sprintf("&end_ts=%d", start.Unix()), fmt.Sprintf("&start_ts=0&end_ts=%d", start.Unix())} {
		if at := oldest("/v1/messages?limit=1000" + query); at < six || at > six+3*86400 {
			t.Errorf("%q reaches back to %s, want about %s", query, time.Unix(at, 0).UTC(), time.Unix(six, 0).UTC())
		}
	}
	year := start.AddDate(-1, 0, 0).Unix()
	c := w.tables["campaigns"].named("Welcome series")
	if at := oldest("/v1/campaigns/" + id(c.id) + "/messages?limit=1000"); at < year || at > year+20*86400 {
		t.Errorf("under a campaign the list reaches back to %s", time.Unix(at, 0).UTC())
	}
	old := fmt.Sprintf("/v1/messages?limit=1000&start_ts=%d&end_ts=%d", start.AddDate(0, 0, -400).Unix(), start.AddDate(0, 0, -390).Unix())
	if len(w.walk(old, "messages")) == 0 {
		t.Error("an explicit old window is empty")
	}
}

func TestDeliveryIDsCarryTheirCreationTime(t *testing.T) {
	w := newWorld(t)
	for _, m := range items(t, w.object("/v1/messages?limit=200"), "messages") {
		text := m["id"].(string)
		raw, err := base64.URLEncoding.DecodeString(text)
		if err != nil || len(raw) != 26 || len(text) != 36 || !strings.HasSuffix(text, "=") {
			t.Fatalf("id %q: %v", text, err)
		}
		ms := int64(binary.BigEndian.Uint64(append([]byte{0, 0}, raw[10:16]...)))
		if ms/1000 != num(t, m["created"]) {
			t.Fatalf("id %q says %d, created is %v", text, ms, m["created"])
		}
		one := w.object("/v1/messages/" + url.PathEscape(text))["message"].(map[string]any)
		if fmt.Sprint(one) != fmt.Sprint(m) {
			t.Fatalf("get and list differ:\n%v\n%v", one, m)
		}
	}
}

func TestMetricsAppearAsTimePasses(t *testing.T) {
	w := newWorld(t)
	read := func() map[string]map[string]any {
		m := map[string]map[string]any{}
		for _, r := range w.walk(fmt.Sprintf("/v1/messages?limit=1000&start_ts=%d&end_ts=%d", start.Unix()-5*86400, start.Unix()), "messages") {
			m[r["id"].(string)] = r
		}
		return m
	}
	before := read()
	w.Advance(72 * time.Hour)
	after := read()
	if len(before) != len(after) {
		t.Fatalf("a closed window went from %d to %d deliveries", len(before), len(after))
	}
	grown := 0
	for k, was := range before {
		is := after[k]
		wm, im := was["metrics"].(map[string]any), is["metrics"].(map[string]any)
		newest := int64(0)
		for name, at := range im {
			newest = max(newest, num(t, at))
			if old, there := wm[name]; there && old != at {
				t.Errorf("%s: %s moved from %v to %v", k, name, old, at)
			}
		}
		if is["deduplicate_id"] != fmt.Sprintf("%s:%d", k, newest) {
			t.Errorf("deduplicate_id %v, newest metric %d", is["deduplicate_id"], newest)
		}
		if len(im) > len(wm) {
			grown++
		}
		if len(im) < len(wm) {
			t.Errorf("%s lost metrics", k)
		}
	}
	if grown < 3 {
		t.Errorf("only %d of %d deliveries changed in three days", grown, len(before))
	}
}

func TestEveryReferenceOfADeliveryExists(t *testing.T) {
	w := newWorld(t)
	w.Advance(26 * time.Hour) // a newsletter has gone out
	ids := func(entity string) map[string]bool {
		m := map[string]bool{}
		for r := range w.Records(entity) {
			var o struct{ ID json.RawMessage }
			if err := json.Unmarshal(r, &o); err != nil {
				t.Fatal(err)
			}
			m[strings.Trim(string(o.ID), `"`)] = true
		}
		return m
	}
	known := map[string]map[string]bool{"campaign_id": ids("campaigns"), "newsletter_id": ids("newsletters"), "broadcast_id": ids("broadcasts"),
		"content_id": ids("newsletter_contents"), "action_id": ids("campaign_actions")}
	for k := range ids("broadcast_actions") {
		known["action_id"][k] = true
	}
	delivered, parents, recent := 0, map[string]int{}, 0
	messages := w.walk("/v1/messages?limit=1000", "messages")
	for _, m := range messages {
		set := 0
		for key, in := range known {
			if m[key] == nil {
				continue
			}
			if !in[fmt.Sprint(m[key])] {
				t.Fatalf("%s %v does not exist", key, m[key])
			}
			parents[key]++
			if key == "campaign_id" || key == "newsletter_id" || key == "broadcast_id" {
				set++
			}
		}
		if set > 1 {
			t.Fatalf("%v has several parents", m["id"])
		}
		if set == 0 {
			parents["none"]++
		}
		if m["newsletter_id"] != nil && num(t, m["created"]) > start.Unix() {
			recent++
		}
		if m["metrics"].(map[string]any)["sent"] != nil && m["metrics"].(map[string]any)["bounced"] == nil {
			delivered++
		}
	}
	t.Logf("parents %v, %d new newsletter deliveries", parents, recent)
	for _, key := range []string{"campaign_id", "newsletter_id", "broadcast_id", "content_id", "action_id", "none"} {
		if parents[key] == 0 {
			t.Errorf("no delivery has %s", key)
		}
	}
	if recent == 0 {
		t.Error("the newsletter of the day has no deliveries")
	}
	if share := float64(delivered) / float64(len(messages)); share < 0.94 || share > 0.99 {
		t.Errorf("%.3f of the deliveries were sent", share)
	}
	for _, a := range w.walk("/v1/activities?limit=100", "activities") {
		if d := a["delivery_id"]; d != nil {
			w.get("/v1/messages/"+url.PathEscape(d.(string))).want(t, 200)
		}
	}
}

func TestFiltersChangeTheAnswer(t *testing.T) {
	w := newWorld(t)
	c, n := w.tables["campaigns"].rows[0].id, w.tables["newsletters"].rows[0].id
	all := len(w.walk("/v1/messages?limit=1000", "messages"))
	for query, holds := range map[string]func(m map[string]any) bool{
		"campaign_id=" + id(c):   func(m map[string]any) bool { return fmt.Sprint(m["campaign_id"]) == id(c) },
		"newsletter_id=" + id(n): func(m map[string]any) bool { return fmt.Sprint(m["newsletter_id"]) == id(n) },
		"type=push":              func(m map[string]any) bool { return m["type"] == "push" },
		"metric=clicked":         func(m map[string]any) bool { return m["metrics"].(map[string]any)["clicked"] != nil },
		"drafts=true":            func(m map[string]any) bool { return m["metrics"].(map[string]any)["drafted"] != nil },
	} {
		got := w.walk("/v1/messages?limit=100&"+query, "messages")
		if len(got) == 0 || len(got) == all {
			t.Errorf("%s: %d of %d", query, len(got), all)
		}
		for _, m := range got {
			if !holds(m) {
				t.Fatalf("%s gave %v", query, m)
			}
		}
	}
	w.get("/v1/messages?type=pigeon").want(t, 400)
	w.get("/v1/messages?campaign_id=x").want(t, 400)
	if plain, tracked := w.get("/v1/messages").raw, w.get("/v1/messages?get_tracked_responses=true").raw; strings.Contains(plain, "tracked_responses") || !strings.Contains(tracked, `"tracked_responses":{`) {
		t.Error("get_tracked_responses changes nothing")
	}
}

func TestTransactionalDeliveriesAreKnownOnlyByTheirTemplate(t *testing.T) {
	w := newWorld(t)
	tm := w.tables["transactional_messages"].rows[0].id
	all := w.walk("/v1/transactional/"+id(tm)+"/messages?limit=1000", "messages")
	if len(all) == 0 {
		t.Fatal("there are none")
	}
	for _, m := range all {
		if m["identifiers"] == nil || m["customer_identifiers"] != nil || m["campaign_id"] != nil || m["transactional_id"] != nil {
			t.Fatalf("got %v", m)
		}
	}
	w.get("/v1/messages/"+url.PathEscape(all[0]["id"].(string))).want(t, 200, `"customer_identifiers":{`)
}

func TestArchivedMessagesHaveADailyQuota(t *testing.T) {
	w := newWorld(t)
	path := "/v1/messages/" + url.PathEscape(items(t, w.object("/v1/messages"), "messages")[0]["id"].(string)) + "/archived_message"
	for i := range 100 {
		a := w.get(path)
		a.want(t, 200, `{"archived_message":{`)
		if got := a.header.Get("X-RateLimit-Remaining"); got != strconv.Itoa(99-i) {
			t.Fatalf("remaining %s after %d", got, i+1)
		}
	}
	a := w.get(path)
	a.want(t, 429, "100 request(s) per day")
	if a.header.Get("Retry-After") != "" {
		t.Error("the daily 429 says when to come back")
	}
	w.Advance(24 * time.Hour)
	w.get(path).want(t, 200)
}
