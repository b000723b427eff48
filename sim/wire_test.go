package sim

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestWrongKeyAndWrongRegionAnswerAlike(t *testing.T) {
	w := newWorld(t)
	ask := func(url, key string) answer {
		r, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", key)
		return w.send(r)
	}
	for _, c := range []struct{ url, key string }{
		{"https://api.customer.io/v1/workspaces", "Bearer other"},
		{"https://api.customer.io/v1/workspaces", "sim-key"},
		{"https://api.customer.io/v1/workspaces", ""},
		{"https://api-eu.customer.io/v1/workspaces", "Bearer sim-key"},
	} {
		ask(c.url, c.key).want(t, 401, `"code":"invalid_credentials"`)
	}
	ask("https://api.customer.io/v1/workspaces", "Bearer sim-key").want(t, 200)
	eu := newWorld(t, func(o *Options) { o.EU = true })
	r, _ := http.NewRequest("GET", "https://api-eu.customer.io/v1/workspaces", nil)
	r.Header.Set("Authorization", "Bearer sim-key")
	eu.send(r).want(t, 200)
}

func TestForbiddenEntityAnswers403AndOthersAnswer(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Forbidden = []string{"segments", "transactional_email"} })
	w.get("/v1/segments").want(t, 403, `"status":"403"`)
	w.do("POST", "/v1/send/email", `{}`).want(t, 403, `{"meta":{"error":`)
	w.get("/v1/campaigns").want(t, 200)
	if _, err := New(Options{Now: w.o.Now, Forbidden: []string{"segmnts"}, Size: "huge"}); err == nil ||
		!strings.Contains(err.Error(), "segmnts") || !strings.Contains(err.Error(), "huge") {
		t.Errorf("New reported %v, want both faults", err)
	}
}

func TestUnroutedPathIsBareTextAndMissingObjectIsJSON(t *testing.T) {
	w := newWorld(t)
	a := w.get("/v1/nothing/here")
	a.want(t, 404)
	if a.raw != "404 page not found\n" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
		t.Errorf("got %q as %s", a.raw, a.header.Get("Content-Type"))
	}
	for _, path := range []string{"/v1/campaigns/999999", "/v1/campaigns/999999/actions", "/v1/segments/999999", "/v1/messages/none",
		"/v1/transactional/999999/contents", "/v1/exports/999999", "/v1/snippets/none"} {
		method := "GET"
		if strings.HasPrefix(path, "/v1/snippets") {
			method = "DELETE"
		}
		w.do(method, path, "").want(t, 404, `"status":"404"`)
	}
	w.get("/v1/campaigns/abc").want(t, 400, "the campaignID or actionID is invalid")
	w.get("/v1/send/email").want(t, 405)
	w.get("/v1/api/campaigns").want(t, 200, `{"campaigns":[`)
}

func TestHeadersAreThoseOfTheAPI(t *testing.T) {
	a := newWorld(t).get("/v1/campaigns")
	for key, want := range map[string]string{"Content-Type": "application/json; charset=utf-8", "Cache-Control": "must-revalidate,no-cache,no-store",
		"Pragma": "no-cache", "Expires": "0", "Via": "1.1 google", "Access-Control-Allow-Origin": "https://fly.customer.io"} {
		if got := a.header.Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	for _, key := range []string{"Etag", "Last-Modified", "X-Request-Id", "X-Ratelimit-Limit", "Retry-After"} {
		if a.header.Get(key) != "" {
			t.Errorf("there is a header %s", key)
		}
	}
}

func TestOverASocketTheAnswerIsChunkedAndTheSame(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.Sim)
	defer server.Close()
	r, _ := http.NewRequest("GET", server.URL+"/v1/segments", nil)
	r.Header.Set("Authorization", "Bearer sim-key")
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var b strings.Builder
	if _, err := copyAll(&b, res); err != nil {
		t.Fatal(err)
	}
	if len(res.TransferEncoding) != 1 || res.TransferEncoding[0] != "chunked" {
		t.Errorf("transfer encoding %v", res.TransferEncoding)
	}
	if b.String() != w.get("/v1/segments").raw {
		t.Error("the socket and the transport differ")
	}
}

func TestEmptyListsAreNullWhereTheyAreInReality(t *testing.T) {
	w := newWorld(t)
	for _, entity := range []string{"collections", "exports", "reporting_webhooks", "subscription_topics"} {
		for _, r := range slices.Clone(w.tables[entity].rows) {
			if err := w.Delete(entity, "", id(r.id)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for path, want := range map[string]string{
		"/v1/collections": `{"collections":null}`, "/v1/exports": `{"exports":null}`, "/v1/reporting_webhooks": `{"reporting_webhooks":null}`,
		"/v1/subscription_topics":            `{"topics":[]}`,
		"/v1/esp/suppression/invalid_emails": `{"category":"invalid_emails","suppressions":null}`,
	} {
		if got := w.get(path).raw; got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	w.o.NullLists = true
	if got := w.get("/v1/subscription_topics").raw; got != `{"topics":null}` {
		t.Errorf("with NullLists: %s", got)
	}
}

func TestEnvelopesCannotBeGuessed(t *testing.T) {
	w := newWorld(t)
	tm, hook := w.tables["transactional_messages"].rows[0].id, w.tables["reporting_webhooks"].rows[0].id
	for path, want := range map[string]string{
		"/v1/transactional": `{"messages":[{"id":`, "/v1/transactional/" + id(tm): `{"message":{`,
		"/v1/transactional/" + id(tm) + "/contents": `{"contents":[`, "/v1/subscription_topics": `{"topics":[`,
		"/v1/object_types": `{"types":[`, "/v1/subscription_channels": `{"channels":[`,
		"/v1/reporting_webhooks/" + id(hook): `{"id":1,"name":`, "/v1/info/ip_addresses": `{"ip_addresses":[`,
	} {
		if got := w.get(path).raw; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %.60s, want %s", path, got, want)
		}
	}
}

func TestWorkspaceCountersDifferAtEveryPoll(t *testing.T) {
	w := newWorld(t)
	if a, b := w.get("/v1/workspaces").raw, w.get("/v1/workspaces").raw; a == b {
		t.Error("two polls gave the same counters")
	}
}
