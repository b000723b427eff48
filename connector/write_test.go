package connector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// rowsOf are the rows of a statement, with | between the cells.
func rowsOf(t *testing.T, m *sqlite.Store, statement string) (lines []string) {
	t.Helper()
	for cells, err := range m.Rows(t.Context(), sq.Expr(statement)) {
		if err != nil {
			t.Fatal(err)
		}
		var parts []string
		for _, c := range cells {
			parts = append(parts, fmt.Sprint(c))
		}
		lines = append(lines, strings.Join(parts, "|"))
	}
	return lines
}

func wantRows(t *testing.T, m *sqlite.Store, statement string, want ...string) {
	t.Helper()
	if got := rowsOf(t, m, statement); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("%s:\n got %q\nwant %q", statement, got, want)
	}
}

// TestAWriteShowsInTheMirrorAtOnce: what was written is read back, and a sync finds
// nothing that it does not know.
func TestAWriteShowsInTheMirrorAtOnce(t *testing.T) {
	w := newWorkspace(t)
	template := w.most(t, "transactional_messages", "id")
	contents := w.do(t, connector.FromLive, "transactional_message_contents", "list", `{"transactional_id":`+template+`}`)
	var variants []struct{ ID int64 }
	if err := json.Unmarshal(contents.Result, &variants); err != nil {
		t.Fatal(err)
	}
	w.clock = w.clock.Add(time.Hour)
	w.sim.Advance(time.Hour)
	w.sync(t) // what an hour brings anyway
	w.clock = w.clock.Add(time.Second)
	w.sim.Advance(time.Second)
	for _, write := range []struct{ entity, action, params, get string }{
		{"segments", "create", `{"segment":{"name":"VIP"}}`, `{"segment_id":%s}`},
		{"collections", "create", `{"name":"products","data":[{"sku":"A1"}]}`, `{"collection_id":%s}`},
		{"collections", "update", `{"collection_id":1,"name":"goods"}`, `{"collection_id":%s}`},
		{"reporting_webhooks", "create", `{"name":"hook","endpoint":"https://example.com/h","events":["email_sent"]}`, `{"webhook_id":%s}`},
		{"reporting_webhooks", "update", `{"webhook_id":1,"name":"other","endpoint":"https://example.com/h","events":["push_sent"]}`, `{"webhook_id":%s}`},
		{"exports", "create", `{"filters":{"segment":{"id":1}}}`, `{"export_id":%s}`},
		{"snippets", "create", `{"name":"fresh","value":" <p> "}`, ""},
		{"snippets", "update", `{"name":"fresh","value":"<b>"}`, ""},
		{"transactional_message_contents", "update", fmt.Sprintf(`{"transactional_id":%s,"content_id":%d,"subject":"Quite new"}`, template, variants[0].ID), ""},
	} {
		env := w.do(t, "", write.entity, write.action, write.params)
		if env.Warning != "" {
			t.Errorf("%s %s: %s", write.entity, write.action, env.Warning)
		}
		wrote := canonical(t, env.Result)[0]
		if write.get == "" {
			list := w.do(t, connector.FromMirror, write.entity, "list", fmt.Sprintf(`{"transactional_id":%s}`, template))
			if !strings.Contains(strings.Join(canonical(t, list.Result), "\n"), wrote) {
				t.Errorf("%s %s: the mirror lists %s\nand lacks %s", write.entity, write.action, list.Result, wrote)
			}
			continue
		}
		var record struct{ ID json.RawMessage }
		if err := json.Unmarshal(env.Result, &record); err != nil {
			t.Fatal(err)
		}
		got := w.do(t, connector.FromMirror, write.entity, "get", fmt.Sprintf(write.get, record.ID))
		if read := canonical(t, got.Result)[0]; read != wrote {
			t.Errorf("%s %s wrote %s\nand the mirror has %s", write.entity, write.action, wrote, read)
		}
	}
	wantRows(t, w.mirror, "select value, _change from snippets_history where name = 'fresh'", "<p>|changed")
	wantRows(t, w.mirror, "select subject from transactional_message_contents where subject = 'Quite new'", "Quite new")
	found := w.do(t, "", "segments", "context_store_search", `{"query":{"filter":{"fuzzy":{"name":"vip"}}},"fields":["name"]}`)
	if !strings.Contains(string(found.Result), `{"name":"VIP"}`) {
		t.Errorf("the text index does not know the new segment: %s", found.Result)
	}
	w.sync(t)
	wantRows(t, w.mirror, "select entity, new, changed, gone from run_entities where run = (select max(id) from runs) and new + changed + gone > 0 and entity in ('segments', 'collections', 'reporting_webhooks', 'snippets', 'transactional_message_contents')")
	if wrong, err := w.mirror.CheckText(t.Context()); wrong != nil || err != nil {
		t.Errorf("text indexes out of step: %v, %v", wrong, err)
	}
}

// TestEveryWriteIsNoted, with what it changed but nothing that is personal or secret.
func TestEveryWriteIsNoted(t *testing.T) {
	api := newRecorder(t)
	now := func() time.Time { return today }
	m := newMirror(t, now)
	c := liveConnector(t, m, newClient(t, cio.Options{BaseURL: api.URL}), now)
	do := func(status int, reply, entity, action, params string) error {
		api.status, api.reply = status, reply
		_, err := c.Execute(t.Context(), connector.Request{Entity: entity, Action: action, Params: json.RawMessage(params)})
		return err
	}
	if err := do(200, `{"delivery_id":"RPx","queued_at":1}`, "transactional_email", "create",
		`{"transactional_message_id":"welcome","to":"ann@example.com","identifiers":{"email":"ann@example.com"},"message_data":{"a":1,"b":2},"headers":{"X-Secret":"s3cret"},"tracked":false,"send_at":1800000000}`); err != nil {
		t.Error(err)
	}
	if err := do(200, `{"segment":{"id":9,"name":"VIP"}}`, "segments", "create", `{"segment":{"name":"VIP"}}`); err != nil {
		t.Error(err)
	}
	if err := do(200, `{"id":8}`, "reporting_webhooks", "create", `{"name":"hook","endpoint":"https://example.com/?token=s3cret","events":["email_sent"]}`); err != nil {
		t.Error(err)
	}
	err := do(422, `{"errors":[{"detail":"ann@example.com is in use","source":{"pointer":"/name"},"status":"422"}]}`, "snippets", "create", `{"name":"a","value":"s3cret"}`)
	wantError(t, err, connector.UpstreamError, connector.Refused, "/name", "is in use", "ciomirror schema snippets")
	err = do(400, `{"errors":[{"detail":"no","source":{"pointer":"/data/attributes/ids"}}]}`, "broadcast_trigger", "create", `{"campaign_id":5,"ids":["42"]}`)
	wantError(t, err, connector.UpstreamError, connector.Refused, "/ids")
	err = do(500, `{}`, "transactional_sms", "create", `{"transactional_message_id":1,"to":"+15551234567","identifiers":{"id":"42"}}`)
	wantError(t, err, connector.OutcomeUnknown, connector.Outcome, "", "among the person's deliveries", "select * from actions where id = 6", "do not repeat")
	// Reads are not noted.
	if err := do(200, `{"segments":[]}`, "segments", "list", ``); err != nil {
		t.Error(err)
	}
	ms := fmt.Sprint(today.UnixMilli())
	wantRows(t, m, "select id, at, face, entity, action, method, path, body, outcome, finished, status, answer_id, message from actions order by id",
		"1|"+ms+"|cli|transactional_email|create|POST|/v1/send/email|"+
			`{"transactional_message_id":"welcome","to":"[string, 17 bytes]","identifiers":"[object, 1 keys]","message_data":"[object, 2 keys]","headers":"[object, 1 keys]","tracked":false,"send_at":1800000000}`+"|done|"+ms+"|200|RPx|<nil>",
		"2|"+ms+`|cli|segments|create|POST|/v1/segments|{"segment":{"name":"VIP"}}|done|`+ms+"|200|9|<nil>",
		"3|"+ms+`|cli|reporting_webhooks|create|POST|/v1/reporting_webhooks|{"name":"hook","endpoint":"[string, 35 bytes]","events":["email_sent"]}|done|`+ms+"|200|8|<nil>",
		"4|"+ms+`|cli|snippets|create|POST|/v1/snippets|{"name":"a","value":"[string, 8 bytes]"}|refused|`+ms+"|422|<nil>|422 Unprocessable Entity",
		"5|"+ms+`|cli|broadcast_trigger|create|POST|/v1/campaigns/5/triggers|{"ids":"[array, 1 items]"}|refused|`+ms+"|400|<nil>|400 Bad Request",
		"6|"+ms+`|cli|transactional_sms|create|POST|/v1/send/sms|{"transactional_message_id":1,"to":"[string, 14 bytes]","identifiers":"[object, 1 keys]"}|unknown|`+ms+"|500|<nil>|500 Internal Server Error")
}

var _ connector.Ledger = store.Store(nil)

// lossy is a network on which requests arrive and their answers do not.
type lossy struct {
	http.RoundTripper
	lose func(*http.Request) error
}

func (l lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body.Close()
		err = l.lose(r)
	}
	return nil, err
}

// TestASendIsNeverRepeated (SEC-8): the answer is lost two hundred times, in every
// way; each send arrives once, and each is called unknown.
func TestASendIsNeverRepeated(t *testing.T) {
	w := newWorkspace(t)
	ways := []error{io.ErrUnexpectedEOF, io.EOF, errors.New("connection reset by peer"), &net.OpError{Op: "read", Err: errors.New("timeout")}, context.DeadlineExceeded}
	n := 0
	api := newClient(t, cio.Options{BaseURL: "http://sim.test", Transport: lossy{w.sim.Transport(), func(*http.Request) error {
		n++
		return ways[n%len(ways)]
	}}})
	c := liveConnector(t, w.mirror, api, w.now)
	before := w.sim.Requests()["POST /v1/send/email"]
	for i := range 200 {
		_, err := c.Execute(t.Context(), connector.Request{Entity: "transactional_email", Action: "create",
			Params: json.RawMessage(`{"to":"ann@example.com","identifiers":{"id":"42"},"body":"x","subject":"x","from":"x@lumen.example.com"}`)})
		if e, ok := errors.AsType[*connector.Error](err); !ok || e.Type != connector.OutcomeUnknown {
			t.Fatalf("send %d: %v", i, err)
		}
	}
	if arrived := w.sim.Requests()["POST /v1/send/email"] - before; arrived != 200 {
		t.Errorf("%d requests arrived for 200 sends", arrived)
	}
	wantRows(t, w.mirror, "select outcome, message, count(*), count(finished) from actions group by 1, 2", "unknown|no answer|200|200")
}

// TestWhatDidNotLeaveIsNotUnknown: nobody could be dialled.
func TestWhatDidNotLeaveIsNotUnknown(t *testing.T) {
	now := func() time.Time { return today }
	m := newMirror(t, now)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	l.Close()
	c := liveConnector(t, m, newClient(t, cio.Options{BaseURL: address, MaxWait: time.Nanosecond}), now)
	_, err = c.Execute(t.Context(), connector.Request{Entity: "transactional_sms", Action: "create",
		Params: json.RawMessage(`{"transactional_message_id":1,"to":"+15551234567","identifiers":{"id":"42"}}`)})
	wantError(t, err, connector.UpstreamError, connector.Unavailable, "", "try again")
	wantRows(t, m, "select outcome, status, message from actions", "unsent|<nil>|the request did not leave")
}

// TestACallerWhoGivesUpIsToldWhatIsNotKnown, and it is noted all the same.
func TestACallerWhoGivesUpIsToldWhatIsNotKnown(t *testing.T) {
	w := newWorkspace(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	api := newClient(t, cio.Options{BaseURL: "http://sim.test", Transport: lossy{w.sim.Transport(), func(r *http.Request) error {
		cancel()
		return r.Context().Err()
	}}})
	_, err := liveConnector(t, w.mirror, api, w.now).Execute(ctx, connector.Request{Entity: "transactional_inbox_message", Action: "create",
		Params: json.RawMessage(`{"transactional_message_id":1,"identifiers":{"id":"42"}}`)})
	wantError(t, err, connector.OutcomeUnknown, connector.Outcome, "")
	wantRows(t, w.mirror, "select outcome, finished is not null from actions", "unknown|1")
}

// lookingLive is an API at whose door one may look around.
type lookingLive struct {
	connector.Live
	look func()
}

func (l lookingLive) Do(ctx context.Context, method, path string, q url.Values, body any) (json.RawMessage, error) {
	l.look()
	return l.Live.Do(ctx, method, path, q, body)
}

func TestACrashBetweenRequestAndAnswerReadsAsUnknown(t *testing.T) {
	api := newRecorder(t)
	api.reply = `{"delivery_id":"RPx"}`
	now := func() time.Time { return today }
	m := newMirror(t, now)
	looked := false
	c := liveConnector(t, m, lookingLive{newClient(t, cio.Options{BaseURL: api.URL}), func() {
		looked = true
		wantRows(t, m, "select outcome, finished, answer_id from actions", "unknown|<nil>|<nil>")
	}}, now)
	if _, err := c.Execute(t.Context(), connector.Request{Entity: "transactional_inbox_message", Action: "create",
		Params: json.RawMessage(`{"transactional_message_id":1,"identifiers":{"id":"42"}}`)}); err != nil || !looked {
		t.Error(err)
	}
}

// TestOneTriggerInTenSeconds of a broadcast, also after a restart; other broadcasts
// are not in each other's way.
func TestOneTriggerInTenSeconds(t *testing.T) {
	api := newRecorder(t)
	api.reply = `{"id":1}`
	clock := today
	now := func() time.Time { return clock }
	m := newMirror(t, now)
	trigger := func(campaign string) error {
		// A new client and a new connector each time, as after a restart.
		c := liveConnector(t, m, newClient(t, cio.Options{BaseURL: api.URL}), now)
		_, err := c.Execute(t.Context(), connector.Request{Entity: "broadcast_trigger", Action: "create", Params: json.RawMessage(`{"campaign_id":` + campaign + `}`)})
		return err
	}
	for _, campaign := range []string{"5", "6"} {
		if err := trigger(campaign); err != nil {
			t.Fatal(err)
		}
	}
	clock = clock.Add(7500 * time.Millisecond)
	err := trigger("5")
	wantError(t, err, connector.RateLimited, connector.TooSoon, "", "nothing was sent", "try again in 2.5s")
	if e, ok := errors.AsType[*connector.Error](err); !ok || e.RetryAfter != 2500*time.Millisecond {
		t.Errorf("retry after %v", e)
	}
	clock = clock.Add(2500 * time.Millisecond)
	if err := trigger("5"); err != nil {
		t.Error(err)
	}
	if len(api.seen) != 3 {
		t.Errorf("%d requests left, want 3", len(api.seen))
	}
	wantRows(t, m, "select count(*) from actions", "3")
}

// TestWritesAreOffUntilAllowed, and sends until they are allowed as well.
func TestWritesAreOffUntilAllowed(t *testing.T) {
	api := newRecorder(t)
	api.reply = `{"snippet":{"name":"a"}}`
	now := func() time.Time { return today }
	m := newMirror(t, now)
	cat := catalog.Default()
	for _, tt := range []struct {
		writes, sends bool
		write, send   string // the hint that is missing
	}{
		{false, false, "--allow-writes", "--allow-writes"},
		{true, false, "", "--allow-writes --allow-sends"},
		{true, true, "", ""},
	} {
		c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{}), m, connector.Options{InstanceID: "x", Now: now,
			Live: newClient(t, cio.Options{BaseURL: api.URL}), Ledger: m, Face: "http", AllowWrites: tt.writes, AllowSends: tt.sends})
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []struct{ entity, params, hint string }{
			{"snippets", `{"name":"a","value":"b"}`, tt.write},
			{"transactional_inbox_message", `{"transactional_message_id":1,"identifiers":{"id":"42"}}`, tt.send},
		} {
			api.seen = nil
			_, err := c.Execute(t.Context(), connector.Request{Entity: call.entity, Action: "create", Params: json.RawMessage(call.params)})
			if call.hint != "" {
				wantError(t, err, connector.Forbidden, connector.NotAllowed, "", call.hint)
			} else if err != nil {
				t.Error(err)
			}
			if sent := len(api.seen) > 0; sent != (call.hint == "") {
				t.Errorf("%s with %+v: sent is %t", call.entity, tt, sent)
			}
			if _, err := c.Preview(t.Context(), connector.Request{Entity: call.entity, Action: "create", Params: json.RawMessage(call.params)}); err != nil {
				t.Errorf("a preview needs no permission: %v", err)
			}
		}
	}
	wantRows(t, m, "select distinct face from actions", "http")
}

// TestNothingLeavesUnnoted: when the log cannot be written, the request stays here.
func TestNothingLeavesUnnoted(t *testing.T) {
	api := newRecorder(t)
	now := func() time.Time { return today }
	m := newMirror(t, now)
	c := liveConnector(t, m, newClient(t, cio.Options{BaseURL: api.URL}), now)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := c.Execute(t.Context(), connector.Request{Entity: "snippets", Action: "create", Params: json.RawMessage(`{"name":"a","value":"b"}`)})
	wantError(t, err, connector.ServerError, connector.Internal, "")
	if api.seen != nil {
		t.Errorf("%v left", api.seen)
	}
}

// forgetful is a mirror that cannot note how an action ended.
type forgetful struct{ *sqlite.Store }

func (forgetful) EndAction(context.Context, int64, store.Outcome) error {
	return errors.New("the disk is full")
}

// TestAnOutcomeThatCannotBeNotedKeepsTheRecord: the mirror is brought up to date all
// the same, or else says that it is not.
func TestAnOutcomeThatCannotBeNotedKeepsTheRecord(t *testing.T) {
	api := newRecorder(t)
	api.reply = `{"snippet":{"name":"a","value":"b"}}`
	now := func() time.Time { return today }
	m := newMirror(t, now)
	cat := catalog.Default()
	c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{TextIndex: true}), m, connector.Options{
		InstanceID: "source_id:test", Now: now, Live: newClient(t, cio.Options{BaseURL: api.URL}), Ledger: forgetful{m}, AllowWrites: true, Face: "cli",
	})
	if err != nil {
		t.Fatal(err)
	}
	env, err := c.Execute(t.Context(), connector.Request{Entity: "snippets", Action: "create", Params: json.RawMessage(`{"name":"a","value":"b"}`)})
	if err != nil || !strings.Contains(env.Warning, "could not be noted") {
		t.Errorf("%v, warning %q", err, env.Warning)
	}
	wantRows(t, m, "select name, value from snippets", "a|b")
}

// TestAnOutcomeThatCannotBeNotedIsSaidBesideTheFailure: what happened to the write comes
// first and keeps its kind.
func TestAnOutcomeThatCannotBeNotedIsSaidBesideTheFailure(t *testing.T) {
	now := func() time.Time { return today }
	write := func(ctx context.Context, o cio.Options) error {
		m := newMirror(t, now)
		cat := catalog.Default()
		c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{TextIndex: true}), m, connector.Options{
			InstanceID: "source_id:test", Now: now, Live: newClient(t, o), Ledger: forgetful{m}, AllowWrites: true, Face: "cli",
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Execute(ctx, connector.Request{Entity: "snippets", Action: "create", Params: json.RawMessage(`{"name":"a","value":"b"}`)})
		if !errors.Is(err, connector.ErrUnnoted) || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("nothing is said of the note: %v", err)
		}
		return err
	}
	api := newRecorder(t)
	api.status, api.reply = 422, `{"errors":[{"detail":"name cannot be blank","source":{"pointer":"/name"}}]}`
	wantError(t, write(t.Context(), cio.Options{BaseURL: api.URL}), connector.UpstreamError, connector.Refused, "/name", "name cannot be blank", "could not be noted")
	api.status, api.reply = 502, ``
	wantError(t, write(t.Context(), cio.Options{BaseURL: api.URL}), connector.OutcomeUnknown, connector.Outcome, "", "do not repeat it", "could not be noted")

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	unreachable := cio.Options{BaseURL: "http://" + l.Addr().String(), MaxWait: time.Nanosecond}
	wantError(t, write(t.Context(), unreachable), connector.UpstreamError, connector.Unavailable, "", "try again", "could not be noted")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	gone := cio.Options{BaseURL: unreachable.BaseURL, Waiting: func(time.Duration, *cio.Error) { cancel() }}
	if err := write(ctx, gone); !errors.Is(err, connector.ErrUnsent) || !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who went away gets %v", err)
	}
}

// TestAStrangeAnswerToAWriteIsNoFailure: it took effect all the same.
func TestAStrangeAnswerToAWriteIsNoFailure(t *testing.T) {
	api := newRecorder(t)
	now := func() time.Time { return today }
	m := newMirror(t, now)
	c := liveConnector(t, m, newClient(t, cio.Options{BaseURL: api.URL}), now)
	for _, tt := range []struct{ reply, result, warning string }{
		{``, `null`, ""},
		{`{"other":{"name":"a"}}`, `{"other":{"name":"a"}}`, "ciomirror sync snippets"},
		{`{"snippet":[]}`, `{"snippet":[]}`, "ciomirror sync snippets"},
		{`{"snippet":{"value":"no key"}}`, `{"value":"no key"}`, "ciomirror sync snippets"},
	} {
		api.reply = tt.reply
		env, err := c.Execute(t.Context(), connector.Request{Entity: "snippets", Action: "create", Params: json.RawMessage(`{"name":"a","value":"b"}`)})
		if err != nil || string(env.Result) != tt.result || !strings.Contains(env.Warning, tt.warning) || tt.warning == "" && env.Warning != "" {
			t.Errorf("%s: %s, %v, warning %q", tt.reply, env.Result, err, env.Warning)
		}
	}
	wantRows(t, m, "select outcome, count(*) from actions group by 1", "done|4")
	api.reply = `{"content":[{"id":1}]}`
	env, err := c.Execute(t.Context(), connector.Request{Entity: "transactional_message_contents", Action: "update", Params: json.RawMessage(`{"transactional_id":1,"content_id":2,"subject":"x"}`)})
	if err != nil || string(env.Result) != api.reply || env.Warning == "" {
		t.Errorf("%s, %v, %q", env.Result, err, env.Warning)
	}
}

func TestWhatTheAPISaysKeepsItsKind(t *testing.T) {
	api := newRecorder(t)
	now := func() time.Time { return today }
	c := liveConnector(t, newMirror(t, now), newClient(t, cio.Options{BaseURL: api.URL, MaxWait: time.Nanosecond}), now)
	for _, tt := range []struct {
		status           int
		reply            string
		kind, code, text string
	}{
		{401, `{"errors":[{"detail":"unauthorized"}]}`, connector.Unauthorized, connector.Refused, "App API key is needed"},
		{403, `{}`, connector.Forbidden, connector.Refused, "scope"},
		{404, `{"errors":[{"detail":"not found"}]}`, connector.NotFound, connector.NoRecord, "ciomirror execute campaigns list"},
		{404, `404 page not found`, connector.UpstreamError, connector.Unavailable, "the endpoint does not exist"},
		{400, `{"errors":[{"detail":"bad request"}]}`, connector.UpstreamError, connector.Refused, "bad request"},
		{429, `{"errors":[{"detail":"rate limited to 100 requests per day"}]}`, connector.RateLimited, connector.Refused, "tomorrow"},
		{500, `{}`, connector.UpstreamError, connector.Unavailable, "try again later"},
		{200, `{"campaign":{}}`, connector.UpstreamError, connector.Unavailable, "has no action"},
		{200, `{"action":[]}`, connector.UpstreamError, connector.Unavailable, "is no record"},
	} {
		api.status, api.reply = tt.status, tt.reply
		_, err := c.Execute(t.Context(), connector.Request{Entity: "campaign_actions", Action: "get", Params: json.RawMessage(`{"campaign_id":1,"action_id":2}`)})
		wantError(t, err, tt.kind, tt.code, "", tt.text)
	}
}
