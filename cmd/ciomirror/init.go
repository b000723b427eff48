package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// starterConfig is the config file that init writes: what is usual, and beside it, as
// comments, what can be set.
//
//go:embed starter.yaml
var starterConfig []byte

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a config file to start from, and say what to do next",
		Long: `init writes a config file with the usual schedule and, as comments, what else can be set.
It never touches a file that exists. Everything works without a config file too.`,
		Example: `  ciomirror init
  ciomirror init --config ./ciomirror.yaml`,
		Args: noArgs,
		// There is no config file yet, or one that must not be believed unread.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE:              func(cmd *cobra.Command, _ []string) error { return a.runInit(cmd) },
	}
}

func (a *app) runInit(cmd *cobra.Command) error {
	path := first(a.settings.config, envValue(a.env, "CIOMIRROR_CONFIG"), defaultConfig())
	err := writeStarter(path)
	switch {
	case errors.Is(err, fs.ErrExist):
		return &problem{Type: "validation_error", Status: 409, exit: exitUsage,
			Message: "there is a config file already: " + path, Hint: "look whether it is good: ciomirror config check"}
	case err != nil:
		return err
	}
	// What was written is read as any config file is.
	a.settings.config = path
	if err := a.settings.load(cmd.Flags(), a.env); err != nil {
		return err
	}
	if !a.readable() {
		return a.printJSON(map[string]string{"config": path, "db": a.settings.DB})
	}
	fmt.Fprintf(a.out, `Wrote %s
The mirror will be %s

Next
  ciomirror auth login       save an App API key
  ciomirror sync             copy the workspace
  ciomirror schedule run     keep it fresh, as the config file says
`, path, a.settings.DB)
	return nil
}

func writeStarter(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write the config file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the config file: %w", err)
	}
	_, err = f.Write(starterConfig)
	if err := errors.Join(err, f.Close()); err != nil {
		// A part of it would keep the next init from writing it whole.
		return fmt.Errorf("write the config file: %w", errors.Join(err, os.Remove(path)))
	}
	return nil
}
