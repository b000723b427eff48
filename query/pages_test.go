package query_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ciomirror/query"
)

// numbers that are hard to order: beyond int64, beyond float64, spelled in many ways.
var hardNumbers = []string{
	"0", "-1", "1", "2", "1.5", "15e-1", "0.1", "0.10000000000000000001", "0.3", "1e3", "9007199254740992", "9007199254740993", "9007199254740992.5",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "123456789012345678901234567890",
	"-123456789012345678901234567890", "99999999999999999999", "1e20", "-1e20", "1e-7", "-2.5", "1e400", "-1e400",
}

func rat(s string) *big.Rat { r, _ := new(big.Rat).SetString(s); return r }

// thing is a random row, with the values to order it by.
type thing struct {
	id     string
	values map[string]string // JSON; absent fields are not there
}

func (x thing) json() string {
	parts := []string{`"id":` + x.id}
	for name, v := range x.values {
		parts = append(parts, fmt.Sprintf("%q:%s", name, v))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func randomThings(r *rand.Rand, n int) []thing {
	var things []thing
	for i := range n {
		x := thing{id: fmt.Sprint(i + 1), values: map[string]string{}}
		set := func(name string, choices ...string) {
			if r.IntN(4) > 0 {
				x.values[name] = choices[r.IntN(len(choices))]
			}
		}
		var whole []string
		for _, n := range hardNumbers {
			if rat(n).IsInt() {
				whole = append(whole, n)
			}
		}
		set("created", whole...)
		set("score", hardNumbers...)
		set("state", `"draft"`, `"active"`, `"Active"`, `""`, `"é"`, `"z"`, `"10"`)
		set("name", `"a"`, `"b"`, `"B"`, `"\u0001"`, `"😀"`, `"\uffee"`)
		set("active", `true`, `false`)
		set("meta", `{"rev":1}`, `{"rev":123456789012345678901}`, `{"rev":-5}`, `{}`)
		things = append(things, x)
	}
	return things
}

// before is the order of the contract: absent last in both directions, numbers
// numerically, text by code point, false before true.
func before(a, b thing, field string, desc bool) int {
	v, w := a.values[field], b.values[field]
	switch {
	case v == "" || w == "":
		return cmp.Compare(len(w), len(v)) * min(1, len(v)+len(w)) // absent last
	}
	var c int
	switch field {
	case "created", "score":
		c = rat(v).Cmp(rat(w))
	case "active":
		c = cmp.Compare(len(w), len(v)) // false is longer
	default:
		var s, u string
		_ = json.Unmarshal([]byte(v), &s)
		_ = json.Unmarshal([]byte(w), &u)
		c = strings.Compare(s, u)
	}
	if desc {
		return -c
	}
	return c
}

func TestEveryOrderIsExactAndPagedWithoutLoss(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	m := newMirror(t, testCatalog(t))
	rounds, n := 60, 120
	if testing.Short() {
		rounds = 8
	}
	things := randomThings(r, n)
	for _, x := range things {
		m.insert(t, "things", x.json())
	}
	fields := []string{"created", "score", "state", "name", "active"}
	filters := []string{`{}`, `{"neq":{"state":"draft"}}`, `{"or":[{"lt":{"created":5}},{"eq":{"created":null}},{"gt":{"score":0}}]}`}
	for range rounds {
		var keys []string
		var order []struct {
			field string
			desc  bool
		}
		for _, i := range r.Perm(len(fields))[:1+r.IntN(3)] {
			desc := r.IntN(2) == 0
			keys = append(keys, fmt.Sprintf(`{%q:%q}`, fields[i], map[bool]string{false: "asc", true: "DESC"}[desc]))
			order = append(order, struct {
				field string
				desc  bool
			}{fields[i], desc})
		}
		q := fmt.Sprintf(`"query":{"filter":%s,"sort":[%s]}`, filters[r.IntN(len(filters))], strings.Join(keys, ","))
		whole := m.ids(t, "things", `{`+q+`}`)
		byID := map[string]thing{}
		for _, x := range things {
			byID[x.id] = x
		}
		wrong := !slices.IsSortedFunc(whole, func(a, b string) int {
			for _, o := range order {
				if c := before(byID[a], byID[b], o.field, o.desc); c != 0 {
					return c
				}
			}
			return rat(a).Cmp(rat(b))
		})
		if wrong {
			t.Fatalf("%s: wrong order", q)
		}
		limit := 1 + r.IntN(40)
		var paged []string
		cursor := "null"
		for {
			a, err := m.search("things", fmt.Sprintf(`{%s,"limit":%d,"cursor":%s}`, q, limit, cursor))
			if err != nil {
				t.Fatal(err)
			}
			paged = append(paged, ids(t, a)...)
			if !a.Meta.HasMore {
				break
			}
			if len(a.Data) != limit {
				t.Fatalf("%s: a page of %d with more to come, limit %d", q, len(a.Data), limit)
			}
			cursor = fmt.Sprintf("%q", *a.Meta.Cursor)
		}
		if !slices.Equal(paged, whole) {
			t.Fatalf("%s limit %d:\npages %v\nwhole %v", q, limit, paged, whole)
		}
	}
}

func TestRangesAreExact(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	m := newMirror(t, testCatalog(t))
	things := randomThings(r, 150)
	for _, x := range things {
		m.insert(t, "things", x.json())
	}
	holds := map[string]func(int) bool{
		"gt": func(c int) bool { return c > 0 }, "gte": func(c int) bool { return c >= 0 }, "lt": func(c int) bool { return c < 0 },
		"lte": func(c int) bool { return c <= 0 }, "eq": func(c int) bool { return c == 0 }, "neq": func(c int) bool { return c != 0 },
	}
	for _, field := range []string{"created", "score"} {
		for op, h := range holds {
			for _, operand := range hardNumbers {
				for _, sort := range []string{"", `,"sort":[{"created":"desc"},{"id":"asc"}]`} {
					var want []string
					for _, x := range things {
						if v := x.values[field]; v != "" && h(rat(v).Cmp(rat(operand))) {
							want = append(want, x.id)
						}
					}
					got := m.ids(t, "things", fmt.Sprintf(`{"query":{"filter":{%q:{%q:%s}}%s}}`, op, field, operand, sort))
					if sort != "" {
						slices.SortFunc(got, func(a, b string) int { return rat(a).Cmp(rat(b)) })
					}
					if !slices.Equal(got, want) {
						t.Fatalf("%s %s %s%s: got %v, want %v", op, field, operand, sort, got, want)
					}
				}
			}
		}
	}
}

// plan is what SQLite says about a statement.
func (m *mirror) plan(t testing.TB, st query.Statement) string {
	t.Helper()
	rows, err := m.Query("EXPLAIN QUERY PLAN "+st.SQL, st.Args...)
	if err != nil {
		t.Fatalf("%s: %v", st.SQL, err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, detail)
	}
	return strings.Join(lines, "\n")
}

func compile(t testing.TB, m *mirror, entity, params string) *query.Plan {
	t.Helper()
	q, err := query.Parse([]byte(params))
	if err != nil {
		t.Fatal(err)
	}
	p, err := query.NewCompiler(m.cat, query.SQLite{}).Compile(entity, q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestIndexesServeFilterAndOrder(t *testing.T) {
	m := withThings(t)
	for params, part := range map[string]struct{ name, want string }{
		`{"query":{"filter":{"eq":{"state":"active"}}}}`:                                            {"present", "things_state (state=?)"},
		`{"query":{"filter":{"in":{"id":[1,2]}}}}`:                                                  {"present", "(id=?)"},
		`{"query":{"filter":{"gte":{"created":5},"lt":{"created":9}},"sort":[{"created":"desc"}]}}`: {"numbers", "things_created (created>? AND created<?)"},
		`{"query":{"sort":[{"created":"asc"}]}}`:                                                    {"numbers", "things_created (created<?)"},
		`{"query":{"filter":{"eq":{"state":"x"}},"sort":[{"created":"asc"}]}}`:                      {"beyond int64", "things_created (created>?)"},
		`{"query":{"sort":[{"state":"desc"}]}}`:                                                     {"present", "things_state (state>?)"},
	} {
		found := false
		for _, st := range compile(t, m, "things", params).Statements() {
			if st.Part != part.name {
				continue
			}
			found = true
			if plan := m.plan(t, st); !strings.Contains(plan, part.want) {
				t.Errorf("%s\n%s\nplan: %s\nwant: %s", params, st.SQL, plan, part.want)
			}
		}
		if !found {
			t.Errorf("%s has no part %q", params, part.name)
		}
	}
	// The page in the middle is reached without reading the ones before.
	for _, sort := range []string{`{"created":"desc"}`, `{"created":"asc"}`, `{"state":"asc"}`, `{"id":"desc"}`} {
		q := `"query":{"sort":[` + sort + `]}`
		p := compile(t, m, "things", `{`+q+`,"limit":3}`)
		a, err := query.Run(context.Background(), m, p, clock)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range compile(t, m, "things", fmt.Sprintf(`{%s,"cursor":%q}`, q, *a.Meta.Cursor)).Statements() {
			if plan := m.plan(t, st); strings.Contains(plan, "SCAN") || strings.Contains(plan, "MULTI-INDEX OR") {
				t.Errorf("%s, part %s scans: %s\n%s", sort, st.Part, plan, st.SQL)
			}
		}
	}
}

func TestPartsSpareTheirFilter(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	parts := map[string]string{}
	for _, st := range compile(t, m, "things", `{"query":{"filter":{"lt":{"created":5},"eq":{"state":"x"}},"sort":[{"created":"desc"}]},"fields":["id"]}`).Statements() {
		parts[st.Part] = st.SQL
	}
	if len(parts) != 4 {
		t.Fatalf("the parts are %v", parts)
	}
	// Where every cell is a number, a plain comparison does.
	if got, want := parts["numbers"], `SELECT "id", "created" FROM "things" WHERE ("created" < ? AND "state" = ?) AND "created" < '' ORDER BY "created" DESC, "id" LIMIT ?`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// Where there is hardly a row, no index of the filter may be taken.
	for _, name := range []string{"below int64", "beyond int64"} {
		if !strings.Contains(parts[name], `+"state" = ?`) || strings.Contains(parts[name], `AND "state"`) {
			t.Errorf("%s: %s", name, parts[name])
		}
	}
}

func TestTheSameQueryIsTheSameSQL(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	const params = `{"query":{"filter":{"eq":{"state":"a","active":true},"or":[{"gt":{"score":1}},{"in":{"id":[1,2,3]}}]},"sort":[{"created":"desc"}]},"fields":["meta.rev","id","name"]}`
	first := fmt.Sprint(compile(t, m, "things", params).Statements())
	for range 20 {
		if again := fmt.Sprint(compile(t, m, "things", params).Statements()); again != first {
			t.Fatalf("%s\n%s", first, again)
		}
	}
}

func TestSortShapes(t *testing.T) {
	m := withThings(t)
	want := m.ids(t, "things", `{"query":{"sort":[{"state":"asc"},{"created":"desc"}]}}`)
	for _, sort := range []string{
		`[{"state":"ASC","created":"Desc"}]`, `{"state":"asc","created":"desc"}`, `[{"field":"state","order":"asc"},{"field":"created","order":"DESC"}]`,
		`[{"field":"state"},{"order":"desc","field":"created"}]`, `[{"state":"asc"},{"created":"desc"},{"id":"asc"}]`,
	} {
		wantIDs(t, m.ids(t, "things", `{"query":{"sort":`+sort+`}}`), want...)
	}
	for sort, code := range map[string]string{
		`[{"tags":"asc"}]`: query.OperatorNotSupported, `[{"meta":"asc"}]`: query.OperatorNotSupported, `[{"meta.rev":"asc"}]`: query.OperatorNotSupported,
		`[{"nope":"asc"}]`: query.UnknownField, `[{"field":"nope","order":"asc"}]`: query.UnknownField,
		`[{"state":"up"}]`: query.InvalidFilter, `[{"state":1}]`: query.InvalidFilter, `["state"]`: query.InvalidFilter, `"state"`: query.InvalidFilter,
		`[{}]`: query.InvalidFilter, `[{"state":"asc"},{"state":"desc"}]`: query.InvalidFilter, `[{"field":"state","order":"up"}]`: query.InvalidFilter,
	} {
		_, err := m.search("things", `{"query":{"sort":`+sort+`}}`)
		f := wantCode(t, err, code)
		if f.Hint == "" && code != query.InvalidFilter {
			t.Errorf("sort %s has no hint: %v", sort, err)
		}
		if !strings.HasPrefix(f.At, "/sort") || !strings.HasPrefix(f.Dotted(), "query.sort") {
			t.Errorf("sort %s: the place is %s", sort, f.At)
		}
	}
}

// Of two bounds on one side of an index only one is sought by: it must be the one
// of the page, or each page reads all the pages before it.
func TestADeepPageSeeksItsPlace(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	m.exec(t, `with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000)
		insert into things (id, created, state) select i, i, 's' || (i + 1000) from n`)
	m.exec(t, "analyze")
	for _, sort := range []string{`{"created":"desc"}`, `{"created":"asc"}`, `{"state":"desc"}`, `{"state":"asc"}`} {
		for _, filter := range []string{`{}`, `{"lte":{"created":990},"gt":{"created":3}}`, `{"lt":{"state":"s1999"},"gte":{"state":"s1002"}}`} {
			q := `"query":{"filter":` + filter + `,"sort":[` + sort + `]},"limit":100`
			a, err := m.search("things", `{`+q+`}`)
			if err != nil {
				t.Fatal(err)
			}
			for _, st := range compile(t, m, "things", fmt.Sprintf(`{%s,"cursor":%q}`, q, *a.Meta.Cursor)).Statements() {
				if st.Part != "numbers" && st.Part != "present" {
					continue
				}
				// The condition that no index seeks by has a plus, or is on another column.
				lead := sort[2:strings.Index(sort, `":`)]
				sign := map[bool]string{true: " <", false: " >"}[strings.Contains(sort, "desc")]
				if n := strings.Count(st.SQL, ` "`+lead+`"`+sign) + strings.Count(st.SQL, `("`+lead+`"`+sign); n != 1 {
					t.Errorf("%s %s: %d bounds on one side: %s", filter, sort, n, st.SQL)
				}
			}
		}
	}
}
