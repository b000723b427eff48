package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// tableWriter prints a table for people. Where its columns do not fit a terminal side by
// side, texts are cut, and names last; where that is not enough, each row is a block of
// lines.
type tableWriter struct {
	out     io.Writer
	columns []string
	rows    [][]string
	width   int // of the terminal; 0 for no bound
	say     func(string, ...any)
	// partly is set where nobody named the columns: rather than blocks of many lines
	// there are as many columns as fit.
	partly  bool
	instead string // what to do for a table where there were blocks
}

// newTableWriter makes one for a. A table is for people wherever it goes.
func newTableWriter(out io.Writer, columns []string, a *app) *tableWriter {
	w := &tableWriter{out: out, columns: slices.Clone(columns), width: a.width(), say: a.say,
		instead: "widen the terminal, or -o csv"}
	if a.inShell {
		w.instead = "name fewer, widen the terminal, or .mode csv"
	}
	for i, c := range w.columns {
		w.columns[i] = printable(c)
	}
	return w
}

const (
	// cellWidth is the most that one cell takes where nobody knows the width, in columns
	// of the terminal: letters of East Asia and most pictures take two. A word that is
	// longer is nothing that people type, and may be cut like a text.
	cellWidth = 48
	// leastText is as far as a text is cut; less says nothing.
	leastText = 12
)

func (w *tableWriter) write(r row) error {
	cells := make([]string, len(r))
	for i, v := range r {
		cells[i] = printable(strings.NewReplacer("\n", " ", "\t", " ").Replace(plain(v)))
	}
	w.rows = append(w.rows, cells)
	return nil
}

func (w *tableWriter) close() error {
	columns := w.measure()
	shown, fits := columns, true
	switch {
	case w.width == 0:
		for i := range shown {
			shown[i].width = min(shown[i].width, max(cellWidth, shown[i].least))
		}
	case w.partly:
		shown = fitting(columns, w.width)
	default:
		fits = narrow(shown, w.width)
	}
	if !fits {
		return w.blocks(columns)
	}
	if err := w.sideBySide(shown); err != nil {
		return err
	}
	if hidden := len(columns) - len(shown); hidden > 0 {
		w.say("%d more columns do not fit: name some with --fields, or take all with -o json", hidden)
	}
	return nil
}

func (w *tableWriter) sideBySide(columns []tableColumn) error {
	t := lightTable()
	head := make(table.Row, len(columns))
	for i, c := range columns {
		head[i] = w.columns[c.index]
	}
	t.AppendHeader(head)
	for _, r := range w.rows {
		cells := make(table.Row, len(columns))
		for i, c := range columns {
			cells[i] = text.Snip(r[c.index], c.width, "…")
		}
		t.AppendRow(cells)
	}
	_, err := fmt.Fprintln(w.out, t.Render())
	return err
}

// blocks shows each row as lines of a name and a value, of which nothing is cut.
func (w *tableWriter) blocks(columns []tableColumn) error {
	names := 0
	for _, c := range w.columns {
		names = max(names, text.StringWidthWithoutEscSequences(c))
	}
	names = min(names, w.width/2)
	t := lightTable()
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, WidthMax: names, WidthMaxEnforcer: text.WrapHard},
		{Number: 2, WidthMax: max(1, w.width-names-2*between), WidthMaxEnforcer: text.WrapSoft},
	})
	for _, r := range w.rows {
		for _, c := range columns {
			t.AppendRow(table.Row{w.columns[c.index], r[c.index]})
		}
		t.AppendSeparator()
	}
	if _, err := fmt.Fprintln(w.out, t.Render()); err != nil {
		return err
	}
	w.say("%d columns do not fit side by side: %s", len(columns), w.instead)
	return nil
}

func lightTable() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault // names as they are
	t.Style().Options.DrawBorder = false
	return t
}

// tableColumn is a column and the room that it has.
type tableColumn struct {
	index, width, least int
	gives               giving
}

// giving says which columns are cut before others.
type giving int

const (
	textGives giving = iota
	nameGives        // a name of several words: what people know a row by
	neverCut         // what people type again: a number, a time, an id, a name of one word
)

// between is what stands between two columns: a blank on either side of a line.
const between = 3

// measure finds out how wide each column is, and how narrow it can be. Where only some
// are shown, those that say least come last: without a value, and the mirror's own.
func (w *tableWriter) measure() []tableColumn {
	columns := make([]tableColumn, len(w.columns))
	last := make([]int, len(w.columns))
	for i, name := range w.columns {
		c := tableColumn{index: i, least: text.StringWidthWithoutEscSequences(name), gives: neverCut}
		c.width = c.least
		holds := false
		for _, r := range w.rows {
			c.width = max(c.width, text.StringWidthWithoutEscSequences(r[i]))
			holds = holds || r[i] != ""
			if !typedAgain(r[i]) {
				c.gives = textGives
			}
		}
		if c.least = min(c.width, max(c.least, leastText)); c.gives == neverCut {
			c.least = c.width
		} else if name == "name" {
			c.gives = nameGives
		}
		columns[i] = c
		last[i] = len(name) - len(strings.TrimPrefix(name, "_"))
		if !holds {
			last[i]++
		}
	}
	if w.partly && w.width > 0 {
		slices.SortStableFunc(columns, func(a, b tableColumn) int { return cmp.Compare(last[a.index], last[b.index]) })
	}
	return columns
}

// typedAgain reports whether a value is a number, a time, an id or a name without a
// blank: cut, it is worth nothing.
func typedAgain(value string) bool {
	if _, ok := instantOf(value); ok {
		return true
	}
	return len(value) <= cellWidth && !strings.ContainsAny(value, " [{")
}

// narrow takes from the widest column of those that give first, until all fit.
func narrow(columns []tableColumn, width int) (fits bool) {
	total := -1 // no line ends a row
	for _, c := range columns {
		total += c.width + between
	}
	for gives := textGives; gives < neverCut; gives++ {
		for total > width {
			widest := -1
			for i, c := range columns {
				if c.gives == gives && c.width > c.least && (widest < 0 || c.width > columns[widest].width) {
					widest = i
				}
			}
			if widest < 0 {
				break
			}
			columns[widest].width--
			total--
		}
	}
	return total <= width
}

// fitting are the first columns, as many as fit, one at least.
func fitting(columns []tableColumn, width int) []tableColumn {
	for n := len(columns); n > 1; n-- {
		if some := slices.Clone(columns[:n]); narrow(some, width) {
			return some
		}
	}
	some := slices.Clone(columns[:min(1, len(columns))])
	narrow(some, width)
	return some
}
