package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	sq "github.com/Masterminds/squirrel"

	"ciomirror/internal/sqltext"
	"ciomirror/store/sqlite"
)

// editor reads a person's lines.
type editor interface {
	// line reads one line. errCleared: the person gave the line up; io.EOF: the
	// person leaves.
	line(prompt string) (string, error)
	// remember keeps what was entered for the arrow keys, now and next time.
	remember(entry string) error
	close() error
}

var errCleared = errors.New("the line was given up")

// shell is one session at a terminal.
type shell struct {
	a      *app
	in     editor
	bounds sqlBounds
	params map[string]any
	names  mirrorNames
	// pending is the part of a statement that was entered so far.
	pending string
	signals chan os.Signal
	leaving bool // the program was told to end
}

// runShell asks statements until the person leaves.
func (a *app) runShell(ctx context.Context, params map[string]any, b sqlBounds) error {
	if a.settings.Output == "" {
		a.settings.Output = formatTable
	}
	a.inShell = true
	s := &shell{a: a, bounds: b, params: params, signals: make(chan os.Signal, 1)}
	if err := s.learnNames(ctx); err != nil {
		return err
	}
	in, err := newLineEditor(historyFile(), s.complete)
	if err != nil {
		return err
	}
	s.in = in
	signal.Notify(s.signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(s.signals)
	a.say("%s  (a statement ends with ;  .help lists commands, Ctrl-D leaves)", a.settings.DB)
	return errors.Join(s.run(ctx), in.close())
}

// run is the loop. The context that ends at the first Ctrl-C is the program's; here
// Ctrl-C ends a statement, and the session goes on.
func (s *shell) run(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	for !s.leaving {
		line, err := s.read()
		switch {
		case errors.Is(err, errCleared):
			s.pending = ""
			continue
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read a line: %w", err)
		}
		if s.pending == "" && strings.HasPrefix(strings.TrimSpace(line), ".") {
			if err := s.in.remember(line); err != nil {
				return err
			}
			leave, err := s.command(ctx, strings.Fields(line))
			if err != nil {
				s.a.tell(problemOf(ctx, err))
			}
			if leave {
				return nil
			}
			continue
		}
		s.pending += line + "\n"
		if err := s.runPending(ctx); err != nil {
			return err
		}
	}
	return nil
}

// read waits for a line, or for the end of the program. Ctrl-C comes as a signal from
// a terminal that cannot edit, and then the line is still to come.
func (s *shell) read() (string, error) {
	type read struct {
		line string
		err  error
	}
	lines := make(chan read, 1) // at the program's end nobody waits for it
	prompt := s.prompt()
	go func() {
		line, err := s.in.line(prompt)
		lines <- read{line, err}
	}()
	for {
		select {
		case r := <-lines:
			return r.line, r.err
		case sig := <-s.signals:
			if sig != os.Interrupt {
				return "", io.EOF
			}
			s.pending = ""
			fmt.Fprint(s.a.err, "\n"+s.prompt())
		}
	}
}

func (s *shell) prompt() string {
	p := "mirror> "
	if s.bounds.asOf != "" {
		p = "mirror as of " + s.bounds.asOf + "> "
	}
	if s.pending != "" {
		p = strings.Repeat(" ", max(0, len([]rune(p))-5)) + "...> "
	}
	return p
}

// runPending runs the statements that are whole.
func (s *shell) runPending(ctx context.Context) error {
	entered := strings.TrimSpace(s.pending)
	for whole := false; ; whole = true {
		statement, rest, ended := sqlite.FirstStatement(s.pending)
		if !ended {
			if s.pending = rest; statement != "" {
				s.pending = statement
			}
			if whole {
				return s.in.remember(entered)
			}
			return nil
		}
		s.pending = rest
		if statement == "" {
			continue
		}
		if err := s.ask(ctx, statement); err != nil {
			p := problemOf(ctx, err)
			p.Hint = strings.NewReplacer("--timeout", ".timeout", "--param ", ".params ").Replace(p.Hint)
			s.a.tell(p)
			s.pending = "" // what follows was meant to come after it
		}
	}
}

// ask runs one statement, which Ctrl-C ends.
func (s *shell) ask(ctx context.Context, statement string) error {
	asked, cancel := context.WithCancel(ctx)
	defer cancel()
	answered, leave := make(chan struct{}), make(chan bool)
	go func() {
		select {
		case sig := <-s.signals:
			cancel()
			leave <- sig != os.Interrupt
		case <-answered:
			leave <- false
		}
	}()
	params := map[string]any{} // of all that are bound, those that it has
	for _, name := range sqltext.Parameters(statement) {
		if v, ok := s.params[name]; ok {
			params[name] = v
		}
	}
	more, err := s.a.ask(asked, statement, params, s.bounds)
	close(answered)
	s.leaving = <-leave
	if more {
		fmt.Fprintln(s.a.err, "more rows: raise .limit")
	}
	if err != nil && asked.Err() != nil {
		return &problem{Message: "interrupted"}
	}
	return err
}

// shellCommand is a word that begins with a dot.
type shellCommand struct {
	name, args, doc string
	run             func(s *shell, ctx context.Context, args []string) error
}

func shellCommands() []shellCommand {
	return []shellCommand{
		{".help", "", "what there is", (*shell).help},
		{".tables", "", "the entities, views and other tables", (*shell).tables},
		{".schema", "[NAME]", "how a table or a view is made; without a name, all of them", (*shell).schema},
		{".mode", "[FORMAT]", "how rows are printed: table, json, jsonl, csv, tsv, md", (*shell).mode},
		{".as-of", "TIME|SNAPSHOT|now", "ask the mirror as it was", (*shell).asOf},
		{".params", "[NAME=VALUE …]", "bind :NAME in what follows; without one, show them; off forgets them", (*shell).setParams},
		{".limit", "N", "stop after so many rows; 0 for all", (*shell).limit},
		{".timeout", "LENGTH", "give a statement up after this long: 90s, 5m", (*shell).timeout},
		{".quit", "", "leave, as Ctrl-D does", nil},
	}
}

// command runs a line that begins with a dot.
func (s *shell) command(ctx context.Context, words []string) (leave bool, err error) {
	var known []string
	for _, c := range shellCommands() {
		if known = append(known, c.name); c.name != words[0] {
			continue
		}
		if c.run == nil {
			return true, nil
		}
		return false, c.run(s, ctx, words[1:])
	}
	hint := "all commands: .help"
	if near := nearest(words[0], known); near != "" {
		hint = fmt.Sprintf("did you mean %s? %s", near, hint)
	}
	return false, usageError("there is no command "+words[0], hint)
}

func (s *shell) help(context.Context, []string) error {
	for _, c := range shellCommands() {
		fmt.Fprintf(s.a.out, "%-26s %s\n", c.name+" "+c.args, c.doc)
	}
	fmt.Fprintln(s.a.out, "A statement ends with ; and may have several lines. Ctrl-C gives up the line, or the statement that runs.")
	return nil
}

func (s *shell) tables(context.Context, []string) error {
	for _, kind := range []string{"table", "view"} {
		for _, name := range s.names.of(kind) {
			fmt.Fprintf(s.a.out, "%-5s  %s\n", kind, name)
		}
	}
	return nil
}

func (s *shell) schema(ctx context.Context, args []string) error {
	m, err := s.a.openMirror(ctx, false)
	if err != nil {
		return err
	}
	defer m.Close()
	found := false
	for cells, err := range m.Rows(ctx, sq.Expr("select name, sql from sqlite_master where sql is not null and name not glob '_*_stage' order by rowid")) {
		if err != nil {
			return err
		}
		name, _ := cells[0].(string)
		text, _ := cells[1].(string)
		if len(args) == 0 || strings.EqualFold(name, args[0]) {
			found = true
			fmt.Fprintln(s.a.out, text+";")
		}
	}
	if !found {
		return usageError("there is no table "+args[0], "all of them: .tables")
	}
	return nil
}

func (s *shell) mode(_ context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Fprintln(s.a.out, s.a.settings.Output)
		return nil
	}
	if !slices.Contains(formats, format(args[0])) {
		return unknownFormat(format(args[0]))
	}
	s.a.settings.Output = format(args[0])
	return nil
}

func (s *shell) asOf(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return usageError(".as-of takes a time or a snapshot", "for example: .as-of 7d   or, back to the present: .as-of now")
	}
	asOf := args[0]
	if asOf == "now" {
		asOf = ""
	}
	_, _, done, err := s.a.openAsOf(ctx, asOf)
	if err != nil {
		return err
	}
	done()
	s.bounds.asOf = asOf
	return nil
}

func (s *shell) setParams(_ context.Context, args []string) error {
	if len(args) == 1 && args[0] == "off" {
		clear(s.params)
		return nil
	}
	bound, err := bindings(args)
	if err != nil {
		return err
	}
	maps.Copy(s.params, bound)
	if len(args) == 0 {
		for _, name := range slices.Sorted(maps.Keys(s.params)) {
			fmt.Fprintf(s.a.out, ":%s = %s\n", name, printable(string(cell(s.params[name]))))
		}
	}
	return nil
}

func (s *shell) limit(_ context.Context, args []string) error {
	b := s.bounds
	if len(args) == 1 {
		var err error
		if b.limit, err = strconv.Atoi(args[0]); err != nil {
			return usageError(fmt.Sprintf("%q is no number of rows", args[0]), "for example: .limit 500")
		}
	}
	return s.setBounds(b, args, strconv.Itoa(b.limit))
}

func (s *shell) timeout(_ context.Context, args []string) error {
	b := s.bounds
	if len(args) == 1 {
		var err error
		if b.timeout, err = time.ParseDuration(args[0]); err != nil {
			return usageError(fmt.Sprintf("%q is no length of time", args[0]), "for example: .timeout 5m")
		}
	}
	return s.setBounds(b, args, b.timeout.String())
}

// setBounds takes new bounds, or shows the present one.
func (s *shell) setBounds(b sqlBounds, args []string, shown string) error {
	if len(args) == 0 {
		fmt.Fprintln(s.a.out, shown)
		return nil
	}
	if err := b.check(); err != nil {
		return err
	}
	s.bounds = b
	return nil
}
