package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ciomirror/sim"
)

// canary is the App API key of every script. It must not turn up anywhere.
const canary = "canary-0a9f1c77e2d4b6"

// TestScripts runs testdata/script/*.txt, each in an empty folder of its own. A
// script is a list of commands, then files in the form "-- name --" (txtar); the
// words are those of testscript where it has them, see commands in
// scriptwords_test.go. After every run of the program the two outputs are looked
// through for control codes and for the key, and at the end the folder is.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	shared := newFixture(t)
	for i, file := range files {
		if testing.Short() && i%4 != 0 { // a process takes long to start under the race detector
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := newScript(t, shared)
			s.unpack(string(text))
			s.run(file)
			s.searchForKey()
		})
	}
}

// script is one script under way.
type script struct {
	t        *testing.T
	shared   *fixture
	work     string
	env      map[string]string
	commands []string

	stdin          string
	stdout, stderr string
	sim            *sim.Sim
	server         *httptest.Server
	watch          *watcher
	running        *running
}

func newScript(t *testing.T, shared *fixture) *script {
	t.Helper()
	work := t.TempDir()
	return &script{t: t, shared: shared, work: work, env: map[string]string{
		"WORK": work,
		"HOME": filepath.Join(work, "home"),
		// The program must not meet the settings of whoever runs the tests.
		"XDG_DATA_HOME":   filepath.Join(work, "data"),
		"XDG_CONFIG_HOME": filepath.Join(work, "config"),
		"PATH":            os.Getenv("PATH"),
		"CIOMIRROR_DB":    filepath.Join(work, "mirror.db"),
	}}
}

// unpack splits a script from its files and writes those.
func (s *script) unpack(text string) {
	var name string
	var content strings.Builder
	flush := func() {
		if name == "" {
			s.commands = strings.Split(content.String(), "\n")
		} else {
			s.write(name, content.String())
		}
		content.Reset()
	}
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, "-- ") && strings.HasSuffix(trimmed, " --") && len(trimmed) > 6 {
			flush()
			name = strings.TrimSpace(trimmed[3 : len(trimmed)-3])
			continue
		}
		content.WriteString(line)
	}
	flush()
}

func (s *script) write(name, content string) {
	path := s.path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *script) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(s.work, name)
}

func (s *script) run(file string) {
	for i, line := range s.commands {
		words, err := s.words(line)
		if err == nil && len(words) > 0 {
			err = s.command(words)
		}
		if err != nil {
			s.t.Fatalf("%s:%d: %s\n%v\nstdout:\n%s\nstderr:\n%s", file, i+1, strings.TrimSpace(line), err, shown(s.stdout), shown(s.stderr))
		}
	}
}

// shown keeps a failure readable.
func shown(s string) string {
	if len(s) > 4000 {
		return s[:4000] + "…"
	}
	return s
}

// words splits a line: blanks part words, a single quote holds them together and
// is doubled to stand for itself, # begins a comment. Outside quotes $NAME and
// ${NAME} are the environment's.
func (s *script) words(line string) ([]string, error) {
	var words []string
	var word, bare strings.Builder
	inWord, quoted := false, false
	expand := func() {
		word.WriteString(os.Expand(bare.String(), func(name string) string { return s.env[name] }))
		bare.Reset()
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quoted && c == '\'' && i+1 < len(line) && line[i+1] == '\'':
			word.WriteByte('\'')
			i++
		case c == '\'':
			if !quoted {
				expand()
			}
			quoted, inWord = !quoted, true
		case quoted:
			word.WriteByte(c)
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '#' && !inWord:
			if inWord {
				expand()
				words = append(words, word.String())
				word.Reset()
				inWord = false
			}
			if c == '#' {
				return words, nil
			}
		default:
			bare.WriteByte(c)
			inWord = true
		}
	}
	if quoted {
		return nil, errors.New("a quote is not closed")
	}
	if inWord {
		expand()
		words = append(words, word.String())
	}
	return words, nil
}

// patience is how long one run of the program may take; a hang is a failure.
const patience = 2 * time.Minute

// start makes the program's process without starting it.
func (s *script) start(ctx context.Context, args []string, stdout, stderr *bytes.Buffer) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Dir = s.work
	cmd.Env = programsOwn()
	for _, name := range slices.Sorted(maps.Keys(s.env)) {
		cmd.Env = append(cmd.Env, name+"="+s.env[name])
	}
	if dir := os.Getenv("GOCOVERDIR"); dir != "" {
		cmd.Env = append(cmd.Env, "GOCOVERDIR="+dir)
	}
	cmd.Stdin = strings.NewReader(s.stdin)
	s.stdin = ""
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, nil
}

// program runs the program and returns its exit code.
func (s *script) program(args []string) (int, error) {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd, err := s.start(ctx, args, &stdout, &stderr)
	if err != nil {
		return 0, err
	}
	return s.ended(ctx, cmd.Run(), &stdout, &stderr)
}

// ended keeps what the program printed and finds its exit code.
func (s *script) ended(ctx context.Context, err error, stdout, stderr *bytes.Buffer) (int, error) {
	s.stdout, s.stderr = stdout.String(), stderr.String()
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		return 0, err
	}
	if ctx.Err() != nil {
		return code, fmt.Errorf("the program did not end within %v", patience)
	}
	return code, errors.Join(clean("stdout", s.stdout), clean("stderr", s.stderr))
}

// clean refuses what no pipe may get.
func clean(name, text string) error {
	var faults []error
	if i := strings.IndexByte(text, 0x1b); i >= 0 {
		faults = append(faults, fmt.Errorf("a control code on %s: %q", name, text[i:min(len(text), i+20)]))
	}
	if strings.Contains(text, canary) {
		faults = append(faults, fmt.Errorf("the key stands on %s", name))
	}
	return errors.Join(faults...)
}

// searchForKey looks for the key in all that the script left behind. Files named
// *.key hold it on purpose.
func (s *script) searchForKey() {
	err := filepath.WalkDir(s.work, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, ".key") {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && bytes.Contains(b, []byte(canary)) {
			s.t.Errorf("the key stands in %s", path)
		}
		return err
	})
	if err != nil {
		s.t.Errorf("look for the key: %v", err)
	}
}
