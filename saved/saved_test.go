package saved_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ciomirror/saved"
)

// noon reads any time but "never".
func noon(text string) (time.Time, error) {
	if text == "never" {
		return time.Time{}, errors.New("never is no time")
	}
	return time.Unix(43200, 0), nil
}

func TestAHeaderSaysWhatAStatementIs(t *testing.T) {
	q, err := saved.Parse("dir/mine.sql", `-- title: Mine
-- a remark: nothing to us
-- description: First line
-- description: and second.

-- param days integer = 30: for how long
-- param who text
-- param label text = "two words: \"x\"": what it says
-- param share number = -0.5
-- param all boolean = true
-- param since time = 7d: 2026-01-01 works too
select :days, :who, :label, :share, :all, :since
-- title: a comment of the statement's own
`)
	if err != nil {
		t.Fatal(err)
	}
	if q.Name != "mine" || q.Title != "Mine" || q.Description != "First line and second." || !strings.Contains(q.SQL, "select :days") {
		t.Errorf("%+v", q)
	}
	text := func(s string) *string { return &s }
	if d := cmp.Diff([]saved.Param{
		{"days", saved.Integer, text("30"), "for how long"},
		{"who", saved.Text, nil, ""},
		{"label", saved.Text, text(`two words: "x"`), "what it says"},
		{"share", saved.Number, text("-0.5"), ""},
		{"all", saved.Boolean, text("true"), ""},
		{"since", saved.Time, text("7d"), "2026-01-01 works too"},
	}, q.Params); d != "" {
		t.Error(d)
	}
	bound, err := q.Bind(map[string]string{"who": "7", "all": "false"}, noon)
	if d := cmp.Diff(map[string]any{"days": int64(30), "who": "7", "label": `two words: "x"`, "share": -0.5, "all": false, "since": int64(43200)}, bound); d != "" || err != nil {
		t.Error(err, d)
	}
}

func TestValuesAreOfTheirType(t *testing.T) {
	for _, c := range []struct{ kind, given, want string }{
		{"integer", "1.5", "is no integer"}, {"integer", "", "is no integer"}, {"integer", "9223372036854775808", "is no integer"},
		{"number", "NaN", "is no number"}, {"number", "inf", "is no number"}, {"boolean", "yes", "is no boolean"}, {"time", "never", "never is no time"},
		{"number", "1e3", ""}, {"text", "", ""}, {"integer", "-3", ""},
	} {
		q, err := saved.Parse("q.sql", "-- param p "+c.kind+"\nselect :p")
		if err != nil {
			t.Fatal(err)
		}
		_, err = q.Bind(map[string]string{"p": c.given}, noon)
		_, isOurs := errors.AsType[*saved.ParamError](err)
		if (err == nil) != (c.want == "") || err != nil && (!isOurs || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s %q: %v, want %q", c.kind, c.given, err, c.want)
		}
	}
}

func TestASearchTakesValuesAndNotText(t *testing.T) {
	q, err := saved.Parse("s.json", `{"entity": "campaigns", "limit": 5, "fields": ["id"],
		"params": {"state": {"default": "running"}, "ids": {"type": "integer", "default": 12345678901234567}},
		"query": {"filter": {"and": [{"eq": {"state": ":state"}}, {"in": {"id": [":ids", 12345678901234567]}}, {"eq": {":state": ":other", "name": "a :state"}}]}}}`)
	if err != nil {
		t.Fatal(err)
	}
	bound, err := q.Bind(map[string]string{"state": `x"},{"`}, noon)
	if err != nil {
		t.Fatal(err)
	}
	got, err := q.Arguments(bound)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"fields":["id"],"limit":5,"query":{"filter":{"and":[{"eq":{"state":"x\"},{\""}},{"in":{"id":[12345678901234567,12345678901234567]}},{"eq":{":state":":other","name":"a :state"}}]}}}`
	if string(got) != want || !json.Valid(got) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAFaultHasALineAndAReason(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"a b.sql", "select 1", "a b.sql:1: the name is not plain"},
		{"e.sql", "", "e.sql:1: there is no statement"},
		{"e.sql", "-- title: x\n\n", "e.sql:2: there is no statement"},
		{"p.sql", "-- title: x\n-- param\nselect 1", `p.sql:2: param "" is not NAME TYPE`},
		{"p.sql", "-- param a date\nselect 1", `p.sql:1: "date" is no type`},
		{"p.sql", "-- param a text\n-- param a text\nselect 1", "p.sql:2: there are two parameters a"},
		{"p.sql", "-- param a integer = x\nselect 1", `p.sql:1: the default of a: "x" is no integer`},
		{"p.sql", "-- title: x\n-- param a text\nselect ':a' -- :a", "p.sql:2: the statement has no :a: "},
		{"p.json", "{\"entity\": \"x\",\n\"params\": {\n\"a\": {}}, \"query\": {\"eq\": {\"b\": \":ab\"}}}", `p.json:3: the query has no ":a": `},
		{"e.json", "", "e.json:1: the file is empty"},
		{"e.json", "{\n\n", "e.json:3: the JSON does not end"},
		{"e.json", "{\n\"entity\": \"x\",\n\"limit\": \"y\"}", "e.json:3: limit cannot be a string"},
		{"e.json", "{\n\"entity\" 5}", "e.json:2: invalid character"},
		{"e.json", "{\"entity\": \"x\"}\n\n{}", "e.json:3: something stands behind"},
		{"e.json", "{\"entity\": \"x\",\n\"where\": 1}", `e.json:2: there is no key "where"`},
		{"e.json", "{\"title\": \"x\"}", `e.json:1: there is no "entity"`},
		{"e.json", "{\"entity\": \"x\",\n\"limit\": -1}", "e.json:2: limit cannot be negative"},
		{"e.json", "{\"entity\": \"x\",\n\"query\": []}", "e.json:2: query is no object"},
		{"e.json", "{\"entity\": \"x\",\n\"params\": {\n\"a-b\": {}}}", `e.json:3: "a-b" is no name`},
		{"e.json", "[]", "e.json:1: "},
		{"e.json", "null", `e.json:1: there is no "entity"`},
	} {
		_, err := saved.Parse(c.file, c.text)
		if f, ok := errors.AsType[*saved.Fault](err); !ok || !strings.HasPrefix(f.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestABrokenFileHidesNoOther(t *testing.T) {
	all, faults, err := saved.Load(fstest.MapFS{
		"mine.sql":          {Data: []byte("select 1")},
		"broken.sql":        {Data: []byte("-- nothing")},
		"weekly-report.sql": {Data: []byte("-- title: My own\nselect 1")},
		"notes.txt":         {Data: []byte("no query")},
		".mine.sql.swp.sql": {Data: []byte("no query")},
		"sub/other.sql":     {Data: []byte("select 1")},
	}, "queries")
	if err != nil || len(faults) != 1 || !strings.HasSuffix(faults[0].File, "broken.sql") {
		t.Fatalf("%v %v", faults, err)
	}
	names := map[string]string{}
	for _, q := range all {
		names[q.Name] = q.File
	}
	if names["mine"] == "" || names["weekly-report"] == "" || names["stale-campaigns"] != "" || names["other"] != "" {
		t.Errorf("%v", names)
	}
	if len(names) != len(all) {
		t.Error("a name comes twice")
	}
}

func TestOursAreGood(t *testing.T) {
	all, faults, err := saved.Load(fstest.MapFS{}, "none")
	if err != nil || len(faults) > 0 || len(all) < 4 {
		t.Fatalf("%d queries, %v %v", len(all), faults, err)
	}
	for _, q := range all {
		if q.Title == q.Name {
			t.Errorf("%s has no title", q.Name)
		}
		for _, p := range q.Params {
			if p.Default == nil || p.Doc == "" {
				t.Errorf("%s: %s has no default or no word of what it is", q.Name, p.Name)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("q.sql", "-- title: x\n-- param a integer = 3: y\nselect 1")
	f.Add("q.json", `{"entity": "x", "query": {"a": ":b"}, "params": {"b": {"default": [1]}}}`)
	f.Fuzz(func(t *testing.T, file, text string) {
		q, err := saved.Parse(file, text)
		if fault, ok := errors.AsType[*saved.Fault](err); err != nil && (!ok || fault.Line < 1 || fault.Line > 1+strings.Count(text, "\n")) {
			t.Fatalf("%v", err)
		}
		if err != nil {
			return
		}
		bound, err := q.Bind(nil, noon)
		if err == nil && q.Search != nil {
			if _, err := q.Arguments(bound); err != nil {
				t.Fatal(err)
			}
		}
	})
}
