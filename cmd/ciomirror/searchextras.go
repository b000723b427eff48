package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ciomirror/catalog"
	"ciomirror/query"
)

// withExtras adds to the params of a search what is ours alone.
func withExtras(params []byte, o searchOptions) ([]byte, error) {
	more := bytes.Clone(params[:len(params)-1])
	if o.count {
		more = append(more, `,"count":true`...)
	}
	if len(o.facets) > 0 {
		list, err := json.Marshal(o.facets)
		if err != nil {
			return nil, err
		}
		more = append(append(more, `,"facets":`...), list...)
	}
	if o.typosGiven {
		more = fmt.Appendf(more, `,"typos":%d`, o.typos)
	}
	if o.suggest {
		more = append(more, `,"suggest":true`...)
	}
	return append(more, '}'), nil
}

// printExtras tells what is about the answer and not in its rows.
func (a *app) printExtras(e query.Extras) {
	if e.Count != nil {
		least := ""
		if e.CountPartial {
			least = "at least "
		}
		fmt.Fprintf(a.err, "count: %s%d\n", least, *e.Count)
	}
	for _, field := range slices.Sorted(maps.Keys(e.Facets)) {
		values := e.Facets[field]
		var told []string
		for _, v := range values.Values {
			told = append(told, fmt.Sprintf("%s %d", v.Value, v.Count))
		}
		if values.More {
			told = append(told, "…")
		}
		if len(told) == 0 {
			told = append(told, "no values")
		}
		line := field + ": " + strings.Join(told, ", ")
		if values.Partial {
			line += " (of some of the rows: time ran out)"
		}
		fmt.Fprintln(a.err, printable(line))
	}
	for _, field := range slices.Sorted(maps.Keys(e.Suggestions)) {
		s := e.Suggestions[field]
		if len(s.Words) == 0 {
			continue
		}
		each := ""
		if len(s.Words) > 1 {
			each = ", each for itself"
		}
		line := "no rows; nearest words in " + field + each + ": " + strings.Join(s.Words, ", ")
		if s.Partial {
			line += " (of some of the rows)"
		}
		fmt.Fprintln(a.err, printable(line))
	}
}

// withoutPersonal leaves out what would put data about people where nobody asked for
// it and somebody may keep it, which is stderr unless it is a terminal.
func withoutPersonal(entity string, suggestions map[string]query.Suggestion) {
	e, _ := catalog.Default().Entity(entity) // it was searched
	maps.DeleteFunc(suggestions, func(field string, _ query.Suggestion) bool {
		f, known := e.Field(field)
		return !known || f.Is(catalog.Personal)
	})
}
