package mcp_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/server/mcp"
	"ciomirror/store/sqlite"
)

// recorder is an App API that remembers what it was sent.
type recorder struct {
	mu   sync.Mutex
	sent []string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.sent = append(r.sent, req.Method+" "+req.URL.Path+" "+string(body))
	r.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasPrefix(req.URL.Path, "/v1/send/"):
		_, _ = io.WriteString(w, `{"delivery_id":"abc","queued_at":1}`)
	default:
		_, _ = io.WriteString(w, `{"snippet":{"name":"greeting","value":"Hello"}}`)
	}
}

func (r *recorder) requests() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.sent...)
}

// writing are the options of a server that may write to the recorder.
func writing(t *testing.T, s shelf, sends bool) (mcp.Options, *recorder) {
	t.Helper()
	r := &recorder{}
	api := httptest.NewServer(r)
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		api.Close()
	})
	client, err := cio.New("test-key", cio.Options{BaseURL: api.URL, Transport: transport, Rate: 1e6, Now: later, Jitter: func() float64 { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	m, err := sqlite.Open(t.Context(), s.path, sqlite.Options{Now: later})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	c, err := connector.New(catalog.Default(), query.NewCompiler(catalog.Default(), query.SQLite{}), m, connector.Options{
		InstanceID: "source_id:test", Now: later, Live: client, Ledger: m, AllowWrites: true, AllowSends: sends, Face: "mcp",
	})
	if err != nil {
		t.Fatal(err)
	}
	o := s.options()
	o.Live, o.AllowSends, o.Secret = c, sends, []byte(strings.Repeat("s", 32))
	return o, r
}

type executed struct {
	Sent    bool
	Effect  string
	Confirm string
	Hint    string
	Request struct{ Method, Path string }
	Result  json.RawMessage
}

const (
	snippet = `"entity":"snippets","action":"create","params":{"name":"greeting","value":"Hello"}`
	email   = `"entity":"transactional_email","action":"create","params":{"transactional_message_id":"1","to":"ann@example.com","identifiers":{"id":"1"}}`
)

func TestAWriteIsShownBeforeItIsSent(t *testing.T) {
	o, api := writing(t, newShelf(t, nil), false)
	c := dial(t, o, nil)
	shown := answer[executed](t, c, "mirror_execute", `{`+snippet+`}`)
	if shown.Sent || shown.Effect != "writes" || shown.Confirm == "" || shown.Request.Method != "POST" || !strings.Contains(shown.Hint, "nothing was sent") {
		t.Errorf("the dry run: %+v", shown)
	}
	// Both are needed; either alone sends nothing.
	if !strings.Contains(shown.Hint, "dry_run false") {
		t.Errorf("the hint: %s", shown.Hint)
	}
	if again := answer[executed](t, c, "mirror_execute", `{`+snippet+`,"confirm":"`+shown.Confirm+`"}`); again.Sent || !strings.Contains(again.Hint, "confirm without dry_run false") {
		t.Errorf("a confirm alone: %+v", again)
	}
	other := strings.Replace(snippet, "Hello", "Goodbye", 1)
	for _, args := range []string{
		`{` + snippet + `,"dry_run":false}`,
		`{` + snippet + `,"dry_run":false,"confirm":"yes"}`,
		`{` + other + `,"dry_run":false,"confirm":"` + shown.Confirm + `"}`,
	} {
		if f := faultOf(t, c, "mirror_execute", args); f.Code != "not_confirmed" || f.Path != "/confirm" {
			t.Errorf("%s: %+v", args, f)
		}
	}
	if sent := api.requests(); len(sent) != 0 {
		t.Fatalf("sent without a confirmation: %v", sent)
	}
	done := answer[executed](t, c, "mirror_execute", `{`+snippet+`,"dry_run":false,"confirm":"`+shown.Confirm+`"}`)
	if !done.Sent || !strings.Contains(string(done.Result), "greeting") {
		t.Errorf("the write: %+v", done)
	}
	if f := faultOf(t, c, "mirror_execute", `{`+snippet+`,"dry_run":false,"confirm":"`+shown.Confirm+`"}`); f.Code != "not_confirmed" {
		t.Errorf("the same confirmation again: %+v", f)
	}
	if sent := api.requests(); len(sent) != 1 || sent[0] != `POST /v1/snippets {"name":"greeting","value":"Hello"}` {
		t.Errorf("sent: %v", sent)
	}
}

func TestWhatReachesPeopleNeedsItsOwnFlag(t *testing.T) {
	o, api := writing(t, newShelf(t, nil), false)
	c := dial(t, o, nil)
	f := faultOf(t, c, "mirror_execute", `{`+email+`}`)
	if f.Type != connector.Forbidden || !strings.Contains(f.Hint, "--allow-sends") {
		t.Errorf("%+v", f)
	}
	if sent := api.requests(); len(sent) != 0 {
		t.Errorf("sent: %v", sent)
	}
}

func TestWhatIsNoWriteIsRefusedWithAdvice(t *testing.T) {
	o, _ := writing(t, newShelf(t, nil), true)
	c := dial(t, o, nil)
	for args, want := range map[string]struct{ path, hint string }{
		`{"entity":"campaigns","action":"list"}`:                           {"/action", "mirror_search"},
		`{"entity":"snippets","action":"delete"}`:                          {"/action", "create"},
		`{"entity":"people","action":"create"}`:                            {"/entity", "snippets"},
		`{"entity":"snipets","action":"create"}`:                           {"/entity", `did you mean "snippets"?`},
		`{"entity":"snippets","action":"create","params":{"name":"only"}}`: {"/value", ""},
		`{"entity":"snippets","action":"create","dry_run":"no"}`:           {"/dry_run", "example"},
	} {
		if f := faultOf(t, c, "mirror_execute", args); f.Type != connector.ValidationError || f.Path != want.path || !strings.Contains(f.Hint, want.hint) {
			t.Errorf("%s: %+v", args, f)
		}
	}
}

// What one action takes helps nobody with the parameters of another.
func TestAnExampleIsOfTheSameAction(t *testing.T) {
	o, _ := writing(t, newShelf(t, nil), true)
	c := dial(t, o, nil)
	f := faultOf(t, c, "mirror_execute", `{`+strings.Replace(email, "ann@example.com", "ann", 1)+`}`)
	if f.Path != "/to" || !strings.Contains(f.Hint, "address") || f.Example != nil {
		t.Errorf("%+v", f)
	}
	if f := faultOf(t, c, "mirror_execute", `{"entity":"snippets","action":"create","dry_run":"no"}`); f.Example == nil {
		t.Errorf("%+v", f)
	}
}

// TestAPersonIsAsked: where the client can ask one, the second call alone does not
// send. Both generations of clients, by their own way of asking.
func TestAPersonIsAsked(t *testing.T) {
	for name, said := range map[string]*sdk.ElicitResult{
		"agrees":         {Action: "accept", Content: map[string]any{"send": true}},
		"leaves it off":  {Action: "accept", Content: map[string]any{"send": false}},
		"declines":       {Action: "decline", Content: map[string]any{"send": true}},
		"turns the page": {Action: "cancel"},
	} {
		for _, over := range []string{"a session", "single requests"} {
			t.Run(name+" over "+over, func(t *testing.T) {
				o, api := writing(t, newShelf(t, nil), true)
				var asked []string
				client := &sdk.ClientOptions{ElicitationHandler: func(_ context.Context, req *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
					asked = append(asked, req.Params.Message)
					return said, nil
				}}
				s, err := mcp.New(o)
				if err != nil {
					t.Fatal(err)
				}
				c := connectHTTP(t, s, client, over == "a session")
				shown := answer[executed](t, c, "mirror_execute", `{`+email+`}`)
				if len(asked) != 0 || shown.Effect != "reaches people" {
					t.Fatalf("a dry run asked %v: %+v", asked, shown)
				}
				r := call(t, c, "mirror_execute", `{`+email+`,"dry_run":false,"confirm":"`+shown.Confirm+`"}`)
				if len(asked) != 1 || !strings.Contains(asked[0], "POST /v1/send/email") || !strings.Contains(asked[0], "ann@example.com") {
					t.Errorf("asked: %q", asked)
				}
				want := 0
				if name == "agrees" {
					want = 1
				}
				if sent := api.requests(); len(sent) != want || r.IsError != (want == 0) {
					t.Errorf("sent %v: %s", sent, text(t, r))
				}
			})
		}
	}
}

// TestAnAgreementIsToOneRequest: nobody is asked about what cannot be sent, and an
// agreement to another request is none.
func TestAnAgreementIsToOneRequest(t *testing.T) {
	o, api := writing(t, newShelf(t, nil), true)
	asked := 0
	c := dial(t, o, &sdk.ClientOptions{ElicitationHandler: func(context.Context, *sdk.ElicitRequest) (*sdk.ElicitResult, error) {
		asked++
		return &sdk.ElicitResult{Action: "decline"}, nil
	}})
	if f := faultOf(t, c, "mirror_execute", `{`+email+`,"dry_run":false,"confirm":"none"}`); f.Code != "not_confirmed" || asked != 0 {
		t.Errorf("asked %d times: %+v", asked, f)
	}
	one := answer[executed](t, c, "mirror_execute", `{`+email+`}`).Confirm
	other := answer[executed](t, c, "mirror_execute", `{`+snippet+`}`).Confirm
	for _, state := range []string{other, "", one} {
		r, err := c.CallTool(t.Context(), &sdk.CallToolParams{
			Name: "mirror_execute", Arguments: json.RawMessage(`{` + email + `,"dry_run":false,"confirm":"` + one + `"}`), RequestState: state,
			InputResponses: sdk.InputResponseMap{"confirm": &sdk.ElicitResult{Action: "accept", Content: map[string]any{"send": true}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.IsError != (state != one) {
			t.Errorf("state %q: %s", state, text(t, r))
		}
	}
	if got := api.requests(); len(got) != 1 {
		t.Errorf("sent: %v", got)
	}
}

// connectHTTP makes a client over HTTP, of the newest generation or of the last one
// that has sessions.
func connectHTTP(t *testing.T, s *mcp.Server, o *sdk.ClientOptions, session bool) *sdk.ClientSession {
	t.Helper()
	h := httptest.NewServer(s.Handler(false))
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		h.Close()
	})
	var options *sdk.ClientSessionOptions
	if session {
		options = &sdk.ClientSessionOptions{ProtocolVersion: "2025-11-25"}
	}
	c, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, o).Connect(t.Context(),
		&sdk.StreamableClientTransport{Endpoint: h.URL, HTTPClient: &http.Client{Transport: transport, Timeout: time.Minute}}, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if (c.ID() != "") != session {
		t.Errorf("the session is %q", c.ID())
	}
	return c
}
