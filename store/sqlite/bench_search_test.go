package sqlite_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
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

// mirrorFile spares the minute that a million messages take.
var mirrorFile = flag.String("mirror", "", "file of the searched messages, made when it is missing and then kept")

// million is a mirror of 1,000,000 messages, of 100,000 with -short.
func million(b *testing.B) *sqlite.Store {
	b.Helper()
	n, path := 1_000_000, *mirrorFile
	if testing.Short() {
		n = 100_000
	}
	if path == "" {
		path = filepath.Join(b.TempDir(), "mirror.db")
	}
	_, missing := os.Stat(path)
	s, err := sqlite.Open(b.Context(), path, sqlite.Options{Create: true, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { shut(b, s) })
	if errors.Is(missing, fs.ErrNotExist) {
		syncOnce(b, s, table(b), n, letters)
	}
	return s
}

// form is one way to search, and the statement that a person who knows the tables
// would write for the same rows.
type form struct {
	name   string
	params string // without braces
	byHand string // what follows the name of the table
	goal   float64
}

// forms of searches in messages. id and recipient are those of one message; goal is
// the p50 to reach at a million messages on two cores, in milliseconds, 0 for none.
func forms(id, recipient string) []form {
	const hundred = `,"limit":100`
	return []form{
		{"key", `"query":{"filter":{"eq":{"id":"` + id + `"}}}`, "where id = '" + id + "'", 1},
		{"indexed equality, newest 100", `"query":{"filter":{"eq":{"campaign_id":5}},"sort":[{"created":"desc"}]}` + hundred,
			"where campaign_id = 5 order by created desc, id limit 101", 3},
		{"indexed equality, by key", `"query":{"filter":{"eq":{"campaign_id":5}}}` + hundred,
			"where campaign_id = 5 order by id limit 101", 3},
		{"rare indexed equality", `"query":{"filter":{"eq":{"recipient":"` + recipient + `"}}}` + hundred,
			"where recipient = '" + recipient + "' order by id limit 101", 3},
		{"range, newest 100", `"query":{"filter":{"gte":{"created":1700000000}},"sort":[{"created":"desc"}]}` + hundred,
			"where created >= 1700000000 order by created desc, id limit 101", 3},
		{"newest 1000", `"query":{"sort":[{"created":"desc"}]}`,
			"where created is not null order by created desc, id limit 1001", 0},
		{"unindexed equality", `"query":{"filter":{"eq":{"subject":"nothing"}}}` + hundred,
			"where subject = 'nothing' order by id limit 101", 700},
		{"unindexed equality, newest 100", `"query":{"filter":{"eq":{"subject":"nothing"}},"sort":[{"created":"desc"}]}` + hundred,
			"where subject = 'nothing' order by created desc, id limit 101", 700},
		{"unindexed order", `"query":{"sort":[{"metric_opened":"desc"}]}` + hundred,
			"order by metric_opened desc nulls last, id limit 101", 0},
		{"words in a field without an index", `"query":{"filter":{"contains":{"deduplicate_id":"nothing"}}}` + hundred,
			"where text_contains(deduplicate_id, 'nothing') order by id limit 101", 0},
	}
}

// BenchmarkSearch asks a mirror of a million messages in the ways that people do,
// each beside hand-written SQL for the same rows on the same file.
func BenchmarkSearch(b *testing.B) {
	s := million(b)
	var id, recipient string
	for cells, err := range s.Rows(b.Context(), sq.Expr("select id, recipient from messages limit 1 offset 5000")) {
		if err != nil {
			b.Fatal(err)
		}
		id, recipient = cells[0].(string), cells[1].(string)
	}
	c := query.NewCompiler(catalog.Default(), query.SQLite{})
	lines := []string{"| search | p50 ms | goal | by hand ms | ratio |", "|---|---:|---:|---:|---:|"}
	for _, f := range forms(id, recipient) {
		b.Run(f.name, func(b *testing.B) {
			var ours, byHand []time.Duration
			search(b, s, c, f.params, "") // what it reads is in memory from now on
			for b.Loop() {
				start := time.Now()
				plan, answer := search(b, s, c, f.params, "")
				ours = append(ours, time.Since(start))
				start = time.Now()
				if n := count(b, s, "select "+quoted(plan.Columns())+" from messages "+f.byHand); n < len(answer.Data) {
					b.Fatalf("%d rows by hand, %d by search", n, len(answer.Data))
				}
				byHand = append(byHand, time.Since(start))
			}
			p50, hand := percentile(ours, 50), percentile(byHand, 50)
			b.ReportMetric(p50, "p50-ms")
			b.ReportMetric(p50/hand, "of-by-hand")
			lines = append(lines, fmt.Sprintf("| %s | %.2f | %s | %.2f | %.2f |", f.name, p50, goalText(f.goal), hand, p50/hand))
		})
	}
	publish(b, "Searches", "Beside each, the SQL that a person would write for the same rows, through the same driver.", lines)
}

// BenchmarkPages compares the thousandth page of a walk with the first, in every
// order that an index has.
func BenchmarkPages(b *testing.B) {
	s := million(b)
	c := query.NewCompiler(catalog.Default(), query.SQLite{})
	sorts := []string{"", `{"id":"desc"}`, `{"created":"desc"}`, `{"created":"asc"}`}
	e, _ := catalog.Default().Entity("messages")
	for _, i := range e.Indexes {
		if i.Field != "created" {
			sorts = append(sorts, `{"`+i.Field+`":"asc"}`, `{"`+i.Field+`":"desc"}`)
		}
	}
	lines := []string{"| order | page 1, ms | page 1000, ms | ratio |", "|---|---:|---:|---:|"}
	for _, sort := range sorts {
		name := strings.NewReplacer(`{"`, "", `":"`, " ", `"}`, "").Replace(sort)
		if sort == "" {
			name = "the usual one, by key"
		}
		b.Run(name, func(b *testing.B) {
			params := `"query":{"sort":[` + sort + `]}`
			deep := ""
			for range 10 { // the cursor does not know how long the pages were
				_, answer := search(b, s, c, params+`,"limit":9990`, deep)
				deep = *answer.Meta.Cursor
			}
			var first, last []time.Duration
			for b.Loop() {
				for at, took := range map[string]*[]time.Duration{"": &first, deep: &last} {
					start := time.Now()
					if _, answer := search(b, s, c, params+`,"limit":100`, at); len(answer.Data) != 100 {
						b.Fatalf("%d rows", len(answer.Data))
					}
					*took = append(*took, time.Since(start))
				}
			}
			one, thousand := percentile(first, 50), percentile(last, 50)
			b.ReportMetric(one, "p50-ms")
			b.ReportMetric(thousand/one, "page-1000-of-page-1")
			lines = append(lines, fmt.Sprintf("| %s | %.2f | %.2f | %.2f |", name, one, thousand, thousand/one))
		})
	}
	publish(b, "Pages", "Pages of 100 rows. The goal is 3 ms for the orders that an index has, and twice the first page for the thousandth.", lines)
}

// search runs one search from its text to its rows.
func search(b *testing.B, s *sqlite.Store, c *query.Compiler, params, cursor string) (*query.Plan, query.Answer) {
	b.Helper()
	if cursor != "" {
		params += `,"cursor":"` + cursor + `"`
	}
	q, err := query.Parse([]byte("{" + params + "}"))
	if err != nil {
		b.Fatal(err)
	}
	plan, err := c.Compile("messages", q)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := query.Run(b.Context(), s, plan, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	return plan, answer
}

func count(b *testing.B, s store.Reader, statement string) (n int) {
	b.Helper()
	for _, err := range s.Rows(b.Context(), sq.Expr(statement)) {
		if err != nil {
			b.Fatal(err)
		}
		n++
	}
	return n
}

// percentile is in milliseconds.
func percentile(took []time.Duration, p int) float64 {
	slices.Sort(took)
	return float64(took[(len(took)-1)*p/100].Nanoseconds()) / 1e6
}

func sum(took []time.Duration) (all time.Duration) {
	for _, t := range took {
		all += t
	}
	return all
}

func goalText(ms float64) string {
	if ms == 0 {
		return ""
	}
	return fmt.Sprint(ms)
}

func quoted(columns []string) string {
	return `"` + strings.Join(columns, `", "`) + `"`
}
