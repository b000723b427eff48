package query

import (
	"github.com/Masterminds/squirrel"
)

// part is a stretch of the result. The parts follow each other in the order of the
// result, so that one statement for each gives the whole, and within each an index
// can serve the order.
type part struct {
	name  string
	where []squirrel.Sqlizer
	terms []term
	// led: the first term sorts by the first column, and is never absent.
	led bool
	// holds tells whether a row is in the part, by its cell of the first column.
	holds func(cell any) bool
	// How the filter may be compiled for these rows.
	variant
}

// whole is the result as one part.
func (f filter) whole(list []sorted) part {
	var terms []term
	for i, s := range list {
		terms = append(terms, f.terms(s, i)...)
	}
	return part{name: "all", terms: terms, holds: func(any) bool { return true }}
}

// parts splits the result by the first column of its order, where an index can
// serve it.
func (f filter) parts(list []sorted) []part {
	first := list[0]
	own := f.terms(first, 0)
	var rest []term
	for i, s := range list[1:] {
		rest = append(rest, f.terms(s, i+1)...)
	}
	if !f.serves(first.c) {
		return []part{f.whole(list)}
	}
	col := f.column(first.c)
	lead := func(p part, t term) part {
		t.always = true
		p.terms, p.led = append([]term{t}, rest...), true
		return p
	}
	absent := part{
		name: "absent", where: []squirrel.Sqlizer{squirrel.Expr(col + " IS NULL")}, terms: rest,
		holds: func(cell any) bool { return cell == nil },
	}
	var parts []part
	switch {
	case own[0].sql == col:
		present := part{name: "present", holds: func(cell any) bool { return cell != nil }}
		if !first.c.key {
			present.where = []squirrel.Sqlizer{squirrel.Expr(col + " IS NOT NULL")}
		}
		parts = append(parts, lead(present, own[0]))
	case len(own) == 2:
		parts = f.integerParts(first, own[1], lead)
	default: // the order of an expression, which no index has
		return []part{f.whole(list)}
	}
	if !first.c.key {
		parts = append(parts, absent)
	}
	return parts
}

// integerParts sets the integers that are text, because int64 cannot hold them,
// before and after all others. There are hardly ever any, and the index tells so
// at once; an index of the filter would have to look at every row it finds.
func (f filter) integerParts(first sorted, t term, lead func(part, term) part) []part {
	col := f.column(first.c)
	t.sql, t.value = col, same
	numbers := lead(part{
		name: "numbers", where: []squirrel.Sqlizer{squirrel.Expr(f.d.IsNumber(col))}, variant: variant{numeric: first.c},
		holds: func(cell any) bool { return cell != nil && !isText(cell) },
	}, t)
	t.sql, t.value = f.d.NumberKey(col), f.d.Key
	least := lead(part{
		name: "below int64", where: []squirrel.Sqlizer{squirrel.Expr(f.d.IsMinus(col))}, variant: variant{unindexed: true},
		holds: isMinus,
	}, t)
	most := lead(part{
		name: "beyond int64", where: []squirrel.Sqlizer{squirrel.Expr(f.d.IsText(col)), not(squirrel.Expr(f.d.IsMinus(col)))}, variant: variant{unindexed: true},
		holds: func(cell any) bool { return isText(cell) && !isMinus(cell) },
	}, t)
	if first.desc {
		return []part{most, numbers, least}
	}
	return []part{least, numbers, most}
}

// from cuts off the parts up to the row with the given cells of the sorted columns.
// What is left of the row's own part is split once more: first the rows that tie
// with it in the first column, then those beyond.
// No cells cut nothing off.
func from(parts []part, cells []any) []part {
	if cells == nil {
		return parts
	}
	for i, p := range parts {
		if !p.holds(cells[0]) {
			continue
		}
		values := make([]any, len(p.terms))
		for j, t := range p.terms {
			values[j] = t.value(cells[t.place])
		}
		rest := parts[i+1:]
		if !p.led {
			p.where = append(p.where[:len(p.where):len(p.where)], after(p.terms, values))
			return append([]part{p}, rest...)
		}
		lead := p.terms[0]
		farther := p
		farther.where = append(p.where[:len(p.where):len(p.where)], squirrel.Expr(lead.sql+beyond(lead), values[0]))
		if len(p.terms) == 1 {
			return append([]part{farther}, rest...)
		}
		tied := p
		tied.name, tied.led = "tied", false
		tied.terms = p.terms[1:]
		tied.where = append(p.where[:len(p.where):len(p.where)], squirrel.Expr(lead.sql+" = ?", values[0]), after(tied.terms, values[1:]))
		return append([]part{tied, farther}, rest...)
	}
	return nil
}
