package export_test

import (
	"context"
	"encoding/json"
	"io"
	"runtime"
	"strings"
	"testing"

	"ciomirror/export"
)

// TestMemoryDoesNotGrowWithTheRows: of hundreds of megabytes of rows only a few are
// held at any time, whatever the format.
func TestMemoryDoesNotGrowWithTheRows(t *testing.T) {
	rows := 200_000
	if testing.Short() {
		rows = 60_000
	}
	const most = 100 << 20
	body := strings.Repeat("Hello {{customer.first_name}}, ", 32) // a KiB
	for _, f := range export.Formats {
		t.Run(string(f), func(t *testing.T) {
			var before, now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var peak uint64
			r := result("id integer, body text, created time, tags json")
			r.Rows = func(yield func([]any, error) bool) {
				for i := range rows {
					if i%(rows/8) == rows/8-1 {
						runtime.GC()
						runtime.ReadMemStats(&now)
						peak = max(peak, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
					}
					if !yield([]any{int64(i), body[i%900:], int64(1700000000 + i), json.RawMessage(`["a","b"]`)}, nil) {
						return
					}
				}
			}
			out := &gauge{every: 4 << 20, look: func() {
				runtime.GC()
				runtime.ReadMemStats(&now)
				peak = max(peak, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
			}}
			w, err := export.Write(context.Background(), out, f, r, export.Options{Scratch: t.TempDir()})
			if err != nil || w.Rows != int64(rows) {
				t.Fatalf("%d rows, %v", w.Rows, err)
			}
			t.Logf("%d rows, %d MiB written, %d KiB held at most", rows, out.written>>20, peak>>10)
			if peak > most {
				t.Errorf("%d MiB were held", peak>>20)
			}
		})
	}
}

// gauge is a writer that looks at the memory now and then.
type gauge struct {
	written, next, every int
	look                 func()
}

func (g *gauge) Write(p []byte) (int, error) {
	if g.written += len(p); g.written >= g.next {
		g.next = g.written + g.every
		g.look()
	}
	return io.Discard.Write(p)
}
