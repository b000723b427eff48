package connector_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/connector"
	"ciomirror/query"
)

// rows is a mirror that gives the same rows to every statement with a row in it: no
// filter is applied, so that these tests are about the connector alone.
type rows struct {
	cells [][]any
	err   error
}

func (r rows) Rows(_ context.Context, q squirrel.Sqlizer) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		if r.err != nil {
			yield(nil, r.err)
			return
		}
		for _, cells := range r.cells {
			if !yield(cells, nil) {
				return
			}
		}
	}
}

func (r rows) Snapshot(_ context.Context, f func(query.Rows) error) error { return f(r.Rows) }

func field(name string, k catalog.Kind) catalog.Field {
	return catalog.Field{Name: name, Types: []catalog.Kind{k}, Doc: "a test field"}
}

func newConnector(t *testing.T, m query.Source) *connector.Connector {
	t.Helper()
	cat, err := catalog.New(
		&catalog.Entity{
			Name: "things", Doc: "Things.", Key: []string{"id"}, List: catalog.List{Path: "/v1/things", Items: "things", Complete: true},
			Fields:  []catalog.Field{field("id", catalog.Integer), field("name", catalog.String), field("meta", catalog.Object)},
			Actions: []catalog.Action{{Name: "list", Method: "GET", Path: "/v1/things", Doc: "All."}},
		},
		&catalog.Entity{Name: "sends", Doc: "Sends.", Actions: []catalog.Action{{Name: "create", Method: "POST", Path: "/v1/send", Doc: "Sends."}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_700_000_000, 0)
	c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{}), m, connector.Options{
		InstanceID: "source_id:test",
		Now: func() time.Time {
			now = now.Add(1500 * time.Microsecond)
			return now
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var two = rows{cells: [][]any{
	{int64(1), "a", `{"owner":{"email":"ann@north.test"},"rev":3}`},
	{int64(6), strings.Repeat("é", 201), `{"notes":["` + strings.Repeat("x", 300) + `"],"rev":4}`},
}}

func execute(t *testing.T, m query.Source, body string) (string, error) {
	t.Helper()
	var r connector.Request
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		t.Fatal(err)
	}
	env, err := newConnector(t, m).Execute(t.Context(), r)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(env)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), nil
}

// P10, P15: both names of the action, and the envelope to the letter.
func TestSearchHasTheHostedEnvelope(t *testing.T) {
	want := `{"status":"success","result":{"data":[{"id":1,"meta":{"owner":{"email":"ann@north.test"},"rev":3}}],"meta":{"has_more":false,"cursor":null,"took_ms":1}},` +
		`"connector_metadata":null,"execution_metadata":{"connector_instance_id":"source_id:test","execution_time_ms":4}}`
	for _, action := range []string{"context_store_search", "search"} {
		for _, more := range []string{``, `,"intent":"a test"`, `,"skip_truncation":true`, `,"unknown_key":5`} {
			got, err := execute(t, rows{cells: [][]any{{int64(1), `{"owner":{"email":"ann@north.test"},"rev":3}`}}},
				`{"entity":"things","action":"`+action+`","params":{"fields":["id","meta"]}`+more+`}`)
			if err != nil || got != want {
				t.Errorf("%s%s:\n got %s, %v\nwant %s", action, more, got, err, want)
			}
		}
	}
	for _, params := range []string{`,"params":null`, ``, `,"params":{}`} {
		if _, err := execute(t, rows{}, `{"entity":"things","action":"search"`+params+`}`); err != nil {
			t.Errorf("%q: %v", params, err)
		}
	}
}

// P11: rows are trimmed, meta is not touched.
func TestRowsAreTrimmed(t *testing.T) {
	long, cut := strings.Repeat("é", 201), strings.Repeat("é", 200)
	for more, want := range map[string]string{
		`"select_fields":["id"]`:                                     `[{"id":1},{"id":6}]`,
		`"select_fields":["id"],"exclude_fields":["id"]`:             `[{"id":1},{"id":6}]`,
		`"select_fields":["meta.rev","nothing"]`:                     `[{"meta":{"rev":3}},{"meta":{"rev":4}}]`,
		`"select_fields":["data"]`:                                   `[{},{}]`,
		`"exclude_fields":["name","meta.owner","meta.notes","data"]`: `[{"id":1,"meta":{"rev":3}},{"id":6,"meta":{"rev":4}}]`,
		`"select_fields":["name"],"skip_truncation":false`:           `[{"name":"a"},{"name":"` + cut + `"}]`,
		`"select_fields":["name"],"skip_truncation":true`:            `[{"name":"a"},{"name":"` + long + `"}]`,
		`"select_fields":["meta.notes[]"],"skip_truncation":false`:   `[{},{"meta":{"notes":["` + strings.Repeat("x", 200) + `"]}}]`,
		`"select_fields":[],"exclude_fields":["meta[]","name"]`:      `[{"id":1},{"id":6}]`,
	} {
		got, err := execute(t, two, `{"entity":"things","action":"search",`+more+`}`)
		if err != nil {
			t.Fatal(err)
		}
		var env struct {
			Result struct {
				Data json.RawMessage
				Meta map[string]any
			}
			Metadata *struct{ Truncated int } `json:"connector_metadata"`
		}
		if err := json.Unmarshal([]byte(got), &env); err != nil {
			t.Fatal(err)
		}
		if string(env.Result.Data) != want {
			t.Errorf("%s: %s, want %s", more, env.Result.Data, want)
		}
		if len(env.Result.Meta) != 3 {
			t.Errorf("%s: meta is %v", more, env.Result.Meta)
		}
		if cut := strings.Contains(more, "false"); cut != (env.Metadata != nil && env.Metadata.Truncated == 1) {
			t.Errorf("%s: the metadata are %+v", more, env.Metadata)
		}
	}
}

func TestRefusalsSayWhatInstead(t *testing.T) {
	for _, c := range []struct{ body, code, field, text string }{
		{`{"entity":"things","action":"lst"}`, connector.UnknownAction, "action", `did you mean "list"?`},
		{`{"entity":"things","action":"describe"}`, connector.UnknownAction, "action", "list, context_store_search"},
		{`{"entity":"thing","action":"list"}`, query.UnknownEntity, "entity", `did you mean "things"?`},
		{`{"entity":"thing","action":"search"}`, query.UnknownEntity, "entity", `did you mean "things"?`},
		{`{"entity":"sends","action":"search"}`, query.NotSupported, "params", "can only be created"},
		{`{"entity":"things","action":"search","params":{"query":{"filter":{"eq":{"nam":"x"}}}}}`, query.UnknownField, "query.filter.eq.nam", `did you mean "name"?`},
		{`{"entity":"things","action":"search","params":{"limit":0}}`, query.InvalidLimit, "limit", "whole number"},
		{`{"entity":"things","action":"search","params":{"query":{"filter":{"eq":"x"}}}}`, query.InvalidFilter, "query.filter.eq", `write {"eq":{"name":"welcome"}}`},
		{`{"entity":"things","action":"search","params":{"semantic":{"prompt":"x"}}}`, query.NotSupported, "semantic", "fuzzy"},
	} {
		_, err := execute(t, two, c.body)
		e, ok := errors.AsType[*connector.Error](err)
		if !ok || e.Type != connector.ValidationError || e.Code != c.code || e.Field != c.field || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v (%+v)", c.body, err, e)
		}
	}
}

func TestFailuresOfTheMirrorAreServerErrors(t *testing.T) {
	broken := errors.New("disk I/O error")
	_, err := execute(t, rows{err: broken}, `{"entity":"things","action":"search"}`)
	e, ok := errors.AsType[*connector.Error](err)
	if !ok || e.Type != connector.ServerError || !errors.Is(err, broken) || !strings.Contains(err.Error(), "search things: disk") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = newConnector(t, rows{err: context.Canceled}).Execute(ctx, connector.Request{Entity: "things", Action: "search"})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := connector.New(nil, nil, nil, connector.Options{})
	if err == nil || !strings.Contains(err.Error(), "clock") || !strings.Contains(err.Error(), "InstanceID") {
		t.Errorf("got %v, want both faults", err)
	}
	for text, o := range map[string]connector.Options{
		"Ledger":               {AllowWrites: true, Face: "cli"},
		`unknown Source "web"`: {Source: "web"},
	} {
		if _, err := connector.New(nil, nil, nil, o); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("got %v, want it to tell of %s", err, text)
		}
	}
}
