package query

import (
	"strconv"

	"github.com/Masterminds/squirrel"
)

// glanced is how many rows are looked at in the order of the result before the rest
// is read as it lies and sorted. A page of 100 is then full at a glance if one row
// in two hundred is found.
const glanced = 20_000

// glance splits what no index finds in two. To look at a million rows in the order
// of an index takes ten times as long as to read them as they lie and sort what is
// found; but where much is found, the page is full after a few of them. So the first
// rows are looked at in order, and all that comes after them is one part. It pays
// where an entity has no complete list: only those grow without end.
func (f filter) glance(parts []part, list []sorted, cells []any) []part {
	i := 0
	for i < len(parts) && (parts[i].led == nil || parts[i].unindexed) {
		i++
	}
	if i == len(parts) {
		return parts // no index has the order, or nothing but the absent is left
	}
	lead, nth, before := parts[i].terms[0], f.nth(parts[i]), " < "
	if lead.desc {
		before = " > "
	}
	near := parts[i].bounded(squirrel.ConcatExpr(lead.sql+before, nth), !lead.desc)
	near.name = "first rows"

	f.unindexed = true
	same := from(f.parts(list), cells)
	far := same[i]
	// Where the bound is NULL, there are fewer rows, and all of them are far.
	far.where = append(far.where[:len(far.where):len(far.where)],
		squirrel.ConcatExpr("NOT coalesce("+far.terms[0].sql+before, nth, ", 0)"))
	rest := f.whole(list)
	rest.name, rest.unindexed = "the rest", true
	var or squirrel.Or
	for _, p := range append([]part{far}, same[i+1:]...) {
		or = append(or, squirrel.And(p.conditions()))
	}
	rest.where = []squirrel.Sqlizer{or}
	return append(parts[:i:i], near, rest)
}

// nth is the value by which the row after the glanced ones is sorted.
func (f filter) nth(p part) squirrel.Sqlizer {
	pieces := []any{"(SELECT " + p.terms[0].sql + " FROM ", f.d.From(f.entity)}
	for i, w := range p.conditions() {
		pieces = append(pieces, [...]string{" WHERE ", " AND "}[min(i, 1)], w)
	}
	return squirrel.ConcatExpr(append(pieces, " ORDER BY "+orderBy(p.terms[:1])[0]+" LIMIT 1 OFFSET "+strconv.Itoa(glanced)+")")...)
}
