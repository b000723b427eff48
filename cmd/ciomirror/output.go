package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/export"
)

// format is how data is printed on stdout. The empty format means: a table on a
// terminal; in a pipe jsonl for rows and one JSON object for a single thing.
type format string

const (
	formatTable format = "table"
	formatJSON  format = "json"
	formatJSONL format = "jsonl"
	formatCSV   format = "csv"
	formatTSV   format = "tsv"
	formatMD    format = "md"
)

var formats = []format{formatTable, formatJSON, formatJSONL, formatCSV, formatTSV, formatMD}

func unknownFormat(bad format) error {
	var names []string
	for _, f := range formats {
		names = append(names, string(f))
	}
	hint := "one of: " + strings.Join(names, ", ")
	if near := nearest(string(bad), names); near != "" {
		hint = fmt.Sprintf("did you mean %q? %s", near, hint)
	}
	return usageError(fmt.Sprintf("unknown output format %q", bad), hint)
}

// json reports whether errors are to be JSON as well.
func (f format) json() bool { return f == formatJSON || f == formatJSONL }

// forRows is the format for a list of rows.
func (a *app) forRows() format {
	if a.settings.Output != "" {
		return a.settings.Output
	}
	if a.terminal.out {
		return formatTable
	}
	return formatJSONL
}

// readable reports whether a single thing is to be shown to a person.
func (a *app) readable() bool {
	f := a.settings.Output
	return f == formatTable || f == "" && a.terminal.out
}

// printsRows marks the commands whose answer is rows, which every format can print.
const printsRows = "rows"

// ofRows is a command with that mark.
func ofRows(cmd *cobra.Command) *cobra.Command {
	cmd.Annotations = map[string]string{printsRows: ""}
	return cmd
}

// printsText marks the commands that print a document: as it is, or not at all.
const printsText = "text"

// ofText is a command with that mark.
func ofText(cmd *cobra.Command) *cobra.Command {
	cmd.Annotations = map[string]string{printsText: ""}
	return cmd
}

// refuseFormat refuses, before anything is done, -o csv, tsv and md of a command that
// prints a single thing, and all but table and md of one that prints a text. A standing
// wish of the environment or the config file is about rows, and no reason to refuse the
// other commands.
func (a *app) refuseFormat(cmd *cobra.Command) error {
	if _, text := cmd.Annotations[printsText]; text {
		given := cmd.Flags().Changed("output") || cmd.Flags().Changed("json")
		if f := a.settings.Output; given && f != formatTable && f != formatMD {
			return usageError(fmt.Sprintf("%s prints a text, which has no %s form", cmd.CommandPath(), f), "leave out -o and --json")
		}
		return nil
	}
	_, rows := cmd.Annotations[printsRows]
	what := cmd.CommandPath()
	if f := cmd.Flags().Lookup("explain"); f != nil && f.Value.String() == "true" {
		rows, what = false, what+" --explain"
	}
	asked := format(flagValue(cmd.Flags(), "output"))
	if rows || a.settings.Output != asked || asked != formatCSV && asked != formatTSV && asked != formatMD {
		return nil
	}
	return usageError(fmt.Sprintf("%s prints a single thing, which has no %s form", what, asked),
		"-o table or -o json; rows in every format: ciomirror search, ciomirror sql")
}

// printJSON prints a single thing as one line of JSON.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// say prints a message for people, unless they asked for none.
func (a *app) say(format string, args ...any) {
	if !a.settings.quiet {
		fmt.Fprintln(a.err, printable(fmt.Sprintf(format, args...)))
	}
}

// row is one row to print: the cells of columns as JSON values. A nil cell is a
// column that the row does not have.
type row []json.RawMessage

// rowWriter prints rows in one format.
type rowWriter interface {
	write(r row) error
	close() error
}

// printRows prints rows as they come. JSON and the line formats stream; a table
// needs all its rows to know its widths.
func (a *app) printRows(f format, columns []string, rows iter.Seq2[row, error]) error {
	return a.printColumns(f, columns, false, rows)
}

// printColumns is printRows for columns that nobody named, too: then a terminal is shown
// those for which it has room.
func (a *app) printColumns(f format, columns []string, partly bool, rows iter.Seq2[row, error]) error {
	out := bufio.NewWriter(a.out)
	var w rowWriter
	switch f {
	case formatJSON:
		w = &arrayWriter{linesWriter: linesWriter{out: out, columns: columns}}
	case formatJSONL:
		w = &linesWriter{out: out, columns: columns}
	case formatCSV, formatTSV:
		w = newCSVWriter(out, columns, f == formatTSV, a.shown())
	case formatMD:
		w = newMarkdownWriter(out, columns)
	default:
		t := newTableWriter(out, columns, a)
		t.partly = partly
		w = t
	}
	for r, err := range rows {
		if err == nil {
			err = w.write(r)
		}
		if err != nil {
			// What is printed so far is data; the error says that it is not all.
			_ = out.Flush()
			return err
		}
	}
	if err := w.close(); err != nil {
		return err
	}
	return out.Flush()
}

// shown makes text from elsewhere fit for stdout: harmless on a terminal, as it is
// anywhere else.
func (a *app) shown() func(string) string {
	if a.terminal.out {
		return printable
	}
	return func(s string) string { return s }
}

func (a *app) width() int {
	if a.terminal.out && a.terminal.width > 0 {
		return a.terminal.width
	}
	return 0
}

// linesWriter prints one JSON object a line.
type linesWriter struct {
	out     *bufio.Writer
	columns []string
}

func (w *linesWriter) write(r row) error {
	if _, err := w.out.Write(w.object(r)); err != nil {
		return err
	}
	return w.out.WriteByte('\n')
}

func (w *linesWriter) object(r row) []byte {
	b := []byte{'{'}
	for i, v := range r {
		if v == nil {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(appendJSONText(b, w.columns[i]), ':')
		b = append(b, v...)
	}
	return append(b, '}')
}

func (w *linesWriter) close() error { return nil }

// arrayWriter prints one JSON array of objects.
type arrayWriter struct {
	linesWriter
	open bool
}

func (w *arrayWriter) write(r row) error {
	sep := ",\n"
	if !w.open {
		sep, w.open = "[\n", true
	}
	if _, err := w.out.WriteString(sep); err != nil {
		return err
	}
	_, err := w.out.Write(w.object(r))
	return err
}

func (w *arrayWriter) close() error {
	end := "\n]\n"
	if !w.open {
		end = "[]\n"
	}
	_, err := w.out.WriteString(end)
	return err
}

// csvWriter prints comma- or tab-separated values with a head line. Lists and
// objects are JSON text in their cell; null is empty. Outside a terminal a text has
// every byte.
type csvWriter struct {
	w     *csv.Writer
	shown func(string) string
}

func newCSVWriter(out io.Writer, columns []string, tabs bool, shown func(string) string) rowWriter {
	w := csv.NewWriter(out)
	if tabs {
		w.Comma = '\t'
	}
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = shown(c)
	}
	_ = w.Write(head) // the error shows at the flush
	return csvWriter{w, shown}
}

func (w csvWriter) write(r row) error {
	record := make([]string, len(r))
	for i, v := range r {
		record[i] = w.shown(plain(v))
	}
	return w.w.Write(record)
}

func (w csvWriter) close() error {
	w.w.Flush()
	return w.w.Error()
}

// plain is a JSON value as text: a string without its quotes, null as nothing.
func plain(v json.RawMessage) string {
	if len(v) == 0 || string(v) == "null" {
		return ""
	}
	if v[0] == '"' {
		var s string
		if json.Unmarshal(v, &s) == nil {
			return s
		}
	}
	return string(v)
}

// markdownWriter prints a table of GitHub's Markdown, in which values are texts and
// nothing more, whoever renders it.
type markdownWriter struct{ out *bufio.Writer }

func newMarkdownWriter(out *bufio.Writer, columns []string) markdownWriter {
	w := markdownWriter{out}
	rule := make([]string, len(columns))
	for i := range rule {
		rule[i] = "---"
	}
	head := make(row, len(columns))
	for i, c := range columns {
		head[i] = appendJSONText(nil, c)
	}
	_ = w.write(head) // the error shows at the flush
	_, _ = out.WriteString("| " + strings.Join(rule, " | ") + " |\n")
	return w
}

func (w markdownWriter) write(r row) error {
	cells := make([]string, len(r))
	for i, v := range r {
		cells[i] = export.MarkdownText(plain(v))
	}
	_, err := w.out.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	return err
}

func (w markdownWriter) close() error { return nil }

// cell is a value out of SQLite as JSON. What SQLite cannot say is lost: a 1 may
// be a number or true, a text may be JSON.
func cell(v any) json.RawMessage {
	switch v := v.(type) {
	case nil:
		return json.RawMessage("null")
	case []byte:
		return appendJSONText(nil, fmt.Sprintf("%x", v))
	case string:
		return appendJSONText(nil, v)
	case time.Time:
		return appendJSONText(nil, v.Format(time.RFC3339Nano))
	}
	b, err := json.Marshal(v)
	if err != nil { // an infinite float
		return appendJSONText(nil, fmt.Sprint(v))
	}
	return b
}

func appendJSONText(dst []byte, s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return append(dst, bytes.TrimRight(b.Bytes(), "\n")...)
}

// columnsOf are the keys of JSON objects in the order in which they first appear.
func columnsOf(objects []json.RawMessage) ([]string, []map[string]json.RawMessage, error) {
	var columns []string
	records := make([]map[string]json.RawMessage, len(objects))
	for i, o := range objects {
		dec := json.NewDecoder(bytes.NewReader(o))
		if _, err := dec.Token(); err != nil {
			return nil, nil, err
		}
		records[i] = map[string]json.RawMessage{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, nil, err
			}
			var v json.RawMessage
			if err := dec.Decode(&v); err != nil {
				return nil, nil, err
			}
			name, _ := key.(string)
			records[i][name] = v
			if !slices.Contains(columns, name) {
				columns = append(columns, name)
			}
		}
	}
	return columns, records, nil
}
