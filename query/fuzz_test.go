package query_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"ciomirror/query"
)

// FuzzParse: whatever the params are, the answer is a plan that SQLite takes, or an
// *Error.
func FuzzParse(f *testing.F) {
	v := readVectors(f)
	for _, x := range v.Filters {
		f.Add([]byte(`{"query":{"filter":` + string(x.Filter) + `}}`))
	}
	for _, x := range v.Errors {
		f.Add([]byte(`{"query":{"filter":` + string(x.Filter) + `}}`))
	}
	for _, x := range v.Sorts {
		f.Add([]byte(`{"query":{"sort":` + string(x.Sort) + `},"limit":5,"fields":[["id"],"meta.owner"]}`))
	}
	f.Add([]byte(`{"query":{"filter":{"fuzzy":{"name":"welcom bakc"},"any":{"steps":{"keyword":{"type":"emial"}}}}},"typos":2,"suggest":true,"count":true,"facets":["state"]}`))
	m := withThings(f)
	c := query.NewCompiler(m.cat, query.SQLite{})
	f.Fuzz(func(t *testing.T, params []byte) {
		q, err := query.Parse(params)
		if err == nil {
			var p *query.Plan
			if p, err = c.Compile("things", q); err == nil {
				for _, st := range p.Statements() {
					m.plan(t, st)
				}
				if _, err := query.Run(t.Context(), m, p, clock); err != nil {
					t.Fatalf("%q: %v", params, err)
				}
			}
		}
		if err != nil && !isFault(err) {
			t.Fatalf("%q: %v is no *Error", params, err)
		}
	})
}

// FuzzCursor: a cursor that no answer gave is refused.
func FuzzCursor(f *testing.F) {
	m := withThings(f)
	const q = `"query":{"sort":[{"created":"desc"},{"score":"asc"}]}`
	first, err := m.search("things", `{`+q+`,"limit":3}`)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(*first.Meta.Cursor)
	for _, s := range []string{"", "[]", `[1,"things","",[]]`, `[1,"things","AAAAAAAAAAAAAAAA",[1700086400,2,2]]`, `{}`, `[2]`} {
		f.Add(base64.RawURLEncoding.EncodeToString([]byte(s)))
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		quoted, err := query.Parse(fmt.Appendf(nil, `{%s}`, q))
		if err != nil {
			t.Fatal(err)
		}
		quoted.Cursor = cursor
		p, err := query.NewCompiler(m.cat, query.SQLite{}).Compile("things", quoted)
		switch {
		case err != nil && !isFault(err):
			t.Fatalf("%q: %v is no *Error", cursor, err)
		case err == nil && cursor != "":
			if _, err := query.Run(t.Context(), m, p, clock); err != nil {
				t.Fatalf("%q: %v", cursor, err)
			}
			if a, b := decoded(t, cursor), decoded(t, *first.Meta.Cursor); a != b {
				t.Fatalf("the cursor %s passes for %s", a, b)
			}
		}
	})
}

func decoded(t *testing.T, cursor string) string {
	for len(cursor) > 0 && cursor[len(cursor)-1] == '=' {
		cursor = cursor[:len(cursor)-1]
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
