package connector_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"ciomirror/catalog"
	"ciomirror/connector"
	"ciomirror/query"
)

// previewer checks requests without sending them.
func previewer(t *testing.T) func(entity, action, params string) (connector.Call, error) {
	t.Helper()
	now := func() time.Time { return today }
	c := liveConnector(t, nil, nil, now)
	return func(entity, action, params string) (connector.Call, error) {
		return c.Preview(t.Context(), connector.Request{Entity: entity, Action: action, Params: json.RawMessage(params)})
	}
}

func strings10k(n int) string { return `["` + strings.Repeat(`x","`, n-1) + `x"]` }

// email is a send with something more in it.
func email(more string) string {
	return `{"transactional_message_id":1,"to":"a@example.com","identifiers":{"id":"42"}` + more + `}`
}

// TestBadInputIsRefusedHere: nothing goes out, and the error names the place, what is
// allowed and an example.
func TestBadInputIsRefusedHere(t *testing.T) {
	preview := previewer(t)
	in90days := today.Unix() + 90*86400
	for _, tt := range []struct{ entity, action, params, code, at, text string }{
		{"campaigns", "get", ``, connector.MissingParameter, "/campaign_id", "campaign_id is missing"},
		{"campaigns", "get", `{"campaign_id":null}`, connector.MissingParameter, "/campaign_id", `{"campaign_id":7}`},
		{"campaigns", "get", `{"campaign_id":"7"}`, query.TypeMismatch, "/campaign_id", "a string, not an integer"},
		{"campaigns", "get", `{"campaign_id":7.5}`, query.TypeMismatch, "/campaign_id", "a number, not an integer"},
		{"campaigns", "get", `{"campaign_id":0}`, query.InvalidOperand, "/campaign_id", "the least is 1"},
		{"campaigns", "get", `{"id":7}`, connector.UnknownParameter, "/id", "there are: campaign_id"},
		{"campaigns", "get", `{"campaignid":7}`, connector.UnknownParameter, "/campaignid", `did you mean "campaign_id"?`},
		{"campaigns", "get", `{"campaign_id":1,"campaign_id":2}`, query.InvalidOperand, "/campaign_id", "given twice"},
		{"campaigns", "get", `{"campaign_id":1,"campaign_id_":2}`, query.InvalidOperand, "/campaign_id", "given twice"},
		{"campaigns", "get", `{"campaign_id":1`, query.InvalidOperand, "", "no JSON"},
		{"campaigns", "get", `{"campaign_id":1} {}`, query.InvalidOperand, "", "something after"},
		{"campaigns", "get", `{'campaign_id': 1}`, query.InvalidOperand, "", "looks like Python"},
		{"campaigns", "get", `[7]`, query.InvalidOperand, "", "an array, not an object"},
		{"campaign_actions", "get", `{"campaign_id":1,"action_id":"x9"}`, query.InvalidOperand, "/action_id", "no whole number"},
		{"messages", "get", `{"message_id":""}`, query.InvalidOperand, "/message_id", "empty"},
		{"messages", "get", `{"message_id":".."}`, query.InvalidOperand, "/message_id", "cannot stand in a path"},
		{"messages", "get", `{"message_id":"../campaigns"}`, query.InvalidOperand, "/message_id", "cannot stand in a path"},
		{"messages", "list", `{"limit":1001}`, query.TooLarge, "/limit", "the most is 1000"},
		{"messages", "list", `{"start_ts":1700000001,"end_ts":1700000000}`, query.InvalidOperand, "/end_ts", `swap them; for example {"start_ts":1700000000,"end_ts":1700000001}`},
		{"messages", "list", `{"limit":0}`, query.InvalidOperand, "/limit", "the least is 1"},
		{"messages", "list", `{"limit":"50"}`, query.TypeMismatch, "/limit", "a string, not an integer"},
		{"messages", "list", `{"type":"sms"}`, query.InvalidOperand, "/type", "email, webhook, twilio"},
		{"messages", "list", `{"type":"emial"}`, query.InvalidOperand, "/type", `did you mean "email"? type is one of`},
		{"messages", "list", `{"metric":"open"}`, query.InvalidOperand, "/metric", "opened"},
		{"messages", "list", `{"start":"a","cursor":"b"}`, query.InvalidOperand, "/start", "given twice"},
		{"activities", "list", `{"limit":101}`, query.TooLarge, "/limit", "at most 100"},
		{"newsletters", "list", `{"sort":"down"}`, query.InvalidOperand, "/sort", "asc, desc"},
		{"segments", "create", `{}`, connector.MissingParameter, "/segment", `{"segment":{"name":"VIP"}}`},
		{"segments", "create", `{"segment":{}}`, connector.MissingParameter, "/segment/name", "segment.name is missing"},
		{"segments", "create", `{"segment":{"name":5}}`, query.TypeMismatch, "/segment/name", "an integer, not a string"},
		{"segments", "create", `{"segment":{"name":"  "}}`, query.InvalidOperand, "/segment/name", "blank"},
		{"segments", "create", `{"segment":{"name":"a","nam":"b"}}`, connector.UnknownParameter, "/segment/nam", `did you mean "name"?`},
		{"segments", "create", `{"name":"a"}`, connector.UnknownParameter, "/name", "segment"},
		{"snippets", "create", `{"name":"` + strings.Repeat("ü", 151) + `","value":"x"}`, query.TooLarge, "/name", "the most is 150"},
		{"snippets", "update", `{"name":"a","value":"` + strings.Repeat("x", 16_001) + `"}`, query.TooLarge, "/value", "the most is 16000"},
		{"snippets", "create", `{"name":" ","value":"x"}`, query.InvalidOperand, "/name", "blank"},
		{"collections", "create", `{"name":"a"}`, connector.MissingParameter, "/data", "one of data, url is needed"},
		{"collections", "create", `{"name":"a","data":[{}],"url":"https://example.com"}`, connector.Conflict, "/url", "cannot be given together with data"},
		{"collections", "create", `{"name":"a","data":[1]}`, query.TypeMismatch, "/data/0", "not only objects"},
		{"collections", "create", `{"name":"a","data":[{},{"a":"` + strings.Repeat("x", 10<<10) + `"}]}`, query.TooLarge, "/data/1", "the most is 10240"},
		{"collections", "create", `{"name":"a","data":[` + strings.Repeat(`{"a":"`+strings.Repeat("x", 10_000)+`"},`, 1100) + `{}]}`, query.TooLarge, "/data", "the most is 10485760"},
		{"collections", "create", `{"name":"a","url":"ftp://example.com"}`, query.InvalidOperand, "/url", "https://"},
		{"collections", "update", `{"collection_id":1}`, connector.MissingParameter, "/name", "one of name, data, url"},
		{"reporting_webhooks", "create", `{"name":"a","endpoint":"https://example.com","events":[]}`, query.InvalidOperand, "/events", "at least 1"},
		{"reporting_webhooks", "create", `{"name":"a","endpoint":"https://example.com","events":["a",5]}`, query.TypeMismatch, "/events/1", "an integer"},
		{"reporting_webhooks", "create", `{"name":"a","endpoint":"example.com","events":["a"]}`, query.InvalidOperand, "/endpoint", "https://"},
		{"exports", "create", `{"filters":{}}`, query.InvalidOperand, "/filters", "exactly one of and, or, not, segment and attribute, not 0"},
		{"exports", "create", `{"filters":{"segment":{"id":1},"not":{}}}`, query.InvalidOperand, "/filters/not", "not 0"},
		{"exports", "create", `{"filters":{"and":[{"segment":{"id":"3"}}]}}`, query.InvalidOperand, "/filters/and/0/segment", `{"id":3}`},
		{"exports", "create", `{"filters":{"or":[]}}`, query.InvalidOperand, "/filters/or", "not empty"},
		{"exports", "create", `{"filters":{"attribute":{"field":"a","operator":"gt","value":1}}}`, query.InvalidOperand, "/filters/attribute/operator", "eq or exists"},
		{"exports", "create", `{"filters":{"attribute":{"field":"a","operator":"eq"}}}`, query.InvalidOperand, "/filters/attribute/value", "needs a value"},
		{"exports", "create", `{"filters":{"eq":{"a":1}}}`, query.InvalidOperand, "/filters/eq", "none of and, or, not"},
		{"exports", "create", `{"filters":` + strings.Repeat(`{"not":`, 70) + `{"segment":{"id":1}}` + strings.Repeat(`}`, 70) + `}`, query.InvalidOperand, "/filters" + strings.Repeat("/not", 65), "nests more than 64"},
		{"transactional_message_contents", "update", `{"transactional_id":1,"content_id":2}`, connector.MissingParameter, "/body", "one of body, from_id"},
		{"transactional_message_contents", "update", `{"transactional_id":1,"content_id":2,"headers":[{"name":"a","valeu":"b"}]}`, connector.UnknownParameter, "/headers/0/valeu", `did you mean "value"?`},
		{"transactional_message_contents", "update", `{"transactional_id":1,"content_id":2,"headers":{"a":"b"}}`, query.TypeMismatch, "/headers", "an object, not an array"},
		{"transactional_email", "create", email(`,"identifiers_":{}`), query.InvalidOperand, "/identifiers", "given twice"},
		{"transactional_email", "create", `{"transactional_message_id":1,"to":"a@b.c","identifiers":{}}`, query.InvalidOperand, "/identifiers", "exactly one of id, email and cio_id is needed, not 0"},
		{"transactional_email", "create", `{"transactional_message_id":1,"to":"a@b.c","identifiers":{"id":"1","email":"a@b.c"}}`, query.InvalidOperand, "/identifiers", "not 2"},
		{"transactional_email", "create", `{"transactional_message_id":1,"to":"a@b.c","identifiers":{"id":42}}`, query.InvalidOperand, "/identifiers/id", "must be a text"},
		{"transactional_email", "create", `{"transactional_message_id":1,"to":"a@b.c","identifiers":{"phone":"1"}}`, query.InvalidOperand, "/identifiers/phone", "none of id, email and cio_id"},
		{"transactional_email", "create", `{"to":"a@b.c","identifiers":{"id":"1"},"subject":"x","body":"y"}`, connector.MissingParameter, "/transactional_message_id", "body, subject, from are all needed"},
		{"transactional_email", "create", `{"transactional_message_id":1,"to":"nobody","identifiers":{"id":"1"}}`, query.InvalidOperand, "/to", "no list of mail addresses"},
		{"transactional_email", "create", email(`,"bcc":"` + strings.Repeat("a@example.com, ", 14) + `a@example.com"`), query.TooLarge, "/bcc", "at most 15 addresses"},
		{"transactional_email", "create", email(`,"cc":"` + strings.Repeat("a@example.com,", 8) + `a@example.com","bcc":"` + strings.Repeat("a@example.com,", 5) + `a@example.com"`), query.TooLarge, "/bcc", "16 addresses"},
		{"transactional_email", "create", email(`,"headers":{"X-Ü":"a"}`), query.InvalidOperand, "/headers/X-Ü", "ASCII"},
		{"transactional_email", "create", email(`,"headers":{"X-A":"a\r\nBcc: b"}`), query.InvalidOperand, "/headers/X-A", "one line"},
		{"transactional_email", "create", email(`,"headers":[{"name":"a","value":"b"}]`), query.TypeMismatch, "/headers", "an array, not an object"},
		{"transactional_email", "create", email(`,"attachments":{"a/b.txt":"§"}`), query.InvalidOperand, "/attachments/a~1b.txt", "no base64"},
		{"transactional_email", "create", email(`,"attachments":{"a":"` + base64.StdEncoding.EncodeToString(make([]byte, 2<<20)) + `"}`), query.TooLarge, "/attachments", "at most 2097151 bytes"},
		{"transactional_email", "create", email(`,"attachments":{"a":"` + base64.StdEncoding.EncodeToString(make([]byte, 1600<<10)) + `"}`), query.TooLarge, "/attachments", "the request has"},
		{"transactional_email", "create", email(fmt.Sprintf(`,"send_at":%d`, in90days+1)), query.TooLarge, "/send_at", "more than 90 days ahead"},
		{"transactional_email", "create", email(`,"tracked":"yes"`), query.TypeMismatch, "/tracked", "a string, not a boolean"},
		{"transactional_email", "create", email(`,"plaintext_body":"x"`), connector.UnknownParameter, "/plaintext_body", "body_plain"},
		{"transactional_sms", "create", `{"to":"+15551234567","identifiers":{"id":"1"}}`, connector.MissingParameter, "/transactional_message_id", "missing"},
		{"transactional_sms", "create", `{"transactional_message_id":1,"to":"555 1234","identifiers":{"id":"1"}}`, query.InvalidOperand, "/to", "E.164"},
		{"transactional_push", "create", `{"title":"x"}`, connector.MissingParameter, "/identifiers", `{"identifiers":{"id":"42"}}`},
		{"transactional_inbox_message", "create", `{"identifiers":{"id":"1"}}`, connector.MissingParameter, "/transactional_message_id", "missing"},
		{"broadcast_trigger", "create", `{}`, connector.MissingParameter, "/campaign_id", "missing"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"ids":["1"],"emails":["a@b.c"]}`, connector.Conflict, "/emails", "cannot be given together with ids"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"ids":` + strings10k(10_001) + `}`, query.TooLarge, "/ids", "the most is 10000"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"emails":` + strings10k(10_001) + `}`, query.TooLarge, "/emails", "the most is 10000"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"ids":[]}`, query.InvalidOperand, "/ids", "names nobody"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"recipients":{}}`, query.InvalidOperand, "/recipients", "leave it out if everybody is meant"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"recipients":null}`, query.InvalidOperand, "/recipients", "names nobody"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"ids":null}`, query.InvalidOperand, "/ids", "names nobody"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"emails":null}`, query.InvalidOperand, "/emails", "names nobody"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"emails":[]}`, query.InvalidOperand, "/emails", "names nobody"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"per_user_data":null}`, query.InvalidOperand, "/per_user_data", "names nobody"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"per_user_data":[]}`, query.InvalidOperand, "/per_user_data", "names nobody"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"data_file_url":null}`, query.InvalidOperand, "/data_file_url", "names nobody"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"data_file_url":""}`, query.InvalidOperand, "/data_file_url", "names nobody"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"ids":[42]}`, query.TypeMismatch, "/ids/0", "an integer, not only strings"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"ids":["a",""]}`, query.InvalidOperand, "/ids/1", "empty text"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"per_user_data":[{"id":"1"},{"id":"1","email":"a@b.c"}]}`, query.InvalidOperand, "/per_user_data/1", "exactly one of id and email"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"per_user_data":[{"id":"1","name":"x"}]}`, query.InvalidOperand, "/per_user_data/0/name", "none of id, email and data"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"per_user_data":[` + strings.Repeat(`{"id":"1"},`, 10_000) + `{"id":"1"}]}`, query.TooLarge, "/per_user_data", "the most is 10000"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"data":{"a":"` + strings.Repeat("x", 50_000) + `"}}`, query.TooLarge, "/data", "the most is 50000"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"recipients":{"segment":{"id":1},"attribute":{"field":"a","operator":"exists"}}}`, query.InvalidOperand, "/recipients", "not 2"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"data_file_url":"people.jsonl"}`, query.InvalidOperand, "/data_file_url", "https://"},
		{"broadcast_trigger", "create", `{"campaign_id":1,"per_user_data":[{"id":"1","data":{"a":"` + strings.Repeat("x", 26<<20) + `"}}]}`, query.TooLarge, "/per_user_data", "the most is 26214400"},
	} {
		_, err := preview(tt.entity, tt.action, tt.params)
		wantError(t, err, connector.ValidationError, tt.code, tt.at, tt.text, "for example {")
		e, _ := errors.AsType[*connector.Error](err)
		field := strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(tt.at, "/"), "/", "."), "~1", "/")
		if field == "" {
			field = "params"
		}
		if e != nil && e.Field != field {
			t.Errorf("%s: field %q, want %q", tt.at, e.Field, field)
		}
	}
}

// TestTheBoundsThemselvesAreAllowed: one more would not be.
func TestTheBoundsThemselvesAreAllowed(t *testing.T) {
	preview := previewer(t)
	for _, tt := range []struct{ entity, action, params string }{
		{"messages", "list", `{"limit":1000}`},
		{"messages", "list", `{"start_ts":1700000000,"end_ts":1700000000}`},
		{"activities", "list", `{"limit":100}`},
		{"campaigns", "list", `{"limit":1,"whatever":[]}`},
		{"campaigns", "get", `{"campaign_id":9007199254740993}`},
		{"campaigns", "get", `{"campaign_id":7.0}`},
		{"snippets", "create", `{"name":"` + strings.Repeat("ü", 150) + `","value":"` + strings.Repeat("x", 16_000) + `"}`},
		{"transactional_email", "create", email(`,"bcc":"` + strings.Repeat("a@example.com, ", 13) + `Ann B. <a@example.com>"`)},
		{"transactional_email", "create", email(fmt.Sprintf(`,"send_at":%d`, today.Unix()+90*86400))},
		{"transactional_email", "create", email(`,"send_at":1`)},
		{"transactional_email", "create", email(`,"attachments":{"a":"` + base64.StdEncoding.EncodeToString(make([]byte, 1500<<10)) + `"}`)},
		{"transactional_email", "create", `{"to":"{{customer.email}}","identifiers":{"id":"1"},"body":"","subject":"","from":"a@b.c"}`},
		{"transactional_sms", "create", `{"transactional_message_id":"x","to":"{{customer.phone}}","identifiers":{"id":"1"}}`},
		{"transactional_push", "create", `{"identifiers":{"id":"1"}}`},
		{"broadcast_trigger", "create", `{"campaign_id":1,"ids":` + strings10k(10_000) + `}`},
		{"broadcast_trigger", "create", `{"campaign_id":1,"data":{"a":"` + strings.Repeat("x", 49_992) + `"}}`},
		{"collections", "update", `{"collection_id":1,"data":[]}`},
		{"transactional_message_contents", "update", `{"transactional_id":1,"content_id":2,"reply_to_id":null}`},
		{"exports", "create", `{"filters":{"attribute":{"field":"id","operator":"exists"}}}`},
	} {
		if _, err := preview(tt.entity, tt.action, tt.params); err != nil {
			t.Errorf("%s %s %.80s: %v", tt.entity, tt.action, tt.params, err)
		}
	}
}

// TestWhatIsAllowedAndPerhapsNotMeant: it is done, with a word about it.
func TestWhatIsAllowedAndPerhapsNotMeant(t *testing.T) {
	c := liveConnector(t, nil, nil, func() time.Time { return today })
	for _, tt := range []struct{ entity, action, params, warning string }{
		{"messages", "list", `{"typ":"email"}`, "typ is not a parameter of messages list and was ignored; did you mean type?"},
		{"messages", "list", `{"metrics":"bounced"}`, "metrics is not a parameter of messages list and was ignored; did you mean metric?"},
		{"messages", "list", `{"tpye":"email","zzzzzzzz":1}`, "tpye is not a parameter of messages list and was ignored; did you mean type?; " +
			"zzzzzzzz is not a parameter of messages list and was ignored"},
		{"campaigns", "list", `{"limit":1}`, ""},
		{"campaigns", "list", `{"offset":1}`, "offset is not a parameter of campaigns list and was ignored"},
		{"newsletters", "list", `{"limit":1,"cursor":"a","sort":"asc"}`, ""},
		{"transactional_email", "create", email(fmt.Sprintf(`,"send_at":%d`, today.Unix()-1)), "send_at lies in the past: it is sent at once"},
		{"transactional_email", "create", email(fmt.Sprintf(`,"send_at":%d`, today.Unix()+1)), ""},
	} {
		call, err := c.Preview(t.Context(), connector.Request{Entity: tt.entity, Action: tt.action, Params: json.RawMessage(tt.params)})
		if err != nil || call.Warning != tt.warning {
			t.Errorf("%s: %q, %v; want %q", tt.params, call.Warning, err, tt.warning)
		}
	}
}

// TestEveryParameterOfEveryAction: the example that errors show is accepted, and a
// value of a wrong type is refused at its place with that example.
func TestEveryParameterOfEveryAction(t *testing.T) {
	preview := previewer(t)
	n := 0
	for _, e := range catalog.Default().Entities() {
		for _, a := range e.Actions {
			if a.Method == "" {
				continue
			}
			for _, p := range a.Params {
				if strings.Contains(p.Name, ".") {
					continue
				}
				n++
				whole := map[string]json.RawMessage{p.Name: json.RawMessage(p.Sample())}
				for _, q := range a.Params {
					if (q.Required || q.Unless != nil) && !strings.Contains(q.Name, ".") {
						whole[q.Name] = json.RawMessage(q.Sample())
					}
				}
				for _, g := range a.Groups {
					if q := g.Of[0]; g.Min > 0 && !strings.Contains(strings.Join(g.Of, " ")+" ", p.Name+" ") {
						i := 0
						for a.Params[i].Name != q {
							i++
						}
						whole[q] = json.RawMessage(a.Params[i].Sample())
					}
				}
				params, err := json.Marshal(whole)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := preview(e.Name, a.Name, string(params)); err != nil {
					t.Errorf("%s %s %s: %v", e.Name, a.Name, params, err)
				}
				wrong := `{"wrong":1.5}`
				if p.Types[0] == catalog.Object {
					wrong = `1.5`
				}
				_, err = preview(e.Name, a.Name, `{"`+p.Name+`":`+wrong+`}`)
				sample := p.Sample()
				if p.Name == "send_at" {
					sample = fmt.Sprint(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).Unix()) // tomorrow, whenever the catalog was written
				}
				wantError(t, err, connector.ValidationError, query.TypeMismatch, "/"+p.Name, `for example {"`+p.Name+`":`+sample+`}`)
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d parameters were tried", n)
	}
}

// TestErrorsDoNotRepeatWhatIsPersonal: they end up in logs.
func TestErrorsDoNotRepeatWhatIsPersonal(t *testing.T) {
	preview := previewer(t)
	for _, params := range []string{
		`{"transactional_message_id":1,"to":"s3cret at example.com","identifiers":{"id":"1"}}`,
		`{"transactional_message_id":1,"to":"a@b.c","identifiers":"s3cret"}`,
		email(`,"send_at":"s3cret"`), email(`,"attachments":{"a":"s3cret!"}`), email(`,"from":["s3cret"]`),
	} {
		_, err := preview("transactional_email", "create", params)
		if err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", params, err)
		}
	}
}

func TestAPreviewShowsTheRequestWithoutTheKey(t *testing.T) {
	c := liveConnector(t, nil, nil, func() time.Time { return today })
	preview := previewer(t)
	got, err := preview("messages", "list", `{"type":"email","limit":5}`)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := json.Marshal(got)
	if want := `{"method":"GET","path":"/v1/messages?limit=5\u0026type=email","headers":{"Accept":"application/json","Authorization":"Bearer [key]"}}`; string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	got, err = preview("snippets", "update", `{"name":"a","value":"b"}`)
	b, _ = json.Marshal(got)
	if want := `{"method":"PUT","path":"/v1/snippets","headers":{"Accept":"application/json","Authorization":"Bearer [key]","Content-Type":"application/json"},"body":{"name":"a","value":"b"}}`; err != nil || string(b) != want {
		t.Errorf("got  %s, %v\nwant %s", b, err, want)
	}
	_, err = preview("campaigns", "search", ``)
	wantError(t, err, connector.ValidationError, query.NotSupported, "", "no request goes out")
	_, err = c.Preview(t.Context(), connector.Request{Entity: "segments", Action: "create", Source: connector.FromMirror})
	wantError(t, err, connector.ValidationError, query.NotSupported, "", "goes to the API")
	_, err = c.Preview(t.Context(), connector.Request{Entity: "segments", Action: "list", Source: connector.FromMirror})
	wantError(t, err, connector.ValidationError, query.NotSupported, "", "no request goes out")
	_, err = preview("campaigns", "lst", ``)
	wantError(t, err, connector.ValidationError, connector.UnknownAction, "", `did you mean "list"?`)
}

// FuzzParams: whatever comes, it is refused with its place and a hint, or it becomes a
// request that the API can read.
func FuzzParams(f *testing.F) {
	now := func() time.Time { return today }
	cat := catalog.Default()
	c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{}), nil, connector.Options{InstanceID: "x", Now: now})
	if err != nil {
		f.Fatal(err)
	}
	var calls [][2]string
	for _, e := range cat.Entities() {
		for _, a := range e.Actions {
			if a.Method == "" {
				continue
			}
			for _, p := range a.Params {
				f.Add(uint8(len(calls)), []byte(`{"`+p.Name+`":`+p.Sample()+`}`))
			}
			calls = append(calls, [2]string{e.Name, a.Name})
		}
	}
	f.Add(uint8(0), []byte(`{"campaign_id":1e400}`))
	f.Add(uint8(0), []byte(`{"a":"\ud800"}`))
	f.Add(uint8(0), []byte(`{""`))
	f.Fuzz(func(t *testing.T, which uint8, params []byte) {
		call := calls[int(which)%len(calls)]
		got, err := c.Preview(t.Context(), connector.Request{Entity: call[0], Action: call[1], Params: params})
		if err != nil {
			e, ok := errors.AsType[*connector.Error](err)
			if !ok || e.Type != connector.ValidationError || e.Field == "" || e.Hint == "" {
				t.Errorf("%v %q: %v (%+v)", call, params, err, e)
			}
			return
		}
		if u, err := url.Parse(got.Path); err != nil || !strings.HasPrefix(got.Path, "/v1/") || strings.ContainsAny(got.Path, "{} ") || path.Clean(u.Path) != u.Path {
			t.Errorf("%v %q: path %q", call, params, got.Path)
		}
		if got.Body != nil && !json.Valid(got.Body) {
			t.Errorf("%v %q: body %q", call, params, got.Body)
		}
	})
}
