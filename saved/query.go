package saved

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Query is a saved question: a statement or a search.
type Query struct {
	Name        string
	File        string // where it stands, "" for one of ours
	Title       string
	Description string
	Params      []Param // in the file's order; those of a search by name
	SQL         string  // the statement; "" for a search
	Search      *Search // nil for a statement
	Text        string  // the file
}

// Search is a context-store search of one entity.
type Search struct {
	Entity string
	Query  json.RawMessage
	Limit  int // 0 for the default
	Fields []string
}

// Param is a parameter of a query.
type Param struct {
	Name    string  `json:"param"`
	Type    Type    `json:"type"`
	Default *string `json:"default"` // as a person would write it; nil when one must be given
	Doc     string  `json:"doc"`
}

// Type is what a parameter's value may be.
type Type string

// The types. A time is bound as Unix seconds.
const (
	Text    Type = "text"
	Integer Type = "integer"
	Number  Type = "number"
	Boolean Type = "boolean"
	Time    Type = "time"
)

var types = []Type{Text, Integer, Number, Boolean, Time}

// ParamError says which parameter was given wrongly.
type ParamError struct{ Msg, Hint string }

func (e *ParamError) Error() string { return e.Msg }

// Bind gives every parameter a value of its type, from what was given as text or
// else its default. times reads a time as people write it. Errors: *ParamError.
func (q *Query) Bind(given map[string]string, times func(string) (time.Time, error)) (map[string]any, error) {
	for name := range given {
		if !slices.ContainsFunc(q.Params, func(p Param) bool { return p.Name == name }) {
			return nil, &ParamError{Msg: fmt.Sprintf("%s has no parameter %q", q.Name, name), Hint: q.paramHint()}
		}
	}
	bound := map[string]any{}
	for _, p := range q.Params {
		text, ok := given[p.Name]
		if !ok && p.Default == nil {
			return nil, &ParamError{Msg: fmt.Sprintf("%s needs a value for %s (%s)", q.Name, p.Name, p.Type),
				Hint: fmt.Sprintf("give one: --param %s=…", p.Name)}
		}
		if !ok {
			text = *p.Default
		}
		v, err := p.value(text, times)
		if err != nil {
			return nil, &ParamError{Msg: fmt.Sprintf("%s of %s: %v", p.Name, q.Name, err), Hint: q.paramHint()}
		}
		bound[p.Name] = v
	}
	return bound, nil
}

func (q *Query) paramHint() string {
	if len(q.Params) == 0 {
		return "it has none"
	}
	var words []string
	for _, p := range q.Params {
		words = append(words, fmt.Sprintf("%s (%s)", p.Name, p.Type))
	}
	return "its parameters: " + strings.Join(words, ", ")
}

func (p Param) value(text string, times func(string) (time.Time, error)) (any, error) {
	switch p.Type {
	case Integer:
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n, nil
		}
	case Number:
		if x, err := strconv.ParseFloat(text, 64); err == nil && x-x == 0 {
			return x, nil
		}
	case Boolean:
		if text == "true" || text == "false" {
			return text == "true", nil
		}
	case Time:
		t, err := times(text)
		if err != nil {
			return nil, err
		}
		return t.Unix(), nil
	default:
		return text, nil
	}
	return nil, fmt.Errorf("%q is no %s", text, p.Type)
}

// Arguments are the params of a context_store_search with the bound values in their
// places. The query must be a search.
func (q *Query) Arguments(bound map[string]any) ([]byte, error) {
	query, err := decode(q.Search.Query)
	if err != nil {
		return nil, fmt.Errorf("read the search of %s: %w", q.Name, err)
	}
	arguments := map[string]any{"query": substitute(query, bound)}
	if q.Search.Limit > 0 {
		arguments["limit"] = q.Search.Limit
	}
	if len(q.Search.Fields) > 0 {
		arguments["fields"] = q.Search.Fields
	}
	return json.Marshal(arguments)
}

// substitute puts values where their names stand. Keys are never values.
func substitute(v any, bound map[string]any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = substitute(e, bound)
		}
	case []any:
		for i, e := range v {
			v[i] = substitute(e, bound)
		}
	case string:
		if name, ok := strings.CutPrefix(v, ":"); ok {
			if value, ok := bound[name]; ok {
				return value
			}
		}
	}
	return v
}

func decode(text []byte) (v any, err error) {
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}
