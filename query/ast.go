package query

import (
	"strings"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
)

// Query is a parsed request. Its names are not checked yet.
type Query struct {
	// Filter is nil when every row is wanted.
	Filter Expr
	Sort   []SortKey
	// Limit is the number of rows of a page, 1 to MaxLimit.
	Limit int
	// Cursor is what an earlier answer gave, or empty.
	Cursor string
	// Fields are the paths that rows shall have; empty for the usual fields.
	Fields []FieldPath
	// Count and Facets are extensions of ours: the number of rows that the filter
	// finds, and how many have which value of a field.
	Count  bool
	Facets []Facet
	// Suggest asks for words that are near to those of a search that finds nothing.
	Suggest bool
	// Typos is one as well: how many typing errors a word of fuzzy or keyword may have.
	Typos int

	// filter is the canonical text of the filter, by which a cursor knows it again.
	filter string
}

// Expr is a condition: And, Or, Not, Leaf or Any.
type Expr interface{ expr() }

// And is true when all of the list are, Or when one is. An empty And is true, an
// empty Or false.
type (
	And []Expr
	Or  []Expr
)

// Not is the negation of a condition.
type Not struct{ X Expr }

// Leaf compares a field.
type Leaf struct {
	Op *Operator
	// Path is the field as it was written; empty inside Any for the element itself.
	Path  string
	Value Value
	// Typos is that of the query, for fuzzy and keyword.
	Typos int
	At    string // JSON Pointer
}

// Any asks its condition of the elements of an array.
type Any struct {
	Op   *Operator
	Path string
	X    Expr
	At   string // JSON Pointer
}

func (And) expr()  {}
func (Or) expr()   {}
func (Not) expr()  {}
func (Leaf) expr() {}
func (Any) expr()  {}

// SortKey is one field to sort by.
type SortKey struct {
	Path string
	Desc bool
	At   string // JSON Pointer
}

// FieldPath is one path to return.
type FieldPath struct {
	// Segments are the keys on the way. One that was written with dots is one
	// segment here: it can be the name of a field.
	Segments []string
	At       string // JSON Pointer
}

// Facet is one field whose values are to be counted.
type Facet struct {
	Path string
	At   string // JSON Pointer
}

// Value is an operand, exactly as it was given.
type Value struct {
	// Kind is 0 for null.
	Kind catalog.Kind
	// Text is the text of a string, the canonical text of a number, true or false,
	// and the canonical JSON of an array or object.
	Text string
	// Items are the elements of the list of in.
	Items []Value
}

func (v Value) null() bool   { return v.Kind == 0 }
func (v Value) number() bool { return v.Kind == catalog.Integer || v.Kind == catalog.Number }

// json is the value as canonical JSON.
func (v Value) json() []byte {
	switch v.Kind {
	case 0:
		return []byte("null")
	case catalog.String:
		return canon.AppendString(nil, v.Text)
	}
	return []byte(v.Text)
}

// describe is the value as it stands in a message: its type, and what it is when
// that is short.
func (v Value) describe() string {
	if v.null() {
		return "null"
	}
	if s := string(v.json()); len(s) <= 40 {
		return v.Kind.String() + " " + s
	}
	return v.Kind.String()
}

// numberKind tells the kind of a canonical number.
func numberKind(canonical string) catalog.Kind {
	if strings.ContainsAny(canonical, ".e") {
		return catalog.Number
	}
	return catalog.Integer
}
