// A program of somebody else's, in a module of its own: it opens a mirror that the
// command line filled, searches it, and asks it in SQL.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"ciomirror/catalog"
	"ciomirror/query"
	"ciomirror/store/sqlite"
)

func main() {
	if err := run(context.Background(), os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, path string) error {
	mirror, err := sqlite.Open(ctx, path, sqlite.Options{Now: time.Now})
	if err != nil {
		return err
	}
	defer mirror.Close()
	q, err := query.Parse([]byte(`{"query":{"filter":{"eq":{"state":"running"}}},"fields":["id","name"],"limit":3}`))
	if err != nil {
		return err
	}
	plan, err := query.NewCompiler(catalog.Default(), query.SQLite{TextIndex: true}).Compile("campaigns", q)
	if err != nil {
		return err
	}
	answer, err := query.Run(ctx, mirror, plan, time.Now)
	if err != nil {
		return err
	}
	if len(answer.Data) != 3 {
		return fmt.Errorf("%d running campaigns, want 3", len(answer.Data))
	}
	_, rows, err := mirror.Statement(ctx, "select count(*) from messages", nil)
	if err != nil {
		return err
	}
	for cells, err := range rows {
		if err != nil {
			return err
		}
		if n, _ := cells[0].(int64); n < 1000 {
			return fmt.Errorf("%v messages", cells[0])
		}
		fmt.Println(len(answer.Data), "campaigns,", cells[0], "messages")
	}
	return nil
}
