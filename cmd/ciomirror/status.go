package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/store"
)

func (a *app) statusCommand() *cobra.Command {
	var maxAge string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show what the mirror holds and how fresh it is",
		Example: `  ciomirror status
  ciomirror status --max-age 12h -o json || echo stale`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runStatus(cmd.Context(), maxAge) },
	}
	cmd.Flags().StringVar(&maxAge, "max-age", "", "exit with 9 when an entity was last read longer ago than this")
	return cmd
}

// fullStatus is what status prints as JSON.
type fullStatus struct {
	Profile string `json:"profile"`
	store.Status
	// Stale names the entities older than --max-age.
	Stale     []string       `json:"stale"`
	Schedules scheduleStatus `json:"schedules"`
}

func (a *app) runStatus(ctx context.Context, maxAge string) error {
	var limit time.Duration
	if maxAge != "" {
		var err error
		if limit, err = age(maxAge); err != nil {
			return err
		}
		if limit == 0 {
			return usageError("--max-age is nothing", "it is a length of time, for example: --max-age 12h")
		}
	}
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return err
	}
	defer m.Close()
	s, err := m.Status(ctx)
	if err != nil {
		return err
	}
	jobs, err := a.scheduleStatus(ctx, m)
	if err != nil {
		return err
	}
	full := fullStatus{Profile: a.settings.Profile, Status: s, Stale: stale(s, limit), Schedules: jobs}
	if a.readable() {
		a.printStatus(full)
	} else if err := a.printJSON(full); err != nil {
		return err
	}
	if denied := skipped(s); limit > 0 && denied != nil {
		a.say("not counted, as the key may not read them: %s", strings.Join(denied, ", "))
	}
	if len(full.Stale) > 0 {
		a.say("stale: older than %s: %s", maxAge, strings.Join(full.Stale, ", "))
		return answer(exitDifferent)
	}
	return nil
}

// stale names the entities that were not read completely within limit. An entity
// that the key may not read is not stale: nobody can freshen it.
func stale(s store.Status, limit time.Duration) []string {
	names := []string{}
	for _, e := range s.Entities {
		if limit > 0 && e.Last != store.Skipped && (e.Synced == nil || *e.AgeSeconds > int64(limit.Seconds())) {
			names = append(names, e.Entity)
		}
	}
	return names
}

// skipped names the entities that the key may not read.
func skipped(s store.Status) (names []string) {
	for _, e := range s.Entities {
		if e.Last == store.Skipped {
			names = append(names, e.Entity)
		}
	}
	return names
}

func (a *app) printStatus(s fullStatus) {
	fmt.Fprintf(a.out, "%s  %s  profile %s\n\n", s.Path, megabytes(s.Bytes), s.Profile)
	t := a.newSheet("entity", "rows", "fresh", "last run")
	for _, e := range s.Entities {
		fresh, last := "never", e.Last
		if e.Synced != nil {
			fresh = ago(time.Duration(*e.AgeSeconds) * time.Second)
		}
		if e.Error != nil {
			last += ": " + short(*e.Error)
		}
		t.add(e.Entity, e.Rows, fresh, last)
	}
	fmt.Fprintln(a.out, t)
	for _, r := range s.Runs {
		line := fmt.Sprintf("run %d  %s  %s  %s", r.Run, r.Started.Format(time.RFC3339), r.Status, requests(r.Requests))
		if r.Error != nil {
			line += "  " + short(*r.Error)
		}
		fmt.Fprintln(a.out, printable(line))
	}
	a.printScheduleStatus(s.Schedules)
	if n := len(s.Drift); n > 0 {
		fmt.Fprintf(a.out, "\nThe API sends %d things that the catalog does not say: ciomirror sql \"select * from drift\"\n", n)
	}
}

// requests counts them in words.
func requests(n int64) string {
	if n == 1 {
		return "1 request"
	}
	return fmt.Sprintf("%d requests", n)
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// ago is an age in one unit.
func ago(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	}
	return fmt.Sprintf("%d days ago", int(d.Hours()/24))
}
