package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
)

var terminalWidths = []int{40, 60, 80, 120, 200}

// shownOn prints rows of texts as a terminal of that width is shown them.
func shownOn(t *testing.T, width int, partly bool, columns []string, texts [][]string) (out, said string) {
	t.Helper()
	var shown, problems bytes.Buffer
	a := &app{out: &shown, err: &problems}
	a.terminal.out, a.terminal.width = true, width
	err := a.printColumns(formatTable, columns, partly, func(yield func(row, error) bool) {
		for _, r := range texts {
			line := make(row, len(r))
			for i, s := range r {
				line[i] = cell(s)
			}
			if !yield(line, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(shown.String()) {
		if n := text.StringWidthWithoutEscSequences(strings.TrimRight(line, "\n")); n > width {
			t.Errorf("a line takes %d columns of %d: %q", n, width, line)
		}
	}
	return shown.String(), problems.String()
}

// TestOnlyTextsAreCut: names, ids and times are typed again, so they are whole at every
// width, and what is cut has all the room that is left.
func TestOnlyTextsAreCut(t *testing.T) {
	columns := []string{"query", "changed", "title", "name", "sent"}
	title, name := strings.Repeat("long title ", 12)+"end", strings.Repeat("Account manager ", 3)+"introduction"
	rows := [][]string{
		{"bounces-by-domain", "2026-11-22 02:00", title, name, "1234567"},
		{"weekly-report", "2026-11-22T02:00:00Z", "short", "Welcome", "8"},
	}
	for _, width := range terminalWidths {
		out, said := shownOn(t, width, false, columns, rows)
		for _, whole := range append([]string{"bounces-by-domain", "2026-11-22 02:00", "2026-11-22T02:00:00Z", "1234567"}, columns...) {
			if !strings.Contains(out, whole) {
				t.Errorf("at %d %q is not there whole:\n%s", width, whole, out)
			}
		}
		blocks := !strings.Contains(out, "│ changed ")
		// A title of 12 and a name of 12 need 84 columns beside what is never cut.
		if want := width < 84; blocks != want || want != strings.Contains(said, "-o csv") || strings.Contains(said, "--fields") {
			t.Errorf("at %d blocks are %v, said is %q:\n%s", width, blocks, said, out)
		}
		head, _, _ := strings.Cut(out, "\n")
		switch room := text.StringWidthWithoutEscSequences(head); {
		case blocks && strings.Contains(out, "…"):
			t.Errorf("at %d a block cuts:\n%s", width, out)
		case !blocks && room != width:
			t.Errorf("at %d a table that cuts takes %d:\n%s", width, room, out)
		}
		if cut := !strings.Contains(out, name); width == 200 && cut || width == 120 && strings.Contains(out, title) {
			t.Errorf("at %d the name gives before the title:\n%s", width, out)
		}
	}
}

// TestNothingIsCutThatFits at any width that has the room.
func TestNothingIsCutThatFits(t *testing.T) {
	long := strings.Repeat("ten chars ", 6)
	for _, width := range terminalWidths {
		out, said := shownOn(t, width, false, []string{"id", "t"}, [][]string{{"1", long}})
		if fits := 1+len(long)+5 <= width; fits == strings.Contains(out, "…") || said != "" {
			t.Errorf("at %d, where it fits: %v, said is %q:\n%s", width, fits, said, out)
		}
	}
}

// TestNobodyLosesColumnsThatTheyNamed: twelve numbers are side by side or below one
// another; of fields that nobody named there are as many as fit.
func TestNobodyLosesColumnsThatTheyNamed(t *testing.T) {
	columns, values := make([]string, 12), make([]string, 12)
	for i := range columns {
		columns[i], values[i] = fmt.Sprintf("column_%02d", i), fmt.Sprint(1000+i)
	}
	const each = 12 // column_00 and what is between
	for _, width := range terminalWidths {
		out, _ := shownOn(t, width, false, columns, [][]string{values})
		for i := range columns {
			if !strings.Contains(out, columns[i]) || !strings.Contains(out, values[i]) {
				t.Errorf("at %d %s is missing:\n%s", width, columns[i], out)
			}
		}
		out, said := shownOn(t, width, true, columns, [][]string{values})
		fits := min(len(columns), (width+1)/each)
		if n := strings.Count(out, "column_"); n != fits {
			t.Errorf("at %d there are %d columns, %d fit:\n%s", width, n, fits, out)
		}
		if hidden := len(columns) - fits; hidden > 0 != strings.HasPrefix(said, fmt.Sprintf("%d more columns do not fit", hidden)) {
			t.Errorf("at %d, %d hidden, said is %q", width, hidden, said)
		}
	}
}
