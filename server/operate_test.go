package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"ciomirror/connector"
	"ciomirror/server"
)

// mirrorStub is a mirror in a state that a real one cannot be brought into at will.
type mirrorStub struct {
	status server.Status
	err    error
	asked  int
}

func (m *mirrorStub) Status(context.Context) (server.Status, error) {
	m.asked++
	return m.status, m.err
}

// failing is a connector that fails.
type failing struct{ err error }

func (f failing) Execute(context.Context, connector.Request) (connector.Envelope, error) {
	return connector.Envelope{}, f.err
}

func TestAnEmptyMirrorIsServedAndSaysSo(t *testing.T) {
	empty := fmt.Errorf("open: %w", server.ErrNotSynced)
	h := serve(t, func(o *server.Options) {
		o.Mirror = &mirrorStub{err: empty}
		o.Connector = failing{&connector.Error{Type: connector.ServerError, Msg: "search", Err: empty}}
	})
	if w := h.get("/healthz"); w.Code != http.StatusOK {
		t.Errorf("health: %d", w.Code)
	}
	if w := h.get("/readyz"); w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "ciomirror sync") {
		t.Errorf("readiness: %d %s", w.Code, w.Body)
	}
	w := h.execute(`{"entity":"campaigns","action":"search"}`)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"error_code":"not_synced"`) || !strings.Contains(w.Body.String(), "ciomirror sync") {
		t.Errorf("execute: %d %s", w.Code, w.Body)
	}
	w = h.get("/api/v1/integrations/connectors/" + connectorID + "/inspect")
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `"ready_for_search":true`) || !strings.Contains(w.Body.String(), `"status":"Initializing"`) {
		t.Errorf("inspect: %d %s", w.Code, short(w.Body.String()))
	}
	if w := h.get("/metrics"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "\nciomirror_up 0\n") {
		t.Errorf("metrics: %d %s", w.Code, short(w.Body.String()))
	}
	w = h.get("/api/v1/organizations/" + organizationID + "/credentials")
	if !strings.Contains(w.Body.String(), `"context_store_status":"Loading"`) {
		t.Errorf("credentials: %s", w.Body)
	}
}

// TestReadinessIsPerEntity: what was read whole is ready, what has some rows is a
// preview, the rest is not there yet.
func TestReadinessIsPerEntity(t *testing.T) {
	m := &mirrorStub{status: server.Status{Entities: []server.EntityStatus{
		{Entity: "campaigns", Rows: 0, Synced: &start}, {Entity: "messages", Rows: 7}, {Entity: "segments"},
	}}}
	h := serve(t, func(o *server.Options) { o.Mirror = m })
	in := decode(t, h.get("/api/v1/integrations/connectors/"+connectorID+"/inspect").Body.Bytes())
	for _, row := range in["context_store_readiness"].(map[string]any)["configured_cache_entities"].([]any) {
		r := row.(map[string]any)
		got := fmt.Sprint(r["status"], r["ready_for_search"], r["entity_count"], r["updated_at"])
		want := "Initializing false 0 <nil>"
		switch r["entity"] {
		case "campaigns":
			want = "Ready true 0 2026-11-20T09:00:00Z"
		case "messages":
			want = "Preview true 7 <nil>"
		}
		if strings.ReplaceAll(got, " ", "") != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%s: %s, want %s", r["entity"], got, want)
		}
	}
	if w := h.get("/readyz"); w.Code != http.StatusOK {
		t.Errorf("with one entity whole: %d", w.Code)
	}
}

// The probes are open: they must not be a way to keep the machine busy.
func TestTheStatusIsReadOnceASecond(t *testing.T) {
	m := &mirrorStub{}
	h := serve(t, func(o *server.Options) { o.Mirror = m })
	for range 50 {
		h.get("/readyz")
	}
	if m.asked != 1 {
		t.Errorf("the mirror was asked %d times in an instant", m.asked)
	}
	m.status.Entities = []server.EntityStatus{{Entity: "campaigns", Synced: &start}}
	h.clock.Advance(time.Second)
	if w := h.get("/readyz"); w.Code != http.StatusOK || m.asked != 2 {
		t.Errorf("a second later: %d, asked %d times", w.Code, m.asked)
	}
}

func TestABrokenMirrorIsToldToTheLogAlone(t *testing.T) {
	broken := errors.New("disk I/O error in /home/ann/mirror.db")
	h := serve(t, func(o *server.Options) {
		o.Mirror = &mirrorStub{err: broken}
		o.Connector = failing{&connector.Error{Type: connector.ServerError, Code: connector.Internal, Msg: broken.Error(), Err: broken}}
	})
	for _, w := range []*httptest.ResponseRecorder{
		h.get("/readyz"), h.get("/api/v1/integrations/connectors/" + connectorID + "/inspect"), h.execute(`{"entity":"campaigns","action":"search"}`),
	} {
		if w.Code < 500 || strings.Contains(w.Body.String(), "/home") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if !strings.Contains(h.log.String(), w.Header().Get("X-Request-Id")) {
			t.Errorf("the log does not know request %s", w.Header().Get("X-Request-Id"))
		}
	}
}

// A trigger that came too soon is nothing to be repeated by a program: the one before it
// may have been its own.
func TestATriggerThatCameTooSoonIsNotRepeatedByItself(t *testing.T) {
	h := serve(t, func(o *server.Options) {
		o.Connector = failing{&connector.Error{Type: connector.RateLimited, Code: connector.TooSoon, Msg: "too soon", Hint: "try again in 7s", RetryAfter: 7 * time.Second}}
	})
	w := h.execute(`{"entity":"campaigns","action":"list"}`)
	if w.Code != http.StatusBadRequest || w.Header().Get("Retry-After") != "" || !strings.Contains(w.Body.String(), "try again in 7s") {
		t.Errorf("%d, Retry-After %q: %s", w.Code, w.Header().Get("Retry-After"), w.Body)
	}
}

// TestKindsOfFailureHaveTheirStatus: 502, 503 and 504 are what clients send again by
// themselves, so no failure of a call may have one of them.
func TestKindsOfFailureHaveTheirStatus(t *testing.T) {
	for kind, want := range map[string]int{
		connector.ValidationError: 400, connector.Unauthorized: 403, connector.Forbidden: 403, connector.NotFound: 404,
		connector.RateLimited: 429, connector.UpstreamError: 500, connector.OutcomeUnknown: 500, connector.ServerError: 500,
	} {
		h := serve(t, func(o *server.Options) {
			o.Connector = failing{&connector.Error{Type: kind, Code: "a_code", Msg: "what is wrong", Hint: "what to do", RetryAfter: 1500 * time.Millisecond}}
		})
		w := h.execute(`{"entity":"campaigns","action":"list"}`)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", kind, w.Code, want)
		}
		if kind == connector.ServerError {
			continue
		}
		if !strings.Contains(w.Body.String(), "what is wrong; what to do") || !strings.Contains(w.Body.String(), "a_code") {
			t.Errorf("%s: %s", kind, w.Body)
		}
		if got := w.Header().Get("Retry-After"); got != "2" {
			t.Errorf("%s: Retry-After is %q", kind, got)
		}
	}
}

// TestWhatTheAPIRefusesIsTheCallersToMend: a model that gets 400 tries again with
// something else.
func TestWhatTheAPIRefusesIsTheCallersToMend(t *testing.T) {
	h := serve(t, func(o *server.Options) {
		o.Connector = failing{&connector.Error{Type: connector.UpstreamError, Code: connector.Refused, At: "/name", Field: "name", Msg: "name cannot be blank"}}
	})
	w := h.execute(`{"entity":"snippets","action":"create","params":{"name":"a","value":"b"}}`)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "name cannot be blank") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAnAnswerThatNobodyWaitsForIsNotLoggedAsAFault(t *testing.T) {
	h := serve(t, func(o *server.Options) { o.Connector = failing{context.Canceled} })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := request(t, http.MethodPost, executeTarget, `{"entity":"campaigns","action":"list"}`).WithContext(ctx)
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	if w.Body.Len() != 0 || strings.Contains(h.log.String(), "failed") {
		t.Errorf("%s; %s", w.Body, h.log)
	}
}

func TestAWorkThatTakesTooLongSaysHowToAskForLess(t *testing.T) {
	h := serve(t, func(o *server.Options) { o.Connector = failing{context.DeadlineExceeded} })
	w := h.execute(`{"entity":"messages","action":"search"}`)
	if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"error_code":"timeout"`) || !strings.Contains(w.Body.String(), "narrow query.filter") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// origins is a connector that says where an answer came from.
type origins struct{ connector.Origin }

func (o origins) Execute(_ context.Context, r connector.Request) (connector.Envelope, error) {
	return connector.Envelope{Status: "success", Result: []byte(`{"asked":"` + r.Source + `"}`), Origin: o.Origin}, nil
}

func TestHeadersTellWhereAnAnswerCameFrom(t *testing.T) {
	h := serve(t, func(o *server.Options) {
		o.Connector = origins{connector.Origin{Source: connector.FromMirror, Synced: start.Add(-time.Minute - 500*time.Millisecond)}}
	})
	r := request(t, http.MethodPost, executeTarget, `{"entity":"campaigns","action":"list"}`)
	r.Header.Set("X-Ciomirror-Source", "mirror")
	w := h.do(r)
	// The clock of the test's server is an hour and a second after start.
	if w.Header().Get("X-Ciomirror-Source") != "mirror" || w.Header().Get("X-Ciomirror-Age") != "3661" || !strings.Contains(w.Body.String(), `"asked":"mirror"`) {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	h = serve(t, func(o *server.Options) { o.Connector = origins{connector.Origin{Source: connector.FromLive}} })
	w = h.execute(`{"entity":"campaigns","action":"list"}`)
	if w.Header().Get("X-Ciomirror-Source") != "live" || w.Header().Values("X-Ciomirror-Age") != nil {
		t.Errorf("live: %v", w.Header())
	}
}

// TestMetricsAreWellFormed asks the linter of promtool, and plain sums.
func TestMetricsAreWellFormed(t *testing.T) {
	h := serve(t, func(o *server.Options) {
		o.Mirror = &mirrorStub{status: server.Status{Bytes: 4096, Entities: []server.EntityStatus{{Entity: "campaigns", Rows: 12, Synced: &start,
			Runs: map[string]int64{"complete": 3, "partial": 1}, Changes: map[string]int64{"new": 12, "changed": 2, "gone": 1, "same": 30},
			Requests: 9, Seconds: 1.5, Waited: 2500 * time.Millisecond}}}}
	})
	h.get("/healthz")
	h.get("/api/v1/workspaces/someone@example.test")
	h.do(request(t, "BREW", "/pot/42", ""))
	text := h.get("/metrics").Body.String()
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	for _, line := range []string{
		`ciomirror_build_info{version="1.2.3"} 1`, `ciomirror_up 1`, `ciomirror_db_size_bytes 4096`, `ciomirror_entity_rows{entity="campaigns"} 12`,
		fmt.Sprintf(`ciomirror_sync_last_success_timestamp_seconds{entity="campaigns"} %g`, float64(start.Unix())),
		`ciomirror_sync_runs_total{entity="campaigns",status="complete"} 3`, `ciomirror_sync_runs_total{entity="campaigns",status="partial"} 1`,
		`ciomirror_sync_rows_total{entity="campaigns",op="insert"} 12`, `ciomirror_sync_rows_total{entity="campaigns",op="delete"} 1`,
		`ciomirror_sync_rows_total{entity="campaigns",op="unchanged"} 30`, `ciomirror_sync_rows_total{entity="campaigns",op="update"} 2`,
		`ciomirror_api_requests_total{entity="campaigns"} 9`, `ciomirror_api_rate_limit_wait_seconds_total{entity="campaigns"} 2.5`,
		`ciomirror_sync_duration_seconds_sum{entity="campaigns"} 1.5`, `ciomirror_sync_duration_seconds_count{entity="campaigns"} 4`,
		`ciomirror_http_request_duration_seconds_count{code="200",method="GET",route="/healthz"} 1`,
		`ciomirror_http_request_duration_seconds_count{code="404",method="GET",route="/api/v1/workspaces/{id}"} 1`,
		`ciomirror_http_request_duration_seconds_count{code="404",method="other",route="none"} 1`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("%s is missing", line)
		}
	}
	for _, never := range []string{"example.test", "/pot", "BREW", workspaceID} {
		if strings.Contains(text, never) {
			t.Errorf("a label holds %q", never)
		}
	}
}

// TestTheDocumentIsTheSameEachTime: a change in it is a change for clients.
func TestTheDocumentIsTheSameEachTime(t *testing.T) {
	a, b := serve(t, nil), serve(t, nil)
	if string(a.rules.text) != string(b.rules.text) {
		t.Error("two servers describe themselves differently")
	}
	for _, foreign := range []string{"http://", "https://", "unpkg", "cdn"} {
		if strings.Contains(string(a.rules.text), foreign) {
			t.Errorf("the document names a foreign place: %s", foreign)
		}
	}
}
