package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"ciomirror/schedules"
	"ciomirror/store"
	syncer "ciomirror/sync"
)

// syncConfig is sync: in the config file. A zero length or rate is not set.
type syncConfig struct {
	Since  span    // how far back messages are read
	Rate   float64 // requests a second
	Reread []span  // ages at which closed windows are read again
	Hold   store.Guard
	// Everything is how often nested lists are read though their parent did not
	// change.
	Everything span
}

// keepConfig is keep: which snapshots a prune leaves.
type keepConfig struct {
	Last    int // this many of the newest
	Days    int // all of so many days
	Monthly int // the first of each of so many months
}

// jobConfig is one job under schedules:.
type jobConfig struct {
	Name     string             `yaml:"-"`
	Kind     string             `yaml:"job"`
	When     schedules.Schedule `yaml:"-"`
	Cron     string
	Jitter   span
	Entities []string // sync: these alone; none for all
	Budget   budget   // sync
	To       string   // export, backup: a path with {name} and {date}
	Keep     int      // backup: so many files, by their days; 0 for all
	MaxAge   span     `yaml:"max_age"` // check
}

// span is a length of time in the config: 90m, 12h, 7d.
type span struct{ time.Duration }

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *span) UnmarshalYAML(n *yaml.Node) (err error) {
	s.Duration, err = age(n.Value)
	return err
}

// budget is what a run may spend; zero is no bound.
type budget struct {
	Requests int64
	Time     time.Duration
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (b *budget) UnmarshalYAML(n *yaml.Node) (err error) {
	*b, err = parseBudget(n.Value)
	return err
}

// parseBudget reads 500requests or 10m.
func parseBudget(text string) (budget, error) {
	if number, ok := strings.CutSuffix(text, "requests"); ok {
		if n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64); err == nil && n > 0 {
			return budget{Requests: n}, nil
		}
	} else if d, err := age(text); err == nil && d > 0 {
		return budget{Time: d}, nil
	}
	return budget{}, usageError(fmt.Sprintf("%q is no budget", text), "a budget is a number of requests or a time: 500requests, 10m")
}

// sections are the parts of the config that are more than a word.
type sections struct {
	Sync syncConfig
	Keep keepConfig
	Jobs []jobConfig // in the file's order
}

// sections reads a file that check found good. Of sync and keep a profile may set
// some keys; its schedules replace the others.
func (c *configFile) sections(profile string) (sections, error) {
	s := sections{
		Sync: syncConfig{Hold: syncer.DefaultGuard},
		Keep: keepConfig{Last: 30, Days: 90, Monthly: 12},
	}
	for _, above := range [][]string{nil, {"profiles", profile}} {
		for name, into := range map[string]any{"sync": &s.Sync, "keep": &s.Keep} {
			if n := c.at(append(above, name)...); n != nil {
				if err := n.Decode(into); err != nil {
					return s, fmt.Errorf("read %s of the config file: %w", name, err)
				}
			}
		}
	}
	jobs := c.at("profiles", profile, "schedules")
	if jobs == nil {
		jobs = c.at("schedules")
	}
	if jobs == nil {
		var standard yaml.Node
		if err := yaml.Unmarshal(schedules.Default, &standard); err != nil {
			return s, fmt.Errorf("read the default schedules: %w", err)
		}
		_, jobs = child(standard.Content[0], "schedules")
	}
	var err error
	s.Jobs, err = readJobs(jobs)
	return s, err
}

func readJobs(n *yaml.Node) ([]jobConfig, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	byName := map[string]jobConfig{}
	if err := n.Decode(&byName); err != nil {
		return nil, fmt.Errorf("read the schedules: %w", err)
	}
	jobs := []jobConfig{}
	for name, j := range byName {
		var err error
		if j.When, err = schedules.Parse(j.Cron); err != nil {
			return nil, fmt.Errorf("read job %s: %w", name, err)
		}
		j.Name = name
		jobs = append(jobs, j)
	}
	return inOrder(jobs, n), nil
}

// defaultConfig is where the config file is when nobody says.
func defaultConfig() string { return filepath.Join(xdg.ConfigHome, "ciomirror", "config.yaml") }

func (a *app) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Find and check the config file",
		Long: `The config file is YAML. Its settings stand at its top, or under profiles.NAME for one
workspace. With its schema an editor knows them: save what "config schema" prints beside
the file and begin it with  # yaml-language-server: $schema=./config.schema.json`,
		Example: `  ciomirror config check
  ciomirror config schema > config.schema.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	needNothing := func(*cobra.Command, []string) error { return nil }
	cmd.AddCommand(
		&cobra.Command{
			Use: "check", Short: "Say whether the config file is good, or all that is wrong with it",
			Example: "  ciomirror config check --config config.yaml",
			Args:    noArgs,
			// The settings were read, and refused if they are wrong, before this runs.
			RunE: func(*cobra.Command, []string) error {
				path := a.settings.config
				if path == "" {
					a.say("there is no config file; it would be %s", defaultConfig())
				}
				notes := a.configNotes()
				for _, n := range notes {
					a.say("note: %s", n)
				}
				if !a.readable() {
					return a.printJSON(map[string]any{"file": path, "status": "ok", "notes": notes})
				}
				fmt.Fprintln(a.out, "ok")
				return nil
			},
		},
		&cobra.Command{
			Use: "path", Short: "Print where the config file is, or would be",
			Example: "  ciomirror config path",
			Args:    noArgs, PersistentPreRunE: needNothing,
			RunE: func(*cobra.Command, []string) error {
				fmt.Fprintln(a.out, first(a.settings.config, envValue(a.env, "CIOMIRROR_CONFIG"), defaultConfig()))
				return nil
			},
		},
		&cobra.Command{
			Use: "schema", Short: "Print the JSON Schema of the config file, for editors",
			Example: "  ciomirror config schema > config.schema.json",
			Args:    noArgs, PersistentPreRunE: needNothing,
			RunE: func(*cobra.Command, []string) error {
				_, err := a.out.Write(configSchema)
				return err
			},
		},
	)
	return cmd
}

// configNotes are what a good config asks of this machine and does not find. They name
// settings and not their values: a key may stand where its file's name should.
func (a *app) configNotes() []string {
	notes := append([]string{}, a.settings.notes...)
	if a.settings.KeyFile != "" {
		f, err := os.Open(a.settings.KeyFile)
		if err != nil {
			why, path := err, (*fs.PathError)(nil)
			if errors.As(err, &path) {
				why = path.Err
			}
			notes = append(notes, fmt.Sprintf("the file that key_file or CIO_APP_KEY_FILE names cannot be read: %v", why))
		} else {
			_ = f.Close() // it was only looked at
		}
	}
	for _, j := range a.settings.Jobs {
		if j.To == "" {
			continue
		}
		if folder, err := os.Stat(filepath.Dir(filepath.Clean(j.target(a.now())))); err != nil || !folder.IsDir() {
			notes = append(notes, fmt.Sprintf("the folder of schedules.%s.to is not there: make it before the job is due", j.Name))
		}
	}
	return notes
}

// inOrder sorts jobs as the file has them; those of merged mappings come last, by
// name.
func inOrder(jobs []jobConfig, n *yaml.Node) []jobConfig {
	place := func(name string) int {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				return i
			}
		}
		return len(n.Content)
	}
	slices.SortFunc(jobs, func(a, b jobConfig) int { return cmp.Or(place(a.Name)-place(b.Name), cmp.Compare(a.Name, b.Name)) })
	return jobs
}
