package query_test

import (
	"errors"
	"fmt"
	"testing"

	"ciomirror/catalog"
	"ciomirror/query"
)

func TestEveryFieldOfTheCatalogCanBeSearched(t *testing.T) {
	m := newMirror(t, catalog.Default())
	c := query.NewCompiler(m.cat, query.SQLite{})
	operands := []string{`null`, `"x"`, `7`, `1.5`, `true`, `["x"]`, `{"a":1}`, `"2026-01-31"`, `[1,"x",null]`, `{"eq":{"x":1}}`}
	for _, e := range m.cat.Mirrored() {
		run := func(params string) {
			t.Helper()
			q, err := query.Parse([]byte(params))
			if err != nil {
				t.Fatalf("%s: %v", params, err)
			}
			p, err := c.Compile(e.Name, q)
			if err != nil {
				t.Errorf("%s: %s: %v", e.Name, params, err)
				return
			}
			for _, st := range p.Statements() {
				m.plan(t, st)
			}
			if testing.Short() {
				return
			}
			if _, err := query.Run(t.Context(), m, p, clock); err != nil {
				t.Errorf("%s: %s: %v", e.Name, params, err)
			}
		}
		run(`{}`)
		var names []string
		for _, f := range e.Fields {
			names = append(names, f.Name)
		}
		for _, d := range e.Derived {
			names = append(names, d.Name)
		}
		for _, name := range names {
			run(fmt.Sprintf(`{"query":{"filter":{"neq":{%q:null}}},"fields":[%[1]q]}`, name))
			f, _ := e.Field(name)
			if f.Name != "" && (f.SearchKind() == catalog.Array || f.SearchKind() == catalog.Object) {
				run(fmt.Sprintf(`{"query":{"filter":{"eq":{"%s.x":null}}},"fields":["%[1]s.x"]}`, name))
				continue
			}
			run(fmt.Sprintf(`{"query":{"sort":[{%q:"desc"}]}}`, name))
		}
		// Any operator on any field with any operand is a plan or an *Error.
		for _, name := range names {
			for _, op := range query.Operators() {
				for _, operand := range operands {
					q, err := query.Parse(fmt.Appendf(nil, `{"query":{"filter":{%q:{%q:%s}}}}`, op.Name, name, operand))
					if err == nil {
						_, err = c.Compile(e.Name, q)
					}
					if _, fault := errors.AsType[*query.Error](err); err != nil && !fault {
						t.Errorf("%s of %s.%s %s: %v is no *Error", op.Name, e.Name, name, operand, err)
					}
				}
			}
		}
	}
}
