package store_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/store"
)

// things has a field of every kind, and every oddity that a field can have.
var things = &catalog.Entity{
	Name: "things",
	Key:  []string{"id"},
	List: catalog.List{Path: "/v1/things", Items: "things", Complete: true},
	Fields: []catalog.Field{
		{Name: "id", Types: []catalog.Kind{catalog.Integer, catalog.String}, Doc: "key"},
		{Name: "name", Types: []catalog.Kind{catalog.String}, Doc: "text"},
		{Name: "active", Types: []catalog.Kind{catalog.Boolean}, Doc: "flag"},
		{Name: "score", Types: []catalog.Kind{catalog.Number}, Doc: "number"},
		{Name: "started", Types: []catalog.Kind{catalog.Integer, catalog.Array}, Marks: catalog.ZeroIsNever, Unit: catalog.UnixSeconds, Doc: "time"},
		{Name: "tags", Types: []catalog.Kind{catalog.Array, catalog.String}, Doc: "list"},
		{Name: "metrics", Types: []catalog.Kind{catalog.Object}, Doc: "object"},
		{Name: "headers", Types: []catalog.Kind{catalog.String, catalog.Array, catalog.Object}, Marks: catalog.NameValueList, Doc: "headers"},
		{Name: "request_method", Types: []catalog.Kind{catalog.String}, Marks: catalog.Upper, Aliases: []string{"method"}, Doc: "method"},
		{Name: "method", Types: []catalog.Kind{catalog.String}, Doc: "the same, as sent"},
		{Name: "template_id", Types: []catalog.Kind{catalog.Integer}, Aliases: []string{"msg_template_id"}, Doc: "aliased"},
		{Name: "seen", Types: []catalog.Kind{catalog.Integer}, Marks: catalog.Volatile, Doc: "counter"},
		{Name: "expires", Types: []catalog.Kind{catalog.Any}, Doc: "anything"},
	},
	Derived: []catalog.Derived{{Name: "metric_sent", From: "metrics", Key: "sent", Doc: "first sent"}},
}

func cellsByName(t *store.Table, row store.Row) map[string]any {
	m := map[string]any{}
	for i, c := range t.Columns {
		if row.Cells[i] != nil {
			m[c.Name] = row.Cells[i]
		}
	}
	return m
}

func TestDecodePutsEachValueInItsColumnAndTheRestInExtra(t *testing.T) {
	table := store.NewTable(things)
	for _, c := range []struct {
		name, record string
		want         map[string]any
	}{
		{"plain", `{"id":1,"name":"Ann","active":true,"score":1.5}`,
			map[string]any{"id": int64(1), "name": "Ann", "active": int64(1), "score": 1.5}},
		{"unknown key", `{"id":1,"new":{"b":1,"a":[]}}`,
			map[string]any{"id": int64(1), "extra": `{"new":{"a":[],"b":1}}`}},
		{"wrong type", `{"id":1,"active":"yes"}`,
			map[string]any{"id": int64(1), "extra": `{"active":"yes"}`}},
		{"zero means never", `{"id":1,"started":0}`,
			map[string]any{"id": int64(1), "extra": `{"started":0}`}},
		{"the latest of several times", `{"id":1,"started":[5,9,7]}`,
			map[string]any{"id": int64(1), "started": int64(9), "extra": `{"started":[5,9,7]}`}},
		{"an id in quotes", `{"id":"17"}`,
			map[string]any{"id": int64(17), "extra": `{"id":"17"}`}},
		{"an id that is a word", `{"id":"a7"}`,
			map[string]any{"id": "a7"}},
		{"an id beyond 2^53", `{"id":9007199254740993}`,
			map[string]any{"id": int64(9007199254740993)}},
		{"an id beyond int64", `{"id":92233720368547758089}`,
			map[string]any{"id": "92233720368547758089"}},
		{"a number in a text column", `{"id":1,"name":42}`,
			map[string]any{"id": int64(1), "name": "42", "extra": `{"name":42}`}},
		{"a number beyond float", `{"id":1,"score":1.00000000000000000001}`,
			map[string]any{"id": int64(1), "score": "1.00000000000000000001"}},
		{"a whole float", `{"id":1.0,"score":2.0}`,
			map[string]any{"id": int64(1), "score": int64(2)}},
		{"canonical lists", `{"id":1,"tags":[ "b","a", 1.50 ]}`,
			map[string]any{"id": int64(1), "tags": `["b","a",1.5]`}},
		{"a list that is a string", `{"id":1,"tags":"vip"}`,
			map[string]any{"id": int64(1), "tags": `"vip"`}},
		{"derived", `{"id":1,"metrics":{"sent":170,"link:1":171}}`,
			map[string]any{"id": int64(1), "metrics": `{"link:1":171,"sent":170}`, "metric_sent": int64(170)}},
		{"headers as text", `{"id":1,"headers":"[{\"value\":\"1\",\"name\":\"X\"}]"}`,
			map[string]any{"id": int64(1), "headers": `[{"name":"X","value":"1"}]`, "extra": `{"headers":"[{\"value\":\"1\",\"name\":\"X\"}]"}`}},
		{"headers as a map", `{"id":1,"headers":{"X":"1"}}`,
			map[string]any{"id": int64(1), "headers": `[{"name":"X","value":"1"}]`, "extra": `{"headers":{"X":"1"}}`}},
		{"upper case from the other name", `{"id":1,"method":"post"}`,
			map[string]any{"id": int64(1), "request_method": "POST", "method": "post", "extra": `{"request_method":null}`}},
		{"upper case", `{"id":1,"request_method":"get"}`,
			map[string]any{"id": int64(1), "request_method": "GET", "extra": `{"request_method":"get"}`}},
		{"alias", `{"id":1,"msg_template_id":4}`,
			map[string]any{"id": int64(1), "template_id": int64(4), "extra": `{"msg_template_id":4}`}},
		{"alias beside the name", `{"id":1,"msg_template_id":4,"template_id":5}`,
			map[string]any{"id": int64(1), "template_id": int64(5), "extra": `{"msg_template_id":4,"template_id":5}`}},
		{"anything", `{"id":1,"expires":true}`,
			map[string]any{"id": int64(1), "expires": int64(1), "extra": `{"expires":true}`}},
		{"anything that is a list", `{"id":1,"expires":[1,2]}`,
			map[string]any{"id": int64(1), "expires": "[1,2]", "extra": `{"expires":[1,2]}`}},
		{"anything that is a word", `{"id":1,"expires":"[1,2]"}`,
			map[string]any{"id": int64(1), "expires": "[1,2]"}},
		{"an id with zeros in front", `{"id":"007"}`,
			map[string]any{"id": "007"}},
		{"null is absent", `{"id":1,"name":null,"new":null}`,
			map[string]any{"id": int64(1)}},
		{"the last of a key sent twice", `{"id":1,"name":"a","name":"b"}`,
			map[string]any{"id": int64(1), "name": "b"}},
		{"a lone surrogate keeps its original", `{"id":1,"name":"\ud800x"}`,
			map[string]any{"id": int64(1), "name": "\uFFFDx", "extra": `{"name":"\ud800x"}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			row, err := store.NewDecoder(table).Decode([]byte(c.record), "")
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, cellsByName(table, row)); d != "" {
				t.Errorf("cells (-want +got):\n%s", d)
			}
			back, err := table.Record(row.Cells)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := canonical(t, back), canonical(t, []byte(c.record)); got != want {
				t.Errorf("the record comes back as %s, was %s", got, want)
			}
		})
	}
}

// canonical is a record without nulls, in canonical form.
func canonical(t *testing.T, record []byte) string {
	t.Helper()
	text, err := canon.JSON(record)
	if err != nil {
		t.Fatalf("%s: %v", record, err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	for k, v := range members {
		if string(v) == "null" {
			delete(members, k)
		}
	}
	out, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestDecodeRefusesARecordWithoutAUsableKey(t *testing.T) {
	for _, record := range []string{`{}`, `{"id":null}`, `{"id":1.5}`, `{"id":{}}`, `{"id":true}`, `[]`, `"x"`, `{"id":1`, ``} {
		_, err := store.NewDecoder(store.NewTable(things)).Decode([]byte(record), "")
		if !errors.Is(err, catalog.ErrContract) {
			t.Errorf("%s: got %v, want a contract error", record, err)
		}
	}
}

func TestHashIsOfContentAlone(t *testing.T) {
	hash := func(record string) [16]byte {
		row, err := store.NewDecoder(store.NewTable(things)).Decode([]byte(record), "")
		if err != nil {
			t.Fatalf("%s: %v", record, err)
		}
		return row.Hash
	}
	base := hash(`{"id":1,"name":"a","metrics":{"sent":1,"opened":2},"seen":1}`)
	for _, same := range []string{
		`{"seen":1,"metrics":{"opened":2,"sent":1},"name":"a","id":1}`,
		`{"id":1.0,"name":"a","metrics":{"sent":1,"opened":2},"seen":999}`,
		`{"id":1,"name":"\u0061","active":null,"metrics":{"sent":1,"opened":2}}`,
	} {
		if hash(same) != base {
			t.Errorf("%s has another hash", same)
		}
	}
	for _, other := range []string{
		`{"id":1,"name":"b","metrics":{"sent":1,"opened":2}}`,
		`{"id":1,"name":"a","metrics":{"sent":1,"opened":3}}`,
		`{"id":1,"name":"a","metrics":{"sent":1,"opened":2},"new":0}`,
		`{"id":1,"name":"a","metrics":{"sent":1,"opened":2},"active":false}`,
	} {
		if hash(other) == base {
			t.Errorf("%s has the same hash", other)
		}
	}
}

func TestDriftCountsWhatTheCatalogDoesNotSay(t *testing.T) {
	dec := store.NewDecoder(store.NewTable(things))
	for range 3 {
		if _, err := dec.Decode([]byte(`{"id":1,"new":1,"active":"yes","tags":"a"}`), ""); err != nil {
			t.Fatal(err)
		}
	}
	got := map[store.Drift]bool{}
	for _, d := range dec.Drift() {
		got[d] = true
	}
	want := map[store.Drift]bool{
		{Path: "new", Kind: store.UnknownField, Got: "integer", Count: 3}: true,
		{Path: "active", Kind: store.WrongType, Got: "string", Count: 3}:  true,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("drift (-want +got):\n%s", d)
	}
	if again := dec.Drift(); len(again) != 0 {
		t.Errorf("counted again: %v", again)
	}
}

func TestRowsShareNoMemory(t *testing.T) {
	dec := store.NewDecoder(store.NewTable(things))
	first, err := dec.Decode([]byte(`{"id":1,"name":"first","tags":["one"],"new":"x"}`), "")
	if err != nil {
		t.Fatal(err)
	}
	before := cellsByName(store.NewTable(things), first)
	if _, err := dec.Decode([]byte(`{"id":2,"name":"`+strings.Repeat("z", 500)+`","tags":["two"],"new":"y"}`), ""); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, cellsByName(store.NewTable(things), first)); d != "" {
		t.Errorf("the first row changed (-before +after):\n%s", d)
	}
}
