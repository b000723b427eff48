package page

import (
	"ciomirror/catalog"
)

// links are the ways between records, as the catalog knows them.
type links struct {
	byName map[string]*catalog.Entity
	into   map[string][]link // by the entity that is referred to
}

// link is a field whose values are ids of another entity's records.
type link struct {
	From  *catalog.Entity
	Field catalog.Field
}

func newLinks(cat *catalog.Catalog) links {
	l := links{byName: map[string]*catalog.Entity{}, into: map[string][]link{}}
	for _, e := range cat.Mirrored() {
		l.byName[e.Name] = e
		for _, f := range e.Fields {
			for _, to := range f.Refers {
				l.into[to] = append(l.into[to], link{e, f})
			}
		}
	}
	return l
}

// to is the address of the record with an id, as of a time in words. Where the id is a
// part of the key only, it is that of the table with the records that have it.
func (l links) to(entity, id, asOf string) string {
	e, ok := l.byName[entity]
	if !ok {
		return ""
	}
	if len(e.Key) == 1 {
		return recordURL(entity, []string{id}, asOf)
	}
	return address{Entity: entity, Conditions: []condition{{e.Key[len(e.Key)-1], "eq", id}}, AsOf: asOf}.URL()
}

// list reports whether the field holds many ids.
func (l link) list() bool { return l.Field.Kind() == catalog.Array }

// condition finds the records that refer to an id.
func (l link) condition(id string) condition {
	op := "eq"
	if l.list() {
		op = "array_contains"
	}
	return condition{l.Field.Name, op, id}
}

// cheap reports whether the records can be counted without looking at a large table
// row by row.
func (l link) cheap() bool { return l.Field.Is(catalog.Indexed) || l.From.List.Complete }
