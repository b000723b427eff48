package connector_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/store/sqlite"
)

// recorder is an API that answers what it is told and remembers what it was asked.
type recorder struct {
	*httptest.Server
	status int
	reply  string
	seen   []seen
}

type seen struct{ method, uri, body, auth, contentType, accept string }

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	r := &recorder{status: http.StatusOK}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		if err != nil {
			t.Error(err)
		}
		r.seen = append(r.seen, seen{q.Method, q.RequestURI, string(body), q.Header.Get("Authorization"), q.Header.Get("Content-Type"), q.Header.Get("Accept")})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(r.status)
		_, _ = io.WriteString(w, r.reply)
	}))
	t.Cleanup(r.Close)
	return r
}

// today is the tests' time: 23 November 2026, noon.
var today = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// newMirror is an empty mirror.
func newMirror(t *testing.T, now func() time.Time) *sqlite.Store {
	t.Helper()
	m, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func newClient(t *testing.T, o cio.Options) *cio.Client {
	t.Helper()
	if o.Rate == 0 {
		o.Rate = 100_000
	}
	client, err := cio.New("0123456789abcdef0123456789abcdef", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

// liveConnector may do everything at an API.
func liveConnector(t *testing.T, m *sqlite.Store, live connector.Live, now func() time.Time) *connector.Connector {
	t.Helper()
	cat := catalog.Default()
	c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{TextIndex: true}), m, connector.Options{
		InstanceID: "source_id:test", Now: now, Live: live, Ledger: m, AllowWrites: true, AllowSends: true, Face: "cli",
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestEveryActionOnTheWire: one row an action of the reference page. What is asked and
// what is returned are written out, not computed.
func TestEveryActionOnTheWire(t *testing.T) {
	tests := []struct {
		entity, action, params string
		method, uri, body      string
		reply, result          string
		metadata               string
	}{
		{entity: "campaigns", action: "list", method: "GET", uri: "/v1/campaigns",
			reply: `{"campaigns":[{"id":3,"name":"Spring","new_key":[1.50]}]}`, result: `[{"id":3,"name":"Spring","new_key":[1.50]}]`},
		{entity: "campaigns", action: "get", params: `{"campaign_id":3}`, method: "GET", uri: "/v1/campaigns/3",
			reply: `{"campaign":{"id":3,"first_started":0}}`, result: `{"id":3,"first_started":0}`},
		{entity: "campaign_actions", action: "list", params: `{"campaign_id":3,"start":"Mz+A="}`, method: "GET", uri: "/v1/campaigns/3/actions?start=Mz%2BA%3D",
			reply: `{"actions":[{"id":"96"}],"next":"NDA="}`, result: `[{"id":"96"}]`, metadata: `{"next":"NDA=","has_next_page":true,"end_cursor":"NDA="}`},
		{entity: "campaign_actions", action: "get", params: `{"campaign_id":3,"action_id":"96"}`, method: "GET", uri: "/v1/campaigns/3/actions/96",
			reply: `{"action":{"id":"96"}}`, result: `{"id":"96"}`},
		{entity: "newsletters", action: "list", params: `{"limit":20,"sort":"asc","cursor":"MTA="}`, method: "GET", uri: "/v1/newsletters?limit=20&sort=asc&start=MTA%3D",
			reply: `{"newsletters":[],"next":""}`, result: `[]`, metadata: `{"next":null,"has_next_page":false,"end_cursor":null}`},
		{entity: "newsletters", action: "get", params: `{"newsletter_id":128275}`, method: "GET", uri: "/v1/newsletters/128275",
			reply: `{"newsletter":{"id":128275}}`, result: `{"id":128275}`},
		{entity: "segments", action: "list", params: `{"limit":1}`, method: "GET", uri: "/v1/segments", reply: `{"segments":[{"id":1,"tags":null}]}`, result: `[{"id":1,"tags":null}]`},
		{entity: "segments", action: "create", params: `{"segment":{"name":"VIP","description":"good ones"}}`, method: "POST", uri: "/v1/segments",
			body: `{"segment":{"description":"good ones","name":"VIP"}}`, reply: `{"segment":{"id":9,"name":"VIP"}}`, result: `{"id":9,"name":"VIP"}`},
		{entity: "segments", action: "get", params: `{"segment_id":9}`, method: "GET", uri: "/v1/segments/9", reply: `{"segment":{"id":9}}`, result: `{"id":9}`},
		{entity: "messages", action: "list", params: `{"start":"djIwOjUw","limit":100,"type_":"email","metric":"opened","campaign_id":3,"newsletter_id":4}`, method: "GET",
			uri:   "/v1/messages?campaign_id=3&limit=100&metric=opened&newsletter_id=4&start=djIwOjUw&type=email",
			reply: `{"messages":[{"id":"dgO="}],"next":"djIwOjE1MA=="}`, result: `[{"id":"dgO="}]`,
			metadata: `{"next":"djIwOjE1MA==","has_next_page":true,"end_cursor":"djIwOjE1MA=="}`},
		{entity: "messages", action: "get", params: `{"message_id":"a-b_c="}`, method: "GET", uri: "/v1/messages/a-b_c%3D", reply: `{"message":{"id":"a-b_c="}}`, result: `{"id":"a-b_c="}`},
		{entity: "activities", action: "list", params: `{"start":"x","limit":100,"type":"event","name":"käuft & zahlt"}`, method: "GET",
			uri: "/v1/activities?limit=100&name=k%C3%A4uft+%26+zahlt&start=x&type=event", reply: `{"activities":[{"id":"01A"}]}`, result: `[{"id":"01A"}]`,
			metadata: `{"next":null,"has_next_page":false,"end_cursor":null}`},
		{entity: "sender_identities", action: "list", params: `{"start":"x","limit":5,"sort":"desc"}`, method: "GET", uri: "/v1/sender_identities?limit=5&sort=desc&start=x",
			reply: `{"sender_identities":[{"id":1}],"next":12}`, result: `[{"id":1}]`, metadata: `{"next":"12","has_next_page":true,"end_cursor":"12"}`},
		{entity: "sender_identities", action: "get", params: `{"sender_id":1}`, method: "GET", uri: "/v1/sender_identities/1", reply: `{"sender_identity":{"id":1}}`, result: `{"id":1}`},
		{entity: "snippets", action: "list", method: "GET", uri: "/v1/snippets", reply: `{"snippets":[{"name":"a"}]}`, result: `[{"name":"a"}]`},
		{entity: "snippets", action: "create", params: `{"name":"footer","value":" <p>ü</p> "}`, method: "POST", uri: "/v1/snippets",
			body: `{"name":"footer","value":" <p>ü</p> "}`, reply: `{"snippet":{"name":"footer","value":"<p>ü</p>"}}`, result: `{"name":"footer","value":"<p>ü</p>"}`},
		{entity: "snippets", action: "update", params: `{"name":"footer","value":"x"}`, method: "PUT", uri: "/v1/snippets",
			body: `{"name":"footer","value":"x"}`, reply: `{"snippet":{"name":"footer","value":"x"}}`, result: `{"name":"footer","value":"x"}`},
		{entity: "collections", action: "list", method: "GET", uri: "/v1/collections", reply: `{"collections":null}`, result: `[]`},
		{entity: "collections", action: "create", params: `{"name":"products","data":[{"sku":"A1","price":9.90}]}`, method: "POST", uri: "/v1/collections",
			body: `{"name":"products","data":[{"price":9.9,"sku":"A1"}]}`, reply: `{"collection":{"id":5,"name":"products"}}`, result: `{"id":5,"name":"products"}`},
		{entity: "collections", action: "get", params: `{"collection_id":5}`, method: "GET", uri: "/v1/collections/5", reply: `{"collection":{"id":5}}`, result: `{"id":5}`},
		{entity: "collections", action: "update", params: `{"collection_id":5,"url":"https://example.com/a.csv"}`, method: "PUT", uri: "/v1/collections/5",
			body: `{"url":"https://example.com/a.csv"}`, reply: `{"collection":{"id":5}}`, result: `{"id":5}`},
		{entity: "reporting_webhooks", action: "list", method: "GET", uri: "/v1/reporting_webhooks", reply: `{"reporting_webhooks":null}`, result: `[]`},
		{entity: "reporting_webhooks", action: "create", params: `{"name":"hook","endpoint":"https://example.com/h","events":["email_sent"],"disabled":false,"with_content":true,"full_resolution":null}`,
			method: "POST", uri: "/v1/reporting_webhooks", body: `{"name":"hook","endpoint":"https://example.com/h","events":["email_sent"],"disabled":false,"with_content":true}`,
			reply: `{"id":8,"name":"hook"}`, result: `{"id":8,"name":"hook"}`},
		{entity: "reporting_webhooks", action: "get", params: `{"webhook_id":8}`, method: "GET", uri: "/v1/reporting_webhooks/8", reply: `{"id":8}`, result: `{"id":8}`},
		{entity: "reporting_webhooks", action: "update", params: `{"webhook_id":8,"name":"hook","endpoint":"https://example.com/h","events":["email_sent","push_sent"],"full_resolution":true}`,
			method: "PUT", uri: "/v1/reporting_webhooks/8", body: `{"name":"hook","endpoint":"https://example.com/h","events":["email_sent","push_sent"],"full_resolution":true}`,
			reply: `{"id":8,"name":"hook"}`, result: `{"id":8,"name":"hook"}`},
		{entity: "exports", action: "list", method: "GET", uri: "/v1/exports", reply: `{"exports":null}`, result: `[]`},
		{entity: "exports", action: "create", params: `{"filters":{"and":[{"segment":{"id":3}},{"attribute":{"field":"plan","operator":"eq","value":"premium"}}]}}`, method: "POST", uri: "/v1/exports/customers",
			body:  `{"filters":{"and":[{"segment":{"id":3}},{"attribute":{"field":"plan","operator":"eq","value":"premium"}}]}}`,
			reply: `{"export":{"id":2,"status":"pending"}}`, result: `{"id":2,"status":"pending"}`},
		{entity: "exports", action: "get", params: `{"export_id":2}`, method: "GET", uri: "/v1/exports/2", reply: `{"export":{"id":2}}`, result: `{"id":2}`},
		{entity: "transactional_messages", action: "list", method: "GET", uri: "/v1/transactional", reply: `{"messages":[{"id":1}]}`, result: `[{"id":1}]`},
		{entity: "transactional_messages", action: "get", params: `{"transactional_id":1}`, method: "GET", uri: "/v1/transactional/1", reply: `{"message":{"id":1}}`, result: `{"id":1}`},
		{entity: "transactional_message_contents", action: "list", params: `{"transactional_id":1}`, method: "GET", uri: "/v1/transactional/1/contents",
			reply: `{"contents":[{"id":140}]}`, result: `[{"id":140}]`},
		{entity: "transactional_message_contents", action: "update", method: "PUT", uri: "/v1/transactional/1/content/140",
			params: `{"transactional_id":1,"content_id":140,"subject":"Hi","preheader_text":"look","reply_to_id":null,"headers":[{"name":"X-A","value":"b"}]}`,
			body:   `{"reply_to_id":null,"subject":"Hi","preheader_text":"look","headers":[{"name":"X-A","value":"b"}]}`,
			reply:  `{"content":[{"id":139},{"id":140,"subject":"Hi"}]}`, result: `{"id":140,"subject":"Hi"}`},
		{entity: "transactional_email", action: "create", method: "POST", uri: "/v1/send/email",
			params: `{"transactional_message_id":44,"to":"Ann <ann@example.com>","identifiers":{"id":"42"},"message_data":{"total":9},"from_":"Shop <shop@example.com>","subject":"Hi",
				"body":"<p>","body_plain":"p","reply_to":"r@example.com","bcc":"b@example.com","headers":{"X-A":"b"},"preheader_text":"look","attachments":{"a.txt":"aGk="},
				"disable_message_retention":true,"send_to_unsubscribed":false,"tracked":true,"queue_draft":false,"send_at":1800000000}`,
			body: `{"transactional_message_id":44,"to":"Ann <ann@example.com>","identifiers":{"id":"42"},"message_data":{"total":9},"from":"Shop <shop@example.com>","subject":"Hi",` +
				`"body":"<p>","body_plain":"p","reply_to":"r@example.com","bcc":"b@example.com","headers":{"X-A":"b"},"preheader":"look","attachments":{"a.txt":"aGk="},` +
				`"disable_message_retention":true,"send_to_unsubscribed":false,"tracked":true,"queue_draft":false,"send_at":1800000000}`,
			reply: `{"delivery_id":"RPx","queued_at":1700000000,"send_at":1800000000}`, result: `{"delivery_id":"RPx","queued_at":1700000000,"send_at":1800000000}`},
		{entity: "transactional_sms", action: "create", method: "POST", uri: "/v1/send/sms",
			params: `{"transactional_message_id":"Welcome","to":"+15551234567","identifiers":{"email":"ann@example.com"},"message_data":{},"from":"+15557654321","tracked":false}`,
			body:   `{"transactional_message_id":"Welcome","to":"+15551234567","identifiers":{"email":"ann@example.com"},"from":"+15557654321","tracked":false}`,
			reply:  `{"delivery_id":"RPy","queued_at":1}`, result: `{"delivery_id":"RPy","queued_at":1}`},
		{entity: "transactional_push", action: "create", method: "POST", uri: "/v1/send/push",
			params: `{"identifiers":{"cio_id":"a3000001"},"to":"last_used","title":"Hi","message":"you","link":"app://x","image_url":"https://example.com/i.png","custom_data":{"a":1},"custom_payload":{"ios":{}},"sound":"default"}`,
			body:   `{"to":"last_used","identifiers":{"cio_id":"a3000001"},"title":"Hi","message":"you","link":"app://x","image_url":"https://example.com/i.png","custom_data":{"a":1},"custom_payload":{"ios":{}},"sound":"default"}`,
			reply:  `{"delivery_id":"RPz","queued_at":1}`, result: `{"delivery_id":"RPz","queued_at":1}`},
		{entity: "transactional_inbox_message", action: "create", params: `{"transactional_message_id":7,"identifiers":{"id":"42"},"message_data":{"n":1}}`, method: "POST", uri: "/v1/send/inbox_message",
			body: `{"transactional_message_id":7,"identifiers":{"id":"42"},"message_data":{"n":1}}`, reply: `{"delivery_id":"RPq","queued_at":1}`, result: `{"delivery_id":"RPq","queued_at":1}`},
		{entity: "broadcast_trigger", action: "create", params: `{"campaign_id":12,"data":{"headline":"Sale"},"ids":["42"],"id_ignore_missing":true,"email_ignore_missing":true}`,
			method: "POST", uri: "/v1/campaigns/12/triggers", body: `{"data":{"headline":"Sale"},"ids":["42"],"id_ignore_missing":true}`, reply: `{"id":13}`, result: `{"id":13}`},
	}
	api := newRecorder(t)
	now := func() time.Time { return today }
	c := liveConnector(t, newMirror(t, now), newClient(t, cio.Options{BaseURL: api.URL}), now)
	done := map[string]bool{}
	for _, tt := range tests {
		name := tt.entity + " " + tt.action
		done[name] = true
		api.seen, api.reply = nil, tt.reply
		env, err := c.Execute(t.Context(), connector.Request{Entity: tt.entity, Action: tt.action, Params: json.RawMessage(tt.params)})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := seen{method: tt.method, uri: tt.uri, body: tt.body, auth: "Bearer 0123456789abcdef0123456789abcdef", accept: "application/json"}
		if tt.body != "" {
			want.contentType = "application/json"
		}
		if d := cmp.Diff([]seen{want}, api.seen, cmp.AllowUnexported(seen{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if string(env.Result) != tt.result {
			t.Errorf("%s: result %s, want %s", name, env.Result, tt.result)
		}
		metadata, _ := json.Marshal(env.ConnectorMetadata)
		if want := tt.metadata; string(metadata) != want && (want != "" || env.ConnectorMetadata != nil) {
			t.Errorf("%s: metadata %s, want %s", name, metadata, want)
		}
		if env.Origin.Source != connector.FromLive || env.Warning != "" {
			t.Errorf("%s: %+v, %s", name, env.Origin, env.Warning)
		}
	}
	for _, e := range catalog.Default().Entities() {
		for _, a := range e.Actions {
			if a.Method != "" && !done[e.Name+" "+a.Name] {
				t.Errorf("%s %s is not tested", e.Name, a.Name)
			}
		}
	}
	if len(tests) != 37 {
		t.Errorf("%d actions, and the page has 37 that ask the API", len(tests))
	}
}

// TestASearchAsksNobody: the other three actions of the page.
func TestASearchAsksNobody(t *testing.T) {
	api := newRecorder(t)
	now := func() time.Time { return today }
	c := liveConnector(t, newMirror(t, now), newClient(t, cio.Options{BaseURL: api.URL}), now)
	for _, entity := range []string{"campaigns", "campaign_actions", "newsletters"} {
		env, err := c.Execute(t.Context(), connector.Request{Entity: entity, Action: "context_store_search"})
		if err != nil || !strings.HasPrefix(string(env.Result), `{"data":[],"meta":{"has_more":false,"cursor":null,`) || env.Origin.Source != connector.FromMirror {
			t.Errorf("%s: %s, %v", entity, env.Result, err)
		}
	}
	if api.seen != nil {
		t.Errorf("asked: %v", api.seen)
	}
}

// TestTheVariantsOfATrigger: which flags go with which audience, literally as the
// reference page's table has them.
func TestTheVariantsOfATrigger(t *testing.T) {
	flags := `"id_ignore_missing":true,"email_ignore_missing":true,"email_add_duplicates":false`
	now := func() time.Time { return today }
	c := liveConnector(t, newMirror(t, now), nil, now)
	for params, want := range map[string]string{
		``:           `{}`,
		`,"data":{}`: `{}`,
		`,"recipients":{"not":{"segment":{"id":3}}}`: `{"recipients":{"not":{"segment":{"id":3}}}}`,
		`,"ids":["1"]`:        `{"ids":["1"],"id_ignore_missing":true}`,
		`,"emails":["a@b.c"]`: `{"emails":["a@b.c"],"email_ignore_missing":true,"email_add_duplicates":false}`,
		`,"per_user_data":[{"id":"1","data":{"x":1}}]`: `{"per_user_data":[{"data":{"x":1},"id":"1"}],` + flags + `}`,
		`,"data_file_url":"https://example.com/f"`:     `{"data_file_url":"https://example.com/f",` + flags + `}`,
	} {
		call, err := c.Preview(t.Context(), connector.Request{Entity: "broadcast_trigger", Action: "create", Params: json.RawMessage(`{"campaign_id":5,` + flags + params + `}`)})
		if err != nil || string(call.Body) != want || call.Path != "/v1/campaigns/5/triggers" {
			t.Errorf("%s: %s, %v; want %s", params, call.Body, err, want)
		}
	}
}
