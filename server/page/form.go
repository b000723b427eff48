package page

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The most that an address can hold. Each line, column and field to count has links on the
// page that hold the whole address, so more of them would be a page without bound.
const (
	mostConditions = 100
	mostFields     = 100
)

// readAddress reads what the links of the page say, and what its forms send: _f, _op,
// _v and _was for each line, _col for each column. moved is whether the forms' names were
// among them; then the address has a better spelling.
func readAddress(entity string, q url.Values) (a address, moved bool) {
	a = address{Entity: entity, Limit: usualLimit}
	for name, values := range q {
		if strings.HasPrefix(name, "_") {
			continue
		}
		field, op, ok := cutLast(name, "__")
		if !ok {
			op = "eq"
		}
		for _, v := range values {
			a.Conditions = append(a.Conditions, condition{field, op, v}.bare())
		}
	}
	slices.SortFunc(a.Conditions, func(x, y condition) int { return strings.Compare(x.name()+x.Value, y.name()+y.Value) })
	fields, ops, values, were := q["_f"], q["_op"], q["_v"], q["_was"]
	for i, f := range fields {
		if f == "" || i >= len(ops) || i >= len(values) {
			continue
		}
		c := condition{f, ops[i], values[i]}
		if i < len(were) {
			c.Value = typed(values[i], were[i])
		}
		a.Conditions = append(a.Conditions, c.bare())
	}
	a.Text, a.Filter, a.Sort = strings.TrimSpace(q.Get("_q")), strings.TrimSpace(q.Get("_filter")), q.Get("_sort")
	a.Cursor, a.AsOf, a.Counted = q.Get("_cursor"), strings.TrimSpace(q.Get("_as_of")), q.Has("_counts")
	a.Facets = q["_facet"]
	if cols := q.Get("_cols"); cols != "" {
		a.Columns = strings.Split(cols, ",")
	}
	if q.Has("_col") {
		a.Columns = q["_col"]
	}
	if n, err := strconv.Atoi(q.Get("_limit")); err == nil && n > 0 && n <= mostLimit {
		a.Limit = n
	}
	a.Faults = append(faultsIn(q), a.cut()...)
	empty := slices.ContainsFunc([]string{"_q", "_filter", "_sort", "_as_of"}, func(name string) bool { return q.Has(name) && q.Get(name) == "" })
	return a, len(a.Faults) == 0 && (len(fields) > 0 || q.Has("_col") || empty)
}

// bare is the condition without a value that says nothing, so that there is one spelling.
func (c condition) bare() condition {
	if c.Op == opEmpty || c.Op == opPresent {
		c.Value = ""
	}
	return c
}

// cut takes away what is too much to be shown even beside an error, and says so.
func (a *address) cut() (faults []string) {
	if len(a.Conditions) > mostConditions {
		faults = append(faults, fmt.Sprintf("there are more than %d conditions", mostConditions))
		a.Conditions = nil
	}
	for _, list := range []struct {
		name   string
		fields *[]string
	}{{"_cols", &a.Columns}, {"_facet", &a.Facets}} {
		if len(*list.fields) > mostFields {
			faults = append(faults, fmt.Sprintf("%s names more than %d fields", list.name, mostFields))
			*list.fields = nil
		}
	}
	return faults
}

// inForms is what browsers make of the line breaks of a value, and of NUL.
var inForms = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\ufffd")

// typed is the value of a line of a form: the one of before, which was carries, unless
// somebody changed it.
func typed(value, was string) string {
	before, err := url.QueryUnescape(was)
	if err == nil && inForms.Replace(before) == inForms.Replace(value) {
		return before
	}
	return inForms.Replace(value)
}

// Was carries the value of a line through a form.
func (c condition) Was() string { return url.QueryEscape(c.Value) }

// Breaks reports whether the value needs a field of several lines.
func (c condition) Breaks() bool { return strings.ContainsAny(c.Value, "\r\n") }

// ours are the names that the page gives a meaning, without those of its forms.
var ours = []string{"_q", "_filter", "_sort", "_cols", "_limit", "_as_of", "_facet", "_counts", "_cursor"}

// faultsIn are what is given and cannot be read. A name that is dropped silently
// would be another question than the one that was asked.
func faultsIn(q url.Values) (faults []string) {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		switch {
		case !strings.HasPrefix(name, "_") || slices.Contains([]string{"_facet", "_f", "_op", "_v", "_was", "_col"}, name):
		case !slices.Contains(ours, name):
			faults = append(faults, fmt.Sprintf("there is no %q", name))
		case len(q[name]) > 1:
			faults = append(faults, name+" is given more than once")
		}
	}
	if text := q.Get("_limit"); q.Has("_limit") {
		if n, err := strconv.Atoi(text); err != nil || n < 1 || n > mostLimit {
			faults = append(faults, fmt.Sprintf("_limit is %q, not a number from 1 to %d", text, mostLimit))
		}
	}
	lines := len(q["_f"])
	if len(q["_op"]) != lines || len(q["_v"]) != lines || q.Has("_was") && len(q["_was"]) != lines {
		faults = append(faults, "_f, _op, _v and _was belong together, one of each for a line")
	}
	return faults
}

// only is a view with an address of its own, which refuses other names than these.
func only(view func(*http.Request) (answer, error), names ...string) func(*http.Request) (answer, error) {
	return func(r *http.Request) (answer, error) {
		if err := known(r.URL.Query(), names...); err != nil {
			return answer{}, err
		}
		return view(r)
	}
}

// known refuses other names than these, and a name that is given twice. A key has several
// parts.
func known(q url.Values, names ...string) error {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		switch {
		case !slices.Contains(names, name) && len(names) == 0:
			return wrong("leave out what stands behind the ?", "the address cannot be read: this view has no %q", name)
		case !slices.Contains(names, name):
			return wrong("it knows "+strings.Join(names, ", "), "the address cannot be read: this view has no %q", name)
		case len(q[name]) > 1 && name != "_key":
			return wrong("give it once", "the address cannot be read: %s is given more than once", name)
		}
	}
	return nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i <= 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
