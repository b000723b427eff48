package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "ciomirror",
		Short: "Your Customer.io workspace as a local SQLite file",
		Long: `ciomirror copies a Customer.io workspace into one SQLite file that you can search,
query and compare, offline and as often as you like.

  Try it with no account     ciomirror demo
  Use your workspace         CIO_APP_KEY=… ciomirror sync
  Then                       ciomirror search campaigns
                             ciomirror sql "select name, state from campaigns"`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return a.settings.load(cmd.Flags(), a.env)
		},
	}
	root.SuggestionsMinimumDistance = 2
	root.SetVersionTemplate("ciomirror {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError(err.Error(), "see: "+cmd.CommandPath()+" --help")
	})
	a.settings.addFlags(root.PersistentFlags())
	root.AddCommand(
		a.demoCommand(), a.syncCommand(), a.statusCommand(),
		a.searchCommand(), a.sqlCommand(), a.diffCommand(), a.schemaCommand(),
		a.scheduleCommand(), a.simCommand(), a.versionCommand(), exitCodesTopic(),
	)
	return root
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.settings.Output.json() {
				return a.printJSON(map[string]string{"version": version})
			}
			_, err := fmt.Fprintln(a.out, version)
			return err
		},
	}
}

// noArgs refuses arguments with our exit code and, for a mistyped command, the
// nearest name.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see: " + cmd.CommandPath() + " --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean: " + cmd.CommandPath() + " " + strings.Join(near, ", ")
	}
	return usageError(fmt.Sprintf("%q is not a command of %s", args[0], cmd.CommandPath()), hint)
}

// oneArg wants exactly one argument, called what.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		return usageError(fmt.Sprintf("%s takes one %s, got %d", cmd.Name(), what, len(args)), "see: "+cmd.CommandPath()+" --help")
	}
}
