package query_test

import (
	"testing"

	"github.com/Masterminds/squirrel"

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

// BenchmarkSearch holds a search against the same rows read by a statement written
// by hand, through the same driver, and shows what a scan costs per row.
func BenchmarkSearch(b *testing.B) {
	const rows = 50_000
	m := newMirror(b, testCatalog(b))
	m.exec(b, `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)
		insert into things (id, name, state, active, created, score, tags, meta)
		select i, 'Your weekly digest, number ' || i || ' of a series', iif(i % 3, 'active', 'draft'), i % 2, 1700000000 + i / 3, i % 100,
			'["onboarding","vip"]', '{"owner":{"email":"ann@north.test"},"rev":' || i % 7 || '}' from n`, rows)
	m.exec(b, "analyze")
	read := func(b *testing.B, q squirrel.Sqlizer) {
		for _, err := range m.Rows(b.Context(), q) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("page by hand", func(b *testing.B) {
		q := squirrel.Expr(`select id, name, state, active, created, score, tags, seg, steps, meta, code from things
			where active = ? and created >= ? and created < '' order by created desc, id limit 101`, 1, 1700005000)
		for b.Loop() {
			read(b, q)
		}
	})
	c := query.NewCompiler(m.cat, query.SQLite{})
	for _, x := range []struct{ name, params string }{
		{"page", `{"query":{"filter":{"eq":{"active":true},"gte":{"created":1700005000}},"sort":[{"created":"desc"}]},"limit":100}`},
		{"scan contains", `{"query":{"filter":{"contains":{"name":"nowhere"}}}}`},
		{"scan like", `{"query":{"filter":{"like":{"name":"%nowhere%"}}}}`},
		{"scan keyword", `{"query":{"filter":{"keyword":{"name":"nowhere"}}}}`},
		{"scan element", `{"query":{"filter":{"contains":{"tags":"nothing"}}}}`},
		{"scan path", `{"query":{"filter":{"eq":{"meta.rev":8}}}}`},
		{"scan range", `{"query":{"filter":{"gt":{"score":100}}}}`},
		{"scan eq", `{"query":{"filter":{"eq":{"code":"x"}}}}`},
		{"unindexed sort", `{"query":{"sort":[{"score":"desc"}]},"limit":100}`},
	} {
		b.Run(x.name, func(b *testing.B) {
			for b.Loop() {
				q, err := query.Parse([]byte(x.params))
				if err != nil {
					b.Fatal(err)
				}
				p, err := c.Compile("things", q)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := query.Run(b.Context(), m, p, clock); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
