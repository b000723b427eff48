package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/store"
	"ciomirror/store/sqlite"
	"ciomirror/store/storetest"
)

// TestWriteAgreesWithAMap writes random pages of few keys, so that most pages hold
// a key several times, and keeps the same rows in a map.
func TestWriteAgreesWithAMap(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	rounds := 30
	if testing.Short() {
		rounds = 8
	}
	e, _ := storetest.Catalog().Entity("showers")
	showers := store.NewTable(e)
	s := open(t, filepath.Join(t.TempDir(), "mirror.db"), sqlite.Options{Create: true, Migrations: steps(t, storetest.Catalog())})
	run, err := s.StartRun(t.Context(), store.Claim{Mode: store.All})
	if err != nil {
		t.Fatal(err)
	}
	dec := store.NewDecoder(showers)
	live := map[string]string{}
	versions := 0
	for range rounds {
		keys := 1 + random.IntN(600)
		var want store.Change
		var rows []store.Row
		for range random.IntN(2500) {
			id := fmt.Sprintf("s%d", random.IntN(keys))
			record := fmt.Sprintf(`{"id":%q,"created":%d,"litres":{"north":%d}}`, id, random.IntN(2), random.IntN(2))
			row, err := dec.Decode([]byte(record), "")
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
			before, ok := live[id]
			switch {
			case !ok:
				want.New++
			case before != record:
				want.Changed++
				versions++
			default:
				want.Same++
			}
			live[id] = record
		}
		got, err := run.Write(t.Context(), showers, rows)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%d rows of %d keys: %+v, want %+v", len(rows), keys, got, want)
		}
	}
	n := 0
	for cells, err := range s.Rows(t.Context(), sq.Expr(`select id, created, litres_north from showers`)) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		got := fmt.Sprintf(`{"id":%q,"created":%d,"litres":{"north":%d}}`, cells...)
		if id := cells[0].(string); live[id] != got {
			t.Errorf("%s, want %s", got, live[id])
		}
	}
	if n != len(live) {
		t.Errorf("%d live rows, want %d", n, len(live))
	}
	for cells, err := range s.Rows(t.Context(), sq.Expr(`select count(*) from showers_history`)) {
		if err != nil || cells[0] != int64(versions) {
			t.Errorf("%v old versions, %v, want %d", cells, err, versions)
		}
	}
}
