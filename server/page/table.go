package page

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ciomirror/catalog"
)

// tableView is what the template of a table gets.
type tableView struct {
	Entity  *catalog.Entity
	Address address
	Columns []heading
	Rows    []tableRow
	Older   string // the next page, "" on the last
	Newest  string // the first page, "" when it is this one
	// The filter builder.
	Lines     []filterLine
	Fields    []column
	Operators []Operator
	Words     []string // fields in which the full text is looked for
	Spellings []spelling
	Hints     []string
	Counts    *countsView // nil until somebody asks
	Problem   *Problem    // the question is wrong; there are no rows
	Choices   []choice    // of columns
	Files     []fileLink
	AllFiles  []fileLink // with all columns, where Files have fewer
	AllShown  string     // the address with all columns, "" where they are shown
}

// Knows reports whether the table has the field.
func (v tableView) Knows(field string) bool {
	return slices.ContainsFunc(v.Fields, func(c column) bool { return c.Name == field })
}

// Compares reports whether a line can have the operator.
func (v tableView) Compares(op string) bool {
	return slices.ContainsFunc(v.Operators, func(o Operator) bool { return o.Name == op })
}

type heading struct {
	column
	Sort  string // where a click leads; "" where there is no order
	Arrow string // ascending, descending or ""
}

type tableRow struct {
	Href  string
	Cells []cell
}

type filterLine struct {
	condition
	Remove string // the address without it
}

type choice struct {
	column
	Shown bool
}

func (p *Page) table(r *http.Request) (answer, error) {
	e, err := p.mirrored(r.PathValue("entity"))
	if err != nil {
		return answer{}, err
	}
	a, moved := readAddress(e.Name, r.URL.Query())
	if moved {
		return answer{moved: a.URL()}, nil
	}
	a = a.ordered(e)
	v := tableView{Entity: e, Address: a, Fields: columnsOf(e), Operators: p.operators(), Words: textFields(e)}
	columns := chosen(e, a.Columns)
	for _, c := range columns {
		v.Columns = append(v.Columns, headingOf(c, a, "-"+c.Name == usualSort(e)))
	}
	for _, c := range v.Fields {
		v.Choices = append(v.Choices, choice{c, slices.ContainsFunc(columns, func(x column) bool { return x.Name == c.Name })})
	}
	for _, c := range a.Conditions {
		v.Lines = append(v.Lines, filterLine{c, a.without(c).URL()})
	}
	if a.Cursor != "" {
		v.Newest = a.after("").URL()
	}
	ctx, cancel := context.WithTimeout(r.Context(), queryTime)
	defer cancel()
	if err := p.fill(ctx, &v, columns); err != nil {
		f := p.problem(r.Context(), err)
		if f.Status >= http.StatusInternalServerError {
			return answer{}, f
		}
		v.Problem = f
	}
	return answer{view: "table", title: e.Name, data: v, status: v.Problem.status()}, nil
}

// operatorWords say in a word or two what an operator asks.
var operatorWords = map[string]string{
	"eq": "is", "neq": "is not", "gt": "is more than", "gte": "is at least", "lt": "is less than", "lte": "is at most",
	"in": "is one of (a, b)", "like": "fits (% is anything)", "startswith": "starts with", "endswith": "ends with",
	"fuzzy": "has all the words", "keyword": "has one of the words", "contains": "contains", "array_contains": "has the element",
	opEmpty: "has no value", opPresent: "has a value",
}

// operators are those that a line of the filter builder can have.
func (p *Page) operators() []Operator {
	all := append(slices.Clone(p.o.Operators), Operator{Name: opEmpty, Doc: "no value is there"}, Operator{Name: opPresent, Doc: "some value is there"})
	for i := range all {
		if all[i].Words = operatorWords[all[i].Name]; all[i].Words == "" {
			all[i].Words = all[i].Name
		}
	}
	return all
}

// allColumns in place of their names asks for all.
const allColumns = "*"

// chosen are the columns to show: those that were asked for, as far as they exist,
// otherwise those by which people know a record.
func chosen(e *catalog.Entity, names []string) []column {
	all := columnsOf(e)
	pick := func(names []string) (picked []column) {
		for _, name := range names {
			if i := slices.IndexFunc(all, func(c column) bool { return c.Name == name }); i >= 0 {
				picked = append(picked, all[i])
			}
		}
		return picked
	}
	if slices.Contains(names, allColumns) {
		return all
	}
	if picked := pick(names); len(picked) > 0 {
		return picked
	}
	return pick(e.Shown)
}

func namesOf(columns []column) (names []string) {
	for _, c := range columns {
		names = append(names, c.Name)
	}
	return names
}

// isAll reports whether the fields are all that the entity has, in its own order.
func isAll(e *catalog.Entity, fields []string) bool {
	return slices.Equal(fields, namesOf(columnsOf(e)))
}

func headingOf(c column, a address, usual bool) heading {
	if c.Kind == catalog.Array || c.Kind == catalog.Object {
		return heading{column: c} // they have no order
	}
	h := heading{column: c, Sort: a.sortedBy(c.Name).URL()}
	switch a.Sort {
	case c.Name:
		h.Arrow, h.Sort = "ascending", a.sortedBy("-"+c.Name).URL()
	case "-" + c.Name:
		h.Arrow, h.Sort = "descending", a.sortedBy("").URL()
		if usual {
			h.Sort = a.sortedBy(c.Name).URL()
		}
	}
	return h
}

// usualSort is the order in which people look at a table that nobody has ordered: of
// what only grows, the newest first; "" for the order of the key.
func usualSort(e *catalog.Entity) string {
	if e.List.Complete {
		return ""
	}
	for _, c := range chosen(e, nil) {
		if c.Time() && c.Indexed {
			return "-" + c.Name
		}
	}
	return ""
}

// ordered is the address with an order, where its table has a usual one.
func (a address) ordered(e *catalog.Entity) address {
	if a.Sort == "" {
		a.Sort = usualSort(e)
	}
	return a
}

// fill asks the question of the address.
func (p *Page) fill(ctx context.Context, v *tableView, columns []column) error {
	e, a := v.Entity, v.Address
	if err := a.check(e); err != nil {
		return err
	}
	fields := fieldsOf(e, columns)
	names := namesOf(columns)
	s := Search{Entity: e.Name, Params: json.RawMessage(a.params(e, fields)), AsOf: a.AsOf}
	found, err := p.o.Mirror.Search(ctx, s)
	if err != nil {
		return p.lost(ctx, a, e, err)
	}
	for _, row := range found.Rows {
		cells, err := members(row)
		if err != nil {
			return err
		}
		v.Rows = append(v.Rows, p.rowOf(e, columns, cells, a.AsOf))
	}
	if found.Cursor != "" {
		v.Older = a.after(found.Cursor).URL()
	}
	explained, err := p.o.Mirror.Explain(ctx, Search{Entity: e.Name, Params: json.RawMessage(a.params(e, names)), AsOf: a.AsOf})
	if err != nil {
		return err
	}
	v.Files = a.files(p)
	if len(columns) < len(v.Fields) {
		all := a
		all.Columns = []string{allColumns}
		v.AllFiles, v.AllShown = all.files(p), all.URL()
	}
	v.Spellings, v.Hints = a.spelled(e, names, explained), explained.Hints
	if a.Counted {
		counts, err := p.counts(ctx, e, a)
		if err != nil {
			return err
		}
		v.Counts = &counts
	}
	return nil
}

// lost is the error of a search, in the page's words where it is the place alone that
// is wrong: the question can be asked from its beginning.
func (p *Page) lost(ctx context.Context, a address, e *catalog.Entity, err error) error {
	if a.Cursor == "" || p.problem(ctx, err).Status != http.StatusBadRequest {
		return err
	}
	first := Search{Entity: e.Name, Params: json.RawMessage(a.after("").params(e, e.Key)), AsOf: a.AsOf}
	if _, again := p.o.Mirror.Explain(ctx, first); again != nil {
		return err
	}
	return wrong("begin on the first page, with the link below", "the place in this address (_cursor) is not one of this question")
}

// check finds what is wrong with an address before anybody is asked.
func (a address) check(e *catalog.Entity) error {
	faults := slices.Clone(a.Faults)
	fields := namesOf(columnsOf(e))
	for _, name := range a.Columns {
		if name != allColumns && !slices.Contains(fields, name) {
			faults = append(faults, fmt.Sprintf("_cols names %q, which %s has not", name, e.Name))
		}
	}
	for _, name := range a.Facets {
		if !slices.Contains(fields, name) {
			faults = append(faults, fmt.Sprintf("_facet names %q, which %s has not", name, e.Name))
		}
	}
	if len(faults) > 0 {
		return wrong("the page knows "+strings.Join(ours, ", ")+", and the fields of ciomirror schema "+e.Name, "the address cannot be read: %s", strings.Join(faults, "; "))
	}
	if a.Filter != "" && !json.Valid([]byte(a.Filter)) {
		return wrong(`write it as the reference page does: {"eq":{"state":"running"}}`, "the filter is no JSON")
	}
	if a.Text != "" && len(textFields(e)) == 0 {
		return wrong("take a line of the filter instead", "%s has no texts to look in", e.Name)
	}
	return nil
}

// fieldsOf are the fields to ask for: the columns, and the key behind each row.
func fieldsOf(e *catalog.Entity, columns []column) []string {
	names := slices.Clone(e.Key)
	for _, c := range columns {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

func members(row json.RawMessage) (map[string]json.RawMessage, error) {
	var cells map[string]json.RawMessage
	err := json.Unmarshal(row, &cells)
	return cells, err
}

func (p *Page) rowOf(e *catalog.Entity, columns []column, values map[string]json.RawMessage, asOf string) tableRow {
	var row tableRow
	if key := keyOf(e, values); !slices.Contains(key, "") { // a saved search may leave the key out
		row.Href = recordURL(e.Name, key, asOf)
	}
	named := false
	for _, c := range columns {
		c.asOf = asOf
		x := p.cellOf(c, values[c.Name])
		if c.words && !named && x.Kind == "text" {
			if named = true; x.Whole == "" { // what folds is no link
				x.Href = row.Href // the name leads to the record, as the key does
			}
		}
		row.Cells = append(row.Cells, x)
	}
	return row
}

// keyOf are the values of the key as texts.
func keyOf(e *catalog.Entity, values map[string]json.RawMessage) []string {
	key := make([]string, len(e.Key))
	for i, k := range e.Key {
		key[i] = plainText(values[k])
	}
	return key
}

// plainText is a JSON value as text: a string without its quotes.
func plainText(v json.RawMessage) string {
	v = bytes.TrimSpace(v)
	var s string
	if len(v) > 0 && v[0] == '"' && json.Unmarshal(v, &s) == nil {
		return s
	}
	if string(v) == "null" {
		return ""
	}
	return string(v)
}
