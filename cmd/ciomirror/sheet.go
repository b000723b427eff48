package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// sheet is a small table for people. It fits their terminal: where it would be too
// wide, its widest columns are wrapped, and where that is not enough, each row is a few
// lines. Nothing is cut.
type sheet struct {
	width int // of the terminal, in characters
	rows  [][]string
	right []int // columns of numbers
}

const (
	// usualWidth is what a sheet is fitted to where nobody knows the width.
	usualWidth = 120
	// leastWidth is as narrow as a column is made.
	leastWidth = 8
)

// newSheet is a sheet with the names of its columns, which are printed as they are.
func (a *app) newSheet(head ...string) *sheet {
	s := &sheet{width: a.terminal.width, rows: [][]string{head}}
	if s.width == 0 {
		s.width = usualWidth
	}
	return s
}

// add adds a row. Numbers go to the right of their column.
func (s *sheet) add(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		switch c.(type) {
		case int, int64:
			if !slices.Contains(s.right, i) {
				s.right = append(s.right, i)
			}
		}
		row[i] = printable(fmt.Sprint(c))
	}
	s.rows = append(s.rows, row)
}

// String is the sheet, without a line break at its end.
func (s *sheet) String() string {
	widths, fits := s.widths()
	if !fits {
		return s.byRow()
	}
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.Style().Options.DrawBorder = false
	configs := make([]table.ColumnConfig, len(widths))
	for i, w := range widths {
		configs[i] = table.ColumnConfig{Number: i + 1, WidthMax: w, WidthMaxEnforcer: text.WrapSoft}
		if slices.Contains(s.right, i) {
			configs[i].Align = text.AlignRight
		}
	}
	t.SetColumnConfigs(configs)
	for i, row := range s.rows {
		cells := make(table.Row, len(row))
		for j, c := range row {
			cells[j] = c
		}
		if i == 0 {
			t.AppendHeader(cells)
		} else {
			t.AppendRow(cells)
		}
	}
	lines := strings.Split(t.Render(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// byRow is the sheet where columns have no room: what stands first in a row, and below it
// the rest with the names of the columns.
func (s *sheet) byRow() string {
	const indent = "  "
	var lines []string
	for _, row := range s.rows[1:] {
		var cells []string
		for i, c := range row[1:] {
			if c != "" {
				cells = append(cells, s.rows[0][i+1]+": "+c)
			}
		}
		lines = append(lines, strings.Split(text.WrapSoft(row[0], s.width), "\n")...)
		for line := range strings.Lines(text.WrapSoft(strings.Join(cells, " · "), s.width-len(indent))) {
			lines = append(lines, indent+strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}

// widths takes from the widest column until the sheet fits, if it does.
func (s *sheet) widths() (widths []int, fits bool) {
	widths = make([]int, len(s.rows[0]))
	total := -1 // no line ends a row
	for i := range widths {
		for _, row := range s.rows {
			widths[i] = max(widths[i], text.StringWidthWithoutEscSequences(row[i]))
		}
		total += widths[i] + 3 // a blank on either side, and the line between
	}
	for total > s.width {
		i := widest(widths)
		if i < 0 {
			return widths, false
		}
		widths[i]--
		total--
	}
	return widths, true
}

// widest is the column to take from: the widest, but never the first, which has names.
// -1 is none.
func widest(widths []int) int {
	found := -1
	for i, w := range widths {
		if i > 0 && w > leastWidth && (found < 0 || w > widths[found]) {
			found = i
		}
	}
	return found
}
