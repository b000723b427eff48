package query_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ciomirror/query"
)

// Goldens are rewritten with: go test ./query -run Golden -update
var update = flag.Bool("update", false, "rewrite the goldens")

// archive is a txtar file: some text, then files, each after a line with its name.
type archive struct {
	Comment string
	Files   []file
}

type file struct{ Name, Data string }

func readArchive(name string) (archive, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return archive{}, err
	}
	var a archive
	into := &a.Comment
	for line := range strings.Lines(string(raw)) {
		name, ok := strings.CutPrefix(strings.TrimSpace(line), "-- ")
		if name, end := strings.CutSuffix(name, " --"); ok && end {
			a.Files = append(a.Files, file{Name: name})
			into = &a.Files[len(a.Files)-1].Data
			continue
		}
		*into += line
	}
	return a, nil
}

func (a archive) format() string {
	text := a.Comment
	for _, f := range a.Files {
		text += "-- " + f.Name + " --\n" + f.Data
	}
	return text
}

// goldens calls f with every file of a folder and compares what it returns with
// what stands in the file after filter.json.
func goldens(t *testing.T, folder string, f func(t *testing.T, entity, filter string) []file) {
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", folder, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			a, err := readArchive(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Files) == 0 || a.Files[0].Name != "filter.json" {
				t.Fatal("the first part is not filter.json")
			}
			entity := "things"
			if first, _, _ := strings.Cut(a.Comment, "\n"); strings.HasPrefix(first, "entity ") {
				entity = strings.TrimPrefix(first, "entity ")
			}
			got := archive{Comment: a.Comment, Files: append(a.Files[:1:1], f(t, entity, a.Files[0].Data)...)}
			text := got.format()
			if *update {
				if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := a.format(); text != want {
				t.Errorf("got\n%s\nwant\n%s", text, want)
			}
		})
	}
}

// oneField asks for one column, so that the goldens show the condition.
func oneField(filter string) string {
	return `{"query":{"filter":` + filter + `},"fields":["id"],"limit":10}`
}

func TestGoldenStatements(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	goldens(t, "ok", func(t *testing.T, entity, filter string) []file {
		var sql, args strings.Builder
		for _, st := range compile(t, m, entity, oneField(filter)).Statements() {
			fmt.Fprintln(&sql, st.SQL)
			line, err := json.Marshal(st.Args)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&args, "%s\n", line)
			m.plan(t, st) // SQLite must take it
		}
		return []file{{Name: "want.sql", Data: sql.String()}, {Name: "want.args", Data: args.String()}}
	})
}

func TestGoldenErrors(t *testing.T) {
	m := newMirror(t, testCatalog(t))
	goldens(t, "bad", func(t *testing.T, entity, filter string) []file {
		_, err := m.search(entity, oneField(strings.TrimSpace(filter)))
		f, ok := errors.AsType[*query.Error](err)
		if !ok {
			t.Fatalf("got %v, want an *Error", err)
		}
		text := fmt.Sprintf("code: %s\nat: %s\nfield: %s\nmessage: %s\nhint: %s\n", f.Code, f.At, f.Dotted(), f.Msg, f.Hint)
		return []file{{Name: "want.error", Data: text}}
	})
}

func TestEveryOperatorHasAGolden(t *testing.T) {
	for _, op := range query.Operators() {
		for _, folder := range []string{"ok", "bad"} {
			raw, err := os.ReadFile(filepath.Join("testdata", folder, op.Name+".txtar"))
			if err != nil {
				t.Errorf("operator %s: %v", op.Name, err)
			} else if !strings.Contains(string(raw), `"`+op.Name+`"`) {
				t.Errorf("the golden of %s in %s does not use it", op.Name, folder)
			}
		}
	}
}

func TestExamplesOfOperatorsParse(t *testing.T) {
	for _, op := range query.Operators() {
		if _, err := query.Parse([]byte(`{"query":{"filter":` + op.Example + `}}`)); err != nil {
			t.Errorf("%s: %v", op.Name, err)
		}
		if op.Doc == "" || strings.HasSuffix(op.Doc, ".") || !strings.Contains(op.Example, `"`+op.Name+`"`) {
			t.Errorf("%s: doc %q, example %s", op.Name, op.Doc, op.Example)
		}
	}
}
