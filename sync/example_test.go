package sync_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ciomirror/catalog"
	"ciomirror/cio"
	"ciomirror/query"
	"ciomirror/sim"
	"ciomirror/store/sqlite"
	syncer "ciomirror/sync"
)

// The whole way, from a workspace to the rows of a search. A program of one's own
// takes the App API key from a safe place instead of a simulator's.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "mirror")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	now := func() time.Time { return noon } // time.Now, elsewhere
	workspace, err := sim.New(sim.Options{Seed: 1, Start: noon, Now: now})
	if err != nil {
		fmt.Println(err)
		return
	}

	api, err := cio.New("sim-key", cio.Options{BaseURL: "http://localhost:8790", Transport: workspace.Transport()})
	if err != nil {
		fmt.Println(err)
		return
	}
	mirror, err := sqlite.Open(ctx, filepath.Join(dir, "mirror.db"), sqlite.Options{Create: true, Now: now})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer mirror.Close()
	engine, err := syncer.New(api, mirror, syncer.Options{Catalog: catalog.Default(), Now: now})
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := engine.Run(ctx, "campaigns", "segments")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range report.Entities {
		fmt.Println(e.Entity, e.Status, e.Rows)
	}

	q, err := query.Parse([]byte(`{"query": {"filter": {"keyword": {"name": "welcome"}}}, "fields": ["id", "name", "state"]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := query.NewCompiler(catalog.Default(), query.SQLite{TextIndex: true}).Compile("campaigns", q)
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := query.Run(ctx, mirror, plan, now)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, row := range answer.Data {
		fmt.Println(string(row))
	}
	// Output:
	// campaigns complete 12
	// segments complete 15
	// {"id":1,"name":"Welcome series","state":"running"}
}
