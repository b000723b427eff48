package oracle

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"time"
)

// operator is the cell of the operator × type matrix: it refuses the operand, or
// says what the leaf is for a value. What is not declared has the type Any.
func operator(op string, f Field, l *lenience, operand any) (func(any) truth, error) {
	t := f.Type
	switch op {
	case "eq":
		return equal(f, operand)
	case "neq":
		eq, err := equal(f, operand)
		return func(v any) truth { return not(eq(v)) }, err
	case "in":
		return in(f, operand)
	case "gt", "gte", "lt", "lte":
		return ranged(op, f, operand)
	case "contains", "array_contains":
		if t == Array || t == Any || op == "array_contains" {
			return member(op, t, operand)
		}
		return textual(op, t, l, operand)
	case "any":
		return element(f, l, operand)
	}
	return textual(op, t, l, operand)
}

func equal(f Field, operand any) (func(any) truth, error) {
	if operand == nil {
		return func(v any) truth { return is(v == nil) }, nil
	}
	x, err := coerce(f, operand)
	if err != nil {
		if !known(f, operand) {
			return nil, err
		}
		x = operand
	}
	return func(v any) truth {
		if v == nil {
			return unknown
		}
		return is(Equal(v, x))
	}, nil
}

// known reports whether the operand is of a further type of the field. An array
// field is asked for whole arrays all the same.
func known(f Field, operand any) bool {
	switch operand.(type) {
	case string:
		return f.Type != Array && slices.Contains(f.Also, String)
	case []any:
		return f.Type == Obj && slices.Contains(f.Also, Array)
	}
	return false
}

func in(f Field, operand any) (func(any) truth, error) {
	list, ok := operand.([]any)
	if !ok {
		return nil, fmt.Errorf("takes a list")
	}
	var all []condition
	for _, item := range list {
		eq, err := equal(f, item)
		if err != nil {
			return nil, err
		}
		all = append(all, eq)
	}
	return some(all), nil
}

func ranged(op string, f Field, operand any) (func(any) truth, error) {
	if f.Type == Array || f.Type == Obj {
		return nil, fmt.Errorf("has no order")
	}
	switch operand.(type) {
	case nil, []any, Object:
		return nil, fmt.Errorf("takes a scalar")
	}
	if f.Type == Integer {
		f.Type = Numeric // a fraction is a bound as good as another, in quotes too
	}
	x, err := coerce(f, operand)
	if err != nil {
		return nil, err
	}
	return func(v any) truth {
		order, ok := compare(v, x)
		if !ok {
			return unknown // absent, or of another type
		}
		switch op {
		case "gt":
			return is(order > 0)
		case "gte":
			return is(order >= 0)
		case "lt":
			return is(order < 0)
		}
		return is(order <= 0)
	}, nil
}

// member: an array has an element that is deeply equal. Where the type is not
// declared, contains looks into texts as well.
func member(op string, t Type, operand any) (func(any) truth, error) {
	if t != Array && t != Any {
		return nil, fmt.Errorf("takes an array field")
	}
	if operand == nil {
		return nil, fmt.Errorf("takes a value, and null is none")
	}
	part, isText := text(operand)
	return func(v any) truth {
		if v == nil {
			return unknown
		}
		if list, ok := v.([]any); ok {
			return is(slices.ContainsFunc(list, func(e any) bool { return Equal(e, operand) }))
		}
		s, ok := text(v)
		return is(op == "contains" && t == Any && ok && isText && contains(s, part))
	}, nil
}

func element(f Field, l *lenience, operand any) (func(any) truth, error) {
	if f.Type != Array && f.Type != Any && !slices.Contains(f.Also, Array) {
		return nil, fmt.Errorf("takes an array field")
	}
	c, err := parseCondition(nil, l, operand)
	if err != nil {
		return nil, err
	}
	return func(v any) truth {
		if v == nil {
			return unknown
		}
		list, _ := v.([]any)
		found := no
		for _, e := range list {
			found = or(found, c(e))
		}
		return found
	}, nil
}

func textual(op string, t Type, l *lenience, operand any) (func(any) truth, error) {
	switch t {
	case Boolean, Array, Obj:
		return nil, fmt.Errorf("is no text")
	}
	x, ok := text(operand)
	if !ok {
		return nil, fmt.Errorf("takes a text")
	}
	typos := l.typos
	holds := map[string]func(text, operand string) bool{
		"like": like, "startswith": startsWith, "endswith": endsWith, "contains": contains,
		"fuzzy":   func(text, query string) bool { return fuzzy(text, query, typos) },
		"keyword": func(text, query string) bool { return keyword(text, query, typos) },
	}[op]
	if op == "fuzzy" || op == "keyword" {
		l.used = true
		if !hasWord(x) || typos > 0 && len(words(x)) > 100 {
			return nil, fmt.Errorf("needs a word, and with typing errors at most 100")
		}
	}
	return func(v any) truth {
		if v == nil {
			return unknown
		}
		s, ok := text(v)
		return is(ok && holds(s, x))
	}, nil
}

// text is a value as text operators see it.
func text(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case *big.Rat:
		return Number(x), true
	}
	return "", false
}

var (
	wholeNumber   = regexp.MustCompile(`^-?[0-9]+$`)
	decimalNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$`)
)

// coerce brings an operand that is not null to the declared type.
func coerce(f Field, operand any) (any, error) {
	t := f.Type
	mismatch := fmt.Errorf("the operand does not fit the type %s", t)
	s, isString := operand.(string)
	n, isNumber := operand.(*big.Rat)
	switch t {
	case String:
		switch {
		case isString:
			return s, nil
		case isNumber:
			return Number(n), nil
		}
	case Integer, Numeric:
		spelling := wholeNumber
		if t == Numeric {
			spelling = decimalNumber
		}
		switch {
		case isNumber:
			return n, nil
		case isString && spelling.MatchString(s):
			n, _ := new(big.Rat).SetString(s)
			return n, nil
		case isString && f.Time:
			if n, ok := instant(s); ok {
				return n, nil
			}
		}
	case Boolean:
		switch s {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		if b, ok := operand.(bool); ok {
			return b, nil
		}
	case Array:
		if list, ok := operand.([]any); ok {
			return list, nil
		}
	case Obj:
		if o, ok := operand.(Object); ok {
			return o, nil
		}
	case Any:
		return operand, nil
	}
	return nil, mismatch
}

// instant is a written time in Unix seconds.
func instant(s string) (*big.Rat, bool) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			n := new(big.Rat).SetFrac64(int64(at.Nanosecond()), 1e9)
			return n.Add(n, new(big.Rat).SetInt64(at.Unix())), true
		}
	}
	return nil, false
}
