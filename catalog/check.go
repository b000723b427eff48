package catalog

import (
	"encoding/json"
	"strings"
)

// What a call is checked for before it goes out: data that stands beside the
// parameters, so that whoever checks needs to know no action by name.

// Bounds of one value. What is zero binds nothing.
type Bounds struct {
	Min, Max int64 // of a number
	// MaxDays is how far ahead of now a time may lie.
	MaxDays  int64
	MaxChars int // of a text
	// MinItems and MaxItems are of an array, MaxItem the bytes that each of its items
	// may have as JSON.
	MinItems, MaxItems, MaxItem int
	// MaxBytes are of the whole value as JSON.
	MaxBytes int
}

// Form is what a value must look like, beyond its type.
type Form uint8

// The forms.
const (
	// Digits is a text that holds a whole number.
	Digits Form = iota + 1
	// Addresses is a text of mail addresses with commas between them, or Liquid.
	Addresses
	// Phone is a text with a number in E.164, or Liquid.
	Phone
	// Link is a text with an absolute http or https address.
	Link
	// Person is an object with exactly one of id, email and cio_id.
	Person
	// Audience is an object with exactly one of and, or, not, segment and attribute.
	Audience
	// People is an array of objects, each with one of id and email, and data.
	People
	// Files is an object of base64 texts by file name.
	Files
	// ASCII is an object of texts by name, all in ASCII.
	ASCII
)

// Group is a set of parameters of which some number is to be given.
type Group struct {
	Of       []string
	Min, Max int // Max 0: any number
}

// Total bounds what several parameters hold together: the addresses of the form
// Addresses, the bytes behind the base64 of Files.
type Total struct {
	Of   []string
	Max  int
	Unit string // what is counted
}

// Act is what a parameter of a list does to it: the mirror does the same.
type Act uint8

// The acts. On names the field, where there is one.
const (
	// Equals keeps the records whose field is the value.
	Equals Act = iota + 1
	// AtLeast and AtMost keep those whose field is not beyond the value.
	AtLeast
	AtMost
	// Has keeps those whose object has the value as a key.
	Has
	// Reveals shows, when true, records whose field is true beside the others.
	Reveals
	// Sorts is asc or desc, Sizes the records on a page, Starts the token of one.
	Sorts
	Sizes
	Starts
	// LiveOnly changes what only the API knows; false changes nothing.
	LiveOnly
)

// check looks whether what an action says fits together.
func (a Action) check(e *Entity, fault func(string, ...any)) {
	params := map[string]bool{}
	for _, p := range a.Params {
		if params[p.Name] {
			fault("%s: parameter %q declared twice", a.Name, p.Name)
		}
		params[p.Name] = true
		if p.In == InPath && !strings.Contains(a.Path, "{"+p.Name+"}") {
			fault("%s: path %q lacks {%s}", a.Name, a.Path, p.Name)
		}
		if !json.Valid([]byte(p.Sample())) {
			fault("%s: the example of %q is no JSON", a.Name, p.Name)
		}
		if _, ok := e.Field(p.On); p.On != "" && !ok {
			fault("%s: parameter %q acts on field %q, which does not exist", a.Name, p.Name, p.On)
		}
	}
	known := func(what string, names ...string) {
		for _, name := range names {
			if name != "" && !params[name] {
				fault("%s: %s names the parameter %q, which is not declared", a.Name, what, name)
			}
		}
	}
	for _, g := range a.Groups {
		known("a group", g.Of...)
	}
	for _, t := range a.Totals {
		known("a total", t.Of...)
	}
	for _, p := range a.Params {
		known(p.Name, p.Unless...)
		known(p.Name, p.With...)
	}
	known("Chosen", a.Chosen)
	if _, ok := e.Field(strings.TrimPrefix(a.Order, "-")); a.Order != "" && !ok {
		fault("%s: ordered by %q, which does not exist", a.Name, a.Order)
	}
	for rest := a.Path; ; {
		_, after, ok := strings.Cut(rest, "{")
		if !ok {
			break
		}
		name, tail, _ := strings.Cut(after, "}")
		if !params[name] {
			fault("%s: path parameter {%s} is not declared", a.Name, name)
		}
		rest = tail
	}
}
