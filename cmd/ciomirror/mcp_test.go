package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"ciomirror/catalog"
	"ciomirror/sim"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// model is a client of the program itself: a process of its own, asked over its pipes.
type model struct {
	t *testing.T
	*mcp.ClientSession
}

// newModel starts the program on a mirror of a pretend workspace in which a day passed.
func newModel(t *testing.T, db string, env []string, flags ...string) model {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, append([]string{"mcp", "--db", db}, flags...)...)
	// Nothing of whoever runs the tests.
	cmd.Env = append(append(env, programsOwn()...), "HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir())
	cmd.Stderr = os.Stderr
	s, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), &mcp.CommandTransport{Command: cmd}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	return model{t, s}
}

func demoMirror(t *testing.T) string {
	t.Helper()
	db := filepath.Join(t.TempDir(), "demo.db")
	if code, _, stderr := inProcess(t, "", "demo", "--db", db); code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	return db
}

// said is an answer of any tool: the parts that these tests look at.
type said struct {
	Untrusted, Hint, Cursor string
	DataAge                 *int64           `json:"data_age_seconds"`
	AsOf                    time.Time        `json:"as_of"`
	Synced                  time.Time        `json:"synced"`
	HasMore                 bool             `json:"has_more"`
	Truncated               bool             `json:"truncated"`
	Rows                    json.RawMessage  `json:"rows"`
	Records                 []map[string]any `json:"records"`
	Columns                 []string         `json:"columns"`
	Record                  map[string]any   `json:"record"`
	Schema                  map[string]any   `json:"schema"`
	Queries                 []struct{ Name string }
	Runs                    []struct{ Status string }
	Snapshots               []struct{ Name string }
	Error                   struct{ Type, Code, Message, Hint string }
	Sent                    bool
	Confirm                 string
	fault                   bool
}

func (m model) ask(tool, args string) said {
	m.t.Helper()
	r, err := m.CallTool(m.t.Context(), &mcp.CallToolParams{Name: tool, Arguments: json.RawMessage(args)})
	if err != nil {
		m.t.Fatalf("%s %s: %v", tool, args, err)
	}
	a := said{fault: r.IsError}
	text := r.Content[0].(*mcp.TextContent).Text
	// The entities of a description and of a diff differ in shape; no test needs them.
	var parts map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &parts); err != nil {
		m.t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		m.t.Fatalf("%s: %v", text, err)
	}
	if !a.fault && (a.Untrusted == "" || parts["data_age_seconds"] == nil) {
		m.t.Errorf("%s %s: no mark, or no age: %s", tool, args, text)
	}
	return a
}

// list decodes the rows of an answer.
func list[T any](t *testing.T, a said) (rows []T) {
	t.Helper()
	if err := json.Unmarshal(a.Rows, &rows); err != nil {
		t.Fatalf("%s: %v", a.Rows, err)
	}
	return rows
}

func TestAModelAsksTheProgram(t *testing.T) {
	db := demoMirror(t)
	if code, _, stderr := inProcess(t, db, "snapshot", "create", "today"); code != exitOK {
		t.Fatal(stderr)
	}
	m := newModel(t, db, nil)

	found := list[map[string]any](t, m.ask("mirror_search", `{"entity":"campaigns","query":{"filter":{"eq":{"state":"running"}},"sort":[{"id":"asc"}]},"fields":["id","name"]}`))
	type row []any
	byHand := list[row](t, m.ask("mirror_sql", `{"sql":"select id, name from campaigns where state = :s order by id","params":{"s":"running"}}`))
	if len(found) == 0 || len(found) != len(byHand) {
		t.Fatalf("a search finds %v, SQL %v", found, byHand)
	}
	for i := range found {
		if found[i]["id"] != byHand[i][0] || found[i]["name"] != byHand[i][1] {
			t.Errorf("row %d: %v and %v", i, found[i], byHand[i])
		}
	}
	got := m.ask("mirror_get", fmt.Sprintf(`{"entity":"campaigns","id":%v}`, found[0]["id"]))
	if got.Record["name"] != found[0]["name"] {
		t.Errorf("the record: %v", got.Record)
	}
	if full := m.ask("mirror_describe", `{"entity":"campaigns","detail":"full"}`); full.Schema["entity"] != "campaigns" || full.Schema["actions"] == nil {
		t.Errorf("the schema: %v", full.Schema)
	}
	status := m.ask("mirror_status", `{}`)
	if len(status.Runs) != 2 || status.Runs[0].Status != "complete" || len(status.Snapshots) != 1 || status.Snapshots[0].Name != "today" {
		t.Errorf("the status: %+v", status)
	}
	// As it was before the day passed.
	before := m.ask("mirror_search", `{"entity":"campaigns","as_of":"12h","limit":50,"fields":["id"]}`)
	now := m.ask("mirror_search", `{"entity":"campaigns","limit":50,"fields":["id"]}`)
	if b, n := len(list[any](t, before)), len(list[any](t, now)); b == 0 || b == n {
		t.Errorf("%d campaigns then and %d now", b, n)
	}
	// So is its age: that of the reading before, at that time.
	if age := before.AsOf.Sub(before.Synced); age < 0 || *before.DataAge != int64(age.Seconds()) || !before.Synced.Before(now.Synced.Add(-12*time.Hour)) || !now.AsOf.IsZero() {
		t.Errorf("then: as of %s, synced %s, age %d; now: as of %s, synced %s", before.AsOf, before.Synced, *before.DataAge, now.AsOf, now.Synced)
	}
	if f := m.ask("mirror_search", `{"entity":"campaigns","as_of":"yesterdy"}`); f.Error.Type != "not_found" || strings.Contains(f.Error.Hint, "ciomirror snapshot list") {
		t.Errorf("an unknown time: %+v", f.Error)
	}
}

func TestAModelRunsSavedQueries(t *testing.T) {
	m := newModel(t, demoMirror(t), nil)
	var names []string
	for _, q := range m.ask("mirror_saved", `{}`).Queries {
		names = append(names, q.Name)
	}
	if diff := cmp.Diff([]string{"bounces-by-domain", "newest-campaigns", "stale-campaigns", "weekly-report"}, names); diff != "" {
		t.Error(diff)
	}
	weeks := m.ask("mirror_saved", `{"name":"weekly-report","params":{"weeks":2}}`)
	if len(weeks.Columns) < 3 || len(list[[]any](t, weeks)) == 0 {
		t.Errorf("a statement: %+v", weeks)
	}
	// A search, page by page.
	whole := m.ask("mirror_saved", `{"name":"newest-campaigns"}`)
	first := m.ask("mirror_saved", `{"name":"newest-campaigns","limit":2}`)
	if len(first.Records) != 2 || !first.Truncated || first.Cursor == "" {
		t.Fatalf("a search: %+v", first)
	}
	rest := m.ask("mirror_saved", fmt.Sprintf(`{"name":"newest-campaigns","cursor":%q}`, first.Cursor))
	if diff := cmp.Diff(whole.Records, append(first.Records, rest.Records...)); diff != "" || len(rest.Records) == 0 {
		t.Errorf("the pages are not the whole:\n%s", diff)
	}
	for args, hint := range map[string]string{
		`{"name":"weekly-reprt"}`:                             "weekly-report",
		`{"name":"weekly-report","params":{"week":2}}`:        "weeks",
		`{"name":"weekly-report","params":{"weeks":"some"}}`:  "weeks",
		`{"name":"weekly-report","cursor":"x"}`:               "mirror_sql",
		`{"name":"newest-campaigns","params":{"state":[]}}`:   "a text",
		`{"name":"newest-campaigns","limit":"all"}`:           "example",
		`{"name":"newest-campaigns","params":{"states":"x"}}`: "state",
	} {
		if f := m.ask("mirror_saved", args); !f.fault || !strings.Contains(f.Error.Hint, hint) || strings.Contains(f.Error.Hint, "ciomirror ") {
			t.Errorf("%s: %+v", args, f.Error)
		}
	}
}

// TestACutDiffGoesOnExactly follows the cursors of a day's changes, while the mirror
// goes on changing before and behind where they stand.
func TestACutDiffGoesOnExactly(t *testing.T) {
	db := demoMirror(t)
	m := newModel(t, db, nil)
	type change struct {
		Entity, Change string
		Key            map[string]any
		Fields         map[string][2]any
	}
	code, stdout, stderr := inProcess(t, db, "diff", "12h", "campaigns", "messages", "segments", "-o", "json")
	if code != exitOK {
		t.Fatal(stderr)
	}
	var changes []change
	// What lies ahead is the last commit of when the comparison began.
	args := `{"from":"12h","to":"2999-01-01","entities":["campaigns","messages","campaigns","segments"]}`
	for n := range 1000 {
		if n > 0 {
			changeMirror(t, db, n)
		}
		a := m.ask("mirror_diff", args)
		page := list[change](t, a)
		changes = append(changes, page...)
		if a.HasMore != (a.Cursor != "") || len(page) == 0 || len(page) > 50 {
			t.Fatalf("%d rows, has_more %v, cursor %q", len(page), a.HasMore, a.Cursor)
		}
		if !a.HasMore {
			break
		}
		args = fmt.Sprintf(`{"cursor":%q}`, a.Cursor)
	}
	var whole struct {
		Entities []struct {
			Entity string
			Rows   []change
		}
	}
	if err := json.Unmarshal([]byte(stdout), &whole); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, e := range whole.Entities {
		for _, r := range e.Rows {
			want = append(want, fmt.Sprint(e.Entity, r.Key, r.Change, len(r.Fields)))
		}
	}
	for _, c := range changes {
		got = append(got, fmt.Sprint(c.Entity, c.Key, c.Change, len(c.Fields)))
	}
	if len(want) <= 50 || !slices.Equal(got, want) {
		t.Errorf("%d changes over the pages, %d in one: %s", len(got), len(want), cmp.Diff(want, got))
	}
}

// changeMirror adds a campaign before all others, changes one, and adds a segment behind
// all others.
func changeMirror(t *testing.T, db string, n int) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), db, sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, c := range []struct {
		entity string
		id     int
	}{{"campaigns", -n}, {"campaigns", 1}, {"segments", 1_000_000 + n}} {
		e, _ := catalog.Default().Entity(c.entity)
		table := store.NewTable(e)
		row, err := store.NewDecoder(table).Decode(fmt.Appendf(nil, `{"id":%d,"name":"changed %d"}`, c.id, n), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Put(t.Context(), table, row); err != nil {
			t.Fatal(err)
		}
	}
}

// TestACutDiffOfAForgottenTimeSaysSo: a prune between two pages ends the comparison.
func TestACutDiffOfAForgottenTimeSaysSo(t *testing.T) {
	db := demoMirror(t)
	m := newModel(t, db, nil)
	first := m.ask("mirror_diff", `{"from":"12h","entities":["messages"]}`)
	if first.Cursor == "" {
		t.Fatal("the diff is on one page")
	}
	if code, _, stderr := inProcess(t, db, "prune", "--keep-last", "1", "--keep-days", "0"); code != exitOK {
		t.Fatal(stderr)
	}
	f := m.ask("mirror_diff", fmt.Sprintf(`{"cursor":%q}`, first.Cursor))
	if !f.fault || f.Error.Type != "not_found" || !strings.Contains(f.Error.Hint, "without cursor") {
		t.Errorf("after a prune: %+v", f.Error)
	}
}

func TestAModelWithoutAMirrorLearnsWhatToDo(t *testing.T) {
	m := newModel(t, filepath.Join(t.TempDir(), "none.db"), nil)
	for _, tool := range []string{"mirror_describe", "mirror_status", "mirror_saved"} {
		if f := m.ask(tool, `{}`); f.Error.Type != "not_synced" || !strings.Contains(f.Error.Hint, "ciomirror sync") {
			t.Errorf("%s: %+v", tool, f.Error)
		}
	}
}

// TestAConfirmedWriteReachesTheWorkspace lets the program write to a pretend Customer.io.
func TestAConfirmedWriteReachesTheWorkspace(t *testing.T) {
	db := demoMirror(t)
	workspace, err := sim.New(sim.Options{Size: sim.Small, Seed: 1, Start: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var asked []string
	sent := func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(asked)
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.URL.Path)
		mu.Unlock()
		answer, err := workspace.Transport().RoundTrip(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}))
	defer api.Close()
	m := newModel(t, db, []string{"CIO_APP_KEY=sim-key", "CIOMIRROR_API_URL=" + api.URL}, "--allow-writes")
	const snippet = `"entity":"snippets","action":"create","params":{"name":"by-a-model","value":"Hello"}`
	shown := m.ask("mirror_execute", `{`+snippet+`}`)
	if shown.fault || shown.Sent || shown.Confirm == "" || len(sent()) != 0 {
		t.Fatalf("a dry run: %+v; sent %v", shown, sent())
	}
	if done := m.ask("mirror_execute", `{`+snippet+`,"dry_run":false,"confirm":"`+shown.Confirm+`"}`); !done.Sent {
		t.Errorf("the write: %+v", done.Error)
	}
	if !slices.Contains(sent(), "POST /v1/snippets") {
		t.Errorf("sent: %v", sent())
	}
	noted := list[[]any](t, m.ask("mirror_sql", `{"sql":"select face, entity, action, outcome from actions"}`))
	if diff := cmp.Diff([][]any{{"mcp", "snippets", "create", "done"}}, noted); diff != "" {
		t.Errorf("the note of it (-want +got):\n%s", diff)
	}

	// Another key's workspace is not this mirror's: nothing goes there.
	before := len(sent())
	m = newModel(t, db, []string{"CIO_APP_KEY=another-key", "CIOMIRROR_API_URL=" + api.URL}, "--allow-writes")
	shown = m.ask("mirror_execute", `{`+snippet+`}`)
	f := m.ask("mirror_execute", `{`+snippet+`,"dry_run":false,"confirm":"`+shown.Confirm+`"}`)
	if f.Error.Type != "forbidden" || !strings.Contains(f.Error.Hint, "--rebind") || len(sent()) != before {
		t.Errorf("with another key: %+v; sent %v", f.Error, sent()[before:])
	}
}
