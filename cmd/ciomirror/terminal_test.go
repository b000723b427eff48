package main

import (
	"bytes"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"ciomirror/sim"
	syncer "ciomirror/sync"
)

// colour is what sets a colour on a terminal; other control codes move the cursor.
var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestTerminalsGetWhatTheyAskFor runs the same verbose sync on terminals of
// different taste.
func TestTerminalsGetWhatTheyAskFor(t *testing.T) {
	for _, c := range []struct {
		name          string
		env           map[string]string
		colours, dumb bool
	}{
		{"any terminal", map[string]string{"TERM": "xterm"}, true, false},
		{"without colours", map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, false, false},
		{"a dumb one", map[string]string{"TERM": "dumb"}, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, server, err := serveSim(t, sim.Options{Key: canary})
			if err != nil {
				t.Fatal(err)
			}
			env := map[string]string{"CIO_APP_KEY": canary, "CIOMIRROR_API_URL": server.URL,
				"CIOMIRROR_DB": filepath.Join(t.TempDir(), "mirror.db")}
			for k, v := range c.env {
				env[k] = v
			}
			var out, problems bytes.Buffer
			a := &app{in: strings.NewReader(""), out: &out, err: &problems, now: time.Now,
				env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
			a.terminal.out, a.terminal.err, a.terminal.width = true, true, 60
			if code := a.run(t.Context(), []string{"sync", "segments", "snippets", "-v", "--rate", "10000"}); code != exitOK {
				t.Fatalf("exit code %d: %s", code, problems.String())
			}
			if got := colour.MatchString(problems.String()); got != c.colours {
				t.Errorf("colours: %v, want %v: %q", got, c.colours, problems.String())
			}
			if c.dumb && strings.Contains(problems.String(), "\x1b") {
				t.Errorf("control codes on a terminal that has none: %q", problems.String())
			}
			if !strings.Contains(problems.String(), "segments") {
				t.Errorf("nothing was told of the sync: %q", problems.String())
			}
			// Data is data on a terminal too: for people, but without colours.
			if strings.Contains(out.String(), "\x1b") || !strings.Contains(out.String(), "segments\n  status: complete") {
				t.Errorf("stdout: %q", out.String())
			}
			if strings.Contains(out.String()+problems.String(), canary) {
				t.Error("the key was printed")
			}
			out.Reset()
			if code := a.run(t.Context(), []string{"search", "segments"}); code != exitOK {
				t.Fatalf("exit code %d: %s", code, problems.String())
			}
			for line := range strings.Lines(out.String()) {
				if n := len([]rune(strings.TrimRight(line, "\n"))); n > 60 {
					t.Errorf("a line of %d characters on a terminal of 60: %q", n, line)
				}
			}
			if !strings.Contains(problems.String(), "more columns do not fit") {
				t.Error("columns were hidden without a word")
			}
		})
	}
}

// drawings are what is written to a terminal, one by one.
type drawings struct{ all []string }

func (d *drawings) Write(b []byte) (int, error) {
	d.all = append(d.all, string(b))
	return len(b), nil
}

// TestBarsBeginInACleanLine: a ^C that the terminal shows where the cursor is moves no
// bar, and nothing of it is left.
func TestBarsBeginInACleanLine(t *testing.T) {
	var screen drawings
	a := &app{err: &screen, env: func(string) (string, bool) { return "", false }}
	a.terminal.err = true
	p := a.newProgress()
	p.update(syncer.Progress{Entity: "campaigns", Rows: 80, Requests: 1, Left: 0})
	if p.lines["campaigns"].IsDone() {
		t.Error("an entity is done before its status says so")
	}
	p.update(syncer.Progress{Entity: "campaigns", Rows: 80, Requests: 1, Status: "partial"})
	if !p.lines["campaigns"].IsDone() {
		t.Error("an entity with a status is not done")
	}
	p.done()
	for _, drawing := range screen.all {
		if !strings.HasPrefix(drawing, "\r\x1b[K") {
			t.Errorf("a drawing begins with %q", drawing[:min(len(drawing), 20)])
		}
	}
	if all := strings.Join(screen.all, ""); !strings.Contains(all, "campaigns partial 80") || !strings.HasSuffix(all, "\n\r\x1b[K") {
		t.Errorf("at the end the screen has %q", all)
	}
}

// TestTextFromTheWorkspaceDoesNotSteerTheTerminal: a campaign's name is somebody
// else's text.
func TestTextFromTheWorkspaceDoesNotSteerTheTerminal(t *testing.T) {
	if got := printable("a\x1b[31mb\u009bc\x7f\u202e\u2066\nd\te"); strings.ContainsAny(got, "\x1b\u009b\x7f\u202e\u2066") || !strings.Contains(got, "\nd\te") {
		t.Errorf("printable gives %q", got)
	}
}

// TestDataInAPipeIsAsItWasStored: only a terminal could be steered by it.
func TestDataInAPipeIsAsItWasStored(t *testing.T) {
	const name = "a\x1b[31m\u202eb\u009b"
	for f, want := range map[string]string{
		"csv": "n" + name + "\n" + name + "\n",
		"tsv": "n" + name + "\n" + name + "\n",
	} {
		for _, terminal := range []bool{false, true} {
			var out, problems bytes.Buffer
			path := filepath.Join(t.TempDir(), "mirror.db")
			a := &app{in: strings.NewReader(""), out: &out, err: &problems, now: time.Now, env: func(string) (string, bool) { return "", false }}
			a.settings.DB = path
			m, err := a.openMirror(t.Context(), true)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			a.terminal.out = terminal
			if code := a.run(t.Context(), []string{"sql", "select '" + name + "' as \"n" + name + "\"", "-o", f, "--db", path}); code != exitOK {
				t.Fatalf("exit code %d: %s", code, problems.String())
			}
			expected := want
			if terminal {
				expected = printable(want)
			}
			if out.String() != expected {
				t.Errorf("%s, on a terminal %v: %q, want %q", f, terminal, out.String(), expected)
			}
		}
	}
}

// TestMarkdownIsTextForWhoeverRendersIt: what a value is, export knows.
func TestMarkdownIsTextForWhoeverRendersIt(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out, err: io.Discard}
	rows := func(yield func(row, error) bool) {
		yield(row{cell(int64(-5)), cell("<b>|*x*\nwww.example.com"), nil}, nil)
	}
	if err := a.printRows(formatMD, []string{"n_", "a|b", "c"}, rows); err != nil {
		t.Fatal(err)
	}
	want := "| n\\_ | a\\|b | c |\n| --- | --- | --- |\n| -5 | &lt;b&gt;\\|\\*x\\*<br>www\\.example.com |  |\n"
	if out.String() != want {
		t.Errorf("%s\nwant\n%s", out.String(), want)
	}
}

// TestWideLettersTakeTheirRoom: a cut cell is as wide on the screen as it may be.
func TestWideLettersTakeTheirRoom(t *testing.T) {
	var out bytes.Buffer
	a := &app{out: &out, err: io.Discard}
	a.terminal.width, a.terminal.out = 40, true
	rows := func(yield func(row, error) bool) {
		yield(row{cell(strings.Repeat("生命", 30)), cell(strings.Repeat("🎉", 30)), cell("x")}, nil)
	}
	if err := a.printRows(formatTable, []string{"名前", "picture", "letter"}, rows); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := text.StringWidthWithoutEscSequences(strings.TrimRight(line, "\n")); n > 40 {
			t.Errorf("a line takes %d columns of 40: %q", n, line)
		}
	}
	if !strings.Contains(out.String(), "letter") {
		t.Errorf("a column of few is left out:\n%s", out.String())
	}
}

// TestANarrowTableKeepsWhatPeopleKnow: where few columns fit, they are the name and its
// like, and a number is whole or not there.
func TestANarrowTableKeepsWhatPeopleKnow(t *testing.T) {
	columns := []string{"id", "deduplicate_id", "created", "name"}
	knownFirst("campaigns", columns)
	if want := []string{"id", "name", "created", "deduplicate_id"}; !slices.Equal(columns, want) {
		t.Errorf("the columns are %q, want %q", columns, want)
	}
	var out bytes.Buffer
	a := &app{err: io.Discard}
	a.terminal.width, a.terminal.out = 40, true
	w := newTableWriter(&out, []string{"_changed_at", "_id", "name", "sent"}, a)
	w.partly = true
	if err := w.write(row{cell(int64(1795300000000)), cell("x"), cell("Welcome"), cell(int64(1234567890123))}); err != nil {
		t.Fatal(err)
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(out.String(), "\n")
	if !regexp.MustCompile(`^ name +│ sent `).MatchString(head) {
		t.Errorf("the mirror's own columns stand before the others: %q", out.String())
	}
	if !strings.Contains(out.String(), "1234567890123") || strings.Contains(out.String(), "17953…") {
		t.Errorf("a number was cut: %q", out.String())
	}
}
