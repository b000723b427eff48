package query_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/query"
	"ciomirror/query/match"
)

func (m *mirror) compile(t *testing.T, entity, params string, limit int) *query.Plan {
	t.Helper()
	q, err := query.Parse([]byte(params))
	if err != nil {
		t.Fatalf("%s: %v", params, err)
	}
	q.Limit = limit
	p, err := query.NewCompiler(m.cat, query.SQLite{}).Compile(entity, q)
	if err != nil {
		t.Fatalf("%s: %v", params, err)
	}
	return p
}

// asJSON is a streamed value as the search writes it.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	switch v := v.(type) {
	case string:
		return string(canon.AppendString(nil, v))
	case json.RawMessage:
		return string(v)
	case float64:
		return match.FloatText(v)
	case nil, bool, int64:
		b, _ := json.Marshal(v)
		return string(b)
	}
	t.Fatalf("%T is no type of a value", v)
	return ""
}

// TestStreamGivesWhatASearchGives: the same rows, the same values under the same
// keys, whatever the fields and the values are.
func TestStreamGivesWhatASearchGives(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	for _, x := range randomThings(rand.New(rand.NewPCG(7, 1)), 200) {
		m.insert(t, "things", x.json())
	}
	m.insert(t, "things", `{"id":900,"steps":[{"a":1},{"a":2}],"tags":["x"],"meta":{"owner":{"email":"a@example.com"}},"code":"007","created":"never"}`)
	m.insert(t, "campaigns", `{"id":1,"name":"a","tags":"one","audience":"all","expires_after":12}`)
	m.insert(t, "campaigns", `{"id":2,"type":"x","tags":["one"],"audience":{"a":[1,2]},"expires_after":"\"quoted\""}`)
	m.insert(t, "campaigns", `{"id":3,"expires_after":[1,2]}`)
	m.insert(t, "campaigns", `{"id":4,"expires_after":1.5}`)
	for _, c := range []struct{ entity, params string }{
		{"things", `{}`},
		{"things", `{"query":{"filter":{"eq":{"active":true}},"sort":[{"score":"desc"},{"created":"asc"}]}}`},
		{"things", `{"fields":["meta.owner.email","id","steps.a","created","score","meta_rev"]}`},
		{"campaigns", `{}`},
		{"campaigns", `{"fields":["expires_after","audience.a","id","audience.b"]}`},
	} {
		page, err := m.search(c.entity, c.params)
		if err != nil {
			t.Fatal(err)
		}
		p := m.compile(t, c.entity, c.params, query.NoLimit)
		head, n := p.Head(), 0
		for values, err := range query.Stream(context.Background(), m, p) {
			if err != nil {
				t.Fatal(err)
			}
			if n >= len(page.Data) {
				t.Fatalf("%s: more than the %d rows of the search", c.params, len(page.Data))
			}
			var want map[string]json.RawMessage
			if err := json.Unmarshal(page.Data[n], &want); err != nil {
				t.Fatal(err)
			}
			n++
			for i, column := range head {
				w, there := want[column.Name]
				if !there {
					w = json.RawMessage("null")
				}
				delete(want, column.Name)
				if got := asJSON(t, values[i]); got != string(w) {
					t.Errorf("%s, row %d: %s is %s, the search has %s", c.params, n, column.Name, got, w)
				}
			}
			if len(want) > 0 {
				t.Errorf("%s: the head lacks %v", c.params, want)
			}
		}
		if n != len(page.Data) || n < 4 {
			t.Errorf("%s: %d rows, the search has %d", c.params, n, len(page.Data))
		}
	}
}

// TestTextAmongNumbersIsText: what the API sends in place of a number is no JSON of
// ours, and a number beyond both number types is no text.
func TestTextAmongNumbersIsText(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	m.insert(t, "campaign_actions", `{"campaign_id":1,"id":1,"progress":"9-abc"}`)
	m.insert(t, "campaign_actions", `{"campaign_id":1,"id":2,"progress":123456789012345678901234567890}`)
	var got []any
	for values, err := range query.Stream(context.Background(), m, m.compile(t, "campaign_actions", `{"fields":["progress"]}`, query.NoLimit)) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, values[0])
	}
	if len(got) != 2 || !slices.ContainsFunc(got, func(v any) bool { return v == "9-abc" }) ||
		!slices.ContainsFunc(got, func(v any) bool {
			raw, ok := v.(json.RawMessage)
			return ok && string(raw) == "123456789012345678901234567890"
		}) {
		t.Errorf("the values are %#v", got)
	}
}

func TestStreamStopsWhereItIsTold(t *testing.T) {
	m := withThings(t)
	for _, limit := range []int{1, 3, query.NoLimit} {
		n := 0
		for _, err := range query.Stream(context.Background(), m, m.compile(t, "things", `{"query":{"sort":[{"state":"asc"}]}}`, limit)) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != min(limit, 11) {
			t.Errorf("limit %d gives %d rows", limit, n)
		}
	}
	for _, err := range query.Stream(context.Background(), m, m.compile(t, "things", `{}`, query.NoLimit)) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	m.exec(t, `drop table things`)
	n := 0
	for values, err := range query.Stream(context.Background(), m, m.compile(t, "things", `{}`, query.NoLimit)) {
		if n++; err == nil || values != nil || n > 1 {
			t.Errorf("a table that is gone gives %v, %v", values, err)
		}
	}
}

func TestHeadKeepsTheOrderAndTheTypes(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	head := m.compile(t, "things", `{"fields":["created","meta.a","id","meta.b","name","score","active","tags"]}`, 1).Head()
	want := []query.Column{
		{Name: "created", Kind: catalog.Integer, Time: true}, {Name: "meta", Kind: catalog.Object}, {Name: "id", Kind: catalog.Integer},
		{Name: "name", Kind: catalog.String}, {Name: "score", Kind: catalog.Number}, {Name: "active", Kind: catalog.Boolean}, {Name: "tags", Kind: catalog.Array},
	}
	if !slices.Equal(head, want) {
		t.Errorf("the head is %v, want %v", head, want)
	}
	var names bytes.Buffer
	for _, c := range m.compile(t, "campaigns", `{}`, 1).Head() {
		fmt.Fprint(&names, c.Name, " ")
	}
	if names.String() != "id type name tags " {
		t.Errorf("a request without fields has the head %s", &names)
	}
}
