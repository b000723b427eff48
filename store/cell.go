package store

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
)

// toCell turns a canonical value into the cell of field f. same is false when the
// value cannot be had back from the cell, so that its original must be kept: it
// was changed, or it does not fit and the cell is nil.
func toCell(f catalog.Field, got catalog.Kind, v []byte) (cell any, same bool) {
	switch f.Kind() {
	case catalog.Array, catalog.Object:
		if !f.Accepts(got) {
			return nil, false
		}
		return string(v), true
	case catalog.String:
		return textCell(f, got, v)
	case catalog.Integer:
		return integerCell(f, got, v)
	case catalog.Number:
		if got == catalog.Integer || got == catalog.Number {
			return numberCell(v), true
		}
		return nil, false
	case catalog.Boolean:
		if got == catalog.Boolean {
			return boolCell(v), true
		}
		return nil, false
	default: // Any
		switch got {
		case catalog.String:
			return unquote(v)
		case catalog.Boolean:
			return boolCell(v), false
		case catalog.Integer, catalog.Number:
			cell := numberCell(v)
			_, isText := cell.(string)
			return cell, !isText
		}
		return string(v), false // text that looks like JSON may also come as a string
	}
}

func textCell(f catalog.Field, got catalog.Kind, v []byte) (cell any, same bool) {
	if f.Is(catalog.NameValueList) {
		if list, ok := nameValueList(got, v); ok {
			return list, got == catalog.Array
		}
	}
	switch got {
	case catalog.String:
		s, same := unquote(v)
		if f.Is(catalog.Upper) && s != nil {
			up := strings.ToUpper(s.(string))
			return up, same && up == s
		}
		return s, same
	case catalog.Integer, catalog.Number:
		return string(v), false // an id sent as a number; s(x) of canon is its text
	}
	return nil, false
}

func integerCell(f catalog.Field, got catalog.Kind, v []byte) (cell any, same bool) {
	switch got {
	case catalog.Integer:
		if f.Is(catalog.ZeroIsNever) && string(v) == "0" {
			return nil, false
		}
		return numberCell(v), true
	case catalog.String:
		s, whole := unquote(v)
		if s == nil {
			return nil, false
		}
		if n, ok := canonicalInt(s.(string)); ok {
			return n, false
		}
		if f.Accepts(catalog.String) {
			return s, whole && !isDigits(s.(string)) // digits alone would read as a number
		}
	case catalog.Array:
		// A time sent as a list of times means the last of them (newsletters.sent_at).
		if f.Accepts(catalog.Array) {
			return latest(v), false
		}
	}
	return nil, false
}

// numberCell is int64, float64 or, where neither holds the number exactly, its
// decimal text.
func numberCell(v []byte) any {
	s := string(v)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil && bytes.ContainsAny(v, ".") {
		if back, err := canon.Number(strconv.FormatFloat(x, 'g', -1, 64)); err == nil && back == s {
			return x
		}
	}
	return s
}

func boolCell(v []byte) any {
	if v[0] == 't' {
		return int64(1)
	}
	return int64(0)
}

// unquote is a JSON string's text. same is false when the text lost something: a
// lone surrogate has no text.
func unquote(v []byte) (cell any, same bool) {
	if bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : len(v)-1]), true
	}
	b, err := jsontext.AppendUnquote(nil, v)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD"), false
	}
	return string(b), true
}

// canonicalInt parses the decimal text that an int64 would print as, and no other
// spelling: "96", not "096" or "+96".
func canonicalInt(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == s
}

// IDCell is the cell of an id known as text: an integer when it is one.
func IDCell(id string) any {
	if n, ok := canonicalInt(id); ok {
		return n
	}
	return id
}

// latest is the largest integer of a JSON array, nil when there is none.
func latest(array []byte) any {
	var most any
	each(array, func(v []byte) {
		if n, ok := numberCell(v).(int64); ok && n != 0 && (most == nil || n > most.(int64)) {
			most = n
		}
	})
	return most
}

// each calls f with the elements of a canonical JSON array.
func each(array []byte, f func(v []byte)) {
	dec := jsontext.NewDecoder(bytes.NewReader(array))
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != '[' {
		return
	}
	for dec.PeekKind() != ']' {
		v, err := dec.ReadValue()
		if err != nil {
			return
		}
		f(v)
	}
}

// nameValueList brings custom headers into one form, an array of {name, value}:
// the API sends that array, or it as a JSON string, or a map.
func nameValueList(got catalog.Kind, v []byte) (list string, ok bool) {
	switch got {
	case catalog.Array:
		return string(v), true
	case catalog.Object:
		return mapToList(v), true
	case catalog.String:
		text, _ := unquote(v)
		inner, err := canon.JSON([]byte(text.(string)))
		if err != nil || len(inner) == 0 {
			return "", false
		}
		switch catalog.KindOf(inner) {
		case catalog.Array:
			return string(inner), true
		case catalog.Object:
			return mapToList(inner), true
		}
	}
	return "", false
}

func mapToList(object []byte) string {
	b := []byte{'['}
	members(object, func(name string, v []byte) {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, `{"name":`...)
		b, _ = jsontext.AppendQuote(b, name)
		b = append(append(append(b, `,"value":`...), v...), '}')
	})
	return string(append(b, ']'))
}

// members calls f with the members of a canonical JSON object, in its order. The
// value is valid until f returns.
func members(object []byte, f func(name string, v []byte)) {
	dec := jsontext.NewDecoder(bytes.NewReader(object), jsontext.AllowInvalidUTF8(true))
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != '{' {
		return
	}
	for dec.PeekKind() == '"' {
		tok, err := dec.ReadToken()
		if err != nil {
			return
		}
		name := tok.String()
		v, err := dec.ReadValue()
		if err != nil {
			return
		}
		f(name, v)
	}
}
