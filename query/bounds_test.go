package query_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ciomirror/query"
)

func TestBoundsAreNamed(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	nest := func(n int) string { return strings.Repeat(`{"not":`, n) + `{"eq":{"id":1}}` + strings.Repeat(`}`, n) }
	list := func(n int, item string) string {
		return `[` + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + `]`
	}
	for what, filter := range map[string]string{
		"as deep as allowed":        nest(query.MaxDepth - 1),
		"as many as allowed":        `{"or":` + list(query.MaxConditions-1, `{"lt":{"created":1}}`) + `}`,
		"a list as long as allowed": `{"in":{"id":` + list(query.MaxItems, "1") + `}}`,
		"nested lists, as many":     strings.Repeat(`{"or":[{"eq":{"id":1}},`, query.MaxDepth-1) + `{"eq":{"id":2}}` + strings.Repeat(`]}`, query.MaxDepth-1),
		"a path as long as allowed": `{"eq":{"meta` + strings.Repeat(".a", query.MaxPath-1) + `":1}}`,
		"every condition in an any": `{"any":{"steps":{"or":` + list(query.MaxConditions-2, `{"lt":{"created":1}}`) + `}}}`,
	} {
		if _, err := m.search("things", `{"query":{"filter":`+filter+`}}`); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, filter := range map[string]string{
		"too deep":                nest(query.MaxDepth),
		"too many":                `{"or":` + list(query.MaxConditions, `{"eq":{"id":1}}`) + `}`,
		"too many empty":          `{"or":` + list(query.MaxConditions, `{"and":[]}`) + `}`,
		"a list too long":         `{"in":{"id":` + list(query.MaxItems+1, "1") + `}}`,
		"lists too long together": `{"in":{"id":` + list(query.MaxItems/2+1, "1") + `,"created":` + list(query.MaxItems/2+1, "1") + `}}`,
		"too many variables":      `{"in":{"score":` + list(query.MaxVariables, "1.5") + `}}`,
		"a path too long":         `{"eq":{"meta` + strings.Repeat(".a", query.MaxPath) + `":1}}`,
		"a path too long in any":  `{"any":{"steps":{"eq":{"a` + strings.Repeat(".a", query.MaxPath) + `":1}}}}`,
		"JSON too deep":           `{"eq":{"tags":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}}`,
	} {
		_, err := m.search("things", `{"query":{"filter":`+filter+`}}`)
		if f, ok := errors.AsType[*query.Error](err); !ok || f.Code != query.TooLarge {
			t.Errorf("%s: %v", what, err)
		}
	}
	for params, code := range map[string]string{
		`{"fields":` + list(query.MaxFields+1, `"id"`) + `}`:                   query.TooLarge,
		`{"fields":[` + list(query.MaxPath+1, `"id"`) + `]}`:                   query.TooLarge,
		`{"query":{"sort":` + list(query.MaxSortKeys+1, `{"id":"asc"}`) + `}}`: query.TooLarge,
		`{"cursor":"` + strings.Repeat("a", query.MaxParams) + `"}`:            query.TooLarge,
		`{"semantic":{"prompt":"x"}}`:                                          query.NotSupported,
		`{"query":{"limit":5}}`:                                                query.InvalidFilter,
		`{"query":{"eq":{"id":1}}}`:                                            query.InvalidFilter,
		`{"filter":{"eq":{"id":1}}}`:                                           query.InvalidFilter,
		`{"query":[]}`:                                                         query.InvalidFilter, `[]`: query.InvalidFilter, `"x"`: query.InvalidFilter, `{} {}`: query.InvalidFilter, `{`: query.InvalidFilter, ` `: query.InvalidFilter,
		`{"cursor":""}`: query.InvalidCursor, `{"cursor":5}`: query.InvalidCursor, `{"cursor":"!"}`: query.InvalidCursor, `{"cursor":"W10"}`: query.InvalidCursor,
		`{"query":{"filter":[]}}`: query.InvalidFilter, `{"nonsense":1}`: query.InvalidFilter,
	} {
		_, err := m.search("things", params)
		f, ok := errors.AsType[*query.Error](err)
		if !ok || f.Code != code {
			t.Errorf("%.80s: %v, want %s", params, err, code)
		} else if f.Hint == "" && code != query.TooLarge {
			t.Errorf("%.80s has no hint: %v", params, err)
		}
	}
}

// hostile are texts that would do harm if they were ever part of a statement.
var hostile = []string{
	`'; drop table things; --`, `"; drop table things; --`, `x" or "1"="1`, `') or 1=1 --`, `?`, `??`, `$1`, `:a`, `@p`, `\`, `%`, `_`, "\x00", "`", `]`, `/*`, `1e999`,
	`things"."id`, `rowid`, `_hash`, `extra`, `*`, `count(*)`, `\u0000`, "\u2028", `';select load_extension('x');--`,
}

func TestHostileTextStaysAValue(t *testing.T) {
	m := withThings(t)
	for _, h := range hostile {
		q := fmt.Sprintf("%q", h)
		if !strings.Contains(h, "\x00") && !strings.Contains(h, "\u2028") {
			q = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(h) + `"`
		} else {
			q = strings.NewReplacer(`\x00`, `\u0000`).Replace(q)
		}
		for _, params := range []string{
			`{"query":{"filter":{"eq":{"name":%s}}}}`, `{"query":{"filter":{"in":{"name":[%s]}}}}`, `{"query":{"filter":{"gt":{"name":%s}}}}`,
			`{"query":{"filter":{"like":{"name":%s}}}}`, `{"query":{"filter":{"contains":{"name":%s}}}}`, `{"query":{"filter":{"startswith":{"name":%s}}}}`,
			`{"query":{"filter":{"eq":{"tags":[%s]}}}}`, `{"query":{"filter":{"eq":{"meta":{%s:1}}}}}`, `{"query":{"filter":{"contains":{"tags":%s}}}}`,
			`{"query":{"filter":{"any":{"steps":{"eq":{%s:1}}}}}}`, `{"query":{"filter":{"eq":{"meta.rev":%s}}}}`,
		} {
			params = fmt.Sprintf(params, q)
			parsed, err := query.Parse([]byte(params))
			if err != nil {
				t.Fatalf("%s: %v", params, err)
			}
			plan, err := query.NewCompiler(m.cat, query.SQLite{}).Compile("things", parsed)
			if err != nil {
				t.Fatalf("%s: %v", params, err)
			}
			for _, st := range plan.Statements() {
				if len(h) > 3 && strings.Contains(st.SQL, h) {
					t.Errorf("%s: the statement has the operand in it: %s", params, st.SQL)
				}
			}
			if _, err := query.Run(context.Background(), m, plan, clock); err != nil {
				t.Errorf("%s: %v", params, err)
			}
		}
		for _, params := range []string{
			`{"query":{"filter":{"eq":{%s:1}}}}`, `{"query":{"sort":[{%s:"asc"}]}}`, `{"fields":[%s]}`, `{"fields":[[%s,"x"]]}`, `{"query":{"filter":{%s:{"id":1}}}}`, `{%s:1}`,
			`{"query":{"sort":[{"field":%s,"order":"asc"}]}}`,
		} {
			params = fmt.Sprintf(params, q)
			if _, err := m.search("things", params); !isFault(err) {
				t.Errorf("%s: %v, want it refused", params, err)
			}
		}
	}
	if got := m.ids(t, "things", `{}`); len(got) != 11 {
		t.Fatalf("the things are gone: %v", got)
	}
}

func TestLongListsAreExact(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	m.insert(t, "things", `{"id":1,"name":"a\u0000b","score":0.1,"created":99999999999999999999}`)
	m.insert(t, "things", `{"id":2,"name":"a","score":0.30000000000000004,"created":17}`)
	m.insert(t, "things", `{"id":3,"name":"\"\\é\u2028","score":1e22,"created":-5}`)
	m.insert(t, "things", `{"id":4}`)
	var other []string
	for i := range 100 {
		other = append(other, fmt.Sprint(1000+i))
	}
	pad := strings.Join(other, ",")
	for filter, want := range map[string][]string{
		`{"in":{"name":["a\u0000b",` + pad + `]}}`:                           {"1"},
		`{"in":{"name":["a",` + pad + `]}}`:                                  {"2"},
		`{"in":{"name":["\"\\é\u2028",null,` + pad + `]}}`:                   {"3", "4"},
		`{"in":{"score":[0.1,0.3,10000000000000000000000,` + pad + `]}}`:     {"1", "3"},
		`{"in":{"score":[0.30000000000000004,` + pad + `]}}`:                 {"2"},
		`{"in":{"created":[99999999999999999999,"-5",` + pad + `]}}`:         {"1", "3"},
		`{"not":{"in":{"created":[99999999999999999999,` + pad + `]}}}`:      {"2", "3"},
		`{"not":{"in":{"created":[99999999999999999999,null,` + pad + `]}}}`: {"2", "3"},
	} {
		if got := m.ids(t, "things", `{"query":{"filter":`+filter+`}}`); !slices.Equal(got, want) {
			t.Errorf("%.60s: %v, want %v", filter, got, want)
		}
	}
}

func isFault(err error) bool {
	_, ok := errors.AsType[*query.Error](err)
	return ok
}
