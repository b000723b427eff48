package query

import (
	"github.com/Masterminds/squirrel"
)

// part is a stretch of the result. The parts follow each other in the order of the
// result, so that one statement for each gives the whole, and within each an index
// can serve the order.
type part struct {
	name string
	// base is true of the part's rows; nil when nothing need be said.
	base  squirrel.Sqlizer
	where []squirrel.Sqlizer // what else they meet
	terms []term
	// below: whatever is less than a value of the first term in the part is in the
	// part or before it, above: whatever is greater. Then base need not be said beside
	// that value. It must not be: of two bounds on one side of an index SQLite takes
	// one, and it may be the one that is far away.
	below, above bool
	// led is the first column, if the first term sorts by it and is never absent.
	led *column
	// holds tells whether a row is in the part, by its cell of the first column.
	holds func(cell any) bool
	// How the filter may be compiled for these rows.
	variant
}

// conditions are what the rows of a part meet.
func (p part) conditions() []squirrel.Sqlizer {
	if p.base == nil {
		return p.where
	}
	return append([]squirrel.Sqlizer{p.base}, p.where...)
}

// bounded is the part with a further condition. less tells on which side it bounds
// the first term.
func (p part) bounded(bound squirrel.Sqlizer, less bool) part {
	if less && p.below || !less && p.above {
		p.base = nil
	}
	p.where = append(p.where[:len(p.where):len(p.where)], bound)
	return p
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
		p.terms, p.led = append([]term{t}, rest...), first.c
		return p
	}
	absent := part{
		name: "absent", base: squirrel.Expr(col + " IS NULL"), terms: rest,
		holds: func(cell any) bool { return cell == nil },
	}
	var parts []part
	switch {
	case own[0].sql == col:
		present := part{name: "present", below: true, above: true, holds: func(cell any) bool { return cell != nil }}
		if !first.c.key {
			present.base = squirrel.Expr(col + " IS NOT NULL")
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
		name: "numbers", base: squirrel.Expr(f.d.IsNumber(col)), below: true, variant: variant{numeric: first.c},
		holds: func(cell any) bool { return cell != nil && !isText(cell) },
	}, t)
	t.sql, t.value = f.d.NumberKey(col), f.d.Key
	least := lead(part{
		name: "below int64", base: squirrel.Expr(f.d.IsMinus(col)), variant: variant{unindexed: true},
		holds: isMinus,
	}, t)
	most := lead(part{
		name: "beyond int64", base: squirrel.Expr(f.d.IsText(col) + " AND NOT (" + f.d.IsMinus(col) + ")"), variant: variant{unindexed: true},
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
		if p.led == nil {
			p.where = []squirrel.Sqlizer{after(p.terms, values)}
			return append([]part{p}, rest...)
		}
		lead := p.terms[0]
		farther := p.bounded(squirrel.Expr(lead.sql+beyond(lead), values[0]), lead.desc)
		farther.bound, farther.less = p.led, lead.desc
		if len(p.terms) == 1 {
			return append([]part{farther}, rest...)
		}
		tied := p
		tied.name, tied.led = "tied", nil
		tied.terms = p.terms[1:]
		tied.where = []squirrel.Sqlizer{squirrel.Expr(lead.sql+" = ?", values[0]), after(tied.terms, values[1:])}
		return append([]part{tied, farther}, rest...)
	}
	return nil
}

// greatest splits the rows with the greatest value off a part that is sorted by a
// crowded column downwards. Its index has the rows of one value in the order of the
// key, but read backwards not: all of a value would be read and sorted.
func (f filter) greatest(parts []part) []part {
	for i, p := range parts {
		if p.led == nil || !p.led.crowded || p.numeric != p.led || !p.terms[0].desc {
			continue
		}
		lead := p.terms[0]
		pieces := []any{"(SELECT max(" + lead.sql + ") FROM ", f.d.From(f.entity)}
		for j, w := range p.conditions() {
			pieces = append(pieces, [...]string{" WHERE ", " AND "}[min(j, 1)], w)
		}
		value := squirrel.ConcatExpr(append(pieces, ")")...)
		top := p
		top.name, top.led, top.base, top.terms = "greatest", nil, squirrel.Expr(f.d.IsNumber(lead.sql)), p.terms[1:]
		top.where = []squirrel.Sqlizer{squirrel.ConcatExpr(lead.sql+" = ", value)}
		rest := p.bounded(squirrel.ConcatExpr(lead.sql+" < ", value), true)
		return append(append(parts[:i:i], top, rest), parts[i+1:]...)
	}
	return parts
}
