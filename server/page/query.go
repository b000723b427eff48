package page

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ciomirror/catalog"
)

// The tabs of the query view.
const (
	tabSQL    = "sql"
	tabFilter = "filter"
	tabSaved  = "saved"
)

// queryView is a question and its answer.
type queryView struct {
	Tab  string
	name string // of the saved query
	// The question.
	SQL      string
	Entity   string
	Filter   string // as it was typed
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
	v, err := p.readQuestion(q)
	if err != nil {
		return answer{}, err
	}
	v.Entities, v.Schema, v.Axes = p.o.Catalog.Mirrored(), p.tree(), axes{q.Get("x"), q.Get("y")}
	given := paramsIn(q)
	ctx, cancel := context.WithTimeout(r.Context(), queryTime)
	defer cancel()
	begun := p.o.Now()
	switch v.Tab {
	case tabSaved:
		err = p.askSaved(ctx, &v, given)
	case tabFilter:
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

func (p *Page) askSQL(ctx context.Context, v *queryView, given map[string]string) error {
	used, err := readStatement(v, given)
	if v.SQL == "" {
		return err
	}
	v.Command = commandSQL(v, used)
	if err != nil {
		return err
	}
	v.Save = saveSQL(v)
	v.Asked, v.Files = true, p.answerFiles(v, url.Values{"sql": {v.SQL}})
	return p.ask(ctx, v, Question{SQL: v.SQL, Given: used, AsOf: v.AsOf, Limit: queryRows})
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

func (p *Page) askFilter(ctx context.Context, v *queryView, given map[string]string) error {
	if v.Entity == "" {
		return nil
	}
	e, text, err := p.readFilter(v, given)
	if err != nil {
		return err
	}
	v.Asked, v.Files = true, p.answerFiles(v, url.Values{"entity": {e.Name}, "filter": {v.Filter}})
	v.Command = strings.Join(append([]string{"ciomirror", "search", e.Name, "--query", shell(text), "--limit", strconv.Itoa(searchRows)}, v.then()...), " ")
	v.Save = saveFilter(v)
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

func (p *Page) askSaved(ctx context.Context, v *queryView, given map[string]string) error {
	values, ready, err := p.readSaved(v, given)
	if err != nil || !ready {
		return err // the form asks for what is needed
	}
	bound, err := p.o.Library.Bind(v.Saved.Name, values)
	if err != nil {
		return err
	}
	v.Asked, v.Command, v.Files = true, commandSaved(v), p.answerFiles(v, url.Values{"saved": {v.Saved.Name}})
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
