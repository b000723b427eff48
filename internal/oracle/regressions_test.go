package oracle_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestWhatDifferedOnceDiffersNoMore asks again what the product once answered
// wrongly. A new case is a file with what a failing random test printed.
func TestWhatDifferedOnceDiffersNoMore(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "regressions", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d cases: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c struct {
				Entity, Parent string
				Records        []json.RawMessage
				Query          json.RawMessage
				Fields         []string
				Typos          int
				// Rows is how many are to be found; -1: the search is refused.
				Rows int
			}
			if err := json.Unmarshal(data, &c); err != nil {
				t.Fatal(err)
			}
			w := newWorld(t, true)
			e, ok := w.cat.Entity(c.Entity)
			if !ok {
				t.Fatalf("no entity %q", c.Entity)
			}
			var records []record
			for _, sent := range c.Records {
				records = append(records, newRecord(e, string(sent), c.Parent))
			}
			w.write(t, e, records)
			names, fields := usual(e), ""
			if c.Fields != nil {
				list, _ := json.Marshal(c.Fields)
				names, fields = c.Fields, `,"fields":`+string(list)
			}
			typos := ""
			if c.Typos > 0 {
				typos = fmt.Sprintf(`,"typos":%d`, c.Typos)
			}
			for _, limit := range []int{1, 2, 1000} {
				n, err := w.compare(t, e, string(c.Query), fields, typos, names, limit)
				if err != nil || n != c.Rows {
					t.Errorf("%d rows, want %d: %v", n, c.Rows, err)
				}
			}
		})
	}
}
