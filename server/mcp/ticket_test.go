package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"ciomirror/connector"
)

func TestATicketIsForOneRequestOnceAndForAWhile(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	desk := &tickets{secret: []byte(strings.Repeat("s", 32)), now: func() time.Time { return now }}
	request := []byte("POST /v1/snippets")
	fresh := func() string {
		ticket, _ := desk.issue(request)
		return ticket
	}
	if t1, t2 := fresh(), fresh(); t1 == t2 || !desk.good(t1, request) || !desk.good(t2, request) {
		t.Error("two tickets for one request are the same, or no good")
	}
	ticket := fresh()
	if desk.use(ticket, []byte("POST /v1/send/email")) {
		t.Error("a ticket let another request through")
	}
	if !desk.use(ticket, request) || desk.use(ticket, request) || desk.good(ticket, request) {
		t.Error("a ticket is good exactly once")
	}
	stale := fresh()
	now = now.Add(valid)
	if desk.good(stale, request) {
		t.Error("a ticket is good for too long")
	}
	other := &tickets{secret: []byte(strings.Repeat("t", 32)), now: desk.now}
	theirs, _ := other.issue(request)
	for _, forged := range []string{"", "none", theirs, fresh()[1:], fresh() + "A", strings.Repeat("A", len(theirs))} {
		if desk.good(forged, request) {
			t.Errorf("%q is taken for a ticket", forged)
		}
	}
	// Used ones are not remembered for ever.
	last := fresh()
	if !desk.use(last, request) || len(desk.used) != 1 {
		t.Errorf("%d used tickets are remembered, want the last alone", len(desk.used))
	}
}

func TestACallThatTakesTooLongIsAnAnswer(t *testing.T) {
	s := &Server{o: Options{Explain: func(context.Context, error) *connector.Error { t.Error("explained"); return &connector.Error{} }}}
	waiting := func(ctx context.Context, _ json.RawMessage, _ *sdk.CallToolRequest) (reply, error) {
		<-ctx.Done()
		return reply{}, errors.Join(errors.New("read rows"), ctx.Err())
	}
	h := s.called(tool{name: "mirror_sql", time: time.Millisecond, call: waiting})
	r, err := h(t.Context(), &sdk.CallToolRequest{Params: &sdk.CallToolParamsRaw{}})
	if err != nil || !r.IsError || !strings.Contains(r.Content[0].(*sdk.TextContent).Text, `"code":"timeout"`) {
		t.Errorf("%+v, %v", r, err)
	}
	// A client that gave up gets none.
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h(gone, &sdk.CallToolRequest{Params: &sdk.CallToolParamsRaw{}}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
	}
}
