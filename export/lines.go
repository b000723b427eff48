package export

import (
	"bufio"
	"context"
	"io"

	"ciomirror/internal/canon"
)

// linesWriter writes one JSON object a line.
type linesWriter struct {
	out    *bufio.Writer
	keys   [][]byte // quoted, with the colon
	sparse bool
	line   []byte
}

func newLines(w io.Writer, r Result) *linesWriter {
	l := &linesWriter{out: bufio.NewWriter(w), sparse: r.Sparse}
	for _, c := range r.Columns {
		l.keys = append(l.keys, append(canon.AppendString(nil, c.Name), ':'))
	}
	return l
}

func (l *linesWriter) write(_ context.Context, values []any) error {
	b := append(l.line[:0], '{')
	for i, v := range values {
		if v == nil && l.sparse {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = appendJSON(append(b, l.keys[i]...), v)
	}
	l.line = append(b, '}', '\n')
	_, err := l.out.Write(l.line)
	return err
}

func (l *linesWriter) close(context.Context) error { return l.out.Flush() }
