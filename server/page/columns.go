package page

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"ciomirror/catalog"
)

// columnsView tells what the columns of a table hold.
type columnsView struct {
	Entity  *catalog.Entity
	Address address
	Rows    int64 // that were looked at
	Capped  bool  // there are more
	Newest  bool  // the rows are the newest ones; otherwise the first by their key
	Columns []columnLine
}

// columnLine is what one column holds.
type columnLine struct {
	column
	Filled    string // the share of the rows that have a value
	Lacking   int64
	Empty     string // the address of those without, "" where there are none
	Distinct  int64
	Compared  bool // Distinct, Least and Most count
	Least     cell
	Most      cell
	Values    string // the address that counts the values, "" where they are no groups
	Different bool   // every value is another
}

// columnRows is how many rows are looked at, and how many when that takes longer than
// columnTime.
var columnRows = []int{10_000, 500}

const columnTime = 2 * time.Second

// columns shows what each column of a table holds. Of a large table it looks at a
// part, and says so.
func (p *Page) columns(r *http.Request) (answer, error) {
	e, err := p.mirrored(r.PathValue("entity"))
	if err != nil {
		return answer{}, err
	}
	q := r.URL.Query()
	v := columnsView{Entity: e, Address: address{Entity: e.Name, AsOf: strings.TrimSpace(q.Get("_as_of"))}, Newest: usualSort(e) != ""}
	for _, most := range columnRows {
		short, cancel := context.WithTimeout(r.Context(), columnTime)
		err = p.look(short, &v, most)
		late := err != nil && short.Err() != nil && r.Context().Err() == nil
		if cancel(); !late {
			break
		}
		err = fmt.Errorf("look at the columns: %w", context.DeadlineExceeded)
	}
	return answer{view: "columns", title: words(e.Name) + ", columns", data: v}, err
}

// look sums up each column of so many rows, in one statement.
func (p *Page) look(ctx context.Context, v *columnsView, most int) error {
	columns := columnsOf(v.Entity)
	var names, sums []string
	for _, c := range columns {
		name := identifier(c.Name)
		names, sums = append(names, glimpse(c)+" as "+name), append(sums, "count("+name+")")
		if hasOrder(c) {
			sums = append(sums, "count(distinct "+name+")", "min("+name+")", "max("+name+")")
		}
	}
	order := ""
	if sort, newest := strings.CutPrefix(usualSort(v.Entity), "-"); newest {
		order = " order by " + identifier(sort) + " desc"
	}
	statement := fmt.Sprintf("select count(*), exists (select 1 from %[3]s limit 1 offset %[5]d), %[1]s from (select %[2]s from %[3]s%[4]s limit %[5]d)",
		strings.Join(sums, ", "), strings.Join(names, ", "), identifier(v.Entity.Name), order, most)
	grid, err := p.o.Mirror.Ask(ctx, Question{SQL: statement, AsOf: v.Address.AsOf, Limit: 1})
	if err != nil {
		return err
	}
	if len(grid.Rows) != 1 {
		return errors.New("a sum has no row")
	}
	cells := grid.Rows[0]
	v.Rows, _ = cells[0].(int64)
	v.Capped = cells[1] == any(int64(1))
	cells = cells[2:]
	for _, c := range columns {
		x := columnLine{column: c, Compared: hasOrder(c)}
		filled, _ := cells[0].(int64)
		if cells = cells[1:]; x.Compared {
			x.Distinct, _ = cells[0].(int64)
			x.Least, x.Most = p.valueOf(c, cells[1]), p.valueOf(c, cells[2])
			cells = cells[3:]
		}
		x.share(v, filled)
		v.Columns = append(v.Columns, x)
	}
	return nil
}

// hugeSize is how many bytes of a text are read at most. A statement that meets a value of
// more than 1 MiB is refused, so that one would leave its table without an answer.
const hugeSize = 1_000_000

// glimpse is as much of a column's value as the sums need, without reading a huge one.
func glimpse(c column) string {
	name := identifier(c.Name)
	switch {
	case c.Kind == catalog.String:
		return fmt.Sprintf("iif(octet_length(%[1]s) > %[2]d, '…', substr(%[1]s, 1, %[3]d))", name, hugeSize, wholeSize)
	case hasOrder(c):
		return name
	}
	return "nullif(typeof(" + name + "), 'null')"
}

// hasOrder reports whether values of the column have an order that says something.
func hasOrder(c column) bool {
	return c.Kind == catalog.String || c.Kind == catalog.Integer || c.Kind == catalog.Number
}

// share says how many rows have a value, and where the others are.
func (x *columnLine) share(v *columnsView, filled int64) {
	if v.Rows > 0 {
		x.Filled = fmt.Sprintf("%.1f %%", 100*float64(filled)/float64(v.Rows))
	}
	if x.Lacking = v.Rows - filled; x.Lacking > 0 {
		x.Empty = v.Address.with(condition{x.Name, opEmpty, ""}).URL()
	}
	x.Different = filled > 1 && x.Distinct == filled
	if shown, others := suggested(v.Entity); slices.Contains(shown, x.Name) || slices.Contains(others, x.Name) {
		x.Values = v.Address.withFacet(x.Name).URL()
	}
}
