package schedules

import (
	"context"
	_ "embed"
	"errors"
	"hash/fnv"
	"time"
)

// Default is the YAML of the jobs that run when nobody configured any.
//
//go:embed default.yaml
var Default []byte

// Job is something to run on a schedule.
type Job struct {
	Name string // unique among the jobs of a loop
	Kind string // what it does, in one word, for the journal
	When Schedule
	// Jitter is the longest delay of a firing. Each job has its own, the same every
	// time; see Upcoming.
	Jitter time.Duration
	// Run does it. due is the firing that it answers, without jitter. What it
	// returns is a line for people, which goes to the journal as the error's text
	// does. ErrBusy, wrapped or not, asks for another try soon.
	Run func(ctx context.Context, due time.Time) (string, error)
}

// ErrBusy says that somebody else is at work on the same thing.
var ErrBusy = errors.New("busy")

// The outcomes of a firing.
const (
	Running     = "running"
	OK          = "ok"
	Failed      = "failed"
	Busy        = "busy"        // somebody else was at work; it will be tried again
	Interrupted = "interrupted" // the program ended during it; it will be run again
)

// Firing is one firing of a job, and what came of it.
type Firing struct {
	Job, Kind string
	Due       time.Time
	Started   time.Time
	Finished  time.Time // zero while it runs
	Status    string
	Message   string // in words, for people
}

// answered reports whether nothing is left to do for it.
func (f Firing) answered() bool { return f.Status == OK || f.Status == Failed }

// Journal remembers firings. A loop calls its methods one at a time.
type Journal interface {
	// Last returns the latest firing of every job that ever fired, by name. One
	// that is still running was cut short: a loop starts with no job under way.
	Last(ctx context.Context) (map[string]Firing, error)
	// Begin notes that a firing is being answered. A second Begin for the same job
	// and due time is another try of it.
	Begin(ctx context.Context, f Firing) error
	// End notes what came of the firing that was begun last.
	End(ctx context.Context, f Firing) error
}

// offset is a job's own delay: from zero up to, not including, its jitter, and the
// same at every start.
func offset(profile string, j Job) time.Duration {
	if j.Jitter <= 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(profile + "\x00" + j.Name)) // a hash takes everything
	return time.Duration(h.Sum64() % uint64(j.Jitter)).Truncate(time.Second)
}
