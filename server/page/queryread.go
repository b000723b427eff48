package page

import (
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"ciomirror/catalog"
	"ciomirror/internal/sqltext"
)

// readQuestion reads which question an address asks. Its parameters are read with
// their values, by one of the functions below.
func (p *Page) readQuestion(q url.Values) (v queryView, err error) {
	v = queryView{
		Tab: tabSQL, SQL: strings.TrimSpace(inForms.Replace(q.Get("sql"))), Entity: q.Get("entity"), Filter: strings.TrimSpace(q.Get("filter")),
		AsOf: strings.TrimSpace(q.Get("as_of")), name: q.Get("saved"),
	}
	if v.All, v.Broken, err = p.o.Library.Queries(); err != nil {
		return v, err
	}
	switch {
	case v.name != "" || q.Get("tab") == tabSaved:
		v.Tab = tabSaved
	case v.Entity != "" || q.Get("tab") == tabFilter:
		v.Tab = tabFilter
	}
	return v, v.known(q)
}

// questions are the names of which each tab makes its question.
var questions = map[string][]string{tabSQL: {"sql"}, tabFilter: {"entity", "filter"}, tabSaved: {"saved"}}

// known refuses an address with more than the question of one tab. Values of parameters
// are looked at with the parameters.
func (v *queryView) known(q url.Values) error {
	names := append(slices.Clone(questions[v.Tab]), "tab", "as_of", "x", "y")
	for name := range q {
		if strings.HasPrefix(name, "p.") {
			names = append(names, name)
		}
	}
	if tab := q.Get("tab"); tab != "" && tab != v.Tab {
		return wrong("the tabs are "+strings.Join([]string{tabSQL, tabFilter, tabSaved}, ", "), "the address cannot be read: the tab %q does not go with the question", tab)
	}
	return known(q, names...)
}

// paramsIn are the values of parameters in a URL: p.name=value.
func paramsIn(q url.Values) map[string]string {
	given := map[string]string{}
	for name := range q {
		if param, ok := strings.CutPrefix(name, "p."); ok {
			given[param] = q.Get(name)
		}
	}
	return given
}

// readParams gives the parameters of a question the values that were typed. Each must
// have one.
func (v *queryView) readParams(what string, names []string, given map[string]string) error {
	var absent []string
	for _, name := range names {
		value, ok := given[name]
		if !ok {
			absent = append(absent, name)
		}
		v.Params = append(v.Params, paramField{Param: Param{Name: name, Required: true}, Value: value})
	}
	if len(absent) > 0 {
		return wrong("fill in the fields below the "+what+", then run it again", "the %s has parameters without a value: %s", what, strings.Join(absent, ", "))
	}
	return v.unused(given)
}

// unused refuses values that belong to no parameter of the question.
func (v *queryView) unused(given map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(v.Params, func(f paramField) bool { return f.Name == name }) {
			return wrong("run it again: its fields are below, without this one", "the question has no parameter %q", name)
		}
	}
	return nil
}

// values are those of the parameters.
func (v *queryView) values() map[string]string {
	values := map[string]string{}
	for _, f := range v.Params {
		values[f.Name] = f.Value
	}
	return values
}

func readStatement(v *queryView, given map[string]string) (map[string]string, error) {
	err := v.readParams("statement", sqltext.Parameters(v.SQL), given)
	return v.values(), err
}

// placeholder is a text in a filter that stands for a parameter.
var placeholder = regexp.MustCompile(`"(:[A-Za-z_][A-Za-z0-9_]*)"`)

// filterText is the query with its parameters; all rows where nothing was typed.
func (v *queryView) filterText() string {
	if v.Filter == "" {
		return "{}"
	}
	return v.Filter
}

// readFilter gives the query with the values of its parameters.
func (p *Page) readFilter(v *queryView, given map[string]string) (e *catalog.Entity, query string, err error) {
	if e, err = p.mirrored(v.Entity); err != nil {
		return nil, "", err
	}
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(v.filterText(), -1) {
		if name := m[1][1:]; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if err := v.readParams("filter", names, given); err != nil {
		return nil, "", err
	}
	query = placeholder.ReplaceAllStringFunc(v.filterText(), func(m string) string { return quoted(given[m[2:len(m)-1]]) })
	if !json.Valid([]byte(query)) {
		return nil, "", wrong(`for example: {"filter":{"eq":{"state":"running"}},"sort":[{"updated":"desc"}]}`, "the query is no JSON")
	}
	return e, query, nil
}

// readSaved finds the saved query, if one is named, and what was typed for its
// parameters. It is ready to be asked when none is left open.
func (p *Page) readSaved(v *queryView, given map[string]string) (values map[string]string, ready bool, err error) {
	if v.name == "" {
		return nil, false, v.unused(given)
	}
	i := slices.IndexFunc(v.All, func(s Saved) bool { return s.Name == v.name })
	if i < 0 {
		_, err := p.o.Library.Bind(v.name, nil) // says what it might have been, or what is wrong with it
		if err == nil {
			err = missing("there is no saved query %q", v.name)
		}
		return nil, false, err
	}
	v.Saved, ready = &v.All[i], true
	values = map[string]string{}
	for _, param := range v.Saved.Params {
		value, ok := given[param.Name]
		if value == "" && (!ok || param.Default != "") {
			value = param.Default
			ready = ready && !param.Required
		} else {
			values[param.Name] = value
		}
		v.Params = append(v.Params, paramField{param, value})
	}
	return values, ready, v.unused(given)
}
