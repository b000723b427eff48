package page

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"ciomirror/catalog"
)

// countsView is how many rows a question finds, and which values they have.
type countsView struct {
	Count   int64
	Partial bool
	Facets  []facetView
	More    []facetLink // fields whose values nobody asked for yet
}

type facetView struct {
	Field   string
	Doc     string
	Values  []facetValueView
	More    bool
	Partial bool
}

type facetValueView struct {
	Cell   cell
	Count  int64
	Href   string
	Active bool
}

type facetLink struct{ Field, Href string }

// facets are the counts alone: the script asks for them when the rows are there, so
// that nobody waits for them.
func (p *Page) facets(r *http.Request) (answer, error) {
	e, err := p.mirrored(r.PathValue("entity"))
	if err != nil {
		return answer{}, err
	}
	a, _ := readAddress(e.Name, r.URL.Query())
	if err := a.check(e); err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), queryTime)
	defer cancel()
	counts, err := p.counts(ctx, e, a)
	if err != nil {
		return answer{}, err
	}
	return answer{view: "facets", title: e.Name, data: counts, part: true}, nil
}

// suggested are the fields whose values divide the rows into groups that people
// think in: those that are shown, and neither texts of many words nor ids nor times.
func suggested(e *catalog.Entity) (shown, others []string) {
	for _, f := range e.Fields {
		groups := (f.SearchKind() == catalog.String || f.SearchKind() == catalog.Boolean) && f.Kind() == f.SearchKind() &&
			f.Marks&(catalog.FullText|catalog.Personal|catalog.Echo) == 0 && !slices.Contains(e.Key, f.Name) && len(f.Refers) == 0
		switch {
		case !groups:
		case slices.Contains(e.Shown, f.Name):
			shown = append(shown, f.Name)
		default:
			others = append(others, f.Name)
		}
	}
	return shown, others
}

// mostFacets is how many fields are counted at once.
const mostFacets = 8

func (p *Page) counts(ctx context.Context, e *catalog.Entity, a address) (countsView, error) {
	fields, others := suggested(e)
	for _, f := range a.Facets {
		if !slices.Contains(fields, f) {
			fields = append(fields, f)
		}
	}
	fields = fields[:min(len(fields), mostFacets)]
	list, err := json.Marshal(append([]string{}, fields...))
	if err != nil {
		return countsView{}, err
	}
	params := `{"query":` + a.bareOrder().queryJSON(e) + `,"limit":1,"fields":["` + e.Key[0] + `"],"count":true,"facets":` + string(list) + `}`
	found, err := p.o.Mirror.Search(ctx, Search{Entity: e.Name, Params: json.RawMessage(params), AsOf: a.AsOf})
	if err != nil {
		return countsView{}, err
	}
	v := countsView{Partial: found.CountPartial}
	if found.Count != nil {
		v.Count = *found.Count
	}
	columns := columnsOf(e)
	for _, name := range fields {
		facet, ok := found.Facets[name]
		if !ok {
			continue
		}
		i := slices.IndexFunc(columns, func(c column) bool { return c.Name == name })
		if i < 0 {
			continue
		}
		v.Facets = append(v.Facets, p.facetOf(columns[i], facet, a))
	}
	for _, name := range others {
		if !slices.Contains(fields, name) {
			v.More = append(v.More, facetLink{name, a.withFacet(name).URL()})
		}
	}
	return v, nil
}

// bareOrder is the address without an order, which counts do not need.
func (a address) bareOrder() address {
	a.Sort, a.Cursor = "", ""
	return a
}

func (p *Page) facetOf(c column, f Facet, a address) facetView {
	v := facetView{Field: c.Name, Doc: c.Doc, More: f.More, Partial: f.Partial}
	for _, value := range f.Values {
		is := condition{c.Name, "eq", plainText(value.Value)}
		if string(value.Value) == "null" {
			is = condition{c.Name, opEmpty, ""}
		}
		x := facetValueView{Cell: p.cellOf(c, value.Value), Count: value.Count, Href: a.with(is).URL()}
		if x.Active = slices.Contains(a.Conditions, is); x.Active {
			x.Href = a.without(is).URL()
		}
		x.Cell.Href = ""
		v.Values = append(v.Values, x)
	}
	return v
}
