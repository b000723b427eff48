package page

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ciomirror/catalog"
)

// address is the state of a table's view. All of it stands in the URL:
//
//	/t/campaigns?state=running&updated__gte=2026-11-01&_q=welcome&_sort=-updated
//
// Names with an underscore in front are ours, the others are fields, with an
// operator behind two underscores unless it is eq.
type address struct {
	Entity     string
	Conditions []condition
	Text       string   // _q: words to be found in the texts
	Filter     string   // _filter: filter JSON beside the conditions
	Sort       string   // _sort: name or -name
	Columns    []string // _cols
	Facets     []string // _facet, beside those that are shown anyway
	Cursor     string   // _cursor
	AsOf       string   // _as_of
	Limit      int      // _limit
	Counted    bool     // _counts: with the facets, for who has no script
	Faults     []string // what could not be read, in words
}

// condition is one line of the filter builder.
type condition struct{ Field, Op, Value string }

// The operators that are the page's own: a value cannot be typed for them.
const (
	opEmpty   = "empty"
	opPresent = "present"
)

const (
	usualLimit = 50
	mostLimit  = 500
)

func (c condition) name() string {
	if c.Op == "eq" {
		return c.Field
	}
	return c.Field + "__" + c.Op
}

// URL is the address as a link.
func (a address) URL() string { return "/t/" + url.PathEscape(a.Entity) + a.query() }

// FacetsURL is where the counts of the same table are.
func (a address) FacetsURL() string {
	a.Cursor, a.Counted = "", false // the order stays: the counts lead back to the table
	return "/t/" + url.PathEscape(a.Entity) + "/facets" + a.query()
}

// ColumnsURL is where the page tells what the columns hold.
func (a address) ColumnsURL() string {
	return "/t/" + url.PathEscape(a.Entity) + "/columns" + address{AsOf: a.AsOf}.query()
}

func (a address) query() string {
	q := url.Values{}
	for _, c := range a.Conditions {
		q.Add(c.name(), c.Value)
	}
	for name, value := range map[string]string{"_q": a.Text, "_filter": a.Filter, "_sort": a.Sort, "_cursor": a.Cursor, "_as_of": a.AsOf, "_cols": strings.Join(a.Columns, ","), "_limit": a.OwnLimit()} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for _, f := range a.Facets {
		q.Add("_facet", f)
	}
	if a.Counted {
		q.Set("_counts", "1")
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

// OwnLimit is the limit in the words of the address, "" for the usual one.
func (a address) OwnLimit() string {
	if a.Limit == usualLimit || a.Limit == 0 {
		return ""
	}
	return strconv.Itoa(a.Limit)
}

// The neighbours of an address. Another question begins on its first page.

func (a address) with(c condition) address {
	a.Cursor = ""
	if slices.Contains(a.Conditions, c) {
		return a
	}
	a.Conditions = append(slices.Clone(a.Conditions), c)
	return a
}

func (a address) without(c condition) address {
	a.Cursor = ""
	a.Conditions = slices.DeleteFunc(slices.Clone(a.Conditions), func(x condition) bool { return x == c })
	return a
}

func (a address) sortedBy(sort string) address {
	a.Cursor, a.Sort = "", sort
	return a
}

func (a address) after(cursor string) address {
	a.Cursor = cursor
	return a
}

// CountsURL is the address with the counts, for who has no script.
func (a address) CountsURL() string {
	a.Counted = true
	return a.URL()
}

// Now is the address without a time.
func (a address) Now() string {
	a.Cursor, a.AsOf = "", ""
	return a.URL()
}

func (a address) withFacet(field string) address {
	a.Facets = append(slices.Clone(a.Facets), field)
	a.Counted = true
	return a
}

// Bare is the address without any question.
func (a address) Bare() string {
	return address{Entity: a.Entity, AsOf: a.AsOf, Columns: a.Columns, Sort: a.Sort, Limit: a.Limit}.URL()
}

// filterJSON is the filter of the address; "" for none.
func (a address) filterJSON(e *catalog.Entity) string {
	var all []string
	for _, c := range a.Conditions {
		all = append(all, c.filterJSON(e))
	}
	if a.Text != "" {
		var anywhere []string
		for _, f := range textFields(e) {
			anywhere = append(anywhere, leaf("fuzzy", f, quoted(a.Text)))
		}
		if len(anywhere) == 1 {
			all = append(all, anywhere[0])
		} else if len(anywhere) > 1 {
			all = append(all, `{"or":[`+strings.Join(anywhere, ",")+`]}`)
		}
	}
	if a.Filter != "" {
		all = append(all, a.Filter)
	}
	switch len(all) {
	case 0:
		return ""
	case 1:
		return all[0]
	}
	return `{"and":[` + strings.Join(all, ",") + `]}`
}

// textFields are those in which words are looked for.
func textFields(e *catalog.Entity) []string {
	var names []string
	for _, f := range e.Fields {
		if f.Is(catalog.FullText) {
			names = append(names, f.Name)
		}
	}
	return names
}

func (c condition) filterJSON(e *catalog.Entity) string {
	switch c.Op {
	case opEmpty:
		return leaf("eq", c.Field, "null")
	case opPresent:
		return leaf("neq", c.Field, "null")
	case "in":
		var list []string
		for v := range strings.SplitSeq(c.Value, ",") {
			list = append(list, quoted(strings.TrimSpace(v)))
		}
		return leaf(c.Op, c.Field, "["+strings.Join(list, ",")+"]")
	}
	f, known := e.Field(c.Field)
	if known && (f.Kind() == catalog.Array || f.Kind() == catalog.Object) && json.Valid([]byte(c.Value)) {
		return leaf(c.Op, c.Field, c.Value) // an element that is a number is no text
	}
	return leaf(c.Op, c.Field, quoted(c.Value))
}

func leaf(op, field, value string) string {
	return "{" + quoted(op) + ":{" + quoted(field) + ":" + value + "}}"
}

// quoted is a text as JSON, with < and > as they are: it is shown to people.
func quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // no text fails
	return strings.TrimSuffix(b.String(), "\n")
}

// sortJSON is the sort of the address; "" for none.
func (a address) sortJSON() string {
	if a.Sort == "" {
		return ""
	}
	if name, ok := strings.CutPrefix(a.Sort, "-"); ok {
		return "[{" + quoted(name) + `:"desc"}]`
	}
	return "[{" + quoted(a.Sort) + `:"asc"}]`
}

// queryJSON is the query object of the search.
func (a address) queryJSON(e *catalog.Entity) string {
	var parts []string
	if f := a.filterJSON(e); f != "" {
		parts = append(parts, `"filter":`+f)
	}
	if s := a.sortJSON(); s != "" {
		parts = append(parts, `"sort":`+s)
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// params are those of the search, as the hosted service takes them.
func (a address) params(e *catalog.Entity, fields []string) string {
	p := `{"query":` + a.queryJSON(e) + `,"limit":` + strconv.Itoa(max(1, a.Limit))
	if a.Cursor != "" {
		p += `,"cursor":` + quoted(a.Cursor)
	}
	if len(fields) > 0 {
		list, err := json.Marshal(fields)
		if err == nil { // no list of texts fails
			p += `,"fields":` + string(list)
		}
	}
	return p + "}"
}
