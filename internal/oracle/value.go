package oracle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"strings"
)

// A value is nil, bool, *big.Rat, string, []any or Object.

// Object is a JSON object in document order.
type Object []Member

// Member is one key of an Object.
type Member struct {
	Name  string
	Value any
}

// Get is the value under a name; a missing one is nil, like a null.
func (o Object) Get(name string) any {
	for _, m := range o {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

// has reports whether there is such a key, be its value null.
func (o Object) has(name string) bool {
	for _, m := range o {
		if m.Name == name {
			return true
		}
	}
	return false
}

// Decode reads one JSON value, its numbers exactly.
func Decode(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := decode(dec)
	if err != nil {
		return nil, fmt.Errorf("decode a value: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("decode a value: more follows it")
	}
	return v, nil
}

func decode(dec *json.Decoder) (any, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Number:
		n, ok := new(big.Rat).SetString(t.String())
		if !ok {
			return nil, fmt.Errorf("%q is no number", t)
		}
		return n, nil
	case json.Delim:
		if t == '[' {
			list := []any{}
			for dec.More() {
				v, err := decode(dec)
				if err != nil {
					return nil, err
				}
				list = append(list, v)
			}
			_, err := dec.Token()
			return list, err
		}
		object := Object{}
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				return nil, err
			}
			v, err := decode(dec)
			if err != nil {
				return nil, err
			}
			object = append(object, Member{name.(string), v})
		}
		_, err := dec.Token()
		return object, err
	}
	return token, nil
}

// Number is the text that a number is compared as where text is asked for: plain
// digits, and a fraction without needless zeros.
func Number(n *big.Rat) string {
	if n.IsInt() {
		return n.Num().String()
	}
	// A decimal fraction has a denominator of twos and fives, so it ends.
	digits, exact := n.FloatPrec()
	if !exact {
		panic("a number that no JSON can spell")
	}
	return strings.TrimRight(n.FloatString(digits), "0")
}

// Equal is deep equality: order counts in arrays and not in objects, a number is
// never a text, and a key with null is not a missing one.
func Equal(a, b any) bool {
	switch x := a.(type) {
	case *big.Rat:
		y, ok := b.(*big.Rat)
		return ok && x.Cmp(y) == 0
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !Equal(x[i], y[i]) {
				return false
			}
		}
		return true
	case Object:
		y, ok := b.(Object)
		if !ok || len(x) != len(y) {
			return false
		}
		for _, m := range x {
			if !y.has(m.Name) || !Equal(m.Value, y.Get(m.Name)) {
				return false
			}
		}
		return true
	case string:
		y, ok := b.(string)
		return ok && x == y
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	}
	return a == nil && b == nil
}

// compare orders two values of one scalar type; ok is false for anything else.
func compare(a, b any) (order int, ok bool) {
	switch x := a.(type) {
	case *big.Rat:
		if y, ok := b.(*big.Rat); ok {
			return x.Cmp(y), true
		}
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y), true // of UTF-8, which is by code point
		}
	case bool:
		if y, ok := b.(bool); ok {
			switch {
			case x == y:
				return 0, true
			case y:
				return -1, true
			}
			return 1, true
		}
	}
	return 0, false
}
