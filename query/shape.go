package query

import (
	"slices"
	"strconv"
	"strings"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/query/match"
)

// shape is what a returned row looks like.
type shape struct {
	roots []root // in the catalog's order
	// chosen: the request named fields, so that what is absent is left out.
	chosen bool
}

// root is one key of a returned row.
type root struct {
	c     *column
	cell  int
	name  []byte     // quoted, with the colon
	paths [][]string // inside the value; nil for the whole
	asked int        // which of the requested fields first named it
}

// shape checks the requested fields.
func (s *schema) shape(fields []FieldPath) (shape, *Error) {
	if len(fields) == 0 {
		var sh shape
		for _, c := range s.usual {
			sh.roots = append(sh.roots, newRoot(c))
		}
		return sh, nil
	}
	roots := map[*column]*root{}
	whole := map[*column]bool{}
	for i, f := range fields {
		c, path, e := s.fieldPath(f)
		if e != nil {
			return shape{}, e
		}
		if roots[c] == nil {
			r := newRoot(c)
			r.asked = i
			roots[c] = &r
		}
		if path == nil {
			whole[c] = true
		}
		roots[c].paths = append(roots[c].paths, path)
	}
	sh := shape{chosen: true}
	for c, r := range roots {
		if whole[c] {
			r.paths = nil
		}
		sh.roots = append(sh.roots, *r)
	}
	slices.SortFunc(sh.roots, func(a, b root) int { return a.c.place - b.c.place })
	return sh, nil
}

func newRoot(c *column) root {
	return root{c: c, name: append(canon.AppendString(nil, c.name), ':')}
}

// fieldPath finds the column of a path to return and what is left of the path.
func (s *schema) fieldPath(f FieldPath) (*column, []string, *Error) {
	if c := s.lookup(strings.Join(f.Segments, ".")); c != nil {
		return c, nil, nil
	}
	if len(f.Segments) > MaxPath {
		return nil, nil, fault(TooLarge, f.At, "the path has more than %d parts", MaxPath).
			show("nothing is so deep:", exampleFields)
	}
	c, path, e := s.resolve(f.Segments[0], "fields", f.At)
	if e != nil || len(f.Segments) == 1 {
		return c, path, e
	}
	rest, ok := inner(f.Segments[1:])
	switch {
	case !ok:
		return nil, nil, fault(InvalidFilter, f.At, "the path has an empty part").show("leave empty names out:", exampleFields)
	case !c.open:
		e := fault(UnknownField, f.At, "unknown field %q in fields: %s is %s and has nothing inside", strings.Join(f.Segments, "."), c.name, article(c.kind))
		e.Candidates, e.Known = []string{c.name}, s.names
		return nil, nil, e.hint("did you mean %q?", c.name)
	}
	return c, append(path, rest...), nil
}

// row writes one row.
func (sh shape) row(cells []any) []byte {
	b := make([]byte, 0, 64*len(sh.roots))
	b = append(b, '{')
	for _, r := range sh.roots {
		cell := cells[r.cell]
		if text, ok := cell.([]byte); ok {
			cell = string(text)
		}
		if sh.chosen && cell == nil {
			continue
		}
		start := len(b)
		if start > 1 {
			b = append(b, ',')
		}
		b = append(b, r.name...)
		var found bool
		if b, found = r.append(b, cell); !found {
			b = b[:start]
		}
	}
	return append(b, '}')
}

// append writes what is asked for of a cell; found is false when it is not there.
func (r root) append(b []byte, cell any) (_ []byte, found bool) {
	if r.paths == nil {
		return r.c.appendJSON(b, cell), true
	}
	value := match.CellJSON(cell)
	if r.c.form == jsonForm {
		value, _ = cell.(string)
	}
	return AppendPaths(b, value, r.paths)
}

// appendJSON writes a cell as a value of the type that the hosted store declares.
func (c *column) appendJSON(b []byte, cell any) []byte {
	if cell == nil {
		return append(b, "null"...)
	}
	if n, ok := cell.(int64); ok && (c.kind == catalog.Integer || c.kind == catalog.Number) {
		return strconv.AppendInt(b, n, 10) // most cells, without a text between
	}
	text, _ := match.CellText(cell)
	switch c.kind {
	case catalog.String:
		return canon.AppendString(b, text)
	case catalog.Boolean:
		if text == "0" || text == "1" {
			return strconv.AppendBool(b, text == "1")
		}
	case catalog.Array, catalog.Object:
		if c.form == jsonForm {
			return append(b, text...)
		}
		return append(b, match.CellJSON(cell)...)
	case catalog.Any:
		return append(b, match.CellJSON(cell)...)
	}
	if !isText(cell) {
		return append(b, text...)
	}
	// Text in a column of numbers is a number beyond int64, or a text that the API
	// sends there.
	if n, err := canon.Number(text); err == nil && n == text && (!c.strings || numberKind(n) == catalog.Integer) {
		return append(b, text...)
	}
	return canon.AppendString(b, text)
}
