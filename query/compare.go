package query

import (
	"fmt"
	"strings"

	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/query/match"
)

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
		if x.Op.Name == "eq" && f.byKey && c.crowded && len(cells) == 1 && !isText(cells[0]) {
			return squirrel.And{squirrel.Expr(f.d.IsNumber(col)), f.oneOf(col, cells)}, nil
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
	return f.d.Words(x.Op.Name, col, operand, x.Typos), nil
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
		return e.show("for a null among the elements write", func(s *schema) string {
			return strings.Replace(s.exampleOf("any"), `{"eq":{"type":"email"}}`, `{"eq":null}`, 1)
		})
	}
	return e.show("for what is absent write", func(s *schema) string {
		if s.lookup(x.Path) != nil {
			return exampleOn("eq", x.Path, "null")
		}
		return exampleNull("eq")(s)
	})
}

func textOperand(x Leaf) (string, *Error) {
	s, ok := x.Value.text()
	switch {
	case x.Value.null():
		return "", nullOperand(x)
	case !ok:
		return "", fault(InvalidOperand, x.At, "%s has %s, not a text", x.Op.Name, x.Value.describe()).show("write", exampleOf(x.Op.Name))
	case x.Op.words() && match.NewWords(s).Empty():
		return "", fault(InvalidOperand, x.At, "%s has no word: %s", x.Op.Name, x.Value.describe()).
			show("for exact characters write contains or like, for words", exampleOf(x.Op.Name))
	}
	if x.Typos > 0 {
		if _, err := match.NewNearWords(s, x.Typos); err != nil {
			return "", fault(TooLarge, x.At, "%s has %v", x.Op.Name, err).
				show("split the request, or leave typos out:", exampleOf(x.Op.Name))
		}
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
	if f.bound == c && f.less == (sign[0] == '<') {
		col = f.d.Unindexed(f.d.Column(c.name))
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
		show("write a number or a text:", func(*schema) string { return c.exampleOf(x.Op.Name) })
}
