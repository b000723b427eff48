// Command gen makes what is made from the catalog:
//
//	go run ./internal/gen docs docs    the pages of docs/entities, and docs/operators.md
//	go run ./internal/gen schema > migrations/sqlite/NNNN_name.sql
//
// The pages are committed as they come; a test fails while they differ. The schema is a
// draft for a new migration: a person reads it, cuts it to what is new and commits it,
// and it is never generated again.
package main

import (
	"fmt"
	"os"

	"ciomirror/catalog"
	"ciomirror/store/sqlite"
)

func main() {
	switch args := os.Args[1:]; {
	case len(args) == 1 && args[0] == "schema":
		fmt.Printf("-- +goose Up\n\n%s", sqlite.Draft(catalog.Default()))
	case len(args) == 2 && args[0] == "docs":
		if err := writePages(args[1], catalog.Default()); err != nil {
			fmt.Fprintln(os.Stderr, "error:", err)
			os.Exit(1)
		}
	default:
		fmt.Fprintln(os.Stderr, "usage: gen schema | gen docs FOLDER")
		os.Exit(2)
	}
}
