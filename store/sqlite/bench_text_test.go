package sqlite_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"ciomirror/catalog"
	"ciomirror/query"
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

// texts are searches in messages by the operators on text, each with what follows
// WHERE in the statement that a person would write. goal is as in forms. Of what is
// common a person has the rows looked at in order: hence the condition on created,
// without which its index does not serve.
var texts = []struct {
	name, filter, byHand string
	goal                 float64
}{
	{"rare contains", `{"contains":{"subject":"geschnetz"}}`, "text_contains(subject, 'geschnetz')", 20},
	{"rare contains, recipient", `{"contains":{"recipient":"person12345@"}}`, "text_contains(recipient, 'person12345@')", 20},
	{"rare startswith", `{"startswith":{"recipient":"person77777"}}`, "text_starts(recipient, 'person77777')", 20},
	{"rare endswith", `{"endswith":{"subject":"schnetzeltes"}}`, "text_ends(subject, 'schnetzeltes')", 20},
	{"rare like", `{"like":{"subject":"%Zürcher%tes"}}`, "text_like(subject, '%Zürcher%tes')", 20},
	{"rare fuzzy", `{"fuzzy":{"subject":"geschnetz zürch"}}`, "text_fuzzy(subject, 'geschnetz zürch')", 20},
	{"rare fuzzy beside common", `{"fuzzy":{"subject":"newsletter zürcher your"}}`, "text_fuzzy(subject, 'newsletter zürcher your')", 20},
	{"rare keyword", `{"keyword":{"subject":"geschnetzeltes"}}`, "text_keyword(subject, 'geschnetzeltes')", 20},
	{"rare or", `{"or":[{"keyword":{"subject":"geschnetzeltes"}},{"startswith":{"recipient":"person77777"}}]}`,
		"(text_keyword(subject, 'geschnetzeltes') or text_starts(recipient, 'person77777'))", 20},
	{"rare and", `{"and":[{"keyword":{"subject":"zürcher"}},{"eq":{"campaign_id":5}}]}`, "text_keyword(subject, 'zürcher') and campaign_id = 5", 20},
	{"rare of common words", `{"contains":{"subject":"security winter o"}}`, "text_contains(subject, 'security winter o')", 20},
	{"nowhere, common in another field", `{"contains":{"subject":"example.com"}}`, "text_contains(subject, 'example.com')", 20},
	{"nowhere", `{"contains":{"failure_message":"mailbox full"}}`, "text_contains(failure_message, 'mailbox full')", 20},
	{"common contains", `{"contains":{"subject":"newsletter"}}`, "created is not null and text_contains(subject, 'newsletter')", 50},
	{"common startswith", `{"startswith":{"subject":"invoice"}}`, "created is not null and text_starts(subject, 'invoice')", 50},
	{"common endswith", `{"endswith":{"recipient":"@example.com"}}`, "created is not null and text_ends(recipient, '@example.com')", 50},
	{"common like", `{"like":{"subject":"%week%order%"}}`, "created is not null and text_like(subject, '%week%order%')", 50},
	{"common fuzzy", `{"fuzzy":{"subject":"order week"}}`, "created is not null and text_fuzzy(subject, 'order week')", 50},
	{"common keyword", `{"keyword":{"subject":"welcome trial"}}`, "created is not null and text_keyword(subject, 'welcome trial')", 50},
	{"less common keyword", `{"keyword":{"subject":"next"}}`, "created is not null and text_keyword(subject, 'next')", 50},
	{"two characters", `{"contains":{"subject":"zü"}}`, "text_contains(subject, 'zü')", 0},
}

// BenchmarkSearchText asks for the newest 100 messages by each operator on text, for
// what is rare and for what is common, beside the same by hand.
func BenchmarkSearchText(b *testing.B) {
	s := million(b)
	c := query.NewCompiler(catalog.Default(), query.SQLite{TextIndex: true})
	lines := []string{"| search | rows | p50 ms | goal | by hand ms | ratio |", "|---|---:|---:|---:|---:|---:|"}
	for _, f := range texts {
		b.Run(f.name, func(b *testing.B) {
			params := `"query":{"filter":` + f.filter + `,"sort":[{"created":"desc"}]},"limit":100`
			plan, answer := search(b, s, c, params, "") // what it reads is in memory from now on
			statement := "select " + quoted(plan.Columns()) + " from messages where " + f.byHand + " order by created desc, id limit 101"
			var ours, byHand []time.Duration
			for b.Loop() {
				start := time.Now()
				search(b, s, c, params, "")
				ours = append(ours, time.Since(start))
				if len(byHand) > 0 && sum(byHand) > time.Second {
					continue // a statement that looks at a million rows is slow as often as one asks
				}
				start = time.Now()
				if n := count(b, s, statement); min(n, 100) != len(answer.Data) {
					b.Fatalf("%d rows by hand, %d by search", n, len(answer.Data))
				}
				byHand = append(byHand, time.Since(start))
			}
			p50, hand := percentile(ours, 50), percentile(byHand, 50)
			b.ReportMetric(float64(len(answer.Data)), "rows")
			b.ReportMetric(p50, "p50-ms")
			b.ReportMetric(hand, "by-hand-ms")
			lines = append(lines, fmt.Sprintf("| %s | %d | %.2f | %s | %.2f | %.2f |", f.name, len(answer.Data), p50, goalText(f.goal), hand, p50/hand))
		})
	}
	publish(b, "Searches in texts", "The newest 100 by what is in a text. By hand the functions of the search are called on each row, in the order of created.", lines)
}
