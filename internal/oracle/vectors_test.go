package oracle_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ciomirror/internal/oracle"
)

func TestTheVectorsOfTheContractHold(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "query", "testdata", "vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Rows    []json.RawMessage
		Filters []struct {
			Why    string
			Filter json.RawMessage
			IDs    []json.Number
		}
		Sorts []struct {
			Sort  json.RawMessage
			Limit *int
			IDs   []json.Number
		}
		Errors []struct{ Filter json.RawMessage }
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	e := declared(things())
	var rows []oracle.Object
	for _, raw := range v.Rows {
		rows = append(rows, object(t, raw))
	}
	ids := func(params string) []json.Number {
		t.Helper()
		s, err := oracle.Parse(e, []byte(params))
		if err != nil {
			t.Fatalf("%s: %v", params, err)
		}
		var got []json.Number
		for _, r := range s.Answer(rows) {
			id, _ := json.Marshal(r.Get("id"))
			got = append(got, json.Number(trimQuotes(id)))
		}
		return got
	}
	for _, f := range v.Filters {
		if got := ids(fmt.Sprintf(`{"query":{"filter":%s}}`, f.Filter)); !slices.Equal(got, f.IDs) {
			t.Errorf("%s: %s\n got %v\nwant %v", f.Why, f.Filter, got, f.IDs)
		}
	}
	for _, s := range v.Sorts {
		got := ids(fmt.Sprintf(`{"query":{"sort":%s}}`, s.Sort))
		if s.Limit != nil {
			got = got[:*s.Limit]
		}
		if !slices.Equal(got, s.IDs) {
			t.Errorf("%s\n got %v\nwant %v", s.Sort, got, s.IDs)
		}
	}
	for _, f := range v.Errors {
		if _, err := oracle.Parse(e, fmt.Appendf(nil, `{"query":{"filter":%s}}`, f.Filter)); err == nil {
			t.Errorf("%s is not refused", f.Filter)
		}
	}
	if len(v.Filters) < 50 || len(v.Sorts) < 5 || len(v.Errors) < 17 {
		t.Errorf("only %d filters, %d sorts, %d errors", len(v.Filters), len(v.Sorts), len(v.Errors))
	}
}

func trimQuotes(b []byte) string {
	var s string
	if json.Unmarshal(b, &s) == nil {
		return s
	}
	return string(b)
}

func object(t testing.TB, raw []byte) oracle.Object {
	t.Helper()
	v, err := oracle.Decode(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	o, ok := v.(oracle.Object)
	if !ok {
		t.Fatalf("%s is no object", raw)
	}
	return o
}
