package mcp

import (
	"encoding/json"
	"fmt"

	"ciomirror/connector"
)

// What an answer holds at most. The bytes are those of its rows; what stands around
// them has the rest of 16 kB.
const (
	maxRows  = 50
	maxBytes = 14_500
)

// defaultRows is how many records a search shows unless it is told.
const defaultRows = 20

// limited is the limit of a call: the one given, if it is allowed, or the usual one.
func limited(given *int, usual, most int) (int, error) {
	if given == nil {
		return usual, nil
	}
	if *given < 1 || *given > most {
		return 0, refuse(codeArguments, "/limit", "a longer answer comes in parts: its hint says how to go on", "limit is %d; it is from 1 to %d", *given, most)
	}
	return *given, nil
}

// fitting is how many of the rows, from the first, an answer has room for.
func fitting(rows []json.RawMessage) int {
	size := 0
	for i, r := range rows {
		if size += len(r) + 1; size > maxBytes {
			return i
		}
	}
	return len(rows)
}

// shorten cuts the long texts of a row that is too large for an answer by itself.
func shorten(row json.RawMessage) (json.RawMessage, int, error) {
	row, cut := connector.Shorten(row)
	if len(row) > maxBytes {
		return nil, 0, refuse(codeTooLarge, "", "ask for less of it: name some fields, or parts of a text with substr(field, 1, 2000) in mirror_sql",
			"one row has %d bytes even without its long texts; an answer has room for %d", len(row), maxBytes)
	}
	return row, cut, nil
}

// cutHint says how to read what was cut from texts.
func cutHint(texts int) string {
	return fmt.Sprintf("%d long texts were cut at %d characters; mirror_sql with substr(field, 1, 4000) reads more of one", texts, connector.MaxText)
}
