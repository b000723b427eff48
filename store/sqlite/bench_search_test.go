package sqlite_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/catalog"
	"ciomirror/query"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// BenchmarkSearch asks a mirror of 1,000,000 messages (100,000 with -short) for a
// page on an indexed field, and reports the time as a multiple of hand-written SQL
// that yields the same columns.
func BenchmarkSearch(b *testing.B) {
	n := 1_000_000
	if testing.Short() {
		n = 100_000
	}
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	run, err := s.StartRun(b.Context(), store.Claim{Mode: store.All})
	if err != nil {
		b.Fatal(err)
	}
	walk(b, run, table(b), n, deliveries)
	if err := run.Finish(b.Context(), store.Complete, nil); err != nil {
		b.Fatal(err)
	}
	var recipient string
	for cells, err := range s.Rows(b.Context(), sq.Expr("select recipient from messages limit 1")) {
		if err != nil {
			b.Fatal(err)
		}
		recipient = cells[0].(string)
	}
	for _, c := range []struct{ name, params, by string }{
		{"campaign", `{"query":{"filter":{"eq":{"campaign_id":5}},"sort":[{"created":"desc"}]},"limit":100}`,
			"where campaign_id = 5 order by created desc, id limit 101"},
		{"recipient", `{"query":{"filter":{"eq":{"recipient":"` + recipient + `"}}},"limit":100}`,
			"where recipient = '" + recipient + "' order by id limit 101"},
		{"newest", `{"query":{"filter":{"gte":{"created":1700000000}},"sort":[{"created":"desc"}]},"limit":100}`,
			"where created >= 1700000000 order by created desc, id limit 101"},
	} {
		b.Run(c.name, func(b *testing.B) {
			q, err := query.Parse([]byte(c.params))
			if err != nil {
				b.Fatal(err)
			}
			compiler := query.NewCompiler(catalog.Default(), query.SQLite{})
			var ours, byHand []time.Duration
			for b.Loop() {
				start := time.Now()
				plan, err := compiler.Compile("messages", q)
				if err != nil {
					b.Fatal(err)
				}
				answer, err := query.Run(b.Context(), s, plan, time.Now)
				if err != nil || len(answer.Data) == 0 {
					b.Fatalf("%d rows, %v", len(answer.Data), err)
				}
				ours = append(ours, time.Since(start))
				start = time.Now()
				rows := 0
				for _, err := range s.Rows(b.Context(), sq.Expr("select "+quoted(plan.Columns())+" from messages "+c.by)) {
					if err != nil {
						b.Fatal(err)
					}
					rows++
				}
				if rows < len(answer.Data) {
					b.Fatalf("%d rows by hand, %d by search", rows, len(answer.Data))
				}
				byHand = append(byHand, time.Since(start))
			}
			slices.Sort(ours)
			slices.Sort(byHand)
			b.ReportMetric(float64(ours[len(ours)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(ours[len(ours)/2].Seconds()/byHand[len(byHand)/2].Seconds(), "of-by-hand")
		})
	}
}

func quoted(columns []string) string {
	return `"` + strings.Join(columns, `", "`) + `"`
}
