package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"ciomirror/catalog"
)

type describeIn struct {
	Entity string `json:"entity"`
	Detail string `json:"detail"`
}

type describeOut struct {
	about
	Entities  []entityDoc     `json:"entities,omitempty"`
	Views     []View          `json:"views,omitempty"`
	Operators []any           `json:"operators,omitempty"` // names, or an Operator each
	Entity    *entityDoc      `json:"entity,omitempty"`
	Schema    json.RawMessage `json:"schema,omitempty"`
}

type entityDoc struct {
	Entity string   `json:"entity"`
	Doc    string   `json:"doc,omitempty"`
	Key    []string `json:"key,omitempty"`
	Parent string   `json:"parent,omitempty"`
	Fields []any    `json:"fields,omitempty"` // names, or a fieldDoc each
}

type fieldDoc struct {
	Field string `json:"field"`
	Type  string `json:"type"`
	Unit  string `json:"unit,omitempty"`
	Doc   string `json:"doc"`
}

// The details of a description.
const (
	detailNames   = "names"
	detailSummary = "summary"
	detailFull    = "full"
)

func (s *Server) describe(ctx context.Context, in describeIn) (out describeOut, err error) {
	details := []string{detailNames, detailSummary, detailFull}
	if in.Detail != "" && !slices.Contains(details, in.Detail) {
		return out, refuse(codeArguments, "/detail", "detail is one of: "+strings.Join(details, ", "), "unknown detail %q", in.Detail)
	}
	m, err := s.o.Workspace.Open(ctx, "")
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	e, ok := s.o.Catalog.Entity(in.Entity)
	if !ok && in.Entity != "" {
		_, err := s.known(in.Entity, s.o.Catalog.Entities())
		return out, err
	}
	of := "" // what is only ever created has no age
	if ok && e.Mirrored() {
		of = e.Name
	}
	if out.about, err = s.about(ctx, m, of); err != nil {
		return out, err
	}
	if in.Entity == "" {
		s.describeAll(&out, in.Detail)
		return out, nil
	}
	if in.Detail == detailFull {
		out.Schema, err = s.o.Workspace.Schema(e)
		return out, err
	}
	out.Entity = describeEntity(e, in.Detail == detailNames)
	return out, nil
}

// describeAll lists what there is: names with what they are or, as a summary, with
// the names of the fields and the operators of the filter.
func (s *Server) describeAll(out *describeOut, detail string) {
	summary := detail == detailSummary || detail == detailFull
	for _, e := range s.o.Catalog.Entities() {
		doc := entityDoc{Entity: e.Name, Doc: e.Doc}
		if summary {
			doc = *describeEntity(e, true)
		}
		out.Entities = append(out.Entities, doc)
	}
	for _, o := range s.o.Operators {
		if summary {
			out.Operators = append(out.Operators, o)
		} else {
			out.Operators = append(out.Operators, o.Operator)
		}
	}
	out.Views = s.o.Views
	out.advise("the fields of one: entity with detail summary; its actions and indexes: detail full. In SQL the tables are the entities, with ENTITY_history for earlier versions and the views; times are Unix seconds")
}

func describeEntity(e *catalog.Entity, namesOnly bool) *entityDoc {
	doc := &entityDoc{Entity: e.Name, Key: e.Key}
	if !namesOnly {
		doc.Doc = e.Doc
	}
	if e.Parent != nil {
		doc.Parent = e.Parent.Entity
	}
	add := func(name string, kind catalog.Kind, unit catalog.Unit, text string) {
		if namesOnly {
			doc.Fields = append(doc.Fields, name)
		} else {
			doc.Fields = append(doc.Fields, fieldDoc{Field: name, Type: kind.String(), Unit: string(unit), Doc: text})
		}
	}
	fields := e.Fields
	if !e.Mirrored() {
		fields = e.Result
	}
	for _, f := range fields {
		add(f.Name, f.Kind(), f.Unit, f.Doc)
	}
	for _, d := range e.Derived {
		add(d.Name, catalog.Integer, d.Unit, d.Doc)
	}
	return doc
}
