package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// tableWriter prints a table for people.
type tableWriter struct {
	out     io.Writer
	columns []string
	rows    [][]string
	width   int
	say     func(string, ...any)
	more    string // how to get at columns for which there is no room
}

// newTableWriter makes one for a. A table is for people wherever it goes.
func newTableWriter(out io.Writer, columns []string, a *app) *tableWriter {
	w := &tableWriter{out: out, columns: slices.Clone(columns), width: a.width(), say: a.say,
		more: "take all with -o json, or name some where there is --fields"}
	if a.inShell {
		w.more = "name some in the statement, or see all with .mode json"
	}
	for i, c := range w.columns {
		w.columns[i] = printable(c)
	}
	return w
}

// cellWidth is the most that one cell takes in a table, in columns of the terminal:
// letters of East Asia and most pictures take two.
const cellWidth = 48

// fewColumns are so few that all of them are shown, however narrow.
const fewColumns = 8

func (w *tableWriter) write(r row) error {
	cells := make([]string, len(r))
	for i, v := range r {
		cells[i] = printable(strings.NewReplacer("\n", " ", "\t", " ").Replace(plain(v)))
		if number := len(v) > 0 && (v[0] == '-' || v[0] >= '0' && v[0] <= '9'); !number {
			cells[i] = text.Snip(cells[i], w.cellWidth(), "…")
		}
	}
	w.rows = append(w.rows, cells)
	return nil
}

// cellWidth is the room of one cell: columns that are few share the terminal, so
// that none that somebody named is left out.
func (w *tableWriter) cellWidth() int {
	n := len(w.columns)
	if w.width == 0 || n > fewColumns {
		return cellWidth
	}
	return min(cellWidth, max(6, w.width/n-3))
}

func (w *tableWriter) close() error {
	shown := w.fitting()
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault // names as they are
	t.Style().Options.DrawBorder = false
	t.AppendHeader(pickCells(w.columns, shown))
	for _, r := range w.rows {
		t.AppendRow(pickCells(r, shown))
	}
	if _, err := fmt.Fprintln(w.out, t.Render()); err != nil {
		return err
	}
	if hidden := len(w.columns) - len(shown); hidden > 0 {
		w.say("%d more columns do not fit: %s", hidden, w.more)
	}
	return nil
}

// fitting are the columns that a terminal has room for: first those that hold
// something, from the left, those of the mirror's own last. Without a width all are
// shown, in their order.
func (w *tableWriter) fitting() []int {
	var shown []int
	room := w.width
	for _, i := range w.ownLast() {
		name := w.columns[i]
		widest, holds := text.StringWidthWithoutEscSequences(name), false
		for _, r := range w.rows {
			widest = max(widest, text.StringWidthWithoutEscSequences(r[i]))
			holds = holds || r[i] != ""
		}
		few := len(w.columns) <= fewColumns
		if w.width > 0 && len(w.rows) > 0 && !holds && !few {
			continue
		}
		room -= widest + 3
		if w.width > 0 && room < 0 && len(shown) > 0 {
			break
		}
		shown = append(shown, i)
	}
	return shown
}

// ownLast is the order in which columns get their room.
func (w *tableWriter) ownLast() []int {
	order := make([]int, len(w.columns))
	for i := range order {
		order[i] = i
	}
	if w.width > 0 {
		own := func(i int) int { return len(w.columns[i]) - len(strings.TrimPrefix(w.columns[i], "_")) }
		slices.SortStableFunc(order, func(a, b int) int { return own(a) - own(b) })
	}
	return order
}

func pickCells(cells []string, columns []int) table.Row {
	r := make(table.Row, len(columns))
	for i, c := range columns {
		r[i] = cells[c]
	}
	return r
}
