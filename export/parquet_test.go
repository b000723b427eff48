package export_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"ciomirror/export"
)

// parquetFile is what a reader finds: a line for each column, a line for each row.
func parquetFile(t *testing.T, b []byte) (schema, rows []string, groups int) {
	t.Helper()
	file, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range file.Schema().Fields() {
		schema = append(schema, field.Name()+" "+field.Type().String())
		if !field.Optional() {
			t.Errorf("%s cannot be null", field.Name())
		}
	}
	for _, group := range file.RowGroups() {
		groups++
		reader := group.Rows()
		buffer := make([]parquet.Row, 64)
		for {
			n, err := reader.ReadRows(buffer)
			for _, row := range buffer[:n] {
				var cells []string
				for _, v := range row {
					cells = append(cells, fmt.Sprintf("%v", v))
				}
				rows = append(rows, strings.Join(cells, "|"))
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := reader.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return schema, rows, groups
}

func TestParquetKeepsTypesAndOrder(t *testing.T) {
	b, w := write(t, export.Parquet, everything(), export.Options{})
	schema, rows, _ := parquetFile(t, b)
	if want := []string{
		"id INT(64,true)", "name STRING", "rate DOUBLE", "active BOOLEAN",
		"created TIMESTAMP(isAdjustedToUTC=true,unit=MILLIS)", "tags JSON", "hash BYTE_ARRAY",
	}; !slices.Equal(schema, want) {
		t.Errorf("the schema is %q, want %q", schema, want)
	}
	if want := []string{
		"1|Ärzte, \"a\"\nb|1.5|true|1700000000000|[\"x\",1]|\x00\xff",
		"<null>|<null>|<null>|<null>|<null>|<null>|<null>",
		"-3||2|false|-1000|{\"a\":\"b\"}|",
	}; !slices.Equal(rows, want) {
		t.Errorf("the rows are\n%q, want\n%q", rows, want)
	}
	if w.Rows != 3 || len(w.Widened) > 0 {
		t.Errorf("written: %+v", w)
	}
	again, _ := write(t, export.Parquet, everything(), export.Options{})
	if !bytes.Equal(b, again) {
		t.Error("the same rows give other bytes")
	}
}

// TestNoValueIsLostToAType: one value that does not fit makes the column text, in
// which everything is readable, and says so.
func TestNoValueIsLostToAType(t *testing.T) {
	huge := json.RawMessage("123456789012345678901234567890")
	for _, c := range []struct {
		kind   string
		values []any
		schema string
		cells  []string
		said   bool
	}{
		{"integer", []any{int64(math.MinInt64), nil, int64(math.MaxInt64)}, "INT(64,true)", []string{"-9223372036854775808", "<null>", "9223372036854775807"}, false},
		{"integer", []any{int64(1), "9-abc"}, "STRING", []string{"1", "9-abc"}, true},
		{"integer", []any{huge, int64(-2), 0.5, true}, "STRING", []string{string(huge), "-2", "0.5", "true"}, true},
		{"number", []any{int64(1 << 53), -0.1}, "DOUBLE", []string{"9.007199254740992e+15", "-0.1"}, false},
		{"number", []any{int64(1<<53 + 1), 0.5}, "STRING", []string{"9007199254740993", "0.5"}, true},
		{"number", []any{0.5, huge}, "STRING", []string{"0.5", string(huge)}, true},
		{"boolean", []any{true, int64(1)}, "STRING", []string{"true", "1"}, true},
		{"time", []any{int64(5), "never"}, "STRING", []string{"5", "never"}, true},
		{"time", []any{int64(math.MaxInt64 / 1000)}, "TIMESTAMP(isAdjustedToUTC=true,unit=MILLIS)", []string{"9223372036854775000"}, false},
		{"time", []any{int64(math.MaxInt64/1000 + 1)}, "STRING", []string{"9223372036854776"}, true},
		{"bytes", []any{[]byte{1}, "x"}, "STRING", []string{"01", "x"}, true},
		{"json", []any{int64(1), "a\"b", json.RawMessage("[]"), true}, "JSON", []string{"1", `"a\"b"`, "[]", "true"}, false},
		{"text", []any{int64(1), "a", json.RawMessage(`[{"name":"x"}]`), []byte{255}}, "STRING", []string{"1", "a", `[{"name":"x"}]`, "ff"}, false},
		{"untyped", []any{nil, nil}, "STRING", []string{"<null>", "<null>"}, false},
		{"untyped", []any{int64(1), nil}, "INT(64,true)", []string{"1", "<null>"}, false},
		{"untyped", []any{int64(1), 0.5}, "DOUBLE", []string{"1", "0.5"}, false},
		{"untyped", []any{3.0}, "DOUBLE", []string{"3"}, false},
		{"untyped", []any{int64(1<<53 + 1), 0.5}, "STRING", []string{"9007199254740993", "0.5"}, false},
		{"untyped", []any{[]byte{255}}, "BYTE_ARRAY", []string{"\xff"}, false},
		{"untyped", []any{"\xffa"}, "STRING", []string{"\uFFFDa"}, false},
		{"untyped", []any{"1", int64(1)}, "STRING", []string{"1", "1"}, false},
		{"untyped", []any{true, false}, "BOOLEAN", []string{"true", "false"}, false},
		{"untyped", []any{json.RawMessage("{}")}, "JSON", []string{"{}"}, false},
	} {
		var all [][]any
		for _, v := range c.values {
			all = append(all, []any{v})
		}
		b, w := write(t, export.Parquet, result("x "+c.kind, all...), export.Options{})
		schema, rows, _ := parquetFile(t, b)
		if schema[0] != "x "+c.schema || !slices.Equal(rows, c.cells) {
			t.Errorf("%s of %v is %s: %q, want %s: %q", c.kind, c.values, schema[0], rows, c.schema, c.cells)
		}
		if said := slices.Equal(w.Widened, []string{"x"}); said != c.said {
			t.Errorf("%s of %v: said %v, want %v", c.kind, c.values, w.Widened, c.said)
		}
	}
}

func TestParquetIsCutIntoGroups(t *testing.T) {
	text := strings.Repeat("x", 1<<20)
	var all [][]any
	for i := range 40 {
		all = append(all, []any{int64(i), text})
	}
	b, _ := write(t, export.Parquet, result("id integer, body text", all...), export.Options{})
	if _, rows, groups := parquetFile(t, b); groups != 3 || len(rows) != 40 || !strings.HasPrefix(rows[39], "39|xxx") {
		t.Errorf("%d rows in %d groups; 40 MiB are three", len(rows), groups)
	}
	// No rows, and columns that are none of Go's names.
	b, _ = write(t, export.Parquet, result("b text, a integer, count(*) integer, ünicode text"), export.Options{})
	if schema, rows, _ := parquetFile(t, b); len(rows) != 0 || len(schema) != 4 || schema[0] != "b STRING" || schema[2] != "count(*) INT(64,true)" {
		t.Errorf("an empty result is %q, %d rows", schema, len(rows))
	}
}

// What is set aside has a bound, and what is under it is written.
func TestParquetSetsAsideNoMoreThanItMay(t *testing.T) {
	const most = 10_000
	value := strings.Repeat("x", 99)
	for _, c := range []struct {
		rows int
		want error
	}{{most / 200, nil}, {most / 50, export.ErrTooLarge}} {
		values := slices.Repeat([][]any{{value}}, c.rows)
		folder := t.TempDir()
		var out bytes.Buffer
		_, err := export.Write(t.Context(), &out, export.Parquet, result("a text", values...), export.Options{Scratch: folder, MostScratch: most})
		if !errors.Is(err, c.want) || (err != nil) != (out.Len() == 0) {
			t.Errorf("%d rows: %v, %d bytes", c.rows, err, out.Len())
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
			t.Errorf("%v is left, %v", left, err)
		}
	}
}
