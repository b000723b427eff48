package sqltext_test

import (
	"slices"
	"testing"

	"ciomirror/internal/sqltext"
)

func TestParametersAreWhatSQLiteTakesForOnes(t *testing.T) {
	for statement, want := range map[string][]string{
		"":                                   nil,
		"select 1":                           nil,
		"select :a, @b, $c, :a":              {"a", "b", "c"},
		"select :größe":                      {"größe"},
		"select x'00', ':a', 'it'':b'":       nil,
		`select ":a", "x"":b"`:               nil,
		"select [a:b], [c], :d":              {"d"},
		"select `a:b`, `c``:d`, :e":          {"e"},
		"select :a -- :b\n, :c":              {"a", "c"},
		"select :a::text, $b::c::d+:e":       {"a::text", "b::c::d", "e"},
		"select :a /* :b\n */, :c":           {"a", "c"},
		"select a$b, a.c from t a":           nil,
		"select json ->> '$.a' from t":       nil,
		"select case when 1>:low then:x end": {"low", "x"},
		"select : , ?, ?1":                   nil,
		"select ':a":                         nil,
	} {
		if got := sqltext.Parameters(statement); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", statement, got, want)
		}
	}
}

func TestAStatementEndsAtASemicolonThatIsNoText(t *testing.T) {
	for _, c := range []struct {
		text  string
		end   int
		blank bool
	}{
		{"", 0, true},
		{" -- nothing;\n/* ; */", 20, true},
		{"select ';'; 2", 10, false},
		{"select [;], `;`, \";\"", 20, false},
		{";;", 0, true},
	} {
		if end, blank := sqltext.End(c.text), sqltext.Blank(c.text); end != c.end || blank != c.blank {
			t.Errorf("%q: ends at %d, blank %v", c.text, end, blank)
		}
	}
}
