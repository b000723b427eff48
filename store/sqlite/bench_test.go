package sqlite_test

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"ciomirror/catalog"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// benchRows is how many messages BenchmarkIngest and BenchmarkResync write.
var benchRows = flag.Int("rows", 100_000, "messages to store, a multiple of 5000")

// batch is how many rows a sync stores in one transaction.
const batch = 5_000

// deliveries makes a batch of message records as the API sends them, about 700
// bytes each: those from number from on.
func deliveries(from int) [][]byte {
	random := rand.New(rand.NewPCG(1, uint64(from)))
	records := make([][]byte, batch)
	for i := range records {
		n := from + i
		created := 1_700_000_000 + n*60
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
			base64.URLEncoding.EncodeToString(id[:]), created, parent, 1+random.IntN(200), random.IntN(1_000_000), n%52, created+2, created+5, created+3600)
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

func table(b *testing.B) *store.Table {
	b.Helper()
	e, ok := catalog.Default().Entity("messages")
	if !ok {
		b.Fatal("no messages")
	}
	return store.NewTable(e)
}

// withoutText is the table of messages without its text index.
func withoutText(b *testing.B) *store.Table {
	b.Helper()
	e := *table(b).Entity
	e.Fields = slices.Clone(e.Fields)
	for i := range e.Fields {
		e.Fields[i].Marks &^= catalog.FullText
	}
	return store.NewTable(&e)
}

// changed is deliveries, but for one message in a hundred that was clicked since.
func changed(from int) [][]byte {
	records := deliveries(from)
	for i := 0; i < len(records); i += 100 {
		records[i] = bytes.Replace(records[i], []byte(`"human_opened"`), []byte(`"clicked"`), 1)
	}
	return records
}

// taken is the time that a walk took: writing, and decoding before it.
type taken struct{ write, decode time.Duration }

func (t taken) both() time.Duration { return t.write + t.decode }

func (t *taken) add(other taken) { t.write += other.write; t.decode += other.decode }

// walk stores n messages as a sync does, a batch a transaction.
func walk(b *testing.B, run store.Run, t *store.Table, n int, messages func(from int) [][]byte) (store.Change, taken) {
	b.Helper()
	var sum store.Change
	var took taken
	for from := 0; from < n; from += batch {
		records := messages(from)
		start := time.Now()
		rows := decodeAll(b, t, records)
		decoded := time.Now()
		c, err := run.Write(b.Context(), t, rows)
		if err != nil {
			b.Fatal(err)
		}
		took.add(taken{decode: decoded.Sub(start), write: time.Since(decoded)})
		sum.Add(c)
	}
	return sum, took
}

// syncOnce is a walk in a run of its own.
func syncOnce(b *testing.B, s store.Store, t *store.Table, n int, messages func(from int) [][]byte) (store.Change, taken) {
	b.Helper()
	run, err := s.StartRun(b.Context(), store.Claim{Mode: store.All})
	if err != nil {
		b.Fatal(err)
	}
	c, took := walk(b, run, t, n, messages)
	if err := run.Finish(b.Context(), store.Complete, nil); err != nil {
		b.Fatal(err)
	}
	return c, took
}

func empty(b *testing.B) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "mirror.db"), sqlite.Options{Create: true, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func shut(b *testing.B, s *sqlite.Store) {
	b.Helper()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkIngest stores 100,000 messages in an empty mirror: hashed, with every
// index, ready for versions. In the same run it inserts the same cells into a bare table
// with one prepared statement, and reports the share of that rate: of decoding and
// writing, which is what a sync does, and of writing alone.
//
// of-without-text is the share of the rate that there is without the text index.
func BenchmarkIngest(b *testing.B) {
	n := *benchRows
	var ours, textless taken
	var plain time.Duration
	for b.Loop() {
		for _, x := range []struct {
			t    *store.Table
			took *taken
		}{{table(b), &ours}, {withoutText(b), &textless}} {
			s := empty(b)
			_, took := syncOnce(b, s, x.t, n, letters)
			x.took.add(took)
			shut(b, s)
		}
		plain += plainInsert(b, table(b), n)
	}
	b.ReportMetric(textless.both().Seconds()/ours.both().Seconds(), "of-without-text")
	b.ReportMetric(float64(n)*float64(b.N)/ours.both().Seconds(), "rows/s")
	b.ReportMetric(float64(n)*float64(b.N)/plain.Seconds(), "plain-rows/s")
	b.ReportMetric(plain.Seconds()/ours.both().Seconds(), "of-plain")
	b.ReportMetric(plain.Seconds()/ours.write.Seconds(), "write-of-plain")
}

// plainInsert is the baseline: the same cells, one prepared statement, no index,
// no hash, the same rows a transaction.
func plainInsert(b *testing.B, t *store.Table, n int) time.Duration {
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
	var took time.Duration
	for from := 0; from < n; from += batch {
		rows := decodeAll(b, t, letters(from))
		start := time.Now()
		tx, err := db.BeginTx(b.Context(), nil)
		if err != nil {
			b.Fatal(err)
		}
		insert, err := tx.PrepareContext(b.Context(), "insert into messages values (?"+strings.Repeat(", ?", len(names)-1)+")")
		if err != nil {
			b.Fatal(err)
		}
		for _, row := range rows {
			if _, err := insert.ExecContext(b.Context(), row.Cells...); err != nil {
				b.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
		took += time.Since(start)
	}
	return took
}

// BenchmarkResync stores 100,000 messages, stores them again as they are, and again
// with one in a hundred changed. It reports both times as shares of the first: of
// writing alone, and of decoding and writing, which is what a sync does. peak-MB is
// the most memory that the process had. A million messages, in about two minutes:
//
//	go test -run '^$' -bench Resync ./store/sqlite -rows 1000000
func BenchmarkResync(b *testing.B) {
	n := int64(*benchRows)
	if n <= 0 || n%batch != 0 {
		b.Fatalf("-rows %d is no multiple of %d", n, batch)
	}
	forgetPeak(b)
	var first, same, some taken
	for b.Loop() {
		s := empty(b)
		for _, step := range []struct {
			messages func(from int) [][]byte
			want     store.Change
			took     *taken
		}{
			{deliveries, store.Change{New: n}, &first},
			{deliveries, store.Change{Same: n}, &same},
			{changed, store.Change{Same: n - n/100, Changed: n / 100}, &some},
		} {
			c, took := syncOnce(b, s, table(b), int(n), step.messages)
			if c != step.want {
				b.Fatalf("%+v, want %+v", c, step.want)
			}
			step.took.add(took)
		}
		shut(b, s)
	}
	b.ReportMetric(float64(n)*float64(b.N)/same.both().Seconds(), "rows/s")
	b.ReportMetric(same.write.Seconds()/first.write.Seconds(), "same-write-of-first")
	b.ReportMetric(some.write.Seconds()/first.write.Seconds(), "1%-write-of-first")
	b.ReportMetric(same.both().Seconds()/first.both().Seconds(), "same-of-first")
	b.ReportMetric(some.both().Seconds()/first.both().Seconds(), "1%-of-first")
	if mb, ok := peak(b); ok {
		b.ReportMetric(mb, "peak-MB")
	}
}

// forgetPeak makes the peak that of what follows, where Linux is there to ask.
func forgetPeak(b *testing.B) {
	b.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Logf("peak-MB is that of the whole process: %v", err)
	}
}

// peak is the most memory that the process had, in MB; false where the system
// does not say.
func peak(b *testing.B) (float64, bool) {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false
	}
	if err != nil {
		b.Fatal(err)
	}
	var kb float64
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	if _, err := fmt.Sscan(string(after), &kb); err != nil {
		b.Fatal(err)
	}
	return kb / 1024, true
}

// BenchmarkDecode turns records into rows.
func BenchmarkDecode(b *testing.B) {
	records, t := deliveries(0), table(b)
	dec := store.NewDecoder(t)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := dec.Decode(records[i%batch], ""); err != nil {
			b.Fatal(err)
		}
	}
}
