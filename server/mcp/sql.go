package mcp

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"
)

type sqlIn struct {
	SQL    string                     `json:"sql"`
	Params map[string]json.RawMessage `json:"params"`
	Limit  *int                       `json:"limit"`
	AsOf   string                     `json:"as_of"`
}

type tableOut struct {
	about
	Columns   []string          `json:"columns"`
	Rows      []json.RawMessage `json:"rows"` // arrays of scalars
	Truncated bool              `json:"truncated"`
	Cut       int               `json:"cut_texts,omitempty"`
}

// maxTable is how many rows of a statement may be asked for: rows of one number are
// short.
const maxTable = 1000

func (s *Server) sql(ctx context.Context, in sqlIn) (out tableOut, err error) {
	limit, err := limited(in.Limit, maxRows, maxTable)
	if err != nil {
		return out, err
	}
	bound := map[string]any{}
	for name, value := range in.Params {
		if bound[name], err = scalar(value); err != nil {
			return out, refuse(codeArguments, "/params/"+name, "a parameter is a text, a number, true, false or null", "parameter %s: %v", name, err)
		}
	}
	m, err := s.o.Workspace.Open(ctx, in.AsOf)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	return s.table(ctx, m, in.SQL, bound, limit)
}

// scalar is a value to bind. A whole number stays one, however long: beyond int64 it is
// text, as the tables have it.
func scalar(value json.RawMessage) (any, error) {
	var v any
	if err := json.Unmarshal(value, &v); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case float64:
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			return n, nil
		}
		if !bytes.ContainsAny(value, ".eE") {
			return string(value), nil
		}
		return v, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case nil, string:
		return v, nil
	}
	return nil, errors.New("it is an array or an object")
}

// table answers a statement with as many rows as there is room for.
func (s *Server) table(ctx context.Context, m Mirror, statement string, bound map[string]any, limit int) (out tableOut, err error) {
	if out.about, err = s.about(ctx, m, ""); err != nil {
		return out, err
	}
	columns, rows, err := m.Statement(ctx, statement, bound)
	if err != nil {
		return out, err
	}
	out.Columns, out.Rows = columns, []json.RawMessage{}
	if err := out.read(rows, limit); err != nil {
		return out, err
	}
	if out.Truncated {
		out.advise(fmt.Sprintf("there are more than these %d rows: aggregate, select fewer columns, or add order by and limit … offset %d", len(out.Rows), len(out.Rows)))
	}
	if out.Cut > 0 {
		out.advise(cutHint(out.Cut))
	}
	return out, nil
}

// read takes rows while there is room. A first row that is too large has its long
// texts cut.
func (out *tableOut) read(rows iter.Seq2[[]any, error], limit int) error {
	room := maxBytes
	for cells, err := range rows {
		if err != nil {
			return err
		}
		row, err := encode(scalars(cells))
		if err != nil {
			return err
		}
		if len(row) > room && len(out.Rows) == 0 {
			if row, out.Cut, err = shorten(row); err != nil {
				return err
			}
		}
		if out.Truncated = len(out.Rows) == limit || len(row) > room; out.Truncated {
			return nil
		}
		room -= len(row) + 1
		out.Rows = append(out.Rows, row)
	}
	return nil
}

// scalars are the cells of a row as JSON has them: bytes in hexadecimal, what is no
// number in JSON as text.
func scalars(cells []any) []any {
	row := make([]any, len(cells))
	for i, c := range cells {
		row[i] = c
		switch c := c.(type) {
		case []byte:
			row[i] = hex.EncodeToString(c)
		case float64:
			if c-c != 0 {
				row[i] = strconv.FormatFloat(c, 'g', -1, 64)
			}
		case time.Time:
			row[i] = c.Format(time.RFC3339Nano)
		}
	}
	return row
}
