package page

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ciomirror/catalog"
)

// column is a column of a table: a field, a derived column, or a column of a
// statement, of which nothing but the name is known.
type column struct {
	Name, Doc string
	Kind      catalog.Kind // 0 when nobody knows
	Unit      catalog.Unit
	Indexed   bool
	Key       bool
	refers    []string
	words     bool   // its texts are looked through
	asOf      string // the time of its values, in words; "" for now
}

// Numeric columns stand on the right.
func (c column) Numeric() bool {
	return (c.Kind == catalog.Integer || c.Kind == catalog.Number) && !c.Time() && !c.Key && len(c.refers) == 0
}

// Time reports whether the column's numbers are moments.
func (c column) Time() bool { return c.Unit == catalog.UnixSeconds }

// Refers are the entities that the column's ids lead to.
func (c column) Refers() []string { return c.refers }

// Type is what to say of the column when somebody asks.
func (c column) Type() string {
	if c.Kind == 0 {
		return ""
	}
	if c.Time() {
		return "time"
	}
	return c.Kind.String()
}

// columnsOf are the columns of an entity in the catalog's order.
func columnsOf(e *catalog.Entity) []column {
	var all []column
	key := map[string]bool{}
	for _, k := range e.Key {
		key[k] = true
	}
	for _, f := range e.Fields {
		all = append(all, column{Name: f.Name, Doc: f.Doc, Kind: f.Kind(), Unit: f.Unit, Indexed: f.Is(catalog.Indexed), Key: key[f.Name], refers: f.Refers, words: f.Is(catalog.FullText)})
	}
	for _, d := range e.Derived {
		all = append(all, column{Name: d.Name, Doc: d.Doc, Kind: catalog.Integer, Unit: d.Unit, Indexed: d.Marks&catalog.Indexed != 0})
	}
	return all
}

// cell is a value as it is shown. Its Kind says which of the rest counts: null,
// text, number, boolean, time, list or json.
type cell struct {
	Kind  string
	Text  string // one line of it
	Whole string // all of it, where Text is a part; cut at wholeSize
	Href  string
	Time  stamp
	List  []cell
	Cut   int // characters that Whole does not show

	figure *float64 // what a chart draws; nil for what is no number
}

// Hover is the text for who points at a cell that may be cut; "" for a short one.
func (c cell) Hover() string {
	if utf8.RuneCountInString(c.Text) > hoverSize {
		return c.Text
	}
	return ""
}

const (
	hoverSize = 24     // characters that fit into every column
	lineSize  = 160    // characters of a text in a table
	wholeSize = 20_000 // characters of a text that is shown whole
	listSize  = 6      // elements of a list in a table
)

// cellOf shows a JSON value of a column.
func (p *Page) cellOf(c column, v json.RawMessage) cell {
	v = bytes.TrimSpace(v)
	switch {
	case len(v) == 0 || string(v) == "null":
		return cell{Kind: "null"}
	case v[0] == '"':
		var s string
		if json.Unmarshal(v, &s) == nil {
			return p.linked(c, textCell(s), s)
		}
	case v[0] == 't' || v[0] == 'f':
		return cell{Kind: "boolean", Text: string(v)}
	case v[0] == '[':
		if list, ok := p.listOf(c, v); ok {
			return list
		}
		return jsonCell(v)
	case v[0] == '{':
		return jsonCell(v)
	}
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil && c.Time() && plausible(n) {
		return cell{Kind: "time", Time: stampOf(time.Unix(n, 0), p.o.Now())}
	}
	x := cell{Kind: "number", Text: string(v)}
	if f, err := strconv.ParseFloat(x.Text, 64); err == nil {
		x.figure = &f
	}
	if c.Kind == catalog.Integer && c.Numeric() {
		x.Text = grouped(x.Text)
	}
	return p.linked(c, x, string(v))
}

// plausible seconds are between 1970 and the year 9999: beyond, a date says less
// than the number.
func plausible(seconds int64) bool { return seconds >= 0 && seconds < 253_402_300_800 }

// valueOf shows a value of a statement, whose columns have no types.
func (p *Page) valueOf(c column, v any) cell {
	switch v := v.(type) {
	case nil:
		return cell{Kind: "null"}
	case int64:
		return p.cellOf(c, strconv.AppendInt(nil, v, 10))
	case float64:
		return cell{Kind: "number", Text: strconv.FormatFloat(v, 'f', -1, 64), figure: &v}
	case string:
		if text := strings.TrimSpace(v); len(text) > 1 && (text[0] == '{' || text[0] == '[') && json.Valid([]byte(text)) {
			return p.cellOf(c, json.RawMessage(text))
		}
		return p.linked(c, textCell(v), v)
	}
	return cell{Kind: "null"}
}

// textCell is a text: its first line, and the whole where that is more.
func textCell(s string) cell {
	line, _, more := strings.Cut(s, "\n")
	line, cut := shortened(line, lineSize)
	c := cell{Kind: "text", Text: visible(line)}
	if cut > 0 || more {
		c.Text += "…"
		c.Whole, c.Cut = shortened(s, wholeSize)
		c.Whole = visible(c.Whole)
	}
	return c
}

// shortened is the beginning of a text, and how many characters it lacks.
func shortened(s string, size int) (string, int) {
	n := 0
	for i := range s {
		if n == size {
			return s[:i], utf8.RuneCountInString(s[i:])
		}
		n++
	}
	return s, 0
}

// listOf shows a short list of plain values as such.
func (p *Page) listOf(c column, v json.RawMessage) (cell, bool) {
	var elements []json.RawMessage
	if json.Unmarshal(v, &elements) != nil || len(elements) > listSize {
		return cell{}, false
	}
	list := cell{Kind: "list"}
	c.Unit, c.Kind = "", catalog.Any
	for _, e := range elements {
		x := p.cellOf(c, e)
		if x.Kind == "json" || x.Kind == "list" || x.Whole != "" {
			return cell{}, false
		}
		list.List = append(list.List, x)
	}
	return list, true
}

// jsonCell is an object or a long list: what it holds in a word, and all of it.
func jsonCell(v json.RawMessage) cell {
	c := cell{Kind: "json", Text: summary(v)}
	c.Whole, c.Cut = shortened(indented(v), wholeSize)
	c.Whole = visible(c.Whole)
	return c
}

func indented(v json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, v, "", "  ") != nil {
		return string(v)
	}
	return b.String()
}

func summary(v json.RawMessage) string {
	if v[0] == '[' {
		var list []json.RawMessage
		_ = json.Unmarshal(v, &list) // a list that is none has no elements
		return "[ " + number(len(list)) + " " + plural(len(list), "element", "elements") + " ]"
	}
	var names []string
	d := json.NewDecoder(bytes.NewReader(v))
	_, _ = d.Token()
	for d.More() {
		name, err := d.Token()
		if err != nil {
			break
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			break
		}
		if s, ok := name.(string); ok {
			names = append(names, s)
		}
	}
	text, cut := shortened(strings.Join(names, ", "), 40)
	if cut > 0 {
		text += "…"
	}
	return "{ " + visible(text) + " }"
}

// linked makes an id a way to the record, as it was at the time of the id, where the
// catalog says whose it is.
func (p *Page) linked(c column, x cell, id string) cell {
	if len(c.refers) == 0 || id == "" || id == "0" || x.Whole != "" {
		return x
	}
	x.Href = p.links.to(c.refers[0], id, c.asOf)
	return x
}

// recordURL is where a record is shown, as it was at a time in words; "" is now. A key
// that a path cannot carry stands in the query.
func recordURL(entity string, key []string, asOf string) string {
	plain := true
	parts := make([]string, len(key))
	for i, k := range key {
		plain = plain && k != "" && k != "." && k != ".." && k != "-" && k != "facets" && k != "columns" && !strings.ContainsAny(k, "/\\")
		parts[i] = url.PathEscape(k)
	}
	path, q := strings.Join(parts, "/"), url.Values{}
	if !plain {
		path, q = "-", url.Values{"_key": key}
	}
	if asOf != "" {
		q.Set("as_of", asOf)
	}
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return "/t/" + url.PathEscape(entity) + "/" + path
}
