package query

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/query/match"
)

// cells are the cells that are equal to the operand; none when no cell can be.
func (c *column) cells(v Value, where, at string) ([]any, *Error) {
	switch c.form {
	case booleanForm:
		if n, ok := v.boolean(); ok {
			return []any{n}, nil
		}
		return nil, c.mismatch(v, where, at)
	case jsonForm:
		if c.field.Accepts(v.Kind) && (v.Kind == catalog.Array || v.Kind == catalog.Object || v.Kind == catalog.String && c.kind != catalog.Array) {
			return []any{string(v.json())}, nil
		}
		return nil, c.mismatch(v, where, at)
	case anyForm:
		switch v.Kind {
		case catalog.Integer, catalog.Number:
			return numberCells(v.Text, numberForm), nil
		case catalog.Boolean:
			n, _ := v.boolean()
			return []any{n}, nil
		}
		return []any{v.Text}, nil
	case textForm:
		if v.Kind == catalog.String || v.number() {
			return []any{v.Text}, nil
		}
		return nil, c.mismatch(v, where, at)
	}
	if c.kind == catalog.String {
		if v.Kind == catalog.String || v.number() {
			return []any{textCell(v.Text)}, nil
		}
		return nil, c.mismatch(v, where, at)
	}
	var found []any
	if c.strings && v.Kind == catalog.String {
		found = append(found, textCell(v.Text))
	}
	n, ok := c.numeral(v, c.form == integerForm)
	switch {
	case ok:
		for _, cell := range numberCells(n, c.form) {
			if len(found) == 0 || found[0] != cell {
				found = append(found, cell)
			}
		}
	case found == nil:
		return nil, c.mismatch(v, where, at)
	}
	return found, nil
}

// textCell is how a text is kept in a column that holds integers as well.
func textCell(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && strconv.FormatInt(n, 10) == s {
		return n
	}
	return s
}

// numberCells are the cells that a canonical number can have been kept as.
func numberCells(n string, f form) []any {
	cell := bindable(n)
	if _, whole := cell.(int64); whole {
		return []any{cell}
	}
	if f == integerForm {
		if strings.Contains(n, ".") && !strings.Contains(n, "e") {
			return nil // a fraction
		}
		return []any{n}
	}
	if cell == nil {
		return []any{n}
	}
	return []any{cell, n} // a float, or text: the store may choose
}

// bindable is a canonical number as int64, or as the float64 that is read and
// written as just this number; nil when it is neither.
func bindable(n string) any {
	if i, err := strconv.ParseInt(n, 10, 64); err == nil {
		return i
	}
	if f, err := strconv.ParseFloat(n, 64); err == nil && match.FloatText(f) == n {
		return f
	}
	return nil
}

// numeral reads an operand as a number: one in quotes will do, and on a time field
// a time. whole refuses decimals in quotes.
func (c *column) numeral(v Value, whole bool) (canonical string, ok bool) {
	switch {
	case v.number():
		return v.Text, true
	case v.Kind != catalog.String:
		return "", false
	}
	if s, ok := quotedNumber(v.Text, whole); ok {
		return s, true
	}
	if c.time {
		return unixSeconds(v.Text)
	}
	return "", false
}

// quotedNumber reads a number from text. Unlike a JSON number it may have leading
// zeros and a plus sign. whole allows digits only.
func quotedNumber(s string, whole bool) (canonical string, ok bool) {
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = strings.TrimPrefix(s[:1], "+"), s[1:]
	}
	if whole && strings.Trim(s, "0123456789") != "" {
		return "", false
	}
	for len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' {
		s = s[1:]
	}
	if strings.HasPrefix(s, "-") {
		return "", false
	}
	n, err := canon.Number(sign + s)
	return n, err == nil
}

// unixSeconds reads RFC 3339 or a date, which means its first second in UTC.
func unixSeconds(s string) (canonical string, ok bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		if t, err = time.Parse(time.DateOnly, s); err != nil {
			return "", false
		}
	}
	ns := new(big.Int).Mul(big.NewInt(t.Unix()), big.NewInt(int64(time.Second)))
	ns.Add(ns, big.NewInt(int64(t.Nanosecond())))
	n, err := canon.Number(ns.String() + "e-9")
	return n, err == nil
}

// boolean is 0 or 1.
func (v Value) boolean() (n int64, ok bool) {
	if v.Kind != catalog.Boolean && v.Kind != catalog.String || v.Text != "true" && v.Text != "false" {
		return 0, false
	}
	if v.Text == "true" {
		return 1, true
	}
	return 0, true
}

// text is an operand of the operators on text.
func (v Value) text() (s string, ok bool) {
	return v.Text, v.Kind == catalog.String || v.number()
}

// mismatch is an operand that cannot be a value of the column.
func (c *column) mismatch(v Value, where, at string) *Error {
	e := fault(TypeMismatch, at, "%s is %s, but %s has %s", c.name, article(c.kind), where, v.describe())
	words, op := "write "+article(c.kind)+":", where
	switch {
	case c.kind == catalog.Array:
		words, op = "for a condition on elements write any, for an element", "array_contains"
	case c.time:
		words = "write Unix seconds, or a time such as 2026-01-31T12:00:00Z:"
	case c.kind == catalog.Boolean:
		words = "write true or false:"
	case c.kind == catalog.Object:
		return e.show("for one key of the object write a path:", func(*schema) string { return exampleOn("eq", c.name+".type", `"email"`) })
	}
	return e.show(words, func(*schema) string { return c.exampleOf(op) })
}
