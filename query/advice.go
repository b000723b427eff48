package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ciomirror/catalog"
)

// example makes JSON that shows what to write instead, with fields that the searched
// entity has, so that it is accepted as it stands: a filter, a sort, a list of
// fields, or params.
type example func(s *schema) string

// show makes the hint of some words and an example after them.
func (e *Error) show(words string, x example) *Error {
	e.words, e.example = words, x
	e.render(usualSchema())
	return e
}

func (e *Error) render(s *schema) {
	e.shown = e.example(s)
	e.Hint = e.words + " " + e.shown
}

// Params are the example that the hint shows, as params that can be sent: with the rest
// of a request around what is a part of one. They are nil where it shows none.
func (e *Error) Params() json.RawMessage {
	var members map[string]json.RawMessage
	switch {
	case e.shown == "":
		return nil
	case strings.HasPrefix(e.shown, "[{"):
		return json.RawMessage(`{"query":{"sort":` + e.shown + `}}`)
	case strings.HasPrefix(e.shown, "["):
		return json.RawMessage(`{"fields":` + e.shown + `}`)
	case json.Unmarshal([]byte(e.shown), &members) != nil:
		return nil
	}
	for name := range members {
		if slices.Contains(paramNames, name) {
			return json.RawMessage(e.shown)
		}
	}
	return json.RawMessage(`{"query":{"filter":` + e.shown + `}}`)
}

// Illustrate makes the example in the hint of an error of Parse, which knows no
// entity, one for the entity. Any other error, and nil, it returns as it is.
func (c *Compiler) Illustrate(entity string, err error) error {
	if e, ok := errors.AsType[*Error](err); ok && e.example != nil && c.schemas[entity] != nil {
		e.render(c.schemas[entity])
	}
	return err
}

// Compile checks a query against an entity and compiles it. Every error is an
// *Error.
func (c *Compiler) Compile(entity string, q *Query) (*Plan, error) {
	p, err := c.compile(entity, q, nil)
	return p, c.Illustrate(entity, err)
}

// CompileWhole is Compile for whole rows: each row's cells are those of the entity's
// fields, of its derived columns and of Extra, in the catalog's order, and row makes
// of them what is returned. The fields that the query names do not matter.
func (c *Compiler) CompileWhole(entity string, q *Query, row func(cells []any) (json.RawMessage, error)) (*Plan, error) {
	p, err := c.compile(entity, q, row)
	return p, c.Illustrate(entity, err)
}

// usualSchema has the fields of examples where the entity is not known: those that
// campaigns have.
func usualSchema() *schema {
	field := func(name string, k catalog.Kind, marks catalog.Mark) catalog.Field {
		return catalog.Field{Name: name, Types: []catalog.Kind{k}, Marks: marks}
	}
	created := field("created", catalog.Integer, 0)
	created.Unit = catalog.UnixSeconds
	return newSchema(&catalog.Entity{Key: []string{"id"}, Fields: []catalog.Field{
		field("id", catalog.Integer, 0), field("name", catalog.String, 0), field("state", catalog.String, 0), created,
		field("tags", catalog.Array, 0), field("actions", catalog.Array, 0), field("audience", catalog.Object, 0),
	}})
}

// exampleOf is a filter with the operator.
func exampleOf(op string) example {
	return func(s *schema) string { return s.exampleOf(op) }
}

func (s *schema) exampleOf(op string) string {
	switch op {
	case "and", "or":
		return fmt.Sprintf(`{%q:[%s,%s]}`, op, s.exampleOf("eq"), s.exampleOf("gte"))
	case "not":
		return `{"not":` + s.exampleOf("eq") + `}`
	}
	for _, o := range Operators() {
		if o.Name != op {
			continue
		}
		if c := s.pick(func(c *column) bool { return o.on(c.kind) && (c.kind != catalog.Array || o.family != equality) }, preferred(o)...); c != nil {
			return c.exampleOf(op)
		}
		if c := s.pick(func(c *column) bool { return c.open }); c != nil {
			return exampleOn(op, c.name+".list", operandOf(o, &column{kind: catalog.Array}))
		}
	}
	return s.exampleOf("eq")
}

// preferred are fields that make examples easy to read.
func preferred(o Operator) []string {
	switch o.family {
	case order:
		return []string{"created", "updated", "timestamp", "created_at", "updated_at"}
	case wording, containing:
		return []string{"name", "subject"}
	case nested:
		return []string{"actions", "steps"}
	}
	return []string{"state", "type", "tags", "name"}
}

// pick is a column for an example: one of the names, or else the first that will do.
func (s *schema) pick(will func(*column) bool, names ...string) *column {
	for _, n := range names {
		if c := s.byName[n]; c != nil && will(c) {
			return c
		}
	}
	if i := slices.IndexFunc(s.columns, will); i >= 0 {
		return s.columns[i]
	}
	return nil
}

// exampleOf is a filter with the operator on the column, or with one that works on
// it.
func (c *column) exampleOf(op string) string {
	operators := Operators()
	for _, o := range operators {
		if o.Name == op && o.on(c.kind) {
			return exampleOn(op, c.name, operandOf(o, c))
		}
	}
	if c.kind == catalog.Array {
		return c.exampleOf("array_contains")
	}
	return c.exampleOf("eq")
}

func exampleOn(op, path, operand string) string {
	return fmt.Sprintf(`{%q:{%s:%s}}`, op, quoted(path), operand)
}

func quoted(text string) string { return string(Value{Kind: catalog.String, Text: text}.json()) }

// operandOf is an operand that the operator takes on the column.
func operandOf(o Operator, c *column) string {
	usual := map[string]string{"state": `"running"`, "type": `"email"`}[c.name]
	switch {
	case o.family == nested:
		return `{"eq":{"type":"email"}}`
	case o.family == inclusion, o.family == containing && c.kind == catalog.Array:
		return `"vip"`
	case o.Name == "like":
		return `"%welcome%"`
	case o.family == membership:
		o.family = equality
		return "[" + operandOf(o, c) + "]"
	case c.kind == catalog.String && usual != "":
		return usual
	case o.family == wording, o.family == containing, c.kind == catalog.String:
		return `"welcome"`
	case c.time:
		return `"2026-01-31"`
	}
	switch c.kind {
	case catalog.Number:
		return "1.5"
	case catalog.Boolean:
		return "true"
	case catalog.Array:
		return `["vip"]`
	case catalog.Object:
		return `{"type":"email"}`
	}
	return "100"
}

// Examples of what stands beside a filter.

func exampleParams(s *schema) string {
	return `{"query":{"filter":` + s.exampleOf("eq") + `,"sort":` + exampleSort(s) + `},"limit":100,"fields":` + exampleFields(s) + `}`
}

func exampleQuery(s *schema) string { return `{"query":{"filter":` + s.exampleOf("eq") + `}}` }

func exampleSort(s *schema) string {
	c := s.pick(func(c *column) bool { return c.kind != catalog.Array && c.kind != catalog.Object }, "created", "updated", "timestamp", "created_at")
	return `[{` + quoted(c.name) + `:"desc"}]`
}

func exampleFields(s *schema) string {
	list := "[" + quoted(s.key[len(s.key)-1].name)
	if c := s.pick(func(c *column) bool { return c.form == jsonForm }, "metrics", "meta", "actions"); c != nil {
		list += "," + quoted(c.name+".type")
	}
	return list + "]"
}

func exampleFacets(s *schema) string {
	c := s.pick(func(c *column) bool { return c.form != jsonForm }, "state", "type")
	return `{"facets":[` + quoted(c.name) + `]}`
}

// exampleWith is params with a filter that has the operator, and an extra.
func exampleWith(op, extra string) example {
	return func(s *schema) string { return `{"query":{"filter":` + s.exampleOf(op) + `},` + extra + `}` }
}

// exampleLimit is one that every face takes.
func exampleLimit(*schema) string { return `{"limit":20}` }

// examplePath is a filter with a path into a value.
func examplePath(s *schema) string {
	if c := s.pick(func(c *column) bool { return c.form == jsonForm }, "metrics", "meta", "actions"); c != nil {
		return exampleOn("eq", c.name+".type", `"email"`)
	}
	return s.exampleOf("eq")
}

// exampleIn is for the part of the request in which a field is named: fields, sort,
// facets or an operator.
func exampleIn(where string) example {
	switch where {
	case "fields":
		return exampleFields
	case "sort":
		return exampleSort
	case "facets":
		return exampleFacets
	}
	return exampleOf(where)
}
