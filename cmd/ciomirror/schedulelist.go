package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/schedules"
	"ciomirror/store"
)

func (a *app) scheduleListCommand() *cobra.Command {
	return ofRows(&cobra.Command{
		Use:   "list",
		Short: "Show the jobs, when each runs next and how its last run went",
		Example: `  ciomirror schedule list
  ciomirror schedule list -o json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listSchedules(cmd.Context()) },
	})
}

func (a *app) listSchedules(ctx context.Context) error {
	last, err := a.lastJobs(ctx)
	if err != nil {
		return err
	}
	byName := map[string]store.JobRun{}
	for _, r := range last {
		byName[r.Job] = r
	}
	columns := []string{"job", "kind", "expression", "zone", "jitter", "next", "last_due", "last_started", "last_finished", "last_status", "last_message"}
	return a.printCells(columns, func(yield func(...any) bool) {
		for _, j := range a.settings.Jobs {
			var next, due, started, finished, status, message any
			for _, u := range schedules.Next(a.settings.Profile, []schedules.Job{j.plan()}, a.now(), 1) {
				next = u.At
			}
			if r, ok := byName[j.Name]; ok {
				due, started, status = r.Due, r.Started, r.Status
				if r.Finished != nil {
					finished = *r.Finished
				}
				if r.Message != nil {
					message = *r.Message
				}
				if a.forRows() == formatTable && r.Message != nil {
					message = ending(*r.Message)
				}
			}
			if !yield(j.Name, j.Kind, j.Cron, j.When.Zone().String(), j.Jitter.String(), next, due, started, finished, status, message) {
				return
			}
		}
	})
}

func (a *app) scheduleNextCommand() *cobra.Command {
	var n int
	cmd := &cobra.Command{
		Use:   "next",
		Short: "Show the next runs of all jobs, in local time and UTC",
		Example: `  ciomirror schedule next
  ciomirror schedule next -n 20`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.nextFirings(n) },
	}
	cmd.Flags().IntVarP(&n, "next", "n", 5, "how many runs to show")
	return ofRows(cmd)
}

func (a *app) nextFirings(n int) error {
	if err := checkFirings(n); err != nil {
		return err
	}
	return a.printCells([]string{"job", "kind", "local", "utc", "note"}, func(yield func(...any) bool) {
		for _, u := range schedules.Next(a.settings.Profile, a.plans(), a.now(), n) {
			var note any
			if gone := u.Job.When.StandsFor(u.Due); len(gone) > 0 {
				times := make([]string, len(gone))
				for i, g := range gone {
					times[i] = g.Format("15:04")
				}
				note = strings.Join(times, ", ") + " does not exist that day: the clocks go forward over it"
			}
			if !yield(u.Job.Name, u.Job.Kind, u.At.Format(time.RFC3339), u.At.UTC().Format(time.RFC3339), note) {
				return
			}
		}
	})
}

// printCells prints rows of plain values.
func (a *app) printCells(columns []string, rows func(yield func(...any) bool)) error {
	return a.printRows(a.forRows(), columns, func(yield func(row, error) bool) {
		rows(func(values ...any) bool {
			r := make(row, len(values))
			for i, v := range values {
				r[i] = cell(v)
			}
			return yield(r, nil)
		})
	})
}

// ending is a message for a cell of a table. Why something failed stands at the end.
func ending(message string) string {
	if r := []rune(message); len(r) > cellWidth {
		return "…" + string(r[len(r)-cellWidth+1:])
	}
	return message
}

// plan is the job as the scheduler sees it, without what it does.
func (j jobConfig) plan() schedules.Job {
	return schedules.Job{Name: j.Name, Kind: j.Kind, When: j.When, Jitter: j.Jitter.Duration}
}

func (a *app) plans() []schedules.Job {
	jobs := make([]schedules.Job, len(a.settings.Jobs))
	for i, j := range a.settings.Jobs {
		jobs[i] = j.plan()
	}
	return jobs
}

// lastJobs are the latest runs of the jobs; none before there is a mirror.
func (a *app) lastJobs(ctx context.Context) ([]store.JobRun, error) {
	m, err := a.openMirror(ctx, false)
	if errors.Is(err, store.ErrNoMirror) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer m.Close()
	return m.LastJobs(ctx)
}

// scheduleStatus is what status says of the schedules.
type scheduleStatus struct {
	// Running: a daemon is at work on this mirror. Without one nothing fires.
	Running bool           `json:"running"`
	Next    *scheduleNext  `json:"next"`
	Last    []store.JobRun `json:"last"`
}

type scheduleNext struct {
	Job  string    `json:"job"`
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
}

func (a *app) scheduleStatus(ctx context.Context, m store.JobLog) (scheduleStatus, error) {
	last, err := m.LastJobs(ctx)
	if err != nil {
		return scheduleStatus{}, err
	}
	s := scheduleStatus{Last: last, Running: a.daemonRuns()}
	for _, u := range schedules.Next(a.settings.Profile, a.plans(), a.now(), 1) {
		s.Next = &scheduleNext{Job: u.Job.Name, Kind: u.Job.Kind, At: u.At.UTC()}
	}
	return s, nil
}

func (a *app) printScheduleStatus(s scheduleStatus) {
	switch {
	case s.Next == nil:
	case s.Running:
		fmt.Fprintf(a.out, "\nnext job, by this config: %s (%s) at %s\n", s.Next.Job, s.Next.Kind, s.Next.At.Format(time.RFC3339))
	default:
		fmt.Fprintln(a.out, "\nno daemon runs: jobs wait for ciomirror schedule run")
	}
	for _, r := range s.Last {
		line := fmt.Sprintf("job %s  %s  %s", r.Job, r.Due.Format(time.RFC3339), r.Status)
		if r.Message != nil {
			line += "  " + strings.Join(strings.Fields(*r.Message), " ")
		}
		fmt.Fprintln(a.out, printable(line))
	}
}
