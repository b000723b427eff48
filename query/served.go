package query

import (
	"fmt"
	"slices"
	"strings"

	"ciomirror/catalog"
)

// Hints say what makes the query slow on a large entity, and what would not.
// They are empty where indexes serve it.
func (p *Plan) Hints() []string { return slices.Clone(p.hints) }

func (f filter) hints(x Expr, list []sorted) []string {
	var hints []string
	if x != nil {
		if left := f.unserved(x); len(left) > 0 {
			hints = append(hints, fmt.Sprintf("no index serves %s: rows are looked at one by one; indexes are on: %s",
				strings.Join(left, ", "), strings.Join(f.served(), ", ")))
			hints = append(hints, f.tooShort(x)...)
		}
	}
	if !f.serves(list[0].c) {
		hints = append(hints, fmt.Sprintf("no index has the order of %s: all rows that match are read and sorted for each page", list[0].c.name))
	}
	return hints
}

// served are the columns that have an index.
func (s *schema) served() []string {
	var names []string
	for _, c := range s.columns {
		if s.serves(c) {
			names = append(names, c.name)
		}
	}
	return names
}

// serves reports whether an index finds the rows with one value of a column.
func (s *schema) serves(c *column) bool { return c.indexed || c == s.key[0] }

// unserved names the comparisons because of which a filter has to look at every
// row: one of a conjunction is enough to be served, of a disjunction all are
// needed.
func (f filter) unserved(x Expr) []string {
	var left []string
	switch x := x.(type) {
	case And:
		for _, part := range x {
			of := f.unserved(part)
			if len(of) == 0 {
				return nil
			}
			left = append(left, of...)
		}
	case Or:
		for _, part := range x {
			left = append(left, f.unserved(part)...)
		}
	case Not:
		return []string{"not"}
	case Any:
		return []string{"any on " + x.Path}
	case Leaf:
		c, rest, e := f.resolve(x.Path, x.Op.Name, x.At)
		if e != nil || rest != nil || !f.serves(c) || !x.findable() || x.Op.family == order && c.form == anyForm {
			return []string{x.Op.Name + " on " + x.Path}
		}
	}
	slices.Sort(left)
	return slices.Compact(left)
}

// tooShort says of which comparisons the text index would serve longer ones.
func (f filter) tooShort(x Expr) (hints []string) {
	switch x := x.(type) {
	case And:
		for _, part := range x {
			hints = append(hints, f.tooShort(part)...)
		}
	case Or:
		for _, part := range x {
			hints = append(hints, f.tooShort(part)...)
		}
	case Leaf:
		c, rest, e := f.resolve(x.Path, x.Op.Name, x.At)
		if e != nil || rest != nil || !c.field.Is(catalog.FullText) || x.Op.family != wording && x.Op.family != containing {
			return nil
		}
		if _, runs := f.proposeLeaf(x); runs > 0 || f.d.Weights(f.entity, Proposal{Column: c.name, Run: "any"}) == nil {
			return nil // it serves this one, or there is none: the past has none
		}
		if x.Typos > 0 {
			return []string{fmt.Sprintf("the text index on %s serves %s of longer words, or with fewer typing errors", c.name, x.Op.Name)}
		}
		return []string{fmt.Sprintf("the text index on %s serves %s of 3 characters or more", c.name, x.Op.Name)}
	}
	return hints
}

// findable reports whether an index can find what the comparison holds of. Absent
// rows stand in none.
func (x Leaf) findable() bool {
	switch x.Op.family {
	case equality:
		return x.Op.Name == "eq" && !x.Value.null()
	case membership:
		return !slices.ContainsFunc(x.Value.Items, Value.null)
	case order:
		return true
	}
	return false
}
