package sync_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/cio"
	"ciomirror/sim"
	"ciomirror/store"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

// soak, when above zero, runs the tests of faults at full size.
var soak = flag.Duration("soak", 0, "tests of storage and API faults at full size")

// times is how often a test does its work: in the usual run, under -short and
// under -soak.
func times(usual, short, full int) int {
	switch {
	case *soak > 0:
		return full
	case testing.Short():
		return short
	}
	return usual
}

// stamped are the lists whose every record tells the generation of the workspace:
// path, envelope key and table.
var stamped = []struct{ path, items, table string }{
	{"/v1/segments", "segments", "segments"},
	{"/v1/campaigns", "campaigns", "campaigns"},
	{"/v1/campaigns/*/actions", "actions", "campaign_actions"},
}

// generations makes a workspace whose lists change as a whole: every record of a
// stamped list is named after the present generation, and in each generation
// another one of the segments is missing.
type generations struct {
	next    http.RoundTripper
	present atomic.Int64
}

func (g *generations) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	for _, list := range stamped {
		if ok, _ := path.Match(list.path, r.URL.Path); ok {
			if body, err = g.stamp(body, list.items); err != nil {
				return nil, err
			}
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func (g *generations) stamp(body []byte, items string) ([]byte, error) {
	var envelope map[string]json.RawMessage
	var records []map[string]json.RawMessage
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(envelope[items], &records); err != nil {
		return nil, err
	}
	present := g.present.Load()
	for _, r := range records {
		r["name"] = fmt.Appendf(nil, `"generation %d"`, present)
	}
	if items == "segments" {
		at := int(present) % len(records)
		records = slices.Delete(records, at, at+1)
	}
	var err error
	if envelope[items], err = json.Marshal(records); err != nil {
		return nil, err
	}
	return json.Marshal(envelope)
}

// TestReadersSeeOneGenerationOfACompleteList: whoever reads while lists are
// replaced sees, in one statement, all of one generation and nothing of another,
// also at an instant of the past.
func TestReadersSeeOneGenerationOfACompleteList(t *testing.T) {
	b := setup(t, sim.Options{Seed: 3})
	g := &generations{next: b.sim.Transport()}
	src, err := cio.New("sim-key", cio.Options{BaseURL: "http://sim.test", Transport: g, Rate: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	resync := func() {
		t.Helper()
		g.present.Add(1)
		b.sim.Advance(time.Minute) // instants to read as of
		report, err := b.run(t.Context(), src, b.dst, syncer.Options{Full: true}, "segments", "campaign_actions")
		if err != nil || report.Status != store.Complete {
			t.Fatalf("%v\n%s", err, show(report))
		}
	}
	resync()
	first := b.sim.Now().Add(time.Second) // each commit of the first sync took a millisecond of it
	rows := map[string]int64{}
	for _, list := range stamped {
		rows[list.table] = wantOneGeneration(t, b.dst, list.table, 0)
	}
	elsewhere, err := sqlite.Open(t.Context(), b.path, sqlite.Options{Now: b.sim.Now}) // as another process would
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()

	done := make(chan struct{})
	var readers sync.WaitGroup
	var reads atomic.Int64
	for i, dst := range []*sqlite.Store{b.dst, b.dst, elsewhere, elsewhere} {
		readers.Go(func() {
			for n := int64(0); ; n++ {
				select {
				case <-done:
					return
				default:
				}
				readOnce(t, dst, i%2 == 1, first.Add(b.sim.Now().Sub(first)*time.Duration(n%97)/96), rows)
				reads.Add(1)
			}
		})
	}
	for range times(10, 5, 100) {
		resync()
		if t.Failed() {
			break
		}
	}
	close(done)
	readers.Wait()
	t.Logf("%d generations, read %d times", g.present.Load(), reads.Load())
	if reads.Load() < g.present.Load() {
		t.Errorf("%d reads during %d generations: nobody read meanwhile", reads.Load(), g.present.Load())
	}
}

// readOnce reads each table, as it is or as it was then.
func readOnce(t *testing.T, dst *sqlite.Store, past bool, then time.Time, rows map[string]int64) {
	t.Helper()
	var from store.Reader = dst
	if past {
		was, err := dst.AsOf(t.Context(), then)
		if err != nil {
			t.Error(err)
			return
		}
		defer was.Close()
		from = was
	}
	for table, n := range rows {
		wantOneGeneration(t, from, table, n)
	}
}

// wantOneGeneration reads a table, row by row and in one statement. It returns the
// number of rows, which must be want unless that is 0.
func wantOneGeneration(t *testing.T, from store.Reader, table string, want int64) (rows int64) {
	t.Helper()
	seen := map[any]bool{}
	for cells, err := range from.Rows(t.Context(), sq.Expr("select name from "+table)) {
		if err != nil {
			t.Error(err)
			return 0
		}
		seen[cells[0]] = true
		rows++
	}
	if len(seen) != 1 || want > 0 && rows != want {
		t.Errorf("%s: %d rows of generations %v, want %d of one", table, rows, seen, want)
	}
	return rows
}
