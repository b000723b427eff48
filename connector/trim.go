package connector

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"ciomirror/internal/canon"
	"ciomirror/query"
	"ciomirror/query/match"
)

// MaxText is how many characters of a text are left when a request asks for long
// texts to be cut.
const MaxText = 200

// trim takes from the rows, in place, what the request does not want to see: first
// fields, then the ends of long texts. It returns how many texts it cut.
func trim(rows []json.RawMessage, r Request) (cut int, err error) {
	chosen, dropped := paths(r.SelectFields), paths(r.ExcludeFields)
	long := r.SkipTruncation == nil || *r.SkipTruncation
	if chosen == nil && dropped == nil && long {
		return 0, nil
	}
	for i, row := range rows {
		// The API's own spelling may have white space, which the rest cannot read.
		if err := (*jsontext.Value)(&row).Compact(); err != nil {
			return 0, err
		}
		switch {
		case chosen != nil:
			kept, found := query.AppendPaths(nil, string(row), chosen)
			if !found {
				kept = []byte("{}")
			}
			rows[i] = kept
		case dropped != nil:
			rows[i] = json.RawMessage(query.DropPaths(string(row), dropped))
		}
		if !long {
			b, n := appendCut(nil, string(rows[i]))
			rows[i], cut = b, cut+n
		}
	}
	return cut, nil
}

func paths(dotted []string) [][]string {
	var list [][]string
	for _, d := range dotted {
		segments := strings.Split(d, ".")
		for i, s := range segments {
			segments[i] = strings.TrimSuffix(s, "[]")
		}
		list = append(list, segments)
	}
	return list
}

// appendCut appends a compact JSON value with its long texts cut.
func appendCut(b []byte, v string) (longer []byte, cut int) {
	switch {
	case strings.HasPrefix(v, "{"):
		b = append(b, '{')
		n := len(b)
		for name, inner := range match.Members(v) {
			if len(b) > n {
				b = append(b, ',')
			}
			var k int
			b, k = appendCut(append(append(b, name...), ':'), inner)
			cut += k
		}
		return append(b, '}'), cut
	case strings.HasPrefix(v, "["):
		b = append(b, '[')
		n := len(b)
		for inner := range match.Elements(v) {
			if len(b) > n {
				b = append(b, ',')
			}
			var k int
			b, k = appendCut(b, inner)
			cut += k
		}
		return append(b, ']'), cut
	case strings.HasPrefix(v, `"`) && len(v) > MaxText:
		if s := canon.Text(v); utf8.RuneCountInString(s) > MaxText {
			end := 0
			for range MaxText {
				_, n := utf8.DecodeRuneInString(s[end:])
				end += n
			}
			return canon.AppendString(b, s[:end]), 1
		}
	}
	return append(b, v...), 0
}
