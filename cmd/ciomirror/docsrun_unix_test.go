//go:build unix

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/cobra"
)

// TestEveryCommandOfTheDocsRuns runs, page by page and in a shell, what the README, the
// pages of docs/ and the examples of every --help tell people to type.
func TestEveryCommandOfTheDocsRuns(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 3 {
		t.Fatalf("%d pages of docs: %v", len(pages), err)
	}
	shared := newFixture(t)
	n := 0
	pages = append(pages, "../../README.md")
	if testing.Short() { // a process takes long to start under the race detector
		pages = []string{"../../docs/tutorial.md"}
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		calls := callsOf(t, codeOf(string(text)))
		n += len(calls)
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			d := newReader(t, shared)
			for _, call := range calls {
				d.follow(call)
			}
		})
	}
	if testing.Short() {
		return
	}
	everyCommand(t, func(t *testing.T, c *cobra.Command) {
		calls := callsOf(t, c.Example)
		n += len(calls)
		t.Parallel()
		d := newReader(t, shared)
		for _, call := range calls {
			d.follow(call)
		}
	})
	if n < 90 {
		t.Errorf("only %d commands were found", n)
	}
}

// codeOf keeps the lines of a page that are code: indented by four blanks, or between
// fences that say sh or nothing.
func codeOf(page string) string {
	var code strings.Builder
	fenced, shell := false, false
	for line := range strings.Lines(page) {
		switch fence, ok := strings.CutPrefix(strings.TrimSpace(line), "```"); {
		case ok:
			fenced, shell = !fenced, fence == "sh" || fence == ""
		case fenced && shell:
			code.WriteString(line)
		case !fenced && strings.HasPrefix(line, "    "):
			code.WriteString(line[4:])
		}
	}
	return code.String()
}

// isCall matches a line that calls the program, or sets a variable for the calls below.
var isCall = regexp.MustCompile(`^(\$ )?(export [A-Z_]+=|([A-Z_]+=\S+ )*(\./)?ciomirror |go run \./cmd/ciomirror |source <\(ciomirror )`)

// callsOf are the calls of the program in some lines of code, each with the lines that
// go on with it.
func callsOf(t *testing.T, code string) []string {
	t.Helper()
	var calls []string
	lines := strings.Split(code, "\n")
	for i := 0; i < len(lines); i++ {
		call := strings.TrimSpace(lines[i])
		if !isCall.MatchString(call) {
			continue
		}
		call = strings.TrimPrefix(call, "$ ")
		for exec.Command("bash", "-n", "-c", call).Run() != nil || strings.HasSuffix(call, `\`) {
			if i++; i == len(lines) {
				t.Fatalf("%q is not closed", call)
			}
			call += "\n" + lines[i]
		}
		calls = append(calls, call)
	}
	return calls
}

// reader is somebody who does what the docs say, with a mirror that is a month old, a
// workspace to sync from, and the files that the examples speak of.
type reader struct {
	*script
	bin string
}

func newReader(t *testing.T, shared *fixture) *reader {
	t.Helper()
	d := &reader{script: newScript(t, shared)}
	d.bin = filepath.Join(d.work, "bin")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"bin/ciomirror":                 "#!/bin/sh\nexec '" + self + "' \"$@\"\n",
		"config/ciomirror/config.yaml":  "sync: {rate: 1000}\nprofiles:\n  default: {}\n  acme: {}\n  production: {}\n",
		"config.yaml":                   "sync: {rate: 1000}\n",
		"report.sql":                    "select count(*) from campaigns",
		"app-key":                       canary,
		"home/app-key":                  canary,
		"token":                         "0123456789abcdef-bearer",
		"mail.json":                     `{"to":"ann@example.com","identifiers":{"id":"1"},"subject":"Hello","body":"Hello","from":"team@lumen.example.com"}`,
		"config/ciomirror/queries/keep": "",
	} {
		d.write(name, content)
	}
	for name, mode := range map[string]os.FileMode{"bin/ciomirror": 0o755, "token": 0o600} {
		if err := os.Chmod(d.path(name), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []string{
		"mirror day", "ciomirror snapshot create before-launch", "sim-start",
		`alter mirror.db 'update runs set started = started - 2592000000, finished = finished - 2592000000 where id = 1'`,
	} {
		words, err := d.words(step)
		if err == nil {
			err = d.command(words)
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", step, err, d.stderr)
		}
	}
	d.env["PATH"] = d.bin + string(os.PathListSeparator) + d.env["PATH"]
	for _, pair := range programsOwn() {
		name, value, _ := strings.Cut(pair, "=")
		d.env[name] = value
	}
	return d
}

// servers run until they are told to stop. That they listen is enough, and of the
// daemon that it says something.
var servers = regexp.MustCompile(`ciomirror (sim|serve|schedule run|demo --serve)\b`)

// codes are the calls of the docs that do not exit with 0, and why.
var codes = map[string]int{
	"ciomirror search campaigns --where stat=running": exitUsage, // shows what an error looks like
}

// preludes are what a reader must have done, or not done yet, before some calls.
var preludes = []struct{ call, shell string }{
	{"demo", `export CIOMIRROR_DB=$(mktemp -d -p "$PWD")/demo.db`},
	{"init", `rm -f config/ciomirror/config.yaml ciomirror.yaml`},
	{"snapshot create before-launch", `ciomirror snapshot rm before-launch -q -o json >/dev/null 2>&1 || true`},
	{"auth logout --profile acme", `ciomirror auth login -q --profile acme -o json < app-key >/dev/null`},
}

// follow types one call as the docs have it.
func (d *reader) follow(call string) {
	d.t.Helper()
	if name, value, ok := strings.Cut(strings.TrimPrefix(call, "export "), "="); ok && strings.HasPrefix(call, "export ") {
		d.env[name] = strings.ReplaceAll(value, "~", d.env["HOME"])
		return
	}
	typed := strings.NewReplacer(
		"go run ./cmd/ciomirror", "ciomirror", "./ciomirror ", "ciomirror ", "CIO_APP_KEY=… ", "", "CIO_APP_KEY=sim-key ", "",
		"CIOMIRROR_API_URL=http://127.0.0.1:8790 ", "", // the workspace is at a port of its own
		"127.0.0.1:8790", "127.0.0.1:0", "0.0.0.0:8686", "0.0.0.0:0", // ports that are free
		"ciomirror serve", "ciomirror serve --addr 127.0.0.1:0", "demo --serve", "demo --serve --addr 127.0.0.1:0",
		"/etc/ciomirror/", "", "/srv/", "", "/backup/", "",
		"schedule run", "schedule run -v", // so that it says that it runs
	).Replace(strings.TrimSuffix(strings.TrimSpace(call), " &"))
	for _, b := range preludes {
		if strings.Contains(typed, "ciomirror "+b.call) {
			typed = b.shell + "\nexec " + typed // the signal shall meet the program alone
		}
	}
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", typed)
	cmd.Dir = d.work
	for name, value := range d.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdin = strings.NewReader(canary + "\n") // for auth login; others leave it alone
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	group := func(signal syscall.Signal) error { return syscall.Kill(-cmd.Process.Pid, signal) }
	cmd.Cancel = func() error { return group(syscall.SIGKILL) }
	said := &firstWord{}
	if servers.MatchString(typed) {
		said.then = func() { _ = group(syscall.SIGTERM) }
		said.word = "listening on "
		if strings.Contains(typed, "schedule run") {
			said.word = ""
		}
	}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	err := cmd.Wait()
	code := cmd.ProcessState.ExitCode()
	if code != codes[strings.TrimSpace(call)] || ctx.Err() != nil {
		d.t.Errorf("%s\nexit code %d (%v)\n%s", call, code, err, shown(said.text.String()))
	}
	if err := clean("the terminal", said.text.String()); err != nil {
		d.t.Errorf("%s: %v", call, err)
	}
}

// firstWord calls then once a whole line with the word was written. It is no bytes.Buffer: that would
// read by itself, past Write.
type firstWord struct {
	text bytes.Buffer
	word string
	then func()
}

// Write implements io.Writer; one goroutine at a time calls it.
func (w *firstWord) Write(p []byte) (int, error) {
	n, err := w.text.Write(p)
	if _, after, ok := strings.Cut(w.text.String(), w.word); w.then != nil && ok && strings.Contains(after, "\n") {
		w.then()
		w.then = nil
	}
	return n, err
}
