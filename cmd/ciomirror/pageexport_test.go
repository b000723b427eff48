package main

import (
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"ciomirror/catalog"
	"ciomirror/export"
	"ciomirror/server/page"
)

// slow is a browser that does not read before it is let go.
type slow struct {
	*httptest.ResponseRecorder
	began chan<- struct{}
	goOn  <-chan struct{}
}

func (s slow) Write(b []byte) (int, error) {
	s.began <- struct{}{}
	<-s.goOn
	return s.ResponseRecorder.Write(b)
}

// However slowly files are read, the page still answers, and says when there are too
// many of them.
func TestSlowDownloadsLeaveRoomForOthers(t *testing.T) {
	v := newVisitor(t, "campaigns")
	began, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan int)
	for range pageDownloads() {
		go func() {
			w := slow{httptest.NewRecorder(), began, goOn}
			v.h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/t/campaigns.csv", nil))
			ended <- w.Code
		}()
		<-began
	}
	v.see("/")
	v.see("/t/campaigns/1")
	w := v.download("/sql.csv?sql=select+1")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "60" || !strings.Contains(w.Body.String(), "ciomirror export") || w.Header().Get("Content-Disposition") != "" {
		t.Errorf("one more file: %d %v %s", w.Code, w.Header(), w.Body)
	}
	close(goOn)
	go func() {
		for range began { // further pieces of the files
		}
	}()
	for range pageDownloads() {
		if code := <-ended; code != http.StatusOK {
			t.Errorf("a slow download: %d", code)
		}
	}
	close(began)
	if w := v.download("/sql.csv?sql=select+1+as+a"); w.Body.String() != "a\n1\n" {
		t.Errorf("afterwards: %d %s", w.Code, w.Body)
	}
}

// A file that would fill the disk is refused before it begins, with the command that
// writes it.
func TestATooLargeDownloadNamesTheCommand(t *testing.T) {
	v := newVisitor(t, "campaigns")
	a := &app{now: v.sim.Now}
	a.settings.DB = filepath.Join(t.TempDir(), "mirror.db")
	m := &pageMirror{a: a, open: v.open, mostScratch: 100}
	search := page.Search{Entity: "campaigns", Params: []byte(`{"query":{},"fields":["id","name"]}`)}
	for want, err := range map[string]error{
		"ciomirror export campaigns --to campaigns.parquet": m.ExportSearch(t.Context(), io.Discard, "parquet", search),
		"ciomirror export --sql":                            m.ExportQuestion(t.Context(), io.Discard, "parquet", page.Question{SQL: "select name from campaigns"}),
	} {
		p, ok := errors.AsType[*page.Problem](err)
		if !ok || p.Status != http.StatusRequestEntityTooLarge || !strings.Contains(p.Hint, want) {
			t.Errorf("the error is %v, want one that names %s", err, want)
		}
	}
	if err := m.ExportSearch(t.Context(), io.Discard, "csv", search); err != nil {
		t.Errorf("csv sets nothing aside: %v", err)
	}
}

// A table's rows can be had with all that is known of them.
func TestADownloadCanHaveAllColumns(t *testing.T) {
	v := newVisitor(t, "messages")
	every := fileOf(v.see("/t/messages?type=email"), "All rows, all columns:", "csv")
	head, err := csv.NewReader(v.download(every).Body).Read()
	if err != nil {
		t.Fatal(err)
	}
	e, _ := catalog.Default().Entity("messages")
	if want := export.Fields(e); !slices.Equal(head, want) {
		t.Errorf("%s has %v, want %v", every, head, want)
	}
	if got := linked(v.see("/t/messages"), "Show all"); got != "/t/messages?_cols=%2A&_sort=-created" {
		t.Errorf("the table with all columns is at %q", got)
	}
	root := v.see("/t/messages?_cols=*", "metric opened")
	if text := textOf(root); strings.Contains(text, "these columns") || strings.Contains(text, "Show all") {
		t.Errorf("there are more than all columns: %s", text)
	}
}

// A HEAD request reads no more than the first rows, and a place in the rows is no
// question of a file.
func TestADownloadIsTheWholeFileOrItsHead(t *testing.T) {
	v := newVisitor(t, "campaigns")
	whole := v.download("/t/campaigns.csv?_sort=name")
	after, err := url.Parse(linked(v.see("/t/campaigns?_limit=3&_sort=name"), "next page"))
	if err != nil {
		t.Fatal(err)
	}
	if again := v.download("/t/campaigns.csv?" + after.RawQuery); again.Body.String() != whole.Body.String() {
		t.Errorf("from the middle of the rows the file has %d bytes of %d", again.Body.Len(), whole.Body.Len())
	}
	for link, code := range map[string]int{"/t/campaigns.csv": http.StatusOK, "/t/campaigns.parquet": http.StatusOK, "/t/campaigns.csv?stat=x": http.StatusBadRequest} {
		w := httptest.NewRecorder()
		v.h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodHead, link, nil))
		if w.Code != code || code == http.StatusOK && (w.Body.Len() > 0 || w.Header().Get("Content-Disposition") == "") {
			t.Errorf("HEAD %s: %d %v, %d bytes", link, w.Code, w.Header(), w.Body.Len())
		}
	}
}

// Each file that the page links to is, byte for byte, the one that the command line
// writes of the same question.
func TestFilesAreThoseOfTheCommandLine(t *testing.T) {
	v := newVisitor(t, "campaigns", "messages")
	v.write("campaigns", `{"id":90,"name":"=1+1"}`)
	if err := os.MkdirAll(v.queries, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"of-a-state.sql": "-- param state text = \"draft\"\nselect id, name, created_by from campaigns where state = :state order by id\n",
		"by-name.json":   `{"entity":"campaigns","query":{"filter":{"neq":{"name":":name"}},"sort":[{"name":"asc"}]},"limit":3,"params":{"name":{"default":"x"}}}`,
	} {
		if err := os.WriteFile(filepath.Join(v.queries, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shown := strings.Join(mustEntity(t, "campaigns").Shown, ",")
	filter := `{"eq":{"state":"running"}}`
	const statement = "select id, name, null as empty from campaigns where state = :state order by id"
	for _, c := range []struct {
		link, before string // where the link to the file stands, in which paragraph
		question     []string
	}{
		{"/t/campaigns", "All rows, all columns:", []string{"campaigns"}},
		{"/t/campaigns", "All rows, these columns:", []string{"campaigns", "--fields", shown}},
		{"/t/campaigns?_cols=*", "All rows, all columns:", []string{"campaigns"}},
		{"/t/campaigns?state=running&_sort=name&_cols=name,id", "All rows, these columns:", []string{"campaigns", "--filter", filter, "--sort", "name", "--fields", "name,id"}},
		{"/sql?p.state=running&sql=" + url.QueryEscape(statement), "All rows:", []string{"--sql", statement, "--param", "state=running"}},
		{"/sql?entity=campaigns&p.state=running&filter=" + url.QueryEscape(`{"filter":{"eq":{"state":":state"}},"sort":[{"name":"desc"}]}`), "All rows, all columns:", []string{"campaigns", "--filter", filter, "--sort", "-name"}},
		{"/sql?saved=of-a-state", "All rows:", []string{"--query", "of-a-state"}},
		{"/sql?saved=of-a-state&p.state=running", "All rows:", []string{"--query", "of-a-state", "--param", "state=running"}},
		{"/sql?saved=by-name&p.name=x", "All rows:", []string{"--query", "by-name"}},
		{"/sql?saved=weekly-report&p.weeks=2", "All rows:", []string{"--query", "weekly-report", "--param", "weeks=2"}},
	} {
		root := v.see(c.link)
		for _, ending := range pageEndings {
			want := append([]string{"export", "--to", "-", "--format", ending.Name}, c.question...)
			if ending.Name == string(export.CSV) {
				want = append(want, "--safe-csv") // a download is opened by a click
			}
			link := fileOf(root, c.before, ending.Name)
			w := v.download(link)
			if printed := v.printed(want...); w.Code != http.StatusOK || w.Body.String() != printed || printed == "" {
				t.Errorf("%s: %s: %d, %d bytes, not the %d of %s", c.link, link, w.Code, w.Body.Len(), len(printed), want)
			}
		}
	}
}

// fileOf is the link to a file in the paragraph that begins so.
func fileOf(root *html.Node, before, ending string) string {
	for n := range root.Descendants() {
		if n.Data == "p" && strings.HasPrefix(textOf(n), before) {
			return linked(n, ending)
		}
	}
	return ""
}

func mustEntity(t *testing.T, name string) *catalog.Entity {
	t.Helper()
	e, ok := catalog.Default().Entity(name)
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	return e
}
