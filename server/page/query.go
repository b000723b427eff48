package page

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"ciomirror/catalog"
	"ciomirror/internal/sqltext"
)

// The tabs of the query view.
const (
	tabSQL    = "sql"
	tabFilter = "filter"
	tabSaved  = "saved"
)

// queryView is a question and its answer.
type queryView struct {
	Tab string
	// The question.
	SQL      string
	Entity   string
	Filter   string
	Saved    *Saved
	Params   []paramField
	AsOf     string
	Schema   []tableDoc
	All      []Saved
	Broken   []Problem
	Entities []*catalog.Entity
	// The answer.
	Asked   bool
	Problem *Problem
	Mark    *mark
	Columns []column
	Rows    []tableRow
	More    bool
	Took    time.Duration
	Plan    []string
	Chart   *chartView
	Axes    axes
	Command string // the question as a command line
	Save    string // the command that keeps it
	Files   []fileLink
}

type paramField struct {
	Param
	Value string
}

// tableDoc is a table or a view in the tree of the schema.
type tableDoc struct {
	Name, Doc string
	View      bool
	Columns   []column
}

// axes are the columns that are drawn.
type axes struct{ X, Y string }

const (
	queryRows  = 200 // of a statement
	searchRows = 100 // of filter JSON
	// queryTime is what a statement may take, and the rows of a table.
	queryTime = 10 * time.Second
)

func (p *Page) query(r *http.Request) (answer, error) {
	q := r.URL.Query()
	v := queryView{
		Tab: tabSQL, SQL: strings.TrimSpace(inForms.Replace(q.Get("sql"))), Entity: q.Get("entity"), Filter: strings.TrimSpace(q.Get("filter")),
		AsOf: strings.TrimSpace(q.Get("as_of")), Entities: p.o.Catalog.Mirrored(), Schema: p.tree(), Axes: axes{q.Get("x"), q.Get("y")},
	}
	var err error
	if v.All, v.Broken, err = p.o.Library.Queries(); err != nil {
		return answer{}, err
	}
	given := paramsIn(q)
	ctx, cancel := context.WithTimeout(r.Context(), queryTime)
	defer cancel()
	begun := p.o.Now()
	switch {
	case q.Get("saved") != "" || q.Get("tab") == tabSaved:
		v.Tab = tabSaved
		err = p.askSaved(ctx, &v, q.Get("saved"), given)
	case v.Entity != "" || q.Get("tab") == tabFilter:
		v.Tab = tabFilter
		err = p.askFilter(ctx, &v, given)
	default:
		err = p.askSQL(ctx, &v, given)
	}
	v.Took = max(0, p.o.Now().Sub(begun))
	if err != nil {
		v.Problem = p.problem(r.Context(), err)
		v.Mark = markOf(v.Problem.Message, v.SQL)
	}
	if v.Chart, err = p.chartOf(&v); err != nil {
		return answer{}, err
	}
	return answer{view: "query", title: "Query", data: v, status: v.Problem.status()}, nil
}

// tree are all tables and views with their columns.
func (p *Page) tree() []tableDoc {
	var all []tableDoc
	for _, e := range p.o.Catalog.Mirrored() {
		all = append(all, tableDoc{Name: e.Name, Doc: e.Doc, Columns: columnsOf(e)})
	}
	for _, view := range p.o.Views {
		all = append(all, tableDoc{Name: view.Name, Doc: view.Doc, View: true})
	}
	return all
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

func (p *Page) askSQL(ctx context.Context, v *queryView, given map[string]string) error {
	used := map[string]string{}
	var absent []string
	for _, name := range sqltext.Parameters(v.SQL) {
		value, ok := given[name]
		if !ok {
			absent = append(absent, name)
		}
		used[name] = value
		v.Params = append(v.Params, paramField{Param: Param{Name: name, Required: true}, Value: value})
	}
	if v.SQL == "" {
		return nil
	}
	v.Command, v.Save = commandSQL(v, used), "ciomirror query save NAME --sql "+shell(v.SQL)
	if len(absent) > 0 {
		return wrong("fill in the fields below the statement, then run it again", "the statement has parameters without a value: %s", strings.Join(absent, ", "))
	}
	v.Asked, v.Files = true, p.answerFiles(v, used)
	return p.ask(ctx, v, Question{SQL: v.SQL, Given: used, AsOf: v.AsOf, Limit: queryRows})
}

// answerFiles are the addresses of the whole answer as files.
func (p *Page) answerFiles(v *queryView, values map[string]string) []fileLink {
	q := url.Values{"sql": {v.SQL}}
	for name, value := range values {
		q.Set("p."+name, value)
	}
	if v.AsOf != "" {
		q.Set("as_of", v.AsOf)
	}
	return p.fileLinks("/sql", "?"+q.Encode())
}

func commandSQL(v *queryView, values map[string]string) string {
	words := []string{"ciomirror", "sql"}
	for _, f := range v.Params {
		words = append(words, "--param", shell(f.Name+"="+values[f.Name]))
	}
	words = append(words, v.then()...)
	if strings.HasPrefix(v.SQL, "-") {
		words = append(words, "--") // a remark in front is no flag
	}
	return strings.Join(append(words, shell(v.SQL)), " ")
}

// then is the flag for the time that is asked about.
func (v *queryView) then() []string {
	if v.AsOf == "" {
		return nil
	}
	return []string{"--as-of", shell(v.AsOf)}
}

// ask runs a statement and lays out what comes.
func (p *Page) ask(ctx context.Context, v *queryView, q Question) error {
	grid, err := p.o.Mirror.Ask(ctx, q)
	if err != nil {
		return err
	}
	v.More = grid.More
	for i, name := range grid.Columns {
		c := column{Name: name}
		if allNumbers(grid.Rows, i) {
			c.Kind = catalog.Number
		}
		v.Columns = append(v.Columns, c)
	}
	for _, row := range grid.Rows {
		var line tableRow
		for i, value := range row {
			line.Cells = append(line.Cells, p.valueOf(v.Columns[i], value))
		}
		v.Rows = append(v.Rows, line)
	}
	q.SQL = "explain query plan " + q.SQL
	if plan, err := p.o.Mirror.Ask(ctx, q); err == nil { // an explain cannot be explained, and need not be
		for _, row := range plan.Rows {
			if text, ok := row[len(row)-1].(string); ok {
				v.Plan = append(v.Plan, text)
			}
		}
	}
	return nil
}

// allNumbers reports whether a column holds numbers and nothing else.
func allNumbers(rows [][]any, column int) bool {
	some := false
	for _, row := range rows {
		switch row[column].(type) {
		case int64, float64:
			some = true
		case nil:
		default:
			return false
		}
	}
	return some
}

// placeholder is a text in a filter that stands for a parameter.
var placeholder = regexp.MustCompile(`"(:[A-Za-z_][A-Za-z0-9_]*)"`)

func (p *Page) askFilter(ctx context.Context, v *queryView, given map[string]string) error {
	if v.Entity == "" {
		return nil
	}
	e, err := p.mirrored(v.Entity)
	if err != nil {
		return err
	}
	text := v.Filter
	if text == "" {
		text = "{}"
	}
	var absent []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		name := m[1][1:]
		if slices.ContainsFunc(v.Params, func(f paramField) bool { return f.Name == name }) {
			continue
		}
		value, ok := given[name]
		if !ok {
			absent = append(absent, name)
		}
		v.Params = append(v.Params, paramField{Param: Param{Name: name, Required: true}, Value: value})
	}
	if len(absent) > 0 {
		return wrong("fill in the fields below, then run it again", "the filter has parameters without a value: %s", strings.Join(absent, ", "))
	}
	text = placeholder.ReplaceAllStringFunc(text, func(m string) string { return quoted(given[m[2:len(m)-1]]) })
	if !json.Valid([]byte(text)) {
		return wrong(`for example: {"filter":{"eq":{"state":"running"}},"sort":[{"updated":"desc"}]}`, "the query is no JSON")
	}
	v.Asked = true
	v.Command = strings.Join(append([]string{"ciomirror", "search", e.Name, "--query", shell(text), "--limit", strconv.Itoa(searchRows)}, v.then()...), " ")
	v.Save = "ciomirror query save NAME --data " + shell(`{"entity":`+quoted(e.Name)+`,"query":`+text+`}`)
	return p.search(ctx, v, e, Search{Entity: e.Name, AsOf: v.AsOf}, text, nil)
}

// search answers a search on the query view.
func (p *Page) search(ctx context.Context, v *queryView, e *catalog.Entity, s Search, query string, fields []string) error {
	columns := chosen(e, fields)
	if s.Params == nil {
		list, err := json.Marshal(fieldsOf(e, columns))
		if err != nil {
			return err
		}
		s.Params = json.RawMessage(`{"query":` + query + `,"limit":` + strconv.Itoa(searchRows) + `,"fields":` + string(list) + `}`)
	}
	found, err := p.o.Mirror.Search(ctx, s)
	if err != nil {
		return err
	}
	for _, row := range found.Rows {
		cells, err := members(row)
		if err != nil {
			return err
		}
		v.Rows = append(v.Rows, p.rowOf(e, columns, cells, v.AsOf))
	}
	v.Columns, v.More = columns, found.Cursor != ""
	explained, err := p.o.Mirror.Explain(ctx, s)
	if err != nil {
		return err
	}
	for _, st := range explained.Statements {
		v.Plan = append(v.Plan, st.SQL)
		for _, step := range st.Plan {
			v.Plan = append(v.Plan, "    "+step)
		}
	}
	return nil
}

func (p *Page) askSaved(ctx context.Context, v *queryView, name string, given map[string]string) error {
	if name == "" {
		return nil
	}
	i := slices.IndexFunc(v.All, func(s Saved) bool { return s.Name == name })
	if i < 0 {
		_, err := p.o.Library.Bind(name, nil) // says what it might have been, or what is wrong with it
		if err == nil {
			err = missing("there is no saved query %q", name)
		}
		return err
	}
	v.Saved = &v.All[i]
	ready := true
	values := map[string]string{}
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
	if !ready {
		return nil // the form asks for what is needed
	}
	bound, err := p.o.Library.Bind(name, values)
	if err != nil {
		return err
	}
	v.Asked, v.Command = true, commandSaved(v)
	if bound.Search == nil {
		v.SQL = bound.SQL
		return p.ask(ctx, v, Question{SQL: bound.SQL, Bound: bound.Values, AsOf: v.AsOf, Limit: queryRows})
	}
	e, err := p.mirrored(bound.Search.Entity)
	if err != nil {
		return err
	}
	s := *bound.Search
	s.AsOf = v.AsOf
	return p.search(ctx, v, e, s, "", bound.Fields)
}

func commandSaved(v *queryView) string {
	words := []string{"ciomirror", "query", "run", v.Saved.Name}
	for _, f := range v.Params {
		if f.Required || f.Value != f.Default {
			words = append(words, "--param", shell(f.Name+"="+f.Value))
		}
	}
	return strings.Join(append(words, v.then()...), " ")
}
