package query

import (
	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
)

// Dialect is the SQL that one database understands. Everything else that the
// compiler writes is standard SQL: comparisons, IN, IS NULL, AND, OR, NOT, CASE,
// NULLS LAST. Columns are passed as Column returned them, and every method keeps
// three-valued logic: an absent cell gives NULL.
type Dialect interface {
	// From is the table or subquery that holds the rows of an entity.
	From(e *catalog.Entity) squirrel.Sqlizer
	// Column quotes a column's name.
	Column(name string) string
	// Unindexed is the column so that no index on it is used.
	Unindexed(col string) string
	// IsNumber is true for cells that the database sorts as numbers, IsText for those
	// that are text, IsMinus for text that starts with a minus. An index serves each.
	IsNumber(col string) string
	IsText(col string) string
	IsMinus(col string) string
	// AsText is the cell as text.
	AsText(col string) string
	// Words is an operator on text: like, contains, startswith, endswith, fuzzy or
	// keyword, whose words may have so many typing errors. Numbers are taken by their
	// canonical text.
	Words(op, col, operand string, typos int) squirrel.Sqlizer
	// Compare compares with a canonical number, exactly: op is <, <=, > or >=. What is
	// no number gives NULL.
	Compare(col, op, number string) squirrel.Sqlizer
	// NumberKey is an expression that sorts as the cells' numbers do, exactly. Key is
	// its value for one cell.
	NumberKey(col string) string
	Key(cell any) any
	// Meets asks a condition on what is inside a JSON cell. The condition decides what
	// an absent cell gives. loose columns may hold plain text beside JSON.
	Meets(col, condition string, loose bool) squirrel.Sqlizer
	// Weights is a SELECT of the terms that a text index of the entity can be asked for
	// a proposal, and of how common each of them is, in a measure of the dialect. It is
	// nil when the database has no text index, or uses it without being told.
	Weights(e *catalog.Entity, p Proposal) squirrel.Sqlizer
	// Candidates is a SELECT of one row for what the text index proposes: how many
	// rows, counted up to most, and a list of them for Among. weights are what Weights
	// found.
	Candidates(e *catalog.Entity, p Proposal, weights map[string]float64, most int) squirrel.Sqlizer
	// Among is true of the rows in such a list, which is bound as one value.
	Among(list any) squirrel.Sqlizer
	// In is true of cells that are in the list, which may be long. The cells are
	// int64, float64 or string.
	In(col string, cells []any) squirrel.Sqlizer
}
