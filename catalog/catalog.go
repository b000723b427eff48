package catalog

import (
	"errors"
	"fmt"
	"strings"
)

// Catalog is a checked set of entities, in the order in which people read them.
type Catalog struct {
	entities []*Entity
	byName   map[string]*Entity
}

// Default is the catalog of Customer.io.
func Default() *Catalog {
	c, err := New(customerio()...)
	if err != nil {
		panic(err) // the literals are wrong; TestDefaultIsSound fails first
	}
	return c
}

// New checks the entities and joins them to a catalog. It reports all faults:
// names given twice, unknown parents, cycles, keys and windows on fields that do
// not exist, path parameters without a parameter.
func New(entities ...*Entity) (*Catalog, error) {
	c := &Catalog{entities: entities, byName: make(map[string]*Entity, len(entities))}
	var faults []error
	fault := func(e *Entity, format string, args ...any) {
		faults = append(faults, fmt.Errorf("catalog: %s: %s", e.Name, fmt.Sprintf(format, args...)))
	}
	for _, e := range entities {
		if c.byName[e.Name] != nil {
			fault(e, "declared twice")
		}
		c.byName[e.Name] = e
	}
	for _, e := range entities {
		e.check(c, func(format string, args ...any) { fault(e, format, args...) })
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return c, nil
}

func (e *Entity) check(c *Catalog, fault func(string, ...any)) {
	columns := map[string]bool{}
	declare := func(name string) {
		if columns[name] {
			fault("column %q declared twice", name)
		}
		columns[name] = true
	}
	for _, f := range e.Fields {
		declare(f.Name)
		if len(f.Types) == 0 {
			fault("field %q has no type", f.Name)
		}
		if f.Doc == "" {
			fault("field %q has no doc", f.Name)
		}
		if f.Is(FullText) && (f.SearchKind() != String || f.Kind() != String || f.Marks&(Volatile|FromMirror|NameValueList) != 0) {
			fault("field %q cannot have a text index", f.Name)
		}
		if f.Is(Crowded) && (f.Kind() != Integer || !f.Is(Indexed)) {
			fault("field %q is crowded, and no indexed integer", f.Name)
		}
	}
	for _, d := range e.Derived {
		declare(d.Name)
		if f, ok := e.Field(d.From); !ok || f.Kind() != Object {
			fault("derived column %q is made from %q, which is no object field", d.Name, d.From)
		}
	}
	if e.Mirrored() {
		if len(e.Key) == 0 {
			fault("has a list but no key")
		}
		if e.List.Items == "" {
			fault("has a list but no envelope key")
		}
	}
	for _, k := range e.Key {
		if !columns[k] {
			fault("key field %q does not exist", k)
		}
	}
	for _, s := range e.Shown {
		if !columns[s] {
			fault("shown column %q does not exist", s)
		}
	}
	for _, f := range e.Fields {
		for _, name := range f.Refers {
			if to := c.byName[name]; to == nil || len(to.Key) == 0 {
				fault("field %q refers to %q, which is no entity with a key", f.Name, name)
			}
		}
	}
	if w := e.List.Window; w != nil && !columns[w.Field] {
		fault("window field %q does not exist", w.Field)
	}
	if f := e.List.Feed; f != nil && !columns[f.Field] {
		fault("feed field %q does not exist", f.Field)
	}
	if kinds := count(e.List.Complete, e.List.Window != nil, e.List.Feed != nil); e.Mirrored() && kinds != 1 {
		fault("a list is complete, or windowed, or a feed, and only one of these")
	}
	if a := e.Attribution; a != nil {
		for _, name := range append([]string{a.Field}, a.Others...) {
			if !columns[name] {
				fault("attribution field %q does not exist", name)
			}
		}
		if by := c.byName[a.By]; by == nil || len(by.Key) != 1 {
			fault("attribution is by %q, which is no entity with one key", a.By)
		}
		if e.List.Window == nil || len(e.Key) != 1 {
			fault("attribution needs a windowed list and one key")
		}
		if !strings.Contains(a.Path, "{"+a.Param+"}") {
			fault("attribution path %q lacks {%s}", a.Path, a.Param)
		}
	}
	if p := e.Parent; p != nil {
		if !columns[p.Field] {
			fault("parent field %q does not exist", p.Field)
		}
		if !strings.Contains(e.List.Path, "{"+p.Param+"}") {
			fault("list path %q lacks {%s}", e.List.Path, p.Param)
		}
		for up, seen := e, map[string]bool{}; up != nil && up.Parent != nil; up = c.byName[up.Parent.Entity] {
			if seen[up.Name] {
				fault("is its own ancestor")
				break
			}
			seen[up.Name] = true
			if c.byName[up.Parent.Entity] == nil {
				fault("parent %q does not exist", up.Parent.Entity)
			}
		}
	}
	for _, a := range e.Actions {
		a.check(e, fault)
	}
}

func count(facts ...bool) (n int) {
	for _, is := range facts {
		if is {
			n++
		}
	}
	return n
}

// Entity finds an entity by name.
func (c *Catalog) Entity(name string) (*Entity, bool) {
	e, ok := c.byName[name]
	return e, ok
}

// Entities are all entities in the catalog's order.
func (c *Catalog) Entities() []*Entity { return c.entities }

// Names are the names of entities.
func Names(entities []*Entity) []string {
	names := make([]string, len(entities))
	for i, e := range entities {
		names[i] = e.Name
	}
	return names
}

// Mirrored are the entities that have a list, and so a table.
func (c *Catalog) Mirrored() []*Entity {
	var m []*Entity
	for _, e := range c.entities {
		if e.Mirrored() {
			m = append(m, e)
		}
	}
	return m
}
