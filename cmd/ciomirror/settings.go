package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"

	"github.com/adrg/xdg"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"ciomirror/cio"
)

// settings are what every command needs to know: from flags, the environment, the
// config file and defaults, the first that has a word.
type settings struct {
	Profile string `koanf:"profile"`
	DB      string `koanf:"db"`
	Output  format `koanf:"output"`
	Region  string `koanf:"region"`
	APIURL  string `koanf:"api_url"`
	KeyFile string `koanf:"key_file"`
	Log     string `koanf:"log"`
	Queries string `koanf:"queries"`

	sections // of the config file

	key         string // from the environment; never a flag, never in the file
	credentials string // the folder of systemd's LoadCredential=
	quiet       bool
	verbose     bool
	noInput     bool
	config      string
	notes       []string // on the config file
}

// environment maps our variables to settings.
var environment = map[string]string{
	"CIOMIRROR_PROFILE": "profile",
	"CIOMIRROR_DB":      "db",
	"CIOMIRROR_OUTPUT":  "output",
	"CIOMIRROR_API_URL": "api_url",
	"CIOMIRROR_LOG":     "log",
	"CIO_REGION":        "region",
	"CIO_APP_KEY_FILE":  "key_file",
}

func (s *settings) addFlags(f *pflag.FlagSet) {
	f.String("profile", "", "the workspace: one key and one file (default \"default\")")
	f.String("db", "", "the mirror's file")
	f.StringVar(&s.config, "config", "", "the config file (YAML)")
	f.StringP("output", "o", "", "table, json, jsonl, csv, tsv or md")
	f.Bool("json", false, "the same as -o json")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "print no messages")
	f.BoolVarP(&s.verbose, "verbose", "v", false, "log what happens, to stderr")
	f.BoolVar(&s.noInput, "no-input", false, "never ask")
}

// load reads the sources in rising order of rank.
func (s *settings) load(flags *pflag.FlagSet, env func(string) (string, bool)) error {
	file, err := s.loadFile(env)
	if err != nil {
		return err
	}
	fromFile, _ := file.value["profile"].(string)
	profile := first(flagValue(flags, "profile"), envValue(env, "CIOMIRROR_PROFILE"), fromFile, "default")
	if !plainProfile(profile) {
		return usageError(fmt.Sprintf("profile %q is no plain name", profile), "for example: --profile production")
	}
	// A profile that the file does not have though it has others is a typing error
	// that would read or write another workspace's mirror.
	if has := file.profiles(); len(has) > 0 && profile != "default" && !slices.Contains(has, profile) {
		return usageError(fmt.Sprintf("the config file has no profile %q", profile), "it has: "+strings.Join(has, ", "))
	}
	own, _ := valueAt(file.value, []string{"profiles", profile}).(map[string]any)
	merged := koanf.New(".")
	layers := []map[string]any{
		{"db": filepath.Join(xdg.DataHome, "ciomirror", dbName(profile))},
		file.value,
		own,
		fromEnvironment(env),
		fromFlags(flags),
	}
	for _, layer := range layers {
		if err := merged.Load(confmap.Provider(layer, ""), nil); err != nil {
			return fmt.Errorf("read the settings: %w", err)
		}
	}
	if err := merged.Unmarshal("", s); err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	if s.sections, err = file.sections(profile); err != nil {
		return err
	}
	s.Profile, s.notes = profile, file.notes(profile)
	if on, err := flags.GetBool("json"); err == nil && on {
		s.Output = formatJSON
	}
	s.key = envValue(env, "CIO_APP_KEY")
	s.credentials = envValue(env, "CREDENTIALS_DIRECTORY")
	return s.validate()
}

func (s *settings) validate() error {
	if s.Output != "" && !slices.Contains(formats, s.Output) {
		bad := s.Output
		s.Output = ""
		return unknownFormat(bad)
	}
	if err := new(slog.Level).UnmarshalText([]byte(s.Log)); s.Log != "" && err != nil {
		bad := s.Log
		s.Log = ""
		return usageError(fmt.Sprintf("unknown log level %q", bad), "one of: debug, info, warn, error")
	}
	region, err := cio.ParseRegion(s.Region)
	if err != nil {
		return usageError(err.Error(), "leave it out to find it")
	}
	s.Region = string(region)
	return nil
}

// askedFormat is the output format that the arguments or the environment name, for
// errors that come before load. A format that does not exist is none.
func askedFormat(args []string, env func(string) (string, bool)) format {
	asked := format(envValue(env, "CIOMIRROR_OUTPUT"))
	for i, arg := range args {
		switch name, value, joined := strings.Cut(arg, "="); {
		case arg == "--json":
			return formatJSON
		case (arg == "-o" || arg == "--output") && i+1 < len(args):
			asked = format(args[i+1])
		case name == "--output" && joined:
			asked = format(value)
		case strings.HasPrefix(arg, "-o") && len(arg) > 2:
			asked = format(strings.TrimPrefix(arg[2:], "="))
		}
	}
	if slices.Contains(formats, asked) {
		return asked
	}
	return ""
}

// loadFile reads and checks the config file. A file that was named must exist; the
// default one need not.
func (s *settings) loadFile(env func(string) (string, bool)) (*configFile, error) {
	path := first(s.config, envValue(env, "CIOMIRROR_CONFIG"))
	named := path != ""
	if !named {
		path = defaultConfig()
	}
	file, err := readConfig(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		return &configFile{value: map[string]any{}}, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, usageError("there is no config file "+path, "make it, or leave out --config and CIOMIRROR_CONFIG")
	case err != nil:
		return nil, err
	}
	s.config = path
	return file, file.check()
}

func fromEnvironment(env func(string) (string, bool)) map[string]any {
	m := map[string]any{}
	for variable, name := range environment {
		if v := envValue(env, variable); v != "" {
			m[name] = v
		}
	}
	return m
}

func fromFlags(flags *pflag.FlagSet) map[string]any {
	m := map[string]any{}
	for _, name := range []string{"db", "output"} {
		if v := flagValue(flags, name); v != "" {
			m[name] = v
		}
	}
	return m
}

func flagValue(flags *pflag.FlagSet, name string) string {
	v, err := flags.GetString(name)
	if err != nil {
		return ""
	}
	return v
}

func envValue(env func(string) (string, bool), name string) string {
	v, _ := env(name)
	return v
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func dbName(profile string) string {
	if profile == "default" {
		return "mirror.db"
	}
	return profile + ".db"
}
