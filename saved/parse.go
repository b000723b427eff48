package saved

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"ciomirror/internal/sqltext"
)

// Fault is what is wrong with a file.
type Fault struct {
	File   string
	Line   int // from 1
	Reason string
}

func (f *Fault) Error() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Reason) }

var (
	plainName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	headerLine = regexp.MustCompile(`^--\s*(title|description|param)\b\s*:?\s*(.*?)\s*$`)
	// days integer = 30: for how long
	paramLine = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)\s+([a-z]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^:\s]\S*?)\s*)?(?::\s+(.*))?$`)
	paramName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// Parse reads the file called file, whose name says what it is. What is wrong is a
// *Fault.
func Parse(file, text string) (*Query, error) {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	q := &Query{Name: strings.TrimSuffix(base, path.Ext(base)), File: file, Text: text}
	if !plainName.MatchString(q.Name) {
		return nil, &Fault{file, 1, "the name is not plain: letters, digits, - and _, at most 64"}
	}
	read := q.parseSQL
	if path.Ext(base) == ".json" {
		read = q.parseJSON
	}
	if f := read(); f != nil {
		f.File = file
		return nil, f
	}
	if q.Title == "" {
		q.Title = q.Name
	}
	return q, nil
}

// parseSQL reads the header: the comment lines before the statement, of which those
// that begin with no word of ours are remarks.
func (q *Query) parseSQL() *Fault {
	n := 0
	for line := range strings.Lines(q.Text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if !strings.HasPrefix(line, "--") {
			q.SQL = strings.TrimSpace(q.Text)
			return q.unused(sqltext.Parameters(q.SQL))
		}
		m := headerLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		switch m[1] {
		case "title":
			q.Title = m[2]
		case "description":
			q.Description = strings.TrimSpace(q.Description + " " + m[2])
		case "param":
			p, err := parseParam(m[2])
			if err == nil {
				err = q.addParam(p)
			}
			if err != nil {
				return &Fault{Line: n, Reason: err.Error()}
			}
		}
	}
	return &Fault{Line: max(n, 1), Reason: "there is no statement"}
}

func parseParam(text string) (Param, error) {
	m := paramLine.FindStringSubmatch(text)
	if m == nil {
		return Param{}, fmt.Errorf("param %q is not NAME TYPE = DEFAULT: WHAT IT IS", text)
	}
	p := Param{Name: m[1], Type: Type(m[2]), Doc: m[4]}
	if value := m[3]; value != "" {
		if value[0] == '"' {
			if err := json.Unmarshal([]byte(value), &value); err != nil {
				return p, fmt.Errorf("the default of %s: %w", p.Name, err)
			}
		}
		p.Default = &value
	}
	return p, nil
}

func (q *Query) addParam(p Param) error {
	if !paramName.MatchString(p.Name) {
		return fmt.Errorf("%q is no name for a parameter", p.Name)
	}
	if slices.ContainsFunc(q.Params, func(o Param) bool { return o.Name == p.Name }) {
		return fmt.Errorf("there are two parameters %s", p.Name)
	}
	if !slices.Contains(types, p.Type) {
		return fmt.Errorf("%q is no type: text, integer, number, boolean, time", p.Type)
	}
	// When a time is, is only known when it is asked for.
	later := func(string) (time.Time, error) { return time.Time{}, nil }
	if p.Default != nil {
		if _, err := p.value(*p.Default, later); err != nil {
			return fmt.Errorf("the default of %s: %w", p.Name, err)
		}
	}
	q.Params = append(q.Params, p)
	return nil
}

// unused refuses a parameter that is declared and that the statement does not have:
// whoever gave it a value would believe that it counts.
func (q *Query) unused(has []string) *Fault {
	for _, p := range q.Params {
		if !slices.Contains(has, p.Name) {
			return &Fault{Line: q.lineOfParam(p.Name), Reason: fmt.Sprintf("the statement has no :%[1]s: write it where the value belongs, or leave out the param %[1]s", p.Name)}
		}
	}
	return nil
}

// lineOfParam is where the header declares a parameter.
func (q *Query) lineOfParam(name string) int {
	n := 0
	for line := range strings.Lines(q.Text) {
		n++
		m := headerLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || m[1] != "param" {
			continue
		}
		if p, err := parseParam(m[2]); err == nil && p.Name == name {
			return n
		}
	}
	return 1
}

func (q *Query) parseJSON() *Fault {
	var file struct {
		Title       string          `json:"title"`
		Description string          `json:"description"`
		Entity      string          `json:"entity"`
		Query       json.RawMessage `json:"query"`
		Limit       int             `json:"limit"`
		Fields      []string        `json:"fields"`
		Params      map[string]struct {
			Type    Type   `json:"type"`
			Default any    `json:"default"`
			Doc     string `json:"doc"`
		} `json:"params"`
	}
	d := json.NewDecoder(strings.NewReader(q.Text))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(&file); err != nil {
		return q.jsonFault(err, d.InputOffset())
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &Fault{Line: q.lineAt(d.InputOffset()), Reason: "something stands behind the object"}
	}
	if file.Entity == "" {
		return &Fault{Line: 1, Reason: `there is no "entity"`}
	}
	if file.Limit < 0 {
		return &Fault{Line: q.lineOf("limit"), Reason: "limit cannot be negative"}
	}
	if len(file.Query) == 0 {
		file.Query = json.RawMessage("{}")
	}
	if !bytes.HasPrefix(file.Query, []byte("{")) {
		return &Fault{Line: q.lineOf("query"), Reason: "query is no object"}
	}
	q.Title, q.Description = file.Title, file.Description
	q.Search = &Search{Entity: file.Entity, Query: file.Query, Limit: file.Limit, Fields: file.Fields}
	for name, given := range file.Params {
		p := Param{Name: name, Type: given.Type, Doc: given.Doc}
		if p.Type == "" {
			p.Type = Text
		}
		if given.Default != nil {
			text := fmt.Sprint(given.Default)
			p.Default = &text
		}
		if err := q.addParam(p); err != nil {
			return &Fault{Line: q.lineOf(name), Reason: err.Error()}
		}
		if !bytes.Contains(file.Query, []byte(`":`+name+`"`)) {
			return &Fault{Line: q.lineOf(name), Reason: fmt.Sprintf("the query has no \":%[1]s\": write it where the value belongs, or leave out the param %[1]s", name)}
		}
	}
	slices.SortFunc(q.Params, func(a, b Param) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// jsonFault finds the line of a decoder's complaint.
func (q *Query) jsonFault(err error, offset int64) *Fault {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	f := &Fault{Line: q.lineAt(offset), Reason: strings.TrimPrefix(err.Error(), "json: ")}
	switch {
	case errors.Is(err, io.EOF):
		f.Reason = "the file is empty"
	case errors.Is(err, io.ErrUnexpectedEOF):
		f.Line, f.Reason = q.lineAt(int64(len(q.Text))), "the JSON does not end"
	case errors.As(err, &syntax):
		f.Line = q.lineAt(syntax.Offset)
	case errors.As(err, &wrong):
		f.Line, f.Reason = q.lineAt(wrong.Offset), fmt.Sprintf("%s cannot be a %s", wrong.Field, wrong.Value)
	default:
		if name, ok := strings.CutPrefix(f.Reason, "unknown field "); ok {
			name = strings.Trim(name, `"`)
			f.Line, f.Reason = q.lineOf(name), fmt.Sprintf("there is no key %q: title, description, params, entity, query, limit, fields", name)
		}
	}
	return f
}

func (q *Query) lineAt(offset int64) int {
	return 1 + strings.Count(q.Text[:min(int(offset), len(q.Text))], "\n")
}

// lineOf is where a key first stands, or the first line.
func (q *Query) lineOf(key string) int {
	b, _ := json.Marshal(key) // a string always encodes
	return q.lineAt(int64(max(0, strings.Index(q.Text, string(b)))))
}
