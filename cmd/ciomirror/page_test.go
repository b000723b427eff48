package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	sq "github.com/Masterminds/squirrel"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"ciomirror/catalog"
	"ciomirror/server/page"
	"ciomirror/store"
	"ciomirror/store/sqlite"
)

// visitor looks at the page of a mirror that was synced twice, with days between.
type visitor struct {
	*history
	h       http.Handler
	queries string // the folder of saved queries
}

// Of some entities alone, it is there sooner.
func newVisitor(t *testing.T, entities ...string) *visitor {
	t.Helper()
	v := &visitor{history: newHistory(t, 1)}
	v.sync(t.Context(), entities...)
	v.sim.Advance(48 * time.Hour)
	v.sync(t.Context(), entities...)
	v.h, v.queries = v.pageOf(v.open, nil)
	return v
}

// open lends the mirror to the page.
func (h *history) open(context.Context) (*sqlite.Store, func(), error) { return h.m, func() {}, nil }

// pageOf makes the page over a mirror.
func (h *history) pageOf(open openFunc, done <-chan struct{}) (http.Handler, string) {
	h.Helper()
	config := filepath.Join(h.TempDir(), "config.yaml")
	a := &app{in: strings.NewReader(""), out: h.Output(), err: h.Output(), env: func(string) (string, bool) { return "", false }, now: h.sim.Now}
	a.settings.config, a.settings.DB = config, filepath.Join(filepath.Dir(config), "the served.db")
	p, err := a.newPage(open, done)
	if err != nil {
		h.Fatal(err)
	}
	return p, filepath.Join(filepath.Dir(config), "queries")
}

// get asks for a page and reads it as a browser would.
func (v *visitor) get(link string) (int, *html.Node) {
	v.Helper()
	w := httptest.NewRecorder()
	v.h.ServeHTTP(w, httptest.NewRequestWithContext(v.Context(), http.MethodGet, link, nil))
	root, err := html.Parse(w.Body)
	if err != nil {
		v.Fatal(err)
	}
	return w.Code, root
}

// see asks for a page that must be there, and for words on it.
func (v *visitor) see(link string, words ...string) *html.Node {
	v.Helper()
	code, root := v.get(link)
	if code != http.StatusOK {
		v.Fatalf("%s: %d: %s", link, code, textOf(root))
	}
	v.reads(link, root, words...)
	return root
}

func (v *visitor) reads(link string, root *html.Node, words ...string) {
	v.Helper()
	for _, w := range words {
		if !strings.Contains(textOf(root), w) {
			v.Errorf("%s does not say %q: %s", link, w, textOf(root))
		}
	}
}

// textOf is what a person reads, with single spaces.
func textOf(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// cell asks the mirror itself.
func (h *history) cell(statement string, args ...any) string {
	h.Helper()
	row, err := oneOf(h.m.Rows(h.Context(), sq.Expr(statement, args...)))
	if err != nil || row == nil {
		h.Fatalf("%s: %v, %v", statement, row, err)
	}
	return fmt.Sprint(row[0])
}

func TestPageShowsEveryView(t *testing.T) {
	v := newVisitor(t)
	campaign := v.cell("select name from campaigns where id = 1")
	v.see("/", "Freshness", "campaign actions", v.cell("select count(*) from campaigns"), "What changed, row by row", "by hand")
	v.see("/t/campaigns", campaign, "running", "Filter JSON", "ciomirror search campaigns")
	v.see("/t/campaigns?_counts=1", v.cell("select count(*) from campaigns")+" rows")
	v.see("/t/campaigns/1", campaign, "campaigns › 1", "deduplicate id", "Raw JSON", "first seen", "messages", "share")
	v.see("/sql?sql=select+count(*)+as+n+from+campaigns", "1 row", v.cell("select count(*) from campaigns"), "Plan")
	v.see("/sql?entity=campaigns&filter=%7B%22filter%22%3A%7B%22eq%22%3A%7B%22id%22%3A1%7D%7D%7D", campaign, "1 row")
	v.see("/runs", "complete", "Rows new, changed and gone", "As a table")
	v.see("/runs/1", "Run 1", "complete", "campaigns")
	v.see("/diff?from=7d&to=now")
	v.see("/diff?from=30h&to=now", "messages", "+")
	v.see("/schema", "messages", "array_contains", "metric_opened")
	v.see("/go?q="+v.cell("select id from messages limit 1"), "with this id")
	if code, _ := v.get("/go?q=campaigns"); code != http.StatusSeeOther {
		t.Errorf("the name of a table leads to %d", code)
	}
}

// The crawl follows every link of the page, as far as it goes. Nothing is broken,
// nothing changes, nothing leads elsewhere, and nothing needs what the policy forbids.
func TestPageLeadsNowhereElse(t *testing.T) {
	v := newVisitor(t)
	before := v.dump(v.m, true)
	todo, seen := []string{"/"}, map[string]bool{"/": true}
	const most = 400
	for len(todo) > 0 && len(seen) < most {
		link := todo[0]
		todo = todo[1:]
		code, root := v.get(link)
		if code != http.StatusOK && code != http.StatusSeeOther {
			t.Errorf("%s: %d: %s", link, code, textOf(root))
		}
		if isFile(link) {
			continue
		}
		v.lawful(link, root)
		for _, next := range v.links(link, root) {
			if shape := shapeOf(next); !seen[shape] {
				seen[shape] = true
				todo = append(todo, next)
			}
		}
	}
	if len(seen) < 100 {
		t.Errorf("only %d pages were found: the crawl is wrong", len(seen))
	}
	if diff := cmp.Diff(before, v.dump(v.m, true)); diff != "" {
		t.Errorf("looking changed the mirror: %s", diff)
	}
}

func isFile(link string) bool {
	path, _, _ := strings.Cut(link, "?")
	return slices.ContainsFunc(pageEndings, func(e page.Ending) bool { return strings.HasSuffix(path, "."+e.Name) })
}

// shapeOf makes records of a table one, so that the crawl sees other pages too.
func shapeOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return link
	}
	parts := strings.Split(u.Path, "/")
	if len(parts) > 3 {
		parts = parts[:3]
	}
	q := u.Query()
	if q.Has("_cursor") {
		q.Set("_cursor", "")
	}
	return strings.Join(parts, "/") + "?" + q.Encode()
}

// lawful holds a page against its own policy, and against what a browser needs.
func (v *visitor) lawful(link string, root *html.Node) {
	v.Helper()
	ids := map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "style" || n.Data == "script" && (attribute(n, "src") == "" || n.FirstChild != nil) {
			v.Errorf("%s has an inline %s", link, n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				v.Errorf("%s: <%s %s=%q>", link, n.Data, a.Key, a.Val)
			case a.Key == "id" && ids[a.Val]:
				v.Errorf("%s has the id %s twice", link, a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case slices.Contains([]string{"href", "src", "action"}, a.Key) && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#"):
				v.Errorf("%s leads to %q", link, a.Val)
			case slices.Contains([]string{"href", "src", "action"}, a.Key) && strings.HasPrefix(a.Val, "//"):
				v.Errorf("%s leads to the host %q", link, a.Val)
			}
		}
	}
}

func (v *visitor) links(page string, root *html.Node) (all []string) {
	for n := range root.Descendants() {
		for _, name := range []string{"href", "src", "action", "data-load"} {
			if link := attribute(n, name); strings.HasPrefix(link, "/") && !strings.HasPrefix(link, "/go") {
				all = append(all, link)
			}
		}
	}
	if len(all) == 0 && !strings.HasPrefix(page, "/assets/") && !strings.Contains(page, "/facets") && page != "/sql" {
		v.Logf("%s has no links", page)
	}
	return all
}

func TestPageSetsItsPolicy(t *testing.T) {
	v := newVisitor(t, "campaigns")
	for _, link := range []string{"/", "/t/campaigns", "/nowhere"} {
		w := httptest.NewRecorder()
		v.h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, link, nil))
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: %s", link, policy)
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be kept", link)
		}
	}
}

// A page that only reads takes no other method.
func TestPageTakesOnlyGET(t *testing.T) {
	v := newVisitor(t, "campaigns")
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		for _, link := range []string{"/", "/t/campaigns", "/t/campaigns/1", "/sql?sql=select+1", "/diff", "/runs"} {
			w := httptest.NewRecorder()
			v.h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, link, strings.NewReader("x=1")))
			if w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, link, w.Code)
			}
		}
	}
	for _, statement := range []string{"delete from campaigns", "insert into campaigns (id) values (9)", "attach 'x' as y", "pragma query_only = 0", "select 1; delete from campaigns"} {
		code, root := v.get("/sql?sql=" + url.QueryEscape(statement))
		if code != http.StatusBadRequest {
			t.Errorf("%s: %d", statement, code)
		}
		v.reads(statement, root, "What to do:")
	}
}

// What the workspace holds is text. A page with a hostile name has the same elements
// as one with a harmless name.
func TestHostileNamesChangeNothingOnThePage(t *testing.T) {
	links := []string{"/t/campaigns?_sort=-id", "/t/campaigns/90", "/diff?from=1h&to=now", "/sql?sql=select+name+from+campaigns+where+id=90", "/t/campaigns/facets?_facet=name", "/", "/go?q=90"}
	var harmless []string
	for i, name := range []string{
		"A harmless name", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "</title></td></table><style>*{}</style>", "\u202egnp.exe",
		"\x1b]0;owned\x07\x1b[2J", "=cmd()|'/C calc'!A0", "{{.}} {{template \"x\"}}", "javascript:alert(1)", "'--\n</textarea>",
	} {
		v := newVisitor(t, "campaigns")
		v.write("campaigns", fmt.Sprintf(`{"id":90,"name":%s,"state":"running","created_by":%[1]s}`, jsonText(name)))
		for j, link := range links {
			root := v.see(link)
			v.lawful(link, root)
			elements := elementsOf(root)
			if i == 0 {
				harmless = append(harmless, elements)
				continue
			}
			if elements != harmless[j] && !strings.Contains(name, "\n") { // a second line folds the cell
				t.Errorf("%q changes %s: %s", name, link, cmp.Diff(harmless[j], elements))
			}
			if text := textOf(root); strings.ContainsAny(text, "\x1b\x07\u202e") {
				t.Errorf("%q: %s shows what cannot be seen", name, link)
			}
		}
	}
}

func TestAMegabyteDoesNotFillThePage(t *testing.T) {
	v := newVisitor(t, "campaigns")
	v.write("campaigns", `{"id":90,"name":`+jsonText(strings.Repeat("Ж", 1<<20))+`}`)
	for _, link := range []string{"/t/campaigns", "/t/campaigns/90", "/diff?from=1h&to=now", "/"} {
		w := httptest.NewRecorder()
		v.h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, link, nil))
		if w.Code != http.StatusOK || w.Body.Len() > 500_000 {
			t.Errorf("%s: %d, %d bytes", link, w.Code, w.Body.Len())
		}
	}
}

func elementsOf(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			b.WriteString(n.Data + " ")
		}
	}
	return b.String()
}

// write makes records live as a sync would.
func (h *history) write(entity string, records ...string) {
	h.Helper()
	e, _ := catalog.Default().Entity(entity)
	table := store.NewTable(e)
	run, err := h.m.StartRun(h.Context(), store.Claim{Mode: "a test"})
	if err != nil {
		h.Fatal(err)
	}
	var rows []store.Row
	for _, r := range records {
		row, err := store.NewDecoder(table).Decode([]byte(r), "")
		if err != nil {
			h.Fatal(err)
		}
		rows = append(rows, row)
	}
	if _, err := run.Write(h.Context(), table, rows); err != nil {
		h.Fatal(err)
	}
	if err := run.Finish(h.Context(), store.Complete, nil); err != nil {
		h.Fatal(err)
	}
}

func TestPageOfAnEmptyMirrorSaysHowToFillIt(t *testing.T) {
	for name, open := range map[string]func(h *history) openFunc{
		"no file": func(*history) openFunc {
			return func(context.Context) (*sqlite.Store, func(), error) {
				return nil, nil, fmt.Errorf("open: %w", store.ErrNoMirror)
			}
		},
		"no run": func(h *history) openFunc {
			return h.open
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHistory(t, 1)
			v := &visitor{history: h}
			handler, queries := h.pageOf(open(h), nil)
			served := filepath.Join(filepath.Dir(queries), "the served.db")
			v.h = handler
			v.see("/", "Nothing is mirrored yet", "ciomirror auth login", "ciomirror sync --db '"+served+"'", "ciomirror demo --db '"+served+"'")
			v.see("/schema", "campaigns")
			for _, link := range []string{"/t/campaigns", "/t/campaigns/1", "/runs", "/runs/1", "/diff", "/t/messages/facets", "/sql?sql=select+1+from+campaigns"} {
				code, root := v.get(link)
				if code >= 500 {
					t.Errorf("%s: %d", link, code)
				}
				if text := textOf(root); !strings.Contains(text, "ciomirror") && !strings.Contains(text, "0 rows") {
					t.Errorf("%s does not say what to do: %s", link, text)
				}
			}
		})
	}
}

func TestWhatIsNotThereSaysWhatToDo(t *testing.T) {
	v := newVisitor(t, "campaigns")
	for link, want := range map[string]string{
		"/t/campaigns/99999":      "ciomirror sync campaigns",
		"/t/campaigns/1/2":        "/t/campaigns/ID",
		"/t/campaing":             "home page",
		"/runs/99":                "listed under Runs",
		"/runs/x":                 "listed under Runs",
		"/nix":                    "home page",
		"/t/snippets/-?_key=nope": "ciomirror sync snippets",
	} {
		code, root := v.get(link)
		if code < 400 || code >= 500 {
			t.Errorf("%s: %d", link, code)
		}
		v.reads(link, root, want)
	}
	for link, want := range map[string]string{
		"/t/campaigns?stat=running":                       `did you mean "state"?`,
		"/t/campaigns?updated__gte=soon":                  "What to do:",
		"/t/campaigns?_filter=%7Beq":                      "the filter is no JSON",
		"/t/campaigns?_cursor=broken":                     "begin on the first page",
		"/t/campaigns?_as_of=1999-01-01":                  "first sync",
		"/sql?sql=select+nam+from+campaigns":              "no such column",
		"/sql?sql=select+:a":                              "fill in the fields",
		"/sql?entity=campaigns&filter=%7B%7D%7D":          "the query is no JSON",
		"/sql?saved=nothing":                              "ciomirror query list",
		"/diff?from=yesterday":                            "neither a time nor a snapshot",
		"/diff?from=now&to=7d":                            "lies after",
		"/diff?from=1999-01-01&to=2000-01-01":             "first sync",
		"/t/campaigns?_sotr=name&_limit=abc&_cols=id,zzz": `there is no "_sotr"; _limit is "abc", not a number from 1 to 500; _cols names "zzz", which campaigns has not`,
		"/t/campaigns?_sort=id&_sort=name":                "_sort is given more than once",
		"/t/campaigns?_f=state&_op=eq":                    "belong together",
		"/t/campaigns?state=running;type=segment":         "write ; as %3B",
		"/t/campaigns/facets?_sotr=name":                  `there is no "_sotr"`,
		"/runs?range=1y":                                  `there is no range "1y"`,
		"/t/campaigns/1?_as_of=7d":                        `no "_as_of"`,
		"/diff?since=7d":                                  `no "since"`,
		"/diff?from=1h&from=2h":                           "more than once",
		"/?bogus=1":                                       `no "bogus"`,
		"/schema?bogus=1":                                 `no "bogus"`,
		"/go?q=x&bogus=1":                                 `no "bogus"`,
		"/runs?bogus=1":                                   `no "bogus"`,
		"/runs/1?bogus=1":                                 `no "bogus"`,
		"/t/campaigns?_facet=nope":                        `_facet names "nope"`,
		"/t/campaigns/facets?_facet=nope":                 `_facet names "nope"`,
		"/t/campaigns.csv?_facet=nope":                    `_facet names "nope"`,
		"/t/campaigns?_as_of=soon":                        "neither a time nor a snapshot",
		"/t/campaigns/1?as_of=soon":                       "neither a time nor a snapshot",
		"/sql?sql=select+1&as_of=soon":                    "neither a time nor a snapshot",
		"/sql?nope=1":                                     `no "nope"`,
		"/sql?tab=bogus":                                  `the tab "bogus"`,
		"/sql?sql=select+1&saved=weekly-report":           `no "sql"`,
		"/sql?sql=select+1&p.x=1":                         `no parameter "x"`,
		"/sql.csv?sql=select+1&p.x=1":                     `no parameter "x"`,
		"/sql.csv?sql=select+1&nope=1":                    `no "nope"`,
		"/sql?entity=campaigns&p.x=1":                     `no parameter "x"`,
		"/sql?saved=weekly-report&p.x=1":                  `no parameter "x"`,
	} {
		code, root := v.get(link)
		status := http.StatusBadRequest
		if want == "first sync" || link == "/sql?saved=nothing" { // it is understood, and not there
			status = http.StatusNotFound
		}
		if code != status {
			t.Errorf("%s: %d, want %d", link, code, status)
		}
		v.reads(link, root, want)
	}
	_, lost := v.get("/t/campaigns?_sort=-id&_cursor=broken")
	if got, want := linked(lost, "first page"), "/t/campaigns?_sort=-id"; got != want {
		t.Errorf("a place that is not there leads to %q, want %q", got, want)
	}
	v.see("/t/campaigns?id=4711", "Clear the filter")
}

func TestABrokenSavedQueryIsNamedAndTheOthersWork(t *testing.T) {
	v := newVisitor(t, "campaigns")
	if err := os.MkdirAll(v.queries, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"broken.json": `{"entity":`, "fine.sql": "-- title: Fine one\n-- param state text\nselect name from campaigns where state = :state\n",
		"search.json": `{"title":"By state","params":{"state":{"type":"text","default":"draft"}},"entity":"campaigns","query":{"filter":{"eq":{"state":":state"}}},"fields":["name"]}`,
	} {
		if err := os.WriteFile(filepath.Join(v.queries, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	draft := v.cell("select name from campaigns where state = 'draft'")
	v.see("/", "broken.json", "Fine one")
	v.see("/sql?tab=saved", "broken.json", "mend the file", "Fine one", "By state")
	code, root := v.get("/sql?saved=broken")
	if code != http.StatusBadRequest {
		t.Errorf("a broken query: %d", code)
	}
	v.reads("/sql?saved=broken", root, "broken.json", "mend the file")
	v.see("/sql?saved=fine", "Fine one", "state text")
	v.see("/sql?saved=fine&p.state=draft", draft)
	v.see("/sql?saved=search", draft)
	v.see("/sql?saved=search&p.state=running", v.cell("select name from campaigns where state = 'running' limit 1"))
}

// A mirror that is younger than the links of the page look back is compared with its
// first sync, and the page says so.
func TestAYoungMirrorIsComparedWithItsFirstSync(t *testing.T) {
	v := newVisitor(t, "campaigns")
	v.write("campaigns", `{"id":90,"name":"Written later","state":"draft"}`)
	for _, link := range []string{"/diff?from=7d&to=now", "/diff?from=30d&to=now&entity=campaigns", "/diff?from=1999-01-01&to=now"} {
		root := v.see(link, "Written later", "does not reach back to", "first sync")
		command := v.cell("select strftime('%Y-%m-%dT%H:%M', min(finished) / 1000, 'unixepoch') from runs")
		if v.reads(link, root, "ciomirror diff "+command); strings.Contains(textOf(root), "What to do:") {
			t.Errorf("%s is an error: %s", link, textOf(root))
		}
	}
	if text := textOf(v.see("/diff?from=24h&to=now")); strings.Contains(text, "reach back") {
		t.Errorf("two days are no younger than 24 hours: %s", text)
	}
}
