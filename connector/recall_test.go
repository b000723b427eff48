package connector_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/connector"
	"ciomirror/internal/canon"
	"ciomirror/query"
	"ciomirror/sim"
	"ciomirror/store"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

// workspace is a simulated workspace with a mirror of it and a connector to both.
type workspace struct {
	*connector.Connector
	sim    *sim.Sim
	mirror *sqlite.Store
	api    *cio.Client
	clock  time.Time
}

func newWorkspace(t *testing.T) *workspace {
	t.Helper()
	w := &workspace{clock: today}
	var err error
	if w.sim, err = sim.New(sim.Options{Seed: 11, Start: today, Now: w.now, Key: "0123456789abcdef0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	w.api = newClient(t, cio.Options{BaseURL: "http://sim.test", Transport: w.sim.Transport()})
	w.mirror = newMirror(t, w.now)
	w.sync(t)
	w.Connector = liveConnector(t, w.mirror, w.api, w.now)
	return w
}

func (w *workspace) now() time.Time { return w.clock }

func (w *workspace) sync(t *testing.T) syncer.Options {
	t.Helper()
	o := syncer.Options{Catalog: catalog.Default(), Now: w.now}
	s, err := syncer.New(w.api, w.mirror, o)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := s.Run(t.Context()); err != nil || r.Status != store.Complete {
		t.Fatalf("sync: %s, %v", r.Status, err)
	}
	return o
}

func (w *workspace) do(t *testing.T, source, entity, action, params string) connector.Envelope {
	t.Helper()
	env, err := w.Execute(t.Context(), connector.Request{Entity: entity, Action: action, Params: json.RawMessage(params), Source: source})
	if err != nil {
		t.Fatalf("%s %s %s from %s: %v", entity, action, params, source, err)
	}
	return env
}

// canonical are records without nulls, which the mirror takes for absent, and in one
// spelling.
func canonical(t *testing.T, result json.RawMessage) (records []string) {
	t.Helper()
	var list []map[string]json.RawMessage
	if result[0] == '{' {
		result = json.RawMessage("[" + string(result) + "]")
	}
	if err := json.Unmarshal(result, &list); err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		for name, v := range r {
			if string(v) == "null" {
				delete(r, name)
			}
		}
		b, _ := json.Marshal(r)
		text, err := canon.JSON(b)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, string(text))
	}
	return records
}

// walk reads a list to its end and returns its records by page.
func (w *workspace) walk(t *testing.T, source, entity, params string) (pages [][]string) {
	t.Helper()
	var given map[string]any
	if err := json.Unmarshal([]byte(params), &given); err != nil {
		t.Fatal(err)
	}
	for {
		b, _ := json.Marshal(given)
		env := w.do(t, source, entity, "list", string(b))
		age := today.Sub(env.Origin.Synced).Abs()
		if env.Origin.Source != source || (source == connector.FromMirror) != (age < time.Minute) {
			t.Fatalf("%s came from %+v", entity, env.Origin)
		}
		pages = append(pages, canonical(t, env.Result))
		if env.ConnectorMetadata == nil || env.ConnectorMetadata.Next == nil {
			// The last token of newsletters leads to an empty page.
			if last := len(pages) - 1; last > 0 && len(pages[last]) == 0 {
				pages = pages[:last]
			}
			return pages
		}
		given["start"] = *env.ConnectorMetadata.Next
	}
}

// most is the value that most records of an entity have in a field, by the truth.
func (w *workspace) most(t *testing.T, entity, field string) (value string) {
	t.Helper()
	n := map[string]int{}
	for raw := range w.sim.Records(entity) {
		var r map[string]json.RawMessage
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(err)
		}
		v := string(r[field])
		if n[v]++; v != "null" && v != "" && n[v] > n[value] {
			value = v
		}
	}
	return value
}

// TestTheMirrorListsAsTheAPI asks both for the same lists, page by page.
func TestTheMirrorListsAsTheAPI(t *testing.T) {
	w := newWorkspace(t)
	campaign := w.most(t, "campaign_actions", "campaign_id") // more than a page of them
	template := w.most(t, "transactional_messages", "id")
	newsletter := w.most(t, "messages", "newsletter_id")
	for _, tt := range []struct {
		entity, params string
		anyOrder       bool // no source says in which order the API lists
	}{
		{entity: "campaigns", params: `{}`},
		{entity: "campaigns", params: `{"limit":1}`}, // ignored, as upstream
		{entity: "campaign_actions", params: `{"campaign_id":` + campaign + `}`},
		{entity: "newsletters", params: `{}`},
		{entity: "newsletters", params: `{"limit":4}`},
		{entity: "newsletters", params: `{"limit":4,"sort":"asc"}`},
		{entity: "newsletters", params: `{"limit":3,"sort":"desc"}`},
		{entity: "segments", params: `{}`},
		{entity: "messages", params: `{"limit":1000}`, anyOrder: true},
		{entity: "messages", params: `{"type":"email","metric":"opened","limit":300}`, anyOrder: true},
		{entity: "messages", params: `{"metric":"undeliverable"}`, anyOrder: true},
		{entity: "messages", params: `{"metric":"attempted","type":"push","limit":1000}`, anyOrder: true},
		{entity: "messages", params: `{"campaign_id":` + w.most(t, "messages", "campaign_id") + `,"limit":200}`, anyOrder: true},
		{entity: "messages", params: `{"newsletter_id":` + newsletter + `}`, anyOrder: true},
		{entity: "messages", params: fmt.Sprintf(`{"start_ts":%d,"end_ts":%d}`, today.Unix()-9*86400, today.Unix()-7*86400), anyOrder: true},
		{entity: "activities", params: `{"type":"event","limit":100}`, anyOrder: true},
		{entity: "activities", params: `{"type":"event","name":"order_completed"}`, anyOrder: true},
		{entity: "sender_identities", params: `{}`},
		{entity: "sender_identities", params: `{"hidden":true,"limit":3}`},
		{entity: "sender_identities", params: `{"sort":"desc","limit":3,"hidden":false}`},
		{entity: "snippets", params: `{}`, anyOrder: true},
		{entity: "collections", params: `{}`},
		{entity: "reporting_webhooks", params: `{}`},
		{entity: "exports", params: `{}`},
		{entity: "transactional_messages", params: `{}`},
		{entity: "transactional_message_contents", params: `{"transactional_id":` + template + `}`},
	} {
		live, mirror := w.walk(t, connector.FromLive, tt.entity, tt.params), w.walk(t, connector.FromMirror, tt.entity, tt.params)
		if tt.entity == "activities" {
			// In the mirror nothing tells those of deleted people, which the API has on a
			// list of their own.
			deleted := strings.Replace(tt.params, "{", `{"deleted":true,`, 1)
			live = [][]string{slices.Concat(append(live, w.walk(t, connector.FromLive, tt.entity, deleted)...)...)}
			mirror = [][]string{slices.Concat(mirror...)}
		}
		if tt.anyOrder {
			for _, pages := range []*[][]string{&live, &mirror} {
				all := slices.Concat(*pages...)
				slices.Sort(all)
				sizes := []string{}
				for _, p := range *pages {
					sizes = append(sizes, fmt.Sprint(len(p)))
				}
				*pages = [][]string{all, sizes}
			}
		}
		if fmt.Sprint(live) != fmt.Sprint(mirror) {
			t.Errorf("%s %s:\nlive   %.600v\nmirror %.600v", tt.entity, tt.params, live, mirror)
		}
		if n := len(slices.Concat(live...)); n == 0 && !strings.Contains(tt.params, "undeliverable") {
			t.Errorf("%s %s: nothing is compared", tt.entity, tt.params)
		}
	}
}

// TestTheMirrorGetsAsTheAPI gets every record of every entity from both.
func TestTheMirrorGetsAsTheAPI(t *testing.T) {
	w := newWorkspace(t)
	for _, e := range catalog.Default().Entities() {
		get, ok := e.Action("get")
		if !ok {
			continue
		}
		n := 0
		for raw := range w.sim.Records(e.Name) {
			if n++; n > 12 {
				break
			}
			var r map[string]json.RawMessage
			if err := json.Unmarshal(raw, &r); err != nil {
				t.Fatal(err)
			}
			params := "{}"
			for i, p := range get.Params[:len(e.Key)] {
				params = strings.TrimSuffix(params, "}") + map[bool]string{true: "", false: ","}[i == 0] + `"` + p.Name + `":` + string(r[e.Key[i]]) + "}"
			}
			live := canonical(t, w.do(t, connector.FromLive, e.Name, "get", params).Result)
			mirror := canonical(t, w.do(t, connector.FromMirror, e.Name, "get", params).Result)
			if !slices.Equal(live, mirror) {
				t.Errorf("%s %s:\nlive   %s\nmirror %s", e.Name, params, live, mirror)
			}
		}
		if n == 0 {
			t.Errorf("%s: nothing is compared", e.Name)
		}
	}
}

func wantError(t *testing.T, err error, kind, code, at string, texts ...string) {
	t.Helper()
	e, ok := errors.AsType[*connector.Error](err)
	if !ok || e.Type != kind || e.Code != code || e.At != at {
		t.Errorf("got %v (%+v), want %s %s at %s", err, e, kind, code, at)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not say %q", err, text)
		}
	}
}

// TestTokensKeepToTheirSource: a token of the one is refused by the other, and so is
// one with other parameters.
func TestTokensKeepToTheirSource(t *testing.T) {
	w := newWorkspace(t)
	tokens := map[string]string{}
	for _, source := range []string{connector.FromLive, connector.FromMirror} {
		tokens[source] = *w.do(t, source, "newsletters", "list", `{"limit":2}`).ConnectorMetadata.Next
	}
	if strings.HasPrefix(tokens[connector.FromLive], "mirror:") || !strings.HasPrefix(tokens[connector.FromMirror], "mirror:") {
		t.Fatalf("tokens %v", tokens)
	}
	for source, of := range map[string]string{connector.FromLive: connector.FromMirror, connector.FromMirror: connector.FromLive, "": connector.FromMirror} {
		for _, name := range []string{"start", "cursor"} {
			_, err := w.Execute(t.Context(), connector.Request{Entity: "newsletters", Action: "list", Source: source,
				Params: json.RawMessage(`{"limit":2,"` + name + `":"` + tokens[of] + `"}`)})
			owner := map[string]string{connector.FromLive: "the mirror did not give", connector.FromMirror: "is of the mirror"}[of]
			wantError(t, err, connector.ValidationError, query.InvalidCursor, "/start", owner, "begin anew")
			if e, ok := errors.AsType[*connector.Error](err); ok && string(e.Example) != `{"limit":2}` {
				t.Errorf("the example is %s", e.Example)
			}
		}
	}
	for _, params := range []string{`{"sort":"asc","start":"` + tokens[connector.FromMirror] + `"}`, `{"start":"mirror:nonsense"}`, `{"start":"mirror:"}`} {
		_, err := w.Execute(t.Context(), connector.Request{Entity: "newsletters", Action: "list", Source: connector.FromMirror, Params: json.RawMessage(params)})
		wantError(t, err, connector.ValidationError, query.InvalidCursor, "/start", "next of the page before")
	}
}

// TestAMisspeltParameterIsNamed: the list comes all the same, from wherever.
func TestAMisspeltParameterIsNamed(t *testing.T) {
	w := newWorkspace(t)
	for _, source := range []string{connector.FromLive, connector.FromMirror} {
		env := w.do(t, source, "messages", "list", `{"typ":"email","limit":1}`)
		if want := "typ is not a parameter of messages list and was ignored; did you mean type?"; env.Warning != want || len(env.Result) < 10 {
			t.Errorf("%s: %q, want %q", source, env.Warning, want)
		}
	}
}

func TestWhatTheMirrorDoesNotHave(t *testing.T) {
	w := newWorkspace(t)
	from := func(entity, action, params string) error {
		_, err := w.Execute(t.Context(), connector.Request{Entity: entity, Action: action, Source: connector.FromMirror, Params: json.RawMessage(params)})
		return err
	}
	wantError(t, from("campaigns", "get", `{"campaign_id":99999}`), connector.NotFound, connector.NoRecord, "", "ciomirror sync campaigns", "--source live")
	wantError(t, from("messages", "get", `{"message_id":"nobody"}`), connector.NotFound, connector.NoRecord, "")
	wantError(t, from("campaign_actions", "list", `{"campaign_id":99999}`), connector.NotFound, connector.NoRecord, "", "of campaigns")
	wantError(t, from("messages", "list", `{"drafts":true}`), connector.ValidationError, query.NotSupported, "/drafts", "--source live")
	wantError(t, from("activities", "list", `{"deleted":true}`), connector.ValidationError, query.NotSupported, "/deleted", "--source live")
	wantError(t, from("activities", "list", `{"customer_id":"a@b.c","id_type":"email"}`), connector.ValidationError, query.NotSupported, "/id_type")
	for _, params := range []string{`{"drafts":false}`, `{"get_tracked_responses":false}`, `{"type":"slack"}`} {
		if err := from("messages", "list", params); err != nil {
			t.Errorf("%s: %v", params, err)
		}
	}

	empty := liveConnector(t, newMirror(t, w.now), nil, w.now)
	for _, r := range []connector.Request{
		{Entity: "campaigns", Action: "list"},
		{Entity: "campaigns", Action: "get", Params: json.RawMessage(`{"campaign_id":1}`)},
	} {
		_, err := empty.Execute(t.Context(), r)
		wantError(t, err, connector.ValidationError, connector.NotSynced, "", "ciomirror sync campaigns")
	}
	cat := catalog.Default()
	none, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{}), nil, connector.Options{InstanceID: "x", Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range []string{"list", "search"} {
		_, err := none.Execute(t.Context(), connector.Request{Entity: "campaigns", Action: action})
		wantError(t, err, connector.ValidationError, connector.NotSynced, "")
	}
}

// TestWhereAnAnswerComesFrom: the request decides, then the options, then the key.
func TestWhereAnAnswerComesFrom(t *testing.T) {
	w := newWorkspace(t)
	cat := catalog.Default()
	for _, tt := range []struct {
		key           bool
		option, asked string
		want          string // or the code of the error
	}{
		{true, "", "", "live"}, {false, "", "", "mirror"}, {true, "auto", "auto", "live"}, {false, "auto", "", "mirror"},
		{true, "mirror", "", "mirror"}, {true, "mirror", "auto", "mirror"}, {true, "mirror", "live", "live"}, {true, "live", "mirror", "mirror"},
		{false, "live", "", connector.NoKey}, {false, "", "live", connector.NoKey}, {true, "", "web", query.InvalidOperand},
	} {
		o := connector.Options{InstanceID: "x", Now: w.now, Source: tt.option, Ledger: w.mirror}
		if tt.key {
			o.Live = w.api
		}
		c, err := connector.New(cat, query.NewCompiler(cat, query.SQLite{}), w.mirror, o)
		if err != nil {
			t.Fatal(err)
		}
		env, err := c.Execute(t.Context(), connector.Request{Entity: "segments", Action: "list", Source: tt.asked})
		got := env.Origin.Source
		if e, ok := errors.AsType[*connector.Error](err); ok {
			got = e.Code
		}
		if got != tt.want {
			t.Errorf("%+v: %s, %v", tt, got, err)
		}
	}
	_, err := w.Execute(t.Context(), connector.Request{Entity: "segments", Action: "search", Source: "live"})
	wantError(t, err, connector.ValidationError, query.NotSupported, "", "from the mirror only")
	_, err = w.Execute(t.Context(), connector.Request{Entity: "segments", Action: "create", Source: "mirror"})
	wantError(t, err, connector.ValidationError, query.NotSupported, "", "goes to the API")
}

// TestRecordsAreTrimmedWhereverTheyComeFrom: select_fields is not only for searches.
func TestRecordsAreTrimmedWhereverTheyComeFrom(t *testing.T) {
	api := newRecorder(t)
	api.reply = `{"campaigns": [ {"id": 1, "name": "a", "actions": [ {"id": 5, "type": "email"} ]} ]}`
	now := func() time.Time { return today }
	c := liveConnector(t, newMirror(t, now), newClient(t, cio.Options{BaseURL: api.URL}), now)
	env, err := c.Execute(t.Context(), connector.Request{Entity: "campaigns", Action: "list", SelectFields: []string{"id", "actions.type"}})
	if err != nil || string(env.Result) != `[{"id":1,"actions":[{"type":"email"}]}]` {
		t.Errorf("%s, %v", env.Result, err)
	}
}
