package query

import (
	"fmt"
	"strconv"
	"strings"

	"ciomirror/catalog"
)

// Parse reads the params of a search: query with filter and sort, limit, cursor and
// fields. It checks the grammar alone; names, types and the cursor are for Compile.
// null is as good as leaving a key out, and so are empty params. Every error is an
// *Error.
func Parse(params []byte) (*Query, error) {
	q := &Query{Limit: DefaultLimit, filter: "null"}
	if len(params) == 0 {
		return q, nil
	}
	root, err := read(params)
	if err != nil {
		return nil, err
	}
	if root.kind == 0 {
		return q, nil
	}
	if root.kind != catalog.Object {
		return nil, fault(InvalidFilter, "", "the params are %s, not an object", article(root.kind)).
			show("write", exampleParams)
	}
	p := parser{operators: map[string]*Operator{}}
	table := Operators()
	for i := range table {
		p.operators[table[i].Name] = &table[i]
	}
	if n, ok := root.get("typos"); ok { // before the filter, which needs it
		if p.typos, err = typos(n); err != nil {
			return nil, err
		}
	}
	for _, m := range root.members {
		if err := p.param(q, m); err != nil {
			return nil, err
		}
	}
	if q.Typos = p.typos; q.Typos > 0 && !p.words {
		return nil, fault(InvalidFilter, "/typos", "typos are for the words of fuzzy and keyword, and the filter has neither").
			show("leave typos out, or write", exampleTypos)
	}
	return q, nil
}

type parser struct {
	operators  map[string]*Operator
	typos      int
	words      bool // there is a fuzzy or a keyword
	conditions int
	items      int
}

func (p *parser) param(q *Query, m member) error {
	at := pointer("", m.name)
	switch m.name {
	case "query":
		return p.query(q, m.node)
	case "limit":
		return limit(q, m.node)
	case "cursor":
		switch {
		case m.kind == 0:
		case m.kind == catalog.String && m.text != "":
			q.Cursor = m.text
		default:
			return fault(InvalidCursor, at, "a cursor is a text, as an earlier answer gave it in meta.cursor").
				show("leave cursor out for the first page:", exampleLimit)
		}
		return nil
	case "fields":
		return fields(q, m.node)
	case "count":
		return counted(q, m.node)
	case "facets":
		return facets(q, m.node)
	case "typos":
		return nil // read before
	case "suggest":
		return suggest(q, m.node)
	case "semantic":
		return fault(NotSupported, at, "semantic search is not supported").
			show("search by words instead, with fuzzy, keyword or contains:", exampleWith("fuzzy", `"limit":100`))
	}
	known := []string{"query", "limit", "cursor", "fields", "count", "facets", "typos", "suggest"}
	e := fault(InvalidFilter, at, "unknown parameter %q", m.name)
	if m.name == "filter" || m.name == "sort" || p.operators[m.name] != nil {
		e = e.show("the filter and the sort stand in query:", exampleParams)
	}
	if e.suggest(m.name, known); e.Hint == "" {
		e = e.show("the parameters are: "+strings.Join(known, ", ")+"; for example", exampleParams)
	}
	return e
}

func (p *parser) query(q *Query, n node) error {
	if n.kind == 0 {
		return nil
	}
	if n.kind != catalog.Object {
		return fault(InvalidFilter, "/query", "query is %s, not an object", article(n.kind)).
			show("write", exampleParams)
	}
	for _, m := range n.members {
		switch m.name {
		case "filter":
			if m.kind == 0 || m.kind == catalog.Object && len(m.members) == 0 {
				continue
			}
			x, err := p.condition(m.node, "/filter", false, 1)
			if err != nil {
				return err
			}
			q.Filter, q.filter = x, m.value().Text
		case "sort":
			keys, err := sortKeys(m.node)
			if err != nil {
				return err
			}
			q.Sort = keys
		default:
			e := fault(InvalidFilter, pointer("/query", m.name), "unknown key %q in query", m.name)
			switch {
			case m.name == "limit" || m.name == "cursor" || m.name == "fields":
				e = e.show(m.name+" stands beside query, not in it:", exampleParams)
			case p.operators[m.name] != nil:
				e = e.show("the condition stands in filter:", func(s *schema) string { return `{"query":{"filter":` + s.exampleOf(m.name) + `}}` })
			}
			if e.suggest(m.name, []string{"filter", "sort"}); e.Hint == "" {
				e = e.show("query has filter and sort:", exampleParams)
			}
			return e
		}
	}
	return nil
}

func limit(q *Query, n node) error {
	if n.kind == 0 {
		return nil
	}
	if n.kind == catalog.Integer {
		if l, err := strconv.Atoi(n.text); err == nil && l >= 1 && l <= MaxLimit {
			q.Limit = l
			return nil
		}
	}
	return fault(InvalidLimit, "/limit", "limit is %s", n.value().describe()).
		show(fmt.Sprintf("it is a whole number from 1 to %d, without quotes; go on with meta.cursor for more rows:", MaxLimit), exampleLimit)
}

// condition reads a condition that has at least one operator. inAny is true for
// the elements of an array, where an operator may stand without a field.
func (p *parser) condition(n node, at string, inAny bool, depth int) (Expr, error) {
	if n.kind != catalog.Object {
		return nil, fault(InvalidFilter, at, "a condition is an object, not %s", article(n.kind)).
			show("write", exampleOf("eq"))
	}
	if len(n.members) == 0 {
		return nil, fault(InvalidFilter, at, "the condition is empty").
			show("leave filter out for all rows, or write", exampleOf("eq"))
	}
	if depth > MaxDepth {
		return nil, fault(TooLarge, at, "the filter nests more than %d deep", MaxDepth).
			show("conditions of which all must hold stand side by side in one and:", exampleOf("and"))
	}
	var all And
	for _, m := range n.members {
		x, err := p.operation(m, pointer(at, m.name), inAny, depth)
		if err != nil {
			return nil, err
		}
		all = append(all, x...)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return all, nil
}

// operation reads one operator with its argument: one condition, or one for each
// field that it names.
func (p *parser) operation(m member, at string, inAny bool, depth int) ([]Expr, error) {
	op := p.operators[m.name]
	if op == nil {
		return nil, p.unknownOperator(m, at)
	}
	if op.family == logic {
		if err := p.count(at); err != nil {
			return nil, err
		}
	}
	switch op.Name {
	case "not":
		x, err := p.condition(m.node, at, inAny, depth+1)
		if err != nil {
			return nil, err
		}
		return []Expr{Not{x}}, nil
	case "and", "or":
		list, err := p.list(op, m.node, at, inAny, depth)
		if err != nil {
			return nil, err
		}
		if op.Name == "or" {
			return []Expr{Or(list)}, nil
		}
		return []Expr{And(list)}, nil
	}
	if inAny && op.family != nested && m.kind != catalog.Object {
		x, err := p.leaf(op, "", m.node, at)
		return []Expr{x}, err
	}
	if m.kind != catalog.Object || len(m.members) == 0 {
		return nil, fault(InvalidFilter, at, "%s names no field", op.Name).show("write", exampleOf(op.Name))
	}
	var all []Expr
	for _, f := range m.members {
		x, err := p.field(op, f, pointer(at, f.name), depth)
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

func (p *parser) list(op *Operator, n node, at string, inAny bool, depth int) ([]Expr, error) {
	if n.kind != catalog.Array {
		return nil, fault(InvalidFilter, at, "%s has %s, not a list of conditions", op.Name, article(n.kind)).
			show("write", exampleOf(op.Name))
	}
	list := make([]Expr, 0, len(n.nodes))
	for i, c := range n.nodes {
		x, err := p.condition(c, at+"/"+strconv.Itoa(i), inAny, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	return list, nil
}

func (p *parser) field(op *Operator, f member, at string, depth int) (Expr, error) {
	if f.name == "" {
		return nil, fault(InvalidFilter, at, "%s names a field with no name", op.Name).show("write", exampleOf(op.Name))
	}
	if op.family != nested {
		return p.leaf(op, f.name, f.node, at)
	}
	x, err := p.condition(f.node, at, true, depth+1)
	if err != nil {
		return nil, err
	}
	if err := p.count(at); err != nil {
		return nil, err
	}
	return Any{Op: op, Path: f.name, X: x, At: at}, nil
}

func (p *parser) leaf(op *Operator, path string, n node, at string) (Expr, error) {
	if err := p.count(at); err != nil {
		return nil, err
	}
	v := n.value()
	if op.family == membership {
		if n.kind != catalog.Array {
			return nil, fault(InvalidOperand, at, "in has %s, not a list", v.describe()).show("write", exampleOf(op.Name))
		}
		if p.items += len(n.nodes); p.items > MaxItems {
			return nil, fault(TooLarge, at, "the lists of in have more than %d items together", MaxItems).
				show("split the request:", exampleOf("in"))
		}
		for _, item := range n.nodes {
			v.Items = append(v.Items, item.value())
		}
	}
	x := Leaf{Op: op, Path: path, Value: v, At: at}
	if op.words() {
		x.Typos, p.words = p.typos, true
	}
	return x, nil
}

func (p *parser) count(at string) error {
	if p.conditions++; p.conditions > MaxConditions {
		return fault(TooLarge, at, "the filter has more than %d conditions", MaxConditions).
			show("ask for many values of one field with in:", exampleOf("in"))
	}
	return nil
}

func (p *parser) unknownOperator(m member, at string) error {
	e := fault(UnknownOperator, at, "unknown operator %q", m.name)
	if known, ok := strangers[m.name]; ok {
		e = e.show(known.words, known.example)
	} else if m.kind == catalog.Object && len(m.members) > 0 && p.operators[m.members[0].name] != nil {
		e = e.show("the operator stands outside and the field inside:", insideOut(m))
	}
	var known []string
	for _, op := range Operators() {
		known = append(known, op.Name)
	}
	if e.suggest(m.name, known); e.Hint == "" {
		e = e.show("the operators are: "+strings.Join(known, ", ")+"; for example", exampleOf("eq"))
	}
	return e
}

// article is a kind as it stands in a sentence.
func article(k catalog.Kind) string {
	switch k {
	case 0:
		return "null"
	case catalog.Integer, catalog.Array, catalog.Object:
		return "an " + k.String()
	}
	return "a " + k.String()
}
