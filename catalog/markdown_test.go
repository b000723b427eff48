package catalog

import (
	"regexp"
	"slices"
	"strings"
)

// refEntity, refField, refAction and refParam are what the reference page says,
// read from its tables: the words of the tables, not ours.
type refEntity struct {
	name   string
	intro  string
	fields []refField
}

type refField struct {
	name, null, unit, list, search, personal, notes string
	types                                           []string
	// group: the row names several fields at once, so its types are not a list
	// of what each of them accepts.
	group bool
}

type refAction struct {
	entity, name           string
	method, path, envelope string
	paged                  bool
	params                 []refParam
}

type refParam struct {
	name, required, limits, place, wire string
	types, enum                         []string
	unit                                string
	beyond                              bool
}

var (
	refHeading  = regexp.MustCompile(`^### (\d+)\.(\d+) (.*)$`)
	refActionAt = regexp.MustCompile(`^\*\*([a-z_]+)\.([a-z_]+)\*\* — (.*)$`)
	refCall     = regexp.MustCompile("^`([A-Z]+) (/[^`?]*)`")
	refEnvelope = regexp.MustCompile("→[^`]*`\\{\"([a-z_]+)\":[\\[{]")
	refCode     = regexp.MustCompile("`([a-z_.]+)`")
	refWord     = regexp.MustCompile(`^[a-z_]+$`)
	refParens   = regexp.MustCompile(`\([^()]*\)`)
)

// refSection is one ### section: its number, its title, its lines.
type refSection struct {
	chapter, title string
	number         string
	lines          []string
}

func refSections(doc string) []refSection {
	var out []refSection
	for line := range strings.SplitSeq(doc, "\n") {
		if m := refHeading.FindStringSubmatch(line); m != nil {
			out = append(out, refSection{chapter: m[1], number: m[1] + "." + m[2], title: m[3]})
		} else if strings.HasPrefix(line, "## ") {
			out = append(out, refSection{})
		} else if len(out) > 0 {
			out[len(out)-1].lines = append(out[len(out)-1].lines, line)
		}
	}
	return out
}

// refRows reads the table rows of some lines as maps from column title to cell.
// A row knows its table by the columns it has.
func refRows(lines []string) []map[string]string {
	var rows []map[string]string
	var header []string
	for _, line := range lines {
		if !strings.HasPrefix(line, "|") {
			header = nil
			continue
		}
		cells := refCells(line)
		switch {
		case header == nil:
			header = cells
		case strings.HasPrefix(cells[0], "---"):
		default:
			row := map[string]string{}
			for i, h := range header {
				if i < len(cells) {
					row[h] = cells[i]
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func refCells(line string) []string {
	const pipe = "\x00" // an escaped | is text
	line = strings.ReplaceAll(strings.Trim(line, " "), `\|`, pipe)
	line = strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|")
	cells := strings.Split(line, "|")
	for i, c := range cells {
		cells[i] = strings.TrimSpace(strings.ReplaceAll(c, pipe, "|"))
	}
	return cells
}

// refFields reads the field tables of chapters 2 and 4. Rows of chapter 4 may name
// several fields.
func refFields(s refSection) refEntity {
	name, _, _ := strings.Cut(s.title, " ")
	e := refEntity{name: name, intro: strings.Join(s.lines, "\n")}
	for _, row := range refRows(s.lines) {
		field, ok := row["field"]
		if !ok {
			continue // customer_identifiers and other tables
		}
		types := row["types accepted"]
		if types == "" {
			types = row["type"]
		}
		names := strings.Split(field, ", ")
		for _, n := range names {
			e.fields = append(e.fields, refField{name: n, types: refTypes(types), null: row["null"], unit: row["unit"],
				list: row["list"], search: row["search"], personal: row["personal"], notes: row["meaning"] + "; " + row["notes"],
				group: len(names) > 1})
		}
	}
	return e
}

// refTypes reads "integer, string" of fields. Null is not a type of ours.
func refTypes(cell string) []string {
	types := strings.Split(cell, ", ")
	return slices.DeleteFunc(types, func(t string) bool { return t == "null" })
}

// refParamTypes reads the type column of parameters: "integer or string",
// "array of object", "integer, Unix s", "integer or null", or the allowed values
// themselves: `"asc" or "desc"`, `email, webhook`.
func refParamTypes(p *refParam, cell string) {
	if rest, ok := strings.CutSuffix(cell, ", Unix s"); ok {
		cell, p.unit = rest, "Unix s"
	}
	var words []string
	for part := range strings.SplitSeq(strings.ReplaceAll(cell, ", ", " or "), " or ") {
		part, _, _ = strings.Cut(strings.Trim(part, `"`), " of ")
		words = append(words, part)
	}
	if slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(kindNames[1:], w) && w != "null" }) {
		p.types, p.enum = []string{"string"}, words
		return
	}
	p.types = words
}

// refWire reads the column "on the wire": the place, and the name between
// backticks where there is one.
func refWire(p *refParam, cell string) {
	cell = strings.ReplaceAll(cell, "**", "")
	if cell == "inside each item" {
		cell = "body"
	}
	p.place = strings.FieldsFunc(cell, func(r rune) bool { return r < 'a' || r > 'z' })[0]
	p.wire = p.name
	// Only a name right after the place is one; a later one is commentary.
	rest := strings.TrimPrefix(cell, p.place+" ")
	if m := refCode.FindStringSubmatchIndex(rest); m != nil && m[0] == 0 {
		p.wire = rest[m[2]:m[3]]
	}
}

// refActions reads the actions of a section of chapter 3. search are the
// parameters that all searches share.
func refActions(s refSection) []refAction {
	var out []refAction
	var block []string
	flush := func() {
		if len(out) > 0 {
			a := &out[len(out)-1]
			for _, row := range refRows(block) {
				a.params = append(a.params, refParamsOf(row)...)
			}
			a.params = append(a.params, refLacking(block)...)
		}
		block = nil
	}
	for _, line := range s.lines {
		m := refActionAt.FindStringSubmatch(line)
		if m == nil {
			block = append(block, line)
			continue
		}
		flush()
		a := refAction{entity: m[1], name: m[2]}
		if call := refCall.FindStringSubmatch(m[3]); call != nil {
			a.method, a.path = call[1], call[2]
		}
		if env := refEnvelope.FindStringSubmatch(m[3]); env != nil {
			a.envelope = env[1]
		}
		a.paged = strings.Contains(m[3], `"next":`)
		out = append(out, a)
	}
	flush()
	return out
}

// refParamsOf reads one row of a parameter table. Only tables of parameters that
// the page lacks have no column required.
func refParamsOf(row map[string]string) []refParam {
	var out []refParam
	if row["parameter"] == "" {
		return nil
	}
	_, onPage := row["required"]
	for name := range strings.SplitSeq(row["parameter"], ", ") {
		p := refParam{name: name, required: row["required"], limits: row["limits"], beyond: !onPage}
		refParamTypes(&p, row["type"])
		if wire, ok := row["on the wire"]; ok {
			refWire(&p, wire)
		} else {
			p.place, p.wire = "store", name
		}
		out = append(out, p)
	}
	return out
}

// refLacking reads "API parameters the page lacks: a, b (note), c." Types and
// places are not stated there, unless the note begins with a type.
func refLacking(lines []string) []refParam {
	var out []refParam
	for _, line := range lines {
		_, after, ok := strings.Cut(line, "the page lacks")
		if !ok {
			continue
		}
		_, after, _ = strings.Cut(after, ": ")
		list, _, _ := strings.Cut(refParens.ReplaceAllStringFunc(after, func(note string) string {
			word := strings.FieldsFunc(note, func(r rune) bool { return r < 'a' || r > 'z' })
			if len(word) > 0 && slices.Contains(kindNames[1:], word[0]) {
				return "=" + word[0]
			}
			return ""
		}), ".")
		for item := range strings.SplitSeq(list, ",") {
			name, kind, typed := strings.Cut(strings.TrimSpace(strings.ReplaceAll(item, "`", "")), "=")
			name = strings.TrimSpace(name)
			if !refWord.MatchString(name) {
				continue
			}
			p := refParam{name: name, beyond: true, wire: name}
			if typed {
				p.types = []string{kind}
			}
			out = append(out, p)
		}
	}
	return out
}
