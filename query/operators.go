package query

import (
	"ciomirror/catalog"
)

// family is what operators have in common when they are parsed and compiled.
type family uint8

const (
	equality   family = iota + 1 // eq, neq
	order                        // gt, gte, lt, lte
	membership                   // in
	wording                      // like, startswith, endswith, fuzzy, keyword
	containing                   // contains: wording on text, inclusion on arrays
	inclusion                    // array_contains
	nested                       // any
	logic                        // and, or, not
)

// Operator is one operator of the filter. The parser, the checker, the help and
// the schema all read the one table of them.
type Operator struct {
	Name string
	// Doc is one sentence, without a full stop.
	Doc string
	// Example is a filter.
	Example string
	// Kinds are the declared types it works on; nil for and, or, not. Inside objects
	// and arrays, where nothing is declared, every operator is allowed.
	Kinds []catalog.Kind

	family family
}

// on reports whether the operator works on a field of kind k.
func (o *Operator) on(k catalog.Kind) bool {
	for _, x := range o.Kinds {
		if x == k {
			return true
		}
	}
	return false
}

// words reports whether the operand of the operator is words.
func (o *Operator) words() bool { return o.Name == "fuzzy" || o.Name == "keyword" }

// Operators is the table of all operators, in the order in which to show them. The
// caller may change what it gets.
func Operators() []Operator {
	all := []catalog.Kind{catalog.String, catalog.Integer, catalog.Number, catalog.Boolean, catalog.Array, catalog.Object, catalog.Any}
	ordered := []catalog.Kind{catalog.String, catalog.Integer, catalog.Number, catalog.Boolean, catalog.Any}
	textual := []catalog.Kind{catalog.String, catalog.Integer, catalog.Number, catalog.Any}
	lists := []catalog.Kind{catalog.Array, catalog.Any}
	return []Operator{
		{"eq", "equal; arrays and objects whole; null asks for what is absent", `{"eq":{"state":"running"}}`, all, equality},
		{"neq", "not equal; a row where the field is absent is left out, null asks for what is there", `{"neq":{"state":"draft"}}`, all, equality},
		{"gt", "greater; text by code point, false before true, times in Unix seconds or RFC 3339", `{"gt":{"created":"2026-01-31"}}`, ordered, order},
		{"gte", "greater or equal", `{"gte":{"created":1767225600}}`, ordered, order},
		{"lt", "less", `{"lt":{"updated":"2026-01-31T12:00:00Z"}}`, ordered, order},
		{"lte", "less or equal", `{"lte":{"id":100}}`, ordered, order},
		{"in", "equal to one of a list; null in the list takes absent rows too", `{"in":{"type":["email","push"]}}`, all, membership},
		{"like", "the text has this in it or, with % for any characters, fits it; case matters, _ is only itself, \\% is a percent sign", `{"like":{"name":"%trial%"}}`, textual, wording},
		{"startswith", "the text starts with this; case does not matter", `{"startswith":{"name":"welcome"}}`, textual, wording},
		{"endswith", "the text ends with this; case does not matter", `{"endswith":{"created_by":"@example.com"}}`, textual, wording},
		{"fuzzy", "every word occurs in the text, in any order, inside longer words too; case and punctuation do not matter", `{"fuzzy":{"name":"email welcome"}}`, textual, wording},
		{"keyword", "one of the words is a whole word of the text; case and punctuation do not matter", `{"keyword":{"name":"welcome trial"}}`, textual, wording},
		{"contains", "of text: has this in it, case does not matter; of an array: has this element, exactly", `{"contains":{"tags":"vip"}}`, append(textual, catalog.Array), containing},
		{"array_contains", "the array has this element, exactly", `{"array_contains":{"trigger_segment_ids":7}}`, lists, inclusion},
		{"any", "one element of the array meets the whole condition", `{"any":{"actions":{"eq":{"type":"email"}}}}`, lists, nested},
		{"and", "all of a list of conditions", `{"and":[{"eq":{"state":"running"}},{"gt":{"id":10}}]}`, nil, logic},
		{"or", "one of a list of conditions", `{"or":[{"eq":{"state":"running"}},{"eq":{"state":null}}]}`, nil, logic},
		{"not", "the opposite of a condition; what is unknown stays unknown", `{"not":{"contains":{"tags":"vip"}}}`, nil, logic},
	}
}
