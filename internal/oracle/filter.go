package oracle

import (
	"fmt"
)

// truth is that of Kleene: unknown lies between no and yes.
type truth int

const (
	no truth = iota
	unknown
	yes
)

func not(t truth) truth    { return yes - t }
func and(a, b truth) truth { return min(a, b) }
func or(a, b truth) truth  { return max(a, b) }

func is(b bool) truth {
	if b {
		return yes
	}
	return no
}

// condition asks a record or, below any, an element.
type condition func(v any) truth

// lenience is how many typing errors a word may have, and whether there was a word
// to have some.
type lenience struct {
	typos int
	used  bool
}

// parseCondition reads a condition: on records of e, or on elements when e is nil.
func parseCondition(e *Entity, l *lenience, v any) (condition, error) {
	object, ok := v.(Object)
	if !ok || len(object) == 0 {
		return nil, fmt.Errorf("a condition is an object that is not empty")
	}
	var all []condition
	for _, m := range object {
		c, err := parseMember(e, l, m)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return every(all), nil
}

func every(all []condition) condition {
	return func(v any) truth {
		t := yes
		for _, c := range all {
			t = and(t, c(v))
		}
		return t
	}
}

func some(all []condition) condition {
	return func(v any) truth {
		t := no
		for _, c := range all {
			t = or(t, c(v))
		}
		return t
	}
}

func parseMember(e *Entity, l *lenience, m Member) (condition, error) {
	switch m.Name {
	case "and", "or":
		list, ok := m.Value.([]any)
		if !ok {
			return nil, fmt.Errorf("%s takes a list", m.Name)
		}
		var all []condition
		for _, v := range list {
			c, err := parseCondition(e, l, v)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
		if m.Name == "or" {
			return some(all), nil
		}
		return every(all), nil
	case "not":
		c, err := parseCondition(e, l, m.Value)
		if err != nil {
			return nil, err
		}
		return func(v any) truth { return not(c(v)) }, nil
	case "eq", "neq", "gt", "gte", "lt", "lte", "in", "like", "fuzzy", "keyword",
		"startswith", "endswith", "contains", "array_contains", "any":
	default:
		return nil, fmt.Errorf("unknown operator %q", m.Name)
	}
	object, ok := m.Value.(Object)
	if !ok && e == nil && m.Name != "any" {
		return parseLeaf(m.Name, path{}, l, m.Value) // about the element itself
	}
	if !ok || len(object) == 0 {
		return nil, fmt.Errorf("%s takes fields", m.Name)
	}
	var all []condition
	for _, of := range object {
		p, err := resolve(e, of.Name)
		if err != nil {
			return nil, err
		}
		c, err := parseLeaf(m.Name, p, l, of.Value)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", m.Name, of.Name, err)
		}
		all = append(all, c)
	}
	return every(all), nil
}

// parseLeaf reads one operator on one path.
func parseLeaf(op string, p path, l *lenience, operand any) (condition, error) {
	f := Field{Type: Any}
	if p.declared() {
		f = p.field
	}
	leaf, err := operator(op, f, l, operand)
	if err != nil {
		return nil, err
	}
	return func(v any) truth { return p.at(v, leaf) }, nil
}
