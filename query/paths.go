package query

import (
	"strings"

	"ciomirror/internal/canon"
	"ciomirror/query/match"
)

// AppendPaths appends what the paths lead to inside a compact JSON value, nested as
// it is there; a path through an array goes on in each element. found is false, and
// nothing is appended, when none of the paths leads anywhere. A key may have dots
// in it: segments that are one key together are taken so first.
func AppendPaths(b []byte, value string, paths [][]string) (longer []byte, found bool) {
	for _, p := range paths {
		if len(p) == 0 {
			return append(b, value...), value != "" && value != "null"
		}
	}
	start := len(b)
	switch {
	case strings.HasPrefix(value, "["):
		b = append(b, '[')
		for element := range match.Elements(value) {
			from := len(b)
			if from > start+1 {
				b = append(b, ',')
			}
			longer, ok := AppendPaths(b, element, paths)
			switch {
			case ok:
				b = longer
			case strings.HasPrefix(element, "{"):
				b = append(b, "{}"...) // the elements keep their places
			default:
				b = b[:from]
				continue
			}
			found = true
		}
		if !found && value != "[]" {
			return b[:start], false
		}
		return append(b, ']'), true
	case strings.HasPrefix(value, "{"):
		b = append(b, '{')
		inside := assign(value, paths)
		for name, v := range match.Members(value) {
			rest := inside[name]
			if rest == nil || v == "null" {
				continue
			}
			from := len(b)
			if from > start+1 {
				b = append(b, ',')
			}
			b = append(append(b, name...), ':')
			longer, ok := AppendPaths(b, v, rest)
			if !ok {
				b = b[:from]
				continue
			}
			b, found = longer, true
		}
		if found {
			return append(b, '}'), true
		}
	}
	return b[:start], false
}

// assign tells, by the quoted names of an object's members, which paths lead into
// each of them, and what is left of those.
func assign(object string, paths [][]string) map[string][][]string {
	inside := map[string][][]string{}
	for _, p := range paths {
		for n := len(p); n > 0; n-- {
			name := string(canon.AppendString(nil, strings.Join(p[:n], ".")))
			if _, ok := match.Member(object, name); ok {
				inside[name] = append(inside[name], p[n:])
				break
			}
		}
	}
	return inside
}

// DropPaths returns the compact JSON value without what the paths lead to. A path
// through an array goes on in each element.
func DropPaths(value string, paths [][]string) string {
	return string(appendWithout(nil, value, paths))
}

func appendWithout(b []byte, value string, paths [][]string) []byte {
	switch {
	case strings.HasPrefix(value, "["):
		b = append(b, '[')
		n := len(b)
		for element := range match.Elements(value) {
			if len(b) > n {
				b = append(b, ',')
			}
			b = appendWithout(b, element, paths)
		}
		return append(b, ']')
	case strings.HasPrefix(value, "{"):
		b = append(b, '{')
		n := len(b)
		inside := assign(value, paths)
	members:
		for name, v := range match.Members(value) {
			for _, rest := range inside[name] {
				if len(rest) == 0 {
					continue members
				}
			}
			if len(b) > n {
				b = append(b, ',')
			}
			b = appendWithout(append(append(b, name...), ':'), v, inside[name])
		}
		return append(b, '}')
	}
	return append(b, value...)
}
