package sim

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

const email = `"to":"ada@example.com","identifiers":{"email":"ada@example.com"}`

func TestASendBecomesADeliveryAfterAWhile(t *testing.T) {
	w := newWorld(t)
	before := len(w.walk("/v1/messages?limit=1000", "messages"))
	a := w.do("POST", "/v1/send/email", `{`+email+`,"transactional_message_id":"ORDER_receipt"}`)
	a.want(t, 200, `{"delivery_id":"`, `"queued_at":`+id(start.Unix())+`}`)
	delivery := a.decode(t)["delivery_id"].(string)
	w.get("/v1/messages/"+url.PathEscape(delivery)).want(t, 404)
	w.Advance(3 * time.Second)
	w.get("/v1/messages/"+url.PathEscape(delivery)).want(t, 200, `"campaign_id":null`, `"email":"ada@example.com"`, `"recipient":"ada@example.com"`, `"created":`+id(start.Unix()))
	if n := len(w.walk("/v1/messages?limit=1000", "messages")); n != before+1 {
		t.Errorf("%d deliveries, want %d", n, before+1)
	}
	w.get("/v1/transactional/1/messages").want(t, 200, delivery)
	w.Advance(10 * time.Minute)
	w.get("/v1/messages/"+url.PathEscape(delivery)).want(t, 200, `"attempted":`)
}

func TestScheduledAndDraftedSends(t *testing.T) {
	w := newWorld(t)
	later := id(start.Unix() + 3600)
	a := w.do("POST", "/v1/send/email", `{`+email+`,"transactional_message_id":1,"send_at":`+later+`}`)
	a.want(t, 200, `"send_at":`+later)
	path := "/v1/messages/" + url.PathEscape(a.decode(t)["delivery_id"].(string))
	w.do("POST", "/v1/send/email", `{`+email+`,"transactional_message_id":1,"queue_draft":true}`).want(t, 200)
	w.do("POST", "/v1/send/email", `{`+email+`,"transactional_message_id":1,"send_at":`+id(start.Unix()+91*86400)+`}`).want(t, 400)
	w.Advance(30 * time.Minute)
	w.get(path).want(t, 404)
	if n := len(w.walk("/v1/messages?drafts=true", "messages")); n != 8 {
		t.Errorf("%d drafts, want 8", n)
	}
	w.Advance(31 * time.Minute)
	w.get(path).want(t, 200)
}

func TestSendsAreChecked(t *testing.T) {
	w := newWorld(t)
	many := strings.Repeat("a@example.com,", 15) + "b@example.com"
	for _, c := range []struct{ path, body, says string }{
		{"email", `nonsense`, "Request entity must be JSON encoded and not exceed 2048 KB."},
		{"email", `{"body":"` + strings.Repeat("x", 2048<<10) + `"}`, "Request entity must be JSON encoded"},
		{"email", `{"to":"a@example.com","transactional_message_id":1}`, "identifiers"},
		{"email", `{"to":"a@example.com","transactional_message_id":1,"identifiers":{"id":"1","email":"a@b.test"}}`, "identifiers"},
		{"email", `{"to":"a@example.com","transactional_message_id":1,"identifiers":{"id":1}}`, "as a string"},
		{"email", `{` + email + `}`, `{"meta":{"errors":["missing required field: \"body\"","missing`},
		{"email", `{"identifiers":{"id":"1"},"transactional_message_id":1}`, `{"meta":{"error":"missing required field: \"to\""}}`},
		{"email", `{` + email + `,"transactional_message_id":99}`, `\"transactional_message_id\" not found.`},
		{"email", `{` + email + `,"transactional_message_id":"sign_in_code"}`, "another channel"},
		{"email", `{"to":"` + many + `","identifiers":{"id":"1"},"transactional_message_id":1}`, "at most 15"},
		{"email", `{` + email + `,"body":"b","subject":"s","from":"x@unverified.test"}`, "domain has not been verified"},
		{"sms", `{"to":"5551234","identifiers":{"id":"1"},"transactional_message_id":3}`, "E.164"},
		{"sms", `{"to":"+15551234567","identifiers":{"id":"1"}}`, "transactional_message_id"},
		{"push", `{"identifiers":{"id":"1"}}`, "transactional_message_id"},
		{"inbox_message", `{"identifiers":{"id":"1"},"transactional_message_id":1}`, "another channel"},
	} {
		w.do("POST", "/v1/send/"+c.path, c.body).want(t, 400, `{"meta":{"error`, c.says)
	}
	w.do("POST", "/v1/send/email", `{`+email+`,"transactional_message_id":1,"attachments":{"a":"`+strings.Repeat("A", 2048<<10)+`"}}`).want(t, 413, `{"meta":`)
	for path, body := range map[string]string{
		"email":         `{` + email + `,"body":"b","subject":"s","from":"x@example.com"}`,
		"sms":           `{"to":"+15551234567","identifiers":{"id":"1001"},"transactional_message_id":3}`,
		"push":          `{"identifiers":{"id":"1001"},"transactional_message_id":"4"}`,
		"inbox_message": `{"identifiers":{"cio_id":"x"},"transactional_message_id":5}`,
		"whatsapp":      `{"identifiers":{"id":"1001"},"transactional_message_id":1}`,
	} {
		w.do("POST", "/v1/send/"+path, body).want(t, 200, `"delivery_id"`)
	}
}

func TestTriggersReachPeopleAndLeaveARecord(t *testing.T) {
	w := newWorld(t)
	b := id(w.tables["broadcasts"].rows[0].id)
	path := "/v1/campaigns/" + b + "/triggers"
	a := w.do("POST", path, `{"ids":["1001","1002","nobody"],"id_ignore_missing":true,"data":{"x":1}}`)
	a.want(t, 200, `{"id":3}`)
	w.do("POST", path, `{}`).want(t, 429, "rate limited to 1 requests per 10s")
	w.get(path+"/3").want(t, 200, `{"id":"3"`, `"processed_at":null`, `"recipients_count":2`)
	w.get(path+"/3/errors").want(t, 200, `{"errors":["line 3: no person with id \"nobody\""],"next":""}`)
	w.Advance(40 * time.Second)
	w.get("/v1/broadcasts/"+b+"/triggers").want(t, 200, `{"id":3,"broadcast_id":`+b, `"processed_at":`+id(start.Unix()+30))
	n := 0
	for _, m := range w.walk(fmt.Sprintf("/v1/broadcasts/%s/messages?start_ts=%d", b, start.Unix()+30), "messages") {
		if c := m["customer_id"]; c == "1001" || c == "1002" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d deliveries, want 2", n)
	}
}

func TestTriggersAreRefused(t *testing.T) {
	w := newWorld(t)
	path := "/v1/campaigns/" + id(w.tables["broadcasts"].rows[0].id) + "/triggers"
	ids := `["1001"` + strings.Repeat(`,"1001"`, 10_000) + `]`
	for body, says := range map[string]string{
		`{"recipients":{}}`: "empty recipients filter is not valid",
		`{"recipients":{"segment":{"id":1}},"id_ignore_missing":true}`: "id_ignore_missing is not allowed",
		`{"ids":["1001"],"emails":["a@example.com"]}`:                  "only one kind",
		`{"emails":["a@example.com"],"id_ignore_missing":true}`:        "not allowed",
		`{"ids":` + ids + `}`:                           "cannot exceed 10000",
		`{"ids":["nobody"]}`:                            "errors endpoint for trigger 3",
		`{"recipients":{"a":1,"b":2}}`:                  "Invalid filter spec",
		`{"data":"` + strings.Repeat("x", 50000) + `"}`: "50000 bytes",
	} {
		w.do("POST", path, body).want(t, 422, says, `"source":{"pointer":"/data/attributes/`, `"status":"422"`)
		w.Advance(10 * time.Second)
	}
	w.do("POST", "/v1/campaigns/1/triggers", `{}`).want(t, 404)
}

func TestFiveTriggersMayWait(t *testing.T) {
	w := newWorld(t)
	path := "/v1/campaigns/" + id(w.tables["broadcasts"].rows[0].id) + "/triggers"
	w.o.Now = func() time.Time { return start }
	for i := range 3 {
		w.do("POST", path, `{}`).want(t, 200)
		if i < 2 {
			w.Advance(10 * time.Second)
		}
	}
	for range 2 { // as if the queue were slower
		w.triggers[w.tables["broadcasts"].rows[0].id] = append(w.triggers[w.tables["broadcasts"].rows[0].id], &trigger{id: 90, created: 1})
	}
	w.gate.triggers = map[string]int64{}
	w.do("POST", path, `{}`).want(t, 429, "at most 5")
}

// TestSentAndGeneratedDeliveriesStandInOneOrder pages through a list in which both
// kinds are mixed, with a page size that falls anywhere.
func TestSentAndGeneratedDeliveriesStandInOneOrder(t *testing.T) {
	w := newWorld(t)
	path := "/v1/campaigns/" + id(w.tables["broadcasts"].rows[0].id) + "/triggers"
	want := 4000
	for range 3 {
		a := w.do("POST", path, `{"recipients":{"attribute":{"field":"plan","operator":"eq","value":"team"}}}`)
		a.want(t, 200)
		n := w.object(path + "/" + id(num(t, a.decode(t)["id"])))["recipients_count"]
		want += int(num(t, n))
		w.Advance(17 * time.Hour)
	}
	for range w.Records("messages") {
		want--
	}
	generated := -want // what came by itself meanwhile
	from := start.Unix() - 5*86400
	for _, limit := range []int{37, 1000} {
		seen, last, sent := map[any]bool{}, int64(1<<62), 0
		for _, m := range w.walk(fmt.Sprintf("/v1/messages?start_ts=%d&limit=%d", from, limit), "messages") {
			at := num(t, m["created"])
			if at > last {
				t.Fatalf("limit %d: %d comes after %d", limit, at, last)
			}
			if seen[m["id"]] {
				t.Fatalf("limit %d: %v came twice", limit, m["id"])
			}
			seen[m["id"]], last = true, at
			if m["broadcast_id"] != nil && at > start.Unix() {
				sent++
			}
		}
		if sent < 100 || generated < 20 || len(seen) < sent+generated {
			t.Errorf("limit %d: %d rows, %d of broadcasts, %d generated", limit, len(seen), sent, generated)
		}
	}
}
