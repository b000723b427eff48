package store

import (
	"context"
	"time"
)

// JobLog remembers what the scheduler did.
type JobLog interface {
	// StartJob notes a run of a job as running and returns its number. A run for the
	// same job and due time that did not end as ok or failed is taken up again: it
	// keeps its number.
	StartJob(ctx context.Context, r JobRun) (int64, error)
	// EndJob notes how a run ended: its Finished, Status and Message.
	EndJob(ctx context.Context, r JobRun) error
	// InterruptJobs closes what is still running as interrupted. Only the scheduler
	// may call it, while it runs nothing.
	InterruptJobs(ctx context.Context) error
	// LastJobs returns the latest run of every job, by name.
	LastJobs(ctx context.Context) ([]JobRun, error)
}

// The states of a job's run, beside Running, Failed and Interrupted.
const (
	OK   = "ok"
	Busy = "busy" // another process was at work on the mirror
)

// JobRun is one answer to a firing of a schedule.
type JobRun struct {
	ID       int64      `json:"-"`
	Job      string     `json:"job"`
	Kind     string     `json:"kind"`
	Due      time.Time  `json:"due"`
	Started  time.Time  `json:"started"`
	Finished *time.Time `json:"finished"` // nil while it runs
	Status   string     `json:"status"`
	Message  *string    `json:"message"` // in words, for people
}
