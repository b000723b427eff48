package query

import (
	"strconv"

	"github.com/Masterminds/squirrel"
)

// glanced is how many rows are looked at in the order of the result before the rest
// is read as it lies and sorted. A page of 100 is then full at a glance if one row
// in two hundred is found.
const glanced = 20_000

// Enough is the Part of a statement that reads the first rows of a result, and that
// no other follows.
const Enough = "enough of the first rows"

// peeked is how many rows are looked at in order before a text index is asked, which
// takes as long. A page of 100 of what one row in thirty has is full so.
const peeked = 3_000

// glance splits what no index finds in two. To look at a million rows in the order
// of an index takes ten times as long as to read them as they lie and sort what is
// found; but where much is found, the page is full after a few of them. So the first
// rows are looked at in order, and all that comes after them is one part. It pays
// where an entity has no complete list: only those grow without end.
//
// Without a filter that holds of the absent alone, which stand in no index.
func (f filter) glance(parts []part, list []sorted, cells []any, filtered bool) []part {
	i := len(parts)
	if filtered {
		i = ordered(parts)
	}
	if i == len(parts) {
		return f.glanceAbsent(parts, list, cells)
	}
	near, before := f.near(parts[i], glanced)

	f.unindexed = true
	same := from(f.parts(list), cells)
	far := same[i]
	// Where the bound is NULL, there are fewer rows, and all of them are far.
	far.where = append(far.where[:len(far.where):len(far.where)],
		squirrel.ConcatExpr("NOT coalesce("+far.terms[0].sql, before, ", 0)"))
	rest := f.whole(list)
	rest.name, rest.unindexed = "the rest", true
	var or squirrel.Or
	for _, p := range append([]part{far}, same[i+1:]...) {
		or = append(or, squirrel.And(p.conditions()))
	}
	rest.where = []squirrel.Sqlizer{or}
	return append(parts[:i:i], near, rest)
}

// peek are the parts of the result that a page of many rows is full of, none where no
// index has the order.
func (f filter) peek(parts []part) []part {
	i := ordered(parts)
	if i == len(parts) {
		return nil
	}
	near, _ := f.near(parts[i], peeked)
	near.name = Enough
	return append(parts[:i:i], near)
}

// ordered is the place of the first part with rows that an index has in order, the
// number of parts when there is none.
func ordered(parts []part) int {
	i := 0
	for i < len(parts) && (parts[i].led == nil || parts[i].unindexed) {
		i++
	}
	return i
}

// near is the part's first rows, so many of them, and what stands before their bound:
// a comparison without its left side.
func (f filter) near(p part, rows int) (near part, before squirrel.Sqlizer) {
	lead, sign := p.terms[0], " < "
	if lead.desc {
		sign = " > "
	}
	before = squirrel.ConcatExpr(sign, f.nth(p, rows))
	near = p.bounded(squirrel.ConcatExpr(lead.sql, before), !lead.desc)
	near.name = "first rows"
	return near, before
}

// glanceAbsent does the same with the rows that have no value to sort by. They are
// found in the order of the key, if that is what sorts them.
func (f filter) glanceAbsent(parts []part, list []sorted, cells []any) []part {
	i := len(parts) - 1
	if i < 0 || parts[i].name != "absent" || len(list) < 2 || list[1].c != f.key[0] {
		return parts
	}
	near := parts[i]
	lead, nth, before := near.terms[0], f.nth(part{terms: near.terms, where: near.where}, glanced), " < "
	if lead.desc {
		before = " > "
	}
	near.name = "first absent"
	near.where = append(near.where[:len(near.where):len(near.where)], squirrel.ConcatExpr(lead.sql+before, nth))
	f.unindexed = true
	rest := from(f.parts(list), cells)[i]
	rest.unindexed = true
	rest.where = append(rest.where[:len(rest.where):len(rest.where)],
		squirrel.ConcatExpr("NOT coalesce("+rest.terms[0].sql+before, nth, ", 0)"))
	return append(parts[:i:i], near, rest)
}

// nth is the value by which the row after so many of the part is sorted.
func (f filter) nth(p part, rows int) squirrel.Sqlizer {
	pieces := []any{"(SELECT " + p.terms[0].sql + " FROM ", f.d.From(f.entity)}
	for i, w := range p.conditions() {
		pieces = append(pieces, [...]string{" WHERE ", " AND "}[min(i, 1)], w)
	}
	return squirrel.ConcatExpr(append(pieces, " ORDER BY "+orderBy(p.terms[:1])[0]+" LIMIT 1 OFFSET "+strconv.Itoa(rows)+")")...)
}
