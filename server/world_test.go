package server_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/server"
	"ciomirror/sim"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The ids of the tests' server.
const (
	connectorID    = "5b1c0c56-93a3-4c0b-9d3f-1f4f0a3c2b11"
	workspaceID    = "6c2d1d67-a4b4-4d1c-8e4a-2a5b1b4d3c22"
	organizationID = "7d3e2e78-b5c5-4e2d-9f5b-3b6c2c5e4d33"
	secret         = "canary-bearer-5f0c9a7d31"
)

var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// filled is the path of a mirror of a small simulated workspace, made once.
var filled = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "ciomirror-server-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "mirror.db")
	return path, fill(context.Background(), path, sim.Small, func() time.Time { return start })
})

func fill(ctx context.Context, path string, size sim.Size, now func() time.Time) error {
	workspace, err := sim.New(sim.Options{Size: size, Seed: 11, Start: start, Now: now})
	if err != nil {
		return err
	}
	api, err := cio.New("sim-key", cio.Options{BaseURL: "http://sim.test", Transport: workspace.Transport(), Rate: 1e6})
	if err != nil {
		return err
	}
	m, err := sqlite.Open(ctx, path, sqlite.Options{Create: true, Now: now})
	if err != nil {
		return err
	}
	defer m.Close()
	s, err := syncer.New(api, m, syncer.Options{Catalog: catalog.Default(), Now: now})
	if err != nil {
		return err
	}
	_, err = s.Run(ctx)
	return err
}

// mirror is a copy of the filled mirror, for one test.
func mirror(t testing.TB) *sqlite.Store {
	t.Helper()
	from, err := filled()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mirror.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return openMirror(t, path)
}

func openMirror(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	m, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// statusOf shows a store's status to the server.
type statusOf struct{ *sqlite.Store }

func (m statusOf) Status(ctx context.Context) (server.Status, error) {
	st, err := m.Store.Status(ctx)
	out := server.Status{Bytes: st.Bytes}
	for _, e := range st.Entities {
		out.Entities = append(out.Entities, server.EntityStatus{Entity: e.Entity, Rows: e.Rows, Synced: e.Synced,
			Runs: map[string]int64{"complete": 1}, Changes: map[string]int64{"new": e.Rows}})
	}
	return out, err
}

// hosted is a server under test with all that can be told of it.
type hosted struct {
	*server.Server
	t     testing.TB
	clock *clock
	log   *bytes.Buffer
	rules *rules
}

// serve makes a server on a filled mirror; change alters its options.
func serve(t testing.TB, change func(o *server.Options)) *hosted {
	t.Helper()
	m := mirror(t)
	cat := catalog.Default()
	// A second more, since the mirror's instants come one after the other.
	c := &clock{now: start.Add(time.Hour + time.Second)}
	h := &hosted{t: t, clock: c, log: &bytes.Buffer{}}
	conn, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{TextIndex: true}), m, connector.Options{InstanceID: "source_id:" + connectorID, Now: c.Now, Ledger: m})
	if err != nil {
		t.Fatal(err)
	}
	o := server.Options{
		Catalog: cat, Connector: conn, Mirror: statusOf{m}, Operators: operators(), Version: "1.2.3",
		Identity: server.Identity{ConnectorID: connectorID, WorkspaceID: workspaceID, OrganizationID: organizationID, Workspace: "default"},
		Now:      c.Now, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(&locked{w: h.log}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&o)
	}
	if h.Server, err = server.New(o); err != nil {
		t.Fatal(err)
	}
	h.rules = newRules(t, h.Server)
	return h
}

func operators() (list []server.Operator) {
	for _, o := range query.Operators() {
		list = append(list, server.Operator{Name: o.Name, Doc: o.Doc, Example: o.Example, Kinds: o.Kinds})
	}
	return list
}

// locked is a writer for several goroutines.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// request is one as a client on this machine would send it.
func request(t testing.TB, method, target, body string) *http.Request {
	r := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	r.Host = "127.0.0.1:8686"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// do sends a request and holds the answer against the OpenAPI document.
func (h *hosted) do(r *http.Request) *httptest.ResponseRecorder {
	h.t.Helper()
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, r)
	h.rules.check(h.t, r, w)
	return w
}

func (h *hosted) get(target string) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.do(request(h.t, http.MethodGet, target, ""))
}

const executeTarget = "/api/v1/integrations/connectors/" + connectorID + "/execute"

func (h *hosted) execute(body string) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.do(request(h.t, http.MethodPost, executeTarget, body))
}
