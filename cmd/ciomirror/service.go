package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
path of this program, and the --profile, --config and --db that were given; the image takes
a --profile. Nothing is installed. Alerts are rules for Prometheus on the metrics
of "ciomirror serve".`,
		Example: `  ciomirror service print systemd > ciomirror.service
  ciomirror --profile acme service print launchd
  ciomirror service print alerts > alerts.yaml`,
		ValidArgs: slices.Sorted(maps.Keys(services)),
		Args:      oneArg("kind"),
		RunE:      func(cmd *cobra.Command, args []string) error { return a.printService(args[0], cmd.Flags()) },
	}))
	return cmd
}

func (a *app) printService(kind string, flags *pflag.FlagSet) error {
	text, ok := services[kind]
	if !ok {
		return usageError(fmt.Sprintf("there is no service file for %q", kind), "one of: systemd, launchd, docker, alerts")
	}
	given, err := givenFlags(flags)
	if err != nil {
		return err
	}
	switch kind {
	case "docker":
		text, err = a.dockerfile(text, flags, given)
	case "alerts":
		if len(given) > 0 {
			err = usageError("alerts are for every mirror, and take no "+given[0], "leave it out")
		}
	default:
		text, err = a.withProgram(kind, text, given)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(a.out, text)
	return err
}

// givenFlags are those global flags that say which mirror, as they were given, with paths
// that hold in every folder.
func givenFlags(flags *pflag.FlagSet) (given []string, err error) {
	for _, name := range []string{"profile", "config", "db"} {
		v := flagValue(flags, name)
		if v == "" || !flags.Changed(name) { // the config file's path stands here once it was found
			continue
		}
		if strings.ContainsFunc(v, unicode.IsControl) {
			return nil, usageError("--"+name+" has a control character, which service files do not take", "give it another name")
		}
		if name != "profile" {
			if v, err = filepath.Abs(v); err != nil {
				return nil, fmt.Errorf("find --%s: %w", name, err)
			}
		}
		given = append(given, "--"+name, v)
	}
	return given, nil
}

// withProgram puts the path of this program into a file, and the flags behind it.
func (a *app) withProgram(kind, text string, given []string) (string, error) {
	program, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program: %w", err)
	}
	if strings.ContainsAny(program, " \t\n\"'\\%<>&") {
		a.say("the path of this program has characters that such files do not take: put it to %s", packaging.Binary)
		program = packaging.Binary
	}
	quote, between := systemdWord, " "
	if kind == "launchd" {
		quote, between = plistText, "</string>\n\t\t<string>"
	} else if slices.Contains(given, "--config") || slices.Contains(given, "--db") {
		a.say("the unit reads no home folder and writes to its own folder alone: for others, ProtectHome= and ReadWritePaths= in: systemctl edit ciomirror")
	}
	words := []string{program}
	for _, word := range given {
		words = append(words, quote(word))
	}
	return strings.ReplaceAll(text, packaging.Binary, strings.Join(words, between)), nil
}

// systemdWord is a word of a command line as systemd reads it, which knows escapes in
// quotes, and specifiers and variables everywhere.
func systemdWord(word string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `%`, `%%`, `$`, `$$`).Replace(word) + `"`
}

func plistText(word string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(word)
}

// dockerfile is for one profile. Paths are the image's own.
func (a *app) dockerfile(text string, flags *pflag.FlagSet, given []string) (string, error) {
	profile := flagValue(flags, "profile")
	switch {
	case slices.Contains(given, "--config"), slices.Contains(given, "--db"):
		return "", usageError("the image has its own paths, and takes no --config and no --db", "mount the config file at /etc/ciomirror/config.yaml, and the mirror's folder at /data")
	case profile == "":
		return text, nil
	}
	quoted := `"` + strings.NewReplacer(`"`, `\"`, `$`, `\$`).Replace(profile) + `"`
	return strings.Replace(text, packaging.Profile, packaging.Profile+" CIOMIRROR_PROFILE="+quoted, 1), nil
}
