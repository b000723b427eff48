package query_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// randomFilter is a random condition on things; inside an any, on its elements.
func randomFilter(r *rand.Rand, depth int, inAny bool) string {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	if depth > 0 && r.IntN(2) == 0 {
		sub := func() string { return randomFilter(r, depth-1, inAny) }
		switch r.IntN(4) {
		case 0:
			return `{"not":` + sub() + `}`
		case 1:
			return fmt.Sprintf(`{"and":[%s,%s]}`, sub(), sub())
		case 2:
			return fmt.Sprintf(`{"or":[%s,%s]}`, sub(), sub())
		}
		if !inAny {
			return fmt.Sprintf(`{"any":{%q:%s}}`, pick("steps", "tags", "seg"), randomFilter(r, depth-1, true))
		}
	}
	if inAny {
		scalar := pick(`"email"`, `7`, `12`, `"vip"`, `""`, `0`)
		switch r.IntN(4) {
		case 0:
			return fmt.Sprintf(`{%q:%s}`, pick("eq", "neq", "gt", "gte", "lt", "lte", "contains", "like"), scalar)
		case 1:
			return fmt.Sprintf(`{"in":{"type":[%s,%s]}}`, scalar, pick("null", `"push"`))
		case 2:
			return fmt.Sprintf(`{"eq":{%q:%s}}`, pick("type", "id"), pick("null", scalar))
		}
		return fmt.Sprintf(`{%q:{%q:%s}}`, pick("neq", "gt", "lte", "startswith"), pick("type", "id"), scalar)
	}
	number := pick("0", "1", "1.5", "3", "1700086400", "9007199254740993", `"7"`, "1e30")
	text := pick(`"a"`, `"active"`, `"Welcome"`, `"big"`, `""`, `"%"`, `"kx-"`)
	switch r.IntN(9) {
	case 0:
		return fmt.Sprintf(`{%q:{%q:%s}}`, pick("eq", "neq", "gt", "gte", "lt", "lte"), pick("id", "created", "score"), number)
	case 1:
		return fmt.Sprintf(`{%q:{%q:%s}}`, pick("eq", "neq", "gt", "gte", "lt", "lte", "like", "contains", "startswith", "endswith"), pick("name", "state", "code"), text)
	case 2:
		return fmt.Sprintf(`{%q:{%q:"welcome big 7"}}`, pick("fuzzy", "keyword"), pick("name", "code", "created", "meta.rev"))
	case 3:
		return fmt.Sprintf(`{"in":{%q:[%s,%s]}}`, pick("score", "created"), number, pick("null", number))
	case 4:
		return fmt.Sprintf(`{%q:{%q:null}}`, pick("eq", "neq"), pick("name", "tags", "meta", "active", "meta.owner.email", "steps.type"))
	case 5:
		return fmt.Sprintf(`{%q:{"active":%s}}`, pick("eq", "neq", "gt", "lte"), pick("true", "false"))
	case 6:
		return fmt.Sprintf(`{%q:{%q:%s}}`, pick("contains", "array_contains"), pick("tags", "seg"), pick(`"vip"`, "7", `""`))
	case 7:
		return fmt.Sprintf(`{%q:{%q:%s}}`, pick("eq", "neq", "gt", "lt", "contains", "like"), pick("meta.rev", "meta.owner.email", "steps.type", "steps[].id"), pick("3", `"3"`, `"email"`))
	}
	return pick(`{"in":{"state":[]}}`, `{"eq":{"seg":[7]}}`, `{"neq":{"meta":{}}}`, `{"eq":{"id":41.5}}`, `{"in":{"tags":[["vip"],[],null]}}`)
}

func TestFiltersKeepThreeValuedLogic(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	m := withThings(t)
	everything := m.ids(t, "things", `{}`)
	rows := func(filter string) []string { return m.ids(t, "things", `{"query":{"filter":`+filter+`}}`) }
	not := func(f string) string { return `{"not":` + f + `}` }
	keep := func(in []string, from []string, want bool) []string {
		out := []string{}
		for _, id := range from {
			if slices.Contains(in, id) == want {
				out = append(out, id)
			}
		}
		return out
	}
	n := 400
	if testing.Short() {
		n = 40
	}
	for range n {
		x, y := randomFilter(r, 3, false), randomFilter(r, 3, false)
		tx, fx, ty, fy := rows(x), rows(not(x)), rows(y), rows(not(y))
		for law, sides := range map[string][2][]string{
			"a row is not both":       {keep(tx, fx, true), {}},
			"not not x is x":          {rows(not(not(x))), tx},
			"and":                     {rows(`{"and":[` + x + `,` + y + `]}`), keep(ty, tx, true)},
			"or":                      {rows(`{"or":[` + x + `,` + y + `]}`), keep(append(slices.Clone(tx), ty...), everything, true)},
			"not and is or of nots":   {rows(not(`{"and":[` + x + `,` + y + `]}`)), keep(append(slices.Clone(fx), fy...), everything, true)},
			"not or is and of nots":   {rows(not(`{"or":[` + x + `,` + y + `]}`)), keep(fy, fx, true)},
			"in the other order":      {rows(`{"or":[` + y + `,` + x + `]}`), rows(`{"or":[` + x + `,` + y + `]}`)},
			"an order changes no row": {keep(m.ids(t, "things", `{"query":{"filter":`+x+`,"sort":[{"created":"desc"}]}}`), everything, true), tx},
		} {
			if !slices.Equal(sides[0], sides[1]) {
				t.Fatalf("%s: %v is not %v\nx %s\ny %s", law, sides[0], sides[1], x, y)
			}
		}
	}
}

func TestNegatedOperators(t *testing.T) {
	m := withThings(t)
	for _, pair := range [][2]string{
		{`{"not":{"eq":{"score":1.5}}}`, `{"neq":{"score":1.5}}`},
		{`{"not":{"gt":{"created":1700086400}}}`, `{"lte":{"created":1700086400}}`},
		{`{"not":{"gte":{"name":"a"}}}`, `{"lt":{"name":"a"}}`},
		{`{"not":{"eq":{"name":null}}}`, `{"neq":{"name":null}}`},
		{`{"in":{"state":["draft","active"]}}`, `{"or":[{"eq":{"state":"draft"}},{"eq":{"state":"active"}}]}`},
		{`{"eq":{"steps.type":"email"}}`, `{"any":{"steps":{"eq":{"type":"email"}}}}`},
		{`{"array_contains":{"seg":7}}`, `{"any":{"seg":{"eq":7}}}`},
		{`{"eq":{"steps[].type":"email"}}`, `{"eq":{"steps.type":"email"}}`},
		{`{"contains":{"tags[]":"vip"}}`, `{"contains":{"tags":"vip"}}`},
	} {
		a, b := m.ids(t, "things", `{"query":{"filter":`+pair[0]+`}}`), m.ids(t, "things", `{"query":{"filter":`+pair[1]+`}}`)
		if !slices.Equal(a, b) || len(a) == 0 {
			t.Errorf("%s: %v\n%s: %v", pair[0], a, pair[1], b)
		}
	}
	// The element itself, its absent keys, and an absent array.
	for filter, want := range map[string][]string{
		`{"any":{"steps":{"eq":{"type":null}}}}`:                                         {"10", "9007199254740992"},
		`{"eq":{"steps.type":null}}`:                                                     {"10", "9007199254740992"},
		`{"any":{"seg":{"eq":[7]}}}`:                                                     {},
		`{"any":{"seg":{"in":[12,"7"]}}}`:                                                {"1", "3", "9007199254740992", "9007199254740993"},
		`{"any":{"tags":{"or":[{"like":"%-%"},{"keyword":"VIP"}]}}}`:                     {"1", "3", "6", "9007199254740993"},
		`{"any":{"seg":{"gt":5,"lt":10}}}`:                                               {"1", "6", "11", "9007199254740993"},
		`{"not":{"any":{"tags":{"neq":"vip"}}}}`:                                         {"2"},
		`{"contains":{"meta.owner.email":"BOB@"}}`:                                       {"2"},
		`{"gt":{"meta.rev":2}}`:                                                          {"1", "9007199254740992", "9007199254740993"},
		`{"neq":{"meta.rev":3}}`:                                                         {"7", "10"},
		`{"eq":{"meta.owner":{"email":"ann@north.test"}}}`:                               {"1", "9007199254740993"},
		`{"eq":{"meta_rev":"3"}}`:                                                        {"1", "7", "9007199254740992", "9007199254740993"},
		`{"startswith":{"score":"-"}}`:                                                   {"3"},
		`{"endswith":{"created":"00"}}`:                                                  {"1", "2", "6", "7", "11", "9007199254740992", "9007199254740993"},
		`{"gte":{"created":"2023-11-17"},"lte":{"created":"2023-11-17T23:13:20+01:00"}}`: {"7"},
		`{"eq":{"created":"2023-11-14T22:13:20.5Z"}}`:                                    {},
		`{"eq":{"active":"true"}}`:                                                       {"1", "6", "7", "9007199254740992"},
		`{"in":{"id":["0010",11.0,12.5]}}`:                                               {"10", "11"},
		`{"like":{"name":""}}`:                                                           {"1", "2", "3", "6", "7", "10", "11", "9007199254740992", "9007199254740993"},
		`{"like":{"code":"%00%"}}`:                                                       {"1", "2", "3", "9007199254740993"},
	} {
		if got := m.ids(t, "things", `{"query":{"filter":`+filter+`}}`); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
}
