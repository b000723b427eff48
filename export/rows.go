package export

import (
	"context"
	"iter"
	"strconv"
	"strings"

	"ciomirror/catalog"
	"ciomirror/query"
)

// Search is the whole result of a search, up to its limit (query.NoLimit for all),
// with the types of the catalog. sparse is whether somebody chose the fields, so
// that what a row does not have is left out of its JSON as a search leaves it out.
func Search(ctx context.Context, src query.Source, p *query.Plan, sparse bool) Result {
	r := Result{Name: p.Entity, Sparse: sparse, Rows: query.Stream(ctx, src, p)}
	for _, c := range p.Head() {
		r.Columns = append(r.Columns, Column{Name: c.Name, Type: typeOf(c)})
	}
	return r
}

// Fields are the fields that an export of an entity has unless somebody names others:
// all of them, those that are ours last.
func Fields(e *catalog.Entity) (names []string) {
	for _, f := range e.Fields {
		names = append(names, f.Name)
	}
	for _, d := range e.Derived {
		names = append(names, d.Name)
	}
	return names
}

func typeOf(c query.Column) Type {
	switch c.Kind {
	case catalog.Integer:
		if c.Time {
			return Time
		}
		return Integer
	case catalog.Number:
		return Number
	case catalog.Boolean:
		return Boolean
	case catalog.Array, catalog.Object, catalog.Any:
		return JSON
	}
	return Text
}

// Statement is the answer to one statement, as store.Reader.Statement gives it. A
// column has the type that its values have.
func Statement(name string, columns []string, rows iter.Seq2[[]any, error]) Result {
	r := Result{Name: name, Rows: rows}
	for _, c := range Distinct(columns) {
		r.Columns = append(r.Columns, Column{Name: c})
	}
	return r
}

// Distinct gives columns of one name different ones, so that no value is lost in an
// object or a table: n, n_2, n_3. A name that differs in case alone is the same to
// SQL, and one without a letter gets its number.
func Distinct(columns []string) []string {
	taken := map[string]bool{}
	for _, c := range columns {
		taken[strings.ToLower(c)] = true
	}
	seen := map[string]bool{}
	names := make([]string, len(columns))
	for i, c := range columns {
		if c == "" {
			c = "column_" + strconv.Itoa(i+1)
		}
		name := c
		for n := 2; seen[strings.ToLower(name)] || n > 2 && taken[strings.ToLower(name)]; n++ {
			name = c + "_" + strconv.Itoa(n)
		}
		seen[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}
