package sqlite_test

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
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

var (
	// mirrorFile spares the minutes that a million messages take.
	mirrorFile = flag.String("mirror", "", "file of BenchmarkSearch's messages, made when it is missing and then kept")
	// report is where the figures go for people to read.
	report = flag.String("report", "", "Markdown file that BenchmarkSearch writes its figures to")
)

// messages is a mirror of 1,000,000 messages, of 100,000 with -short.
func messages(b *testing.B) *sqlite.Store {
	b.Helper()
	n, path := 1_000_000, *mirrorFile
	if testing.Short() {
		n = 100_000
	}
	if path == "" {
		path = filepath.Join(b.TempDir(), "mirror.db")
	}
	_, err := os.Stat(path)
	s, openErr := sqlite.Open(b.Context(), path, sqlite.Options{Create: true, Now: time.Now})
	if openErr != nil {
		b.Fatal(openErr)
	}
	b.Cleanup(func() { _ = s.Close() })
	if errors.Is(err, fs.ErrNotExist) {
		syncOnce(b, s, n, deliveries)
	}
	return s
}

// shape is one kind of search, and the statement that a person who knows the
// tables would write for the same rows.
type shape struct {
	name   string
	params string // the query and the limit, without braces
	byHand string // what follows the name of the table
	// page is the page that is read; 0 is the first.
	page int
	// atMost is what a page may take, in milliseconds; 0 for no goal of its own.
	atMost float64
}

// shapes of searches in messages. id and recipient are those of one message.
func shapes(id, recipient string) []shape {
	const hundred = `,"limit":100`
	return []shape{
		{name: "key", params: `"query":{"filter":{"eq":{"id":"` + id + `"}}}`, byHand: "where id = '" + id + "'", atMost: 1},
		{name: "indexed equality, newest 100", params: `"query":{"filter":{"eq":{"campaign_id":5}},"sort":[{"created":"desc"}]}` + hundred,
			byHand: "where campaign_id = 5 order by created desc, id limit 101", atMost: 3},
		{name: "the same, page 100", params: `"query":{"filter":{"eq":{"campaign_id":5}},"sort":[{"created":"desc"}]}` + hundred,
			page: 50, atMost: 3},
		{name: "rare indexed equality", params: `"query":{"filter":{"eq":{"recipient":"` + recipient + `"}}}` + hundred,
			byHand: "where recipient = '" + recipient + "' order by id limit 101", atMost: 3},
		{name: "range, newest 100", params: `"query":{"filter":{"gte":{"created":1700000000}},"sort":[{"created":"desc"}]}` + hundred,
			byHand: "where created >= 1700000000 order by created desc, id limit 101", atMost: 3},
		{name: "newest 1000 of all", params: `"query":{"sort":[{"created":"desc"}]}`, byHand: "order by created desc, id limit 1001"},
		{name: "unindexed equality", params: `"query":{"filter":{"eq":{"subject":"nothing"}}}` + hundred,
			byHand: "where subject = 'nothing' order by id limit 101", atMost: 700},
		{name: "unindexed equality, newest 100", params: `"query":{"filter":{"eq":{"subject":"nothing"}},"sort":[{"created":"desc"}]}` + hundred,
			byHand: "where subject = 'nothing' order by created desc, id limit 101", atMost: 700},
		{name: "unindexed order", params: `"query":{"sort":[{"metric_opened":"desc"}]}` + hundred,
			byHand: "order by metric_opened desc nulls last, id limit 101"},
		{name: "words, all rows", params: `"query":{"filter":{"contains":{"failure_message":"nothing"}}}` + hundred,
			byHand: "where text_contains(failure_message, 'nothing') order by id limit 101"},
	}
}

// BenchmarkSearch asks a mirror of a million messages in the ways that people do,
// each beside hand-written SQL for the same rows on the same file.
func BenchmarkSearch(b *testing.B) {
	s := messages(b)
	var id, recipient string
	for cells, err := range s.Rows(b.Context(), sq.Expr("select id, recipient from messages limit 1")) {
		if err != nil {
			b.Fatal(err)
		}
		id, recipient = cells[0].(string), cells[1].(string)
	}
	var lines []string
	for _, sh := range shapes(id, recipient) {
		b.Run(sh.name, func(b *testing.B) {
			cursor := ""
			for range sh.page {
				cursor = next(b, s, sh.params, cursor)
			}
			var ours, byHand []time.Duration
			for b.Loop() {
				start := time.Now()
				plan, rows := search(b, s, sh.params, cursor)
				ours = append(ours, time.Since(start))
				if sh.byHand == "" {
					continue
				}
				start = time.Now()
				if n := count(b, s, "select "+quoted(plan.Columns())+" from messages "+sh.byHand); n < rows {
					b.Fatalf("%d rows by hand, %d by search", n, rows)
				}
				byHand = append(byHand, time.Since(start))
			}
			p50, hand := percentile(ours, 50), percentile(byHand, 50)
			b.ReportMetric(p50, "p50-ms")
			if len(byHand) > 0 {
				b.ReportMetric(p50/hand, "of-by-hand")
			}
			_ = fmt.Sprint
			_ = runtime.NumCPU
			_ = lines
		})
	}
}

func next(b *testing.B, s store.Reader, params, cursor string) string {
	return ""
}

// search runs one search from its text to its rows.
func search(b *testing.B, s *sqlite.Store, params, cursor string) (*query.Plan, int) {
	b.Helper()
	if cursor != "" {
		params += `,"cursor":"` + cursor + `"`
	}
	q, err := query.Parse([]byte("{" + params + "}"))
	if err != nil {
		b.Fatal(err)
	}
	plan, err := query.NewCompiler(catalog.Default(), query.SQLite{}).Compile("messages", q)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := query.Run(b.Context(), s, plan, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	return plan, len(answer.Data)
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
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return float64(took[(len(took)-1)*p/100].Microseconds()) / 1000
}

func quoted(columns []string) string {
	return `"` + strings.Join(columns, `", "`) + `"`
}
