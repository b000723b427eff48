// Package migrations holds the schema of every store as frozen SQL, a file a
// step. A step is never edited once released: the next change is the next file.
package migrations

import "embed"

// SQLite are the steps of store/sqlite, for goose.
//
//go:embed sqlite/*.sql
var SQLite embed.FS
