package catalog

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// The catalog against the reference, one by one. The reference is no part of the
// project, so its folder is named by CIOMIRROR_REFERENCE; without it there is
// nothing to compare with, and the test says so.
func TestCatalogIsThatOfTheReference(t *testing.T) {
	dir := os.Getenv("CIOMIRROR_REFERENCE")
	if dir == "" {
		t.Log("nothing compared: CIOMIRROR_REFERENCE does not name the folder of the reference")
		return
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	sections := refSections(string(read("entities.md")))
	operations := read("operations.json")
	x := &exceptions{reasons: differs(), used: map[string]bool{}}
	comparisons := []struct {
		name string
		run  func(comparison)
	}{
		{"fields", func(t comparison) { compareFields(t, sections) }},
		{"results", func(t comparison) { compareResults(t, sections) }},
		{"beyond the page", func(t comparison) { compareBeyond(t, sections) }},
		{"actions", func(t comparison) { compareActions(t, sections) }},
		{"operations", func(t comparison) { compareOperations(t, operations) }},
	}
	ran := 0
	for _, c := range comparisons {
		t.Run(c.name, func(t *testing.T) {
			ran++
			c.run(comparison{t, x})
		})
	}
	if ran < len(comparisons) {
		return // -run chose some of them; the rest may need the exceptions
	}
	for what := range x.reasons {
		if !x.used[what] {
			t.Errorf("the exception %q excuses nothing", what)
		}
	}
}

// differs lists where the catalog departs from the reference on purpose: where and
// what, and the reason.
func differs() map[string]string {
	return map[string]string{
		"campaign_actions.get action_id: types":        `the wire column adds "accept a numeric string too", so string stands beside integer`,
		"messages.get get_tracked_responses: beyond":   "only the table of messages.list names it, and says there that the single get takes it too",
		"broadcast_trigger.create: path of operations": "operations.json names the parameter broadcast_id, the page campaign_id; the path is the same",
		"messages.list type: enum of operations":       "the page lacks live_notification, and the catalog's values are the page's",
	}
}

type exceptions struct {
	reasons map[string]string
	used    map[string]bool
}

// excuse reports whether a mismatch is meant, and notes that the exception is needed.
func (x *exceptions) excuse(what string) bool {
	x.used[what] = true
	return x.reasons[what] != ""
}

// comparison is a test in which a mismatch is an error unless it is excused.
type comparison struct {
	*testing.T
	*exceptions
}

func (t comparison) mismatch(what, format string, args ...any) {
	t.Helper()
	if !t.excuse(what) {
		t.Errorf(what+": "+format, args...)
	}
}

// compareNames reports each name that is missing or too many, and the order where
// the names agree.
func compareNames(t comparison, at, what string, want, got []string) {
	t.Helper()
	ok := true
	for _, n := range want {
		if !slices.Contains(got, n) {
			t.Errorf("%s: %s: the catalog lacks %s", at, what, n)
			ok = false
		}
	}
	for _, n := range got {
		if !slices.Contains(want, n) {
			t.Errorf("%s: %s: the reference lacks %s", at, what, n)
			ok = false
		}
	}
	if ok && !slices.Equal(want, got) {
		t.Errorf("%s: %s in another order:\n got %v\nwant %v", at, what, got, want)
	}
}

// refBare is a path without the names of its parameters.
func refBare(path string) string {
	return regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "{}")
}

func refFieldNames(fields []refField) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.name)
	}
	return out
}

func fieldNames(fields []Field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Name)
	}
	return out
}

func kindWords(kinds []Kind) []string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.String())
	}
	return out
}

// unitWord is a unit as the reference writes it.
func unitWord(u Unit) string {
	if u == "" {
		return "–"
	}
	return string(u)
}
