package export_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"ciomirror/export"
	"ciomirror/internal/newfile"
)

// rows are the rows of a result, one after the other.
func rows(all ...[]any) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// result has columns written as "name type".
func result(columns string, all ...[]any) export.Result {
	types := map[string]export.Type{"text": export.Text, "integer": export.Integer, "number": export.Number, "boolean": export.Boolean,
		"time": export.Time, "json": export.JSON, "bytes": export.Bytes, "untyped": 0}
	r := export.Result{Name: "things", Rows: rows(all...)}
	for c := range strings.SplitSeq(columns, ", ") {
		name, kind, _ := strings.Cut(c, " ")
		r.Columns = append(r.Columns, export.Column{Name: name, Type: types[kind]})
	}
	return r
}

func write(t *testing.T, f export.Format, r export.Result, o export.Options) ([]byte, export.Written) {
	t.Helper()
	if o.Scratch == "" {
		o.Scratch = t.TempDir()
	}
	var b bytes.Buffer
	w, err := export.Write(context.Background(), &b, f, r, o)
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(o.Scratch); len(left) > 0 {
		t.Errorf("%s leaves %v behind", f, left)
	}
	return b.Bytes(), w
}

// everything has a value of each type, and a row without any.
func everything() export.Result {
	return result("id integer, name text, rate number, active boolean, created time, tags json, hash bytes",
		[]any{int64(1), "Ärzte, \"a\"\nb", 1.5, true, int64(1700000000), json.RawMessage(`["x",1]`), []byte{0, 255}},
		[]any{nil, nil, nil, nil, nil, nil, nil},
		[]any{int64(-3), "", int64(2), false, int64(-1), json.RawMessage(`{"a":"b"}`), []byte{}})
}

func TestTextFormats(t *testing.T) {
	for f, want := range map[export.Format]string{
		export.CSV: "id,name,rate,active,created,tags,hash\n" +
			"1,\"Ärzte, \"\"a\"\"\nb\",1.5,true,1700000000,\"[\"\"x\"\",1]\",00ff\n,,,,,,\n-3,,2,false,-1,\"{\"\"a\"\":\"\"b\"\"}\",\n",
		export.TSV: "id\tname\trate\tactive\tcreated\ttags\thash\n" +
			"1\t\"Ärzte, \"\"a\"\"\nb\"\t1.5\ttrue\t1700000000\t\"[\"\"x\"\",1]\"\t00ff\n\t\t\t\t\t\t\n-3\t\t2\tfalse\t-1\t\"{\"\"a\"\":\"\"b\"\"}\"\t\n",
		export.JSONL: `{"id":1,"name":"Ärzte, \"a\"\nb","rate":1.5,"active":true,"created":1700000000,"tags":["x",1],"hash":"00ff"}` + "\n" +
			`{"id":null,"name":null,"rate":null,"active":null,"created":null,"tags":null,"hash":null}` + "\n" +
			`{"id":-3,"name":"","rate":2,"active":false,"created":-1,"tags":{"a":"b"},"hash":""}` + "\n",
		export.Markdown: "| id | name | rate | active | created | tags | hash |\n| ---: | --- | ---: | --- | --- | --- | --- |\n" +
			"| 1 | Ärzte, \"a\"<br>b | 1.5 | true | 2023-11-14 22:13:20 | \\[\"x\",1\\] | 00ff |\n|  |  |  |  |  |  |  |\n" +
			"| -3 |  | 2 | false | 1969-12-31 23:59:59 | {\"a\":\"b\"} |  |\n",
	} {
		if got, w := write(t, f, everything(), export.Options{}); string(got) != want || w.Rows != 3 {
			t.Errorf("%s, %d rows:\n%s\nwant\n%s", f, w.Rows, got, want)
		}
	}
}

func TestSparseRowsHaveNoNullsInJSON(t *testing.T) {
	r := everything()
	r.Sparse = true
	got, _ := write(t, export.JSONL, r, export.Options{})
	if lines := strings.Split(string(got), "\n"); lines[1] != "{}" || strings.Contains(lines[0], "null") {
		t.Errorf("the lines are\n%s", got)
	}
}

// TestARowOfOneEmptyCellIsARow: an empty line is none to those who read CSV.
func TestARowOfOneEmptyCellIsARow(t *testing.T) {
	got, _ := write(t, export.CSV, result("name text", []any{"a"}, []any{nil}, []any{""}, []any{"b"}), export.Options{})
	records, err := csv.NewReader(bytes.NewReader(got)).ReadAll()
	if err != nil || len(records) != 5 || records[4][0] != "b" {
		t.Errorf("%q is read as %v, %v", got, records, err)
	}
}

// TestSafeCSV: no spreadsheet, whatever its separator, finds a cell that begins a
// formula; numbers and harmless texts stay as they are.
func TestSafeCSV(t *testing.T) {
	hostile := []string{"=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(1)", " =1", "\u00a0=1", "\t=1", "\r=1", "a;=cmd()", "a\n=1", "a; \"=1", "＝1", "－1", "a\t@x", "\x00=1"}
	cells := []any{int64(-5), -1.5, true, json.RawMessage("-12345678901234567890"), nil, "plain", "a-b=c", "2024-11-23", json.RawMessage(`{"a":"x;=cmd()"}`)}
	columns := []string{"=head text"}
	row := []any{"=first"}
	for i, h := range hostile {
		row, columns = append(row, h), append(columns, "h"+string(rune('a'+i))+" text")
	}
	for i, c := range cells {
		row, columns = append(row, c), append(columns, "c"+string(rune('a'+i))+" text")
	}
	for _, f := range []export.Format{export.CSV, export.TSV} {
		plain, _ := write(t, f, result(strings.Join(columns, ", "), row), export.Options{})
		safe, _ := write(t, f, result(strings.Join(columns, ", "), row), export.Options{SafeCSV: true})
		for _, separator := range []rune{',', ';', '\t'} {
			if found := formulas(plain, separator); len(found) == 0 {
				t.Errorf("%s parted by %q: the unsafe one has no formula, so the test finds none", f, separator)
			}
			if found := formulas(safe, separator); len(found) > 0 {
				t.Errorf("%s parted by %q has formulas: %q", f, separator, found)
			}
		}
		reader := csv.NewReader(bytes.NewReader(safe))
		if f == export.TSV {
			reader.Comma = '\t'
		}
		records, err := reader.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		kept := records[1][1+len(hostile):]
		if want := []string{"-5", "-1.5", "true", "-12345678901234567890", "", "plain", "a-b=c", "2024-11-23", `{"a":"x;'=cmd()"}`}; !slices.Equal(kept, want) {
			t.Errorf("%s: the harmless cells are %q, want %q", f, kept, want)
		}
	}
}

// formulas are the cells of a text that a simple-minded reader takes for formulas:
// one that parts at every separator and line break, and drops quotes and blanks.
func formulas(text []byte, separator rune) (found []string) {
	for _, cell := range strings.FieldsFunc(string(text), func(r rune) bool { return r == separator || r == '\n' || r == '\r' }) {
		cell = strings.Trim(cell, "\" \u00a0\t\x00")
		if cell == "" || cell == "-5" || cell == "-1.5" || cell == "-12345678901234567890" {
			continue
		}
		if strings.ContainsRune("=+-@＝＋－＠", []rune(cell)[0]) {
			found = append(found, cell)
		}
	}
	return found
}

// TestMarkdownShowsWhatThereIs: no mark-up, no code, no control character, no cell
// more or less, whatever a campaign is called.
func TestMarkdownShowsWhatThereIs(t *testing.T) {
	for in, want := range map[string]string{
		"<script>alert(1)</script>":   `&lt;script&gt;alert(1)&lt;/script&gt;`,
		"![x](http://example.com/a)":  `!\[x\](http:\//example.com/a)`,
		"www.example.com":             `www\.example.com`,
		"a_@example.com, @b @ c@":     `a\_@<!-- -->example.com, @<!-- -->b @ c@`,
		"a|b":                         `a\|b`,
		"a\\|b":                       `a\\\|b`,
		"**b** _i_ `c` ~s~ &amp; $x$": "\\*\\*b\\*\\* \\_i\\_ \\`c\\` \\~s\\~ &amp;amp; \\$x\\$",
		"first_name":                  "first_name",
		"_a_ a__b c_":                 "\\_a\\_ a\\_\\_b c\\_",
		"\x1b[31mred\x9b":             "\uFFFD\\[31mred\uFFFD",
		"\u009b31m":                   "\uFFFD31m",
		"abc\u202ecba\u2066x\u2069":   "abc\uFFFDcba\uFFFDx\uFFFD",
		"a\r\nb\nc\rd":                "a<br>b<br>c<br>d",
		"שלום 👩‍💻":                    "שלום 👩‍💻",
		"\xff":                        "\uFFFD",
	} {
		got, _ := write(t, export.Markdown, result("name text", []any{in}), export.Options{})
		if lines := strings.Split(string(got), "\n"); len(lines) != 4 || lines[2] != "| "+want+" |" {
			t.Errorf("%q is\n%s\nwant the cell %s", in, got, want)
		}
	}
	got, _ := write(t, export.Markdown, result("a|<b> text", []any{"x"}), export.Options{})
	if !strings.HasPrefix(string(got), "| a\\|&lt;b&gt; |\n| --- |\n") {
		t.Errorf("the head is %s", got)
	}
}

func TestOddValuesStayReadable(t *testing.T) {
	got, _ := write(t, export.JSONL, result("x untyped", []any{math.Inf(1)}, []any{math.NaN()}, []any{1e300}, []any{"\xff\x00"}, []any{"\u2028\x1b\x7f"}), export.Options{})
	n := 0
	for line := range strings.Lines(string(got)) {
		n++
		if !json.Valid([]byte(line)) {
			t.Errorf("%q is no JSON", line)
		}
	}
	if n != 5 {
		t.Errorf("%d lines:\n%s", n, got)
	}
}

// TestTextInJSONIsBareInCells, as the search prints it.
func TestTextInJSONIsBareInCells(t *testing.T) {
	r := func() export.Result {
		return result("x json", []any{json.RawMessage(`"a \"b\""`)}, []any{json.RawMessage("null")}, []any{json.RawMessage(`"007"`)})
	}
	if got, _ := write(t, export.TSV, r(), export.Options{}); string(got) != "x\n\"a \"\"b\"\"\"\n\"\"\n007\n" {
		t.Errorf("tsv: %q", got)
	}
	if got, _ := write(t, export.JSONL, r(), export.Options{}); string(got) != "{\"x\":\"a \\\"b\\\"\"}\n{\"x\":null}\n{\"x\":\"007\"}\n" {
		t.Errorf("jsonl: %q", got)
	}
}

func TestFormatOf(t *testing.T) {
	for path, want := range map[string]export.Format{
		"a.csv": export.CSV, "A.CSV": export.CSV, "a.tsv": export.TSV, "a.jsonl": export.JSONL, "a.ndjson": export.JSONL, "a.md": export.Markdown,
		"a.parquet": export.Parquet, "a.db": export.SQLite, "a.sqlite": export.SQLite, "a.sqlite3": export.SQLite,
		"a": "", "csv": "", "a.json": "", "a.csv.gz": "", ".": "",
	} {
		if got := export.FormatOf(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

func TestDistinctNames(t *testing.T) {
	for _, c := range []struct{ in, want []string }{
		{[]string{"a", "b"}, []string{"a", "b"}},
		{[]string{"n", "n", "n_2"}, []string{"n", "n_3", "n_2"}},
		{[]string{"n", "N", "n"}, []string{"n", "N_2", "n_3"}},
		{[]string{"", "", "column_1"}, []string{"column_1", "column_2", "column_1_2"}},
	} {
		if got := export.Distinct(c.in); !slices.Equal(got, c.want) {
			t.Errorf("%q become %q, want %q", c.in, got, c.want)
		}
	}
}

// TestNothingIsLeftOfAFailure, whichever format it was, and however it ended.
func TestNothingIsLeftOfAFailure(t *testing.T) {
	before := goleak.IgnoreCurrent()
	broken := errors.New("broken")
	for _, f := range export.Formats {
		for name, fail := range map[string]func(cancel func()) error{
			"an error": func(func()) error { return broken },
			"an end":   func(cancel func()) error { cancel(); return nil },
		} {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(context.Background())
			r := result("id integer")
			r.Rows = func(yield func([]any, error) bool) {
				for i := range 2500 {
					var err error
					if i == 1500 {
						err = fail(cancel)
					}
					if !yield([]any{int64(i)}, err) {
						return
					}
				}
			}
			_, err := export.File(ctx, filepath.Join(dir, "x."+string(f)), newfile.Options{}, f, r, export.Options{})
			if !errors.Is(err, broken) && !errors.Is(err, context.Canceled) {
				t.Errorf("%s after %s: %v", f, name, err)
			}
			if err := goleak.Find(before); err != nil { // the context goes on: nothing waits for it
				t.Errorf("%s after %s: %v", f, name, err)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%s after %s leaves %v", f, name, left)
			}
			cancel()
		}
	}
}

func TestAFileSaysWhatItHolds(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.csv")
	told := int64(0)
	many := make([][]any, 2500)
	for i := range many {
		many[i] = []any{int64(i)}
	}
	w, err := export.File(context.Background(), path, newfile.Options{}, export.CSV, result("id integer", many...), export.Options{Progress: func(n int64) { told = n }})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || w.Bytes != info.Size() || w.Rows != 2500 || told != 2000 {
		t.Errorf("%+v, told of %d rows; the file has %v bytes, %v", w, told, info, err)
	}
	ranged := 0
	r := result("id integer")
	r.Rows = func(func([]any, error) bool) { ranged++ }
	if _, err := export.File(context.Background(), path, newfile.Options{}, export.CSV, r, export.Options{}); !errors.Is(err, newfile.ErrExists) {
		t.Errorf("a file that is there: %v", err)
	}
	if _, err := export.Write(context.Background(), &bytes.Buffer{}, export.Parquet, r, export.Options{Scratch: filepath.Join(dir, "none")}); err == nil {
		t.Error("there is no folder to set rows aside in, and no error")
	}
	if ranged != 2 {
		t.Errorf("rows that nobody wanted were let go %d times, want 2", ranged)
	}
	if after, _ := os.Stat(path); after.Size() != info.Size() {
		t.Error("it was replaced")
	}
}
