package export

import (
	"context"
	"encoding/json"
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"
)

// parquetWriter sets the rows aside until it knows whether the types of the columns
// hold, since the schema is needed for the first row.
type parquetWriter struct {
	out     io.Writer
	columns []Column
	*spool
	seen    []seen
	widened []string
}

func newParquet(w io.Writer, columns []Column, o Options) (*parquetWriter, error) {
	s, err := newSpool(o.Scratch, o.MostScratch)
	if err != nil {
		return nil, err
	}
	return &parquetWriter{out: w, columns: columns, spool: s, seen: make([]seen, len(columns))}, nil
}

func (p *parquetWriter) write(_ context.Context, values []any) error {
	for i, v := range values {
		p.seen[i].add(v)
	}
	return p.spool.write(values)
}

// A row group is what a writer holds in memory and what a reader reads at once.
const (
	groupRows  = 100_000
	groupBytes = 16 << 20 // of values, before they are packed
)

func (p *parquetWriter) close(ctx context.Context) error {
	columns := make([]Column, len(p.columns))
	for i, c := range p.columns {
		t, widened := p.seen[i].settle(c.Type)
		if columns[i] = (Column{Name: c.Name, Type: t}); widened {
			p.widened = append(p.widened, c.Name)
		}
	}
	out := parquet.NewWriter(p.out, parquet.NewSchema("rows", ordered(columns)),
		parquet.Compression(&parquet.Zstd), parquet.CreatedBy("ciomirror", "", ""))
	row := make(parquet.Row, len(columns))
	size, n := 0, 0
	for values, err := range p.rows(len(columns)) {
		if err != nil {
			return err
		}
		for i, v := range values {
			row[i] = parquetValue(columns[i].Type, v, i)
			size += sizeOf(v)
		}
		if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
			return err
		}
		if n++; n == groupRows || size > groupBytes {
			if err := out.Flush(); err != nil {
				return err
			}
			size, n = 0, 0
		}
		if n%told == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
	}
	return out.Close()
}

// sizeOf is about how much memory a value takes.
func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v) + 8
	case []byte:
		return len(v) + 8
	case json.RawMessage:
		return len(v) + 8
	}
	return 8
}

// parquetValue is a value in a column whose type it fits.
func parquetValue(t Type, v any, column int) parquet.Value {
	if v == nil {
		return parquet.NullValue().Level(0, 0, column)
	}
	var value parquet.Value
	switch t {
	case Boolean:
		value = parquet.BooleanValue(v.(bool))
	case Integer:
		value = parquet.Int64Value(v.(int64))
	case Time:
		value = parquet.Int64Value(v.(int64) * 1000)
	case Number:
		if n, ok := v.(int64); ok {
			v = float64(n)
		}
		value = parquet.DoubleValue(v.(float64))
	case Bytes:
		value = parquet.ByteArrayValue(v.([]byte))
	case JSON:
		value = parquet.ByteArrayValue(appendJSON(nil, v))
	default:
		value = parquet.ByteArrayValue([]byte(readable(v)))
	}
	return value.Level(0, 1, column)
}

func parquetNode(t Type) parquet.Node {
	switch t {
	case Boolean:
		return parquet.Leaf(parquet.BooleanType)
	case Integer:
		return parquet.Int(64)
	case Time:
		return parquet.Timestamp(parquet.Millisecond)
	case Number:
		return parquet.Leaf(parquet.DoubleType)
	case Bytes:
		return parquet.Leaf(parquet.ByteArrayType)
	case JSON:
		return parquet.JSON()
	}
	return parquet.String()
}

// ordered is the schema of columns in their order: that of the library's own groups
// is the alphabet's.
func ordered(columns []Column) parquet.Node {
	g := group{Group: parquet.Group{}}
	for _, c := range columns {
		node := parquet.Optional(parquetNode(c.Type))
		g.Group[c.Name] = node
		g.fields = append(g.fields, groupField{Node: node, name: c.Name})
	}
	return g
}

type group struct {
	parquet.Group
	fields []parquet.Field
}

func (g group) Fields() []parquet.Field { return g.fields }

type groupField struct {
	parquet.Node
	name string
}

func (f groupField) Name() string { return f.name }

// Value implements parquet.Field. The library asks for it where rows are structs;
// ours are parquet.Rows.
func (f groupField) Value(base reflect.Value) reflect.Value {
	return base.MapIndex(reflect.ValueOf(f.name))
}
