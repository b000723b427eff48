package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/store"
)

func (a *app) pruneCommand() *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Forget old snapshots and the versions that nothing shows",
		Long: `prune keeps the last snapshots, the young ones and one a month, and forgets the others.
Then it forgets the versions of rows that ended before the horizon, which is --keep-days
ago, and that no kept snapshot shows. Rows that are live stay, however old. A time before
the horizon can be asked for no more, but for the kept snapshots, and the horizon never
moves back. A rule of 0 keeps nothing; not all of them can be 0. What the flags do not
say, keep: in the config file does.

As JSON: {"dry_run","horizon","snapshots":[…],"versions","entities":[{"entity","versions"}]}`,
		Example: `  ciomirror prune --dry-run
  ciomirror prune --keep-last 10 --keep-days 30 --keep-monthly 24`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			keep := store.Keep(a.settings.Keep)
			for name, into := range map[string]*int{"keep-last": &keep.Last, "keep-days": &keep.Days, "keep-monthly": &keep.Monthly} {
				if cmd.Flags().Changed(name) {
					*into, _ = cmd.Flags().GetInt(name)
				}
			}
			return a.runPrune(cmd.Context(), keep, dryRun)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&dryRun, "dry-run", false, "say what would be forgotten, and forget nothing")
	f.Int("keep-last", store.DefaultKeep.Last, "keep so many of the newest snapshots")
	f.Int("keep-days", store.DefaultKeep.Days, "keep the snapshots and every version of so many days")
	f.Int("keep-monthly", store.DefaultKeep.Monthly, "keep the newest snapshot of each of so many months (UTC)")
	return cmd
}

func (a *app) runPrune(ctx context.Context, keep store.Keep, dryRun bool) error {
	if keep.Last < 0 || keep.Days < 0 || keep.Monthly < 0 {
		return usageError("what is kept cannot be negative", "0 means that the rule keeps nothing")
	}
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return err
	}
	defer m.Close()
	if !dryRun {
		unlock, err := a.lockMirror()
		if err != nil {
			return err
		}
		defer unlock()
	}
	p, err := m.Prune(ctx, keep, dryRun)
	if err != nil {
		return err
	}
	if !a.readable() {
		return a.printJSON(p)
	}
	return a.printPruned(p)
}

func (a *app) printPruned(p store.Pruned) error {
	for _, s := range p.Snapshots {
		fmt.Fprintf(a.out, "snapshot %s of %s\n", s.Name, s.At.Format(time.RFC3339))
	}
	if len(p.Entities) > 0 {
		t := a.newSheet("entity", "versions")
		for _, e := range p.Entities {
			t.add(e.Entity, e.Versions)
		}
		fmt.Fprintln(a.out, t)
	}
	forgot := "forgot"
	if p.DryRun {
		forgot = "would forget"
	}
	_, err := fmt.Fprintf(a.out, "%s %d snapshots and %d versions; the horizon is %s\n",
		forgot, len(p.Snapshots), p.Versions, p.Horizon.Format(time.RFC3339))
	return err
}
