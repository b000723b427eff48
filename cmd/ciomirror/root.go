package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ciomirror/query"
)

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "ciomirror",
		Short: "Your Customer.io workspace as a local SQLite file",
		Long: `ciomirror copies a Customer.io workspace into one SQLite file that you can search,
query and compare, offline and as often as you like.

  Try it with no account     ciomirror demo
  Use your workspace         ciomirror auth login, then: ciomirror sync
  Then                       ciomirror search campaigns
                             ciomirror sql "select name, state from campaigns"`,
		Example: `  ciomirror demo
  ciomirror help search`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Name() == cobra.ShellCompRequestCmd {
				return nil // its flags are those of another command, and read there
			}
			if err := a.settings.load(cmd.Flags(), a.env); err != nil {
				return err
			}
			return a.refuseFormat(cmd)
		},
	}
	root.SetVersionTemplate("ciomirror {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	a.settings.addFlags(root.PersistentFlags())
	root.AddCommand(
		a.demoCommand(), a.syncCommand(), a.statusCommand(), a.doctorCommand(),
		a.searchCommand(), a.sqlCommand(), a.queryCommand(), a.diffCommand(), a.schemaCommand(), a.primeCommand(),
		a.executeCommand(), a.mcpCommand(), a.serveCommand(),
		a.exportCommand(), a.snapshotCommand(), a.backupCommand(), a.pruneCommand(),
		a.scheduleCommand(), a.serviceCommand(), a.authCommand(), a.initCommand(), a.configCommand(), a.simCommand(),
		a.manCommand(), a.versionCommand(), exitCodesTopic(),
	)
	tameBuiltins(root)
	a.addCompletions(root)
	return root
}

// flagError says in plain words what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	message := err.Error()
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		f := invalid.GetFlag()
		want := map[string]string{"int": "a whole number", "int64": "a whole number", "uint64": "a whole number", "float64": "a number",
			"duration": "a length of time: 90s, 5m", "bool": "true or false"}[f.Value.Type()]
		if errors.Is(err, strconv.ErrRange) {
			want = "a number that is in range"
		}
		if want != "" {
			message = fmt.Sprintf("--%s %q is not %s", f.Name, invalid.GetValue(), want)
		}
	}
	return usageError(message, nearestFlag(cmd, err)+"see: "+cmd.CommandPath()+" --help")
}

// completionExamples say how each shell takes its completions.
var completionExamples = map[string]string{
	"bash":       "  source <(ciomirror completion bash)",
	"zsh":        "  source <(ciomirror completion zsh)",
	"fish":       "  ciomirror completion fish | source",
	"powershell": "  ciomirror completion powershell | Out-String | Invoke-Expression",
}

// tameBuiltins makes cobra's own commands refuse names that do not exist, for which
// they would print a page of help and exit with 0, and run without a config file.
func tameBuiltins(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	needNothing := func(*cobra.Command, []string) error { return nil }
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.PersistentPreRunE = needNothing
			c.Example = "  ciomirror help search\n  ciomirror help exit-codes"
			c.Args = func(_ *cobra.Command, args []string) error {
				found, rest, err := root.Find(args)
				if err != nil {
					return usageError(err.Error(), "see: ciomirror --help")
				}
				return noArgs(found, rest)
			}
		case "completion":
			c.PersistentPreRunE = needNothing
			c.Example = "  source <(ciomirror completion bash)"
			c.Args = noArgs
			c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
			for _, shell := range c.Commands() {
				shell.Example = completionExamples[shell.Name()]
				shell.Args = noArgs
			}
		}
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		// A wrong config file is a reason to ask for it.
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			_ = a.settings.load(cmd.Flags(), a.env)
			return nil
		},
		Example: `  ciomirror version
  ciomirror version -o json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.settings.Output.json() {
				return a.printJSON(map[string]string{"version": version})
			}
			_, err := fmt.Fprintln(a.out, version)
			return err
		},
	}
}

// nearestFlag is the flag of a command that a mistyped one most likely means, as the
// beginning of a hint.
func nearestFlag(cmd *cobra.Command, err error) string {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || len(unknown.GetSpecifiedName()) < 2 {
		return "" // a letter is near every other
	}
	name := unknown.GetSpecifiedName()
	var known, longer []string
	add := func(f *pflag.Flag) {
		known = append(known, f.Name)
		if strings.HasPrefix(f.Name, name) {
			longer = append(longer, "--"+f.Name)
		}
	}
	cmd.Flags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	if len(longer) > 0 {
		return "did you mean " + strings.Join(longer, ", ") + "? "
	}
	if near := nearest(name, known); near != "" {
		return "did you mean --" + near + "? "
	}
	return ""
}

// noArgs refuses arguments with our exit code and, for a mistyped command or topic of
// help, the nearest name.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "see: " + cmd.CommandPath() + " --help"
	if !cmd.HasSubCommands() {
		return usageError(fmt.Sprintf("%s takes no argument, and was given %q", cmd.CommandPath(), args[0]), hint)
	}
	cmd.SuggestionsMinimumDistance = 2 // a subcommand does not inherit it
	near := cmd.SuggestionsFor(args[0])
	if len(near) == 0 {
		near = query.Nearest(args[0], topicsOf(cmd))
	}
	if len(near) > 0 {
		hint = "did you mean: " + cmd.CommandPath() + " " + strings.Join(near, ", ")
	}
	return usageError(fmt.Sprintf("%q is not a command of %s", args[0], cmd.CommandPath()), hint)
}

// topicsOf are the topics of help, which cobra suggests to nobody.
func topicsOf(cmd *cobra.Command) (names []string) {
	for _, c := range cmd.Commands() {
		if c.IsAdditionalHelpTopicCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}

// emptied are those of the flags that were given without a value.
func emptied(flags *pflag.FlagSet, names ...string) (empty []string) {
	for _, name := range names {
		f := flags.Lookup(name)
		if list, ok := f.Value.(pflag.SliceValue); f.Changed && (f.Value.String() == "" || ok && len(list.GetSlice()) == 0) {
			empty = append(empty, name)
		}
	}
	return empty
}

func emptyFlag(name string) error {
	return usageError("--"+name+" is empty", "give it a value, or leave it out")
}

// oneArg wants exactly one argument, called what.
func oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return nil
		}
		if on, err := cmd.Flags().GetBool("json"); err == nil && on && len(args) > 1 && strings.HasPrefix(args[len(args)-1], "{") {
			return usageError("--json selects JSON output and takes no value", "a filter goes into --filter '{…}', a whole query into --query '{…}'")
		}
		return usageError(fmt.Sprintf("%s takes one %s, got %d", cmd.Name(), what, len(args)), "see: "+cmd.CommandPath()+" --help")
	}
}
