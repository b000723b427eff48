package sqlite_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ciomirror/catalog"
	"ciomirror/query"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// letters is deliveries with subjects that differ: of the words of newsletters, one
// in four from twenty thousand, with a rare one now and then.
func letters(from int) [][]byte {
	random := rand.New(rand.NewPCG(2, uint64(from)))
	usual := []string{"your", "week", "invoice", "newsletter", "welcome", "sale", "winter", "update", "account", "order", "shipped",
		"new", "trial", "offer", "security", "digest", "from", "Northwind", "and", "what", "comes", "next"}
	syllables := []string{"ba", "ken", "ti", "lor", "mu", "sa", "ne", "wi", "dor", "pal", "ra", "ge", "hek", "vo", "ce", "zu", "in", "ter", "al", "on"}
	records := deliveries(from)
	for i, r := range records {
		var subject []byte
		for range 6 {
			word := usual[min(random.IntN(len(usual)), random.IntN(len(usual)))]
			if random.IntN(4) == 0 {
				word = ""
				for n := random.IntN(20_000); n > 0; n /= len(syllables) {
					word += syllables[n%len(syllables)]
				}
			}
			subject = append(append(subject, word...), ' ')
		}
		if n := from + i; n%10_000 == 7 {
			subject = append(subject, "Zürcher Geschnetzeltes"...)
		}
		before, after, _ := bytes.Cut(r, []byte("Your week "))
		_, after, _ = bytes.Cut(after, []byte(`"`))
		records[i] = slices.Concat(before, bytes.TrimSpace(subject), []byte(`"`), after)
	}
	return records
}

// BenchmarkText stores 100,000 messages and logs the rate, then asks for a page by
// each operator on text, for what is rare and for what is common, with the text
// index and without. p50-ms is the time with it. Of a million messages:
//
//	go test -run '^$' -bench Text -benchtime 20x -v ./store/sqlite -rows 1000000
func BenchmarkText(b *testing.B) {
	n := *benchRows
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	run, err := s.StartRun(b.Context(), store.Claim{Mode: store.All})
	if err != nil {
		b.Fatal(err)
	}
	_, took := walk(b, run, table(b), n, letters)
	start := time.Now()
	if err := run.Finish(b.Context(), store.Complete, nil); err != nil {
		b.Fatal(err)
	}
	b.Logf("%d rows at %.0f rows/s, settled in %s", n, float64(n)/took.both().Seconds(), time.Since(start).Round(time.Millisecond))
	for _, c := range []struct{ name, filter string }{
		{"rare contains", `{"contains":{"subject":"geschnetz"}}`},
		{"rare contains recipient", `{"contains":{"recipient":"person12345@"}}`},
		{"rare startswith", `{"startswith":{"recipient":"person77777"}}`},
		{"rare endswith", `{"endswith":{"subject":"schnetzeltes"}}`},
		{"rare like", `{"like":{"subject":"%Zürcher%tes"}}`},
		{"rare fuzzy", `{"fuzzy":{"subject":"geschnetz zürch"}}`},
		{"rare keyword", `{"keyword":{"subject":"geschnetzeltes"}}`},
		{"rare or", `{"or":[{"keyword":{"subject":"geschnetzeltes"}},{"startswith":{"recipient":"person77777"}}]}`},
		{"rare and", `{"and":[{"keyword":{"subject":"zürcher"}},{"eq":{"campaign_id":5}}]}`},
		{"some two words", `{"contains":{"subject":"security winter o"}}`},
		{"none of common", `{"contains":{"subject":"example.com"}}`},
		{"none anywhere", `{"contains":{"failure_message":"mailbox full"}}`},
		{"common contains", `{"contains":{"subject":"newsletter"}}`},
		{"common startswith", `{"startswith":{"subject":"invoice"}}`},
		{"common endswith", `{"endswith":{"recipient":"@example.com"}}`},
		{"common like", `{"like":{"subject":"%week%order%"}}`},
		{"common fuzzy", `{"fuzzy":{"subject":"order week"}}`},
		{"common keyword", `{"keyword":{"subject":"welcome trial"}}`},
		{"short contains", `{"contains":{"subject":"zü"}}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			page := func(indexed bool) (int, time.Duration) {
				q, err := query.Parse(fmt.Appendf(nil, `{"query":{"filter":%s,"sort":[{"created":"desc"}]},"limit":100}`, c.filter))
				if err != nil {
					b.Fatal(err)
				}
				start := time.Now()
				plan, err := query.NewCompiler(catalog.Default(), query.SQLite{TextIndex: indexed}).Compile("messages", q)
				if err != nil {
					b.Fatal(err)
				}
				answer, err := query.Run(b.Context(), s, plan, time.Now)
				if err != nil {
					b.Fatal(err)
				}
				return len(answer.Data), time.Since(start)
			}
			var with []time.Duration
			var rows int
			for b.Loop() {
				n, took := page(true)
				rows, with = n, append(with, took)
			}
			b.StopTimer()
			n, without := page(false)
			if n != rows {
				b.Fatalf("%d rows with the index, %d without", rows, n)
			}
			slices.Sort(with)
			p50 := with[len(with)/2]
			b.ReportMetric(float64(rows), "rows")
			b.ReportMetric(p50.Seconds()*1000, "p50-ms")
			b.ReportMetric(without.Seconds()*1000, "without-ms")
			b.ReportMetric(without.Seconds()/p50.Seconds(), "times-faster")
		})
	}
}
