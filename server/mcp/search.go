package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ciomirror/connector"
)

type searchIn struct {
	Entity string          `json:"entity"`
	Query  json.RawMessage `json:"query"`
	Limit  *int            `json:"limit"`
	Cursor string          `json:"cursor"`
	Fields []string        `json:"fields"`
	AsOf   string          `json:"as_of"`
}

type searchOut struct {
	about
	Entity  string            `json:"entity"`
	Rows    []json.RawMessage `json:"rows"`
	HasMore bool              `json:"has_more"`
	Cursor  string            `json:"cursor,omitempty"`
	Cut     int               `json:"cut_texts,omitempty"`
}

func (s *Server) search(ctx context.Context, in searchIn) (out searchOut, err error) {
	limit, err := limited(in.Limit, defaultRows, maxRows)
	if err != nil {
		return out, err
	}
	if in.Entity == "" {
		_, err := s.known("", s.o.Catalog.Mirrored())
		return out, err
	}
	m, err := s.o.Workspace.Open(ctx, in.AsOf)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return s.page(ctx, m, in.Entity, params{Query: in.Query, Limit: limit, Cursor: in.Cursor, Fields: in.Fields})
}

// params are those of a context_store_search.
type params struct {
	Query  json.RawMessage `json:"query,omitempty"`
	Limit  int             `json:"limit,omitempty"`
	Cursor string          `json:"cursor,omitempty"`
	Fields []string        `json:"fields,omitempty"`
}

// page is one page of a search with no more rows than an answer has room for. When
// fewer have room than were found, the search is made again for so many: only then
// does its cursor stand behind the last row that is shown.
func (s *Server) page(ctx context.Context, m Mirror, entity string, p params) (out searchOut, err error) {
	if out.about, err = s.about(ctx, m, entity); err != nil {
		return out, err
	}
	whole := true
	for {
		rows, cursor, err := found(ctx, m, entity, p)
		if err != nil {
			return out, err
		}
		n := fitting(rows)
		if n == 0 && len(rows) > 1 {
			n = 1
		}
		if n < len(rows) && len(rows) > 1 {
			p.Limit, whole = n, false
			continue
		}
		out.Entity, out.Rows, out.Cursor, out.HasMore = entity, rows, cursor, cursor != ""
		if n == 0 && len(rows) == 1 {
			if out.Rows[0], out.Cut, err = shorten(rows[0]); err != nil {
				return out, err
			}
			out.advise(cutHint(out.Cut))
		}
		break
	}
	if out.HasMore {
		hint := "more rows: the same call with this cursor"
		if !whole {
			hint += "; name fields to get more rows at once"
		}
		out.advise(hint)
	}
	return out, nil
}

// found is what a search finds: rows, and the cursor to the rest, if there is one.
func found(ctx context.Context, m Mirror, entity string, p params) (rows []json.RawMessage, cursor string, err error) {
	text, err := encode(p)
	if err != nil {
		return nil, "", err
	}
	env, err := m.Execute(ctx, connector.Request{Entity: entity, Action: connector.Search, Params: text})
	if err != nil {
		return nil, "", err
	}
	var result struct {
		Data []json.RawMessage `json:"data"`
		Meta struct {
			Cursor *string `json:"cursor"`
		} `json:"meta"`
	}
	if err := json.Unmarshal(env.Result, &result); err != nil {
		return nil, "", fmt.Errorf("read the answer to a search in %s: %w", entity, err)
	}
	if result.Meta.Cursor != nil {
		cursor = *result.Meta.Cursor
	}
	return result.Data, cursor, nil
}
