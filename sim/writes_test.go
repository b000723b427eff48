package sim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestSnippetRules(t *testing.T) {
	w := newWorld(t)
	long := func(n int) string { return strings.Repeat("é", n) }
	for _, c := range []struct{ method, name, value, detail, pointer string }{
		{"POST", " ", "x", "name cannot be blank", "/name"},
		{"PUT", long(151), "x", "name cannot exceed 150 characters", "/name"},
		{"POST", "footer ", "x", "A snippet with that name already exists", "/name"},
		{"PUT", "a", "\n", "value cannot be blank", "/value"},
		{"POST", "a", long(16001), "value cannot exceed 16000 characters", "/value"},
		{"PUT", "a", `{%- snippet "footer" %}`, "Snippets cannot contain Liquid code referencing other snippets.", "/value"},
	} {
		body, _ := json.Marshal(map[string]string{"name": c.name, "value": c.value})
		a := w.do(c.method, "/v1/snippets", string(body))
		if want := fmt.Sprintf(`{"errors":[{"detail":%q,"source":{"pointer":%q},"status":"422"}]}`, c.detail, c.pointer); a.status != 422 || a.raw != want {
			t.Errorf("%s %.20q: %d %s, want %s", c.method, c.name, a.status, a.raw, want)
		}
	}
	w.Advance(time.Minute)
	w.do("POST", "/v1/snippets", `{"name":" "`).want(t, 400)
	w.do("POST", "/v1/snippets", `{"name":" new ","value":" {% if a %}x{% endif %}\n"}`).want(t, 200, `"name":"new","value":"{% if a %}x{% endif %}","updated_at":`+id(w.Now().Unix()))
	w.do("PUT", "/v1/snippets", `{"name":"new","value":"y"}`).want(t, 200, `"value":"y"`)
	w.do("PUT", "/v1/snippets", `{"name":"made by put","value":"z"}`).want(t, 200)
	if n := len(w.tables["snippets"].rows); n != 12 {
		t.Errorf("%d snippets, want 12", n)
	}
	w.do("DELETE", "/v1/snippets/footer", "").want(t, 400, "unable to delete snippet in use")
	w.do("DELETE", "/v1/snippets/legal%2Fde", "").want(t, 204)
	w.do("DELETE", "/v1/snippets/made%20by%20put", "").want(t, 204)
}

func TestSegmentsAreMadeManualAndDeletedWhenUnused(t *testing.T) {
	w := newWorld(t)
	a := w.do("POST", "/v1/segments", `{"segment":{"name":"Mine","description":"d"}}`)
	a.want(t, 200, `{"segment":{"id":16,"deduplicate_id":"16:`, `"type":"manual"`, `"description":"d"`)
	w.do("POST", "/v1/segments", `{"name":"Mine"}`).want(t, 400)
	w.do("DELETE", "/v1/segments/16", "").want(t, 204)
	w.do("DELETE", "/v1/segments/16", "").want(t, 404)
	w.do("DELETE", "/v1/segments/1", "").want(t, 400)
	w.get("/v1/segments/1/used_by").want(t, 200, `{"used_by":{"campaigns":[3`)
	w.get("/v1/sender_identities/1/used_by").want(t, 200, `{"campaigns":[3`)
}

func TestCollectionsTakeDataOrURL(t *testing.T) {
	w := newWorld(t)
	row := `{"k":"` + strings.Repeat("x", 10<<10) + `"}`
	for _, body := range []string{`{"name":"c"}`, `{"name":"c","data":[],"url":"https://x.test/a.csv"}`, `{"data":[]}`, `{"name":"c","data":[1]}`,
		`{"name":"c","url":"nope"}`, `{"name":"c","data":[` + row + `]}`} {
		w.do("POST", "/v1/collections", body).want(t, 400)
	}
	a := w.do("POST", "/v1/collections", `{"name":"c","data":[{"b":1,"a":"é"},{"c":null}]}`)
	a.want(t, 200, `"rows":2,"schema":["a","b","c"]`)
	path := "/v1/collections/" + id(num(t, a.decode(t)["collection"].(map[string]any)["id"]))
	if got := w.get(path + "/content").raw; got != `[{"b":1,"a":"é"},{"c":null}]` {
		t.Errorf("the contents are %s", got)
	}
	w.do("PUT", path, `{"name":"d"}`).want(t, 200, `"name":"d"`, `"rows":2`)
	w.do("PUT", path+"/content", `[{"z":1}]`).want(t, 200, `"rows":1,"schema":["z"]`)
	w.do("DELETE", path, "").want(t, 204)
}

func TestReportingWebhooksAreBareAndReplaced(t *testing.T) {
	w := newWorld(t)
	for _, body := range []string{`{"endpoint":"https://h.test","events":["email_sent"]}`, `{"name":"h","events":["email_sent"]}`,
		`{"name":"h","endpoint":"https://h.test","events":[]}`} {
		w.do("POST", "/v1/reporting_webhooks", body).want(t, 400)
	}
	w.do("POST", "/v1/reporting_webhooks", `{"name":"h","endpoint":"https://h.test","events":["email_sent"],"with_content":true}`).
		want(t, 200, `{"id":2,"name":"h"`, `"with_content":true`)
	w.do("PUT", "/v1/reporting_webhooks/2", `{"name":"h","endpoint":"https://h.test","events":["email_sent"]}`).want(t, 200, `"with_content":false`)
	if a := w.do("DELETE", "/v1/reporting_webhooks/2", ""); a.status != 200 || a.raw != "" {
		t.Errorf("delete answered %d %q", a.status, a.raw)
	}
}

func TestExportsBecomeReadyAndAreDownloaded(t *testing.T) {
	w := newWorld(t)
	w.do("POST", "/v1/exports/customers", `{"filters":{"colour":"red"}}`).want(t, 400)
	w.do("POST", "/v1/exports/customers", `{"filters":{"and":[{"segment":{"id":3}},{"attribute":{"field":"plan","operator":"eq","value":"premium"}}]}}`).
		want(t, 200, `{"export":{"id":3`, `"status":"pending"`, `"total":0`)
	w.get("/v1/exports/3/download").want(t, 400, `"errors"`)
	w.Advance(10 * time.Second)
	done := w.object("/v1/exports/3")["export"].(map[string]any)
	if done["status"] != "done" || num(t, done["total"]) < 1 {
		t.Errorf("the export is %v", done)
	}
	link := w.object("/v1/exports/3/download")["url"].(string)
	path := link[strings.Index(link, "/files"):]
	if lines := strings.Count(w.get(path).raw, "\n"); int64(lines) != num(t, done["total"])+1 {
		t.Errorf("the file has %d lines", lines)
	}
	w.get("/v1/exports/3").want(t, 200, `"downloads":1`)
	w.Advance(16 * time.Minute)
	w.get(path).want(t, 403)
	w.do("POST", "/v1/exports/deliveries", `{}`).want(t, 400)
	w.do("POST", "/v1/exports/deliveries", `{"campaign_id":3}`).want(t, 200, `"type":"deliveries"`)
}

func TestTransactionalContentUpdateAnswersAnArray(t *testing.T) {
	w := newWorld(t)
	c := w.tables["transactional_message_contents"].rows[0]
	path := "/v1/transactional/" + id(c.parent) + "/content/" + id(c.id)
	w.Advance(time.Hour)
	w.do("PUT", path, `{"subject":"S","reply_to_id":null,"headers":[{"name":"A","value":"b"}]}`).
		want(t, 200, `{"content":[{"id":`, `"subject":"S"`, `"headers":"[{\"name\"`, `"updated":`+id(w.Now().Unix()))
	w.do("PUT", path, `[]`).want(t, 400, `{"meta":{"error":`)
	for made := range w.designed {
		r := w.tables["transactional_message_contents"].find(made)
		w.do("PUT", "/v1/transactional/"+id(r.parent)+"/content/"+id(r.id), `{"body":"x"}`).want(t, 400, `{"meta":{"error":`)
	}
	w.do("PUT", "/v1/transactional/"+id(c.parent)+"/contents/"+id(c.id), `{}`).want(t, 404, "404 page not found")
}

func TestNewslettersAnswerErrorsWithoutStatus(t *testing.T) {
	w := newWorld(t)
	if got := w.do("POST", "/v1/newsletters", `{}`).raw; got != `{"errors":[{"detail":"name is required"}]}` {
		t.Errorf("got %s", got)
	}
	a := w.do("POST", "/v1/newsletters", `{"name":"N"}`)
	a.want(t, 200, `"sent_at":null`, `"send_state":"draft"`)
	path := "/v1/newsletters/" + id(num(t, a.decode(t)["newsletter"].(map[string]any)["id"]))
	w.do("POST", path+"/schedule", `{}`).want(t, 422)
	w.do("POST", path+"/send", `{}`).want(t, 200, `"send_state":"sent"`)
	w.do("POST", path+"/language", `{"language":"de","subject":"Neu"}`).want(t, 200)
	w.get(path+"/language/de").want(t, 200, `"subject":"Neu"`)
	w.do("DELETE", path, "").want(t, 204)
	w.get(path+"/contents").want(t, 404)
}

func TestMetricsAddUpToTheDeliveries(t *testing.T) {
	w := newWorld(t)
	c := w.tables["campaigns"].rows[0]
	series := w.object("/v1/campaigns/" + id(c.id) + "/metrics?period=days&steps=45")["metric"].(map[string]any)["series"].(map[string]any)
	sum, sent := int64(0), int64(0)
	for _, n := range series["sent"].([]any) {
		sum += num(t, n)
	}
	for _, m := range w.walk("/v1/messages?limit=1000&campaign_id="+id(c.id), "messages") {
		if at := m["metrics"].(map[string]any)["sent"]; at != nil && num(t, at) >= start.Unix()-start.Unix()%86400-44*86400 {
			sent++
		}
	}
	if sum != sent || sum == 0 {
		t.Errorf("the series says %d sent, the deliveries %d", sum, sent)
	}
	w.get("/v1/campaigns/"+id(c.id)+"/metrics?start=2026-11-01T00:00:00Z&end=2026-11-21T00:00:00Z&res=daily").want(t, 200, `"start":"2026-11-01T00:00:00Z"`, `"language_variants":[]`)
	w.get("/v1/campaigns/"+id(c.id)+"/journey_metrics").want(t, 400)
	w.get("/v1/campaigns/"+id(c.id)+"/metrics/links").want(t, 200, `{"links":[{"link":{"id":1`)
}
