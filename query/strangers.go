package query

import (
	"strings"

	"ciomirror/catalog"
)

// stranger is an operator of another language, and what to write here instead.
type stranger struct {
	words   string
	example example
}

var strangers = map[string]stranger{
	"equals":  {"write eq:", exampleOf("eq")},
	"=":       {"write eq:", exampleOf("eq")},
	"==":      {"write eq:", exampleOf("eq")},
	"$eq":     {"write eq:", exampleOf("eq")},
	"ne":      {"write neq:", exampleOf("neq")},
	"!=":      {"write neq:", exampleOf("neq")},
	"$ne":     {"write neq:", exampleOf("neq")},
	"has":     {"write array_contains for an element, any for a condition on elements, or, for a field that is there,", exampleNull("neq")},
	"exists":  {"write", exampleNull("neq")},
	"isnull":  {"write", exampleNull("eq")},
	"is":      {"write", exampleNull("eq")},
	"not_in":  {"write", exampleNot("in")},
	"nin":     {"write", exampleNot("in")},
	"ilike":   {"write contains, startswith or endswith, which do not regard case:", exampleOf("contains")},
	"regex":   {"there are no regular expressions; write fuzzy, or like with %:", exampleOf("like")},
	"between": {"write two operators in one object:", exampleBetween},
	"filter":  {"here stands what is in the filter:", exampleOf("eq")},
	"query":   {"here stands what is in the filter of the query:", exampleOf("eq")},
	"all":     {"write that no element is otherwise:", exampleAll},
}

// exampleNull asks for what is absent, or is not.
func exampleNull(op string) example {
	return func(s *schema) string {
		return exampleOn(op, s.pick(func(c *column) bool { return !c.key }, "name", "subject").name, "null")
	}
}

func exampleNot(op string) example {
	return func(s *schema) string { return `{"not":` + s.exampleOf(op) + `}` }
}

func exampleBetween(s *schema) string {
	from := s.exampleOf("gte")
	to := strings.NewReplacer("2026-01-31", "2026-02-28", ":100", ":200", ":1.5", ":2.5").Replace(s.exampleOf("lt"))
	return from[:len(from)-1] + "," + to[1:]
}

// exampleAll is true of an array without an element that does not meet a condition.
func exampleAll(s *schema) string {
	c := s.pick(func(c *column) bool { return c.open }, "actions", "steps")
	if c == nil {
		return s.exampleOf("eq")
	}
	path := c.name
	if c.kind != catalog.Array && c.kind != catalog.Any {
		path += ".list"
	}
	return `{"not":` + exampleOn("any", path, `{"not":{"eq":{"type":"email"}}}`) + `}`
}

// insideOut turns {"state":{"eq":"active"}} into what was meant, if there is such a
// field.
func insideOut(m member) example {
	op, operand := m.members[0].name, string(m.members[0].value().json())
	return func(s *schema) string {
		if c := s.lookup(m.name); c != nil && len(operand) <= 40 {
			return exampleOn(op, m.name, operand)
		}
		return s.exampleOf(op)
	}
}
