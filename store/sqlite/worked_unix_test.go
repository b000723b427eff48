//go:build unix

package sqlite

import (
	"syscall"
	"time"
)

// worked is how long this process has used a processor. What it promises to do within
// a time it is held to by this clock: on a busy machine the one on the wall tells of the
// others.
func worked() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
