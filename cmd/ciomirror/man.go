package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write the man pages into a folder",
		Long: `man writes a page for each command: ciomirror.1, ciomirror-sync.1 and so on. Where the
man program finds them by itself is, for example, ~/.local/share/man/man1. A build that
sets SOURCE_DATE_EPOCH gets that day on the pages.`,
		Example: `  ciomirror man ~/.local/share/man/man1
  ciomirror man dist/man`,
		Args: oneArg("folder"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.writeManPages(cmd.Root(), args[0]) },
	}
}

func (a *app) writeManPages(root *cobra.Command, folder string) error {
	day := a.now().UTC()
	if epoch := envValue(a.env, "SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return usageError(fmt.Sprintf("SOURCE_DATE_EPOCH %q is no number", epoch), "it is a time in Unix seconds, or not set")
		}
		day = time.Unix(seconds, 0).UTC()
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("write the man pages: %w", err)
	}
	root.DisableAutoGenTag = true // it names the day of the build once more
	keepIndents(root)
	header := &doc.GenManHeader{Section: "1", Date: &day, Source: "ciomirror " + version, Manual: "ciomirror"}
	if err := doc.GenManTree(root, header, folder); err != nil {
		return fmt.Errorf("write the man pages: %w", err)
	}
	a.say("the pages are in %s: man %s/ciomirror.1", folder, folder)
	return nil
}

// keepIndents indents what is indented in the long texts as far as the library needs
// to leave it as it is.
func keepIndents(c *cobra.Command) {
	c.Long = strings.ReplaceAll(c.Long, "\n  ", "\n    ")
	for _, child := range c.Commands() {
		keepIndents(child)
	}
}
