package query

import (
	"fmt"
	"slices"
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
	return e.hint("on %s work: %s", article(c.kind), strings.Join(able, ", "))
}

// compare compiles a comparison of a whole column.
func (f filter) compare(c *column, x Leaf) (squirrel.Sqlizer, *Error) {
	col := f.column(c)
	switch x.Op.family {
	case equality:
		if x.Value.null() {
			if x.Op.Name == "eq" {
				return squirrel.Expr(col + " IS NULL"), nil
			}
			return squirrel.Expr(col + " IS NOT NULL"), nil
		}
		cells, e := c.cells(x.Value, x.Op.Name, x.At)
		if e != nil {
			return nil, e
		}
		if x.Op.Name == "eq" {
			return f.oneOf(col, cells), nil
		}
		if len(cells) == 1 {
			return squirrel.Expr(col+" <> ?", cells...), nil
		}
		return not(f.oneOf(col, cells)), nil
	case membership:
		return f.in(c, x)
	case order:
		return f.order(c, x)
	case inclusion:
		return f.element(c, x)
	case containing:
		if c.kind == catalog.Array {
			return f.element(c, x)
		}
	}
	operand, e := textOperand(x)
	if e != nil {
		return nil, e
	}
	return f.d.Words(x.Op.Name, col, operand), nil
}

// oneOf is true of the cells. Of none it is false, but for the absent unknown.
func (f filter) oneOf(col string, cells []any) squirrel.Sqlizer {
	switch len(cells) {
	case 0:
		return squirrel.Expr(col + " <> " + col)
	case 1:
		return squirrel.Expr(col+" = ?", cells...)
	}
	return f.d.In(col, cells)
}

func (f filter) in(c *column, x Leaf) (squirrel.Sqlizer, *Error) {
	if len(x.Value.Items) == 0 {
		return squirrel.Expr("0"), nil
	}
	col := f.column(c)
	var cells []any
	null := false
	for i, item := range x.Value.Items {
		if item.null() {
			null = true
			continue
		}
		found, e := c.cells(item, "in", fmt.Sprintf("%s/%d", x.At, i))
		if e != nil {
			return nil, e
		}
		cells = append(cells, found...)
	}
	absent := squirrel.Expr(col + " IS NULL")
	switch {
	case null && cells == nil:
		return absent, nil
	case null:
		return squirrel.Or{f.oneOf(col, cells), absent}, nil
	}
	return f.oneOf(col, cells), nil
}

func (f filter) element(c *column, x Leaf) (squirrel.Sqlizer, *Error) {
	if x.Value.null() {
		return nil, nullOperand(x)
	}
	return f.meets(c, match.Condition{Op: "array_contains", Operand: x.Value.json()}), nil
}

func nullOperand(x Leaf) *Error {
	e := fault(InvalidOperand, x.At, "%s has null", x.Op.Name)
	if x.Op.family == inclusion || x.Op.family == containing {
		return e.hint(`for a null among the elements write {"any":{"field":{"eq":null}}}`)
	}
	return e.hint(`for what is absent write {"eq":{"field":null}}`)
}

func textOperand(x Leaf) (string, *Error) {
	s, ok := x.Value.text()
	switch {
	case x.Value.null():
		return "", nullOperand(x)
	case !ok:
		return "", fault(InvalidOperand, x.At, "%s has %s, not a text", x.Op.Name, x.Value.describe()).hint("write %s", x.Op.Example)
	case (x.Op.Name == "fuzzy" || x.Op.Name == "keyword") && match.NewWords(s).Empty():
		return "", fault(InvalidOperand, x.At, "%s has no word: %s", x.Op.Name, x.Value.describe()).
			hint("for exact characters write contains or like")
	}
	return s, nil
}

// signs are the operators of order in SQL.
var signs = map[string]string{"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

func (f filter) order(c *column, x Leaf) (squirrel.Sqlizer, *Error) {
	sign, col, v := signs[x.Op.Name], f.column(c), x.Value
	if v.null() {
		return nil, nullOperand(x)
	}
	switch {
	case c.form == booleanForm:
		n, ok := v.boolean()
		if !ok {
			return nil, c.mismatch(v, x.Op.Name, x.At)
		}
		return squirrel.Expr(col+" "+sign+" ?", n), nil
	case c.form == anyForm:
		return f.orderAny(c, x)
	case c.kind == catalog.String:
		s, ok := v.text()
		if !ok {
			return nil, c.mismatch(v, x.Op.Name, x.At)
		}
		if c.form != textForm {
			col = f.d.AsText(col)
		}
		return squirrel.Expr(col+" "+sign+" ?", s), nil
	}
	n, ok := c.numeral(v, false)
	if !ok {
		return nil, c.mismatch(v, x.Op.Name, x.At)
	}
	return f.orderNumbers(c, col, sign, n), nil
}

// orderNumbers compares cells that are numbers, or text where a number is beyond
// int64 and float64. Text sorts after every number, so that an index serves the
// first half of the condition and the second half corrects it.
func (f filter) orderNumbers(c *column, col, sign, n string) squirrel.Sqlizer {
	exact := f.d.Compare(col, sign, n)
	bound := bindable(n)
	if bound == nil {
		return exact
	}
	fast := squirrel.Expr(col+" "+sign+" ?", bound)
	switch {
	case f.numeric == c:
		return fast
	case sign[0] == '>':
		return squirrel.And{fast, squirrel.Or{squirrel.Expr(f.d.IsNumber(col)), exact}}
	}
	return squirrel.Or{fast, squirrel.And{squirrel.Expr(f.d.IsText(col)), exact}}
}

// orderAny compares only cells of the operand's type: others have no order.
func (f filter) orderAny(c *column, x Leaf) (squirrel.Sqlizer, *Error) {
	col, sign := f.column(c), signs[x.Op.Name]
	switch {
	case x.Value.Kind == catalog.String:
		return squirrel.Expr("CASE WHEN "+f.d.IsText(col)+" THEN "+col+" "+sign+" ? END", x.Value.Text), nil
	case x.Value.number():
		return squirrel.ConcatExpr("CASE WHEN "+f.d.IsNumber(col)+" THEN ", f.d.Compare(col, sign, x.Value.Text), " END"), nil
	}
	return nil, fault(InvalidOperand, x.At, "%s has %s, which has no order", x.Op.Name, x.Value.describe()).
		hint("write a number or a text")
}

// insideLeaf makes a condition of a comparison inside a value, where nothing is
// declared: the operator takes the JSON types as they are.
func insideLeaf(x Leaf, path []string) (match.Condition, *Error) {
	m := match.Condition{Op: x.Op.Name, Path: path, Operand: x.Value.json()}
	switch x.Op.family {
	case order:
		switch x.Value.Kind {
		case 0:
			return m, nullOperand(x)
		case catalog.Array, catalog.Object:
			return m, fault(InvalidOperand, x.At, "%s has %s, which has no order", x.Op.Name, x.Value.describe()).
				hint("write a number, a text, true or false")
		}
	case inclusion, containing:
		if x.Value.null() {
			return m, nullOperand(x)
		}
	case wording:
		s, e := textOperand(x)
		if e != nil {
			return m, e
		}
		m.Operand = Value{Kind: catalog.String, Text: s}.json()
	}
	return m, nil
}

// inside makes a condition of a filter on the elements of an array.
func inside(x Expr) (match.Condition, *Error) {
	var m match.Condition
	var parts []Expr
	switch x := x.(type) {
	case And:
		m.Op, parts = "and", x
	case Or:
		m.Op, parts = "or", x
	case Not:
		m.Op, parts = "not", []Expr{x.X}
	case Leaf:
		path, e := innerPath(x.Path, x.At)
		if e != nil {
			return m, e
		}
		return insideLeaf(x, path)
	case Any:
		path, e := innerPath(x.Path, x.At)
		if e != nil {
			return m, e
		}
		m.Op, m.Path, parts = "any", path, []Expr{x.X}
	}
	m.Of = make([]match.Condition, 0, len(parts))
	for _, part := range parts {
		of, e := inside(part)
		if e != nil {
			return m, e
		}
		m.Of = append(m.Of, of)
	}
	return m, nil
}

func innerPath(path, at string) ([]string, *Error) {
	if path == "" {
		return nil, nil
	}
	segments := slices.Clone(strings.Split(path, "."))
	if len(segments) > MaxPath {
		return nil, fault(TooLarge, at, "the path has more than %d parts", MaxPath)
	}
	keys, ok := inner(segments)
	if !ok {
		return nil, fault(InvalidFilter, at, "the path %q has an empty part", path).
			hint("a dot stands between two names: meta.owner.email")
	}
	return keys, nil
}
