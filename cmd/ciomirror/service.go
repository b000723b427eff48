package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ciomirror/packaging"
)

// services are the files with which others run the daemon, and watch it.
var services = map[string]string{"systemd": packaging.Systemd, "launchd": packaging.Launchd, "docker": packaging.Dockerfile, "alerts": packaging.Alerts}

func (a *app) serviceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "service",
		Short: "Print a systemd unit, a launchd agent, a Dockerfile or alerts for the daemon",
		Example: `  ciomirror service print systemd > ciomirror.service
  ciomirror service print docker > Dockerfile`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(ofText(&cobra.Command{
		Use:   "print systemd|launchd|docker|alerts",
		Short: "Print one of them, with how to install it at its top",
		Long: `print writes a file to stdout that runs "ciomirror schedule run": a systemd unit for the
machine, a launchd agent for one user of macOS, or a Dockerfile. The first two have the
path of this program. Nothing is installed. Alerts are rules for Prometheus on the metrics
of "ciomirror serve".`,
		Example: `  ciomirror service print systemd > ciomirror.service
  ciomirror service print launchd
  ciomirror service print alerts > alerts.yaml`,
		ValidArgs: slices.Sorted(maps.Keys(services)),
		Args:      oneArg("kind"),
		RunE:      func(_ *cobra.Command, args []string) error { return a.printService(args[0]) },
	}))
	return cmd
}

func (a *app) printService(kind string) error {
	text, ok := services[kind]
	if !ok {
		return usageError(fmt.Sprintf("there is no service file for %q", kind), "one of: systemd, launchd, docker, alerts")
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if strings.ContainsAny(program, " \t\n\"'\\%<>&") {
		a.say("the path of this program has characters that such files do not take: put it to %s", packaging.Binary)
		program = packaging.Binary
	}
	if kind != "docker" {
		text = strings.ReplaceAll(text, packaging.Binary, program)
	}
	_, err = fmt.Fprint(a.out, text)
	return err
}
