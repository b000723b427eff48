package sim

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestMessageTokenBeyondTheEndRestartsAtPageOne(t *testing.T) {
	w := newWorld(t)
	one := w.get("/v1/messages?limit=1000")
	token := one.decode(t)["next"].(string)
	if raw, _ := base64.StdEncoding.DecodeString(token); string(raw) != "v20:1000" {
		t.Errorf("the token says %q", raw)
	}
	beyond := w.get("/v1/messages?limit=1000&start=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("v20:99999999"))))
	if beyond.raw != one.raw {
		t.Error("a token beyond the end did not lead to page one")
	}
}

func TestMessageWalkSeesEachDeliveryOnceAndEnds(t *testing.T) {
	w := newWorld(t)
	seen := map[any]bool{}
	for _, m := range w.walk("/v1/messages?limit=997", "messages") {
		if seen[m["id"]] {
			t.Fatalf("%v came twice", m["id"])
		}
		seen[m["id"]] = true
	}
	if len(seen) != 4000 {
		t.Errorf("%d deliveries, want 4000", len(seen))
	}
	// A whole number of pages ends without an empty one.
	if next := w.object("/v1/messages?limit=1000&start=" + url.QueryEscape(encodeToken(tokensMessages, 3000)))["next"]; next != "" {
		t.Errorf("the last full page has the token %v", next)
	}
}

func TestNewsletterWalkHandsOutOneMoreTokenAndThenAnEmptyPage(t *testing.T) {
	w := newWorld(t)
	one := w.object("/v1/newsletters?limit=100&sort=asc")
	if n := len(items(t, one, "newsletters")); n != 6 {
		t.Fatalf("%d newsletters", n)
	}
	token := one["next"].(string)
	if token == "" {
		t.Fatal("the exhausted walk has no token")
	}
	if got := w.get("/v1/newsletters?limit=100&sort=asc&start=" + url.QueryEscape(token)).raw; got != `{"newsletters":[],"next":""}` {
		t.Errorf("the extra page is %s", got)
	}
}

func TestSortTurnsNewslettersRound(t *testing.T) {
	w := newWorld(t)
	up, down := w.walk("/v1/newsletters?limit=2&sort=asc", "newsletters"), w.walk("/v1/newsletters?limit=2&sort=desc", "newsletters")
	if len(up) != 6 || fmt.Sprint(up[0]["id"]) != fmt.Sprint(down[5]["id"]) || fmt.Sprint(up[0]["id"]) == fmt.Sprint(down[0]["id"]) {
		t.Errorf("asc %d rows, desc %d rows", len(up), len(down))
	}
	w.get("/v1/newsletters?sort=up").want(t, 400)
}

func TestActionsComeTenAPageWhateverIsAskedFor(t *testing.T) {
	w := newWorld(t)
	c := w.tables["campaigns"].named("Feature adoption tour")
	path := "/v1/campaigns/" + id(c.id) + "/actions"
	one := w.object(path + "?limit=100&unknown=x")
	if n := len(items(t, one, "actions")); n != 10 {
		t.Errorf("%d actions on a page, want 10", n)
	}
	if all := w.walk(path, "actions"); len(all) != len(w.tables["campaign_actions"].of(c.id)) || len(all) <= 10 {
		t.Errorf("the walk found %d actions", len(all))
	}
	w.get(path+"?start=nonsense").want(t, 400, `"status":"400"`)
}

func TestTokensAreNotTakenFromAnotherEndpoint(t *testing.T) {
	w := newWorld(t)
	token := url.QueryEscape(w.object("/v1/activities")["next"].(string))
	for _, path := range []string{"/v1/messages", "/v1/newsletters", "/v1/sender_identities", "/v1/segments/1/membership"} {
		w.get(path+"?start="+token).want(t, 400, "invalid start token")
	}
}

func TestDefaultAndGreatestPageSizes(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Size = Medium })
	for path, want := range map[string]int{"/v1/messages": 50, "/v1/messages?limit=5000": 1000, "/v1/activities": 10, "/v1/activities?limit=5000": 100} {
		key := strings.Split(path[4:], "?")[0]
		if n := len(items(t, w.object(path), key)); n != want {
			t.Errorf("%s: %d rows, want %d", path, n, want)
		}
	}
	w.o.StrictLimits = true
	w.get("/v1/messages?limit=1001").want(t, 400)
	w.get("/v1/activities?limit=101").want(t, 400)
	w.get("/v1/messages?limit=0").want(t, 400)
}

func TestConfigurationListsIgnoreLimitStartAndSort(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/v1/campaigns", "/v1/segments", "/v1/snippets", "/v1/collections", "/v1/transactional", "/v1/broadcasts"} {
		if w.get(path).raw != w.get(path+"?limit=1&start=x&sort=desc").raw {
			t.Errorf("%s took a parameter", path)
		}
	}
}

func TestEndMarkers(t *testing.T) {
	for marker, want := range map[EndMarker]string{EndEmpty: `,"next":""}`, EndNull: `,"next":null}`, EndAbsent: `]}`} {
		w := newWorld(t, func(o *Options) { o.EndMarker = marker })
		if got := w.get("/v1/sender_identities?limit=100").raw; !strings.HasSuffix(got, want) {
			t.Errorf("%s: the page ends in %s", marker, got[len(got)-20:])
		}
	}
}

func TestEmptyPagesStandBetweenFullOnes(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.EmptyPages = true })
	token := w.object("/v1/messages?limit=1000")["next"].(string)
	empty := w.object("/v1/messages?limit=1000&start=" + url.QueryEscape(token))
	if len(items(t, empty, "messages")) != 0 || empty["next"] == "" {
		t.Errorf("no empty page: %v", empty["next"])
	}
	if all := w.walk("/v1/messages?limit=1000", "messages"); len(all) != 4000 {
		t.Errorf("the walk found %d", len(all))
	}
}

func TestMembershipHasNumericTokensAndEndsEmpty(t *testing.T) {
	w := newWorld(t)
	one := w.get("/v1/segments/1/membership?limit=7")
	one.want(t, 200, `,"next":7}`)
	all := w.walk("/v1/segments/1/membership?limit=7", "identifiers")
	count := w.object("/v1/segments/1/customer_count")["count"]
	if fmt.Sprint(len(all)) != fmt.Sprint(count) {
		t.Errorf("%d members, count %v", len(all), count)
	}
	w.get("/v1/segments/1/membership?start=999999").want(t, 200, `{"identifiers":null,"ids":null,"next":""}`)
}

func TestHiddenSendersComeOnlyWhenAskedFor(t *testing.T) {
	w := newWorld(t)
	if n := len(w.walk("/v1/sender_identities", "sender_identities")); n != 6 {
		t.Errorf("%d senders by default, want 6", n)
	}
	if n := len(w.walk("/v1/sender_identities?hidden=true", "sender_identities")); n != 8 {
		t.Errorf("%d senders with hidden=true, want 8", n)
	}
}

// TestSmallIsMirroredInEightyRequests counts what a full mirror costs.
func TestSmallIsMirroredInEightyRequests(t *testing.T) {
	w := newWorld(t)
	read := func(path, key string) []map[string]any { return w.walk(path, key) }
	for path, key := range map[string]string{"/v1/segments": "segments", "/v1/snippets": "snippets", "/v1/collections": "collections",
		"/v1/reporting_webhooks": "reporting_webhooks", "/v1/exports": "exports", "/v1/workspaces": "workspaces",
		"/v1/subscription_topics": "topics", "/v1/sender_identities?limit=100": "sender_identities",
		"/v1/sender_identities?limit=100&hidden=true": "sender_identities"} {
		read(path, key)
	}
	for list, child := range map[string][2]string{"/v1/campaigns": {"campaigns", "actions"}, "/v1/broadcasts": {"broadcasts", "actions"},
		"/v1/transactional": {"messages", "contents"}, "/v1/newsletters?limit=100&sort=asc": {"newsletters", "contents"}} {
		for _, p := range read(list, child[0]) {
			read(strings.Split(list, "?")[0]+"/"+fmt.Sprint(p["id"])+"/"+child[1], child[1])
		}
	}
	messages := 0
	for end := start.Unix(); end > start.Add(-180*24*time.Hour).Unix(); end -= 30 * 86400 {
		messages += len(read(fmt.Sprintf("/v1/messages?limit=1000&start_ts=%d&end_ts=%d", end-30*86400+1, end), "messages"))
	}
	activities := len(read("/v1/activities?limit=100", "activities"))
	dead := len(read("/v1/activities?limit=100&deleted=true", "activities"))
	n := w.Requests()["total"]
	t.Logf("%d requests, %d messages, %d activities, %d of deleted people", n, messages, activities, dead)
	if n > 80 || messages != 4000 || activities+dead > 2000 || dead == 0 {
		t.Errorf("%d requests, %d messages, %d + %d activities", n, messages, activities, dead)
	}
}
