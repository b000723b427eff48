package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ciomirror/connector"
	"ciomirror/server"
)

// everywhere is a path of each kind: open, of the API, mounted, unknown.
var everywhere = []string{"/healthz", "/metrics", "/openapi.json", "/api/v1/workspaces", "/mcp", "/", "/page", "/api/none"}

// mounted adds a page and an MCP server that tell when they are reached.
func mounted(o *server.Options) {
	reached := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "reached") })
	o.Pages, o.MCP = reached, reached
}

// SEC-3: a page whose name was made to point here must not reach anything.
func TestOnlyLocalHostsAreAnswered(t *testing.T) {
	h := serve(t, func(o *server.Options) { mounted(o); o.Hosts = []string{"Mirror.internal"} })
	for host, local := range map[string]bool{
		"localhost": true, "localhost:8686": true, "LOCALHOST.:1": true, "127.0.0.1": true, "127.0.0.1:8686": true, "127.9.9.9:1": true,
		"[::1]:8686": true, "[::1]": true, "[::ffff:127.0.0.1]:1": true, "mirror.internal": true, "mirror.internal:443": true,
		"evil.example": false, "127.0.0.1.nip.io": false, "127.0.0.1.nip": false, "localhost.evil.example": false, "": false, ":8686": false,
		"192.168.1.7:8686": false, "0.0.0.0:8686": false, "[fe80::1]": false, "2130706433": false, "0x7f000001": false, "evil.example:8686@127.0.0.1": false,
	} {
		for _, path := range everywhere {
			r := request(t, http.MethodGet, path, "")
			r.Host = host
			w := h.do(r)
			if refused := w.Code == http.StatusForbidden && strings.Contains(w.Body.String(), "wrong_host"); refused == local {
				t.Errorf("Host %q on %s: %d %s", host, path, w.Code, short(w.Body.String()))
			}
		}
	}
}

// With a token any address will do, and names still must be known.
func TestWithATokenAnyAddressIsAnswered(t *testing.T) {
	h := serve(t, func(o *server.Options) { o.Token = secret })
	for host, ok := range map[string]bool{"192.168.1.7:8686": true, "[fd00::2]:1": true, "evil.example": false} {
		r := request(t, http.MethodGet, "/healthz", "")
		r.Host = host
		if w := h.do(r); (w.Code == http.StatusOK) != ok {
			t.Errorf("%s: %d", host, w.Code)
		}
	}
}

// SEC-3 as it arrives: heads that no client library would write.
func TestHeadsThatNoClientSends(t *testing.T) {
	h := serve(t, nil)
	address := listen(t, h)
	for head, want := range map[string]string{
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n":                                        "200",
		"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n":                                        "200",
		"GET /healthz HTTP/1.0\r\n\r\n":                                                           "403",
		"GET /healthz HTTP/1.1\r\n\r\n":                                                           "400",
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n":                  "400",
		"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n":                     "403",
		"GET http://localhost/healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n":                     "200", // the target counts, RFC 9112 3.2.2
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("a", 200_000) + "\r\n": "431",
	} {
		if got := speak(t, address, head); got != want {
			t.Errorf("%q: %s, want %s", short(head), got, want)
		}
	}
}

// speak sends bytes and returns the status of the answer.
func speak(t *testing.T, address, head string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, head); err != nil && !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "pipe") {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(c).ReadString('\n')
	_, rest, _ := strings.Cut(line, " ")
	status, _, _ := strings.Cut(rest, " ")
	return status
}

// listen serves on a port of its own until the test ends.
func listen(t testing.TB, h *hosted) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// counting is a connector that counts what reaches it.
type counting struct {
	server.Executor
	calls int
}

func (c *counting) Execute(ctx context.Context, r connector.Request) (connector.Envelope, error) {
	c.calls++
	return c.Executor.Execute(ctx, r)
}

// SEC-4: what a page of another site can make a browser send changes nothing, and does
// not even arrive.
func TestOtherSitesReachNothing(t *testing.T) {
	var reached *counting
	h := serve(t, func(o *server.Options) {
		mounted(o)
		reached = &counting{Executor: o.Connector}
		o.Connector = reached
	})
	const body = `{"entity":"campaigns","action":"search","params":{"query":{}}}`
	send := func(method, target string, heads ...string) *httptest.ResponseRecorder {
		r := request(t, method, target, body)
		for _, head := range heads {
			name, value, _ := strings.Cut(head, ": ")
			r.Header.Set(name, value)
		}
		return h.do(r)
	}
	for _, heads := range [][]string{
		{"Origin: https://evil.example"}, {"Origin: null"}, {"Origin: "}, {"Origin: http://127.0.0.1:9999"}, {"Origin: http://localhost:8686"},
		{"Sec-Fetch-Site: cross-site"}, {"Sec-Fetch-Site: same-site"},
		{"Origin: https://evil.example", "Content-Type: text/plain"},
		{"Content-Type: text/plain"}, {"Content-Type: application/x-www-form-urlencoded"}, {"Content-Type: multipart/form-data; boundary=x"}, {"Content-Type: "},
	} {
		if w := send(http.MethodPost, executeTarget, heads...); w.Code != http.StatusForbidden && w.Code != http.StatusUnsupportedMediaType {
			t.Errorf("POST with %q: %d %s", heads, w.Code, short(w.Body.String()))
		}
	}
	for _, path := range everywhere {
		for _, site := range []string{"cross-site", "same-site"} {
			for _, heads := range [][]string{{}, {"Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, {"Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}} {
				if w := send(http.MethodGet, path, append(heads, "Sec-Fetch-Site: "+site)...); w.Code != http.StatusForbidden {
					t.Errorf("%s from %s with %q: %d", path, site, heads, w.Code)
				}
			}
		}
		for _, method := range []string{http.MethodGet, http.MethodOptions, http.MethodPost, http.MethodHead} {
			w := send(method, path, "Origin: https://evil.example", "Connection: Upgrade", "Upgrade: websocket")
			if w.Code != http.StatusForbidden || w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s from another site: %d %v", method, path, w.Code, w.Header())
			}
		}
	}
	if w := send(http.MethodGet, executeTarget); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET with an effect: %d %v", w.Code, w.Header())
	}
	if reached.calls != 0 {
		t.Errorf("%d calls reached the connector", reached.calls)
	}
	if w := send(http.MethodPost, executeTarget, "Origin: http://127.0.0.1:8686", "Sec-Fetch-Site: same-origin"); w.Code != http.StatusOK || reached.calls != 1 {
		t.Errorf("our own page: %d %s", w.Code, w.Body)
	}
}

// A link to the page works wherever it stands; one to what is for programs does not, and
// a form is no link.
func TestLinksLeadToThePage(t *testing.T) {
	h := serve(t, mounted)
	for _, x := range []struct {
		method, path, site string
		want               int
	}{
		{http.MethodGet, "/", "cross-site", http.StatusOK},
		{http.MethodGet, "/t/campaigns?state=running", "same-site", http.StatusOK},
		{http.MethodGet, "/openapi.json", "cross-site", http.StatusOK},
		{http.MethodGet, "/api/v1/workspaces", "none", http.StatusOK},
		{http.MethodGet, "/api/v1/workspaces", "same-origin", http.StatusOK},
		{http.MethodGet, "/api/v1/workspaces", "cross-site", http.StatusForbidden},
		{http.MethodGet, "/mcp", "same-site", http.StatusForbidden},
		{http.MethodHead, "/", "cross-site", http.StatusForbidden},
		{http.MethodPost, "/", "cross-site", http.StatusForbidden},
	} {
		r := request(t, x.method, x.path, "")
		for name, value := range map[string]string{"Sec-Fetch-Site": x.site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-User": "?1"} {
			r.Header.Set(name, value)
		}
		if w := h.do(r); w.Code != x.want {
			t.Errorf("%s %s from %s: %d, want %d", x.method, x.path, x.site, w.Code, x.want)
		}
		// A page that sends its reader on by itself has no click to show.
		r.Header.Del("Sec-Fetch-User")
		if w := h.do(r); strings.HasSuffix(x.site, "-site") && w.Code != http.StatusForbidden {
			t.Errorf("%s %s from %s without a click: %d", x.method, x.path, x.site, w.Code)
		}
	}
}

// Every refusal of ours is JSON that says what would do.
func TestOddRequestsAreAnsweredInJSON(t *testing.T) {
	h := serve(t, mounted)
	for _, x := range []struct {
		method, path string
		status       int
		has          string
	}{
		{http.MethodTrace, "/", http.StatusMethodNotAllowed, "the page takes GET, HEAD, not TRACE"},
		{http.MethodPost, "/t/campaigns", http.StatusMethodNotAllowed, "not POST"},
		{http.MethodTrace, "/healthz", http.StatusMethodNotAllowed, "/healthz takes GET, not TRACE"},
		{http.MethodGet, "//", http.StatusTemporaryRedirect, "moved"},
		{http.MethodPost, "//api/v1/workspaces?a=b", http.StatusTemporaryRedirect, "/api/v1/workspaces?a=b"},
		{http.MethodGet, "/api/../healthz", http.StatusTemporaryRedirect, "/healthz"},
		{http.MethodGet, "//evil.example/", http.StatusTemporaryRedirect, `it is /evil.example/`},
	} {
		r := request(t, x.method, "/", "")
		r.URL.Path, r.URL.RawQuery, _ = strings.Cut(x.path, "?")
		w := httptest.NewRecorder()
		h.Handler().ServeHTTP(w, r)
		if w.Code != x.status || w.Header().Get("Content-Type") != "application/json" || !strings.Contains(w.Body.String(), x.has) {
			t.Errorf("%s %s: %d %s %s", x.method, x.path, w.Code, w.Header().Get("Content-Type"), short(w.Body.String()))
		}
		if to := w.Header().Get("Location"); strings.HasPrefix(to, "//") || (to == "") == (x.status == http.StatusTemporaryRedirect) {
			t.Errorf("%s leads to %q", x.path, to)
		}
	}
}

// The token stands before everything but the probes and the call that trades it.
func TestTheTokenStandsBeforeEverything(t *testing.T) {
	h := serve(t, func(o *server.Options) { mounted(o); o.Token = secret })
	open := map[string]bool{"/healthz": true, "/readyz": true}
	for _, path := range append(everywhere, "/readyz", "/api/v1/skills") {
		for shown, right := range map[string]bool{
			"": false, "Bearer": false, "Bearer ": false, "Bearer x": false, "Bearer " + secret + "x": false, "Bearer " + secret[:len(secret)-1]: false,
			"Basic " + secret: false, secret: false, "Bearer " + secret: true, "bearer " + secret: true,
		} {
			r := request(t, http.MethodGet, path, "")
			r.Header.Set("Authorization", shown)
			w := h.do(r)
			if in := w.Code != http.StatusUnauthorized; in != (right || open[path]) {
				t.Errorf("%q on %s: %d", shown, path, w.Code)
			}
			if w.Code == http.StatusUnauthorized && len(w.Header().Values("WWW-Authenticate")) != 2 {
				t.Errorf("%s does not say how to come in: %v", path, w.Header())
			}
		}
		r := request(t, http.MethodGet, path, "")
		r.SetBasicAuth("anybody", secret)
		if w := h.do(r); w.Code == http.StatusUnauthorized {
			t.Errorf("a browser with the token as password on %s: %d", path, w.Code)
		}
	}
	if strings.Contains(h.log.String(), secret) {
		t.Error("the token stands in the log")
	}
}

func TestIssuedTokensOpenUntilTheyExpire(t *testing.T) {
	h := serve(t, func(o *server.Options) { o.Token = secret })
	trade := func(body string) *httptest.ResponseRecorder {
		return h.do(request(t, http.MethodPost, "/api/v1/account/applications/token", body))
	}
	for body, want := range map[string]int{
		`{"client_id":"x","client_secret":"wrong"}`: 401, `{"client_id":"x"}`: 400, `{"client_secret":"x"}`: 400, `{}`: 400, `x`: 400,
	} {
		if w := trade(body); w.Code != want {
			t.Errorf("%s: %d, want %d", body, w.Code, want)
		}
	}
	answer := decode(t, trade(`{"client_id":"any","client_secret":"`+secret+`"}`).Body.Bytes())
	token := answer["access_token"].(string)
	use := func(token string) int {
		r := request(t, http.MethodGet, "/api/v1/workspaces", "")
		r.Header.Set("Authorization", "Bearer "+token)
		return h.do(r).Code
	}
	if got := use(token); got != http.StatusOK || strings.Contains(token, secret) {
		t.Errorf("the issued token gets %d", got)
	}
	for i := range token { // the last characters may differ in bits that base64 does not use
		if other := token[:i] + string(token[i]^1) + token[i+1:]; i < len(token)-1 && use(other) == http.StatusOK {
			t.Fatalf("the token with another character at %d opens", i)
		}
	}
	again := serve(t, func(o *server.Options) { o.Token = secret })
	r := request(t, http.MethodGet, "/api/v1/workspaces", "")
	r.Header.Set("Authorization", "Bearer "+token)
	if w := again.do(r); w.Code != http.StatusOK {
		t.Errorf("after a restart it gets %d", w.Code)
	}
	h.clock.Advance(15 * time.Minute)
	if got := use(token); got != http.StatusOK {
		t.Errorf("at the end of its life it gets %d", got)
	}
	h.clock.Advance(time.Minute)
	if got := use(token); got != http.StatusUnauthorized {
		t.Errorf("an expired token gets %d", got)
	}
}

// SEC-6: what is too large is refused before it is read, and what lies about its size
// is cut off.
func TestBodiesHaveABound(t *testing.T) {
	h := serve(t, nil)
	address := listen(t, h)
	huge := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", executeTarget, int64(10)<<30)
	if got := speak(t, address, huge); got != "413" {
		t.Errorf("10 GB announced: %s", got)
	}
	r := request(t, http.MethodPost, executeTarget, `{"entity":"`+strings.Repeat("x", server.MaxCall)+`"}`)
	r.ContentLength = -1
	if w := h.do(r); w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("too much without an announcement: %d", w.Code)
	}
}

func TestAnswersAreNoPagesAndNotKept(t *testing.T) {
	h := serve(t, nil)
	for _, path := range everywhere {
		head := h.get(path).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Resource-Policy": "same-origin", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		} {
			if got := head.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if head.Get("X-Request-Id") == "" {
			t.Errorf("%s: the answer has no name", path)
		}
	}
}

// crashing is a connector that does what none should.
type crashing struct{ with any }

func (c crashing) Execute(context.Context, connector.Request) (connector.Envelope, error) {
	panic(c.with)
}

func TestACrashTellsItsStoryToTheLogAlone(t *testing.T) {
	h := serve(t, func(o *server.Options) { o.Connector = crashing{"kaboom ann@example.test"} })
	w := h.execute(`{"entity":"campaigns","action":"list"}`)
	body := w.Body.String()
	id := w.Header().Get("X-Request-Id")
	if w.Code != http.StatusInternalServerError || strings.Contains(body, "kaboom") || strings.Contains(body, "goroutine") || !strings.Contains(body, id) {
		t.Errorf("%d %s", w.Code, body)
	}
	if !strings.Contains(h.log.String(), "kaboom") || !strings.Contains(h.log.String(), id) {
		t.Errorf("the log does not tell: %s", h.log)
	}
	if w := h.get("/healthz"); w.Code != http.StatusOK {
		t.Errorf("after the crash: %d", w.Code)
	}
}

func TestHalfAnAnswerIsCutOff(t *testing.T) {
	h := serve(t, func(o *server.Options) {
		o.Pages = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat("half", 5000))
			panic("then it broke")
		})
	})
	answer, err := http.Get("http://" + listen(t, h) + "/page")
	if err == nil {
		_, err = io.ReadAll(answer.Body)
		answer.Body.Close()
	}
	if err == nil {
		t.Error("half an answer arrived as a whole one")
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestWithoutATokenOnlyThisMachineIsServed(t *testing.T) {
	h := serve(t, nil)
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Serve(t.Context(), l); !errors.Is(err, server.ErrOpen) {
		t.Errorf("got %v", err)
	}
	if _, err := l.Accept(); err == nil {
		t.Error("the port stays open")
	}
}

// waiting is a connector whose answer waits to be let go.
type waiting struct {
	server.Executor
	asked, free chan struct{}
}

func (w waiting) Execute(ctx context.Context, r connector.Request) (connector.Envelope, error) {
	close(w.asked)
	<-w.free
	return w.Executor.Execute(ctx, r)
}

func TestAStopLetsAnswersEnd(t *testing.T) {
	asked, free := make(chan struct{}), make(chan struct{})
	h := serve(t, func(o *server.Options) { o.Connector = waiting{o.Connector, asked, free} })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(ctx, l) }()
	got := make(chan string, 1)
	go func() {
		answer, err := http.Post("http://"+l.Addr().String()+executeTarget, "application/json", strings.NewReader(`{"entity":"campaigns","action":"search"}`))
		if err != nil {
			got <- err.Error()
			return
		}
		defer answer.Body.Close()
		got <- answer.Status
	}()
	<-asked
	stop()
	// The port is closed while the answer is still awaited.
	for {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			break
		}
		c.Close()
	}
	close(free)
	if status := <-got; status != "200 OK" {
		t.Errorf("the answer under way is %s", status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := server.New(server.Options{Token: "short"})
	for _, want := range []string{"Catalog", "Connector", "Mirror", "clock", "randomness", "Log", "Identity", "16 characters"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said: %v", want, err)
		}
	}
}
