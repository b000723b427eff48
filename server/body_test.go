package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/server"
)

// padded is a call of so many bytes in all.
func padded(action string, size int) string {
	head, tail := `{"entity":"campaigns","action":"`+action+`","intent":"`, `"}`
	return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
}

// ask sends a call over a connection of its own, without an announcement of its length
// where that is wanted, and returns the status with what the answer says.
func ask(t *testing.T, address, body string, announced bool) (int, http.Header, string) {
	t.Helper()
	return askAt(t, address, executeTarget, body, announced)
}

func askAt(t *testing.T, address, path, body string, announced bool) (int, http.Header, string) {
	t.Helper()
	var from io.Reader = strings.NewReader(body)
	if !announced {
		from = io.MultiReader(from) // of which nobody knows how long it is
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+path, from)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		t.Errorf("no answer: %v", err)
		return 0, nil, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return answer.StatusCode, answer.Header, string(text)
}

// TestACallTakesWhatTheAPITakes sends a broadcast's trigger nearly as large as there may
// be one: every byte of it arrives at the API.
func TestACallTakesWhatTheAPITakes(t *testing.T) {
	for _, e := range catalog.Default().Entities() {
		for _, a := range e.Actions {
			most := a.MaxBytes
			for _, p := range a.Params {
				most = max(most, p.Bounds.MaxBytes)
			}
			if most > server.MaxCall-(1<<20) {
				t.Errorf("%s of %s takes %d bytes, a call %d", a.Name, e.Name, most, server.MaxCall)
			}
		}
	}
	arrived := make(chan int64, 1)
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		arrived <- n
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":12}`)
	}))
	defer api.Close()
	h := serve(t, func(o *server.Options) {
		live, err := cio.New("app-key", cio.Options{BaseURL: api.URL})
		if err != nil {
			t.Fatal(err)
		}
		o.Connector, err = connector.New(o.Catalog, query.NewCompiler(o.Catalog, query.SQLite{TextIndex: true}), nil, connector.Options{
			InstanceID: o.Identity.InstanceID(), Now: o.Now, Live: live, Ledger: mirror(t), AllowWrites: true, AllowSends: true, Face: "http"})
		if err != nil {
			t.Fatal(err)
		}
	})
	const size = 25<<20 - 100
	data := strings.Repeat("x", 3000) // so that they are less than 10,000 people
	var people strings.Builder
	for n := 0; people.Len() < size-4000; n++ {
		fmt.Fprintf(&people, `,{"data":{"text":"%s"},"id":"%d"}`, data, n)
	}
	trigger := `{"entity":"broadcast_trigger","action":"create","params":{"campaign_id":3,"per_user_data":[` + people.String()[1:] + `]}}`
	if status, _, text := ask(t, listen(t, h), trigger, true); status != http.StatusOK {
		t.Fatalf("%d %s", status, short(text))
	}
	if n := <-arrived; n < int64(people.Len()) {
		t.Errorf("%d bytes arrived of %d", n, people.Len())
	}
}

// holding is a connector whose first call stays until it is let go.
type holding struct {
	calls         atomic.Int64
	entered, free chan struct{}
}

func (h *holding) Execute(context.Context, connector.Request) (connector.Envelope, error) {
	if h.calls.Add(1) == 1 {
		close(h.entered)
		<-h.free
	}
	return connector.Envelope{Status: "success", Result: []byte(`{}`)}, nil
}

// TestBodiesTogetherHaveABound: while a large call is under way, a second one is sent
// away until there is room, and a small one is answered.
func TestBodiesTogetherHaveABound(t *testing.T) {
	b := &holding{entered: make(chan struct{}), free: make(chan struct{})}
	h := serve(t, func(o *server.Options) { o.Connector = b })
	address := listen(t, h)
	large := padded("list", 20<<20)
	first := make(chan int)
	go func() {
		status, _, _ := ask(t, address, large, true)
		first <- status
	}()
	<-b.entered
	for _, announced := range []bool{true, false} {
		status, head, text := ask(t, address, large, announced)
		if status != http.StatusServiceUnavailable || head.Get("Retry-After") != "3" {
			t.Errorf("beside a large call another gets %d, Retry-After %q: %s", status, head.Get("Retry-After"), short(text))
		}
		h.rules.fits(t, "Failure", []byte(text))
	}
	if status, _, text := ask(t, address, padded("list", 60<<10), true); status != http.StatusOK {
		t.Errorf("beside a large call a small one gets %d: %s", status, short(text))
	}
	close(b.free)
	if status := <-first; status != http.StatusOK {
		t.Errorf("the large call gets %d", status)
	}
	if status, _, text := ask(t, address, large, false); status != http.StatusOK {
		t.Errorf("afterwards a large call gets %d: %s", status, short(text))
	}
}

// holdingAll is a connector whose calls all stay until they are let go.
type holdingAll struct{ entered, free chan struct{} }

func (h holdingAll) Execute(context.Context, connector.Request) (connector.Envelope, error) {
	h.entered <- struct{}{}
	<-h.free
	return connector.Envelope{Status: "success", Result: []byte(`{}`)}, nil
}

// TestMCPIsToldThatThereIsNoRoom as the calls are, with the status that means it.
func TestMCPIsToldThatThereIsNoRoom(t *testing.T) {
	b := holdingAll{make(chan struct{}), make(chan struct{})}
	h := serve(t, func(o *server.Options) {
		o.Connector = b
		o.MCP = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(w, r.Body)
			if err != nil || n == 0 {
				t.Errorf("%d bytes reach MCP, %v", n, err)
			}
		})
	})
	address := listen(t, h)
	ended := make(chan int)
	for range 2 {
		go func() {
			status, _, _ := ask(t, address, padded("list", 15<<20), true)
			ended <- status
		}()
		<-b.entered
	}
	if status, head, text := askAt(t, address, "/mcp", strings.Repeat("x", 3<<20), true); status != http.StatusServiceUnavailable || head.Get("Retry-After") == "" {
		t.Errorf("beside large calls: %d: %s", status, short(text))
	}
	if status, _, text := askAt(t, address, "/mcp", "small", true); status != http.StatusOK || text != "small" {
		t.Errorf("a small one: %d: %s", status, short(text))
	}
	close(b.free)
	for range 2 {
		if status := <-ended; status != http.StatusOK {
			t.Errorf("a large call gets %d", status)
		}
	}
	if status, _, text := askAt(t, address, "/mcp", strings.Repeat("x", server.MaxBody+1), false); status != http.StatusRequestEntityTooLarge {
		t.Errorf("one that is too large: %d: %s", status, short(text))
	}
}

// open begins a call of the announced length on a connection of its own.
func open(t *testing.T, address string, announced int, sent string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", executeTarget, announced, sent); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

// statusesOn are the statuses of the answers on a connection, until it ends.
func statusesOn(c net.Conn) (list []int) {
	for in := bufio.NewReader(c); ; {
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return list
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		list = append(list, answer.StatusCode)
	}
}

// TestBodiesThatLie are longer or shorter than they say, or never come.
func TestBodiesThatLie(t *testing.T) {
	h := serve(t, nil)
	address := listen(t, h)
	search := `{"entity":"segments","action":"search"}`

	// It ends before the announced end: the rest is not made up.
	short := open(t, address, len(search)+1000, search)
	if err := short.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got := statusesOn(short); len(got) != 1 || got[0] != http.StatusRequestTimeout {
		t.Errorf("cut short: %v", got)
	}

	// What comes after the announced end is no part of the call, nor a call.
	long := open(t, address, len(search), search+strings.Repeat("x", 1000)+"\r\n\r\n")
	if got := statusesOn(long); len(got) != 2 || got[0] != http.StatusOK || got[1] != http.StatusBadRequest {
		t.Errorf("longer than announced: %v", got)
	}

	// Who announces much and sends nothing keeps nobody out.
	for range 20 {
		open(t, address, server.MaxCall, "{")
	}
	if status, _, text := ask(t, address, padded("search", server.MaxCall), true); status != http.StatusOK {
		t.Errorf("beside announcements the largest call gets %d: %s", status, text)
	}

	// What announces no length is cut off at the bound.
	if status, _, text := ask(t, address, padded("search", server.MaxCall+1), false); status != http.StatusRequestEntityTooLarge {
		t.Errorf("more than the bound: %d %s", status, text)
	}
}

// TestWhoWritesTooMuchIsToldSo: a client that writes all of its body before it reads
// finds the answer, and not a broken connection.
func TestWhoWritesTooMuchIsToldSo(t *testing.T) {
	h := serve(t, nil)
	address := listen(t, h)
	rest := strings.Repeat("x", server.MaxCall+10<<20)
	c := open(t, address, len(rest), "")
	if _, err := io.WriteString(c, rest); err != nil {
		t.Errorf("a body with its length: %v", err)
	}
	if err := c.CloseWrite(); err != nil {
		t.Error(err)
	}
	if got := statusesOn(c); len(got) != 1 || got[0] != http.StatusRequestEntityTooLarge {
		t.Errorf("a body with its length: %v", got)
	}
	chunked, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer chunked.Close()
	if _, err := fmt.Fprintf(chunked, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
		executeTarget, len(rest), rest); err != nil {
		t.Errorf("a body in chunks: %v", err)
	}
	if got := statusesOn(chunked); len(got) != 1 || got[0] != http.StatusRequestEntityTooLarge {
		t.Errorf("a body in chunks: %v", got)
	}
	// A token that has expired is told, too.
	guarded := listen(t, serve(t, func(o *server.Options) { o.Token = secret }))
	late := open(t, guarded, server.MaxCall, rest[:server.MaxCall])
	if err := late.CloseWrite(); err != nil {
		t.Error(err)
	}
	if got := statusesOn(late); len(got) != 1 || got[0] != http.StatusUnauthorized {
		t.Errorf("without the token: %v", got)
	}
	// So is who forgot to say what it is, or packed it.
	for _, head := range []string{"Content-Type: text/plain", "Content-Type: application/json\r\nContent-Encoding: gzip"} {
		untold, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer untold.Close()
		if _, err := fmt.Fprintf(untold, "POST %s HTTP/1.1\r\nHost: localhost\r\n%s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", executeTarget, head, server.MaxCall, rest[:server.MaxCall]); err != nil {
			t.Errorf("%s: %v", head, err)
		}
		if got := statusesOn(untold); len(got) != 1 || got[0] != http.StatusUnsupportedMediaType {
			t.Errorf("%s: %v", head, got)
		}
	}
	// Who asks first is not told to go on.
	asked, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer asked.Close()
	if _, err := fmt.Fprintf(asked, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", executeTarget, len(rest)); err != nil {
		t.Fatal(err)
	}
	if got := statusesOn(asked); len(got) != 1 || got[0] != http.StatusRequestEntityTooLarge {
		t.Errorf("one who asked: %v", got)
	}
}

// TestASlowBodyKeepsNobodyOut sends one half, lets others be served, and then the other.
func TestASlowBodyKeepsNobodyOut(t *testing.T) {
	h := serve(t, nil)
	address := listen(t, h)
	body := padded("search", 2<<20)
	slow := open(t, address, len(body), body[:len(body)/2])
	if status, _, text := ask(t, address, padded("search", 20<<20), true); status != http.StatusOK {
		t.Errorf("beside a slow call a large one gets %d: %s", status, text)
	}
	if _, err := io.WriteString(slow, body[len(body)/2:]); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var env map[string]json.RawMessage
	if err := json.NewDecoder(answer.Body).Decode(&env); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("the slow call gets %d, %v", answer.StatusCode, err)
	}
}

// TestOtherRoutesTakeLittle: only execute has use for large bodies.
func TestOtherRoutesTakeLittle(t *testing.T) {
	h := serve(t, nil)
	for path, most := range map[string]int64{
		"/api/v1/account/applications/token": server.SmallBody, "/v1/applications/token": server.SmallBody, // for all who reach the port
		"/api/v1/account/applications/scoped-token": server.MaxBody, "/mcp": server.MaxBody,
	} {
		r := request(t, http.MethodPost, path, "{}")
		r.ContentLength = most + 1
		if w := h.do(r); w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
