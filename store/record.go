package store

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/catalog"
)

// Record rebuilds the record of a row as the API sent it, in the catalog's key
// order and without nulls. Cells are those of Table.Columns.
func (t *Table) Record(cells []any) ([]byte, error) {
	kept := map[string][]byte{}
	var unknown []string
	if text, ok := cells[t.extra()].(string); ok {
		members([]byte(text), func(name string, v []byte) {
			kept[name] = bytes.Clone(v)
			if _, ok := t.fields[name]; !ok {
				unknown = append(unknown, name)
			}
		})
	}
	b := []byte{'{'}
	add := func(name string, value []byte) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b, _ = jsontext.AppendQuote(b, name)
		b = append(append(b, ':'), value...)
	}
	for i, f := range t.Entity.Fields {
		original, changed := kept[f.Name]
		switch {
		case changed:
			if string(original) != "null" {
				add(f.Name, original)
			}
		case cells[i] == nil || f.Is(catalog.FromParent) || f.Is(catalog.FromMirror) || t.sentAsAlias(f, kept):
		default:
			value, err := AppendJSON(nil, t.Columns[i], cells[i])
			if err != nil {
				return nil, fmt.Errorf("rebuild %s.%s: %w", t.Entity.Name, f.Name, err)
			}
			add(f.Name, value)
		}
	}
	for _, name := range unknown {
		add(name, kept[name])
	}
	return append(b, '}'), nil
}

// sentAsAlias reports whether the record had the field under another name only.
func (t *Table) sentAsAlias(f catalog.Field, kept map[string][]byte) bool {
	for _, a := range f.Aliases {
		if _, own := t.fields[a]; own {
			continue
		}
		if _, ok := kept[a]; ok {
			return true
		}
	}
	return false
}

// AppendJSON appends a cell as a JSON value of its column: a boolean column's 1
// is true, a JSON column's text stands as it is, null is null.
func AppendJSON(dst []byte, c Column, cell any) ([]byte, error) {
	switch v := cell.(type) {
	case nil:
		return append(dst, "null"...), nil
	case int64:
		if c.Kind == catalog.Boolean {
			return strconv.AppendBool(dst, v != 0), nil
		}
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		return strconv.AppendFloat(dst, v, 'f', -1, 64), nil
	case []byte:
		return AppendJSON(dst, c, string(v))
	case string:
		if c.IsJSON() || c.holdsNumber(v) || c.holdsHeaders(v) {
			return append(dst, v...), nil
		}
		return jsontext.AppendQuote(dst, v)
	}
	return dst, fmt.Errorf("a cell of type %T", cell)
}

// holdsNumber: text in a number column is a number that no cell type holds, but
// an integer column may also hold an id that is a word.
func (c Column) holdsNumber(text string) bool {
	return c.Kind == catalog.Number || c.Kind == catalog.Integer && isDigits(text)
}

// holdsHeaders: custom headers stand in their text column as a JSON array.
func (c Column) holdsHeaders(text string) bool {
	return c.is(catalog.NameValueList) && len(text) > 0 && text[0] == '[' && jsontext.Value(text).IsValid()
}

// isDigits reports whether text is spelled as a JSON integer.
func isDigits(s string) bool {
	s = strings.TrimPrefix(s, "-")
	return s != "" && strings.Trim(s, "0123456789") == "" && (s[0] != '0' || s == "0")
}
