package query

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/Masterminds/squirrel"

	"ciomirror/catalog"
)

// Extras are what the hosted store does not answer. A request that asks for none of
// them gets none of their keys.
type Extras struct {
	// Count is the number of rows that the filter finds, on all pages together.
	Count *int64 `json:"count,omitempty"`
	// CountPartial: time ran out, and there are at least so many.
	CountPartial bool `json:"count_partial,omitempty"`
	// Facets are the values of each field that was asked for, by its name.
	Facets map[string]Values `json:"facets,omitempty"`
	// Suggestions are for a search that found nothing: words that its fields have, by
	// their names.
	Suggestions map[string]Suggestion `json:"suggestions,omitempty"`
}

// Values are the most frequent values of a field among the rows that a filter finds.
type Values struct {
	// Values has the most frequent first. An absent value is null.
	Values []ValueCount `json:"values"`
	// More: there are other values, less frequent ones.
	More bool `json:"more"`
	// Partial: time ran out, and only some of the rows were counted.
	Partial bool `json:"partial"`
}

// ValueCount is a value and the number of rows that have it.
type ValueCount struct {
	Value json.RawMessage `json:"value"`
	Count int64           `json:"count"`
}

func counted(q *Query, n node) error {
	switch n.kind {
	case 0:
	case catalog.Boolean:
		q.Count = n.text == "true"
	default:
		return fault(InvalidFilter, "/count", "count is %s, not true or false", n.value().describe()).
			show("for the number of rows that the filter finds write", exampleWith("eq", `"count":true`))
	}
	return nil
}

func facets(q *Query, n node) error {
	if n.kind == 0 {
		return nil
	}
	if n.kind != catalog.Array {
		return fault(InvalidFilter, "/facets", "facets is %s, not a list", article(n.kind)).show("write", exampleFacets)
	}
	if len(n.nodes) > MaxFacets {
		return fault(TooLarge, "/facets", "facets has more than %d fields", MaxFacets).show("split the request:", exampleFacets)
	}
	for i, item := range n.nodes {
		at := "/facets/" + strconv.Itoa(i)
		if item.kind != catalog.String {
			return fault(InvalidFilter, at, "a facet is %s, not the name of a field", article(item.kind)).show("write", exampleFacets)
		}
		q.Facets = append(q.Facets, Facet{Path: item.text, At: at})
	}
	return nil
}

// tally counts the rows of a filter, up to a number of them: all at once, or by the
// values of a column. The rows have n and how many there are together, or a value
// before these.
type tally struct {
	c    *column // nil for all at once
	name string
	sql  string
	args []any
}

func (t tally) upTo(rows int64) Statement {
	return Statement{Part: t.name, SQL: t.sql, Args: append(t.args[:len(t.args):len(t.args)], rows)}
}

// tallies compiles what is to be counted. The filter was compiled before, so that
// it has no fault.
func (f filter) tallies(q *Query) ([]tally, *Error) {
	var list []tally
	if q.Count {
		list = append(list, tally{name: "count"})
	}
	for _, facet := range q.Facets {
		c, rest, e := f.resolve(facet.Path, "facets", facet.At)
		if e != nil {
			return nil, e
		}
		if rest != nil || c.form == jsonForm {
			return nil, fault(OperatorNotSupported, facet.At, "the values of %s cannot be counted: they have parts", facet.Path).
				show("count the values of a text, number or boolean field:", exampleFacets)
		}
		list = append(list, tally{name: "facet", c: c})
	}
	for i := range list {
		t := &list[i]
		value, head, tail := "1", "SELECT count(*) FROM (", ")"
		if t.c != nil {
			value = f.d.Column(t.c.name)
			head = "SELECT v, n, sum(n) OVER () FROM (SELECT v, count(*) AS n FROM ("
			tail = ") AS r GROUP BY v) AS g ORDER BY n DESC, v NULLS LAST LIMIT " + strconv.Itoa(FacetValues+1)
		}
		pieces := []any{head + "SELECT " + value + " AS v FROM ", f.d.From(f.entity)}
		if q.Filter != nil {
			x, err := f.expr(q.Filter)
			if err != nil {
				return nil, fault(InvalidFilter, "/filter", "%v", err)
			}
			pieces = append(pieces, " WHERE ", x)
		}
		var err error
		if t.sql, t.args, err = squirrel.ConcatExpr(append(pieces, " LIMIT ?"+tail)...).ToSql(); err != nil {
			return nil, fault(InvalidFilter, "/filter", "%v", err)
		}
	}
	return list, nil
}

// The rows that a tally starts with, and how many times more it tries next. What
// was counted twice is then a fifteenth of the work, and when time runs out there
// is something to tell.
const (
	firstTally  = 10_000
	tallyGrowth = 16
)

// tally counts, for as long as it may.
func (a *Answer) tally(ctx context.Context, rows Rows, p *Plan) error {
	if len(p.tallies) == 0 {
		return nil
	}
	short, cancel := context.WithTimeout(ctx, TallyTime)
	defer cancel()
	for _, t := range p.tallies {
		for bound, whole := int64(firstTally), false; !whole; bound *= tallyGrowth {
			total, values, err := t.count(short, rows, bound)
			if err != nil && ctx.Err() == nil && short.Err() != nil {
				break // what is there so far stays, and says that it is partial
			}
			if err != nil {
				return fmt.Errorf("count: %w", err)
			}
			whole = total < bound
			a.note(t, total, values, whole)
		}
		a.noted(t)
	}
	return nil
}

// note keeps the outcome of a tally, in place of that of a smaller one.
func (a *Answer) note(t tally, total int64, values []ValueCount, whole bool) {
	if t.c == nil {
		a.Meta.Count, a.Meta.CountPartial = &total, !whole
		return
	}
	if a.Meta.Facets == nil {
		a.Meta.Facets = map[string]Values{}
	}
	told := values[:min(len(values), FacetValues)]
	a.Meta.Facets[t.c.name] = Values{Values: told, More: len(values) > len(told), Partial: !whole}
}

// noted sees to it that a tally that had no time at all is not taken for one that
// was not asked for. The page itself has rows.
func (a *Answer) noted(t tally) {
	switch {
	case t.c == nil && a.Meta.Count == nil:
		a.note(t, int64(len(a.Data)), nil, false)
	case t.c != nil:
		if _, ok := a.Meta.Facets[t.c.name]; !ok {
			a.note(t, 0, []ValueCount{}, false)
		}
	}
}

func (t tally) count(ctx context.Context, rows Rows, bound int64) (total int64, values []ValueCount, err error) {
	values = []ValueCount{}
	for cells, err := range rows(ctx, t.upTo(bound)) {
		if err != nil {
			return 0, nil, err
		}
		numbers := cells
		if t.c != nil {
			numbers = cells[1:]
		}
		var n int64
		for i, into := range []*int64{&n, &total}[2-len(numbers):] {
			var ok bool
			if *into, ok = numbers[i].(int64); !ok {
				return 0, nil, fmt.Errorf("a number of rows is %T", numbers[i])
			}
		}
		if t.c == nil {
			continue
		}
		value := cells[0]
		if b, ok := value.([]byte); ok {
			value = string(b)
		}
		values = append(values, ValueCount{Value: t.c.appendJSON(nil, value), Count: n})
	}
	return total, values, nil
}
