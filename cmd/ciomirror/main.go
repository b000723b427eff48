// Command ciomirror keeps a local, queryable copy of a Customer.io workspace.
//
// Everything that touches the outside (arguments, environment, clock, terminal)
// enters the program here and in wire.go; the packages below get it handed.
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"
)

// version is set by the release build.
var version = "dev"

func main() { os.Exit(program(time.Now)) }

// program runs the program by a clock and returns the exit code.
func program(now func() time.Time) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The mirror holds people's addresses: what SQLite makes beside it is ours alone.
	restrictNewFiles()
	a := &app{
		in: os.Stdin, out: os.Stdout, err: os.Stderr,
		env: os.LookupEnv,
		now: now,
	}
	a.terminal.in = isatty.IsTerminal(os.Stdin.Fd())
	a.terminal.out = isatty.IsTerminal(os.Stdout.Fd())
	a.terminal.err = isatty.IsTerminal(os.Stderr.Fd())
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		a.terminal.width = w
	}
	return a.run(ctx, os.Args[1:])
}

// app is one run of the program.
type app struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) (string, bool)
	now      func() time.Time
	terminal struct {
		in, out, err bool // whether it is one
		width        int  // columns; 0 when unknown
	}
	settings settings
	inShell  bool // of the command sql, where no flags can be given
}

// run runs one command and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	a.err = &oneAtATime{w: a.err} // the log, the progress and messages come from several goroutines
	root := a.root()
	root.SetArgs(withoutDashes(root, args))
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if a.settings.Output == "" {
		// Wrong arguments end a run before the settings are read.
		a.settings.Output = askedFormat(args, a.env)
	}
	return a.explain(ctx, err)
}

// oneAtATime is a writer for several goroutines.
type oneAtATime struct {
	mu sync.Mutex
	w  io.Writer
}

// Write implements io.Writer.
func (o *oneAtATime) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}
