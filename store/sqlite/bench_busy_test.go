package sqlite_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ciomirror/catalog"
	"ciomirror/query"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// BenchmarkReaderDuringSync asks for a page again and again, first alone and then
// while a sync stores what ten requests a second bring: 1000 messages each, in the
// batches of a sync. It reports how much longer the slowest reads take. It works on
// a copy of the mirror.
func BenchmarkReaderDuringSync(b *testing.B) {
	s := million(b)
	path := filepath.Join(b.TempDir(), "busy.db")
	copied(b, fileOf(b, s), path)
	busy, err := sqlite.Open(b.Context(), path, sqlite.Options{Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	defer shut(b, busy)
	c := query.NewCompiler(catalog.Default(), query.SQLite{})
	const reads, pause = 1000, time.Second / 10 * batch / 1000
	read := func() (took []time.Duration) {
		for i := range reads {
			start := time.Now()
			search(b, busy, c, fmt.Sprintf(`"query":{"filter":{"eq":{"campaign_id":%d}},"sort":[{"created":"desc"}]},"limit":100`, 1+i%80), "")
			took = append(took, time.Since(start))
		}
		return took
	}
	for b.Loop() {
		read()
		idle := read()

		run, err := busy.StartRun(b.Context(), store.Claim{Mode: store.All})
		if err != nil {
			b.Fatal(err)
		}
		t := table(b)
		stop, stopped, late := make(chan struct{}), make(chan error, 1), 0
		go func() {
			tick := time.NewTicker(pause)
			defer tick.Stop()
			for from := 2_000_000; ; from += batch {
				start := time.Now()
				if _, err := run.Write(b.Context(), t, decodeAll(b, t, deliveries(from))); err != nil {
					stopped <- err
					return
				}
				if time.Since(start) > pause {
					late++
				}
				select {
				case <-stop:
					stopped <- nil
					return
				case <-tick.C:
				}
			}
		}()
		var during []time.Duration
		for begun := time.Now(); time.Since(begun) < 10*pause; {
			during = append(during, read()...)
		}
		close(stop)
		if err := <-stopped; err != nil {
			b.Fatal(err)
		}
		if err := run.Finish(b.Context(), store.Complete, nil); err != nil {
			b.Fatal(err)
		}
		i50, i99, d50, d99 := percentile(idle, 50), percentile(idle, 99), percentile(during, 50), percentile(during, 99)
		b.ReportMetric(d99, "p99-ms")
		b.ReportMetric(d99/i99, "p99-of-idle")
		publish(b, "One reader during a sync",
			fmt.Sprintf("Indexed equality, newest 100, while a sync stores 10 pages of 1000 messages a second (%d of its batches came late). The goal for p99 is 6 times idle.", late),
			[]string{"| | p50 ms | p99 ms |", "|---|---:|---:|", fmt.Sprintf("| idle | %.2f | %.2f |", i50, i99),
				fmt.Sprintf("| during a sync | %.2f | %.2f |", d50, d99), fmt.Sprintf("| ratio | %.2f | %.2f |", d50/i50, d99/i99)})
	}
}

func fileOf(b *testing.B, s *sqlite.Store) string {
	b.Helper()
	status, err := s.Status(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return status.Path
}

// copied copies a file that nobody writes.
func copied(b *testing.B, from, to string) {
	b.Helper()
	in, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		b.Fatal(err)
	}
}
