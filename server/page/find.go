package page

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"ciomirror/catalog"
)

// findView is what a word leads to.
type findView struct {
	Text   string
	Tables []*catalog.Entity
	Hits   []hit
	Words  []wordLink // tables whose texts can be looked through
}

// hit are the records that a field with the word as its value leads to.
type hit struct {
	Entity, Field string
	Href          string
	Rows          []tableRow
	Columns       []column
	More          bool
}

type wordLink struct{ Entity, Href string }

// mostHits is how many records of a field are shown.
const mostHits = 5

// find looks for tables of that name, and for records that have the word as a key or
// in an indexed text: all of them questions that an index answers.
func (p *Page) find(r *http.Request) (answer, error) {
	v := findView{Text: strings.TrimSpace(r.URL.Query().Get("q"))}
	if v.Text == "" {
		return answer{moved: "/"}, nil
	}
	for _, e := range p.o.Catalog.Mirrored() {
		if strings.EqualFold(e.Name, v.Text) {
			return answer{moved: address{Entity: e.Name}.URL()}, nil
		}
		if strings.Contains(words(e.Name), words(strings.ToLower(v.Text))) {
			v.Tables = append(v.Tables, e)
		}
		if len(textFields(e)) > 0 {
			v.Words = append(v.Words, wordLink{e.Name, address{Entity: e.Name, Text: v.Text}.URL()})
		}
		for _, name := range exactFields(e) {
			h, err := p.hitIn(r.Context(), e, name, v.Text)
			if err != nil {
				return answer{}, err
			}
			if len(h.Rows) > 0 {
				v.Hits = append(v.Hits, h)
			}
		}
	}
	return answer{view: "find", title: v.Text, data: v}, nil
}

// exactFields are those that an index finds a value in: the key, and texts with an
// index.
func exactFields(e *catalog.Entity) []string {
	names := []string{e.Key[len(e.Key)-1]}
	for _, f := range e.Fields {
		if f.Is(catalog.Indexed) && f.Kind() == catalog.String && len(f.Refers) == 0 && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return names
}

func (p *Page) hitIn(ctx context.Context, e *catalog.Entity, field, text string) (hit, error) {
	a := address{Entity: e.Name, Conditions: []condition{{field, "eq", text}}, Limit: mostHits}
	h := hit{Entity: e.Name, Field: field, Href: address{Entity: e.Name, Conditions: a.Conditions}.URL(), Columns: chosen(e, nil)}
	found, err := p.o.Mirror.Search(ctx, Search{Entity: e.Name, Params: json.RawMessage(a.params(e, fieldsOf(e, h.Columns)))})
	if err != nil {
		if p.problem(ctx, err).Status == http.StatusBadRequest {
			err = nil // a word is no number: nothing has it
		}
		return h, err
	}
	for _, row := range found.Rows {
		values, err := members(row)
		if err != nil {
			return h, err
		}
		h.Rows = append(h.Rows, p.rowOf(e, h.Columns, values, ""))
	}
	h.More = found.Cursor != ""
	return h, nil
}
