package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"
)

func (a *app) backupCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the whole mirror, with its history, to a file",
		Long: `backup copies the mirror as it is at one instant, with every earlier version, snapshot and
run, and checks the copy. A sync may go on meanwhile. The file appears whole or not at all,
is one file with nothing beside it, and is itself a mirror: to restore it, put it where the
mirror was. What a snapshot shows, alone, is in: ciomirror snapshot export

As JSON: {"file","bytes","integrity"}`,
		Example: `  ciomirror backup mirror-backup.db
  ciomirror backup mirror-backup.db --force
  ciomirror --db mirror-backup.db status`,
		Args: oneArg("file"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runBackup(cmd.Context(), args[0], force) },
	}
	cmd.Flags().BoolVar(&force, "force", false, "replace the file if there is one")
	return cmd
}

func (a *app) runBackup(ctx context.Context, path string, force bool) error {
	if path == "" {
		return usageError("backup needs a file to write", "for example: ciomirror backup mirror-backup.db")
	}
	m, err := a.openMirror(ctx, false)
	if err != nil {
		return err
	}
	defer m.Close()
	bytes, err := m.Backup(ctx, filepath.Clean(path), force)
	if err != nil {
		return fileFailed(path, err)
	}
	if a.readable() {
		_, err = fmt.Fprintf(a.out, "%s  %s  integrity ok\n", path, megabytes(bytes))
		return err
	}
	return a.printJSON(struct {
		File      string `json:"file"`
		Bytes     int64  `json:"bytes"`
		Integrity string `json:"integrity"`
	}{path, bytes, "ok"})
}
