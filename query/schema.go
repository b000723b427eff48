package query

import (
	"slices"
	"strings"

	"ciomirror/catalog"
)

// form is how a column's cells are kept. Booleans are 0 and 1 everywhere, arrays
// and objects canonical JSON text, and what int64 or float64 cannot hold exactly is
// its decimal text.
type form uint8

const (
	textForm    form = iota + 1 // text
	integerForm                 // integer, or decimal text
	numberForm                  // integer, float, or decimal text
	booleanForm                 // 0, 1
	jsonForm                    // canonical JSON text
	anyForm                     // whatever came: a number, or text that may be JSON
)

// column is a field or a derived column, as a filter sees it.
type column struct {
	name string
	// kind is the type that operands are read as and answers cast to.
	kind catalog.Kind
	form form
	// strings: an integer column that has text as well.
	strings bool
	// open: there can be something inside a cell, to be reached by a path.
	open bool
	time bool
	// key columns are never absent.
	key, indexed bool
	// crowded: an index has the rows with one number in the column in the order of the
	// key, for statements that say that it is a number.
	crowded bool
	field   catalog.Field
	derived bool
	place   int // in the catalog's order
}

// schema is what the search knows of one entity. It is read-only once made.
type schema struct {
	entity  *catalog.Entity
	columns []*column // fields, then derived columns
	byName  map[string]*column
	key     []*column
	usual   []*column // of a row when the request names no fields
	names   []string
}

// pythonNames are how the generated Python types spell names that Python reserves.
var pythonNames = map[string]string{"type_": "type", "from_": "from"}

func newSchema(e *catalog.Entity) *schema {
	s := &schema{entity: e, byName: map[string]*column{}}
	add := func(c *column) {
		c.place = len(s.columns)
		c.key = slices.Contains(e.Key, c.name)
		s.columns = append(s.columns, c)
		s.byName[c.name] = c
		s.names = append(s.names, c.name)
	}
	for _, f := range e.Fields {
		c := fieldColumn(f)
		c.crowded = f.Is(catalog.Crowded)
		add(c)
	}
	for _, d := range e.Derived {
		add(&column{
			name: d.Name, kind: catalog.Integer, form: integerForm, time: d.Unit == catalog.UnixSeconds,
			indexed: d.Marks&catalog.Indexed != 0, derived: true,
		})
	}
	for _, k := range e.Key {
		s.key = append(s.key, s.byName[k])
	}
	s.usual = usual(s.columns)
	return s
}

func fieldColumn(f catalog.Field) *column {
	c := &column{
		name: f.Name, kind: f.SearchKind(), field: f,
		time: f.Unit == catalog.UnixSeconds, indexed: f.Is(catalog.Indexed),
	}
	switch f.Kind() {
	case catalog.String:
		c.form = textForm
		c.open = f.Is(catalog.NameValueList)
	case catalog.Integer:
		c.form = integerForm
		c.strings = f.Accepts(catalog.String)
	case catalog.Number:
		c.form = numberForm
	case catalog.Boolean:
		c.form = booleanForm
	case catalog.Array, catalog.Object:
		c.form, c.open = jsonForm, true
	default:
		c.form, c.open = anyForm, true
	}
	return c
}

// usual picks the columns of a row: those that the hosted store has; where it has
// none, those of the page's list; where the page has none, all fields.
func usual(columns []*column) []*column {
	var hosted, listed, all []*column
	for _, c := range columns {
		if c.derived {
			continue
		}
		all = append(all, c)
		if c.field.Is(catalog.Hosted) {
			hosted = append(hosted, c)
		}
		if c.field.Is(catalog.Listed) {
			listed = append(listed, c)
		}
	}
	switch {
	case len(hosted) > 0:
		return hosted
	case len(listed) > 0:
		return listed
	}
	return all
}

func (s *schema) lookup(name string) *column {
	name = strings.TrimSuffix(name, "[]")
	if c := s.byName[name]; c != nil {
		return c
	}
	return s.byName[pythonNames[name]]
}

// resolve finds the column of a path and what is left of the path inside it. A dot
// can be part of a name, so the whole path is tried first, then ever shorter
// beginnings.
func (s *schema) resolve(path, where, at string) (*column, []string, *Error) {
	if c := s.lookup(path); c != nil {
		return c, nil, nil
	}
	segments := strings.Split(path, ".")
	if len(segments) > MaxPath {
		return nil, nil, fault(TooLarge, at, "the path has more than %d parts", MaxPath).
			show("nothing is so deep:", examplePath)
	}
	for n := len(segments) - 1; n > 0; n-- {
		c := s.lookup(strings.Join(segments[:n], "."))
		if c == nil {
			continue
		}
		rest, ok := inner(segments[n:])
		switch {
		case !ok:
			return nil, nil, fault(InvalidFilter, at, "the path %q has an empty part", path).
				show("a dot stands between two names:", examplePath)
		case !c.open:
			e := fault(UnknownField, at, "unknown field %q in %s: %s is %s and has nothing inside", path, where, c.name, article(c.kind))
			e.Candidates, e.Known = []string{c.name}, s.names
			return nil, nil, e.hint("did you mean %q?", c.name)
		}
		return c, rest, nil
	}
	e := fault(UnknownField, at, "unknown field %q in %s", path, where).suggest(path, s.names)
	if e.Hint == "" {
		return nil, nil, e.show("the fields of "+s.entity.Name+" are: "+strings.Join(s.names, ", ")+"; for example", exampleIn(where))
	}
	return nil, nil, e
}

// inner are the keys of a path inside a value. The brackets that may stand after
// the name of an array mean nothing.
func inner(segments []string) (keys []string, ok bool) {
	for _, s := range segments {
		if s = strings.TrimSuffix(s, "[]"); s == "" {
			return nil, false
		}
		keys = append(keys, s)
	}
	return keys, true
}
