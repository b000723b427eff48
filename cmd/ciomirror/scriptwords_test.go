package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// commands are the words of scripts. negated is a leading "!".
//
//	ciomirror ARGS             run the program; it must exit with 0
//	code N ciomirror ARGS      the same with another exit code
//	interrupt PATH code N …    the same, interrupted at its first request for PATH
//	stdin FILE                 the next run's standard input
//	env NAME=VALUE …           set variables; NAME= unsets nothing, it is empty
//	[!] stdout RE, stderr RE   what the last run printed (multi-line)
//	[!] json [stderr] PTR [V]  the value at a JSON pointer; several lines are an array
//	keys [stderr] PTR K…       exactly these keys
//	rows N                     so many JSON lines on stdout
//	ids FIELD SQL              the rows' FIELD is what the statement gives, in order
//	answers SQL                stdout as CSV without its head is what the statement gives
//	count NAME SQL             a variable from the mirror, read behind the program's back
//	save NAME stdout|stderr RE a variable from the first group of a match
//	now NAME                   a variable: this instant
//	cmp stdout|FILE FILE       equal contents
//	[!] exists FILE            · mode OCTAL FILE · chmod OCTAL FILE · cp FROM TO · mkdir DIR · rm FILE
//	mirror base|day            a copy of the shared mirror, see fixture
//	statements FILE            run every statement in a page of docs/; each must have columns
//	examples                   run every command that the last run printed, indented
//	lock FILE                  hold the lock that a sync takes
//	alter FILE SQL             change a database behind the program's back
//	sim-start FLAGS            a simulator, see simStart · sim-advance D
//	sim-asked N                it got so many requests · sim-delete ENTITY: all of them
//	sim-run ARGS               the program as a simulator · sim-stop: interrupt it
//	serve-run ARGS             the program as a server, see serveRun · serve-stop: interrupt it, what it said is stderr
//	http STATUS METHOD PATH [BODY] ask that server; its answer stands as stdout, its head as stderr
var commands = map[string]func(s *script, negated bool, args []string) error{
	"ciomirror":   func(s *script, _ bool, args []string) error { return s.expect(0, args) },
	"code":        (*script).code,
	"interrupt":   (*script).interrupt,
	"stdin":       (*script).readStdin,
	"env":         (*script).setEnv,
	"stdout":      func(s *script, n bool, args []string) error { return match(n, s.stdout, args) },
	"stderr":      func(s *script, n bool, args []string) error { return match(n, s.stderr, args) },
	"json":        (*script).json,
	"keys":        (*script).keys,
	"rows":        (*script).rows,
	"ids":         (*script).ids,
	"answers":     (*script).answers,
	"count":       (*script).count,
	"save":        (*script).save,
	"now":         (*script).nowInto,
	"cmp":         (*script).cmp,
	"exists":      (*script).exists,
	"mode":        (*script).mode,
	"chmod":       (*script).chmod,
	"cp":          (*script).cp,
	"mkdir":       func(s *script, _ bool, args []string) error { return os.MkdirAll(s.path(args[0]), 0o755) },
	"rm":          func(s *script, _ bool, args []string) error { return os.Remove(s.path(args[0])) },
	"mirror":      (*script).mirror,
	"statements":  (*script).statements,
	"examples":    (*script).examples,
	"lock":        (*script).lock,
	"sim-start":   (*script).simStart,
	"sim-advance": (*script).simAdvance,
	"sim-asked":   (*script).simAsked,
	"sim-delete":  (*script).simDelete,
	"sim-run":     (*script).simRun,
	"sim-stop":    (*script).simStop,
	"serve-run":   (*script).serveRun,
	"serve-stop":  (*script).serveStop,
	"http":        (*script).http,
	"alter":       (*script).alter,
}

func (s *script) command(words []string) error {
	negated := words[0] == "!"
	if negated {
		words = words[1:]
	}
	if len(words) == 0 {
		return errors.New("nothing stands after !")
	}
	run, ok := commands[words[0]]
	if !ok {
		return fmt.Errorf("there is no word %q", words[0])
	}
	return run(s, negated, words[1:])
}

func (s *script) expect(want int, args []string) error {
	got, err := s.program(args)
	if err == nil && got != want {
		err = fmt.Errorf("exit code %d, want %d", got, want)
	}
	return err
}

// coded reads "N ciomirror ARGS".
func coded(args []string) (code int, rest []string, err error) {
	if len(args) < 2 || args[1] != "ciomirror" {
		return 0, nil, errors.New("usage: code N ciomirror ARGS")
	}
	code, err = strconv.Atoi(args[0])
	return code, args[2:], err
}

func (s *script) code(_ bool, args []string) error {
	want, rest, err := coded(args)
	if err != nil {
		return err
	}
	return s.expect(want, rest)
}

func (s *script) interrupt(_ bool, args []string) error {
	if len(args) < 2 || args[1] != "code" {
		return errors.New("usage: interrupt PATH code N ciomirror ARGS")
	}
	want, rest, err := coded(args[2:])
	if err != nil {
		return err
	}
	reached := s.watch.first(args[0])
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd, err := s.start(ctx, rest, &stdout, &stderr)
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-reached:
	case err := <-ended:
		_, _ = s.ended(ctx, err, &stdout, &stderr)
		return fmt.Errorf("the program ended before it asked for %s", args[0])
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	got, err := s.ended(ctx, <-ended, &stdout, &stderr)
	if err == nil && got != want {
		err = fmt.Errorf("exit code %d, want %d", got, want)
	}
	return err
}

func (s *script) readStdin(_ bool, args []string) error {
	b, err := os.ReadFile(s.path(args[0]))
	s.stdin = string(b)
	return err
}

func (s *script) setEnv(_ bool, args []string) error {
	for _, a := range args {
		name, value, ok := strings.Cut(a, "=")
		if !ok {
			return fmt.Errorf("%q is not NAME=VALUE", a)
		}
		s.env[name] = value
	}
	return nil
}

func match(negated bool, text string, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("one expression is wanted, got %q", args)
	}
	re, err := regexp.Compile("(?m)" + args[0])
	if err != nil {
		return err
	}
	switch found := re.FindString(text); {
	case !negated && !re.MatchString(text):
		return fmt.Errorf("nothing matches %q", args[0])
	case negated && re.MatchString(text):
		return fmt.Errorf("%q matches %q", args[0], found)
	}
	return nil
}

func (s *script) save(_ bool, args []string) error {
	text := s.stdout
	if args[1] == "stderr" {
		text = s.stderr
	}
	re, err := regexp.Compile("(?m)" + args[2])
	if err != nil {
		return err
	}
	found := re.FindStringSubmatch(text)
	if len(found) != 2 {
		return fmt.Errorf("no match with one group of %q", args[2])
	}
	s.env[args[0]] = found[1]
	return nil
}

func (s *script) nowInto(_ bool, args []string) error {
	s.env[args[0]] = time.Now().UTC().Format(time.RFC3339Nano)
	return nil
}

func (s *script) cmp(_ bool, args []string) error {
	got := s.stdout
	if args[0] != "stdout" {
		b, err := os.ReadFile(s.path(args[0]))
		if err != nil {
			return err
		}
		got = string(b)
	}
	want, err := os.ReadFile(s.path(args[1]))
	if err == nil && got != string(want) {
		err = fmt.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	return err
}

func (s *script) exists(negated bool, args []string) error {
	_, err := os.Stat(s.path(args[0]))
	if negated {
		if err == nil {
			return fmt.Errorf("%s exists", args[0])
		}
		return nil
	}
	return err
}

func (s *script) mode(_ bool, args []string) error {
	if runtime.GOOS == "windows" {
		return nil // there are no such modes
	}
	info, err := os.Stat(s.path(args[1]))
	if err != nil {
		return err
	}
	if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
		return fmt.Errorf("the mode is %s", got)
	}
	return nil
}

func (s *script) chmod(_ bool, args []string) error {
	mode, err := strconv.ParseUint(args[0], 8, 32)
	if err != nil {
		return err
	}
	return os.Chmod(s.path(args[1]), os.FileMode(mode))
}

func (s *script) cp(_ bool, args []string) error { return copyFile(s.path(args[0]), s.path(args[1])) }

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

func (s *script) lock(_ bool, args []string) error {
	path := s.path(args[0])
	l := flock.New(path)
	if ok, err := l.TryLock(); err != nil || !ok {
		return fmt.Errorf("lock %s: %v %w", path, ok, err)
	}
	s.t.Cleanup(func() { _ = l.Unlock() })
	return nil
}

// mirror gives the script a copy of the shared mirror, so that nobody waits for a
// sync: "base" after the first one, "day" after the second a simulated day later.
// $BETWEEN is an instant between the two, $BEFORE one before the first.
func (s *script) mirror(_ bool, args []string) error {
	if !slices.Contains([]string{"base", "day"}, args[0]) {
		return fmt.Errorf("there is no mirror %q", args[0])
	}
	s.env["BEFORE"], s.env["BETWEEN"] = s.shared.before, s.shared.between
	return copyFile(filepath.Join(s.shared.dir, args[0]+".db"), s.env["CIOMIRROR_DB"])
}
