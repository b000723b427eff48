package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"ciomirror/catalog"
	"ciomirror/connector"
	"ciomirror/query"
)

type getIn struct {
	Entity string `json:"entity"`
	ID     id     `json:"id"`
	Parent id     `json:"parent_id"`
	AsOf   string `json:"as_of"`
}

// id is a key's value: a text, or a number, which models rarely put in quotes.
type id string

// UnmarshalJSON implements json.Unmarshaler.
func (i *id) UnmarshalJSON(b []byte) error {
	var n json.Number
	if err := json.Unmarshal(b, &n); err == nil && b[0] != '"' {
		*i = id(n)
		return nil
	}
	return json.Unmarshal(b, (*string)(i))
}

type getOut struct {
	about
	Entity string          `json:"entity"`
	Record json.RawMessage `json:"record"`
	Cut    int             `json:"cut_texts,omitempty"`
}

func (s *Server) get(ctx context.Context, in getIn) (out getOut, err error) {
	e, err := s.mirrored(in.Entity)
	if err != nil {
		return out, err
	}
	if in.ID == "" {
		return out, refuse(codeArguments, "/id", "mirror_search finds ids", "there is no id")
	}
	key := []string{string(in.ID)}
	if in.Parent != "" {
		key = []string{string(in.Parent), string(in.ID)}
	}
	m, err := s.o.Workspace.Open(ctx, in.AsOf)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return s.record(ctx, m, e, key)
}

// record finds the one record with a key. Of the key of a nested record the parent's
// part may be left out where that leaves no doubt.
func (s *Server) record(ctx context.Context, m Mirror, e *catalog.Entity, key []string) (out getOut, err error) {
	if len(key) > len(e.Key) {
		return out, refuse(codeArguments, "/parent_id", "leave parent_id out", "%s are not nested", e.Name)
	}
	var conditions []string
	for i, field := range e.Key[len(e.Key)-len(key):] {
		condition, err := encode(map[string]map[string]string{"eq": {field: key[i]}})
		if err != nil {
			return out, err
		}
		conditions = append(conditions, string(condition))
	}
	rows, _, err := found(ctx, m, e.Name, params{
		Query: json.RawMessage(`{"filter":{"and":[` + strings.Join(conditions, ",") + `]}}`), Limit: 2, Fields: fieldNames(e),
	})
	if wrong, ok := errors.AsType[*connector.Error](err); ok && wrong.Type == connector.ValidationError {
		// It speaks of a filter that the caller has not written.
		return out, refuse(codeArguments, "/id", "mirror_search finds ids", "%s is no id of %s", strings.Join(key, "/"), e.Name)
	}
	if err != nil {
		return out, err
	}
	switch len(rows) {
	case 0:
		return out, &connector.Error{Type: connector.NotFound, Code: codeNoRecord, At: "/id", Msg: fmt.Sprintf("%s has no record %s", e.Name, strings.Join(key, "/")),
			Hint: "mirror_search finds ids; a record that was deleted is found with as_of, or in " + e.Name + "_history with mirror_sql"}
	case 2:
		return out, refuse(codeArguments, "/parent_id", "give parent_id: the "+e.Key[0], "several %s have the id %s", e.Name, key[0])
	}
	if out.about, err = s.about(ctx, m, e.Name); err != nil {
		return out, err
	}
	out.Entity, out.Record = e.Name, rows[0]
	if fitting(rows) == 0 {
		if out.Record, out.Cut, err = shorten(rows[0]); err != nil {
			return out, err
		}
		out.advise(cutHint(out.Cut))
	}
	return out, nil
}

func fieldNames(e *catalog.Entity) (names []string) {
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	return names
}

// mirrored finds an entity that the mirror has a table of.
func (s *Server) mirrored(name string) (*catalog.Entity, error) {
	e, err := s.known(name, s.o.Catalog.Mirrored())
	if err == nil && !e.Mirrored() {
		return nil, refuse(codeArguments, "/entity", "it is there to be created alone; what it made is in messages", "%s keeps no records", name)
	}
	return e, err
}

// known finds an entity. Without one, the fault offers what could be meant.
func (s *Server) known(name string, offers []*catalog.Entity) (*catalog.Entity, error) {
	if e, ok := s.o.Catalog.Entity(name); ok {
		return e, nil
	}
	names := catalog.Names(offers)
	hint := "the entities: " + strings.Join(names, ", ")
	if name == "" {
		return nil, refuse(codeArguments, "/entity", hint, "entity is missing")
	}
	near := query.Nearest(name, names)
	if len(near) > 0 {
		hint = fmt.Sprintf("did you mean %q? %s", near[0], hint)
	}
	e := refuse(codeArguments, "/entity", hint, "unknown entity %q", name)
	e.Candidates = near
	return nil, e
}
