package query_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ciomirror/catalog"
	"ciomirror/query"
)

// refusals are requests with one fault each, that any entity would refuse: what must
// be named stands in angle brackets, see forEntity.
var refusals = []string{
	// params
	`[]`, `"x"`, `{`, ` `, `{} {}`, `{'limit': 5}`, `{"query":{"filter":{"eq":{"<text>":True}}}}`, `{"query":{},"query":{}}`,
	`{"nonsense":1}`, `{"limt":5}`, `{"filter":{"eq":{"<text>":"x"}}}`, `{"sort":[]}`, `{"eq":{"<text>":"x"}}`, `{"semantic":{"prompt":"x"}}`,
	`{"limit":0}`, `{"limit":"5"}`, `{"limit":10001}`, `{"cursor":5}`, `{"cursor":""}`, `{"cursor":"!"}`, `{"cursor":"W10"}`,
	`{"query":{"filter":{"eq":{"<text>":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}}}}`,
	`{"cursor":"` + strings.Repeat("a", query.MaxParams) + `"}`,
	// query
	`{"query":[]}`, `{"query":{"limit":5}}`, `{"query":{"eq":{"<text>":"x"}}}`, `{"query":{"filtr":{}}}`, `{"query":{"where":{}}}`,
	// sort
	`{"query":{"sort":"<text>"}}`, `{"query":{"sort":["<text>"]}}`, `{"query":{"sort":[{}]}}`, `{"query":{"sort":[{"<text>":"up"}]}}`,
	`{"query":{"sort":[{"<text>":"descend"}]}}`, `{"query":{"sort":[{"<text>":1}]}}`, `{"query":{"sort":[{"zzzzzzzzz":"asc"}]}}`,
	`{"query":{"sort":[{"<text>":"asc"},{"<text>":"desc"}]}}`, `{"query":{"sort":[{"<object>":"asc"}]}}`, `{"query":{"sort":[{"<object>.x":"asc"}]}}`,
	`{"query":{"sort":` + many(query.MaxSortKeys+1, `{"<text>":"asc"}`) + `}}`,
	// fields
	`{"fields":"id"}`, `{"fields":[1]}`, `{"fields":[[1]]}`, `{"fields":[[]]}`, `{"fields":["zzzzzzzzz"]}`, `{"fields":["<text>.x"]}`,
	`{"fields":[["<text>","x"]]}`, `{"fields":["<object>..x"]}`, `{"fields":[["<object>",""]]}`, `{"fields":` + many(query.MaxFields+1, `"<text>"`) + `}`,
	`{"fields":[` + many(query.MaxPath+1, `"x"`) + `]}`, `{"fields":["<object>` + strings.Repeat(".a", query.MaxPath) + `"]}`,
	// extras
	`{"count":1}`, `{"facets":"<text>"}`, `{"facets":[1]}`, `{"facets":["zzzzzzzzz"]}`, `{"facets":["<object>"]}`, `{"facets":["<object>.x"]}`,
	`{"facets":` + many(query.MaxFacets+1, `"<text>"`) + `}`, `{"suggest":"yes"}`,
	`{"typos":1}`, `{"query":{"filter":{"fuzzy":{"<text>":"x"}}},"typos":0}`, `{"query":{"filter":{"fuzzy":{"<text>":"x"}}},"typos":3}`,
	`{"query":{"filter":{"fuzzy":{"<text>":"` + strings.Repeat("word ", 101) + `"}}},"typos":1}`,
}

// badFilters are the same for filters.
var badFilters = []string{
	`[]`, `{"eq":{}}`, `{"eq":"x"}`, `{"eq":{"":1}}`, `{"and":{"eq":{"<text>":"x"}}}`, `{"and":[{}]}`, `{"or":[[]]}`, `{"not":{}}`, `{"not":[]}`,
	strings.Repeat(`{"not":`, query.MaxDepth+1) + `{"eq":{"<text>":"x"}}` + strings.Repeat(`}`, query.MaxDepth+1),
	`{"or":` + many(query.MaxConditions, `{"eq":{"<text>":"x"}}`) + `}`,
	`{"in":{"<text>":"x"}}`, `{"in":{"<text>":` + many(query.MaxItems+1, `"x"`) + `}}`,
	`{"<text>":{"eq":"x"}}`, `{"zzzzzzzzz":{"eq":"x"}}`, `{"starts_with":{"<text>":"x"}}`, `{"zzzzzzzzz":1}`,
	`{"equals":{"<text>":1}}`, `{"=":{}}`, `{"==":{}}`, `{"$eq":{}}`, `{"ne":{}}`, `{"!=":{}}`, `{"$ne":{}}`, `{"has":{"<text>":1}}`, `{"exists":{}}`, `{"isnull":{}}`,
	`{"is":{}}`, `{"not_in":{}}`, `{"nin":{}}`, `{"ilike":{}}`, `{"regex":{}}`, `{"between":{}}`, `{"all":{}}`,
	`{"eq":{"zzzzzzzzz":1}}`, `{"eq":{"<text>x":"x"}}`, `{"eq":{"<text>.x":"x"}}`, `{"eq":{"<object>..x":"x"}}`, `{"eq":{"<object>` + strings.Repeat(".a", query.MaxPath) + `":"x"}}`,
	`{"eq":{"<text>":["x"]}}`, `{"neq":{"<text>":{}}}`, `{"in":{"<text>":["x",true]}}`, `{"gt":{"<text>":true}}`, `{"gt":{"<text>":null}}`,
	`{"eq":{"<number>":"x"}}`, `{"lt":{"<number>":"x"}}`, `{"lte":{"<number>":null}}`, `{"in":{"<number>":[1,"x"]}}`, `{"eq":{"<time>":"yesterday"}}`, `{"gte":{"<time>":"soon"}}`,
	`{"eq":{"<boolean>":"yes"}}`, `{"gt":{"<boolean>":3}}`, `{"like":{"<boolean>":"t%"}}`,
	`{"eq":{"<array>":"vip"}}`, `{"gt":{"<array>":[]}}`, `{"fuzzy":{"<array>":"vip"}}`, `{"contains":{"<array>":null}}`, `{"array_contains":{"<array>":null}}`,
	`{"any":{"<array>":{}}}`, `{"any":{"<array>":1}}`, `{"any":{"<array>":{"eq":{"":1}}}}`, `{"any":{"<array>":{"eq":{"a..b":1}}}}`, `{"any":{"<array>":{"eq":{"a` + strings.Repeat(".a", query.MaxPath) + `":1}}}}`,
	`{"any":{"<array>":{"gt":null}}}`, `{"any":{"<array>":{"lt":[1]}}}`, `{"any":{"<array>":{"keyword":"!"}}}`, `{"any":{"<array>":{"nope":1}}}`, `{"any":{"<array>":{"in":1}}}`,
	`{"eq":{"<object>":"x"}}`, `{"endswith":{"<object>":"x"}}`, `{"gt":{"<object>.x":[1]}}`, `{"gt":{"<object>.x":null}}`, `{"array_contains":{"<object>.x":null}}`, `{"like":{"<object>.x":null}}`,
	`{"any":{"<text>":{"eq":1}}}`, `{"array_contains":{"<text>":"x"}}`,
	`{"fuzzy":{"<text>":"!!!"}}`, `{"keyword":{"<text>":""}}`, `{"like":{"<text>":null}}`, `{"contains":{"<text>":true}}`, `{"startswith":{"<text>":["a"]}}`,
	`{"gt":{"<any>":true}}`, `{"lt":{"<any>":null}}`,
}

func many(n int, item string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
}

// forEntity puts fields of an entity where a request wants them; ok is false when it
// has none of the kind.
func forEntity(e *catalog.Entity, request string) (_ string, ok bool) {
	is := map[string]func(f catalog.Field) bool{
		"<text>": func(f catalog.Field) bool { return f.SearchKind() == catalog.String && f.Kind() == catalog.String },
		"<number>": func(f catalog.Field) bool {
			return f.SearchKind() == catalog.Integer && f.Unit == "" && len(f.Types) == 1
		},
		"<time>":    func(f catalog.Field) bool { return f.SearchKind() == catalog.Integer && f.Unit == catalog.UnixSeconds },
		"<boolean>": func(f catalog.Field) bool { return f.SearchKind() == catalog.Boolean },
		"<array>":   func(f catalog.Field) bool { return f.SearchKind() == catalog.Array },
		"<object>":  func(f catalog.Field) bool { return f.SearchKind() == catalog.Object && len(f.Types) == 1 },
		"<any>":     func(f catalog.Field) bool { return f.SearchKind() == catalog.Any },
	}
	for name, fits := range is {
		if !strings.Contains(request, name) {
			continue
		}
		i := slices.IndexFunc(e.Fields, fits)
		if i < 0 {
			return "", false
		}
		request = strings.ReplaceAll(request, name, e.Fields[i].Name)
	}
	return request, true
}

// exampleIn takes the example out of a hint: the first JSON object or array in it.
func exampleIn(hint string) (string, bool) {
	for i, r := range hint {
		if r != '{' && r != '[' {
			continue
		}
		var v json.RawMessage
		if json.NewDecoder(strings.NewReader(hint[i:])).Decode(&v) == nil {
			return string(v), true
		}
	}
	return "", false
}

// whole makes params of an example, which may be a part of them.
func whole(example string) string {
	switch {
	case strings.HasPrefix(example, "[{"):
		return `{"query":{"sort":` + example + `}}`
	case strings.HasPrefix(example, "["):
		return `{"fields":` + example + `}`
	}
	var keys map[string]json.RawMessage
	_ = json.Unmarshal([]byte(example), &keys)
	for _, k := range []string{"query", "limit", "cursor", "fields", "count", "facets", "typos", "suggest"} {
		if keys[k] != nil {
			return example
		}
	}
	return `{"query":{"filter":` + example + `}}`
}

// TestEveryRefusalSaysWhatToWrite asks every entity every faulty request. The code,
// the place and the message are there, and what the hint says is accepted as it
// stands: an example, or another name in the place of the wrong one.
func TestEveryRefusalSaysWhatToWrite(t *testing.T) {
	cat := catalog.Default()
	c := query.NewCompiler(cat, query.SQLite{TextIndex: true})
	ask := func(entity, params string) error {
		q, err := query.Parse([]byte(params))
		if err == nil {
			_, err = c.Compile(entity, q)
		}
		return c.Illustrate(entity, err)
	}
	all := slices.Clone(refusals)
	for _, f := range badFilters {
		all = append(all, `{"query":{"filter":`+f+`}}`)
	}
	codes, asked := map[string]int{}, map[string]int{}
	for _, e := range cat.Mirrored() {
		for _, request := range all {
			params, ok := forEntity(e, request)
			if !ok {
				continue
			}
			asked[request]++
			err := ask(e.Name, params)
			f, ok := errors.AsType[*query.Error](err)
			if !ok {
				t.Errorf("%s %.200s: %v, want a refusal", e.Name, params, err)
				continue
			}
			codes[f.Code]++
			if f.Msg == "" || f.At != "" && !strings.HasPrefix(f.At, "/") || f.Dotted() == "" {
				t.Errorf("%s %.200s: %+v", e.Name, params, f)
			}
			if better, ok := strings.CutPrefix(f.Hint, "did you mean "); ok {
				better = strings.Trim(better, `"?`)
				if len(f.Candidates) == 0 || f.Candidates[0] != better {
					t.Errorf("%s %.200s: hint %s, candidates %q", e.Name, params, f.Hint, f.Candidates)
				}
				wrong := f.At[strings.LastIndex(f.At, "/")+1:]
				if again := strings.Replace(params, `"`+wrong+`"`, `"`+better+`"`, 1); strings.Contains(params, `"`+wrong+`"`) {
					if err := ask(e.Name, again); err != nil {
						t.Errorf("%s %.200s: with %s: %v", e.Name, params, better, err)
					}
				}
				continue
			}
			example, ok := exampleIn(f.Hint)
			if !ok {
				t.Errorf("%s %.200s: no example in the hint %q", e.Name, params, f.Hint)
				continue
			}
			if err := ask(e.Name, whole(example)); err != nil {
				t.Errorf("%s %.200s: the example %s: %v", e.Name, params, example, err)
			}
		}
	}
	for _, code := range []string{query.UnknownField, query.UnknownOperator, query.InvalidFilter, query.TypeMismatch, query.OperatorNotSupported,
		query.InvalidOperand, query.InvalidLimit, query.InvalidCursor, query.NotSupported, query.TooLarge} {
		if codes[code] == 0 {
			t.Errorf("nothing was refused as %s", code)
		}
	}
	for _, request := range all {
		if asked[request] == 0 {
			t.Errorf("no entity has what %.100s needs", request)
		}
	}
}

// The example of Parse alone is one that campaigns accept.
func TestExamplesWithoutAnEntity(t *testing.T) {
	c := query.NewCompiler(catalog.Default(), query.SQLite{})
	for _, params := range refusals {
		_, err := query.Parse([]byte(params))
		f, ok := errors.AsType[*query.Error](err)
		if !ok || strings.HasPrefix(f.Hint, "did you mean") {
			continue
		}
		example, _ := exampleIn(f.Hint)
		q, err := query.Parse([]byte(whole(example)))
		if err == nil {
			_, err = c.Compile("campaigns", q)
		}
		if err != nil {
			t.Errorf("%.100s: the example in %q: %v", params, f.Hint, err)
		}
	}
}

func TestRefusedEntitiesSayWhichThereAre(t *testing.T) {
	c := query.NewCompiler(catalog.Default(), query.SQLite{})
	for _, name := range []string{"campagins", "zzzzzzzzzzzz", "transactional_email"} {
		_, err := c.Compile(name, &query.Query{Limit: 1})
		f, ok := errors.AsType[*query.Error](err)
		if !ok || len(f.Known) == 0 {
			t.Fatalf("%s: %v", name, err)
		}
		for _, known := range append(slices.Clone(f.Candidates), f.Known...) {
			if _, err := c.Compile(known, &query.Query{Limit: 1}); err != nil {
				t.Errorf("%s: the hint names %s: %v", name, known, err)
			}
		}
		if !strings.Contains(f.Hint, f.Known[0]) && !strings.Contains(f.Hint, fmt.Sprintf("%q", f.Candidates[0])) {
			t.Errorf("%s: hint %q", name, f.Hint)
		}
	}
}
