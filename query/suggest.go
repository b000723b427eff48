package query

import (
	"context"
	"fmt"

	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/query/match"
)

// Suggestion is what could have been meant by the words that were looked for in a
// field.
type Suggestion struct {
	// Words are in the field, and near to words that are not, the nearest first.
	Words []string `json:"words"`
	// Partial: not all rows were looked through.
	Partial bool `json:"partial"`
}

func suggest(q *Query, n node) error {
	switch n.kind {
	case 0:
	case catalog.Boolean:
		q.Suggest = n.text == "true"
	default:
		return fault(InvalidFilter, "/suggest", "suggest is %s, not true or false", n.value().describe()).
			show("for words that are near to those of a search that finds nothing write", exampleWith("fuzzy", `"suggest":true`))
	}
	return nil
}

// wanted is a field of texts, and what was looked for in it.
type wanted struct {
	c        *column
	texts    squirrel.Sqlizer // a SELECT of what the field has
	operands []string
}

// wanted gathers what a filter looks for in texts. What it does not want to find,
// below not, is nothing to suggest for.
func (f filter) wanted(list []wanted, x Expr) []wanted {
	switch x := x.(type) {
	case And:
		for _, part := range x {
			list = f.wanted(list, part)
		}
	case Or:
		for _, part := range x {
			list = f.wanted(list, part)
		}
	case Leaf:
		c, rest, e := f.resolve(x.Path, x.Op.Name, x.At)
		if e != nil || rest != nil || c.form != textForm || x.Op.family != wording && x.Op.family != containing {
			return list
		}
		operand, _ := x.Value.text()
		for i := range list {
			if list[i].c == c {
				list[i].operands = append(list[i].operands, operand)
				return list
			}
		}
		if len(list) < SuggestFields {
			list = append(list, wanted{c: c, texts: f.texts(c), operands: []string{operand}})
		}
	}
	return list
}

func (f filter) texts(c *column) squirrel.Sqlizer {
	col := f.d.Column(c.name)
	return squirrel.ConcatExpr("SELECT "+col+" FROM ", f.d.From(f.entity), squirrel.Expr(" WHERE "+col+" IS NOT NULL LIMIT ?", int64(SuggestRows)+1))
}

// suggest looks for words that are near to those which were looked for in vain, for
// as long as it may.
func (a *Answer) suggest(ctx context.Context, rows Rows, p *Plan) error {
	if len(a.Data) > 0 || len(p.wanted) == 0 {
		return nil
	}
	short, cancel := context.WithTimeout(ctx, SuggestTime)
	defer cancel()
	a.Meta.Suggestions = map[string]Suggestion{}
	for _, w := range p.wanted {
		words := match.NewVocabulary(w.operands)
		whole, err := w.read(short, rows, words)
		if err != nil && (ctx.Err() != nil || short.Err() == nil) {
			return fmt.Errorf("suggest words of %s: %w", w.c.name, err)
		}
		a.Meta.Suggestions[w.c.name] = Suggestion{Words: words.Nearest(), Partial: !whole}
	}
	return nil
}

// read reads the field's texts. whole is false when there are more than it could read.
func (w wanted) read(ctx context.Context, rows Rows, words *match.Vocabulary) (whole bool, err error) {
	n := 0
	for cells, err := range rows(ctx, w.texts) {
		if err != nil {
			return false, err
		}
		if n++; n > SuggestRows {
			return false, nil
		}
		if text, ok := match.CellText(cells[0]); ok {
			words.Add(text)
		}
	}
	return true, nil
}
