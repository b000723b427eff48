package connector

import "encoding/json"

// Shorten cuts the texts of a compact JSON value that are longer than MaxText, and
// returns how many it cut.
func Shorten(v json.RawMessage) (json.RawMessage, int) { return appendCut(nil, string(v)) }
