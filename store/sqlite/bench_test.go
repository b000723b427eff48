package sqlite_test

import (
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
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

// deliveries makes message records as the API sends them, about 700 bytes each.
func deliveries(n int) [][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	records := make([][]byte, n)
	for i := range records {
		created := 1_700_000_000 + i*60
		var id [26]byte
		for j := range id {
			id[j] = byte(random.Uint32())
		}
		binary.BigEndian.PutUint64(id[8:16], uint64(created)*1000)
		parent := [...]string{
			fmt.Sprintf(`"campaign_id":%d,"action_id":%d,"newsletter_id":null,"broadcast_id":null,"content_id":null`, 1+random.IntN(80), 1+random.IntN(900)),
			fmt.Sprintf(`"newsletter_id":%d,"content_id":%d,"campaign_id":null,"broadcast_id":null,"action_id":null`, 1+random.IntN(400), 1+random.IntN(800)),
		}[random.IntN(2)]
		records[i] = fmt.Appendf(nil, `{"id":%[1]q,"deduplicate_id":"%[1]s:%[2]d","type":"email","created":%[2]d,%[3]s,"parent_action_id":null,"msg_template_id":%[4]d,"customer_id":"%[5]d","customer_identifiers":{"id":"%[5]d","email":"person%[5]d@example.com","cio_id":"d9c10600%06[5]d"},"recipient":"person%[5]d@example.com","subject":"Your week %[6]d at Northwind, and what comes next","forgotten":false,"failure_message":null,"trigger_event_id":null,"metrics":{"created":%[2]d,"sent":%[7]d,"delivered":%[8]d,"opened":%[9]d,"human_opened":%[9]d,"link:1":%[9]d}}`,
			base64.URLEncoding.EncodeToString(id[:]), created, parent, 1+random.IntN(200), random.IntN(1_000_000), i%52, created+2, created+5, created+3600)
	}
	return records
}

func decodeAll(b *testing.B, t *store.Table, records [][]byte) []store.Row {
	b.Helper()
	dec := store.NewDecoder(t)
	rows := make([]store.Row, len(records))
	for i, r := range records {
		row, err := dec.Decode(r, "")
		if err != nil {
			b.Fatal(err)
		}
		rows[i] = row
	}
	return rows
}

func messages(b *testing.B) *store.Table {
	b.Helper()
	e, ok := catalog.Default().Entity("messages")
	if !ok {
		b.Fatal("no messages")
	}
	return store.NewTable(e)
}

// BenchmarkIngest stores 100,000 messages in an empty mirror: decoded, hashed,
// indexed, ready for versions. In the same run it inserts the same cells into a
// bare table with one prepared statement, and reports the share of that rate.
func BenchmarkIngest(b *testing.B) {
	const n, batch = 100_000, 5_000
	records, t := deliveries(n), messages(b)
	var ours, plain time.Duration
	for b.Loop() {
		s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		start := time.Now()
		run, err := s.StartRun(b.Context(), store.Claim{Mode: store.All})
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; i < n; i += batch {
			if _, err := run.Write(b.Context(), t, decodeAll(b, t, records[i:i+batch])); err != nil {
				b.Fatal(err)
			}
		}
		ours += time.Since(start)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		plain += plainInsert(b, t, decodeAll(b, t, records), batch)
	}
	b.ReportMetric(float64(n)*float64(b.N)/ours.Seconds(), "rows/s")
	b.ReportMetric(float64(n)*float64(b.N)/plain.Seconds(), "plain-rows/s")
	b.ReportMetric(plain.Seconds()/ours.Seconds(), "of-plain")
}

// plainInsert is the baseline: the same cells, one prepared statement, no index,
// no hash, the same rows a transaction.
func plainInsert(b *testing.B, t *store.Table, rows []store.Row, batch int) time.Duration {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "plain.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-65536)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var names []string
	for _, c := range t.Columns {
		names = append(names, `"`+c.Name+`" any`)
	}
	if _, err := db.ExecContext(b.Context(), "create table messages ("+strings.Join(names, ", ")+") strict"); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	for i := 0; i < len(rows); i += batch {
		tx, err := db.BeginTx(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		insert, err := tx.PrepareContext(b.Context(), "insert into messages values (?"+strings.Repeat(", ?", len(names)-1)+")")
		if err != nil {
			b.Fatal(err)
		}
		for _, row := range rows[i : i+batch] {
			if _, err := insert.ExecContext(b.Context(), row.Cells...); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}

// BenchmarkResync writes 100,000 messages of which one in a hundred changed, and
// reports the time as a share of writing all of them for the first time.
func BenchmarkResync(b *testing.B) {
	const n, batch = 100_000, 5_000
	records, t := deliveries(n), messages(b)
	rows := decodeAll(b, t, records)
	changed := make([]store.Row, n)
	copy(changed, rows)
	for i := 0; i < n; i += 100 {
		changed[i].Hash[0]++
	}
	var first, again time.Duration
	for b.Loop() {
		s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: time.Now})
		if err != nil {
			b.Fatal(err)
		}
		run, err := s.StartRun(b.Context(), store.Claim{Mode: store.All})
		if err != nil {
			b.Fatal(err)
		}
		write := func(rows []store.Row) time.Duration {
			start := time.Now()
			for i := 0; i < n; i += batch {
				if _, err := run.Write(b.Context(), t, rows[i:i+batch]); err != nil {
					b.Fatal(err)
				}
			}
			return time.Since(start)
		}
		first += write(rows)
		again += write(changed)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(again.Seconds()/first.Seconds(), "of-first")
	b.ReportMetric(float64(n)*float64(b.N)/again.Seconds(), "rows/s")
}

// BenchmarkDecode turns records into rows.
func BenchmarkDecode(b *testing.B) {
	records, t := deliveries(1000), messages(b)
	dec := store.NewDecoder(t)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := dec.Decode(records[i%1000], ""); err != nil {
			b.Fatal(err)
		}
	}
}

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
	records, t := deliveries(n), messages(b)
	for i := 0; i < n; i += 5000 {
		if _, err := run.Write(b.Context(), t, decodeAll(b, t, records[i:i+5000])); err != nil {
			b.Fatal(err)
		}
	}
	if err := run.Finish(b.Context(), store.Complete, nil); err != nil {
		b.Fatal(err)
	}
	records = nil
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
