package sim

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// object is a JSON object that keeps the order of its keys, with every value
// already encoded. Records are objects and not structs because the API's records
// vary: a field may be absent, null, a number here and a string there.
type object struct {
	keys []string
	vals [][]byte
}

func (o *object) put(key string, raw []byte) *object {
	for i, k := range o.keys {
		if k == key {
			o.vals[i] = raw
			return o
		}
	}
	o.keys, o.vals = append(o.keys, key), append(o.vals, raw)
	return o
}

func (o *object) raw(key, value string) *object        { return o.put(key, []byte(value)) }
func (o *object) str(key, value string) *object        { return o.put(key, appendString(nil, value)) }
func (o *object) num(key string, v int64) *object      { return o.put(key, strconv.AppendInt(nil, v, 10)) }
func (o *object) flag(key string, v bool) *object      { return o.put(key, strconv.AppendBool(nil, v)) }
func (o *object) null(key string) *object              { return o.put(key, []byte("null")) }
func (o *object) nums(key string, vs []int64) *object  { return o.put(key, appendNums(nil, vs)) }
func (o *object) strs(key string, vs []string) *object { return o.put(key, appendStrings(nil, vs)) }
func (o *object) obj(key string, v *object) *object    { return o.put(key, v.append(nil)) }

// get is the encoded value of a key, nil when the key is absent.
func (o *object) get(key string) []byte {
	for i, k := range o.keys {
		if k == key {
			return o.vals[i]
		}
	}
	return nil
}

// text is the value of a string field, "" when it is absent or no string.
func (o *object) text(key string) string {
	var s string
	if raw := o.get(key); raw != nil && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return ""
}

// integer is the value of a number field or of a string of digits, else 0.
func (o *object) integer(key string) int64 {
	raw := o.get(key)
	if len(raw) > 1 && raw[0] == '"' {
		raw = raw[1 : len(raw)-1]
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (o *object) clone() *object {
	c := &object{keys: make([]string, len(o.keys)), vals: make([][]byte, len(o.vals))}
	copy(c.keys, o.keys)
	copy(c.vals, o.vals)
	return c
}

func (o *object) append(b []byte) []byte {
	b = append(b, '{')
	for i, k := range o.keys {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, k...)
		b = append(b, `":`...)
		b = append(b, o.vals[i]...)
	}
	return append(b, '}')
}

func appendNums(b []byte, vs []int64) []byte {
	b = append(b, '[')
	for i, v := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, v, 10)
	}
	return append(b, ']')
}

func appendStrings(b []byte, vs []string) []byte {
	b = append(b, '[')
	for i, v := range vs {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, v)
	}
	return append(b, ']')
}

// appendString appends s as a JSON string. Bytes that are no UTF-8 become U+FFFD:
// what a person typed into a request comes back in records.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[from:i]...), "\uFFFD"...)
				from = i + 1
			}
			i += n
			continue
		}
		if c >= 0x20 && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	return append(append(b, s[from:]...), '"')
}
