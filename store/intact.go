package store

import (
	"bytes"

	"ciomirror/catalog"
)

// Intact reports whether a stored row is still what its record made it: whether the
// record that is rebuilt from the cells has the hash that was stored with them, and
// gives the same cells. What the mirror itself fills in, and what moves without making
// a version, is not looked at.
func (d *Decoder) Intact(cells []any, hash []byte) bool {
	plain := make([]any, len(cells))
	for i, cell := range cells {
		if text, ok := cell.([]byte); ok {
			cell = string(text)
		}
		plain[i] = cell
	}
	record, err := d.t.Record(plain)
	if err != nil {
		return false
	}
	row, err := d.Decode(record, "0") // of whatever parent
	if err != nil || !bytes.Equal(row.Hash[:], hash) {
		return false
	}
	for i, c := range d.t.Columns {
		apart := i == d.t.parent || i == d.t.extra() || c.is(catalog.FromMirror) || c.is(catalog.Volatile)
		if !apart && row.Cells[i] != plain[i] {
			return false
		}
	}
	return true
}
