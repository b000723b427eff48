package sim

import (
	"slices"
	"strconv"
)

// row is one configuration record.
type row struct {
	id     int64
	parent int64 // 0 without a parent
	o      *object
}

// table holds the records of one configuration entity in the order in which they
// were made.
type table struct {
	rows []*row
	// stamp is the field that holds the time of the last change; "" when the entity
	// has none.
	stamp string
	// tokens: the records carry a deduplicate_id.
	tokens bool
}

func (t *table) add(r *row) *row {
	t.rows = append(t.rows, r)
	return r
}

func (t *table) find(id int64) *row {
	for _, r := range t.rows {
		if r.id == id {
			return r
		}
	}
	return nil
}

func (t *table) named(name string) *row {
	for _, r := range t.rows {
		if r.o.text("name") == name {
			return r
		}
	}
	return nil
}

func (t *table) of(parent int64) []*row {
	var rs []*row
	for _, r := range t.rows {
		if r.parent == parent {
			rs = append(rs, r)
		}
	}
	return rs
}

// remove takes a record out and reports whether it was there.
func (t *table) remove(id int64) bool {
	n := len(t.rows)
	t.rows = slices.DeleteFunc(t.rows, func(r *row) bool { return r.id == id })
	return len(t.rows) < n
}

func (t *table) orphan(parent int64) {
	t.rows = slices.DeleteFunc(t.rows, func(r *row) bool { return r.parent == parent })
}

// touch notes a change at a time in Unix seconds, the way the entity shows it.
func (t *table) touch(r *row, at int64) {
	if t.stamp != "" {
		r.o.num(t.stamp, at)
	}
	if t.tokens {
		r.o.str("deduplicate_id", token(r.id, at))
	}
}

// token is a deduplicate_id.
func token(id, at int64) string {
	return strconv.FormatInt(id, 10) + ":" + strconv.FormatInt(at, 10)
}

// next gives the next id of a sequence.
func (s *Sim) next(sequence string) int64 {
	s.seq[sequence]++
	return s.seq[sequence]
}
