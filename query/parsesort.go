package query

import (
	"strconv"
	"strings"

	"ciomirror/catalog"
)

// sortKeys reads the sort: a list of objects, or one object, with a field and its
// direction. {"field":…,"order":…} is understood too.
func sortKeys(n node) ([]SortKey, error) {
	var keys []SortKey
	var err error
	switch n.kind {
	case 0:
		return nil, nil
	case catalog.Object:
		keys, err = sortObject(nil, n, "/sort")
	case catalog.Array:
		for i, item := range n.nodes {
			at := "/sort/" + strconv.Itoa(i)
			if item.kind != catalog.Object {
				return nil, fault(InvalidFilter, at, "a sort key is an object, not %s", article(item.kind)).show("write", exampleSort)
			}
			if keys, err = sortObject(keys, item, at); err != nil {
				break
			}
		}
	default:
		return nil, fault(InvalidFilter, "/sort", "sort is %s, not a list", article(n.kind)).show("write", exampleSort)
	}
	if err == nil && len(keys) > MaxSortKeys {
		return nil, fault(TooLarge, "/sort", "sort has more than %d keys", MaxSortKeys).
			show("leave out what decides nothing:", exampleSort)
	}
	return keys, err
}

func sortObject(keys []SortKey, n node, at string) ([]SortKey, error) {
	if len(n.members) == 0 {
		return nil, fault(InvalidFilter, at, "the sort key is empty").show("write", exampleSort)
	}
	if k, ok := longSortKey(n, at); ok {
		return append(keys, k), nil
	}
	for _, m := range n.members {
		desc, ok := direction(m.node)
		if !ok {
			e := fault(InvalidFilter, pointer(at, m.name), "the sort direction is %s", m.value().describe())
			e.suggest(m.text, []string{"asc", "desc"})
			return nil, e.show(`it is "asc" or "desc":`, exampleSort)
		}
		keys = append(keys, SortKey{Path: m.name, Desc: desc, At: pointer(at, m.name)})
	}
	return keys, nil
}

// longSortKey reads {"field":"created","order":"desc"}. An entity with a field
// named field can still be sorted by it: {"field":"asc"}.
func longSortKey(n node, at string) (SortKey, bool) {
	field, ok := n.get("field")
	if _, short := direction(field); !ok || short || field.kind != catalog.String {
		return SortKey{}, false
	}
	k := SortKey{Path: field.text, At: pointer(at, "field")}
	if len(n.members) == 1 {
		return k, true
	}
	order, ok := n.get("order")
	if !ok || len(n.members) > 2 {
		return SortKey{}, false
	}
	k.Desc, ok = direction(order)
	return k, ok
}

func direction(n node) (desc, ok bool) {
	switch {
	case n.kind != catalog.String:
		return false, false
	case strings.EqualFold(n.text, "asc"):
		return false, true
	}
	return true, strings.EqualFold(n.text, "desc")
}

// fields reads the paths to return: lists of keys, or texts with dots, or both.
func fields(q *Query, n node) error {
	if n.kind == 0 {
		return nil
	}
	if n.kind != catalog.Array {
		return fault(InvalidFilter, "/fields", "fields is %s, not a list", article(n.kind)).show("write names, or lists of names for what is inside:", exampleFields)
	}
	if len(n.nodes) > MaxFields {
		return fault(TooLarge, "/fields", "fields has more than %d paths", MaxFields).
			show("name what you need, or leave fields out for the usual ones:", exampleFields)
	}
	for i, item := range n.nodes {
		path := FieldPath{At: "/fields/" + strconv.Itoa(i)}
		switch item.kind {
		case catalog.String:
			path.Segments = []string{item.text}
		case catalog.Array:
			for _, key := range item.nodes {
				if key.kind != catalog.String {
					return fault(InvalidFilter, path.At, "a path has %s, not a key", article(key.kind)).show("write names, or lists of names for what is inside:", exampleFields)
				}
				path.Segments = append(path.Segments, key.text)
			}
		default:
			return fault(InvalidFilter, path.At, "a path is %s", article(item.kind)).show("write names, or lists of names for what is inside:", exampleFields)
		}
		if len(path.Segments) == 0 {
			return fault(InvalidFilter, path.At, "the path is empty").show("write names, or lists of names for what is inside:", exampleFields)
		}
		q.Fields = append(q.Fields, path)
	}
	return nil
}
