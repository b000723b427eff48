package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ciomirror/catalog"
)

// TestEverySearchHasTheDeclaredTypes searches every entity that there is and holds the
// rows against the document, which has the types of the hosted store.
func TestEverySearchHasTheDeclaredTypes(t *testing.T) {
	h := serve(t, nil)
	for _, e := range catalog.Default().Mirrored() {
		w := h.execute(fmt.Sprintf(`{"entity":%q,"action":"context_store_search","params":{"query":{},"limit":200}}`, e.Name))
		var env struct {
			Result json.RawMessage
		}
		if err := json.Unmarshal(w.Body.Bytes(), &env); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", e.Name, w.Code, short(w.Body.String()))
		}
		h.rules.fits(t, e.Name+"_found", env.Result)
		if !strings.Contains(string(env.Result), `"data":[{`) {
			t.Errorf("%s: no rows, so nothing is proved", e.Name)
		}
	}
}

// TestRefusalsTeach: whatever is wrong with a request, the answer names the place,
// says what is allowed and shows an example.
func TestRefusalsTeach(t *testing.T) {
	h := serve(t, nil)
	search := func(params string) string {
		return `{"entity":"campaigns","action":"context_store_search","params":` + params + `}`
	}
	for _, c := range []struct {
		body, field, code string
		says              string
	}{
		{`{"action":"list"}`, "entity", "missing", "campaigns"},
		{`{"entity":"campaigns"}`, "action", "missing", "context_store_search"},
		{`{"entity":"campaign","action":"list"}`, "entity", "unknown_entity", `did you mean "campaigns"?`},
		{`{"entity":"campaigns","action":"lst"}`, "action", "unknown_action", `did you mean "list"?`},
		{`{"entity":"nothing","action":"describe"}`, "entity", "unknown_entity", "leave it empty"},
		{`{"entity":7,"action":"list"}`, "entity", "invalid_body", "takes a text"},
		{`{"entity":"campaigns","action":"search","select_fields":"id"}`, "select_fields", "invalid_body", "a list of texts"},
		{`{"entity":"campaigns","action":"search","skip_truncation":"no"}`, "skip_truncation", "invalid_body", "true or false"},
		{`{"entity":"campaigns","action":"search","params":{"query":{"filter":{"eq":{"active":True}}}}}`, "body", "invalid_body", "JSON writes true"},
		{`{'entity':'campaigns'}`, "body", "invalid_body", "double quotes"},
		{`{"entity":"campaigns","action":"search","params":{"limit":NaN}}`, "body", "invalid_body", "no NaN"},
		{`{"entity":"campaigns","action":"search","entity":"segments"}`, "entity", "invalid_body", "given twice"},
		{`{"entity":"campaigns","action":"search","params":{"limit":1},"Params":{}}`, "Params", "invalid_body", "given twice"},
		{`{"entity":"campaigns","action":"search","params":{"limit":1},"paramſ":{}}`, "paramſ", "invalid_body", "given twice"},
		{`[1]`, "body", "invalid_body", "no JSON object"},
		{`{"entity":"campaigns","action":"search"} x`, "body", "invalid_body", "byte 42"},
		{search(`[]`), "params", "invalid_filter", ""},
		{search(`{"limit":0}`), "limit", "invalid_limit", "whole number"},
		{search(`{"limit":"5"}`), "limit", "invalid_limit", "whole number"},
		{search(`{"limit":10001}`), "limit", "invalid_limit", "10000"},
		{search(`{"cursor":"x"}`), "cursor", "invalid_cursor", ""},
		{search(`{"query":{"filter":{"eq":{"statee":"x"}}}}`), "query.filter.eq.statee", "unknown_field", `unknown field "statee" in eq; did you mean "state"?`},
		{search(`{"query":{"filter":{"has":{"tags":"x"}}}}`), "query.filter.has", "unknown_operator", "array_contains"},
		{search(`{"query":{"filter":{"eq":{}}}}`), "query.filter.eq", "invalid_filter", ""},
		{search(`{"query":{"filter":{"and":{}}}}`), "query.filter.and", "invalid_filter", ""},
		{search(`{"query":{"filter":{"eq":{"active":1}}}}`), "query.filter.eq.active", "type_mismatch", ""},
		{search(`{"query":{"filter":{"gt":{"tags":1}}}}`), "query.filter.gt.tags", "operator_not_supported", ""},
		{search(`{"query":{"filter":{"fuzzy":{"name":"!"}}}}`), "query.filter.fuzzy.name", "invalid_operand", ""},
		{search(`{"query":{"sort":[{"tags":"asc"}]}}`), "query.sort.0.tags", "operator_not_supported", ""},
		{search(`{"semantic":{"prompt":"x"}}`), "semantic", "not_supported", ""},
	} {
		w := h.execute(c.body)
		var f struct {
			Message string
			Errors  []struct {
				Field, Message, Code string
				ErrorCode            string `json:"error_code"`
				Details              struct {
					Allowed any
					Example any
				}
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != http.StatusBadRequest || len(f.Errors) != 1 {
			t.Errorf("%s: %d %s", c.body, w.Code, w.Body)
			continue
		}
		e := f.Errors[0]
		if e.Field != c.field || e.ErrorCode != c.code || !strings.Contains(e.Message, c.says) || f.Message != e.Message {
			t.Errorf("%s:\nfield %q code %q message %q", c.body, e.Field, e.ErrorCode, e.Message)
		}
		if e.Details.Allowed == nil || e.Details.Example == nil {
			t.Errorf("%s: it does not say what is allowed, or shows no example: %s", c.body, w.Body)
		}
	}
}

// TestExamplesOfRefusalsWork: what a refusal shows as an example is taken.
func TestExamplesOfRefusalsWork(t *testing.T) {
	h := serve(t, nil)
	for _, params := range []string{
		`{"limit":0}`, `{"cursor":"x"}`, `{"query":{"filter":{"eq":{"statee":"x"}}}}`, `{"query":{"filter":{"has":{"tags":"x"}}}}`,
		`{"query":{"filter":{"eq":{}}}}`, `{"query":{"filter":{"eq":{"active":1}}}}`, `{"query":{"filter":{"gt":{"tags":1}}}}`,
		`{"query":{"filter":{"fuzzy":{"name":"!"}}}}`, `{"query":{"filter":{"nope":{"name":"x"}}}}`, `{"query":{"filter":{"eq":{"qqqqqq":"x"}}}}`,
		`{"query":{"sort":[{"qqqqqq":"asc"}]}}`, `{"fields":["qqqqqq"]}`, `{"facets":["qqqqqq"]}`, `{"qqqqqq":1}`, `{"semantic":{"prompt":"x"}}`,
	} {
		w := h.execute(`{"entity":"campaigns","action":"search","params":` + params + `}`)
		var f struct {
			Errors []struct {
				Details struct{ Example json.RawMessage }
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || len(f.Errors) != 1 {
			t.Fatalf("%s: %s", params, w.Body)
		}
		shown := f.Errors[0].Details.Example
		if w := h.execute(`{"entity":"campaigns","action":"search","params":` + string(shown) + `}`); w.Code != http.StatusOK {
			t.Errorf("%s: the example %s gets %d: %s", params, shown, w.Code, w.Body)
		}
	}
}

// TestRefusalsSpeakOfCalls: whoever calls over HTTP has no command line, and is shown
// no search where no search would help.
func TestRefusalsSpeakOfCalls(t *testing.T) {
	h := serve(t, nil)
	for _, c := range []struct {
		body, says, example string
		status              int
	}{
		{`{"entity":"campaigns","action":"get","params":{"campaign_id":99999}}`, "the header X-Ciomirror-Source: live", "", http.StatusNotFound},
		{`{"entity":"messages","action":"list","params":{"drafts":true,"limit":2}}`, "the header X-Ciomirror-Source: live", `{"limit":2}`, http.StatusBadRequest},
		{`{"entity":"messages","action":"list","params":{"limit":2,"start":"MzA="}}`, "the header X-Ciomirror-Source: live", `{"limit":2}`, http.StatusBadRequest},
		{`{"entity":"messages","action":"list","params":{"type":"emial"}}`, `did you mean "email"?`, `{"type":"email"}`, http.StatusBadRequest},
		{`{"entity":"segments","action":"create","params":{"segment":{"name":"VIP"}}}`, "no App API key", "", http.StatusForbidden},
	} {
		w := h.execute(c.body)
		var f struct {
			Message string
			Errors  []struct {
				Details struct{ Example json.RawMessage }
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != c.status || len(f.Errors) != 1 {
			t.Errorf("%s: %d %s", c.body, w.Code, w.Body)
			continue
		}
		if !strings.Contains(f.Message, c.says) || strings.Contains(w.Body.String(), "--source") {
			t.Errorf("%s: %s", c.body, w.Body)
		}
		if shown := string(f.Errors[0].Details.Example); shown != c.example {
			t.Errorf("%s: the example is %s, want %s", c.body, shown, c.example)
		}
	}
}

// TestAMisspeltParameterIsInTheWarning: clients show what stands there.
func TestAMisspeltParameterIsInTheWarning(t *testing.T) {
	h := serve(t, nil)
	answer := decode(t, h.execute(`{"entity":"messages","action":"list","params":{"typ":"email","limit":1}}`).Body.Bytes())
	said, _ := answer["warning"].(map[string]any)
	if said["message"] != "typ is not a parameter of messages list and was ignored; did you mean type?" {
		t.Errorf("the warning is %v", answer["warning"])
	}
	if answer := decode(t, h.execute(`{"entity":"campaigns","action":"list","params":{"limit":1}}`).Body.Bytes()); answer["warning"] != nil {
		t.Errorf("the check of a connection is warned: %v", answer["warning"])
	}
}

// TestUnknownKeysAreTolerated: clients of other versions send more.
func TestUnknownKeysAreTolerated(t *testing.T) {
	h := serve(t, nil)
	body := `{"entity":"campaigns","action":"search","params":{"query":{}},"intent":"why","skip_truncation":true,"select_fields":["id"],"exclude_fields":null,"bundle":{"a":1}}`
	r := request(t, http.MethodPost, executeTarget, body)
	r.Header.Set("X-Organization-Id", organizationID)
	r.Header.Set("X-ADP-Agent-SDK", "airbyte-agent-sdk")
	if w := h.do(r); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestACompressedBodyIsRefusedAsSuch(t *testing.T) {
	h := serve(t, nil)
	r := request(t, http.MethodPost, executeTarget, "\x1f\x8b")
	r.Header.Set("Content-Encoding", "gzip")
	if w := h.do(r); w.Code != http.StatusUnsupportedMediaType || !strings.Contains(w.Body.String(), "compressed") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestDescribeTellsAllAndOne(t *testing.T) {
	h := serve(t, nil)
	all := decode(t, h.execute(`{"entity":"","action":"describe"}`).Body.Bytes())["result"].(map[string]any)
	if got, want := len(all["entities"].([]any)), len(catalog.Default().Entities()); got != want {
		t.Errorf("%d entities, want %d", got, want)
	}
	one := decode(t, h.execute(`{"entity":"segments","action":"describe"}`).Body.Bytes())["result"].(map[string]any)
	e := one["entities"].([]any)[0].(map[string]any)
	if len(one["entities"].([]any)) != 1 || e["entity"] != "segments" {
		t.Errorf("one entity: %v", one["entities"])
	}
	last := e["actions"].([]any)
	if last[len(last)-1].(map[string]any)["action"] != "context_store_search" {
		t.Errorf("a mirrored entity that the hosted store lacks is not said to be searchable: %v", last)
	}
}
