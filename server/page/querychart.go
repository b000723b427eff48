package page

import (
	"fmt"
	"slices"
	"strings"
)

// mostBars is how many values of x are drawn.
const mostBars = 30

// chartOf draws one column of an answer over another: those of the URL, or what
// offers itself. It is nil when there is nothing to draw. Rows with the same x are
// told apart by a column of texts, and added up where there is none.
func (p *Page) chartOf(v *queryView) (*chartView, error) {
	x, y := p.axesOf(v.Axes, v.Columns)
	if x < 0 || y < 0 || len(v.Rows) < 2 {
		return nil, nil
	}
	v.Axes = axes{v.Columns[x].Name, v.Columns[y].Name}
	c := chart{Title: v.Axes.Y + " by " + v.Axes.X, Lying: true}
	split := splitting(v.Columns, v.Rows, x)
	switch {
	case split >= 0:
		c.Title += " and " + v.Columns[split].Name
	case repeats(v.Rows, x):
		c.Title = "sum of " + c.Title
	}
	labels := c.gather(v.Rows, x, y, split, v.Axes.Y)
	if labels > mostBars {
		c.Note = fmt.Sprintf("Drawn are the first %d of %d.", mostBars, labels)
	}
	if v.More {
		c.Note = strings.TrimSpace(c.Note + " The answer has more rows than the page, and they are not drawn.")
	}
	drawn, err := p.draw(c)
	return &drawn, err
}

// gather adds the rows to the bars of their x, each in the series of its split, and
// counts the values of x.
func (c *chart) gather(rows []tableRow, x, y, split int, name string) int {
	bar, line := map[string]int{}, map[string]int{}
	for _, row := range rows {
		label := row.Cells[x].plain()
		i, known := bar[label]
		if !known {
			i = len(bar)
			bar[label] = i
			if i < mostBars {
				short, cut := shortened(label, 17)
				if cut > 0 {
					short += "…"
				}
				c.Labels = append(c.Labels, short)
			}
		}
		if i >= mostBars {
			continue
		}
		of := name
		if split >= 0 {
			of = row.Cells[split].plain()
		}
		j, known := line[of]
		if !known {
			j = len(line)
			line[of] = j
			c.Series = append(c.Series, series{Name: of, Values: make([]float64, mostBars)})
		}
		if f := row.Cells[y].figure; f != nil { // a row without the figure adds nothing
			c.Series[j].Values[i] += *f
		}
	}
	for j := range c.Series {
		c.Series[j].Values = c.Series[j].Values[:len(c.Labels)]
	}
	return len(bar)
}

// repeats reports whether two rows have the same values in the columns.
func repeats(rows []tableRow, columns ...int) bool {
	seen := map[string]bool{}
	for _, row := range rows {
		var key strings.Builder
		for _, i := range columns {
			key.WriteString(row.Cells[i].plain() + "\x00")
		}
		if seen[key.String()] {
			return true
		}
		seen[key.String()] = true
	}
	return false
}

// splitting is the column whose groups tell rows with the same x apart, or -1.
func splitting(all []column, rows []tableRow, x int) int {
	if !repeats(rows, x) {
		return -1
	}
	for i, c := range all {
		if i != x && !c.Numeric() && repeats(rows, i) && !repeats(rows, x, i) {
			return i
		}
	}
	return -1
}

// axesOf are the places of the two columns, or -1.
func (p *Page) axesOf(a axes, all []column) (x, y int) {
	place := func(name string) int {
		return slices.IndexFunc(all, func(c column) bool { return c.Name == name })
	}
	x, y = place(a.X), place(a.Y)
	if y < 0 {
		y = slices.IndexFunc(all, func(c column) bool { return c.Numeric() && !p.names(c.Name) })
	}
	if x < 0 {
		x = slices.IndexFunc(all, func(c column) bool { return !c.Numeric() })
	}
	if y >= 0 && !all[y].Numeric() {
		y = -1
	}
	return x, y
}

// names reports whether the numbers of a column of that name say which or when, and
// not how many: a statement's columns have nothing but their names to tell by.
func (p *Page) names(column string) bool {
	if column == "id" || strings.HasSuffix(column, "_id") {
		return true
	}
	for _, e := range p.o.Catalog.Mirrored() {
		for _, c := range columnsOf(e) {
			if c.Name == column && (c.Time() || c.Key || len(c.refers) > 0) {
				return true
			}
		}
	}
	return false
}

// plain is the cell in one line.
func (c cell) plain() string {
	switch c.Kind {
	case "null":
		return "∅"
	case "time":
		return c.Time.Words
	case "list":
		var all []string
		for _, x := range c.List {
			all = append(all, x.plain())
		}
		return strings.Join(all, ", ")
	}
	return c.Text
}
