package cio

import (
	"bytes"
	"crypto/sha256"

	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/catalog"
)

// hash stands for a token or a record in a walk's memory. Of a list of a million
// pages it is 16 bytes a page, and two tokens never share one by chance.
type hash [16]byte

func hashOf(b []byte) hash {
	sum := sha256.Sum256(b)
	return hash(sum[:16])
}

// identifying are the keys under which a record of the entity holds what tells it
// from others. What the mirror fills in itself is not in the record.
func identifying(e *catalog.Entity) []string {
	var keys []string
	for _, name := range e.Key {
		f, ok := e.Field(name)
		if !ok || f.Is(catalog.FromParent) || f.Is(catalog.FromMirror) {
			continue
		}
		keys = append(append(keys, name), f.Aliases...)
	}
	return keys
}

// identity is what tells a record from others: its key fields, as the rest may
// change between two readings (counters do). A record without them is told by all of
// it. A number is the same as a text of its digits.
func identity(record []byte, keys []string) hash {
	var id []byte
	d := jsontext.NewDecoder(bytes.NewBuffer(record), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := d.ReadToken(); err != nil {
		return hashOf(record)
	}
	values := make([][]byte, len(keys))
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return hashOf(record)
		}
		at := -1
		for i, k := range keys {
			if name.String() == k {
				at = i
			}
		}
		v, err := d.ReadValue()
		if err != nil {
			return hashOf(record)
		}
		if at >= 0 {
			values[at] = bytes.Clone(bytes.Trim(v, `"`))
		}
	}
	for _, v := range values {
		if v != nil {
			id = append(append(id, v...), 0)
		}
	}
	if len(id) == 0 {
		return hashOf(record)
	}
	return hashOf(id)
}
