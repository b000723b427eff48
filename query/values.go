package query

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"

	"ciomirror/catalog"
	"ciomirror/query/match"
)

// NoLimit as the Limit of a Query is all rows. It is for Stream: a page of so many
// would be held in memory.
const NoLimit = math.MaxInt - 1

// Column is one key of the rows that a plan gives.
type Column struct {
	Name string
	// Kind is the type of its values, as far as the API kept to it.
	Kind catalog.Kind
	// Time: the values are Unix seconds.
	Time bool
}

// Head are the keys of the rows in the order in which the request named them; that
// of the catalog when it named none. They do not depend on the rows.
func (p *Plan) Head() []Column {
	var head []Column
	for _, r := range p.inOrder() {
		head = append(head, Column{Name: r.c.name, Kind: r.c.kind, Time: r.c.time && r.paths == nil})
	}
	return head
}

func (p *Plan) inOrder() []root {
	return slices.SortedStableFunc(slices.Values(p.shape.roots), func(a, b root) int { return cmp.Compare(a.asked, b.asked) })
}

// Stream yields the rows of the whole result up to Limit, the values of each in the
// order of Head. All come from one state of the data, which is held until the end.
// A value is nil for null and for what is not there, bool, int64, float64, string,
// or, for a list, an object, or a number that neither number type holds, its JSON
// as json.RawMessage. It is what Row has under that key. The row is valid until the
// next one. After an error the sequence ends; it may be ranged over again.
func Stream(ctx context.Context, src Source, p *Plan) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		roots := p.inOrder()
		values := make([]any, len(roots))
		n := 0
		err := src.Snapshot(ctx, func(rows Rows) error {
			_, reads, err := p.Chosen(ctx, rows)
			if err != nil {
				return err
			}
			for _, st := range reads {
				for cells, err := range rows(ctx, st) {
					if err != nil {
						return err
					}
					for i, r := range roots {
						values[i] = r.value(cells[r.cell])
					}
					n++
					if !yield(values, nil) || n == p.Limit {
						return nil
					}
				}
			}
			return nil
		})
		if err != nil {
			yield(nil, fmt.Errorf("read %s: %w", p.Entity, err))
		}
	}
}

// value is what append writes, as a value of Go.
func (r root) value(cell any) any {
	if text, ok := cell.([]byte); ok {
		cell = string(text)
	}
	if cell == nil {
		return nil
	}
	if r.paths == nil {
		switch r.c.kind {
		case catalog.String:
			text, _ := match.CellText(cell)
			return text
		case catalog.Integer, catalog.Number, catalog.Any:
			switch cell.(type) {
			case int64, float64:
				return cell
			}
		}
	}
	b, found := r.append(nil, cell)
	switch {
	case !found:
		return nil
	case r.c.kind == catalog.Boolean && string(b) == "true":
		return true
	case r.c.kind == catalog.Boolean && string(b) == "false":
		return false
	case b[0] == '"' && !r.c.open:
		text, _ := match.CellText(cell)
		return text
	}
	return json.RawMessage(b)
}
