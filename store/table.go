package store

import (
	"ciomirror/catalog"
)

// Extra is the column that holds what no other column can: a JSON object, see
// Decoder.
const Extra = "extra"

// Column is one column of an entity's table: a field, a derived column, or Extra.
type Column struct {
	Name string
	// Kind is the JSON type of the cells: Object for Extra.
	Kind  catalog.Kind
	Marks catalog.Mark
}

// IsJSON reports whether the column's cells are JSON text: arrays and objects in
// canonical form, and a string in its place as a JSON string.
func (c Column) IsJSON() bool { return c.Kind == catalog.Array || c.Kind == catalog.Object }

// Table is the layout of an entity's rows. It is read-only once made and may be
// shared.
type Table struct {
	Entity *catalog.Entity
	// Columns are the entity's fields in the catalog's order, then its derived
	// columns, then Extra. A Row has one cell for each.
	Columns []Column
	// Key are the indexes of the key columns, in key order.
	Key []int

	fields  map[string]int            // by name
	aliases map[string]int            // alias to field
	derived map[string]map[string]int // object field to key to derived column
	parent  int                       // the column filled with the parent's id, or -1
}

// NewTable lays out the rows of a mirrored entity.
func NewTable(e *catalog.Entity) *Table {
	t := &Table{
		Entity:  e,
		fields:  make(map[string]int, len(e.Fields)),
		aliases: map[string]int{},
		derived: map[string]map[string]int{},
		parent:  -1,
	}
	for i, f := range e.Fields {
		t.Columns = append(t.Columns, Column{Name: f.Name, Kind: f.Kind(), Marks: f.Marks})
		t.fields[f.Name] = i
		for _, a := range f.Aliases {
			t.aliases[a] = i
		}
		if e.Parent != nil && f.Name == e.Parent.Field {
			t.parent = i
		}
	}
	for _, d := range e.Derived {
		if t.derived[d.From] == nil {
			t.derived[d.From] = map[string]int{}
		}
		t.derived[d.From][d.Key] = len(t.Columns)
		t.Columns = append(t.Columns, Column{Name: d.Name, Kind: catalog.Integer, Marks: d.Marks})
	}
	t.Columns = append(t.Columns, Column{Name: Extra, Kind: catalog.Object})
	for _, k := range e.Key {
		t.Key = append(t.Key, t.fields[k])
	}
	return t
}

// extra is the index of the Extra column.
func (t *Table) extra() int { return len(t.Columns) - 1 }

// Row is one record as a store keeps it.
type Row struct {
	// Cells has one value for each of Table.Columns: nil, int64, float64 or string.
	// Booleans are 0 and 1; arrays and objects are canonical JSON; an integer that
	// int64 cannot hold is its decimal text.
	Cells []any
	// Hash is of the record as the API sent it, key order, number spelling, nulls
	// and volatile fields aside. Two rows with one key and one hash are the same
	// version.
	Hash [16]byte
}
