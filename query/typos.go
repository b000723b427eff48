package query

import (
	"strconv"

	"ciomirror/catalog"
	"ciomirror/query/match"
)

var exampleTypos = exampleWith("fuzzy", `"typos":1`)

// typos reads how many typing errors a word may have. It is an extension of ours: the
// hosted store knows none.
func typos(n node) (int, error) {
	if n.kind == 0 {
		return 0, nil
	}
	if n.kind == catalog.Integer {
		if typos, err := strconv.Atoi(n.text); err == nil && typos >= 1 && typos <= match.MaxTypos {
			return typos, nil
		}
	}
	e := fault(InvalidFilter, "/typos", "typos is %s, not 1 or 2", n.value().describe())
	if n.kind == catalog.Integer && n.text == "0" {
		return 0, e.show("leave typos out to have words as they are written, or write", exampleTypos)
	}
	return 0, e.show("it is the number of typing errors that a word may have:", exampleTypos)
}
