package sim

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// input is the object in a request's body, by key.
type input map[string]json.RawMessage

// input reads the body of a write. Numbers keep their form.
func (c *call) input() (input, *reply) {
	var in input
	if json.Unmarshal(c.body, &in) != nil || in == nil {
		return nil, c.fail(http.StatusBadRequest, "the request body must be a JSON object")
	}
	return in, nil
}

// has reports whether a key is there with something in it: null, "", [] and {}
// count as nothing.
func (in input) has(key string) bool {
	switch string(bytes.Join(bytes.Fields(in[key]), nil)) {
	case "", "null", `""`, "[]", "{}":
		return false
	}
	return true
}

func (in input) given(key string) bool { _, there := in[key]; return there }

// text is a string value; ok is false when it is something else.
func (in input) text(key string) (s string, ok bool) {
	raw, there := in[key]
	if !there || string(raw) == "null" {
		return "", true
	}
	return s, json.Unmarshal(raw, &s) == nil
}

// integer is a whole number, also one in a string.
func (in input) integer(key string) (n int64, ok bool) {
	n, err := strconv.ParseInt(string(bytes.Trim(in[key], `"`)), 10, 64)
	return n, err == nil
}

func (in input) truth(key string) bool { return string(in[key]) == "true" }

func (in input) object(key string) (input, bool) {
	var o input
	err := json.Unmarshal(in[key], &o)
	return o, err == nil && o != nil
}

// merge copies the keys that a write may change into a record. Headers come as an
// array and are kept as a JSON string, which is how the API returns them.
func (in input) merge(o *object, keys ...string) {
	for _, k := range keys {
		raw, there := in[k]
		if !there {
			continue
		}
		var small bytes.Buffer
		if json.Compact(&small, raw) != nil {
			continue // cannot be: the body was parsed
		}
		if k == "headers" && small.Len() > 0 && small.Bytes()[0] == '[' {
			o.str(k, small.String())
			continue
		}
		o.put(k, small.Bytes())
	}
}

func (in input) keys() []string { return slices.Sorted(maps.Keys(in)) }
