package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

type savedIn struct {
	Name   string                     `json:"name"`
	Params map[string]json.RawMessage `json:"params"`
	Limit  *int                       `json:"limit"`
	Cursor string                     `json:"cursor"`
	AsOf   string                     `json:"as_of"`
}

// savedOut is a list of queries, the table of a statement, or the records of a search.
type savedOut struct {
	about
	Queries   []Saved           `json:"queries,omitempty"`
	Columns   []string          `json:"columns,omitempty"`
	Rows      []json.RawMessage `json:"rows,omitempty"`
	Entity    string            `json:"entity,omitempty"`
	Records   []json.RawMessage `json:"records,omitempty"`
	Truncated bool              `json:"truncated"`
	Cursor    string            `json:"cursor,omitempty"`
	Cut       int               `json:"cut_texts,omitempty"`
}

// saved lists the saved queries, or runs one.
func (s *Server) saved(ctx context.Context, in savedIn) (out savedOut, err error) {
	limit, err := limited(in.Limit, maxRows, maxRows)
	if err != nil {
		return out, err
	}
	given, err := texts(in.Params)
	if err != nil {
		return out, err
	}
	m, err := s.o.Workspace.Open(ctx, in.AsOf)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if in.Name == "" {
		if out.about, err = s.about(ctx, m, ""); err != nil {
			return out, err
		}
		out.Queries, err = s.o.Workspace.Saved()
		return out, err
	}
	q, err := s.o.Workspace.Bind(in.Name, given)
	switch {
	case err != nil:
		return out, err
	case q.Entity != "":
		return s.savedSearch(ctx, m, q, limit, in.Cursor)
	case in.Cursor != "":
		return out, refuse(codeArguments, "/cursor", "ask mirror_sql with limit and offset for the rest", "%s is a statement: it has no cursor", in.Name)
	}
	t, err := s.table(ctx, m, q.SQL, q.Params, limit)
	return savedOut{about: t.about, Columns: t.Columns, Rows: t.Rows, Truncated: t.Truncated, Cut: t.Cut}, err
}

// texts are parameters as a person would write them.
func texts(params map[string]json.RawMessage) (map[string]string, error) {
	given := map[string]string{}
	for name, value := range params {
		v, err := scalar(value)
		if err != nil {
			return nil, refuse(codeArguments, "/params/"+name, "a parameter is a text, a number, true or false", "parameter %s: %v", name, err)
		}
		switch v := v.(type) {
		case nil: // left out
		case string:
			given[name] = v
		default:
			given[name] = string(value)
		}
	}
	return given, nil
}

// savedSearch runs a saved search, with no more rows than it asks for itself.
func (s *Server) savedSearch(ctx context.Context, m Mirror, q Question, limit int, cursor string) (savedOut, error) {
	var p params
	if err := json.Unmarshal(q.Search, &p); err != nil {
		return savedOut{}, fmt.Errorf("read the params of a saved search: %w", err)
	}
	if p.Limit == 0 || p.Limit > limit {
		p.Limit = limit
	}
	p.Cursor = cursor
	page, err := s.page(ctx, m, q.Entity, p)
	return savedOut{about: page.about, Entity: q.Entity, Records: page.Rows, Truncated: page.HasMore, Cursor: page.Cursor, Cut: page.Cut}, err
}
