package query

import (
	"strings"

	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/query/match"
)

// sorted is one column of the order of a result.
type sorted struct {
	c    *column
	desc bool
	// stored: by the cell as the database orders it. Set for the key columns that
	// close every order.
	stored bool
}

// order checks the sort keys and adds what is missing of the key, so that no two
// rows tie.
func (s *schema) order(keys []SortKey) ([]sorted, *Error) {
	var list []sorted
	seen := map[*column]bool{}
	for _, k := range keys {
		c, rest, e := s.resolve(k.Path, "sort", k.At)
		if e != nil {
			return nil, e
		}
		if rest != nil || c.kind == catalog.Array || c.kind == catalog.Object {
			what := article(c.kind)
			if rest != nil {
				what = "inside " + article(c.kind)
			}
			return nil, fault(OperatorNotSupported, k.At, "rows cannot be sorted by %s, which is %s", k.Path, what).
				show("sort by a text, number, time or boolean field:", exampleSort)
		}
		if seen[c] {
			return nil, fault(InvalidFilter, k.At, "sort names %s twice", c.name).
				show("leave one of the two out:", exampleSort)
		}
		seen[c] = true
		list = append(list, sorted{c: c, desc: k.Desc})
	}
	for _, c := range s.key {
		if !seen[c] {
			list = append(list, sorted{c: c, stored: true})
		}
	}
	return list, nil
}

// term is one expression of ORDER BY. The absent sort last in both directions.
type term struct {
	sql  string
	desc bool
	// never absent.
	always bool
	// value is the expression's value for a row, given the cell of its column.
	value func(cell any) any
	place int // of the column among the sorted
}

func same(cell any) any { return cell }

// terms are the expressions that sort by one column.
func (f filter) terms(s sorted, place int) []term {
	col := f.column(s.c)
	t := term{sql: col, desc: s.desc, always: s.c.key, value: same, place: place}
	switch {
	case s.stored, s.c.form == textForm, s.c.form == booleanForm, s.c.form == anyForm:
		return []term{t}
	case s.c.kind == catalog.String:
		t.sql = f.d.AsText(col)
		t.value = func(cell any) any {
			if text, ok := match.CellText(cell); ok {
				return text
			}
			return nil
		}
		return []term{t}
	case s.c.form == numberForm:
		t.sql, t.value = f.d.NumberKey(col), f.d.Key
		return []term{t}
	}
	// Integers. Those beyond int64 are text: the first term sets them before or after
	// all others, and only they need the exact order.
	side := t
	side.sql = "CASE WHEN " + f.d.IsNumber(col) + " THEN 0 WHEN " + f.d.IsMinus(col) + " THEN -1 WHEN " + f.d.IsText(col) + " THEN 1 END"
	side.value = func(cell any) any {
		switch {
		case cell == nil:
			return nil
		case isMinus(cell):
			return int64(-1)
		case isText(cell):
			return int64(1)
		}
		return int64(0)
	}
	number := t
	number.sql = "CASE WHEN " + f.d.IsNumber(col) + " THEN " + col + " ELSE " + f.d.NumberKey(col) + " END"
	number.value = func(cell any) any {
		if isText(cell) {
			return f.d.Key(cell)
		}
		return cell
	}
	return []term{side, number}
}

func isText(cell any) bool { _, ok := cell.(string); return ok }

func isMinus(cell any) bool { s, ok := cell.(string); return ok && strings.HasPrefix(s, "-") }

// orderBy is the ORDER BY of terms.
func orderBy(terms []term) []string {
	var list []string
	for _, t := range terms {
		s := t.sql
		if t.desc {
			s += " DESC"
		}
		if !t.always {
			s += " NULLS LAST"
		}
		list = append(list, s)
	}
	return list
}

// after is true of the rows that stand after the one with the given values of the
// terms.
func after(terms []term, values []any) squirrel.Sqlizer {
	if len(terms) == 0 {
		return squirrel.Expr("0")
	}
	t, v := terms[0], values[0]
	var tied squirrel.Sqlizer
	if len(terms) > 1 {
		tied = after(terms[1:], values[1:])
	}
	if v == nil { // the absent are last: only they can follow
		if tied == nil {
			return squirrel.Expr("0")
		}
		return squirrel.And{squirrel.Expr(t.sql + " IS NULL"), tied}
	}
	or := squirrel.Or{squirrel.Expr(t.sql+beyond(t), v)}
	if !t.always {
		or = append(or, squirrel.Expr(t.sql+" IS NULL"))
	}
	if tied != nil {
		or = append(or, squirrel.And{squirrel.Expr(t.sql+" = ?", v), tied})
	}
	if len(or) == 1 {
		return or[0]
	}
	return or
}

func beyond(t term) string {
	if t.desc {
		return " < ?"
	}
	return " > ?"
}
