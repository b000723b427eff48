package query

import (
	"strings"

	"ciomirror/catalog"
	"ciomirror/query/match"
)

// insideLeaf makes a condition of a comparison inside a value, where nothing is
// declared: the operator takes the JSON types as they are.
func insideLeaf(x Leaf, path []string) (match.Condition, *Error) {
	m := match.Condition{Op: x.Op.Name, Path: path, Operand: x.Value.json()}
	switch x.Op.family {
	case order:
		switch x.Value.Kind {
		case 0:
			return m, nullOperand(x)
		case catalog.Array, catalog.Object:
			return m, fault(InvalidOperand, x.At, "%s has %s, which has no order", x.Op.Name, x.Value.describe()).
				show("write a number, a text, true or false:", exampleOf(x.Op.Name))
		}
	case inclusion, containing:
		if x.Value.null() {
			return m, nullOperand(x)
		}
	case wording:
		s, e := textOperand(x)
		if e != nil {
			return m, e
		}
		m.Operand, m.Typos = Value{Kind: catalog.String, Text: s}.json(), x.Typos
	}
	return m, nil
}

// inside makes a condition of a filter on the elements of an array.
func inside(x Expr) (match.Condition, *Error) {
	var m match.Condition
	var parts []Expr
	switch x := x.(type) {
	case And:
		m.Op, parts = "and", x
	case Or:
		m.Op, parts = "or", x
	case Not:
		m.Op, parts = "not", []Expr{x.X}
	case Leaf:
		path, e := innerPath(x.Path, x.At)
		if e != nil {
			return m, e
		}
		return insideLeaf(x, path)
	case Any:
		path, e := innerPath(x.Path, x.At)
		if e != nil {
			return m, e
		}
		m.Op, m.Path, parts = "any", path, []Expr{x.X}
	}
	m.Of = make([]match.Condition, 0, len(parts))
	for _, part := range parts {
		of, e := inside(part)
		if e != nil {
			return m, e
		}
		m.Of = append(m.Of, of)
	}
	return m, nil
}

func innerPath(path, at string) ([]string, *Error) {
	if path == "" {
		return nil, nil
	}
	segments := strings.Split(path, ".")
	if len(segments) > MaxPath {
		return nil, fault(TooLarge, at, "the path has more than %d parts", MaxPath).
			show("nothing is so deep:", examplePath)
	}
	keys, ok := inner(segments)
	if !ok {
		return nil, fault(InvalidFilter, at, "the path %q has an empty part", path).
			show("a dot stands between two names:", examplePath)
	}
	return keys, nil
}
