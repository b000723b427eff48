//go:build !unix

package sqlite

import "time"

var started = time.Now()

// worked is how long this process has run.
func worked() time.Duration { return time.Since(started) }
