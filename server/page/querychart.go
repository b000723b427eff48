package page

import (
	"slices"
	"strings"

	"ciomirror/catalog"
)

// mostBars is how many rows of an answer are drawn.
const mostBars = 30

// chartOf draws one column of an answer over another: those of the URL, or what
// offers itself. It is nil when there is nothing to draw.
func (p *Page) chartOf(v queryView) (*chartView, error) {
	x, y := v.Axes.columns(v.Columns)
	if x < 0 || y < 0 || len(v.Rows) < 2 {
		return nil, nil
	}
	c := chart{Title: v.Columns[y].Name + " by " + v.Columns[x].Name, Lying: true, Series: []series{{Name: v.Columns[y].Name}}}
	for _, row := range v.Rows[:min(len(v.Rows), mostBars)] {
		label, cut := shortened(row.Cells[x].plain(), 17)
		if cut > 0 {
			label += "…"
		}
		c.Labels = append(c.Labels, label)
		var height float64 // none, for a row without the figure
		if f := row.Cells[y].figure; f != nil {
			height = *f
		}
		c.Series[0].Values = append(c.Series[0].Values, height)
	}
	drawn, err := p.draw(c)
	return &drawn, err
}

// columns are the places of the two columns, or -1.
func (a axes) columns(all []column) (x, y int) {
	place := func(name string) int {
		return slices.IndexFunc(all, func(c column) bool { return c.Name == name })
	}
	x, y = place(a.X), place(a.Y)
	if y < 0 {
		y = slices.IndexFunc(all, func(c column) bool { return c.Kind == catalog.Number })
	}
	if x < 0 {
		x = slices.IndexFunc(all, func(c column) bool { return c.Kind != catalog.Number })
	}
	if y >= 0 && all[y].Kind != catalog.Number && all[y].Kind != catalog.Integer {
		y = -1
	}
	return x, y
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
