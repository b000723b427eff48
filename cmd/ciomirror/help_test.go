package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// everyCommand visits the commands that a user can run.
func everyCommand(t *testing.T, visit func(t *testing.T, c *cobra.Command)) {
	t.Helper()
	a := &app{out: &bytes.Buffer{}, err: &bytes.Buffer{}, now: time.Now, env: func(string) (string, bool) { return "", false }}
	n := 0
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		own := c.Parent() == nil || c.Parent().Name() != "completion" // those are cobra's
		if c.Runnable() && !c.Hidden && own {
			n++
			t.Run(strings.ReplaceAll(c.CommandPath(), " ", "_"), func(t *testing.T) { visit(t, c) })
		}
		for _, child := range c.Commands() {
			walk(child)
		}
	}
	walk(a.root())
	if n < 12 {
		t.Errorf("only %d commands were visited", n)
	}
}

// path are the words that call a command.
func path(c *cobra.Command) []string { return strings.Fields(c.CommandPath())[1:] }

func TestEveryHelpHasAnExampleAndNeedsNothing(t *testing.T) {
	everyCommand(t, func(t *testing.T, c *cobra.Command) {
		none := filepath.Join(t.TempDir(), "none", "mirror.db")
		for _, args := range [][]string{append(path(c), "--help"), append([]string{"help"}, path(c)...)} {
			// A config file that is not there, a mirror that is not there.
			args = append(args, "--config", none, "--db", none)
			code, stdout, stderr := inProcess(t, "", args...)
			if code != exitOK || stderr != "" {
				t.Errorf("%q: exit code %d, stderr %q", args, code, stderr)
			}
			if !strings.Contains(stdout, "\nExamples:\n  ") || !strings.Contains(stdout, "ciomirror") {
				t.Errorf("%q: there is no example:\n%s", args, stdout)
			}
			if first, _, _ := strings.Cut(stdout, "\n"); len(first) < 10 {
				t.Errorf("%q: the first line says nothing: %q", args, first)
			}
		}
	})
}

// TestEveryExampleIsACommand parses the examples with the commands themselves.
func TestEveryExampleIsACommand(t *testing.T) {
	everyCommand(t, func(t *testing.T, c *cobra.Command) {
		mentioned := false
		for line := range strings.Lines(c.Example) {
			_, call, ok := strings.Cut(line, "ciomirror ")
			if !ok {
				t.Errorf("%q does not call ciomirror", line)
				continue
			}
			for _, end := range []string{" || ", " >", ")"} { // what the shell does with it
				call, _, _ = strings.Cut(call, end)
			}
			a := &app{env: func(string) (string, bool) { return "", false }, now: time.Now}
			found, rest, err := a.root().Find(shellWords(strings.TrimSpace(call)))
			if err != nil {
				t.Errorf("%q: %v", line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%q: %v", line, err)
			}
			mentioned = mentioned || strings.HasPrefix(found.CommandPath(), c.CommandPath())
		}
		if !mentioned {
			t.Errorf("no example calls %s itself", c.CommandPath())
		}
	})
}

// TestNoFlagTakesASecret: arguments are seen by everyone on the machine. The
// simulator's key is none.
func TestNoFlagTakesASecret(t *testing.T) {
	everyCommand(t, func(t *testing.T, c *cobra.Command) {
		if c.Name() == "sim" {
			return
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			for _, word := range []string{"key", "token", "secret", "password"} {
				if strings.Contains(f.Name, word) && !strings.HasSuffix(f.Name, "-file") {
					t.Errorf("--%s of %s", f.Name, c.CommandPath())
				}
			}
		})
	})
}

func TestEveryFlagIsExplained(t *testing.T) {
	everyCommand(t, func(t *testing.T, c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" {
				t.Errorf("--%s of %s has no word of help", f.Name, c.CommandPath())
			}
		})
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("the short text of %s is %q", c.CommandPath(), c.Short)
		}
	})
}
