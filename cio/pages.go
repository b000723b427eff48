package cio

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"ciomirror/catalog"
)

// maxEmpty is the number of empty pages in a row, each with a token, after which a
// walk gives up.
const maxEmpty = 5

// Pages walks a list from its first page to its last. The walk is whole if the
// sequence ends without an error; after an error it ends, and then nothing follows
// from what it did not show. Ranging over it again is a fresh walk; nothing is asked
// before that.
//
// A page may be empty, also in the middle, and a short one is not the last. The
// records are the receiver's to keep.
//
// A list that leads back to where it was is an error of class catalog.ErrContract:
// one endpoint takes a token past its end for the start, and pages are cut by
// position, so a walk that goes round shows neither all nor only what is there.
func (c *Client) Pages(ctx context.Context, w catalog.Walk) iter.Seq2[catalog.Page, error] {
	return func(yield func(catalog.Page, error) bool) {
		walk, err := c.newWalk(w)
		for err == nil {
			var page catalog.Page
			if page, err = walk.turn(ctx); err == nil && (!yield(page, nil) || walk.done) {
				return
			}
		}
		yield(catalog.Page{}, err)
	}
}

// walk is a walk under way.
type walk struct {
	client *Client
	call   call
	entity *catalog.Entity
	keys   []string // fields that tell records apart

	token  string            // of the page to ask for
	tokens map[hash]struct{} // all tokens of this walk
	first  hash              // the record that opened the first page with records
	opened bool              // first is set
	number int               // of the page, from 1
	empty  int               // empty pages in a row
	done   bool
	rows   int // of the last page
}

func (c *Client) newWalk(w catalog.Walk) (*walk, error) {
	refuse := func(op string, err error) error {
		return &Error{Op: op, Err: err, kind: kindRefused}
	}
	e := w.Entity
	if e == nil {
		return nil, refuse("list", errors.New("no entity is named"))
	}
	op := "list " + e.Name
	if !e.Mirrored() {
		return nil, refuse(op, errors.New("it has no list"))
	}
	template, param := e.List.Path, ""
	if e.Parent != nil {
		param = e.Parent.Param
	}
	if w.Attributing {
		if e.Attribution == nil {
			return nil, refuse(op, errors.New("it has no attribution"))
		}
		template, param = e.Attribution.Path, e.Attribution.Param
	}
	path, err := expand(template, param, w.Parent)
	if err != nil {
		return nil, refuse(op, err)
	}
	query := url.Values{}
	if e.List.Size > 0 {
		query.Set("limit", strconv.Itoa(e.List.Size))
	}
	if e.List.Sort != "" {
		query.Set("sort", e.List.Sort)
	}
	for name, values := range w.Query {
		if name == "start" {
			return nil, refuse(op, errors.New("a walk begins at its first page, so start cannot be given"))
		}
		query[name] = append([]string(nil), values...)
	}
	return &walk{
		client: c,
		entity: e,
		keys:   identifying(e),
		tokens: map[hash]struct{}{},
		call: call{
			op: op, method: http.MethodGet, class: reads, path: path, query: query, meter: w.Meter,
			log: []any{slog.String("entity", e.Name)},
		},
	}, nil
}

// turn reads the next page.
func (w *walk) turn(ctx context.Context) (catalog.Page, error) {
	w.number++
	var page envelope
	r := w.call
	r.log = append(r.log, slog.Int("page", w.number))
	if w.token != "" {
		r.query.Set("start", w.token)
	}
	r.accept = func(src *source) (err error) {
		page, err = readEnvelope(src, w.entity.List.Items, w.rows)
		return err
	}
	err := w.client.run(ctx, &r)
	w.call.base = r.base
	if err != nil {
		return catalog.Page{}, err
	}
	w.rows = len(page.items)
	if err := w.check(page); err != nil {
		e := (&attempt{call: &r, client: w.client}).fail(kindContract, err)
		e.Status = http.StatusOK
		return catalog.Page{}, e
	}
	w.client.opts.Log.DebugContext(ctx, "page read", slog.String("entity", w.entity.Name),
		slog.Int("page", w.number), slog.Int("rows", w.rows))
	return catalog.Page{Items: page.items, Last: w.done}, nil
}

// check sees whether the walk comes forward, and where it goes on. A next token
// counts also on a list that is said to have one page only: the API may have
// grown, and stopping here would lose rows without notice.
func (w *walk) check(page envelope) error {
	if len(page.items) == 0 {
		w.empty++
	} else {
		w.empty = 0
		first := identity(page.items[0], w.keys)
		if w.opened && first == w.first {
			return breach("the walk leads back: page %d begins with the record that page 1 began with", w.number)
		}
		if !w.opened {
			w.first, w.opened = first, true
		}
	}
	w.token = page.next
	if w.token == "" {
		w.done = true
		return nil
	}
	if w.empty == maxEmpty {
		return breach("%d empty pages in a row, and no end", maxEmpty)
	}
	h := hashOf([]byte(w.token))
	if _, had := w.tokens[h]; had {
		return breach("the walk leads back: page %d names a page token that the walk has had", w.number)
	}
	w.tokens[h] = struct{}{}
	return nil
}
