package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

func TestStdioEndsWithItsInputAndWithItsContext(t *testing.T) {
	var out bytes.Buffer
	s := guarded(slog.New(slog.DiscardHandler))
	if err := Stdio(t.Context(), s, strings.NewReader(""), &out); err != nil || out.Len() > 0 {
		t.Errorf("without input: %v, printed %q", err, &out)
	}
	ctx, stop := context.WithCancel(t.Context())
	silent, end := io.Pipe()
	defer end.Close()
	ended := make(chan error, 1)
	go func() { ended <- Stdio(ctx, s, silent, &out) }()
	stop()
	if err := <-ended; err != nil || out.Len() > 0 {
		t.Errorf("stopped: %v, printed %q", err, &out)
	}
}

const (
	hello = `{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},` +
		`"clientInfo":{"name":"test","version":"1"}}}` + "\n" + `{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n"
	ping = `{"jsonrpc":"2.0","id":"ping","method":"ping"}`
)

// said is one line of the server.
type said struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Result  json.RawMessage `json:"result"`
	Error   *jsonrpc.Error  `json:"error"`
}

// talkTo says everything at once and returns what is said until the server ends.
func talkTo(t *testing.T, s *sdk.Server, in io.Reader) (lines []said) {
	t.Helper()
	var out bytes.Buffer
	if err := Stdio(t.Context(), s, in, &out); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	for text := range strings.Lines(out.String()) {
		var l said
		if err := json.Unmarshal([]byte(text), &l); err != nil || l.Version != "2.0" {
			t.Errorf("%q is no message: %v", text, err)
		}
		lines = append(lines, l)
	}
	return lines
}

// answerTo is the line that answers a request.
func answerTo(t *testing.T, lines []said, id string) said {
	t.Helper()
	for _, l := range lines {
		if string(l.ID) == id && l.Method == "" {
			return l
		}
	}
	t.Errorf("no answer to %s in %d lines", id, len(lines))
	return said{}
}

func TestALineThatIsNoMessageIsAnswered(t *testing.T) {
	for line, code := range map[string]int64{
		`not json`:                 jsonrpc.CodeParseError,
		`{"jsonrpc":"2.0","id":1,`: jsonrpc.CodeParseError,
		`{} {}`:                    jsonrpc.CodeParseError,
		`{}`:                       jsonrpc.CodeInvalidRequest,
		`[]`:                       jsonrpc.CodeInvalidRequest,
		`[1]`:                      jsonrpc.CodeInvalidRequest,
		`null`:                     jsonrpc.CodeInvalidRequest,
		`"ping"`:                   jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"1.0","id":1,"method":"ping"}`:                            jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":1,"method":5}`:                                 jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":{},"method":"ping"}`:                           jsonrpc.CodeInvalidRequest,
		`{"jsonrpc":"2.0","id":1,"x":"` + strings.Repeat("x", longest) + `"}`: jsonrpc.CodeInvalidRequest,
	} {
		short := line[:min(len(line), 50)]
		lines := talkTo(t, guarded(slog.New(slog.DiscardHandler)), strings.NewReader(hello+line+"\n\r\n"+ping))
		if refusal := answerTo(t, lines, "null"); refusal.Error == nil || refusal.Error.Code != code || strings.Contains(refusal.Error.Message, "jsonrpc2") {
			t.Errorf("%s: %+v", short, refusal.Error)
		}
		if next := answerTo(t, lines, `"ping"`); next.Error != nil || len(lines) != 3 {
			t.Errorf("%s: then %+v; %d lines", short, next, len(lines))
		}
	}
}

func TestWrongParamsAreToldWithoutGo(t *testing.T) {
	for _, params := range []string{`[1]`, `"works"`, `{"name":5}`} {
		lines := talkTo(t, guarded(slog.New(slog.DiscardHandler)), strings.NewReader(hello+`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":`+params+`}`))
		l := answerTo(t, lines, "1")
		if l.Error == nil || l.Error.Code != jsonrpc.CodeInvalidParams || strings.Contains(l.Error.Message, "mcp.") || !strings.Contains(l.Error.Message, "an object") {
			t.Errorf("%s: %+v", params, l.Error)
		}
	}
}

func TestMessagesInOneLineAreAllAnswered(t *testing.T) {
	lines := talkTo(t, guarded(slog.New(slog.DiscardHandler)),
		strings.NewReader(hello+`[{"jsonrpc":"2.0","method":"notifications/none"},`+ping+`,5,{"jsonrpc":"2.0","id":2,"method":"tools/list"}]`))
	for _, id := range []string{`"ping"`, "null", "2"} {
		if l := answerTo(t, lines, id); (l.Error != nil) != (id == "null") {
			t.Errorf("%s: %+v", id, l.Error)
		}
	}
}

// over tells when it was read to its end.
type over struct {
	io.Reader
	told chan struct{}
}

func (o over) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	if err != nil {
		close(o.told)
	}
	return n, err
}

func calls(tools ...string) io.Reader {
	text := hello
	for _, name := range tools {
		text += fmt.Sprintf(`{"jsonrpc":"2.0","id":%q,"method":"tools/call","params":{"name":%q}}`+"\n", name, name)
	}
	return strings.NewReader(text)
}

// TestWhatWasAskedIsAnsweredBeforeTheEnd: a tool that is slower than the end of the
// input, and one that would ask a person who is gone.
func TestWhatWasAskedIsAnsweredBeforeTheEnd(t *testing.T) {
	s := guarded(slog.New(slog.DiscardHandler))
	in := over{calls("slow", "works", "asks"), make(chan struct{})}
	add := func(name string, h sdk.ToolHandler) {
		s.AddTool(&sdk.Tool{Name: name, InputSchema: json.RawMessage(`{"type":"object"}`)}, h)
	}
	add("slow", func(ctx context.Context, _ *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		<-in.told
		return &sdk.CallToolResult{}, ctx.Err()
	})
	add("asks", func(ctx context.Context, req *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		_, err := req.Session.Elicit(ctx, &sdk.ElicitParams{Message: "Really?", RequestedSchema: json.RawMessage(`{"type":"object","properties":{}}`)})
		return &sdk.CallToolResult{IsError: err != nil && strings.Contains(err.Error(), "cannot be asked")}, nil
	})
	lines := talkTo(t, s, in)
	for _, id := range []string{`"hello"`, `"slow"`, `"works"`, `"asks"`} {
		if l := answerTo(t, lines, id); l.Error != nil {
			t.Errorf("%s: %+v", id, l.Error)
		}
	}
	if l := answerTo(t, lines, `"asks"`); !strings.Contains(string(l.Result), `"isError":true`) {
		t.Errorf("who asks a client that is gone hears %s", l.Result)
	}
}

// A subscription is answered when it is over; it must not keep the server alive.
func TestASubscriptionEndsWithTheInput(t *testing.T) {
	lines := talkTo(t, guarded(slog.New(slog.DiscardHandler)), strings.NewReader(
		`{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",`+
			`"io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`))
	for _, l := range lines {
		if l.Error != nil {
			t.Errorf("%+v", l.Error)
		}
	}
}
