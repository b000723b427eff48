package page

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ciomirror/catalog"
)

// metricsView is what became of the records that refer to one: how many have each of
// the moments that the catalog derives.
type metricsView struct {
	Entity string
	Total  int64
	Sent   int64 // of them; the base of the shares, as in the views
	Capped bool
	Lines  []metricLine
}

type metricLine struct {
	Name  string
	Doc   string
	Count int64
	Share string // of those that were sent, in percent
}

// metricRows is how many rows the metrics look at.
const metricRows = 200_000

// metrics sums up the rows of the entity with derived moments that refers to this
// one by an indexed field; nil when there is none, or no row.
func (p *Page) metrics(ctx context.Context, e *catalog.Entity, key []string, asOf string) (*metricsView, error) {
	for _, l := range p.links.into[e.Name] {
		if len(l.From.Derived) == 0 || !l.Field.Is(catalog.Indexed) {
			continue
		}
		v, err := p.metricsOf(ctx, l, key[len(key)-1], asOf)
		if err != nil || v.Total > 0 {
			return v, err
		}
	}
	return nil, nil
}

func (p *Page) metricsOf(ctx context.Context, l link, id, asOf string) (*metricsView, error) {
	var columns, counts []string
	for _, d := range l.From.Derived {
		columns = append(columns, identifier(d.Name))
		counts = append(counts, "count(*) filter (where "+identifier(d.Name)+" > 0)")
	}
	statement := fmt.Sprintf("select count(*), %s from (select %s from %s where %s = :id limit %d)",
		strings.Join(counts, ", "), strings.Join(columns, ", "), identifier(l.From.Name), identifier(l.Field.Name), metricRows)
	grid, err := p.o.Mirror.Ask(ctx, Question{SQL: statement, Given: map[string]string{"id": id}, AsOf: asOf, Limit: 1})
	if err != nil {
		return nil, err
	}
	v := &metricsView{Entity: l.From.Name}
	if len(grid.Rows) != 1 {
		return v, nil
	}
	v.Total, _ = grid.Rows[0][0].(int64)
	v.Capped = v.Total == metricRows
	if sent := slices.IndexFunc(l.From.Derived, func(d catalog.Derived) bool { return d.Key == "sent" }); sent >= 0 {
		v.Sent, _ = grid.Rows[0][sent+1].(int64)
	}
	for i, d := range l.From.Derived {
		n, _ := grid.Rows[0][i+1].(int64)
		line := metricLine{Name: words(d.Key), Doc: d.Doc, Count: n}
		if v.Sent > 0 {
			line.Share = fmt.Sprintf("%.1f %%", 100*float64(n)/float64(v.Sent))
		}
		v.Lines = append(v.Lines, line)
	}
	return v, nil
}

// identifier quotes a name of the catalog for SQL.
func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
