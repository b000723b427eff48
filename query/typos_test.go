package query_test

import (
	"fmt"
	"strings"
	"testing"

	"ciomirror/query"
	"ciomirror/query/match"
)

// named is a mirror of things with the given names, of which each is an element of
// steps and a member of meta too.
func named(t *testing.T, names ...string) *mirror {
	t.Helper()
	m := newMirror(t, testCatalog(t))
	for i, name := range names {
		m.insert(t, "things", fmt.Sprintf(`{"id":%d,"name":%q,"steps":[{"type":%[2]q},{"type":7}],"meta":{"note":%[2]q}}`, i+1, name))
	}
	return m
}

func TestTyposAreAllowedWhenAskedFor(t *testing.T) {
	m := named(t, "Welcome back", "Welcome", "Come back, Anna", "Wellcome bakc", "Something else")
	for _, c := range []struct {
		filter string
		want   [3][]string // by the number of typing errors
	}{
		{`{"fuzzy":{"name":"welcom bakc"}}`, [3][]string{{}, {"1"}, {"1", "4"}}}, // from welcom to wellcome there are two
		{`{"fuzzy":{"name":"wlecom"}}`, [3][]string{{}, {}, {"1", "2"}}},
		{`{"keyword":{"name":"wlecome bakc"}}`, [3][]string{{"4"}, {"1", "2", "3", "4"}, {"1", "2", "3", "4"}}},
		{`{"not":{"fuzzy":{"name":"bakc"}}}`, [3][]string{{"1", "2", "3", "5"}, {"2", "5"}, {"2", "5"}}},
		{`{"fuzzy":{"name":"in"}}`, [3][]string{{"5"}, {"5"}, {"5"}}},
		{`{"any":{"steps":{"keyword":{"type":"wlecome"}}}}`, [3][]string{{}, {"1", "2"}, {"1", "2", "4"}}},
		{`{"fuzzy":{"meta.note":"wlecome"}}`, [3][]string{{}, {"1", "2"}, {"1", "2", "4"}}},
		{`{"keyword":{"steps.type":"elze"}}`, [3][]string{{}, {"5"}, {"5"}}},
		// Other operators know nothing of it.
		{`{"or":[{"contains":{"name":"bakc"}},{"keyword":{"name":"elxe"}}]}`, [3][]string{{"4"}, {"4", "5"}, {"4", "5"}}},
	} {
		for typos, want := range c.want {
			params := fmt.Sprintf(`{"query":{"filter":%s},"typos":%d}`, c.filter, typos)
			if typos == 0 {
				params = fmt.Sprintf(`{"query":{"filter":%s},"typos":null}`, c.filter)
			}
			if got := m.ids(t, "things", params); strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s: %v, want %v", params, got, want)
			}
		}
	}
	// Where the words are counted, what is found is.
	if got := metaOf(t, m, "things", `{"typos":1,"query":{"filter":{"keyword":{"name":"bakc"}}},"limit":1,"count":true,"facets":["name"]}`); !strings.Contains(got, `"count":3,`) || strings.Count(got, `"value":`) != 3 {
		t.Errorf("the count and the facets are %s", got)
	}
}

func TestACursorBelongsToItsTypos(t *testing.T) {
	m := named(t, "welcome", "wlecome", "welcme", "welcomee")
	const filter = `"query":{"filter":{"keyword":{"name":"welcome"}},"sort":[{"name":"desc"}]},"limit":2`
	first, err := m.search("things", `{`+filter+`,"typos":1}`)
	if err != nil || first.Meta.Cursor == nil {
		t.Fatalf("%+v, %v", first.Meta, err)
	}
	wantIDs(t, ids(t, first), "2", "4")
	next := func(typos string) (query.Answer, error) {
		return m.search("things", fmt.Sprintf(`{%s%s,"cursor":%q}`, filter, typos, *first.Meta.Cursor))
	}
	second, err := next(`,"typos":1`)
	if err != nil {
		t.Fatal(err)
	}
	wantIDs(t, ids(t, second), "1", "3")
	for _, typos := range []string{``, `,"typos":2`, `,"typos":null`} {
		_, err := next(typos)
		wantCode(t, err, query.InvalidCursor)
	}
}

func TestBadTyposAreRefused(t *testing.T) {
	m := named(t, "Welcome")
	const fuzzy = `"query":{"filter":{"fuzzy":{"name":"welcome"}}},`
	long := strings.Repeat("word ", match.MaxNearWords+1)
	for params, want := range map[string][3]string{
		`{` + fuzzy + `"typos":0}`:    {query.InvalidFilter, "/typos", "leave typos out"},
		`{` + fuzzy + `"typos":3}`:    {query.InvalidFilter, "/typos", `"typos":1}`},
		`{` + fuzzy + `"typos":-1}`:   {query.InvalidFilter, "/typos", `"typos":1}`},
		`{` + fuzzy + `"typos":"1"}`:  {query.InvalidFilter, "/typos", `"typos":1}`},
		`{` + fuzzy + `"typos":1.5}`:  {query.InvalidFilter, "/typos", `"typos":1}`},
		`{` + fuzzy + `"typos":true}`: {query.InvalidFilter, "/typos", `"typos":1}`},
		`{` + fuzzy + `"typos":[1]}`:  {query.InvalidFilter, "/typos", `"typos":1}`},
		`{"typos":1}`:                 {query.InvalidFilter, "/typos", "leave typos out"},
		`{"typos":1,"query":{"filter":{"contains":{"name":"welcome"}}}}`:        {query.InvalidFilter, "/typos", "leave typos out"},
		`{"query":{"filter":{"eq":{"name":"fuzzy"}},"sort":[]},"typos":2}`:      {query.InvalidFilter, "/typos", "leave typos out"},
		`{"query":{"filter":{"fuzzy":{"name":"` + long + `"}}},"typos":1}`:      {query.TooLarge, "/filter/fuzzy/name", "leave typos out"},
		`{"query":{"filter":{"fuzzy":{"meta.note":"` + long + `"}}},"typos":1}`: {query.TooLarge, "/filter/fuzzy/meta.note", "leave typos out"},
		`{"query":{"filter":{"fuzzy":{"name":"!"}}},"typos":1}`:                 {query.InvalidOperand, "/filter/fuzzy/name", "contains"},
		`{` + fuzzy + `"typo":1}`: {query.InvalidFilter, "/typo", `did you mean "typos"?`},
	} {
		_, err := m.search("things", params)
		if f := wantCode(t, err, want[0]); f.At != want[1] || !strings.Contains(f.Hint, want[2]) {
			t.Errorf("%.80s: at %s, hint %q", params, f.At, f.Hint)
		}
	}
	// Without typos there may be as many words as one likes.
	if _, err := m.search("things", `{"query":{"filter":{"fuzzy":{"name":"`+long+`"}}}}`); err != nil {
		t.Error(err)
	}
}
