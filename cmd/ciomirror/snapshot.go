package main

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"ciomirror/catalog"
	"ciomirror/store"
)

func (a *app) snapshotCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "Name points in time, list them, write them to files",
		Long: `A snapshot is a name for the instant at which a complete sync of everything ended. It
takes no room. Wherever a time is asked for (--as-of, diff) its name will do. A prune
forgets old snapshots, those made by hand too, by the rules of keep: in the config file.`,
		Example: `  ciomirror snapshot create before-launch
  ciomirror diff before-launch
  ciomirror search campaigns --as-of before-launch`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.snapshotCreateCommand(), a.snapshotListCommand(), a.snapshotRemoveCommand(), a.snapshotExportCommand())
	return cmd
}

func (a *app) snapshotCreateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "create [NAME]",
		Short: "Name the last complete sync of everything",
		Long: `create names the instant at which the last complete sync of everything ended. Without
NAME it makes one from that time. A name is letters, digits, dots, dashes and
underscores, and cannot be read as a time.

As JSON: {"name","at","run","created","made_by"}`,
		Example: `  ciomirror snapshot create
  ciomirror snapshot create before-launch`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return oneArg("name")(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runSnapshotCreate(cmd.Context(), append(args, "")[0])
		},
	}
}

func (a *app) runSnapshotCreate(ctx context.Context, name string) error {
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return err
	}
	defer m.Close()
	s, err := a.createSnapshot(ctx, m, name, "")
	if err != nil {
		return err
	}
	if !a.readable() {
		return a.printJSON(s)
	}
	_, err = fmt.Fprintln(a.out, s.Name)
	return err
}

// createSnapshot makes a snapshot and says what it shows; made by a job, or by a
// person for "".
func (a *app) createSnapshot(ctx context.Context, m store.Store, name, madeBy string) (store.Snapshot, error) {
	if name != "" {
		if err := a.checkSnapshotName(name); err != nil {
			return store.Snapshot{}, err
		}
	}
	s, err := m.CreateSnapshot(ctx, name, madeBy)
	if err != nil {
		return store.Snapshot{}, err
	}
	shows := fmt.Sprintf("%s shows run %d of %s", s.Name, s.Run, s.At.Format(time.RFC3339))
	if after := s.After; after != nil {
		shows += "; the run after it "
		switch after.Status {
		case store.Running:
			shows += "is still running"
		case store.Complete:
			shows += "read only: " + after.Mode
		default:
			shows += "was " + after.Status
		}
	}
	a.say("%s", shows)
	return s.Snapshot, nil
}

// snapshotName is what a name may look like: easy to type, safe in a file's name.
var snapshotName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// checkSnapshotName refuses names that could be taken for something else: of two
// readings of one word, the wrong one would be silent.
func (a *app) checkSnapshotName(name string) error {
	if !snapshotName.MatchString(name) {
		return usageError(fmt.Sprintf("%q is no name for a snapshot", name),
			"a name is up to 100 letters, digits, dots, dashes and underscores, and begins with a letter or a digit")
	}
	if _, err := when(name, a.now()); err == nil {
		return usageError(fmt.Sprintf("%q would be read as a time", name), "put a word before it: at-"+name)
	}
	if _, ok := catalog.Default().Entity(name); ok {
		return usageError(fmt.Sprintf("%q is an entity", name), "add a word to it: "+name+"-before-launch")
	}
	return nil
}

func (a *app) snapshotListCommand() *cobra.Command {
	return ofRows(&cobra.Command{
		Use:   "list",
		Short: "List the snapshots, the newest first",
		Long: `list prints a row for each snapshot: name, at (the instant it shows), run (which ended
then), created (when it was named), made_by (the job; empty for a person).`,
		Example: `  ciomirror snapshot list
  ciomirror snapshot list -o csv`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runSnapshotList(cmd.Context()) },
	})
}

func (a *app) runSnapshotList(ctx context.Context) error {
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return err
	}
	defer m.Close()
	snapshots, err := m.Snapshots(ctx)
	if err != nil {
		return err
	}
	return a.printRows(a.forRows(), []string{"name", "at", "run", "created", "made_by"}, func(yield func(row, error) bool) {
		for _, s := range snapshots {
			if !yield(row{cell(s.Name), cell(s.At), cell(s.Run), cell(s.Created), cell(s.MadeBy)}, nil) {
				return
			}
		}
	})
}

func (a *app) snapshotRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rm NAME",
		Short: "Forget a snapshot's name",
		Long: `rm forgets the name. What the snapshot showed stays in the mirror until prune forgets
that time.

As JSON: {"removed"}`,
		Example: `  ciomirror snapshot rm before-launch`,
		Args:    oneArg("name"),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runSnapshotRemove(cmd.Context(), args[0]) },
	}
}

func (a *app) runSnapshotRemove(ctx context.Context, name string) error {
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := knownSnapshot(ctx, m, name); err != nil {
		return err
	}
	if err := m.RemoveSnapshot(ctx, name); err != nil {
		return err
	}
	if a.readable() {
		a.say("removed %s", name)
		return nil
	}
	return a.printJSON(map[string]string{"removed": name})
}

func (a *app) snapshotExportCommand() *cobra.Command {
	var to string
	var force bool
	cmd := &cobra.Command{
		Use:   "export NAME --to FILE",
		Short: "Write what a snapshot shows to an SQLite file",
		Long: `export writes a file that is itself a mirror of that instant, with no other past: any
SQLite program reads it, and so does ciomirror --db FILE. It appears whole or not at
all. A sync may go on meanwhile.

As JSON: {"snapshot","file","bytes","entities":[{"entity","rows"}]}`,
		Example: `  ciomirror snapshot export before-launch --to before-launch.db
  ciomirror --db before-launch.db search campaigns`,
		Args: oneArg("name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.runSnapshotExport(cmd.Context(), args[0], to, force)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "the file to write")
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if there is one")
	return cmd
}

func (a *app) runSnapshotExport(ctx context.Context, name, to string, force bool) error {
	if to == "" {
		return usageError("export needs a file to write", fmt.Sprintf("for example: ciomirror snapshot export %s --to %s.db", name, name))
	}
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := knownSnapshot(ctx, m, name); err != nil {
		return err
	}
	x, err := m.ExportSnapshot(ctx, name, filepath.Clean(to), force)
	if err != nil {
		return err
	}
	if !a.readable() {
		return a.printJSON(x)
	}
	t := a.newSheet("entity", "rows")
	for _, e := range x.Entities {
		t.add(e.Entity, e.Rows)
	}
	_, err = fmt.Fprintf(a.out, "%s\n%s  %s\n", t, x.File, megabytes(x.Bytes))
	return err
}

// knownSnapshot fails for a name that no snapshot has.
func knownSnapshot(ctx context.Context, m store.Store, name string) error {
	snapshots, err := m.Snapshots(ctx)
	if err != nil || slices.ContainsFunc(snapshots, func(s store.Snapshot) bool { return s.Name == name }) {
		return err
	}
	return noSnapshot(fmt.Sprintf("there is no snapshot %q", name), name, snapshots)
}

// noSnapshot is the error for a name that is not there; it names the nearest.
func noSnapshot(message, name string, snapshots []store.Snapshot) *problem {
	p := &problem{Type: "not_found", Message: message, Status: 404, exit: exitNotFound, Hint: "all snapshots: ciomirror snapshot list"}
	switch near := nearest(name, namesOf(snapshots)); {
	case near != "":
		p.Hint = fmt.Sprintf("did you mean %q? All snapshots: ciomirror snapshot list", near)
	case len(snapshots) == 0:
		p.Hint = "there is none yet: ciomirror snapshot create"
	}
	return p
}

func namesOf(snapshots []store.Snapshot) []string {
	names := make([]string, len(snapshots))
	for i, s := range snapshots {
		names[i] = s.Name
	}
	return names
}
