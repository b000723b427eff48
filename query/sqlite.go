package query

import (
	"strconv"
	"strings"

	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/query/match"
)

// SQLite is the dialect of SQLite, on a connection that has the functions of
// package match. The columns have no affinity (ANY in a STRICT table), or TEXT.
type SQLite struct {
	// TextIndex: the rows are the live ones, and the database has a text index of the
	// fields that the catalog marks. A view of another time has none.
	TextIndex bool
}

var _ Dialect = SQLite{}

// From is the table that is named as the entity.
func (d SQLite) From(e *catalog.Entity) squirrel.Sqlizer {
	return squirrel.Expr(d.Column(e.Name))
}

// Column quotes a name.
func (SQLite) Column(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Unindexed puts a unary plus before the column, which the planner takes for an
// expression.
func (SQLite) Unindexed(col string) string { return "+" + col }

// IsNumber uses that SQLite sorts every number before every text.
func (SQLite) IsNumber(col string) string { return col + " < ''" }

// IsText is the rest of the order.
func (SQLite) IsText(col string) string { return col + " >= ''" }

// IsMinus is the part of the texts between the minus and the next character.
func (SQLite) IsMinus(col string) string { return "(" + col + " >= '-' AND " + col + " < '.')" }

// AsText writes integers in plain digits.
func (SQLite) AsText(col string) string { return "CAST(" + col + " AS TEXT)" }

// Words calls a function: LIKE and lower() of SQLite know ASCII only.
func (SQLite) Words(op, col, operand string, typos int) squirrel.Sqlizer {
	name := "text_" + op
	if typos > 0 {
		return squirrel.Expr(name+"_near("+col+", ?, ?)", operand, int64(typos))
	}
	switch op {
	case "startswith":
		name = "text_starts"
	case "endswith":
		name = "text_ends"
	}
	return squirrel.Expr(name+"("+col+", ?)", operand)
}

// Compare calls a function.
func (SQLite) Compare(col, op, number string) squirrel.Sqlizer {
	return squirrel.Expr("number_compare("+col+", ?) "+op+" 0", number)
}

// NumberKey calls a function.
func (SQLite) NumberKey(col string) string { return "number_key(" + col + ")" }

// Key is what that function returns.
func (SQLite) Key(cell any) any { return match.NumberKey(cell) }

// Meets calls a function.
func (SQLite) Meets(col, condition string, loose bool) squirrel.Sqlizer {
	if loose {
		col = "json_cell(" + col + ")"
	}
	return squirrel.Expr("json_meets("+col+", ?)", condition)
}

// longList is the number of items from which a list is bound as one JSON text. The
// statement's text is then the same for every length.
const longList = 50

// In writes short lists out. Of a long one floats stay variables: json_each reads
// decimals only nearly exactly.
func (SQLite) In(col string, cells []any) squirrel.Sqlizer {
	if len(cells) <= longList {
		return squirrel.Expr(col+" IN ("+squirrel.Placeholders(len(cells))+")", cells...)
	}
	var rest []any
	list := []byte{'['}
	for _, cell := range cells {
		switch v := cell.(type) {
		case int64:
			list = strconv.AppendInt(list, v, 10)
		case string:
			list = canon.AppendString(list, v)
		default:
			rest = append(rest, v)
			continue
		}
		list = append(list, ',')
	}
	if list[len(list)-1] == ',' {
		list = list[:len(list)-1]
	}
	in := squirrel.Expr(col+" IN (SELECT value FROM json_each(?))", string(append(list, ']')))
	if len(rest) == 0 {
		return in
	}
	return squirrel.Or{in, squirrel.Expr(col+" IN ("+squirrel.Placeholders(len(rest))+")", rest...)}
}
