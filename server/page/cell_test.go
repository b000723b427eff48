package page

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"ciomirror/catalog"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func pageAt(now time.Time) *Page {
	return &Page{o: Options{Now: func() time.Time { return now }}, links: newLinks(catalog.Default())}
}

func columnNamed(t *testing.T, e, name string) column {
	t.Helper()
	for _, c := range columnsOf(entity(t, e)) {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("%s has no column %s", e, name)
	return column{}
}

func TestCellsShowWhatTheyAre(t *testing.T) {
	p := pageAt(noon)
	for _, c := range []struct{ entity, column, json, kind, text, href string }{
		{"campaigns", "name", `null`, "null", "", ""},
		{"campaigns", "name", `""`, "text", "", ""},
		{"campaigns", "name", `"Welcome"`, "text", "Welcome", ""},
		{"campaigns", "active", `true`, "boolean", "true", ""},
		{"campaigns", "updated", `1795428000`, "time", "2 h ago", ""},
		{"campaigns", "updated", `1700000000`, "time", "14 Nov 2023", ""},
		{"campaigns", "updated", `-5`, "number", "-5", ""},
		{"campaigns", "id", `1234`, "number", "1234", ""},
		{"collections", "rows", `1234567`, "number", "1\u202f234\u202f567", ""},
		{"collections", "rows", `99999999999999999999`, "number", "99\u202f999\u202f999\u202f999\u202f999\u202f999\u202f999", ""},
		{"messages", "campaign_id", `1234`, "number", "1234", "/t/campaigns/1234"},
		{"messages", "action_id", `9`, "number", "9", "/t/campaign_actions?id=9"},
		{"messages", "customer_identifiers", `{"id":"a","email":"b"}`, "json", "{ id, email }", ""},
		{"campaigns", "actions", `[{"id":1},{"id":2}]`, "json", "[ 2 elements ]", ""},
	} {
		x := p.cellOf(columnNamed(t, c.entity, c.column), json.RawMessage(c.json))
		text := x.Text
		if x.Kind == "time" {
			text = x.Time.Words
		}
		if x.Kind != c.kind || text != c.text || x.Href != c.href {
			t.Errorf("%s.%s %s: %s %q %q, want %s %q %q", c.entity, c.column, c.json, x.Kind, text, x.Href, c.kind, c.text, c.href)
		}
	}
	list := p.cellOf(columnNamed(t, "campaigns", "trigger_segment_ids"), json.RawMessage(`[3,4]`))
	if list.Kind != "list" || len(list.List) != 2 || list.List[1].Href != "/t/segments/4" {
		t.Errorf("segments are %+v", list)
	}
}

func TestAMegabyteIsCutAndSaysSo(t *testing.T) {
	long := strings.Repeat("é", 1<<20)
	x := pageAt(noon).cellOf(column{}, json.RawMessage(quoted(long)))
	if got := len([]rune(x.Text)); got != lineSize+1 {
		t.Errorf("a line has %d characters", got)
	}
	if got := len([]rune(x.Whole)); got != wholeSize || x.Cut != 1<<20-wholeSize {
		t.Errorf("%d characters are shown and %d are not", got, x.Cut)
	}
}

func TestLongTextsThatBeginAlikeAreToldFromWhereTheyPart(t *testing.T) {
	head := strings.Repeat("the same ", 100)
	f := pageAt(noon).changed(column{Name: "body"}, json.RawMessage(quoted(head+"old end")), json.RawMessage(quoted(head+"new end")))
	if !strings.Contains(f.Before.Text, "old end") || strings.Contains(f.Before.Text, head) {
		t.Errorf("before: %q", f.Before.Text)
	}
	if !strings.Contains(f.After.Text, "new end") || strings.Contains(f.After.Text, head) || !strings.HasSuffix(f.After.Whole, "new end") {
		t.Errorf("after: %+v", f.After)
	}
}

// The beginning that two texts share says nothing, also where one of them is short
// enough to be shown whole, or where they part before the end of the line.
func TestWhatWasPutIntoATextIsSeen(t *testing.T) {
	const line = "Hello {{ customer.first_name }}, here is what is new in your account this week"
	for after, want := range map[string]string{
		line + "\nSee you soon": "this week See you soon",
		line + " and the last one" + strings.Repeat(", again", 40): "and the last one, again",
	} {
		f := pageAt(noon).changed(column{Name: "body"}, json.RawMessage(quoted(line)), json.RawMessage(quoted(after)))
		if !strings.Contains(f.After.Text, want) || strings.Contains(f.Before.Text+f.After.Text, "Hello") || !strings.HasSuffix(f.Before.Text, "this week") {
			t.Errorf("before %q, after %q", f.Before.Text, f.After.Text)
		}
	}
	f := pageAt(noon).changed(column{Name: "body"}, json.RawMessage(quoted("Bye "+line)), json.RawMessage(quoted(line+"\n")))
	if !strings.HasPrefix(f.Before.Text, "Bye Hello") || !strings.HasPrefix(f.After.Text, "Hello") {
		t.Errorf("texts that begin otherwise: before %q, after %q", f.Before.Text, f.After.Text)
	}
}

func TestControlCharactersAreSeen(t *testing.T) {
	for text, want := range map[string]string{
		"\x1b[2Jgone": "␛[2Jgone", "a\x00b": "a␀b", "a\u202eb\u2066c": "a\ufffdb\ufffdc", "two\nlines": "two\nlines", "مرحبا": "مرحبا", "\u0085": "\ufffd",
	} {
		if got := visible(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func TestTimesAreAgesWhileTheyAreFresh(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "now", -30 * time.Second: "30 s ago", -90 * time.Minute: "90 min ago", -47 * time.Hour: "47 h ago", -48 * time.Hour: "2 days ago",
		-31 * 24 * time.Hour: "23 Oct 2026", 5 * time.Hour: "in 5 h", 40 * 24 * time.Hour: "2 Jan 2027",
	} {
		if got := stampOf(noon.Add(d), noon); got.Words != want {
			t.Errorf("%s: %q, want %q", d, got.Words, want)
		}
	}
	if got := stampOf(noon, noon); got.Exact != "Mon 23 Nov 2026 12:00:00 UTC" || got.Machine != "2026-11-23T12:00:00Z" {
		t.Errorf("exactly: %+v", got)
	}
}

// From what was one goes on to what was then.
func TestIdsOfAnEarlierTimeLeadToIt(t *testing.T) {
	p := pageAt(noon)
	for name, want := range map[string]string{"campaign_id": "/t/campaigns/7?as_of=before+launch", "action_id": "/t/campaign_actions?_as_of=before+launch&id=7"} {
		c := columnNamed(t, "messages", name)
		c.asOf = "before launch"
		if got := p.cellOf(c, json.RawMessage("7")).Href; got != want {
			t.Errorf("%s leads to %s, want %s", name, got, want)
		}
	}
	row := p.rowOf(entity(t, "messages"), []column{columnNamed(t, "messages", "campaign_id")}, map[string]json.RawMessage{"id": json.RawMessage(`"a/b"`), "campaign_id": json.RawMessage("7")}, "7d")
	if row.Href != "/t/messages/-?_key=a%2Fb&as_of=7d" || row.Cells[0].Href != "/t/campaigns/7?as_of=7d" {
		t.Errorf("a row leads to %s and %s", row.Href, row.Cells[0].Href)
	}
	odd := p.cellOf(columnNamed(t, "messages", "campaign_id"), json.RawMessage(`"a\u200eb"`))
	if odd.Href != "/t/campaigns/a%E2%80%8Eb" {
		t.Errorf("what is shown otherwise than it is leads to %s", odd.Href)
	}
}

// The link of a record is on its name or nowhere: another text that leads there would pass
// for the name.
func TestATextBesideAFoldedNameIsNoLink(t *testing.T) {
	p, e := pageAt(noon), entity(t, "snippets")
	for _, name := range []string{"greeting", "two\nlines"} {
		row := p.rowOf(e, chosen(e, nil), map[string]json.RawMessage{"name": json.RawMessage(quoted(name)), "value": json.RawMessage(`"Hello"`)}, "")
		if row.Href == "" || row.Cells[1].Href != "" {
			t.Errorf("%q: the value leads to %q", name, row.Cells[1].Href)
		}
	}
}

// Two texts that part only behind what is shown whole are shown where they part.
func TestLongTextsAreShownWhereTheyPart(t *testing.T) {
	long := strings.Repeat("a", wholeSize+100)
	text := func(s string) json.RawMessage {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	f := (&Page{}).changed(column{Name: "body"}, text(long+" old end"), text(long+" new end"))
	if !strings.Contains(f.Before.Text, "old end") || !strings.Contains(f.After.Text, "new end") {
		t.Errorf("before %q, after %q", f.Before.Text, f.After.Text)
	}
}
