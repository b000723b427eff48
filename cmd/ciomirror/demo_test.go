package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// demoRun is what one demo printed, and its file.
type demoRun struct {
	t       *testing.T
	db      *sql.DB
	path    string
	now     time.Time // when it began
	took    time.Duration
	text    string
	head    []string  // the lines before the first question
	changes []section // a question with its answer each
	end     string    // from "Now try" on
}

// section is one question of the demo: why, the command, and what it printed.
type section struct {
	why, command, answer string
}

// TestDemoPrintsWhatTheMirrorHolds works out every figure and table of the demo from
// its file, by other statements than the demo's.
func TestDemoPrintsWhatTheMirrorHolds(t *testing.T) {
	fresh := uint64(time.Now().UnixNano() % 100000)
	t.Logf("seed from the clock: %d", fresh)
	seeds := []uint64{1, 7, fresh}
	if testing.Short() {
		seeds = seeds[2:]
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			d := runDemo(t, seed)
			d.checkHead(seed)
			if len(d.changes) != 7 {
				t.Fatalf("%d questions, want 7:\n%s", len(d.changes), d.text)
			}
			d.before() // the tables as they were after the first sync
			d.checkCampaigns(d.changes[0])
			d.checkTrialSteps(d.changes[1])
			d.checkBounces(d.changes[2])
			d.checkOpenRates(d.changes[3])
			d.checkSegments(d.changes[4])
			d.checkDiff(d.changes[5])
			d.checkVersions(d.changes[6])
			d.runCommands()
		})
	}
}

func TestDemoTouchesNoFileThatExists(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.db")
	if err := copyFile("demo_test.go", path); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := inProcess(t, "", "demo", "--db", path)
	if code != exitUsage || !strings.Contains(stderr, "exists") || !strings.Contains(stderr, "hint:") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	if code, _, stderr := inProcess(t, "", "demo", "--size", "large"); code != exitUsage || !strings.Contains(stderr, "ciomirror sim --size large") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

// inProcess runs the program in this process with nothing of our own environment.
func inProcess(t *testing.T, db string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	env := map[string]string{"CIOMIRROR_DB": db}
	a := &app{in: strings.NewReader(""), out: &out, err: &problems, now: time.Now,
		env: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	code = a.run(t.Context(), args)
	return code, out.String(), problems.String()
}

func runDemo(t *testing.T, seed uint64) *demoRun {
	t.Helper()
	d := &demoRun{t: t, path: filepath.Join(t.TempDir(), "demo.db"), now: time.Now()}
	code, stdout, stderr := inProcess(t, "", "demo", "--seed", fmt.Sprint(seed), "--db", d.path)
	d.took, d.text = time.Since(d.now), stdout
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if strings.ContainsRune(stdout+stderr, 0x1b) {
		t.Error("a control code in a pipe")
	}
	db, err := sql.Open("sqlite", "file:"+d.path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1) // the views of before belong to one connection
	d.db = db
	d.split()
	return d
}

// split cuts the output into its parts.
func (d *demoRun) split() {
	body, end, ok := strings.Cut(d.text, "\nNow try\n")
	if !ok {
		d.t.Fatalf("there is no \"Now try\":\n%s", d.text)
	}
	d.end = end
	parts := strings.Split(body, "\n# ")
	d.head = strings.Split(parts[0], "\n")
	for _, p := range parts[1:] {
		why, rest, _ := strings.Cut(p, "\n$ ")
		s := section{why: why}
		// The command goes on until its quotes are closed.
		lines := strings.SplitAfter(rest, "\n")
		n := 1
		for n < len(lines) && strings.Count(strings.Join(lines[:n], ""), `"`)%2 == 1 {
			n++
		}
		s.command = strings.TrimSpace(strings.Join(lines[:n], ""))
		s.answer = strings.Join(lines[n:], "")
		if cut, news, ok := strings.Cut(s.answer, "\nA day passes:"); ok {
			s.answer = cut
			d.head = append(d.head, strings.Split(news, "\n")...)
		}
		d.changes = append(d.changes, s)
	}
}

// table reads a table as it is printed for people.
func (s section) table() (head []string, rows [][]string) {
	for i, line := range strings.Split(strings.TrimRight(s.answer, "\n"), "\n") {
		if i == 1 {
			continue // the rule below the head
		}
		cells := strings.Split(line, "│")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		if i == 0 {
			head = cells
		} else {
			rows = append(rows, cells)
		}
	}
	return head, rows
}

// query is a statement's answer in texts.
func (d *demoRun) query(statement string, args ...any) [][]string {
	d.t.Helper()
	rows, err := queryDB(d.t.Context(), d.db, fmt.Sprintf(statement, args...))
	if err != nil {
		d.t.Fatalf("%s: %v", fmt.Sprintf(statement, args...), err)
	}
	return rows
}

func (d *demoRun) number(statement string, args ...any) int {
	d.t.Helper()
	rows := d.query(statement, args...)
	n, err := strconv.Atoi(rows[0][0])
	if err != nil {
		d.t.Fatalf("%s: %v", statement, err)
	}
	return n
}

// entities are the names of the entities in the file.
func (d *demoRun) entities() []string {
	var names []string
	for _, r := range d.query(`select replace(name, '_history', '') from sqlite_schema where type = 'table' and name like '%%\_history' escape '\'`) {
		names = append(names, r[0])
	}
	return names
}

// before makes, for each entity, a view named then_ENTITY of the rows that were
// live when the first run ended.
func (d *demoRun) before() {
	ended := d.number("select finished from runs where id = 1")
	for _, e := range d.entities() {
		var columns []string
		for _, r := range d.query("select name from pragma_table_info('%s')", e) {
			if !strings.HasPrefix(r[0], "_") || r[0] == "_hash" {
				columns = append(columns, `"`+r[0]+`"`)
			}
		}
		list := strings.Join(columns, ", ")
		d.query(`create temp view then_%[1]s as select %[2]s from %[1]s where _changed_at <= %[3]d
			union all select %[2]s from %[1]s_history where _valid_from <= %[3]d and %[3]d < _valid_to`, e, list, ended)
	}
}

var (
	introLine = regexp.MustCompile(`^A pretend Customer\.io \((\w+), seed (\d+)\) runs in this program, at (\d+) requests a second$`)
	syncLine  = regexp.MustCompile(`^(\d+) records in (\d+\.\d) s, (\d+) requests: (\d+) new, (\d+) changed, (\d+) gone$`)
)

// checkHead checks the figures of the two syncs.
func (d *demoRun) checkHead(seed uint64) {
	t := d.t
	intro := introLine.FindStringSubmatch(d.head[0])
	if intro == nil || intro[1] != "small" || intro[2] != fmt.Sprint(seed) || intro[3] != "200" {
		t.Errorf("the first line is %q", d.head[0])
	}
	if n := strings.Count(d.text, " into "+d.path+"\n"); n != 2 {
		t.Errorf("the file is named %d times as what is copied into, want 2", n)
	}
	var syncs [][]string
	for _, line := range d.head {
		if m := syncLine.FindStringSubmatch(line); m != nil {
			syncs = append(syncs, m[1:])
		}
	}
	if len(syncs) != 2 {
		t.Fatalf("%d syncs are told of, want 2: %q", len(syncs), d.head)
	}
	for i, got := range syncs {
		run := i + 1
		// What changed is told from the versions, not from the report about them.
		added, changed, gone := 0, 0, 0
		from := d.number("select started from runs where id = %d", run)
		to := d.number("select finished from runs where id = %d", run)
		for _, e := range d.entities() {
			// A history row that is the last of its key died; its first sight is on it too.
			added += d.number(`select count(*) from (
				select _first_seen as f from %[1]s where _first_seen between %[2]d and %[3]d
				union all select _first_seen from %[1]s_history where _change = 'deleted' and _first_seen between %[2]d and %[3]d)`, e, from, to)
			changed += d.number("select count(*) from %s_history where _change = 'changed' and _valid_to between %d and %d", e, from, to)
			gone += d.number("select count(*) from %s_history where _change = 'deleted' and _valid_to between %d and %d", e, from, to)
		}
		want := []string{
			fmt.Sprint(d.number("select sum(rows) from run_entities where run = %d", run)), "",
			fmt.Sprint(d.number("select sum(requests) from run_entities where run = %d", run)),
			fmt.Sprint(added), fmt.Sprint(changed), fmt.Sprint(gone),
		}
		for j, w := range want {
			if w != "" && got[j] != w {
				t.Errorf("sync %d says %q, the file says %q (records, –, requests, new, changed, gone)", run, got, want)
				break
			}
		}
		seconds, err := strconv.ParseFloat(got[1], 64)
		// On a busy machine the run's own two times say little: they are in the file, on
		// either side of what was timed.
		if err != nil || seconds <= 0 || seconds > d.took.Seconds()+0.1 {
			t.Errorf("sync %d took %s s of %.1f", run, got[1], d.took.Seconds())
		}
		if added+changed+gone == 0 {
			t.Errorf("sync %d: nothing happened", run)
		}
	}
	// Everything that the first run read is new, so the two counts are one.
	if syncs[0][0] != syncs[0][3] {
		t.Errorf("the first sync read %s records, %s of them new", syncs[0][0], syncs[0][3])
	}
}

// runCommands runs every command that the demo shows, on its file.
func (d *demoRun) runCommands() {
	commands := make([]string, 0, 16)
	for _, s := range d.changes {
		commands = append(commands, s.command)
	}
	own, _, ok := strings.Cut(d.end, "With your own workspace")
	if !ok {
		d.t.Error("the demo does not say how to go on with one's own workspace")
	}
	suggested := 0
	for line := range strings.Lines(own) {
		line = strings.TrimSpace(line)
		if path, isExport := strings.CutPrefix(line, "export CIOMIRROR_DB="); isExport {
			if path != d.path {
				d.t.Errorf("the demo exports %q, its file is %q", path, d.path)
			}
			continue
		}
		if line != "" {
			suggested++
			commands = append(commands, line)
		}
	}
	if suggested < 6 {
		d.t.Errorf("only %d commands under \"Now try\"", suggested)
	}
	for _, c := range commands {
		args := shellWords(c)
		if args[0] != "ciomirror" {
			d.t.Errorf("%q is no command of ours", c)
			continue
		}
		code, stdout, stderr := inProcess(d.t, d.path, args[1:]...)
		// A question may have lost its answer: the day that went by deletes things.
		if code != exitOK || stdout == "" && !slices.ContainsFunc(d.changes, func(s section) bool { return s.command == c }) {
			d.t.Errorf("%s\nexit code %d, %d bytes on stdout, stderr: %s", c, code, len(stdout), stderr)
		}
	}
}

// shellWords splits a command as a shell does, as far as the demo's quotes go.
func shellWords(line string) []string {
	var words []string
	var word strings.Builder
	var quote rune
	inWord := false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inWord = r, true
		case r == ' ':
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
