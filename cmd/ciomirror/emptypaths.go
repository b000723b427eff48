package main

import (
	"encoding/json"
	"strconv"
	"strings"
)

// hintNothingThere names the paths below an object at which no row has anything. They
// are no error: what is in such objects nobody knows beforehand.
func (a *app) hintNothingThere(fields []string, rows []json.RawMessage) {
	if len(rows) == 0 {
		return
	}
	for _, path := range fields {
		root, _, ok := strings.Cut(path, ".")
		if ok && !anyHas(rows, strings.Split(path, ".")) {
			a.say("hint:  none of these rows has anything at %s; to see what there is: --fields %s", path, root)
		}
	}
}

func anyHas(rows []json.RawMessage, path []string) bool {
	for _, r := range rows {
		var row any
		if json.Unmarshal(r, &row) == nil && has(row, path) {
			return true
		}
	}
	return false
}

// has reports whether there is something in v at a path, which goes into every item of
// a list, or into the one whose number it names.
func has(v any, path []string) bool {
	if len(path) == 0 {
		return true
	}
	switch v := v.(type) {
	case map[string]any:
		name := strings.TrimSuffix(path[0], "[]")
		below, ok := v[name]
		if !ok {
			below, ok = v[strings.TrimSuffix(name, "_")] // type_ is how Python spells type
		}
		return ok && has(below, path[1:])
	case []any:
		if _, err := strconv.Atoi(path[0]); err == nil && len(v) > 0 {
			path = path[1:]
		}
		for _, item := range v {
			if has(item, path) {
				return true
			}
		}
	}
	return false
}
