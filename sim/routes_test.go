package sim

import (
	_ "embed"
	"regexp"
	"strings"
	"testing"
)

// officialCalls are the method and path of every call that the vendor's Node
// client makes.
//
//go:embed testdata/official-client-calls.txt
var officialCalls string

func TestEveryCallOfTheOfficialClientIsRouted(t *testing.T) {
	w := newWorld(t)
	variable := regexp.MustCompile(`\{[^}]*\}`)
	n := 0
	for line := range strings.Lines(officialCalls) {
		method, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		n++
		a := w.do(method, variable.ReplaceAllString(path, "1"), `{}`)
		if a.raw == "404 page not found\n" || a.status == 405 || a.status >= 500 {
			t.Errorf("%s %s: status %d %s", method, path, a.status, a.raw)
		}
	}
	if n != 160 {
		t.Errorf("%d calls, want 160", n)
	}
}

// TestGetsAnswerForWhatExists puts real ids into the paths of the reading calls.
func TestGetsAnswerForWhatExists(t *testing.T) {
	w := newWorld(t)
	campaign, broadcast, newsletter := w.tables["campaigns"].rows[0], w.tables["broadcasts"].rows[0], w.tables["newsletters"].rows[0]
	values := strings.NewReplacer(
		"{campaignId}", id(campaign.id), "{newsletterId}", id(newsletter.id), "{segmentId}", "1", "{senderId}", "1",
		"{transactionalId}", "1", "{collectionId}", "1", "{webhookId}", "1", "{id}", "1", "{triggerId}", "1", "{customerId}", "1001",
		"{contentId}", id(w.tables["newsletter_contents"].of(newsletter.id)[0].id), "{objectTypeId}", "1", "{objectId}", "acme-1",
		"{suppressionType}", "bounces", "{domainName}", "example.com", "{email}", w.suppressed["bounces"][0].email,
		"{messageId}", items(t, w.object("/v1/messages"), "messages")[0]["id"].(string))
	for line := range strings.Lines(officialCalls) {
		method, path, _ := strings.Cut(strings.TrimSpace(line), " ")
		if method != "GET" || strings.Contains(path, "language") || strings.Contains(path, "design_studio") ||
			strings.Contains(path, "assets/") || strings.Contains(path, "imports") {
			continue
		}
		if strings.HasPrefix(path, "/v1/customers/{id}") {
			path = strings.Replace(path, "{id}", "1001", 1)
		}
		action := w.tables["campaign_actions"].of(campaign.id)[0]
		if strings.Contains(path, "{broadcastId}") {
			path = strings.Replace(path, "{broadcastId}", id(broadcast.id), 1)
			action = w.tables["broadcast_actions"].of(broadcast.id)[0]
		}
		path = values.Replace(strings.Replace(path, "{actionId}", id(action.id), 1))
		if strings.HasSuffix(path, "journey_metrics") {
			path += "?start=2026-11-01&end=2026-11-08&resolution=daily"
		}
		w.get(path).want(t, 200)
	}
}

func TestLanguageVariantsAreActionsOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	for _, a := range w.tables["campaign_actions"].rows {
		if a.o.text("language") != "fr" {
			continue
		}
		path := "/v1/campaigns/" + id(a.parent) + "/actions/" + id(a.o.integer("parent_action_id"))
		w.get(path+"/language/fr").want(t, 200, `"language":"fr"`)
		w.get(path+"/language/xx").want(t, 400)
		w.get("/v1/campaigns/999/actions/"+id(a.id)).want(t, 404)
		w.do("PUT", path, `{"subject":"Neu","headers":[{"name":"A","value":"b"}]}`).want(t, 200, `"subject":"Neu"`, `"headers":"[{\"name\":\"A\",\"value\":\"b\"}]"`)
		return
	}
	t.Error("there is no variant")
}

func TestShelvesKeepWhatIsPutOnThem(t *testing.T) {
	w := newWorld(t)
	a := w.do("POST", "/v1/design_studio/folders", `{"name":"Été"}`)
	a.want(t, 200, `"name":"Été"`)
	path := "/v1/design_studio/folders/" + id(num(t, a.decode(t)["folder"].(map[string]any)["id"]))
	w.do("PUT", path, `{"name":"Winter"}`).want(t, 200)
	w.get("/v1/design_studio/folders").want(t, 200, `"folders":[{"id":1,"name":"Winter"`)
	w.do("DELETE", path, "").want(t, 204)
	w.get(path).want(t, 404, `"status":"404"`)
}
