package query_test

import (
	"testing"

	"ciomirror/query"
)

func BenchmarkCompile(b *testing.B) {
	c := query.NewCompiler(testCatalog(b), query.SQLite{})
	for name, params := range map[string]string{
		"one condition":   `{"query":{"filter":{"eq":{"state":"active"}}}}`,
		"five conditions": `{"query":{"filter":{"eq":{"state":"active","active":true},"gte":{"created":"2026-01-01"},"contains":{"name":"x"},"any":{"steps":{"eq":{"type":"email"}}}},"sort":[{"created":"desc"}]},"fields":["id","meta.rev"]}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				q, err := query.Parse([]byte(params))
				if err != nil {
					b.Fatal(err)
				}
				if _, err := c.Compile("things", q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRow(b *testing.B) {
	m := withThings(b)
	p := compile(b, m, "things", `{"limit":1}`)
	for cells, err := range m.Rows(b.Context(), p.Statements()[0]) {
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Row(cells); err != nil {
				b.Fatal(err)
			}
		}
		break
	}
}
