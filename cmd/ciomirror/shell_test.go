package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// typist is an editor whose person wrote all lines beforehand.
type typist struct {
	lines      []string // "^C" gives a line up
	prompts    []string
	remembered []string
}

func (e *typist) line(prompt string) (string, error) {
	e.prompts = append(e.prompts, prompt)
	if len(e.lines) == 0 {
		return "", io.EOF
	}
	line := e.lines[0]
	if e.lines = e.lines[1:]; line == "^C" {
		return "", errCleared
	}
	return line, nil
}

func (e *typist) remember(entry string) error {
	e.remembered = append(e.remembered, entry)
	return nil
}

func (e *typist) close() error { return nil }

// shellOf is a shell on a mirror of one row, and what it prints.
func shellOf(t *testing.T, lines ...string) (s *shell, in *typist, out, problems *bytes.Buffer) {
	t.Helper()
	out, problems, in = &bytes.Buffer{}, &bytes.Buffer{}, &typist{lines: lines}
	a := &app{in: strings.NewReader(""), out: out, err: problems, now: time.Now}
	a.settings.DB = filepath.Join(t.TempDir(), "mirror.db")
	a.settings.Output = formatCSV
	m, err := a.openMirror(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	s = &shell{a: a, in: in, params: map[string]any{}, bounds: sqlBounds{limit: 3, timeout: time.Minute}, signals: make(chan os.Signal, 1)}
	if err := s.learnNames(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, in, out, problems
}

func TestAStatementEndsAtItsSemicolon(t *testing.T) {
	s, in, out, problems := shellOf(t,
		"select ';' as a, -- not here;",
		"  2 as b; select 3 as c;",
		"", "select 'given up",
		"^C",
		"select 4 as d",
		".mode", // inside a statement it is part of it
		"^C",
		"select 5 as e; select",
		"6 as f;")
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "a,b\n;,2\nc\n3\ne\n5\nf\n6\n"; got != want || problems.String() != "" {
		t.Errorf("printed %q, want %q; problems %q", got, want, problems)
	}
	if want := []string{"mirror> ", "   ...> ", "mirror> "}; !slices.Equal(in.prompts[:3], want) {
		t.Errorf("prompts %q, want %q", in.prompts[:3], want)
	}
	if in.remembered[0] != "select ';' as a, -- not here;\n  2 as b; select 3 as c;" {
		t.Errorf("remembered %q", in.remembered)
	}
}

func TestAnErrorEndsAStatementAndNotTheShell(t *testing.T) {
	s, _, out, problems := shellOf(t, "selec 1; select 2 as b;", "delete from campaigns;", "select 3 as c;", ".timeout 1ms",
		"with recursive r(n) as (select 1 union all select n + 1 from r) select max(n) from r;", ".timeout", ".timeout 0", "select 4 as d;")
	s.bounds.timeout = time.Minute
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "c\n3\n1ms\n"; !strings.HasPrefix(got, want) {
		t.Errorf("printed %q, want %q", got, want)
	}
	for _, want := range []string{"syntax error", "more than read", "raise .timeout", "more than nothing"} {
		if !strings.Contains(problems.String(), want) {
			t.Errorf("%q is not among the problems:\n%s", want, problems)
		}
	}
}

func TestShellCommands(t *testing.T) {
	for _, c := range []struct {
		name            string
		lines           []string
		stdout, problem string // a part of each; "" for nothing
	}{
		{"help", []string{".help"}, ".as-of TIME|SNAPSHOT|now", ""},
		{"tables", []string{".tables"}, "table  campaigns\n", ""},
		{"views", []string{".tables"}, "view   campaign_performance\n", ""},
		{"schema", []string{".schema usage"}, "CREATE VIEW usage as\n", ""},
		{"no such table", []string{".schema usages"}, "", "there is no table usages"},
		{"mode", []string{".mode json", "select 1 as n;"}, "[\n{\"n\":1}\n]\n", ""},
		{"no such mode", []string{".mode xml"}, "", `unknown output format "xml"`},
		{"problems are for people in every mode", []string{".mode json", "selec;"}, "", "error: near"},
		{"params", []string{`.params n=7 id="7"`, "select typeof(:id) as t;", "select :n as n;", ".params"}, "t\ntext\nn\n7\n:id = \"7\"\n:n = 7\n", ""},
		{"params forgotten", []string{".params n=7", ".params off", "select :n;"}, "", "missing"},
		{"limit", []string{"select value from json_each('[1,2,3,4]');"}, "value\n1\n2\n3\n", "more rows: raise .limit"},
		{"no limit", []string{".limit 0", "select value from json_each('[1,2,3,4]');"}, "3\n4\n", ""},
		{"no such limit", []string{".limit few"}, "", `"few" is no number of rows`},
		{"before there was anything", []string{".as-of 2001-01-01"}, "", "error: "},
		{"as-of wants one", []string{".as-of"}, "", ".as-of now"},
		{"quit", []string{".quit", "select 1;"}, "", ""},
		{"a word mistyped", []string{".tabels"}, "", "did you mean .tables?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _, out, problems := shellOf(t, c.lines...)
			if err := s.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, p := range []struct{ name, got, want string }{{"stdout", out.String(), c.stdout}, {"stderr", problems.String(), c.problem}} {
				if !strings.Contains(p.got, p.want) || p.want == "" && p.got != "" {
					t.Errorf("%s is %q, want %q", p.name, p.got, p.want)
				}
			}
		})
	}
}

// TestTabCompletes: | is the cursor, and what is offered replaces what is between
// head and cursor.
func TestTabCompletes(t *testing.T) {
	s, _, _, _ := shellOf(t)
	for _, c := range []struct{ pending, line, head, offer, not string }{
		{"", "select * from camp|", "select * from ", "campaign_performance", "campaign_id"},
		{"", "select * from campaigns join seg|", "select * from campaigns join ", "segments", "segment_id"},
		{"", "select na| from campaigns", "select ", "name", "nullif"},
		{"select name from campaigns\n", "where trig|", "where ", "trigger_segment_ids", "transactional_id"},
		{"", "select c.sta| from campaigns as c", "select c.", "state", "stage"},
		{"", "select campaigns.Sta|", "select campaigns.", "start_hour", ""},
		{"", "SEL|", "", "select", ""},
		{"", ".ti|", "", ".timeout", ".tables"},
		{"", ".mode js|", ".mode ", "jsonl", "csv"},
		{"", "select 'é', na| from segments", "select 'é', ", "name", ""},
	} {
		before, after, _ := strings.Cut(c.line, "|")
		s.pending = c.pending
		head, offers, tail := s.complete(before+after, len([]rune(before)))
		if head != c.head || tail != after || !slices.Contains(offers, c.offer) || slices.Contains(offers, c.not) {
			t.Errorf("%q: %q, %q, %q", c.line, head, offers, tail)
		}
	}
}

func TestTheHistoryIsPrivateAndDoesNotGrowForEver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "history")
	e, err := newLineEditor(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range []string{"select 1\nas n;", "select 1\nas n;", "select 2 -- two\n;"} {
		if err := e.remember(entry); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if want := "select 1 as n;\nselect 2 -- two\n;\n"; err != nil || string(text) != want {
		t.Errorf("the history is %q, want %q: %v", text, want, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("select 1;\n"), 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	entries, err := readHistory(path)
	info, statErr := os.Stat(path)
	if err != nil || statErr != nil || len(entries) != 1000 || info.Size() != 10_000 {
		t.Errorf("%d entries, %d bytes: %v %v", len(entries), info.Size(), err, statErr)
	}
}

func TestTablesComeByNameAndTheirHistoryLast(t *testing.T) {
	s, _, out, _ := shellOf(t, ".tables")
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	var live, past []string
	for line := range strings.Lines(out.String()) {
		name, table := strings.CutPrefix(strings.TrimSpace(line), "table  ")
		switch {
		case !table:
		case strings.HasSuffix(name, "_history"):
			past = append(past, name)
		case past != nil:
			t.Errorf("%s comes after %s", name, past[0])
		default:
			live = append(live, name)
		}
	}
	if len(live) == 0 || len(past) == 0 || !slices.IsSorted(live) || !slices.IsSorted(past) {
		t.Errorf("tables %q, then %q", live, past)
	}
}

func TestTheShellShowsEveryColumnAndTellsOfItsOwnCommands(t *testing.T) {
	s, _, out, problems := shellOf(t, ".mode table", "select 1 as one, 2 as two, 3 as three, 4 as four, 5 as five, 6 as six, 7 as seven, 8 as eight, 9 as nine;")
	s.a.terminal.out, s.a.terminal.width, s.a.inShell = true, 40, true
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := problems.String(); !strings.Contains(got, ".mode csv") || strings.Contains(got, "--fields") || strings.Contains(got, "-o csv") {
		t.Errorf("problems: %q", got)
	}
	if got := out.String(); !strings.Contains(got, " nine  │ 9 ") {
		t.Errorf("a column that the statement names is not there:\n%s", got)
	}
}

func TestTheShellAsksForAParameterByItsOwnCommand(t *testing.T) {
	s, _, _, problems := shellOf(t, "select :a;")
	if err := s.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := problems.String(); !strings.Contains(got, ".params ") || strings.Contains(got, "--param") {
		t.Errorf("problems: %q", got)
	}
}

func TestAParameterHasOneValue(t *testing.T) {
	if bound, err := bindings([]string{"a=1", "a="}); err == nil {
		t.Errorf("two values are taken for %v", bound)
	}
}
