package store

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
)

// Decoder turns records, as the API sent them, into rows of one table.
//
// Nothing that was sent is lost. A value that its column holds as it is stands in
// the column alone. Everything else goes to the Extra column, a JSON object with:
//   - keys that the catalog does not know, with their values;
//   - values of a JSON type that does not fit the field, whose column stays null;
//   - the original of a value that the mirror changed: a 0 that means never, a
//     number in a text column, headers in another shape;
//   - null for a field that the record did not have and the mirror filled in.
//
// What the API sent against its own description is counted: see Drift.
//
// A Decoder is for one goroutine. The rows it returns share no memory with it.
type Decoder struct {
	t       *Table
	src     bytes.Reader
	json    *jsontext.Decoder
	members []member
	values  []byte // the canonical values of members, one after the other
	extra   []member
	scratch []byte
	drift   map[driftKey]int64
}

// member is one key of a record, with its value in canonical JSON.
type member struct {
	name  string
	value []byte
}

// Drift is something that the API sends and the catalog does not say.
type Drift struct {
	Path  string // the record's key
	Kind  string // UnknownField or WrongType
	Got   string // the JSON type that came
	Count int64
}

// The kinds of drift.
const (
	UnknownField = "unknown field"
	WrongType    = "wrong type"
)

type driftKey struct{ path, kind, got string }

// NewDecoder returns a decoder of the table's records.
func NewDecoder(t *Table) *Decoder {
	return &Decoder{t: t, json: jsontext.NewDecoder(bytes.NewReader(nil)), drift: map[driftKey]int64{}}
}

// Drift returns what was counted since the last call, in no particular order.
func (d *Decoder) Drift() []Drift {
	list := make([]Drift, 0, len(d.drift))
	for k, n := range d.drift {
		list = append(list, Drift{Path: k.path, Kind: k.kind, Got: k.got, Count: n})
	}
	clear(d.drift)
	return list
}

// Decode turns one record into a row. parent is the parent's id for an entity
// that has one. The error matches catalog.ErrContract when the record is no JSON
// object or lacks a usable key.
func (d *Decoder) Decode(raw []byte, parent string) (Row, error) {
	if err := d.split(raw); err != nil {
		return Row{}, err
	}
	row := Row{Cells: make([]any, len(d.t.Columns)), Hash: d.hash()}
	d.extra = d.extra[:0]
	for _, m := range d.members {
		if i, ok := d.t.fields[m.name]; ok {
			d.fill(row.Cells, i, m)
		} else if _, ok := d.t.aliases[m.name]; !ok {
			d.count(m.name, UnknownField, catalog.KindOf(m.value))
			d.keep(m)
		}
	}
	// Aliases come second: a field sent under its own name wins.
	for _, m := range d.members {
		if i, ok := d.t.aliases[m.name]; ok {
			d.fillAlias(row.Cells, i, m)
		}
	}
	if i := d.t.parent; i >= 0 && row.Cells[i] == nil {
		row.Cells[i] = IDCell(parent)
		if !d.t.Columns[i].is(catalog.FromParent) {
			d.keep(member{d.t.Columns[i].Name, []byte("null")})
		}
	}
	for _, k := range d.t.Key {
		switch row.Cells[k].(type) {
		case int64, string:
		default:
			return Row{}, fmt.Errorf("%w: a record of %s has no usable %q", catalog.ErrContract, d.t.Entity.Name, d.t.Columns[k].Name)
		}
	}
	row.Cells[d.t.extra()] = d.extraCell()
	return row, nil
}

func (c Column) is(m catalog.Mark) bool { return c.Marks&m == m }

// split reads the record's members into d.members, sorted by name, without nulls:
// to the mirror null and absent are the same. Of a key sent twice the last counts.
func (d *Decoder) split(raw []byte) error {
	broken := func(err error) error {
		return fmt.Errorf("%w: a record of %s is no JSON object: %w", catalog.ErrContract, d.t.Entity.Name, err)
	}
	d.src.Reset(raw)
	d.json.Reset(&d.src, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	d.members, d.values = d.members[:0], d.values[:0]
	if k := d.json.PeekKind(); k != '{' {
		return broken(fmt.Errorf("it starts with %q", k.String()))
	}
	if _, err := d.json.ReadToken(); err != nil {
		return broken(err)
	}
	// Room for all values at once: the members keep slices of it.
	d.values = slices.Grow(d.values, len(raw)+len(raw)/4+64)
	for d.json.PeekKind() == '"' {
		quoted, err := d.json.ReadValue()
		if err != nil {
			return broken(err)
		}
		name, err := d.name(quoted)
		if err != nil {
			return broken(err)
		}
		value, err := d.json.ReadValue()
		if err != nil {
			return broken(err)
		}
		start := len(d.values)
		if d.values, err = canon.AppendJSON(d.values, value); err != nil {
			return broken(err)
		}
		d.members = append(d.members, member{name, d.values[start:len(d.values):len(d.values)]})
	}
	if _, err := d.json.ReadToken(); err != nil {
		return broken(err)
	}
	slices.SortStableFunc(d.members, func(a, b member) int { return cmp.Compare(a.name, b.name) })
	kept := d.members[:0]
	for i, m := range d.members {
		last := i+1 == len(d.members) || d.members[i+1].name != m.name
		if last && string(m.value) != "null" {
			kept = append(kept, m)
		}
	}
	d.members = kept
	return nil
}

// name returns the unquoted key, without allocating for a field that is known.
func (d *Decoder) name(quoted []byte) (string, error) {
	if i, ok := d.t.fields[string(quoted[1:len(quoted)-1])]; ok {
		return d.t.Columns[i].Name, nil
	}
	b, err := jsontext.AppendUnquote(d.scratch[:0], quoted)
	d.scratch = b
	return string(b), err
}

// hash is over the record as canonical JSON, without the members that move by
// themselves. It does not depend on how the catalog sorts members into columns,
// so that a field which the catalog learns of later makes no new version.
func (d *Decoder) hash() [16]byte {
	b := append(d.scratch[:0], '{')
	for _, m := range d.members {
		if i, ok := d.t.fields[m.name]; ok && d.t.Columns[i].is(catalog.Volatile) {
			continue
		}
		b, _ = jsontext.AppendQuote(b, m.name)
		b = append(b, ':')
		b = append(b, m.value...)
		b = append(b, ',')
	}
	d.scratch = b
	sum := sha256.Sum256(b)
	return [16]byte(sum[:16])
}

// fill puts a member into its own column.
func (d *Decoder) fill(cells []any, i int, m member) {
	f := d.t.Entity.Fields[i]
	got := catalog.KindOf(m.value)
	if !f.Accepts(got) {
		d.count(m.name, WrongType, got)
	}
	cell, same := toCell(f, got, m.value)
	cells[i] = cell
	if !same {
		d.keep(m)
	}
	if columns := d.t.derived[f.Name]; columns != nil && got == catalog.Object {
		members(m.value, func(name string, v []byte) {
			if j, ok := columns[name]; ok && string(v) != "null" && catalog.KindOf(v) == catalog.Integer {
				cells[j] = numberCell(v)
			}
		})
	}
}

// fillAlias puts a member into the column of the field that it is another name
// for, unless the record has that field under its own name as well. An alias that
// is a field of its own already stands in its column: null in Extra then says
// that the record did not have the other field.
func (d *Decoder) fillAlias(cells []any, i int, m member) {
	f := d.t.Entity.Fields[i]
	if _, own := d.t.fields[m.name]; own {
		if cells[i] == nil {
			if cells[i], _ = toCell(f, catalog.KindOf(m.value), m.value); cells[i] != nil {
				d.keep(member{f.Name, []byte("null")})
			}
		}
		return
	}
	d.keep(m)
	if at, ok := slices.BinarySearchFunc(d.members, f.Name, func(o member, name string) int { return cmp.Compare(o.name, name) }); ok {
		// Both names came: without its original in Extra the field would look
		// like one that the alias filled.
		d.keep(d.members[at])
		return
	}
	if got := catalog.KindOf(m.value); !f.Accepts(got) {
		d.count(m.name, WrongType, got)
	}
	cells[i], _ = toCell(f, catalog.KindOf(m.value), m.value)
}

func (d *Decoder) keep(m member) { d.extra = append(d.extra, m) }

func (d *Decoder) count(path, kind string, got catalog.Kind) {
	d.drift[driftKey{path, kind, got.String()}]++
}

// extraCell is the Extra object as text, nil when there is nothing to keep.
func (d *Decoder) extraCell() any {
	if len(d.extra) == 0 {
		return nil
	}
	slices.SortStableFunc(d.extra, func(a, b member) int { return cmp.Compare(a.name, b.name) })
	b := append(d.scratch[:0], '{')
	for i, m := range d.extra {
		if i > 0 && d.extra[i-1].name == m.name {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b, _ = jsontext.AppendQuote(b, m.name)
		b = append(b, ':')
		b = append(b, m.value...)
	}
	b = append(b, '}')
	d.scratch = b
	return string(b)
}
