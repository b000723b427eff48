package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"ciomirror/catalog"
	"ciomirror/query"
	"ciomirror/server/page"
	"ciomirror/store"
)

// rowsOn are the texts of a column of the page's table of rows.
func rowsOn(root *html.Node, column int) (texts []string) {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "tr" || n.Parent.Data != "tbody" || !inGrid(n) {
			continue
		}
		i := 0
		for c := range n.ChildNodes() {
			if c.Type != html.ElementNode {
				continue
			}
			if i == column {
				texts = append(texts, textOf(c))
			}
			i++
		}
	}
	return texts
}

func inGrid(row *html.Node) bool { return attribute(row.Parent.Parent, "class") == "grid" }

// linked finds the address of a link by its words.
func linked(root *html.Node, words string) string {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && strings.Contains(textOf(n), words) {
			return attribute(n, "href")
		}
	}
	return ""
}

func (h *history) column(statement string) (all []string) {
	h.Helper()
	_, rows, err := h.m.Statement(h.Context(), statement, nil)
	if err != nil {
		h.Fatal(err)
	}
	for cells, err := range rows {
		if err != nil {
			h.Fatal(err)
		}
		switch c := cells[0].(type) {
		case string:
			all = append(all, c)
		case int64:
			all = append(all, strconv.FormatInt(c, 10))
		}
	}
	return all
}

func TestPagesFollowEachOtherWithoutALoss(t *testing.T) {
	v := newVisitor(t)
	want := v.column("select id from activities order by timestamp desc, id")
	var got []string
	for link := "/t/activities?_sort=-timestamp&_limit=200"; link != ""; {
		root := v.see(link)
		got = append(got, rowsOn(root, 0)...)
		link = linked(root, "next page")
	}
	if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("%d rows were shown, there are %d", len(got), len(want))
	}
}

func TestFilterLinesFilter(t *testing.T) {
	v := newVisitor(t, "campaigns")
	for link, where := range map[string]string{
		"/t/campaigns?state=running":                                                    "state = 'running'",
		"/t/campaigns?state__in=draft,stopped":                                          "state in ('draft', 'stopped')",
		"/t/campaigns?state=running&type=segment":                                       "state = 'running' and type = 'segment'",
		"/t/campaigns?type__empty=1":                                                    "type is null",
		"/t/campaigns?created_by__present=":                                             "created_by is not null",
		"/t/campaigns?name__contains=lead":                                              "name like '%lead%'",
		"/t/campaigns?trigger_segment_ids__array_contains=1":                            "exists (select 1 from json_each(trigger_segment_ids) where value = 1)",
		"/t/campaigns?_q=lead":                                                          "name like '%lead%' or description like '%lead%'",
		"/t/campaigns?_filter=" + url.QueryEscape(`{"not":{"eq":{"state":"running"}}}`): "state <> 'running'",
	} {
		want := v.column("select id from campaigns where " + where + " order by id")
		if got := rowsOn(v.see(link), 0); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("%s shows %v, want %v", link, got, want)
		}
	}
}

func TestFacetsCountAndLead(t *testing.T) {
	v := newVisitor(t, "campaigns")
	root := v.see("/t/campaigns/facets?type=segment", v.cell("select count(*) from campaigns where type = 'segment'")+" rows")
	running := linked(root, "running")
	want := v.column("select id from campaigns where type = 'segment' and state = 'running' order by id")
	if got := rowsOn(v.see(running), 0); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("%s shows %v, want %v", running, got, want)
	}
	v.reads("running", root, "running "+strconv.Itoa(len(want)))
}

// The four spellings ask the same question. The command is read by a real shell and
// run; the JSON and the hosted request are searched for.
func TestTheSpellingsAskTheSame(t *testing.T) {
	v := newVisitor(t, "campaigns")
	v.write("campaigns", `{"id":90,"name":"it's $(here)","state":"running","updated":1790000000}`)
	for _, link := range []string{
		"/t/campaigns?state=running&_sort=-updated&_cols=id,name",
		"/t/campaigns?name=" + url.QueryEscape("it's $(here)") + "&_cols=id,name",
		"/t/campaigns?name__contains=" + url.QueryEscape("it's") + "&_cols=id&_limit=3",
		"/t/campaigns?_q=lead&_sort=name&_cols=id",
		"/t/campaigns?trigger_segment_ids__array_contains=1&_sort=-created&_cols=id",
	} {
		root := v.see(link)
		want := rowsOn(root, 0)
		if len(want) == 0 {
			t.Errorf("%s shows no rows", link)
		}
		spelled := spellingsOf(root)
		if got := v.runCommand(spelled["Command line"]); !slices.Equal(got, want) {
			t.Errorf("%s: the command %s gives %v, the page %v", link, spelled["Command line"], got, want)
		}
		if got := v.runCommand("ciomirror sql " + quotedWord(spelled["SQL"])); !slices.Equal(got, want) {
			t.Errorf("%s: the statement %s gives %v, the page %v", link, spelled["SQL"], got, want)
		}
		if got := rowsOn(v.see(linked(root, "Run it here")), 0); !slices.Equal(got, want) {
			t.Errorf("%s: its link gives %v, the page %v", link, got, want)
		}
		var body struct{ Params json.RawMessage }
		_, data, _ := strings.Cut(spelled["Hosted request"], "-d ")
		if err := json.Unmarshal([]byte(v.words(data)[0]), &body); err != nil {
			t.Fatal(err)
		}
		limit := ""
		if strings.Contains(link, "_limit") {
			limit = `,"limit":3`
		}
		for name, params := range map[string]string{"Filter JSON": `{"query":` + spelled["Filter JSON"] + limit + `}`, "Hosted request": string(body.Params)} {
			if got := v.search("campaigns", params); !slices.Equal(got, want) {
				t.Errorf("%s: the %s %s gives %v, the page %v", link, name, params, got, want)
			}
		}
	}
}

// quotedWord is a text as one word of a shell.
func quotedWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func spellingsOf(root *html.Node) map[string]string {
	all := map[string]string{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || attribute(n, "class") != "spelling" {
			continue
		}
		for c := range n.Descendants() {
			if c.Type == html.ElementNode && c.Data == "code" {
				all[textOf(n.FirstChild)] = c.FirstChild.Data
			}
		}
	}
	return all
}

// words are what a shell makes of a text.
func (v *visitor) words(text string) []string {
	v.Helper()
	out, err := exec.CommandContext(v.Context(), "sh", "-c", "printf '%s\\0' "+text).Output()
	if err != nil {
		v.Fatalf("%s: %v", text, err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// runCommand runs a command of the page and returns the ids of its rows.
func (v *visitor) runCommand(text string) (ids []string) {
	v.Helper()
	for line := range strings.Lines(v.printed(append([]string{"-o", "jsonl"}, v.words(text)[1:]...)...)) {
		ids = append(ids, idOf(v.T, []byte(line)))
	}
	return ids
}

// printed is what the command line prints, with the saved queries of the page.
func (v *visitor) printed(args ...string) string {
	v.Helper()
	var out bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: v.Output(), env: func(string) (string, bool) { return "", false }, now: v.sim.Now}
	status, err := v.m.Status(v.Context())
	if err != nil {
		v.Fatal(err)
	}
	config := filepath.Join(filepath.Dir(v.queries), "config.yaml") // beside the saved queries
	if err := os.WriteFile(config, nil, 0o600); err != nil {
		v.Fatal(err)
	}
	if code := a.run(v.Context(), append([]string{"--config", config, "--db", status.Path}, args...)); code != 0 {
		v.Fatalf("%s: exit code %d", args, code)
	}
	return out.String()
}

func (v *visitor) search(entity, params string) (ids []string) {
	v.Helper()
	plan, err := compiled(page.Search{Entity: entity, Params: json.RawMessage(params)})
	if err != nil {
		v.Fatal(err)
	}
	answer, err := query.Run(v.Context(), v.m, plan, v.sim.Now)
	if err != nil {
		v.Fatal(err)
	}
	for _, row := range answer.Data {
		ids = append(ids, idOf(v.T, row))
	}
	return ids
}

func idOf(t *testing.T, row []byte) string {
	t.Helper()
	var r struct{ ID json.Number }
	if err := json.Unmarshal(row, &r); err != nil {
		t.Fatal(err)
	}
	return r.ID.String()
}

// A record that is gone is still shown, with what it was and how it changed.
func TestARecordHasItsPast(t *testing.T) {
	v := newVisitor(t, "campaigns")
	v.write("campaigns", `{"id":90,"name":"First name","state":"draft"}`)
	born := v.sim.Now()
	v.sim.Advance(time.Hour)
	v.write("campaigns", `{"id":90,"name":"Second name","state":"running"}`)
	v.sim.Advance(time.Hour)
	root := v.see("/t/campaigns/90", "Second name", "First name", "draft", "running", "first seen", "changed")
	if strings.Count(textOf(root), "First name") != 1 {
		t.Error("the earlier name is not told once, in the change")
	}
	v.see("/t/campaigns/90?as_of="+url.QueryEscape(born.Add(time.Minute).Format(time.RFC3339)), "as it was from")
	v.see("/t/campaigns?_as_of=90m&id=90", "First name", "As it was: 90m")
	v.see("/sql?sql=select+name+from+campaigns+where+id=90&as_of=90m", "First name")
	v.sim.Delete("campaigns", "", "1")
	v.sync(t.Context(), "campaigns")
	v.see("/t/campaigns/1", "It is gone from Customer.io", "gone")
	v.see("/diff?from=30m&to=now", "removed")
}

// A record that is gone has around it what referred to it when it was last there, and
// says which run found it gone.
func TestARecordThatIsGoneHasItsRelatedRows(t *testing.T) {
	v := newVisitor(t, "campaigns", "campaign_actions")
	id := v.cell("select campaign_id from campaign_actions group by 1 order by count(*) desc limit 1")
	steps := v.column("select id from campaign_actions where campaign_id = " + id)
	v.sim.Delete("campaigns", "", id)
	v.sim.Advance(time.Hour)
	v.sync(t.Context(), "campaigns", "campaign_actions")
	if left := v.cell("select count(*) from campaign_actions where campaign_id = " + id); left != "0" {
		t.Fatalf("%s steps are left", left)
	}
	run := v.cell("select max(id) from runs")
	v.sim.Advance(time.Hour)
	v.sync(t.Context(), "campaigns")
	root := v.see("/t/campaigns/"+id, "as run "+run+" found", "by campaign id "+strconv.Itoa(len(steps)))
	for _, link := range v.links("the campaign", root) {
		if strings.HasPrefix(link, "/t/campaign_actions?") {
			if got := rowsOn(v.see(link), 0); len(got) != len(steps) || len(steps) == 0 {
				t.Errorf("%s finds %v, want %v", link, got, steps)
			}
		}
	}
}

// A record's metrics are those of the ready-made view, of the same base.
func TestTheMetricsOfARecordAreThoseOfTheView(t *testing.T) {
	v := newVisitor(t, "campaigns", "messages")
	id := v.cell("select campaign_id from campaign_performance where sent between 1 and messages - 1 and opened > 0 order by messages desc limit 1")
	root := v.see("/t/campaigns/"+id, "share of sent", "sent: "+v.cell("select sent from campaign_performance where campaign_id = "+id))
	for label, column := range map[string]string{"opened": "open_rate", "delivered": "delivered_rate", "clicked": "click_rate", "human opened": "human_open_rate"} {
		rate, err := strconv.ParseFloat(v.cell("select "+column+" from campaign_performance where campaign_id = "+id), 64)
		if err != nil {
			t.Fatal(err)
		}
		rows := textsOf(root, "tr")
		i := slices.IndexFunc(rows, func(row string) bool { return strings.HasPrefix(row, label+" ") })
		if i < 0 {
			t.Fatalf("there is no %q in %q", label, rows)
		}
		words := strings.Fields(rows[i])
		share, err := strconv.ParseFloat(words[len(words)-2], 64)
		if err != nil || math.Abs(share-100*rate) > 0.06 { // each is rounded
			t.Errorf("the record says %q, the view %v", rows[i], rate)
		}
	}
}

// What a record refers to, and what refers to it, is a link that finds it.
func TestRelatedRowsAreFound(t *testing.T) {
	v := newVisitor(t)
	id := v.cell("select campaign_id from messages where campaign_id is not null group by 1 order by count(*) desc limit 1")
	root := v.see("/t/campaigns/"+id, v.cell("select count(*) from messages where campaign_id = "+id), "delivered", v.cell("select count(metric_delivered) from messages where campaign_id = "+id))
	steps := v.column("select id from campaign_actions where campaign_id = " + id + " order by id")
	related := "/t/campaign_actions?campaign_id=" + id
	if !slices.Contains(v.links("the campaign", root), related) {
		t.Errorf("the campaign does not lead to %s", related)
	}
	if got := rowsOn(v.see(related+"&_cols=id"), 0); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(steps))) || len(steps) == 0 {
		t.Errorf("the steps are %v, want %v", got, steps)
	}
	message := v.see("/t/messages/" + url.PathEscape(v.cell("select id from messages where campaign_id = "+id+" limit 1")))
	if got := linked(message, id); got != "/t/campaigns/"+id {
		t.Errorf("the message leads to %q", got)
	}
	if code, _ := v.get("/t/messages?campaign_id=" + id); code != http.StatusOK {
		t.Errorf("the messages of the campaign: %d", code)
	}
}

// download asks for a file.
func (v *visitor) download(link string) *httptest.ResponseRecorder {
	v.Helper()
	w := httptest.NewRecorder()
	v.h.ServeHTTP(w, httptest.NewRequestWithContext(v.Context(), http.MethodGet, link, nil))
	return w
}

// A file has all rows of the question, and nothing in it is a formula.
func TestDownloadsHaveAllRows(t *testing.T) {
	v := newVisitor(t)
	v.write("campaigns", `{"id":90,"name":"=cmd()|'/C calc'!A0","state":"running"}`)
	w := v.download("/t/messages.csv?type=email&_cols=id,created&_sort=-created")
	records, err := csv.NewReader(w.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := v.column("select id from messages where type = 'email' order by created desc, id")
	if len(want) <= 500 || len(records) != len(want)+1 || !slices.Equal(records[0], []string{"id", "created"}) {
		t.Errorf("%d records with the head %v, want %d", len(records), records[0], len(want))
	}
	if got := w.Header().Get("Content-Disposition"); got != "attachment; filename=messages.csv" {
		t.Errorf("the file is called %s", got)
	}
	if got := v.download("/t/campaigns.csv?id=90").Body.String(); strings.Contains(got, ",=cmd") || !strings.Contains(got, "'=cmd") {
		t.Errorf("a formula: %s", got)
	}
	var ids []string
	for line := range strings.Lines(v.download("/t/campaigns.jsonl?state=running").Body.String()) {
		ids = append(ids, idOf(t, []byte(line)))
	}
	if running := v.column("select id from campaigns where state = 'running' order by id"); !slices.Equal(ids, running) {
		t.Errorf("the lines have %v, want %v", ids, running)
	}
	if got := v.download("/sql.csv?sql=select+:a+as+a&p.a=7").Body.String(); got != "a\n7\n" {
		t.Errorf("the answer is %q", got)
	}
	if got := v.download("/t/campaigns.parquet").Body.String(); !strings.HasPrefix(got, "PAR1") || !strings.HasSuffix(got, "PAR1") {
		t.Error("no Parquet file")
	}
	for _, link := range []string{"/t/campaigns.csv?stat=running", "/t/nix.csv", "/sql.csv?sql=selec", "/t/campaigns.csv?_filter=x", "/t/campaigns.xls"} {
		w := v.download(link)
		if w.Code < 400 || w.Code >= 500 || !strings.Contains(w.Body.String(), "What to do:") || w.Header().Get("Content-Disposition") != "" {
			t.Errorf("%s: %d %v", link, w.Code, w.Header())
		}
	}
}

func TestEveryTableIsServed(t *testing.T) {
	v := newVisitor(t, "campaigns")
	status, err := v.m.Status(t.Context())
	if err != nil || len(status.Entities) < 18 {
		t.Fatal(status, err)
	}
	for _, e := range status.Entities {
		v.see("/t/" + e.Entity)
	}
}

func TestWhatGrowsBeginsWithTheNewest(t *testing.T) {
	v := newVisitor(t, "messages")
	want := v.column("select id from messages order by created desc, id limit 50")
	root := v.see("/t/messages")
	if got := rowsOn(root, 0); !slices.Equal(got, want) {
		t.Errorf("the messages begin with %v, want %v", got[:3], want[:3])
	}
	if got := linked(root, "created ▾"); got != "/t/messages?_sort=created" {
		t.Errorf("the heading leads to %q", got)
	}
}

// A record is called by its name, not by the text it holds.
func TestASnippetIsCalledByItsName(t *testing.T) {
	v := newVisitor(t, "snippets")
	v.write("snippets", `{"name":"the footer","value":"<p>Goodbye</p>","updated_at":1790000000}`)
	for n := range v.see("/t/snippets/the%20footer").Descendants() {
		if n.Data == "h1" && textOf(n) != "the footer" {
			t.Errorf("the title is %q", textOf(n))
		}
	}
}

// A text that the table cuts is there for who points at it, in every place.
func TestALongNameIsCutAndThereOnHover(t *testing.T) {
	v := newVisitor(t, "campaigns")
	long := strings.Repeat("unbroken", 17)
	v.write("campaigns", `{"id":90,"name":"`+long+`","state":"running","tags":["`+long+`"]}`)
	for _, link := range []string{"/t/campaigns?id=90&_cols=name", "/t/campaigns?id=90&_cols=id,name,tags", "/sql?sql=select+name+from+campaigns+where+id=90"} {
		shown := 0
		for n := range v.see(link).Descendants() {
			if n.Type != html.TextNode || n.Data != long {
				continue
			}
			if shown++; n.Parent.Data != "bdi" || attribute(n.Parent, "title") != long {
				t.Errorf("%s shows the name in a %s with the title %q", link, n.Parent.Data, attribute(n.Parent, "title"))
			}
		}
		if shown == 0 {
			t.Errorf("%s does not show the name", link)
		}
	}
}

// What execute wrote has an action and no run.
func TestAWriteOfOursIsToldInTheHistory(t *testing.T) {
	v := newVisitor(t, "segments")
	id, err := v.m.StartAction(t.Context(), store.Action{At: v.sim.Now(), Face: "cli", Entity: "segments", Action: "create", Method: http.MethodPost, Path: "/v1/segments"})
	if err != nil {
		t.Fatal(err)
	}
	e, _ := catalog.Default().Entity("segments")
	table := store.NewTable(e)
	row, err := store.NewDecoder(table).Decode([]byte(`{"id":90,"name":"Made here"}`), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.m.Put(t.Context(), table, row); err != nil {
		t.Fatal(err)
	}
	v.see("/t/segments/90", "first seen", "by a write of ciomirror")
	if err := v.m.EndAction(t.Context(), id, store.Outcome{At: v.sim.Now(), Outcome: store.Done, Status: http.StatusOK, AnswerID: "90"}); err != nil {
		t.Fatal(err)
	}
	action := "action " + strconv.FormatInt(id, 10)
	root := v.see("/t/segments/90", "by a write of ciomirror, "+action)
	if strings.Contains(textOf(root), "run 0") {
		t.Error("a run is named that never was")
	}
	v.see(linked(root, action), "/v1/segments", "create")
}

// A file of the page has the bytes of the export that the page names.
func TestADownloadIsTheExport(t *testing.T) {
	v := newVisitor(t, "campaigns")
	const question = "state=draft&_sort=-id&_cols=id,name,created_by,first_started"
	command := v.words(spellingsOf(v.see("/t/campaigns?" + question))["All rows to a file"])
	command[len(command)-1] = "-"
	status, err := v.m.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	a := &app{in: strings.NewReader(""), out: &out, err: t.Output(), env: func(string) (string, bool) { return "", false }, now: v.sim.Now}
	if code := a.run(t.Context(), append(command[1:], "--db", status.Path, "--format", "jsonl")); code != 0 || out.Len() == 0 {
		t.Fatalf("%v: exit code %d, %d bytes", command, code, out.Len())
	}
	if got := v.download("/t/campaigns.jsonl?" + question).Body.String(); got != out.String() {
		t.Errorf("the page sends %s, the command %s", got, out.String())
	}
}
