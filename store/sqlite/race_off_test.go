//go:build !race

package sqlite

// slower is by how much the race detector would make SQLite slower and larger.
const slower = 1
