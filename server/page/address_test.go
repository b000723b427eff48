package page

import (
	"encoding/json"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ciomirror/catalog"
)

// hostile are texts that mean something to a shell, a browser, a terminal or a
// parser.
var hostile = []string{
	"", " ", "a b", "it's", `"quoted"`, "$(touch /tmp/x)", "`id`", "a;b", "a&b=c", "100%", "a+b", "ä 日本 🎂", "<script>alert(1)</script>",
	"=cmd()", "--limit", "-rf", "line\nbreak", "\x1b[31mred", "\u202eRTL", "a,b", "a__gte", "#frag", "?q", "../..", `\`, `\u0041`, "'; drop table x",
}

func entity(t *testing.T, name string) *catalog.Entity {
	t.Helper()
	e, ok := catalog.Default().Entity(name)
	if !ok {
		t.Fatalf("no entity %s", name)
	}
	return e
}

// parsed reads the address that stands in a link.
func parsed(t *testing.T, link string) address {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	a, moved := readAddress(strings.TrimPrefix(u.Path, "/t/"), u.Query())
	if moved {
		t.Errorf("%s is no canonical address", link)
	}
	return a
}

func TestTheWholeStateStandsInTheURL(t *testing.T) {
	for _, text := range hostile {
		want := address{
			Entity: "campaigns", Conditions: []condition{{"created_by", "startswith", text}, {"name", "eq", text}, {"name", "eq", "a second"}},
			Text: strings.TrimSpace(text), Filter: strings.TrimSpace(text), Sort: "-updated", Columns: []string{"id", "name"}, Facets: []string{"type"},
			Cursor: text, AsOf: strings.TrimSpace(text), Limit: 20, Counted: true,
		}
		slices.SortFunc(want.Conditions, func(x, y condition) int { return strings.Compare(x.name()+x.Value, y.name()+y.Value) })
		if diff := cmp.Diff(want, parsed(t, want.URL())); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestFormsHaveABetterSpelling(t *testing.T) {
	q, err := url.ParseQuery("_f=state&_op=eq&_v=running&_f=updated&_op=gte&_v=2026-11-01&_f=&_op=eq&_v=&_q=&_sort=-id")
	if err != nil {
		t.Fatal(err)
	}
	a, moved := readAddress("campaigns", q)
	if want := "/t/campaigns?_sort=-id&state=running&updated__gte=2026-11-01"; !moved || a.URL() != want {
		t.Errorf("moved %t to %s, want %s", moved, a.URL(), want)
	}
}

// Each link of a page holds the address, so one without bound would make a page of
// gigabytes.
func TestAnAddressHoldsNoMoreThanAPageCanShow(t *testing.T) {
	for name, q := range map[string]url.Values{
		"conditions": {"id": make([]string, mostConditions+1)},
		"lines":      {"_f": slices.Repeat([]string{"id"}, mostConditions+1), "_op": slices.Repeat([]string{"eq"}, mostConditions+1), "_v": make([]string, mostConditions+1)},
		"columns":    {"_cols": {strings.Repeat("id,", mostFields)}},
		"facets":     {"_facet": slices.Repeat([]string{"type"}, mostFields+1)},
	} {
		a, moved := readAddress("campaigns", q)
		if moved || len(a.Faults) != 1 || len(a.Conditions)+len(a.Columns)+len(a.Facets) != 0 {
			t.Errorf("%s: moved %t, %q", name, moved, a.Faults)
		}
	}
}

// However a line came to be that needs no value, it is the same one.
func TestALineWithoutAValueHasOneSpelling(t *testing.T) {
	for _, query := range []string{"type__empty=1", "type__empty=", "_f=type&_op=empty&_v=old&_was="} {
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if a, _ := readAddress("campaigns", q); a.URL() != "/t/campaigns?type__empty=" {
			t.Errorf("%s becomes %s", query, a.URL())
		}
	}
}

func TestAnotherQuestionBeginsOnItsFirstPage(t *testing.T) {
	a := address{Entity: "campaigns", Cursor: "there", Conditions: []condition{{"state", "eq", "running"}}}
	for name, b := range map[string]address{
		"another line": a.with(condition{"type", "eq", "event"}), "a line less": a.without(a.Conditions[0]), "sorted": a.sortedBy("name"),
		"now": parsed(t, a.Now()), "cleared": parsed(t, a.Bare()),
	} {
		if b.Cursor != "" {
			t.Errorf("%s keeps the cursor", name)
		}
	}
	if len(a.Conditions) != 1 || a.Cursor != "there" {
		t.Errorf("the address itself was changed: %+v", a)
	}
}

func TestConditionsAreFilterJSON(t *testing.T) {
	for _, c := range []struct {
		entity string
		condition
		want string
	}{
		{"campaigns", condition{"state", "eq", "running"}, `{"eq":{"state":"running"}}`},
		{"campaigns", condition{"state", "in", "running, draft"}, `{"in":{"state":["running","draft"]}}`},
		{"campaigns", condition{"state", opEmpty, "1"}, `{"eq":{"state":null}}`},
		{"campaigns", condition{"state", opPresent, ""}, `{"neq":{"state":null}}`},
		{"campaigns", condition{"trigger_segment_ids", "array_contains", "7"}, `{"array_contains":{"trigger_segment_ids":7}}`},
		{"campaigns", condition{"tags", "array_contains", "vip"}, `{"array_contains":{"tags":"vip"}}`},
		{"campaigns", condition{"tags", "array_contains", `"7"`}, `{"array_contains":{"tags":"7"}}`},
		{"campaigns", condition{"name", "like", `<%"`}, `{"like":{"name":"<%\""}}`},
	} {
		a := address{Entity: c.entity, Conditions: []condition{c.condition}}
		if got := a.filterJSON(entity(t, c.entity)); got != c.want {
			t.Errorf("%+v is %s, want %s", c.condition, got, c.want)
		}
	}
}

// Whatever is typed stays a value: no text leaves its place in the JSON.
func TestValuesStayValues(t *testing.T) {
	e := entity(t, "campaigns")
	for _, text := range hostile {
		a := address{Entity: e.Name, Conditions: []condition{{text, "eq", text}, {"tags", "array_contains", text}}, Text: text, Sort: text, Cursor: text, Limit: 5}
		var got struct {
			Query struct {
				Filter struct{ And []json.RawMessage }
			}
			Limit int
		}
		if err := json.Unmarshal([]byte(a.params(e, []string{text})), &got); err != nil || got.Limit != 5 {
			t.Errorf("%q: %v: %s", text, err, a.params(e, nil))
		}
		if want := 2 + min(1, len(text)); len(got.Query.Filter.And) != want {
			t.Errorf("%q makes %d conditions, want %d", text, len(got.Query.Filter.And), want)
		}
	}
}

// A real shell reads every word as it was written.
func TestTheShellReadsWhatWasMeant(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal("this test needs a POSIX shell")
	}
	line := "printf '%s\\0'"
	for _, text := range hostile {
		line += " " + shell(text)
	}
	out, err := exec.CommandContext(t.Context(), sh, "-c", line).Output()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hostile, strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")); diff != "" {
		t.Error(diff)
	}
}

// A command that is copied into a terminal has no byte that steers it.
func TestCommandsHaveNoControlCharacters(t *testing.T) {
	e := entity(t, "campaigns")
	for _, text := range []string{"\x1b[31mred", "a\nrm -rf x", "\x07"} {
		a := address{Entity: e.Name, Conditions: []condition{{"name", "eq", text}}, Limit: 5}
		if got := a.command(e, nil); strings.ContainsAny(got, "\x1b\n\x07") {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}

func TestKeysFindTheirWayThroughTheURL(t *testing.T) {
	for _, text := range append([]string{".", "..", "-", "facets", "a/b", "/", "?", "..\\"}, hostile...) {
		link := recordURL("snippets", []string{text}, "")
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		got := u.Query().Get("_key")
		if !u.Query().Has("_key") {
			got = strings.TrimPrefix(u.Path, "/t/snippets/")
			if got == "" || strings.Contains(got, "/") || got == "facets" {
				t.Errorf("%q stands in the path: %s", text, link)
			}
		}
		if got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
	}
}
