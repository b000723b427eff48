package connector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"ciomirror/catalog"
	"ciomirror/internal/canon"
	"ciomirror/query"
	"ciomirror/store"
)

// tokenPrefix marks the page tokens of the mirror. A colon is in none of the API's.
const tokenPrefix = "mirror:"

// recall answers a list or a get from the mirror, as the API would: the same
// parameters, page sizes and records. All that it reads is of one state of the mirror.
func (c *Connector) recall(ctx context.Context, t target, g given) (a answer, err error) {
	if c.mirror == nil {
		return answer{}, notSynced(t.entity.Name)
	}
	s, fault := searchOf(t, g)
	if fault != nil {
		return answer{}, fault
	}
	// It is read first, so that the rows are at least as new as it says.
	origin, err := c.mirrored(ctx, t.entity.Name)
	if err != nil {
		return answer{}, err
	}
	err = c.mirror.Snapshot(ctx, func(rows query.Rows) error {
		if a, err = c.records(ctx, state{rows}, t, g, s); err != nil || len(a.records) > 0 {
			return err
		}
		return c.missing(ctx, state{rows}, t, g, origin)
	})
	a.origin = origin
	return a, err
}

// state is a mirror that shows the same state to all who ask.
type state struct{ rows query.Rows }

// Snapshot implements query.Source.
func (s state) Snapshot(_ context.Context, f func(query.Rows) error) error { return f(s.rows) }

// records are those of a page, of a list without pages, or the one of a get.
func (c *Connector) records(ctx context.Context, from query.Source, t target, g given, s search) (answer, error) {
	list := t.action.Name == "list"
	a := answer{one: !list}
	for {
		found, err := c.whole(ctx, from, t.entity, s)
		if p, ok := acting(t.action, catalog.Starts); ok && isCursorFault(err) {
			return answer{}, noToken(p, g)
		}
		if err != nil {
			return answer{}, err
		}
		a.records = append(a.records, found.Data...)
		if t.action.Page > 0 {
			next := ""
			if found.Meta.Cursor != nil {
				next = tokenPrefix + *found.Meta.Cursor
			}
			a.paging = pagingOf(next)
			return a, nil
		}
		if !list || found.Meta.Cursor == nil {
			return a, nil
		}
		s.Cursor = *found.Meta.Cursor // a list without pages has everything
	}
}

// mirrored is the origin of what came from the mirror.
func (c *Connector) mirrored(ctx context.Context, entity string) (Origin, error) {
	o := Origin{Source: FromMirror}
	if c.o.Ledger == nil {
		return o, nil
	}
	var err error
	o.Synced, err = c.o.Ledger.Synced(ctx, entity)
	return o, err
}

// missing tells an empty list, which is no error, from what is not there: the record
// of a get, the parent of a list, or anything at all.
func (c *Connector) missing(ctx context.Context, from query.Source, t target, g given, o Origin) error {
	if o.Synced.Equal(time.Time{}) && c.o.Ledger != nil {
		return notSynced(t.entity.Name)
	}
	none := &Error{Type: NotFound, Code: NoRecord, Msg: "the mirror has no such record of " + t.entity.Name,
		Hint: "if it is new: ciomirror sync " + t.entity.Name + ", or ask the API with --source live"}
	if t.action.Name != "list" {
		return none
	}
	if t.entity.Parent == nil {
		return nil
	}
	up, _ := c.cat.Entity(t.entity.Parent.Entity)
	found, err := c.whole(ctx, from, up, search{Limit: 1, Query: searchQuery{Filter: where{"eq": {up.Key[0]: json.RawMessage(g[t.entity.Parent.Param])}}}})
	if err != nil || len(found.Data) > 0 {
		return err
	}
	none.Msg = "the mirror has no such record of " + up.Name
	return none
}

func notSynced(entity string) *Error {
	e := refuse(NotSynced, "entity", "the mirror has nothing of %s yet", entity)
	e.Hint = "fill it: ciomirror sync " + entity + "; or, with a key, ask the API with --source live"
	return e
}

// search is the params of a search that says what a list or a get asks for.
type (
	search struct {
		Query  searchQuery `json:"query"`
		Limit  int         `json:"limit"`
		Cursor string      `json:"cursor,omitempty"`
	}
	searchQuery struct {
		Filter any                 `json:"filter,omitempty"`
		Sort   []map[string]string `json:"sort,omitempty"`
	}
	where map[string]map[string]json.RawMessage
)

// whole reads records as the API sent them.
func (c *Connector) whole(ctx context.Context, from query.Source, e *catalog.Entity, s search) (query.Answer, error) {
	params, err := json.Marshal(s)
	if err != nil {
		return query.Answer{}, fmt.Errorf("ask the mirror for %s: %w", e.Name, err)
	}
	q, err := query.Parse(params)
	if err != nil {
		return query.Answer{}, err
	}
	table := store.NewTable(e)
	p, err := c.compiler.CompileWhole(e.Name, q, func(cells []any) (json.RawMessage, error) {
		return table.Record(cells[:len(table.Columns)])
	})
	if err != nil {
		return query.Answer{}, err
	}
	return query.Run(ctx, from, p, c.o.Now)
}

// isCursorFault reports whether a search refused its cursor.
func isCursorFault(err error) bool {
	e, ok := errors.AsType[*query.Error](err)
	return ok && e.Code == query.InvalidCursor
}

// noToken is the error of a page token that the mirror did not make for this list.
func noToken(p catalog.Param, g given) *Error {
	e := invalid(query.InvalidCursor, p, "", "%s is no page token of this list with these parameters", p.Name)
	e.Hint = "use next of the page before with the same parameters, or leave " + p.Name + " out for the first page"
	return e.without(p, g)
}

// without shows the params that were given, but for one.
func (e *Error) without(p catalog.Param, g given) *Error {
	rest := map[string]json.RawMessage{}
	for name, v := range g {
		if name != p.Name {
			rest[name] = json.RawMessage(v)
		}
	}
	e.Example, _ = json.Marshal(rest) // canonical JSON, which can be encoded
	return e
}

// searchOf translates the parameters of a list or a get.
func searchOf(t target, g given) (search, *Error) {
	s := search{Limit: t.action.Page}
	if s.Limit == 0 {
		s.Limit = query.MaxLimit
	}
	order := t.action.Order
	conditions := []any{}
	keys := t.entity.Key
	for _, p := range t.action.Params {
		v, ok := g[p.Name]
		switch {
		case p.In == catalog.InPath:
			conditions = append(conditions, where{"eq": {keys[0]: json.RawMessage(v)}})
			keys = keys[1:]
			continue
		case p.Act == catalog.Reveals && v != "true":
			conditions = append(conditions, map[string]any{"or": []where{{"eq": {p.On: json.RawMessage("false")}}, {"eq": {p.On: json.RawMessage("null")}}}})
			continue
		case !ok:
			continue
		}
		switch p.Act {
		case catalog.Equals:
			conditions = append(conditions, where{"eq": {p.On: json.RawMessage(v)}})
		case catalog.AtLeast:
			conditions = append(conditions, where{"gte": {p.On: json.RawMessage(v)}})
		case catalog.AtMost:
			conditions = append(conditions, where{"lte": {p.On: json.RawMessage(v)}})
		case catalog.Has:
			conditions = append(conditions, where{"gt": {inside(t.entity, p.On, g.text(p.Name)): json.RawMessage("0")}})
		case catalog.Sorts:
			order = strings.TrimPrefix(order, "-")
			if g.text(p.Name) == "desc" {
				order = "-" + order
			}
		case catalog.Sizes:
			s.Limit = sizeOf(v)
		case catalog.Starts:
			token, ours := strings.CutPrefix(g.text(p.Name), tokenPrefix)
			switch {
			case !ours:
				e := invalid(query.InvalidCursor, p, "", "the mirror did not give this page token, and does not know it")
				e.Hint = "if the API gave it, go on there (--source live); or begin anew without it"
				return s, e.without(p, g)
			case token == "":
				return s, noToken(p, g)
			}
			s.Cursor = token
		case catalog.LiveOnly:
			if v == "false" {
				continue
			}
			e := invalid(query.NotSupported, p, "", "the mirror cannot answer %s", p.Name)
			e.Hint = "leave it out, or ask the API with --source live"
			return s, e.without(p, g)
		}
	}
	if len(conditions) > 0 {
		s.Query.Filter = map[string]any{"and": conditions}
	}
	if order != "" {
		direction := "asc"
		if field, down := strings.CutPrefix(order, "-"); down {
			order, direction = field, "desc"
		}
		s.Query.Sort = []map[string]string{{order: direction}}
	}
	return s, nil
}

// biggestPage is the most records on a page of the mirror, where the API names no
// bound; next leads on.
const biggestPage = 1000

func sizeOf(v string) int {
	if canon.CompareNumbers(v, fmt.Sprint(biggestPage)) > 0 {
		return biggestPage
	}
	var n int
	_ = json.Unmarshal([]byte(v), &n) // a whole number of at most four digits
	return n
}

// inside is the path to a key of an object, or the column that repeats it.
func inside(e *catalog.Entity, object, key string) string {
	for _, d := range e.Derived {
		if d.From == object && d.Key == key {
			return d.Name
		}
	}
	return object + "." + key
}
