package query

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/Masterminds/squirrel"
)

// Plan is a checked and compiled query. It is read-only and may be run many times.
type Plan struct {
	// Entity is the name of the searched entity.
	Entity string
	// Limit is the number of rows of the page.
	Limit int

	columns    []*column
	statements []Statement
	single     func() (Statement, error)
	shape      shape
	whole      func(cells []any) (json.RawMessage, error) // nil: shape says what a row is
	sorted     []int                                      // cells of the columns by which the result is sorted
	query      [32]byte
	proposed   *proposed // nil when no text index can propose rows
	tallies    []tally
	wanted     []wanted
	hints      []string
}

// Statement is one SELECT of a plan: a squirrel.Sqlizer.
type Statement struct {
	// Part says in words which stretch of the result it reads.
	Part string
	SQL  string
	Args []any
}

var _ squirrel.Sqlizer = Statement{}

// ToSql returns the statement and its arguments.
func (s Statement) ToSql() (string, []any, error) { return s.SQL, s.Args, nil }

// Extra is the column of a table that holds what no field does.
const Extra = "extra"

// compile is Compile without the examples of the entity in its errors. whole, if any,
// makes what is returned of whole rows.
func (c *Compiler) compile(entity string, q *Query, whole func(cells []any) (json.RawMessage, error)) (*Plan, error) {
	s, e := c.schema(entity)
	if e != nil {
		return nil, e
	}
	list, misordered := s.order(q.Sort)
	f := filter{schema: s, d: c.dialect, byKey: misordered == nil && list[0].c.key}
	var err error
	compiled := map[variant]squirrel.Sqlizer{}
	if q.Filter != nil {
		if compiled[f.variant], err = f.expr(q.Filter); err != nil { // its errors come first
			return nil, err
		}
	}
	if misordered != nil {
		return nil, misordered
	}
	p := &Plan{Entity: entity, Limit: q.Limit, whole: whole, query: fingerprint(entity, q.filterText(), list)}
	if whole != nil {
		p.columns = append(slices.Clone(s.columns), &column{name: Extra})
	} else if p.shape, e = s.shape(q.Fields); e != nil {
		return nil, e
	}
	p.choose(list)
	var cells []any
	if q.Cursor != "" {
		if cells, e = decodeCursor(q.Cursor, s, p.query, list); e != nil {
			return nil, e
		}
	}
	parts := from(f.parts(list), cells)
	p.hints = f.hints(q.Filter, list)
	p.single = func() (Statement, error) {
		return p.statement(f, from([]part{f.whole(list)}, cells)[0], compiled[variant{}])
	}
	var first []part
	if !s.entity.List.Complete && (q.Filter == nil || len(f.unserved(q.Filter)) > 0) {
		first = f.peek(parts)
		parts = f.glance(parts, list, cells, q.Filter != nil)
	}
	if q.Filter == nil {
		parts = f.greatest(parts)
	}
	if err := p.propose(f, q, compiled[f.variant], list, cells); err != nil {
		return nil, err
	}
	if p.proposed != nil && p.Limit < peeked {
		if p.proposed.first, err = p.compile(f, q, first, compiled); err != nil {
			return nil, err
		}
	}
	if p.statements, err = p.compile(f, q, parts, compiled); err != nil {
		return nil, err
	}
	if p.tallies, e = f.tallies(q); e != nil {
		return nil, e
	}
	if q.Suggest && q.Cursor == "" && q.Filter != nil {
		p.wanted = f.wanted(nil, q.Filter)
	}
	return p, nil
}

// compile makes the statement of each part. The filter is compiled for each variant
// once.
func (p *Plan) compile(f filter, q *Query, parts []part, compiled map[variant]squirrel.Sqlizer) (list []Statement, err error) {
	for _, part := range parts {
		f.variant = part.variant
		if _, ok := compiled[f.variant]; !ok && q.Filter != nil {
			if compiled[f.variant], err = f.expr(q.Filter); err != nil {
				return nil, err
			}
		}
		st, err := p.statement(f, part, compiled[f.variant])
		if err != nil {
			return nil, err
		}
		list = append(list, st)
	}
	return list, nil
}

// filterText is the text by which a cursor knows the filter.
func (q *Query) filterText() string {
	text := q.filter
	if text == "" {
		text = "null"
	}
	if q.Typos > 0 {
		text += " typos " + strconv.Itoa(q.Typos)
	}
	return text
}

// choose settles which columns the statements select: those to return, and those
// that the cursor needs.
func (p *Plan) choose(list []sorted) {
	place := map[*column]int{}
	for i, c := range p.columns {
		place[c] = i
	}
	add := func(c *column) int {
		i, ok := place[c]
		if !ok {
			i = len(p.columns)
			place[c] = i
			p.columns = append(p.columns, c)
		}
		return i
	}
	for i := range p.shape.roots {
		p.shape.roots[i].cell = add(p.shape.roots[i].c)
	}
	for _, s := range list {
		p.sorted = append(p.sorted, add(s.c))
	}
}

func (p *Plan) statement(f filter, part part, condition squirrel.Sqlizer) (Statement, error) {
	var names []string
	for _, c := range p.columns {
		names = append(names, f.d.Column(c.name))
	}
	where := part.conditions()
	if condition != nil {
		where = append([]squirrel.Sqlizer{condition}, where...)
	}
	pieces := []any{"SELECT " + strings.Join(names, ", ") + " FROM ", f.d.From(f.entity)}
	for i, w := range where {
		pieces = append(pieces, [...]string{" WHERE ", " AND "}[min(i, 1)], w)
	}
	pieces = append(pieces, " ORDER BY "+strings.Join(orderBy(part.terms), ", ")+" LIMIT ?")
	sql, args, err := squirrel.ConcatExpr(pieces...).ToSql()
	if err != nil {
		return Statement{}, fmt.Errorf("compile a search in %s: %w", p.Entity, err)
	}
	if args = append(args, int64(p.Limit)+1); len(args) > MaxVariables {
		return Statement{}, fault(TooLarge, "/filter", "the filter binds %d values; at most %d are possible", len(args), MaxVariables).
			show("split the request; many values of one field are best asked for with in, whole numbers and texts above all:", exampleOf("in"))
	}
	return Statement{Part: part.name, SQL: sql, Args: args}, nil
}

// Statements read the page in the order of the result, without what a text index
// proposes: see Chosen. They are to be run in order until Limit+1 rows are there: one more than
// the page, to know whether there are more. Each has that limit for itself.
func (p *Plan) Statements() []Statement { return slices.Clone(p.statements) }

// Counts reports whether the answer tells how many rows there are, or of which values.
func (p *Plan) Counts() bool { return len(p.tallies) > 0 }

// Single is one statement that gives the page, and no row more. It is for people:
// the mirror reads stretch by stretch, as indexes serve them.
func (p *Plan) Single() (Statement, error) {
	st, err := p.single()
	if err != nil {
		return Statement{}, err
	}
	st.Args[len(st.Args)-1] = int64(p.Limit)
	return st, nil
}

// Columns are the names of the cells that the statements give.
func (p *Plan) Columns() []string {
	var names []string
	for _, c := range p.columns {
		names = append(names, c.name)
	}
	return names
}

// Row makes the returned JSON object of one row's cells. It shares no memory with
// them.
func (p *Plan) Row(cells []any) (json.RawMessage, error) {
	if len(cells) != len(p.columns) {
		return nil, fmt.Errorf("read a row of %s: %d cells for %d columns", p.Entity, len(cells), len(p.columns))
	}
	if p.whole != nil {
		return p.whole(cells)
	}
	return p.shape.row(cells), nil
}

// Cursor is where a page that ends with these cells is gone on with.
func (p *Plan) Cursor(cells []any) string {
	k := cursor{entity: p.Entity}
	for _, i := range p.sorted {
		cell := cells[i]
		if b, ok := cell.([]byte); ok {
			cell = string(b)
		}
		k.cells = append(k.cells, cell)
	}
	return k.encode(p.query)
}
