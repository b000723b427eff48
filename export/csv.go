package export

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"regexp"
)

// csvWriter writes comma- or tab-separated values with a head, as RFC 4180 has them
// but with bare line feeds.
type csvWriter struct {
	out    *bufio.Writer
	w      *csv.Writer
	safe   bool
	record []string
}

func newCSV(w io.Writer, columns []Column, tabs, safe bool) (*csvWriter, error) {
	out := bufio.NewWriter(w)
	c := &csvWriter{out: out, w: csv.NewWriter(out), safe: safe, record: make([]string, len(columns))}
	if tabs {
		c.w.Comma = '\t'
	}
	head := make([]any, len(columns))
	for i, column := range columns {
		head[i] = column.Name
	}
	return c, c.line(head)
}

func (c *csvWriter) write(_ context.Context, values []any) error { return c.line(values) }

func (c *csvWriter) line(values []any) error {
	for i, v := range values {
		c.record[i] = readable(v)
		if c.safe && !isNumber(v) {
			c.record[i] = harmless(c.record[i])
		}
	}
	if len(c.record) == 1 && c.record[0] == "" {
		// The library would write an empty line, which readers skip: a row less.
		c.w.Flush()
		_, err := c.out.WriteString("\"\"\n")
		return err
	}
	return c.w.Write(c.record)
}

func (c *csvWriter) close(context.Context) error {
	c.w.Flush()
	if err := c.w.Error(); err != nil {
		return err
	}
	return c.out.Flush()
}

// isNumber reports whether a spreadsheet would see a number or a truth, which are no
// formulas though they may have a sign.
func isNumber(v any) bool {
	switch v := v.(type) {
	case nil, int64, float64, bool:
		return true
	case json.RawMessage:
		return len(v) > 0 && (v[0] == '-' || v[0] >= '0' && v[0] <= '9')
	}
	return false
}

// formula is where a spreadsheet could see a formula begin. Not only at the start of
// the text: one whose country parts cells by semicolons does not see our quotes, so
// that for it a cell begins after a semicolon, a tab or a line break as well. The
// wide forms are those of Japanese and Chinese keyboards.
var formula = regexp.MustCompile(`(^|[;\t\r\n])([\pZ\pC"]*)([=+\-@＝＋－＠])`)

// harmless puts an apostrophe before what could be taken for a formula.
func harmless(s string) string { return formula.ReplaceAllString(s, "$1$2'$3") }
