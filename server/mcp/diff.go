package mcp

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"ciomirror/catalog"
	"ciomirror/connector"
)

type diffIn struct {
	From     string   `json:"from"`
	To       string   `json:"to"`
	Entities []string `json:"entities"`
	Cursor   string   `json:"cursor"`
}

type diffOut struct {
	about
	From     time.Time         `json:"from"`
	To       time.Time         `json:"to"`
	Entities []entityCounts    `json:"entities"`
	Rows     []json.RawMessage `json:"rows"`
	HasMore  bool              `json:"has_more"`
	Cursor   string            `json:"cursor,omitempty"`
	Cut      int               `json:"cut_texts,omitempty"`
}

type entityCounts struct {
	Entity  string `json:"entity"`
	Added   int    `json:"added"`
	Removed int    `json:"removed"`
	Changed int    `json:"changed"`
}

type changeOut struct {
	Entity string                        `json:"entity"`
	Key    json.RawMessage               `json:"key"`
	Change string                        `json:"change"`
	Fields map[string][2]json.RawMessage `json:"fields,omitempty"`
	// Omitted: there is no room for the fields, mirror_get has them.
	Omitted bool `json:"fields_omitted,omitempty"`
}

// span is what is compared, and up to where it was shown: a cursor. Its times are
// instants of the mirror, fixed by the first call, so that a sync in between moves
// nothing.
type span struct {
	From     int64    `json:"f"` // Unix milliseconds
	To       int64    `json:"t"`
	Entities []string `json:"e"`
	After    *place   `json:"a"`
}

// place is a change's in the order of the entities and, in each, of the keys.
type place struct {
	Entity string `json:"e"`
	Key    string `json:"k"` // JSON
}

func (s *Server) diff(ctx context.Context, in diffIn) (out diffOut, err error) {
	m, err := s.o.Workspace.Open(ctx, "")
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	compared, err := s.span(ctx, m, in)
	if err != nil {
		return out, err
	}
	entities, err := s.entities(compared.Entities)
	if err != nil {
		return out, err
	}
	if out.about, err = s.about(ctx, m, ""); err != nil {
		return out, err
	}
	out.From, out.To = time.UnixMilli(compared.From).UTC(), time.UnixMilli(compared.To).UTC()
	out.Entities, out.Rows = []entityCounts{}, []json.RawMessage{}
	r := differences{out: &out, after: compared.After, room: maxBytes}
	for _, e := range entities {
		if err := r.read(ctx, m, e); err != nil {
			return out, s.forgotten(ctx, in, err)
		}
	}
	if r.after != nil {
		return out, refuse(codeArguments, "/cursor", "start anew, without cursor", "the mirror has no more what this cursor stands at")
	}
	if out.Cut > 0 {
		out.advise(cutHint(out.Cut))
	}
	if out.HasMore {
		compared.After = r.last
		if out.Cursor, err = compared.cursor(); err != nil {
			return out, err
		}
		out.advise("more rows: call again with this cursor alone")
	}
	return out, nil
}

// span is what a call asks to compare.
func (s *Server) span(ctx context.Context, m Mirror, in diffIn) (span, error) {
	if in.Cursor != "" {
		return parseSpan(in.Cursor)
	}
	if in.From == "" {
		return span{}, refuse(codeArguments, "/from", "a time (2026-11-20, 7d, 12h) or a snapshot; mirror_status lists those", "from is missing")
	}
	from, err := m.Instant(ctx, in.From)
	if err != nil {
		return span{}, err
	}
	to, err := m.Instant(ctx, in.To)
	if err != nil {
		return span{}, err
	}
	if to.Before(from) {
		return span{}, refuse(codeArguments, "/to", "from is the earlier time; to is now when left out", "from lies after to")
	}
	return span{From: from.UnixMilli(), To: to.UnixMilli(), Entities: in.Entities}, nil
}

// forgotten says of a cursor whose times were pruned since what to do; other faults
// stay as they are.
func (s *Server) forgotten(ctx context.Context, in diffIn, err error) error {
	e := s.o.Explain(ctx, err)
	if in.Cursor == "" || e.Type != connector.NotFound {
		return err
	}
	return &connector.Error{Type: connector.NotFound, Code: codeNoRecord, At: "/cursor", Msg: "the mirror has forgotten a time of this comparison since its last page: " + e.Msg, Err: err,
		Hint: "start anew, without cursor, from a later time or a snapshot; mirror_status lists those"}
}

func (c span) cursor() (string, error) {
	b, err := json.Marshal(c)
	return base64.RawURLEncoding.EncodeToString(b), err
}

func parseSpan(cursor string) (c span, err error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil || c.After == nil {
		return c, refuse(codeArguments, "/cursor", "copy it as the last answer gave it, or leave it out to start anew", "this is no cursor of mirror_diff")
	}
	return c, nil
}

// entities finds entities by their names, each once; all for none.
func (s *Server) entities(names []string) (list []*catalog.Entity, err error) {
	if len(names) == 0 {
		return s.o.Catalog.Mirrored(), nil
	}
	for _, name := range names {
		e, err := s.mirrored(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(list, e) {
			list = append(list, e)
		}
	}
	return list, nil
}

// differences puts changes into an answer: all are counted, those with room are shown.
type differences struct {
	out   *diffOut
	after *place // the last that was shown before; nil once it was found
	last  *place // that is shown
	room  int
}

func (d *differences) read(ctx context.Context, m Mirror, e *catalog.Entity) error {
	counts := entityCounts{Entity: e.Name}
	for change, err := range m.Changes(ctx, e, d.out.From, d.out.To) {
		if err != nil {
			return err
		}
		switch change.Change {
		case "added":
			counts.Added++
		case "removed":
			counts.Removed++
		default:
			counts.Changed++
		}
		if err := d.show(e.Name, change); err != nil {
			return err
		}
	}
	if counts != (entityCounts{Entity: e.Name}) {
		d.out.Entities = append(d.out.Entities, counts)
	}
	return nil
}

func (d *differences) show(entity string, c Change) error {
	if d.after != nil {
		if *d.after == (place{entity, string(c.Key)}) {
			d.after = nil
		}
		return nil
	}
	if d.out.HasMore || len(d.out.Rows) == maxRows {
		d.out.HasMore = true
		return nil
	}
	row, err := encode(changeOut{Entity: entity, Key: c.Key, Change: c.Change, Fields: c.Fields})
	if err != nil {
		return err
	}
	// A new row has all its fields in here, bodies too: what changed is seen without
	// the ends of long texts.
	row, cut := connector.Shorten(row)
	if len(row) > maxBytes {
		if row, err = encode(changeOut{Entity: entity, Key: c.Key, Change: c.Change, Omitted: true}); err != nil {
			return err
		}
		cut = 0
	}
	if len(row) > d.room {
		d.out.HasMore = true
		return nil
	}
	d.room -= len(row) + 1
	d.out.Cut += cut
	d.out.Rows = append(d.out.Rows, row)
	d.last = &place{entity, string(c.Key)}
	return nil
}
