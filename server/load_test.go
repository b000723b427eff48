package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/connector"
	"ciomirror/query"
	"ciomirror/server"
	"ciomirror/sim"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

// loadFor is how long the load lasts. Zero is the short form: a fixed number of
// requests on a small mirror, in which only right and wrong are checked, since how fast
// a busy machine is says nothing.
var loadFor = flag.Duration("load", 0, "length of the load test; 0 for the short form")

// clients is how many ask at the same time.
const clients = 64

// searches are what they ask: by key, by index, by text, sorted, in every page size.
var searches = []string{
	`{"entity":"messages","action":"context_store_search","params":{"query":{"filter":{"eq":{"type":"email"}},"sort":[{"created":"desc"}]},"limit":20,"fields":["id","created","subject"]}}`,
	`{"entity":"messages","action":"context_store_search","params":{"query":{"sort":[{"created":"desc"}]},"limit":100}}`,
	`{"entity":"messages","action":"context_store_search","params":{"query":{"filter":{"gte":{"created":1763000000},"eq":{"type":"push"}}},"limit":50}}`,
	`{"entity":"campaigns","action":"context_store_search","params":{"query":{"filter":{"and":[{"eq":{"state":"running"}},{"fuzzy":{"name":"welcome"}}]}}}}`,
	`{"entity":"segments","action":"context_store_search","params":{"query":{"filter":{"contains":{"name":"a"}}},"limit":10}}`,
	`{"entity":"activities","action":"context_store_search","params":{"query":{"sort":[{"timestamp":"desc"}]},"limit":20}}`,
}

func TestManyClientsAtOnce(t *testing.T) {
	size := sim.Small
	if *loadFor > 0 {
		size = sim.Medium // 100,000 messages
	}
	path := filepath.Join(t.TempDir(), "mirror.db")
	now := func() time.Time { return start }
	if err := fill(t.Context(), path, size, now); err != nil {
		t.Fatal(err)
	}
	m, err := sqlite.Open(t.Context(), path, sqlite.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	h := serve(t, func(o *server.Options) {
		c, err := connector.New(o.Catalog, query.NewCompiler(o.Catalog, query.SQLite{TextIndex: true}), m, connector.Options{InstanceID: o.Identity.InstanceID(), Now: time.Now, Ledger: m})
		if err != nil {
			t.Fatal(err)
		}
		o.Connector, o.Mirror, o.Now = c, statusOf{m}, time.Now
		o.Log = slog.New(slog.DiscardHandler) // the tests' own keeps a line for every answer, which would count as memory
	})
	url := "http://" + listen(t, h) + executeTarget
	l := &load{url: url, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}, want: map[string]int{}}
	defer l.client.CloseIdleConnections()
	for _, body := range searches { // what each shall find, asked alone
		found, _, err := l.ask(t.Context(), body)
		if err != nil || found == 0 {
			t.Fatalf("%s: %d rows, %v", body, found, err)
		}
		l.want[body] = found
	}
	if *loadFor == 0 {
		l.run(t, func(asked int) bool { return asked < 5*len(searches) })
		return
	}
	l.long(t)
}

// load is a number of clients that ask.
type load struct {
	url    string
	client *http.Client
	want   map[string]int // rows, by request

	mu    sync.Mutex
	times []time.Duration
}

// ask sends one request and counts the rows of the answer.
func (l *load) ask(ctx context.Context, body string) (rows int, took time.Duration, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, 0, err
	}
	r.Header.Set("Content-Type", "application/json")
	begun := time.Now()
	answer, err := l.client.Do(r)
	if err != nil {
		return 0, 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	took = time.Since(begun)
	if err != nil || answer.StatusCode != http.StatusOK {
		return 0, took, fmt.Errorf("%s: %s %w", answer.Status, short(string(text)), err)
	}
	var env struct {
		Result struct{ Data []json.RawMessage }
	}
	err = json.Unmarshal(text, &env)
	return len(env.Result.Data), took, err
}

// run lets all clients ask while more says so, and checks every answer.
func (l *load) run(t *testing.T, more func(asked int) bool) {
	t.Helper()
	l.times = nil
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			var times []time.Duration
			for n := 0; more(n); n++ {
				body := searches[(n+c)%len(searches)]
				found, took, err := l.ask(t.Context(), body)
				if err != nil || found != l.want[body] {
					t.Errorf("%s: %d rows, want %d: %v", body, found, l.want[body], err)
					return
				}
				times = append(times, took)
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			l.times = append(l.times, times...)
		})
	}
	all.Wait()
	slices.Sort(l.times)
}

func (l *load) quantile(q float64) time.Duration { return l.times[int(float64(len(l.times)-1)*q)] }

// long measures: the answers' times, the memory, and a sync beside it, which is paced
// as one of a real workspace is.
func (l *load) long(t *testing.T) {
	alone := syncRate(t, *loadFor/4)
	for end := time.Now().Add(*loadFor / 6); time.Now().Before(end); { // until everything is warm
		l.run(t, func(asked int) bool { return asked < 20 })
	}
	before := heap()
	var beside float64
	var work sync.WaitGroup
	work.Go(func() { beside = syncRate(t, *loadFor) })
	end := time.Now().Add(*loadFor)
	l.run(t, func(int) bool { return time.Now().Before(end) })
	work.Wait()
	l.client.CloseIdleConnections()
	after := heap()
	p50, p99 := l.quantile(0.5), l.quantile(0.99)
	t.Logf("%d clients, %v: %d answers, %.0f a second, p50 %v, p99 %v (%.1f times), heap %.1f → %.1f MB, sync %.2f → %.2f requests a second",
		clients, *loadFor, len(l.times), float64(len(l.times))/loadFor.Seconds(), p50, p99, float64(p99)/float64(p50), before, after, alone, beside)
	if p99 > 10*p50 {
		t.Errorf("p99 is %v, p50 %v", p99, p50)
	}
	if after > before*1.2+5 {
		t.Errorf("the heap grew from %.1f to %.1f MB", before, after)
	}
	if beside < 0.8*alone {
		t.Errorf("a sync makes %.2f requests a second beside the load, %.2f alone", beside, alone)
	}
}

// heap is what is in use after a collection, in MB.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// syncRate syncs a workspace of its own at 10 requests a second, into a file of its own
// on the same disk and processors, and returns how many requests a second it made.
func syncRate(t *testing.T, during time.Duration) float64 {
	now := func() time.Time { return start }
	workspace, err := sim.New(sim.Options{Size: sim.Medium, Seed: 12, Start: start, Now: now})
	if err != nil {
		t.Error(err)
		return 0
	}
	api, err := cio.New("sim-key", cio.Options{BaseURL: "http://sim.test", Transport: workspace.Transport(), Rate: 10})
	if err != nil {
		t.Error(err)
		return 0
	}
	m, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), fmt.Sprintf("sync-%d.db", during)), sqlite.Options{Create: true, Now: now})
	if err != nil {
		t.Error(err)
		return 0
	}
	defer m.Close()
	s, err := syncer.New(api, m, syncer.Options{Catalog: catalog.Default(), Now: now})
	if err != nil {
		t.Error(err)
		return 0
	}
	ctx, cancel := context.WithTimeout(t.Context(), during)
	defer cancel()
	begun := time.Now()
	report, _ := s.Run(ctx) // cut off when the time is over
	return float64(report.Requests) / time.Since(begun).Seconds()
}

// TestSlowConnectionsStopNobody holds many connections that never say what they want,
// and some that do not read, and asks beside them.
func TestSlowConnectionsStopNobody(t *testing.T) {
	h := serve(t, nil)
	address := listen(t, h)
	most := 1000
	if testing.Short() {
		most = 100
	}
	var held []net.Conn
	defer func() {
		for _, c := range held {
			c.Close()
		}
	}()
	for i := range most {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		held = append(held, c)
		head := "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
		if i%2 == 1 { // a body that never comes
			head = "POST " + executeTarget + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{"
		}
		if _, err := io.WriteString(c, head); err != nil {
			t.Fatal(err)
		}
	}
	before := heap()
	l := &load{url: "http://" + address + executeTarget, client: &http.Client{Transport: &http.Transport{}}}
	defer l.client.CloseIdleConnections()
	for range 20 {
		if _, _, err := l.ask(t.Context(), `{"entity":"segments","action":"search","params":{"query":{}}}`); err != nil {
			t.Fatal(err)
		}
	}
	if before > 256 {
		t.Errorf("%d idle connections hold %.0f MB", most, before)
	}
}

// TestAnAnswerLargerThanABufferIsWhole reads the largest page there is.
func TestAnAnswerLargerThanABufferIsWhole(t *testing.T) {
	h := serve(t, nil)
	l := &load{url: "http://" + listen(t, h) + executeTarget, client: &http.Client{Transport: &http.Transport{}}}
	defer l.client.CloseIdleConnections()
	found, _, err := l.ask(t.Context(), `{"entity":"messages","action":"search","params":{"query":{},"limit":10000}}`)
	if err != nil || found < 1000 {
		t.Errorf("%d rows, %v", found, err)
	}
}
