package main

import (
	"encoding/json"
	"strings"
	"testing"

	"ciomirror/store"
)

// TestSomeOfEachKindOfDifference: no kind hides another, whatever there is most of.
func TestSomeOfEachKindOfDifference(t *testing.T) {
	var rows []rowDiff
	for kind, n := range map[string]int{store.Added: 50, store.Changed: 3, store.Removed: 1} {
		for range n {
			rows = append(rows, rowDiff{Change: kind})
		}
	}
	for limit, want := range map[int]string{1: "~", 2: "~-", 3: "~-+", 10: "~~~-++++++", 0: "~~~-" + strings.Repeat("+", 50), 1000: "~~~-" + strings.Repeat("+", 50)} {
		got := ""
		for _, r := range someOfEach(rows, limit) {
			got += strings.TrimSpace(r.line())[:1]
		}
		if got != want {
			t.Errorf("of at most %d the rows are %s, want %s", limit, got, want)
		}
	}
}

// TestAnEmptyTextIsAValue and not the want of one.
func TestAnEmptyTextIsAValue(t *testing.T) {
	r := rowDiff{Change: store.Changed, label: "8", order: []string{"a", "b"}, Fields: map[string][2]json.RawMessage{
		"a": {json.RawMessage(`""`), json.RawMessage(`"x"`)}, "b": {json.RawMessage("null"), json.RawMessage(`""`)}}}
	want := "  ~ 8\n      a: \"\" → x\n      b: ∅ → \"\""
	if got := r.line(); got != want {
		t.Errorf("the row is shown as\n%s\nwant\n%s", got, want)
	}
}
