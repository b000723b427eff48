package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// A sheet is never wider than its terminal, and all that was added can be read in it.
func TestSheetsFitTheirTerminals(t *testing.T) {
	for _, width := range []int{40, 60, 100, 0} {
		a := &app{}
		a.terminal.width = width
		s := a.newSheet("entity", "rows", "what it is")
		s.add("campaigns", 12, "What sends by itself, to people who came to fit.")
		s.add("transactional_message_contents", int64(1234567), "The variants of a template; one for each language.")
		text := s.String()
		widest := usualWidth
		if width > 0 {
			widest = width
		}
		words := map[string]bool{}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > widest {
				t.Errorf("%d wide at %d: %q", n, widest, line)
			}
			for _, w := range strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '│' || r == '\n' }) {
				words[w] = true
			}
		}
		for _, w := range []string{"campaigns", "transactional_message_contents", "12", "1234567", "variants", "people"} {
			if !words[w] {
				t.Errorf("%q is not to be read at %d:\n%s", w, widest, text)
			}
		}
	}
}

// Where even wrapped columns have no room, each row is lines of its own.
func TestASheetOfManyColumnsIsReadByRow(t *testing.T) {
	a := &app{}
	a.terminal.width = 40
	s := a.newSheet("entity", "status", "rows", "new", "changed", "gone", "requests")
	s.add("transactional_message_contents", "complete", 30, 7, 0, 0, 30)
	s.add("campaigns", "", 80, 80, 0, 0, 1)
	want := "transactional_message_contents\n  status: complete · rows: 30 · new: 7 ·\n  changed: 0 · gone: 0 · requests: 30\n" +
		"campaigns\n  rows: 80 · new: 80 · changed: 0 ·\n  gone: 0 · requests: 1"
	if got := s.String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// A table that has just room enough is a table.
func TestASheetUsesItsWholeTerminal(t *testing.T) {
	const row, rule = " segments │ complete │   15", "──────────┼──────────┼──────"
	for width, table := range map[int]bool{utf8.RuneCountInString(rule): true, utf8.RuneCountInString(rule) - 1: false} {
		a := &app{}
		a.terminal.width = width
		s := a.newSheet("entity", "status", "rows")
		s.add("segments", "complete", 15)
		if got := strings.HasSuffix(s.String(), rule+"\n"+row); got != table {
			t.Errorf("%d columns: %s", width, s)
		}
	}
}

// What comes from the workspace cannot steer the terminal.
func TestSheetsAreHarmless(t *testing.T) {
	s := (&app{}).newSheet("name")
	s.add("a\x1b[2Jb")
	if strings.Contains(s.String(), "\x1b") {
		t.Errorf("%q", s.String())
	}
}
