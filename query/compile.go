package query

import (
	"fmt"
	"strings"

	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/query/match"
)

// Compiler checks queries against a catalog and compiles them for one database. It
// may be used from several goroutines.
type Compiler struct {
	dialect Dialect
	schemas map[string]*schema
	names   []string          // of the entities that can be searched
	barren  map[string]string // entities that have no records
}

// NewCompiler returns a compiler for the mirrored entities of the catalog.
func NewCompiler(cat *catalog.Catalog, d Dialect) *Compiler {
	c := &Compiler{dialect: d, schemas: map[string]*schema{}, barren: map[string]string{}}
	for _, e := range cat.Entities() {
		if !e.Mirrored() {
			c.barren[e.Name] = e.Doc
			continue
		}
		c.schemas[e.Name] = newSchema(e)
		c.names = append(c.names, e.Name)
	}
	return c
}

// With returns a compiler for the same catalog and another dialect: one whose From
// looks at another time, say.
func (c *Compiler) With(d Dialect) *Compiler {
	other := *c
	other.dialect = d
	return &other
}

func (c *Compiler) schema(entity string) (*schema, *Error) {
	if s := c.schemas[entity]; s != nil {
		return s, nil
	}
	if _, ok := c.barren[entity]; ok {
		e := fault(NotSupported, "", "%s can only be created: there are no records to search", entity)
		e.Known = c.names
		return nil, e.hint("search one of: %s", strings.Join(c.names, ", "))
	}
	e := fault(UnknownEntity, "", "unknown entity %q", entity).suggest(entity, c.names)
	if e.Hint == "" {
		return nil, e.hint("the entities are: %s", strings.Join(c.names, ", "))
	}
	return nil, e
}

// filter compiles conditions for the rows of one statement.
type filter struct {
	*schema
	d Dialect
	// byKey: the result is in the order of the key.
	byKey bool
	variant
}

// variant is what a statement's part of the result allows its filter to be.
type variant struct {
	// numeric is a column of which it is known that every row of the statement has a
	// number in it, neither text nor nothing. Comparisons with it get simpler, and an
	// index serves them.
	numeric *column
	// unindexed keeps the planner away from the indexes of the filter's columns.
	unindexed bool
	// bound is a column of which the page's place in the result is already a bound,
	// on the side that less tells: of two bounds on a side only one is sought by.
	bound *column
	less  bool
}

func (f filter) column(c *column) string {
	if f.unindexed {
		return f.d.Unindexed(f.d.Column(c.name))
	}
	return f.d.Column(c.name)
}

func (f filter) expr(x Expr) (squirrel.Sqlizer, error) {
	switch x := x.(type) {
	case And:
		list, err := f.list(x)
		return squirrel.And(list), err
	case Or:
		list, err := f.list(x)
		return squirrel.Or(list), err
	case Not:
		inner, err := f.expr(x.X)
		if err != nil {
			return nil, err
		}
		return not(inner), nil
	case Leaf:
		return f.leaf(x)
	case Any:
		return f.any(x)
	}
	return nil, fmt.Errorf("compile a filter: unexpected %T", x)
}

func (f filter) list(xs []Expr) ([]squirrel.Sqlizer, error) {
	list := make([]squirrel.Sqlizer, 0, len(xs))
	for _, x := range xs {
		s, err := f.expr(x)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func not(x squirrel.Sqlizer) squirrel.Sqlizer { return squirrel.ConcatExpr("NOT (", x, ")") }

// leaf compiles a comparison of a field, or of what is inside one.
func (f filter) leaf(x Leaf) (squirrel.Sqlizer, error) {
	c, rest, e := f.resolve(x.Path, x.Op.Name, x.At)
	if e != nil {
		return nil, e
	}
	if rest != nil {
		inside, e := insideLeaf(x, rest)
		if e != nil {
			return nil, e
		}
		if c.kind == catalog.Array {
			// An absent array has no elements to ask, not even for what is absent.
			inside = match.Condition{Op: "any", Of: []match.Condition{inside}}
		}
		return f.meets(c, inside), nil
	}
	if !x.Op.on(c.kind) {
		return nil, unsupported(x.Op, c, x.At)
	}
	s, e := f.compare(c, x)
	if e != nil {
		return nil, e
	}
	return s, nil
}

// any compiles a condition on the elements of an array.
func (f filter) any(x Any) (squirrel.Sqlizer, error) {
	c, rest, e := f.resolve(x.Path, x.Op.Name, x.At)
	if e != nil {
		return nil, e
	}
	if rest == nil && !c.open || rest == nil && c.kind == catalog.Object && !c.field.Accepts(catalog.Array) {
		return nil, unsupported(x.Op, c, x.At)
	}
	of, e := inside(x.X)
	if e != nil {
		return nil, e
	}
	all := match.Condition{Op: "any", Path: rest, Of: []match.Condition{of}}
	if rest != nil && c.kind == catalog.Array {
		all = match.Condition{Op: "any", Of: []match.Condition{all}}
	}
	return f.meets(c, all), nil
}

func (f filter) meets(c *column, condition match.Condition) squirrel.Sqlizer {
	return f.d.Meets(f.column(c), condition.String(), c.form != jsonForm)
}

func unsupported(op *Operator, c *column, at string) *Error {
	e := fault(OperatorNotSupported, at, "%s does not work on %s, which is %s", op.Name, c.name, article(c.kind))
	var able []string
	for _, o := range Operators() {
		if o.on(c.kind) {
			able = append(able, o.Name)
		}
	}
	e.Known = able
	return e.show("on "+article(c.kind)+" work: "+strings.Join(able, ", ")+"; for example", func(*schema) string { return c.exampleOf(op.Name) })
}
