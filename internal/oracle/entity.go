package oracle

import (
	"fmt"
	"slices"
	"strings"
)

// Type is the declared type of a field.
type Type string

// The types. A field of type Any is declared without one: its values count as
// what they are.
const (
	String  Type = "string"
	Integer Type = "integer"
	Numeric Type = "number"
	Boolean Type = "boolean"
	Array   Type = "array"
	Obj     Type = "object"
	Any     Type = "any"
)

// Field is one declared field.
type Field struct {
	Name string
	Type Type
	// Also are further types that values are known to have. They can be asked for
	// with eq; nothing else is different.
	Also []Type
	// Time: the integer is in Unix seconds.
	Time bool
	// Counted: the values are integers to the API, and texts to searches alone. As
	// part of the key they stand in the order of the numbers.
	Counted bool
}

// Entity is what is declared about the records.
type Entity struct {
	Name   string
	Key    []string
	Fields []Field
}

func (e *Entity) field(name string) (Field, bool) {
	for _, f := range e.Fields {
		if f.Name == name {
			return f, true
		}
	}
	// What generated clients call fields whose names are words of their language.
	if name == "type_" || name == "from_" {
		return e.field(strings.TrimSuffix(name, "_"))
	}
	return Field{}, false
}

// path is where a value is: a declared field, and what is below it. Inside an
// element nothing is declared, and everything is below.
type path struct {
	field Field
	below []string
}

// declared reports whether the path ends at the declared field itself.
func (p path) declared() bool { return p.field.Name != "" && len(p.below) == 0 }

// resolve finds a path in the records of e, or in an element when e is nil.
func resolve(e *Entity, text string) (path, error) {
	var p path
	if e != nil {
		if f, ok := e.field(strings.TrimSuffix(text, "[]")); ok {
			return path{field: f}, nil
		}
	}
	for _, s := range strings.Split(text, ".") {
		p.below = append(p.below, strings.TrimSuffix(s, "[]"))
	}
	if e == nil {
		return p, nil
	}
	f, ok := e.field(p.below[0])
	if !ok {
		return p, fmt.Errorf("%s has no field %q", e.Name, text)
	}
	p.field, p.below = f, p.below[1:]
	if f.Type == Array || f.Type == Obj || f.Type == Any || slices.Contains(f.Also, Array) {
		return p, nil
	}
	return p, fmt.Errorf("%s.%s has nothing below it: %q", e.Name, f.Name, text)
}

// at asks leaf about the value that the path leads to from v: a record, or an
// element.
func (p path) at(v any, leaf func(any) truth) truth {
	if p.field.Name == "" {
		return below(v, p.below, leaf)
	}
	v = v.(Object).Get(p.field.Name)
	if _, ok := v.([]any); !ok && p.field.Type == Array && len(p.below) > 0 {
		if v == nil {
			return unknown // no array, so nobody knows about its elements
		}
		return no // something else came, which has none
	}
	return below(v, p.below, leaf)
}

// below goes down from v. Of an array, one element is enough.
func below(v any, steps []string, leaf func(any) truth) truth {
	if len(steps) == 0 {
		return leaf(v)
	}
	if list, ok := v.([]any); ok {
		t := no
		for _, element := range list {
			t = or(t, below(element, steps, leaf))
		}
		return t
	}
	object, _ := v.(Object)
	return below(object.Get(steps[0]), steps[1:], leaf)
}
