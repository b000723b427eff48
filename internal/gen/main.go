// Command gen drafts the SQL of the catalog's tables for a new migration:
//
//	go run ./internal/gen schema > migrations/sqlite/NNNN_name.sql
//
// A person reads the draft, cuts it to what is new and commits it; it is never
// generated again.
package main

import (
	"fmt"
	"os"

	"ciomirror/catalog"
	"ciomirror/store/sqlite"
)

func main() {
	if len(os.Args) != 2 || os.Args[1] != "schema" {
		fmt.Fprintln(os.Stderr, "usage: gen schema")
		os.Exit(2)
	}
	fmt.Printf("-- +goose Up\n\n%s", sqlite.Draft(catalog.Default()))
}
