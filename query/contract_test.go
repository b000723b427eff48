package query_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ciomirror/query"
)

// wantCode checks that a request is refused with the code and returns the fault.
func wantCode(t *testing.T, err error, code string) *query.Error {
	t.Helper()
	f, ok := errors.AsType[*query.Error](err)
	if !ok {
		t.Fatalf("got %v, want an error with code %s", err, code)
	}
	if f.Code != code {
		t.Fatalf("got code %s (%v), want %s", f.Code, err, code)
	}
	return f
}

func wantIDs(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

const activeThings = `"query":{"filter":{"eq":{"state":"active"}}}`

// P1, P2, P3: a page, the next, and the same cursor for another query.
func TestCursorLeadsThroughTheResult(t *testing.T) {
	m := withThings(t)
	first, err := m.search("things", `{`+activeThings+`,"limit":2}`)
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, ids(t, first), "1", "6")
	if !first.Meta.HasMore || first.Meta.Cursor == nil {
		t.Fatalf("meta is %+v, want more and a cursor", first.Meta)
	}
	cursor, _ := json.Marshal(*first.Meta.Cursor)
	second, err := m.search("things", fmt.Sprintf(`{%s,"limit":2,"cursor":%s}`, activeThings, cursor))
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, ids(t, second), "11")
	if second.Meta.HasMore || second.Meta.Cursor != nil {
		t.Fatalf("meta is %+v, want the end", second.Meta)
	}
	for _, other := range []string{
		`"query":{"filter":{"eq":{"state":"draft"}}}`,
		`"query":{"filter":{"eq":{"state":"active"}},"sort":[{"id":"desc"}]}`,
		`"query":{}`,
	} {
		_, err := m.search("things", fmt.Sprintf(`{%s,"cursor":%s}`, other, cursor))
		wantCode(t, err, query.InvalidCursor)
	}
	_, err = m.search("campaigns", fmt.Sprintf(`{"cursor":%s}`, cursor))
	wantCode(t, err, query.InvalidCursor)
	// Limit and fields may change.
	other, err := m.search("things", fmt.Sprintf(`{%s,"limit":5,"fields":["id"],"cursor":%s}`, activeThings, cursor))
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, ids(t, other), "11")
}

// P4: the rows without the sorted field are paged as well.
func TestAbsentRowsArePagedLast(t *testing.T) {
	m := withThings(t)
	for _, field := range []string{"score", "state", "created", "active"} {
		for _, dir := range []string{"asc", "desc"} {
			sort := fmt.Sprintf(`"query":{"sort":[{%q:%q}]}`, field, dir)
			first, err := m.search("things", `{`+sort+`,"limit":9}`)
			if err != nil {
				t.Fatal(err)
			}
			second, err := m.search("things", fmt.Sprintf(`{%s,"limit":9,"cursor":%q}`, sort, *first.Meta.Cursor))
			if err != nil {
				t.Fatal(err)
			}
			wantIDs(t, ids(t, second), "4", "5")
			if field == "score" && dir == "desc" {
				if got := ids(t, first); got[8] != "3" {
					t.Errorf("the first page ends with %s, want 3", got[8])
				}
			}
		}
	}
}

// P5, P6: both spellings of fields.
func TestFieldsKeepTheNesting(t *testing.T) {
	m := withThings(t)
	for _, c := range []struct{ filter, fields, want string }{
		{`{"eq":{"id":1}}`, `[["id"],["meta","owner"]]`, `[{"id":1,"meta":{"owner":{"email":"ann@north.test"}}}]`},
		{`{"eq":{"id":1}}`, `["id","meta.owner"]`, `[{"id":1,"meta":{"owner":{"email":"ann@north.test"}}}]`},
		{`{"eq":{"id":1}}`, `["meta.rev",["id"],"meta.owner.email"]`, `[{"id":1,"meta":{"owner":{"email":"ann@north.test"},"rev":3}}]`},
		{`{"eq":{"id":1}}`, `["meta.rev","meta"]`, `[{"meta":{"owner":{"email":"ann@north.test"},"rev":3}}]`},
		{`{"eq":{"id":1}}`, `["steps.type",["steps","nothing"]]`, `[{"steps":[{"type":"email"},{"type":"delay"}]}]`},
		{`{"eq":{"id":1}}`, `["steps[].id"]`, `[{"steps":[{"id":11},{"id":12}]}]`},
		{`{"eq":{"id":1}}`, `["meta_rev","tags[]"]`, `[{"tags":["onboarding","vip"],"meta_rev":3}]`},
		{`{"eq":{"id":2}}`, `["id","meta.rev"]`, `[{"id":2}]`},
		{`{"eq":{"id":2}}`, `["steps.type"]`, `[{"steps":[]}]`},
		{`{"eq":{"id":5}}`, `["id","name","meta.rev","steps.type"]`, `[{"id":5}]`},
		{`{"eq":{"id":6}}`, `["id","meta.owner","meta.owner.email"]`, `[{"id":6}]`},
		{`{"eq":{"id":10}}`, `["steps.type"]`, `[{"steps":[{}]}]`},
		{`{"eq":{"id":1}}`, `["seg.x"]`, `[{}]`},
	} {
		a, err := m.search("things", fmt.Sprintf(`{"query":{"filter":%s},"fields":%s}`, c.filter, c.fields))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(a.Data); string(got) != c.want {
			t.Errorf("fields %s: %s, want %s", c.fields, got, c.want)
		}
	}
	for fields, code := range map[string]string{
		`["nope"]`: query.UnknownField, `["name.x"]`: query.UnknownField, `[["name","x"]]`: query.UnknownField, `[[]]`: query.InvalidFilter,
		`[1]`: query.InvalidFilter, `"id"`: query.InvalidFilter, `[["meta",""]]`: query.InvalidFilter, `["meta..x"]`: query.InvalidFilter, `[""]`: query.UnknownField,
	} {
		_, err := m.search("things", `{"fields":`+fields+`}`)
		wantCode(t, err, code)
	}
}

// P7: a row has all its keys.
func TestRowsHaveAllDeclaredKeys(t *testing.T) {
	m := withThings(t)
	a, err := m.search("things", `{"query":{"filter":{"eq":{"id":5}}},"fields":[]}`)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"id":5,"name":null,"state":null,"active":null,"created":null,"score":null,"tags":null,"seg":null,"steps":null,"meta":null,"code":null}]`
	if got, _ := json.Marshal(a.Data); string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	a, err = m.search("things", `{"query":{"filter":{"eq":{"id":9007199254740993}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	want = `[{"id":9007199254740993,"name":"Big id","state":"draft","active":false,"created":1700345600,"score":9007199254740993,` +
		`"tags":["vip","onboarding"],"seg":[12,7],"steps":[{"type":"email"}],"meta":{"owner":{"email":"ann@north.test"},"rev":3},"code":"007"}]`
	if got, _ := json.Marshal(a.Data); string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// P8: many ways to ask for everything.
func TestNoFilterIsEveryRow(t *testing.T) {
	m := withThings(t)
	for _, params := range []string{
		`{"query":{}}`, `{}`, `{"query":{"filter":{}}}`, ``, `null`, `{"query":null}`, `{"query":{"filter":null,"sort":null}}`,
		`{"limit":null,"cursor":null,"fields":null}`, `{"query":{"sort":[]}}`, `{"query":{"filter":{"and":[]}}}`,
	} {
		if got := m.ids(t, "things", params); len(got) != 11 {
			t.Errorf("%q gives %v", params, got)
		}
	}
}

// P9: the limit is a whole number from 1 to 10,000.
func TestLimitIsChecked(t *testing.T) {
	m := withThings(t)
	for _, limit := range []string{`0`, `"5"`, `10001`, `-1`, `1.5`, `true`, `[]`, `99999999999999999999`} {
		_, err := m.search("things", `{"query":{},"limit":`+limit+`}`)
		f := wantCode(t, err, query.InvalidLimit)
		if f.At != "/limit" || f.Dotted() != "limit" || f.Hint == "" {
			t.Errorf("limit %s: %+v", limit, f)
		}
	}
	wantIDs(t, m.ids(t, "things", `{"limit":1}`), "1")
	if got := m.ids(t, "things", `{"limit":10000}`); len(got) != 11 {
		t.Errorf("limit 10000 gives %v", got)
	}
}

// P12: what changes between two pages neither repeats a row nor loses one that did
// not move.
func TestPagesFollowTheKeyWhenRowsChange(t *testing.T) {
	m := withThings(t)
	first, err := m.search("things", `{`+activeThings+`,"limit":2}`)
	if err != nil {
		t.Fatal(err)
	}
	m.exec(t, `update things set state = 'active' where id in (2, 7)`)
	second, err := m.search("things", fmt.Sprintf(`{%s,"limit":2,"cursor":%q}`, activeThings, *first.Meta.Cursor))
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, ids(t, second), "7", "11")
}

// P13: the spelling of the generated Python types.
func TestPythonSpellingOfNames(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	m.insert(t, "campaigns", `{"id":1,"type":"segment"}`)
	m.insert(t, "campaigns", `{"id":2,"type":"event"}`)
	for _, name := range []string{"type", "type_"} {
		wantIDs(t, m.ids(t, "campaigns", fmt.Sprintf(`{"query":{"filter":{"eq":{%q:"segment"}}}}`, name)), "1")
		wantIDs(t, m.ids(t, "campaigns", fmt.Sprintf(`{"query":{"sort":[{%q:"asc"}]}}`, name)), "2", "1")
	}
	a, err := m.search("campaigns", `{"fields":["type_"],"limit":1}`)
	if err != nil || string(a.Data[0]) != `{"type":"segment"}` {
		t.Errorf("%s, %v", a.Data, err)
	}
}

// P14: ids that the API sends as numbers and the hosted store declares as text.
func TestIDsOfTwoTypes(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	m.insert(t, "campaign_actions", `{"id":101,"campaign_id":1,"from_id":7,"type":"email","body":"not hosted"}`)
	m.insert(t, "campaign_actions", `{"id":"96","campaign_id":1,"from_id":70}`)
	m.insert(t, "campaign_actions", `{"id":"ab-1","campaign_id":2,"from_id":123456789012345678901}`)
	m.insert(t, "campaign_actions", `{"id":"007","campaign_id":2}`)
	want := `{"id":"101","campaign_id":1,"type":"email","from_id":"7","headers":null}`
	for _, operand := range []string{`101`, `"101"`, `101.0`} {
		a, err := m.search("campaign_actions", `{"query":{"filter":{"eq":{"id":`+operand+`}}}}`)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Data) != 1 || string(a.Data[0]) != want {
			t.Errorf("eq %s: %s", operand, a.Data)
		}
	}
	for filter, want := range map[string][]string{
		`{"eq":{"id":"007"}}`:                                 {`"007"`},
		`{"eq":{"id":7}}`:                                     {},
		`{"eq":{"id":"0101"}}`:                                {},
		`{"in":{"id":["ab-1",96,null]}}`:                      {`"96"`, `"ab-1"`},
		`{"neq":{"id":101}}`:                                  {`"96"`, `"007"`, `"ab-1"`},
		`{"gte":{"id":"101"}}`:                                {`"96"`, `"101"`, `"ab-1"`}, // by code point
		`{"startswith":{"id":"10"}}`:                          {`"101"`},
		`{"like":{"id":"%6"}}`:                                {`"96"`},
		`{"eq":{"from_id":"7"}}`:                              {`"101"`},
		`{"eq":{"from_id":"123456789012345678901"}}`:          {`"ab-1"`},
		`{"contains":{"from_id":"34567"}}`:                    {`"ab-1"`},
		`{"gt":{"from_id":"7"}}`:                              {`"96"`},
		`{"and":[{"eq":{"campaign_id":1}},{"gt":{"id":""}}]}`: {`"96"`, `"101"`},
	} {
		wantIDs(t, m.ids(t, "campaign_actions", `{"query":{"filter":`+filter+`}}`), want...)
	}
	wantIDs(t, m.ids(t, "campaign_actions", `{"query":{"sort":[{"id":"asc"}]}}`), `"007"`, `"101"`, `"96"`, `"ab-1"`)
	wantIDs(t, m.ids(t, "campaign_actions", `{"query":{"sort":[{"from_id":"desc"}]}}`), `"96"`, `"101"`, `"ab-1"`, `"007"`)
}

func TestHostedRowsHaveNoOtherKeys(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	m.insert(t, "campaigns", `{"id":1,"name":"n","filter_segment_ids":[1],"tags":"vip","audience":"everyone","expires_after":"3 days"}`)
	for fields, want := range map[string]string{
		`null`:                            `{"id":1,"type":null,"name":"n","tags":"vip"}`,
		`["audience","expires_after"]`:    `{"audience":"everyone","expires_after":"3 days"}`,
		`["filter_segment_ids[]","name"]`: `{"name":"n","filter_segment_ids":[1]}`,
	} {
		a, err := m.search("campaigns", `{"fields":`+fields+`}`)
		if err != nil || string(a.Data[0]) != want {
			t.Errorf("fields %s: %s, %v; want %s", fields, a.Data, err, want)
		}
	}
}

func TestEntitiesAreChecked(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	_, err := m.search("campaign", `{}`)
	if f := wantCode(t, err, query.UnknownEntity); !slices.Equal(f.Candidates, []string{"campaigns", "campaign_actions"}) {
		t.Errorf("candidates are %v", f.Candidates)
	}
	_, err = m.search("xyz", `{}`)
	if f := wantCode(t, err, query.UnknownEntity); !strings.Contains(f.Hint, "things") {
		t.Errorf("the hint is %q", f.Hint)
	}
	_, err = m.search("transactional_email", `{}`)
	wantCode(t, err, query.NotSupported)
}

func TestErrorsSayWhereAndWhatInstead(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	_, err := m.search("things", `{"query":{"filter":{"and":[{"eq":{"id":1}},{"eq":{"statee":"x"}}]}}}`)
	f := wantCode(t, err, query.UnknownField)
	if f.At != "/filter/and/1/eq/statee" || f.Dotted() != "query.filter.and.1.eq.statee" {
		t.Errorf("the place is %s, dotted %s", f.At, f.Dotted())
	}
	if got, want := err.Error(), `unknown field "statee" in eq; did you mean "state"?`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(f.Candidates) == 0 || f.Candidates[0] != "state" || len(f.Known) != 12 {
		t.Errorf("candidates %v, known %v", f.Candidates, f.Known)
	}
	if f := (&query.Error{At: "/query/a~1b~0c"}); f.Dotted() != "query.a/b~c" {
		t.Errorf("dotted %s", f.Dotted())
	}
}
