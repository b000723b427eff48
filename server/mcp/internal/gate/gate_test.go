package gate

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// guarded is a server with a tool that works and one that panics.
func guarded(log *slog.Logger) *sdk.Server {
	s := sdk.NewServer(&sdk.Implementation{Name: "test", Version: "1"}, nil)
	add := func(name string, h sdk.ToolHandler) {
		s.AddTool(&sdk.Tool{Name: name, InputSchema: json.RawMessage(`{"type":"object"}`)}, h)
	}
	add("works", func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) {
		return &sdk.CallToolResult{}, nil
	})
	add("panics", func(context.Context, *sdk.CallToolRequest) (*sdk.CallToolResult, error) { panic("a secret place") })
	Guard(s, log, func() time.Time { return time.Time{} })
	return s
}

func TestAPanicEndsItsCallAlone(t *testing.T) {
	var log bytes.Buffer
	inMemory, theirs := sdk.NewInMemoryTransports()
	server, err := guarded(slog.New(slog.NewTextHandler(&log, nil))).Connect(t.Context(), inMemory, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), theirs, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.CallTool(t.Context(), &sdk.CallToolParams{Name: "panics", Arguments: map[string]any{"address": "ann@example.com"}})
	if err == nil || !strings.Contains(err.Error(), "internal error") || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "goroutine") {
		t.Errorf("a panic is answered with: %v", err)
	}
	if _, err := c.CallTool(t.Context(), &sdk.CallToolParams{Name: "works"}); err != nil {
		t.Errorf("the next call: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	_ = server.Wait()
	if !strings.Contains(log.String(), "a secret place") || strings.Contains(log.String(), "ann@example.com") {
		t.Errorf("the log: %s", &log)
	}
}

// TestHTTPTellsFriendFromForeigner: what a page of another site can send is refused,
// on both ways in.
func TestHTTPTellsFriendFromForeigner(t *testing.T) {
	h := httptest.NewServer(Handler(guarded(slog.New(slog.DiscardHandler)), false))
	defer h.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
		`"io.modelcontextprotocol/clientInfo":{"name":"test","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}}}`
	const initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`
	for _, way := range []struct{ name, version, body, has string }{
		{"single requests", "2026-07-28", list, `"works"`},
		{"a session", "", initialize, `"serverInfo"`},
	} {
		for _, x := range []struct {
			name, header, value string
			status              int
		}{
			{"a friend", "", "", http.StatusOK},
			{"another name for this machine", "Host", "evil.example:80", http.StatusForbidden},
			{"another site", "Origin", "https://evil.example", http.StatusForbidden},
			{"another site in a newer browser", "Sec-Fetch-Site", "cross-site", http.StatusForbidden},
			{"a form", "Content-Type", "text/plain", http.StatusUnsupportedMediaType},
		} {
			t.Run(x.name+" with "+way.name, func(t *testing.T) {
				req, err := http.NewRequest(http.MethodPost, h.URL, strings.NewReader(way.body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set("Accept", "application/json, text/event-stream")
				if way.version != "" {
					req.Header.Set("MCP-Protocol-Version", way.version)
					req.Header.Set("Mcp-Method", "tools/list")
				}
				if x.header == "Host" {
					req.Host = x.value
				} else if x.header != "" {
					req.Header.Set(x.header, x.value)
				}
				res, err := transport.RoundTrip(req)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				body, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				if res.StatusCode != x.status || x.status == http.StatusOK && !strings.Contains(string(body), way.has) {
					t.Errorf("status %d, want %d: %s", res.StatusCode, x.status, body)
				}
				if id := res.Header.Get("Mcp-Session-Id"); id != "" {
					endSession(t, transport, h.URL, id)
				}
			})
		}
	}
}

// TestANameThatWasLookedAtIsTaken: a proxy on this machine passes its own name on.
func TestANameThatWasLookedAtIsTaken(t *testing.T) {
	h := Handler(guarded(slog.New(slog.DiscardHandler)), true)
	for _, x := range []struct {
		version, origin string
		refused         bool
	}{
		{"2026-07-28", "", false},
		{"2025-11-25", "", false},
		{"2026-07-28", "https://evil.example", true},
		{"2025-11-25", "https://evil.example", true},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://mirror.example/mcp", strings.NewReader("no JSON"))
		r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8686})))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "application/json, text/event-stream")
		r.Header.Set("MCP-Protocol-Version", x.version)
		if x.origin != "" {
			r.Header.Set("Origin", x.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Code == http.StatusForbidden; got != x.refused {
			t.Errorf("version %s, origin %q: status %d: %s", x.version, x.origin, w.Code, w.Body)
		}
	}
}

func endSession(t *testing.T, transport *http.Transport, url, id string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodDelete, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Mcp-Session-Id", id)
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}
