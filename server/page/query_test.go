package page

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestParametersAreFoundOutsideOfTexts(t *testing.T) {
	for statement, want := range map[string][]string{
		"select :a, @b, $c, :a":                    {"a", "b", "c"},
		"select ':no', \":no\" -- :no\n, :yes":     {"yes"},
		"select '12:30', 'it''s :no' /* :no */ ":   nil,
		"select 1 as [a :no], 2 as `b :no`, :c":    {"c"},
		"select datetime('now', :back || ' days')": {"back"},
	} {
		if got := paramsOf(statement); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", statement, got, want)
		}
	}
}

func TestTheCaretStandsUnderTheSpot(t *testing.T) {
	for _, c := range []struct{ message, statement, spot string }{
		{`near "selct": syntax error`, "selct 1", "selct"},
		{"no such column: nam", "select name,\n nam from campaigns", "nam"},
		{"no such table: campaing", "select * from campaing", "campaing"},
	} {
		m := markOf(c.message, c.statement)
		if m == nil || !strings.HasPrefix(m.Line[strings.Index(m.Caret, "^"):], c.spot) {
			t.Errorf("%s: %+v", c.message, m)
		}
	}
	for _, message := range []string{"disk is full", `near "nothing": syntax error`} {
		if m := markOf(message, "select 1"); m != nil {
			t.Errorf("%s: %+v", message, m)
		}
	}
}

func TestCountsSayWhenTheyArePartial(t *testing.T) {
	files, err := newAssets()
	if err != nil {
		t.Fatal(err)
	}
	all, err := newViews(pageAt(noon).functions(files))
	if err != nil {
		t.Fatal(err)
	}
	for _, partial := range []bool{true, false} {
		var b bytes.Buffer
		v := countsView{Count: 5, Partial: partial, Facets: []facetView{{Field: "state", Partial: partial}}}
		if err := all.render(&b, "facets", "part", frame{Data: v}); err != nil {
			t.Fatal(err)
		}
		for _, words := range []string{"at least", "time ran out"} {
			if strings.Contains(b.String(), words) != partial {
				t.Errorf("partial %t, but %q: %s", partial, words, b.String())
			}
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	_, err := New(Options{Poll: -1})
	for _, want := range []string{"Catalog", "Mirror", "Journal", "Library", "Exporter", "Endings", "Operators", "Now", "Log", "Poll"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s in: %v", want, err)
		}
	}
}
