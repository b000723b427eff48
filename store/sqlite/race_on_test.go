//go:build race

package sqlite

// slower is by how much the race detector makes SQLite slower and larger.
const slower = 15
