//go:build unix

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"ciomirror/store/sqlite"
)

// terminal is the program on a terminal of its own.
type terminal struct {
	t    *testing.T
	file *os.File
	cmd  *exec.Cmd

	mu    sync.Mutex
	all   string        // what was printed
	shown string        // the part of it that was not yet waited for
	more  chan struct{} // something was printed
	ended chan struct{}
}

func onTerminal(t *testing.T, env []string, args ...string) *terminal {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(append(env, programsOwn()...), "PATH="+os.Getenv("PATH"), "GOCOVERDIR="+os.Getenv("GOCOVERDIR"))
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, file: file, cmd: cmd, more: make(chan struct{}, 1), ended: make(chan struct{})}
	go func() {
		defer close(term.ended)
		buffer := make([]byte, 4096)
		for {
			n, err := file.Read(buffer)
			term.mu.Lock()
			term.all += string(buffer[:n])
			term.shown += string(buffer[:n])
			term.mu.Unlock()
			select {
			case term.more <- struct{}{}:
			default:
			}
			if err != nil { // the program ended
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // one that a failed test left behind
		_ = cmd.Wait()
		_ = file.Close()
	})
	return term
}

// types enters text and waits until all of the answers were shown, in this order.
func (term *terminal) types(text string, answers ...string) {
	term.t.Helper()
	if _, err := io.WriteString(term.file, text); err != nil {
		term.t.Fatal(err)
	}
	limit := time.After(patience)
	for _, answer := range answers {
		for !term.saw(answer) {
			select {
			case <-term.more:
			case <-limit:
				term.t.Fatalf("%q: no %q in %q", text, answer, term.rest())
			}
		}
	}
}

// interrupts presses Ctrl-C until it had its effect: pressed too early, it ends the
// statement before.
func (term *terminal) interrupts(answers ...string) {
	term.t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for presses := 0; !term.saw(answers[0]); presses++ {
		if presses == 100 {
			term.t.Fatalf("Ctrl-C does nothing: %q", term.rest())
		}
		if _, err := io.WriteString(term.file, "\x03"); err != nil {
			term.t.Fatal(err)
		}
		<-again.C
	}
	term.types("", answers[1:]...)
}

func (term *terminal) saw(answer string) bool {
	term.mu.Lock()
	defer term.mu.Unlock()
	_, after, ok := strings.Cut(term.shown, answer)
	if ok {
		term.shown = after
	}
	return ok
}

// rest is what was shown and not waited for.
func (term *terminal) rest() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.shown
}

// code waits for the end and returns the exit code.
func (term *terminal) code() int {
	term.t.Helper()
	select {
	case <-term.ended:
	case <-time.After(patience):
		term.t.Fatal("the program does not end")
	}
	_ = term.cmd.Wait() // the code tells
	return term.cmd.ProcessState.ExitCode()
}

// TestTheShellOnATerminal types what a person would. endless is a statement that
// only Ctrl-C ends.
func TestTheShellOnATerminal(t *testing.T) {
	const endless = "with recursive r(n) as (select 1 union all select n + 1 from r) select max(n) from r;\r"
	for _, c := range []struct {
		name, term string
		play       func(term *terminal)
		history    string // a part of it
	}{
		{"a session", "xterm", func(term *terminal) {
			term.types("", "mirror> ")
			term.types("sel\t", "select")
			term.types(" count(*) as n from camp\taigns", "campaign")
			term.types("\x03", "mirror> ") // the line is given up
			term.types("select 40 + 2\r", "...> ")
			term.types("as answer;\r", "answer", "42", "mirror> ")
			term.types("select 40 + 1; "+endless, "41")
			term.interrupts("error: interrupted", "mirror> ")
			term.types("\x1b[A\x1b[A\r", "42", "mirror> ") // the one before the last
			term.types("\x04")
		}, "select 40 + 2 as answer;\nselect 40 + 1; with recursive"},
		{"a dumb terminal", "dumb", func(term *terminal) {
			term.types("", "mirror> ")
			term.types("select 40\n", "...> ")
			term.types("\x03", "mirror> ")
			term.types("select 40 + 2 as answer;\n", "42", "mirror> ")
			term.types("select 40 + 1; "+endless, "41")
			term.interrupts("error: interrupted", "mirror> ")
			term.types(".quit\n")
		}, ".quit\n"},
		{"told to end", "xterm", func(term *terminal) {
			term.types("", "mirror> ")
			if err := term.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				term.t.Error(err)
			}
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			m, err := sqlite.Open(t.Context(), filepath.Join(dir, "mirror.db"), sqlite.Options{Create: true, Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			term := onTerminal(t, []string{"TERM=" + c.term, "HOME=" + dir, "XDG_STATE_HOME=" + dir, "XDG_CONFIG_HOME=" + dir},
				"sql", "--db", filepath.Join(dir, "mirror.db"))
			c.play(term)
			if code := term.code(); code != exitOK {
				t.Errorf("exit code %d: %q", code, term.rest())
			}
			history, err := os.ReadFile(filepath.Join(dir, "ciomirror", "history"))
			if err != nil || !strings.Contains(string(history), c.history) {
				t.Errorf("the history is %q: %v", history, err)
			}
			if c.term == "dumb" && strings.Contains(term.all, "\x1b") {
				t.Errorf("control codes: %q", term.all)
			}
		})
	}
}
