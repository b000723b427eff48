package mcp_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/goleak"

	"ciomirror/catalog"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/server/mcp"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// synced is when the mirrors of these tests were filled; they are asked an hour later.
var synced = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

const hour = 3600

// shelf is a workspace of one mirror file.
type shelf struct{ path string }

func later() time.Time { return synced.Add(time.Hour + time.Second/2) } // the run took some milliseconds

// newShelf makes a mirror of these records, by entity.
func newShelf(t *testing.T, records map[string][]string) shelf {
	t.Helper()
	s := shelf{filepath.Join(t.TempDir(), "mirror.db")}
	s.fill(t, synced, records)
	return s
}

// fill adds records, read completely at a time.
func (s shelf) fill(t *testing.T, at time.Time, records map[string][]string) {
	t.Helper()
	m, err := sqlite.Open(t.Context(), s.path, sqlite.Options{Create: true, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	run, err := m.StartRun(t.Context(), store.Claim{Mode: store.All})
	if err != nil {
		t.Fatal(err)
	}
	for name, texts := range records {
		e, _ := catalog.Default().Entity(name)
		table := store.NewTable(e)
		var rows []store.Row
		for _, text := range texts {
			parent := ""
			if e.Parent != nil {
				var keys map[string]json.RawMessage
				if err := json.Unmarshal([]byte(text), &keys); err != nil {
					t.Fatal(err)
				}
				parent = string(keys[e.Parent.Field])
			}
			row, err := store.NewDecoder(table).Decode([]byte(text), parent)
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
		}
		if _, err := run.Write(t.Context(), table, rows); err != nil {
			t.Fatal(err)
		}
		if err := run.Report(t.Context(), store.EntityReport{Entity: name, Status: store.Complete, Rows: int64(len(rows))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := run.Finish(t.Context(), store.Complete, nil); err != nil {
		t.Fatal(err)
	}
}

type mirror struct {
	*sqlite.Store
	*connector.Connector
}

// Open implements mcp.Workspace. These tests ask about no other time.
func (s shelf) Open(ctx context.Context, _ string) (mcp.Mirror, error) {
	m, err := sqlite.Open(ctx, s.path, sqlite.Options{Now: later})
	if err != nil {
		return nil, err
	}
	c, err := connector.New(catalog.Default(), query.NewCompiler(catalog.Default(), query.SQLite{TextIndex: true}), m,
		connector.Options{InstanceID: "source_id:test", Now: later})
	return mirror{m, c}, err
}

// Schema implements mcp.Workspace.
func (s shelf) Schema(e *catalog.Entity) (json.RawMessage, error) {
	return json.Marshal(map[string]string{"entity": e.Name, "doc": e.Doc})
}

// Saved implements mcp.Workspace: nothing is saved here.
func (s shelf) Saved() ([]mcp.Saved, error) { return []mcp.Saved{}, nil }

// Bind implements mcp.Workspace.
func (s shelf) Bind(string, map[string]string) (mcp.Question, error) {
	return mcp.Question{}, errors.New("nothing is saved")
}

// At implements mcp.Mirror.
func (m mirror) At() time.Time { return time.Time{} }

// Instant implements mcp.Mirror.
func (m mirror) Instant(_ context.Context, text string) (time.Time, error) {
	if text == "" {
		return later(), nil
	}
	return time.Parse(time.RFC3339, text)
}

// Changes implements mcp.Mirror: the file has one version of everything.
func (m mirror) Changes(context.Context, *catalog.Entity, time.Time, time.Time) iter.Seq2[mcp.Change, error] {
	return func(func(mcp.Change, error) bool) {}
}

// Status implements mcp.Mirror.
func (m mirror) Status(ctx context.Context) (mcp.Status, error) {
	s, err := m.Store.Status(ctx)
	status := mcp.Status{Runs: []mcp.Run{}, Snapshots: []mcp.Snapshot{}}
	for _, e := range s.Entities {
		status.Entities = append(status.Entities, mcp.EntityStatus(e))
	}
	for _, r := range s.Runs {
		status.Runs = append(status.Runs, mcp.Run(r))
	}
	return status, err
}

func (s shelf) options() mcp.Options {
	o := mcp.Options{
		Workspace: s, Catalog: catalog.Default(), Version: "test", Now: later, Log: slog.New(slog.DiscardHandler),
		Views: []mcp.View{{View: "campaign_performance", Doc: "One row a campaign."}},
		Explain: func(_ context.Context, err error) *connector.Error {
			e := &connector.Error{Type: connector.ServerError, Msg: err.Error(), Hint: "see: ciomirror status"}
			if s, ok := errors.AsType[*store.StatementError](err); ok {
				e.Type, e.Hint = connector.ValidationError, s.Hint
			}
			return e
		},
	}
	for _, op := range query.Operators() {
		o.Operators = append(o.Operators, mcp.Operator{Operator: op.Name, Doc: op.Doc, Example: json.RawMessage(op.Example)})
	}
	return o
}

// dial starts a server in memory and returns a client of it.
func dial(t *testing.T, o mcp.Options, c *sdk.ClientOptions) *sdk.ClientSession {
	t.Helper()
	s, err := mcp.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return connect(t, s, c)
}

// call calls a tool and returns its answer, which may be a fault.
func call(t *testing.T, c *sdk.ClientSession, name, args string) *sdk.CallToolResult {
	t.Helper()
	r, err := c.CallTool(t.Context(), &sdk.CallToolParams{Name: name, Arguments: json.RawMessage(args)})
	if err != nil {
		t.Fatalf("%s %s: %v", name, args, err)
	}
	return r
}

// text is the text of an answer.
func text(t *testing.T, r *sdk.CallToolResult) string {
	t.Helper()
	if len(r.Content) != 1 {
		t.Fatalf("%d parts of content, want one", len(r.Content))
	}
	return r.Content[0].(*sdk.TextContent).Text
}

// answer decodes the answer of a call that has to succeed.
func answer[T any](t *testing.T, c *sdk.ClientSession, name, args string) (v T) {
	t.Helper()
	r := call(t, c, name, args)
	if r.IsError {
		t.Fatalf("%s %s: %s", name, args, text(t, r))
	}
	if err := json.Unmarshal([]byte(text(t, r)), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// fault is how a call that has to fail does.
type fault struct {
	Type, Code, Path, Message, Hint string
	Example                         json.RawMessage
}

func faultOf(t *testing.T, c *sdk.ClientSession, name, args string) fault {
	t.Helper()
	r := call(t, c, name, args)
	if !r.IsError || r.StructuredContent != nil {
		t.Fatalf("%s %s: is error %v, structured %v: %s", name, args, r.IsError, r.StructuredContent, text(t, r))
	}
	var body struct{ Error fault }
	if err := json.Unmarshal([]byte(text(t, r)), &body); err != nil {
		t.Fatal(err)
	}
	return body.Error
}
