package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"ciomirror/catalog"
	"ciomirror/query"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// library is a mirror in which texts are searched, with and without the index.
type library struct {
	testing.TB
	s    *sqlite.Store
	path string
	run  store.Run
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{TB: t, path: filepath.Join(t.TempDir(), "mirror.db")}
	l.s = open(t, l.path, sqlite.Options{Create: true})
	l.begin()
	return l
}

func (l *library) begin() {
	l.Helper()
	var err error
	if l.run, err = l.s.StartRun(l.Context(), store.Claim{Mode: store.All}); err != nil {
		l.Fatal(err)
	}
}

func (l *library) table(entity string) *store.Table {
	l.Helper()
	e, ok := catalog.Default().Entity(entity)
	if !ok {
		l.Fatalf("no entity %s", entity)
	}
	return store.NewTable(e)
}

func (l *library) rows(entity string, records ...string) []store.Row {
	l.Helper()
	dec := store.NewDecoder(l.table(entity))
	var rows []store.Row
	for _, r := range records {
		row, err := dec.Decode([]byte(r), "")
		if err != nil {
			l.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

func (l *library) write(entity string, records ...string) {
	l.Helper()
	if _, err := l.run.Write(l.Context(), l.table(entity), l.rows(entity, records...)); err != nil {
		l.Fatal(err)
	}
}

// apply makes the records all that the entity has.
func (l *library) apply(entity string, records ...string) {
	l.Helper()
	err := l.run.Stage(l.Context(), l.table(entity), l.rows(entity, records...), nil)
	if err == nil {
		_, err = l.run.Apply(l.Context(), l.table(entity), store.Scope{All: true})
	}
	if err != nil {
		l.Fatal(err)
	}
}

// exec does to the file what the store would never do.
func (l *library) exec(statement string, args ...any) {
	l.Helper()
	db, err := sql.Open("sqlite", "file:"+l.path)
	if err != nil {
		l.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(l.Context(), statement, args...); err != nil {
		l.Fatal(err)
	}
}

// ask compiles a search with or without the index.
func (l *library) ask(entity, params string, indexed bool) *query.Plan {
	l.Helper()
	q, err := query.Parse([]byte(params))
	if err != nil {
		l.Fatalf("%s: %v", params, err)
	}
	plan, err := query.NewCompiler(catalog.Default(), query.SQLite{TextIndex: indexed}).Compile(entity, q)
	if err != nil {
		l.Fatalf("%s: %v", params, err)
	}
	return plan
}

// find returns what a search finds, as one text.
func (l *library) find(entity, params string, indexed bool) string {
	l.Helper()
	answer, err := query.Run(l.Context(), l.s, l.ask(entity, params, indexed), func() time.Time { return time.Time{} })
	if err != nil {
		l.Fatalf("%s: %v", params, err)
	}
	b, err := json.Marshal(answer)
	if err != nil {
		l.Fatal(err)
	}
	return string(b)
}

// proposes reports whether the index is asked for a search.
func (l *library) proposes(entity, params string) bool {
	l.Helper()
	looks, _, err := l.ask(entity, params, true).Chosen(l.Context(), l.s.Rows)
	if err != nil {
		l.Fatal(err)
	}
	return len(looks) > 0
}

func (l *library) inStep() {
	l.Helper()
	if wrong, err := l.s.CheckText(context.WithoutCancel(l.Context())); wrong != nil || err != nil {
		l.Errorf("text indexes out of step: %v, %v", wrong, err)
	}
}

func literal(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

// Whatever is written in whatever order, a search through the index answers as one
// without it.
func TestTheTextIndexChangesNoAnswer(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("start value %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	words := []string{"Welcome", "welcome!", "WELCOME", "Straße", "STRASSE", "don't", "dont", "o’clock", "in_app", "100%", "é́cole", "école", "E\u0301COLE", "İstanbul", "ΣΟΦΟΣ", "σοφος", "🎉🎉🎉", "日本語", "ab", "x", "\x00\x00\x00", `"quoted"`, "a\\b", "(or) and", "trial", "retrial", "Congratulations"}
	phrase := func(n int) string {
		var list []string
		for range r.IntN(n) {
			list = append(list, words[r.IntN(len(words))])
		}
		return strings.Join(list, []string{" ", "", "-"}[r.IntN(3)])
	}
	piece := func() string {
		runes := []rune(phrase(4))
		from := r.IntN(len(runes) + 1)
		return string(runes[from : from+r.IntN(len(runes)-from+1)])
	}
	leaf := func(fields []string) string {
		op := []string{"contains", "startswith", "endswith", "like", "fuzzy", "keyword"}[r.IntN(6)]
		operand := piece()
		if op == "fuzzy" || op == "keyword" {
			operand += " " + words[r.IntN(6)]
			if r.IntN(2) == 0 { // a word mistyped
				letters := []rune([]string{"Congratulations", "welcome", "strasse"}[r.IntN(3)])
				at := r.IntN(len(letters) - 1)
				letters[at], letters[at+1] = letters[at+1], letters[at]
				operand = string(letters)
			}
		}
		return fmt.Sprintf(`{%q:{%q:%s}}`, op, fields[r.IntN(len(fields))], literal(operand))
	}
	var filter func(fields []string, depth int) string
	filter = func(fields []string, depth int) string {
		switch n := r.IntN(6); {
		case depth == 0 || n < 2:
			return leaf(fields)
		case n == 2:
			return `{"not":` + filter(fields, depth-1) + `}`
		default:
			return fmt.Sprintf(`{%q:[%s,%s]}`, []string{"and", "or"}[n%2], filter(fields, depth-1), filter(fields, depth-1))
		}
	}
	l := newLibrary(t)
	value := func(n int) string {
		if r.IntN(5) == 0 {
			return "null"
		}
		return literal(phrase(n))
	}
	rounds, searches := 8, 200
	if testing.Short() {
		rounds, searches = 4, 80
	}
	asked, mistyped := 0, 0
	for range rounds {
		var campaigns, messages []string
		for i := range 40 {
			if r.IntN(4) > 0 {
				campaigns = append(campaigns, fmt.Sprintf(`{"id":%d,"name":%s,"description":%s}`, i, value(6), value(3)))
			}
			messages = append(messages, fmt.Sprintf(`{"id":"m%d","created":%d,"subject":%s,"failure_message":%s,"metrics":{"sent":%d}}`, r.IntN(60), 1+i, value(6), value(2), r.IntN(9)))
		}
		l.apply("campaigns", campaigns...)
		l.write("messages", messages...)
		l.inStep()
		for range searches {
			entity, fields, sort := "campaigns", []string{"name", "description", "name"}, ""
			if r.IntN(2) == 0 {
				entity, fields, sort = "messages", []string{"subject", "failure_message", "type"}, `,"sort":[{"created":"desc"}]`
			}
			params := fmt.Sprintf(`{"query":{"filter":%s%s},"limit":%d`, filter(fields, 3), sort, 5+r.IntN(20))
			lenient := r.IntN(2) == 0 && (strings.Contains(params, `"fuzzy"`) || strings.Contains(params, `"keyword"`))
			if lenient {
				params += fmt.Sprintf(`,"typos":%d`, 1+r.IntN(2))
			}
			if l.proposes(entity, params+"}") {
				asked++
				if lenient {
					mistyped++
				}
			}
			for cursor := ""; ; {
				with, without := l.find(entity, params+cursor+"}", true), l.find(entity, params+cursor+"}", false)
				if with != without {
					t.Fatalf("%s %s}:\n with the index %s\n without        %s", entity, params+cursor, with, without)
				}
				var answer query.Answer
				if err := json.Unmarshal([]byte(with), &answer); err != nil {
					t.Fatal(err)
				}
				if answer.Meta.Cursor == nil {
					break
				}
				cursor = `,"cursor":` + literal(*answer.Meta.Cursor)
			}
		}
	}
	if asked < rounds*searches/10 || mistyped < rounds*searches/100 {
		t.Errorf("the index was asked %d times, %d of them with typos: too few to prove anything", asked, mistyped)
	}
}

func TestAnAnswerComesFromTheTextIndex(t *testing.T) {
	l := newLibrary(t)
	l.write("messages", `{"id":"a","subject":"Your zebra has shipped"}`, `{"id":"b","subject":"A zebra of your own"}`)
	const zebras = `{"query":{"filter":{"keyword":{"subject":"zebra"}}},"fields":["id"]}`
	if got := l.find("messages", zebras, true); !strings.Contains(got, `[{"id":"a"},{"id":"b"}]`) {
		t.Fatal(got)
	}
	looks, _, err := l.ask("messages", zebras, true).Chosen(t.Context(), l.s.Rows)
	if err != nil || len(looks) == 0 {
		t.Fatalf("%d looks, %v", len(looks), err)
	}
	steps, err := l.s.Plan(t.Context(), looks[len(looks)-1])
	if err != nil || !slices.ContainsFunc(steps.Steps, func(s string) bool { return strings.Contains(s, "_messages_text VIRTUAL TABLE INDEX") }) {
		t.Errorf("the plan does not name the index: %q, %v", steps, err)
	}

	// One posting fewer, one row fewer: the rows alone would have given both.
	l.exec(`delete from _messages_text where rowid = (select rowid from messages where id = 'a')`)
	l.exec(`insert into _messages_text (rowid, subject) select rowid, replace(text_terms(subject, 1), 'bzeb', '') from messages where id = 'a'`)
	if got := l.find("messages", zebras, true); !strings.Contains(got, `[{"id":"b"}]`) {
		t.Errorf("without its posting the row is still found: %s", got)
	}
	if wrong, err := l.s.CheckText(t.Context()); err != nil || !slices.Equal(wrong, []string{"messages"}) {
		t.Errorf("the check finds %v wrong, %v", wrong, err)
	}
	if err := l.s.RepairText(t.Context(), "messages"); err != nil {
		t.Fatal(err)
	}
	if got := l.find("messages", zebras, true); !strings.Contains(got, `[{"id":"a"},{"id":"b"}]`) {
		t.Errorf("after the repair: %s", got)
	}
	l.inStep()
}

func TestCheckTextFindsRowsThatTheIndexHasTooManyOrTooFew(t *testing.T) {
	for name, spoil := range map[string]string{
		"a row is missing":            `delete from _segments_text where rowid = (select rowid from segments where id = 1)`,
		"an empty row is missing":     `delete from _segments_text where rowid = (select rowid from segments where id = 3)`,
		"a row is there that is gone": `insert into _segments_text (rowid, name) values (99, '')`,
		"texts changed places":        `update segments set rowid = rowid + 10`,
		"a text is another":           `update segments set name = 'eleven' where id = 1`,
		"a text is in another column": `update segments set description = name, name = null where id = 2`,
		"entries changed rows":        `update segments set name = case id when 1 then 'seve' else 'fives' end where id < 3`,
	} {
		t.Run(name, func(t *testing.T) {
			l := newLibrary(t)
			l.apply("segments", `{"id":1,"name":"fives"}`, `{"id":2,"name":"seve"}`, `{"id":3}`)
			l.inStep()
			l.exec(spoil)
			if wrong, err := l.s.CheckText(t.Context()); err != nil || !slices.Equal(wrong, []string{"segments"}) {
				t.Errorf("the check finds %v wrong, %v", wrong, err)
			}
			if err := l.s.RepairText(t.Context(), "segments"); err != nil {
				t.Fatal(err)
			}
			l.inStep()
		})
	}
}

func TestAnExportHasItsTextIndex(t *testing.T) {
	l := newLibrary(t)
	l.apply("campaigns", `{"id":1,"name":"Welcome"}`, `{"id":2,"name":"Goodbye"}`)
	if err := l.run.Finish(t.Context(), store.Complete, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := l.s.CreateSnapshot(t.Context(), "then", ""); err != nil {
		t.Fatal(err)
	}
	l.begin()
	l.apply("campaigns", `{"id":2,"name":"Farewell"}`)
	exported := &library{TB: t, path: filepath.Join(t.TempDir(), "then.db")}
	if _, err := l.s.ExportSnapshot(t.Context(), "then", exported.path, false); err != nil {
		t.Fatal(err)
	}
	exported.s = open(t, exported.path, sqlite.Options{})
	exported.inStep()
	const params = `{"query":{"filter":{"contains":{"name":"odby"}}},"fields":["id"]}`
	if got := exported.find("campaigns", params, true); !strings.Contains(got, `[{"id":2}]`) {
		t.Error(got)
	}
	if got := l.find("campaigns", params, true); !strings.Contains(got, `[]`) {
		t.Error(got)
	}
}

func TestAMirrorFromBeforeTheTextIndexGetsOne(t *testing.T) {
	const folder = "../../migrations/sqlite"
	before := fstest.MapFS{}
	for _, name := range []string{"0001_runs.sql", "0002_entities.sql", "0003_continuity.sql"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		before[name] = &fstest.MapFile{Data: text}
	}
	l := &library{TB: t, path: filepath.Join(t.TempDir(), "mirror.db")}
	open(t, l.path, sqlite.Options{Create: true, Migrations: before})
	l.exec(`insert into messages (id, subject, _hash, _first_seen, _changed_at, _run) values ('a', 'ΣΟΦΟΣ', x'00', 1, 1, 1)`)
	l.s = open(t, l.path, sqlite.Options{})
	l.inStep()
	const params = `{"query":{"filter":{"contains":{"subject":"σοφος"}}},"fields":["id"]}`
	if !l.proposes("messages", params) {
		t.Error("the index is not asked")
	}
	if got := l.find("messages", params, true); !strings.Contains(got, `[{"id":"a"}]`) {
		t.Error(got)
	}
}
