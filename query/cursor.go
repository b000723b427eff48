package query

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
)

// cursorVersion changes when cursors of the past can no longer be read.
const cursorVersion = 1

// A cursor is base64url of a JSON array: the version, the entity, a check sum, and
// the cells of the last row by which the result is sorted. It holds no state of
// ours, and so it survives restarts. The check sum binds it to entity, filter and
// sort; limit and fields may change from page to page.
type cursor struct {
	entity string
	cells  []any // nil, int64, float64 or string
}

// encode writes the cursor. query is the fingerprint of the query.
func (k cursor) encode(query [32]byte) string {
	cells := []byte{'['}
	for i, cell := range k.cells {
		if i > 0 {
			cells = append(cells, ',')
		}
		cells = appendCell(cells, cell)
	}
	cells = append(cells, ']')
	b := append([]byte{'['}, strconv.Itoa(cursorVersion)...)
	b = append(b, ',')
	b = canon.AppendString(b, k.entity)
	b = append(b, ',')
	b = canon.AppendString(b, checkSum(query, cells))
	b = append(append(b, ','), cells...)
	return base64.RawURLEncoding.EncodeToString(append(b, ']'))
}

func appendCell(b []byte, cell any) []byte {
	switch v := cell.(type) {
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return strconv.AppendFloat(b, v, 'e', -1, 64)
	case string:
		return canon.AppendString(b, v)
	}
	return append(b, "null"...)
}

func checkSum(query [32]byte, cells []byte) string {
	sum := sha256.Sum256(append(query[:], cells...))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// fingerprint tells queries apart that have not the same rows in the same order.
func fingerprint(entity, filter string, list []sorted) [32]byte {
	b := canon.AppendString(nil, entity)
	b = append(append(b, ' '), filter...)
	for _, s := range list {
		b = append(b, ' ')
		b = canon.AppendString(b, s.c.name)
		b = strconv.AppendBool(b, s.desc)
	}
	return sha256.Sum256(b)
}

// decodeCursor reads what encode wrote, for the same query.
func decodeCursor(text string, s *schema, query [32]byte, list []sorted) ([]any, *Error) {
	broken := func(why string) *Error {
		return fault(InvalidCursor, "/cursor", "the cursor %s", why).
			show("send the cursor of the answer before, with the same query; leave it out for the first page:", exampleLimit)
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, broken("is damaged")
	}
	n, err := read(raw)
	if err != nil || n.kind != catalog.Array || len(n.nodes) != 4 || n.nodes[0].kind != catalog.Integer {
		return nil, broken("is damaged")
	}
	version, entity, sum, cells := n.nodes[0], n.nodes[1], n.nodes[2], n.nodes[3]
	switch {
	case version.text != strconv.Itoa(cursorVersion):
		return nil, broken("is of another version of the program")
	case entity.text != s.entity.Name:
		return nil, broken("belongs to a search in " + strconv.Quote(entity.text))
	case cells.kind != catalog.Array || sum.text != checkSum(query, cells.raw):
		return nil, broken("belongs to another filter or sort, or is damaged")
	case len(cells.nodes) != len(list):
		return nil, broken("is damaged")
	}
	found := make([]any, len(list))
	for i, cell := range cells.nodes {
		v, ok := decodeCell(cell)
		if !ok || v == nil && list[i].c.key {
			return nil, broken("is damaged")
		}
		found[i] = v
	}
	return found, nil
}

func decodeCell(n node) (cell any, ok bool) {
	switch n.kind {
	case 0:
		return nil, true
	case catalog.String:
		return n.text, true
	case catalog.Integer, catalog.Number:
		if i, err := strconv.ParseInt(n.text, 10, 64); err == nil {
			return i, true
		}
		f, err := strconv.ParseFloat(n.text, 64)
		return f, err == nil
	}
	return nil, false
}
