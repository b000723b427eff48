package query_test

import (
	"errors"
	"fmt"

	"ciomirror/catalog"
	"ciomirror/query"
)

func Example() {
	c := query.NewCompiler(catalog.Default(), query.SQLite{})
	q, err := query.Parse([]byte(`{
		"query": {"filter": {"eq": {"state": "running"}, "any": {"actions": {"eq": {"type": "email"}}}}},
		"fields": ["id", "name"],
		"limit": 20
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := c.Compile("campaigns", q)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Statements() {
		fmt.Println(s.SQL)
		for _, arg := range s.Args {
			fmt.Println(arg)
		}
	}
	// Output:
	// SELECT "id", "name" FROM "campaigns" WHERE ("state" = ? AND json_meets("actions", ?)) ORDER BY "id" LIMIT ?
	// running
	// {"op":"any","of":[{"op":"eq","path":["type"],"value":"email"}]}
	// 21
}

func ExampleError() {
	c := query.NewCompiler(catalog.Default(), query.SQLite{})
	q, err := query.Parse([]byte(`{"query":{"filter":{"eq":{"stat":"running"}}}}`))
	if err == nil {
		_, err = c.Compile("campaigns", q)
	}
	if e, ok := errors.AsType[*query.Error](err); ok {
		fmt.Println(e.Code, e.At, e.Dotted())
	}
	fmt.Println(err)
	// Output:
	// unknown_field /filter/eq/stat query.filter.eq.stat
	// unknown field "stat" in eq; did you mean "state"?
}
